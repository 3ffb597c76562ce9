"""HL7 in and out: the list of messages, and the chosen one field by field."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message

from simlab.tui import words
from simlab.tui.client import Door
from simlab.tui.told import WantsEvidence, heard
from simlab.tui.widgets.message_tree import MessageTree
from simlab.tui.widgets.results import ResultsTable

MOST = 500
COLUMNS = ("time", "system", "way", "type", "control id", "ack", "text", "-")


class Messages(Vertical):
    """The newest message first. Enter opens the message's fields, `n` composes a new one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "compose_message('')", "New"),
        Binding("e", "edit", "Edit and send", show=False),
        Binding("v", "evidence", "Evidence"),
    ]

    class WantsCompose(Message):
        """Open the composer with this text."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self, door: Door, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._door = door
        self._rows: list[dict[str, Any]] = []
        self._text = ""
        self._new = False

    def compose(self) -> ComposeResult:
        yield ResultsTable("No HL7 message has passed yet.", id="message-list")
        yield MessageTree()

    def take(self, events: list[dict[str, Any]]) -> None:
        """Add what has come."""
        new = [_row(event) for event in events if event.get("kind") == "hl7.message"]
        if new:
            self._rows = [*reversed(new), *self._rows][:MOST]
            self._new = True

    def clear(self) -> None:
        """Forget the list: another attempt has begun."""
        self._rows, self._new = [], True

    def refresh_view(self, *, force: bool = False) -> None:
        """Show what has come since."""
        if self._new or force:
            self._new = False
            self.query_one("#message-list", ResultsTable).show(self._rows, COLUMNS)

    def on_results_table_moved(self, event: ResultsTable.Moved) -> None:
        event.stop()
        self.show_message(int(event.row["event"]))

    def on_results_table_chosen(self, event: ResultsTable.Chosen) -> None:
        event.stop()
        self.query_one(MessageTree).segments.focus()

    @work(exclusive=True, group="message")
    async def show_message(self, event: int) -> None:
        """Fetch and show one message."""
        told = await heard(self, self._door.get(f"/events/{event}"))
        evidence = (told or {}).get("evidence")
        self._text = evidence if isinstance(evidence, str) else ""
        await self.query_one(MessageTree).show(self._text)

    def action_compose_message(self, text: str) -> None:
        """Open the composer."""
        self.post_message(self.WantsCompose(text))

    def action_edit(self) -> None:
        """Open the composer with the shown message."""
        self.post_message(self.WantsCompose(self._text))

    def action_evidence(self) -> None:
        """Open the event of the shown message."""
        row = self.query_one("#message-list", ResultsTable).current
        if row:
            self.post_message(WantsEvidence(int(row["event"])))


def _row(event: dict[str, Any]) -> dict[str, Any]:
    data = event.get("data") or {}
    way = {"in": "→ in", "out": "out →"}.get(str(data.get("direction")), "")
    return {
        "time": words.time_of(str(event.get("at", ""))),
        "system": event.get("system"),
        "way": way,
        "type": data.get("type"),
        "control id": data.get("control_id"),
        "ack": data.get("ack"),
        "text": data.get("text"),
        "event": event.get("id"),
    }
