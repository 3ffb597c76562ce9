"""One event of the journal with everything it rests on."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Footer, Static

from simlab.hl7.record import shown
from simlab.tui import words
from simlab.tui.client import Door, content
from simlab.tui.octets import octets
from simlab.tui.told import heard
from simlab.tui.widgets.message_tree import MessageTree


class EvidenceScreen(ModalScreen[None]):
    """Shows an event's facts, and its evidence: an HL7 message field by field, anything else as text."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "copy", "Copy evidence"),
        Binding("escape,q", "dismiss(None)", "Close"),
    ]

    def __init__(self, door: Door, event: int) -> None:
        super().__init__()
        self._door, self._event = door, event
        self._evidence = ""

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog -large") as dialog:
            dialog.border_title = f"Event {self._event}"
            with VerticalScroll(id="facts", can_focus=True):
                yield Static("…", markup=False)
            yield MessageTree()
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self.query_one(MessageTree).display = False
        self.query_one("#facts").focus()
        self.load()

    @work
    async def load(self) -> None:
        """Fetch the event and show it."""
        event = await heard(self, self._door.get(f"/events/{self._event}"))
        if event is None:
            self.query_one(Static).update("This event cannot be shown.")
            return
        evidence = content(event.get("evidence"))
        self._evidence = _text(evidence)
        tree = self.query_one(MessageTree)
        if evidence.startswith(b"MSH"):
            tree.display = True
            self.query_one("#facts").add_class("-beside")
            await tree.show(evidence)
        self.query_one("#facts Static", Static).update(facts(event, "" if tree.display else self._evidence))

    def action_copy(self) -> None:
        """Copy the evidence as it is."""
        if self._evidence:
            self.app.copy_to_clipboard(self._evidence)
            self.notify("The evidence is on the clipboard.", title="Copied", timeout=2)


def facts(event: dict[str, Any], evidence: str) -> str:
    """An event line by line."""
    lines = [
        f"{event.get('at', '')}  {event.get('system', '')}  {event.get('kind', '')}",
        str(event.get("summary", "")),
        "",
    ]
    data = dict(event.get("data") or {})
    acknowledged = data.pop("ack_message", "")
    for name, value in data.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            lines.append(f"{words.title(name)}:")
            lines += [f"    {'  '.join(f'{key}={words.full(item)}' for key, item in row.items())}" for row in value]
        else:
            lines.append(f"{words.title(name)}: {words.full(value)}")
    if acknowledged:
        lines += ["", "Acknowledgement:", *str(acknowledged).replace("\r", "\n").strip().splitlines()]
    if evidence:
        lines += ["", "Evidence:", *evidence.replace("\r", "\n").splitlines()]
    return "\n".join(lines)


def _text(evidence: bytes) -> str:
    if evidence.startswith(b"MSH"):
        return shown(evidence)
    try:
        return evidence.decode()
    except UnicodeDecodeError:
        return octets(evidence, 0, 0, 80).plain
