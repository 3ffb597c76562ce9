"""Two HL7 messages side by side: only the places where they differ."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Footer, Static

from simlab.errors import SimlabError
from simlab.hl7.difference import difference
from simlab.hl7.message import parse
from simlab.hl7.record import shown
from simlab.tui import words
from simlab.tui.widgets.results import ResultsTable

Named = tuple[str, bytes]
"""What a message is called, and its bytes."""

NOTHING = "(not there)"


class CompareScreen(ModalScreen[None]):
    """Each row is a place: what the one message holds there, and what the other."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "dismiss(None)", "Close")]

    def __init__(self, one: Named, other: Named) -> None:
        super().__init__()
        self._one, self._other = one, other

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog -large") as dialog:
            dialog.border_title = "Difference"
            yield Static(f"before  {self._one[0]}\nafter   {self._other[0]}", markup=False)
            yield ResultsTable("The two messages are the same, byte for byte.")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self.compare()

    @work
    async def compare(self) -> None:
        """Find what differs, beside the screen's own thread."""
        rows = await asyncio.to_thread(differing, self._one[1], self._other[1])
        table = self.query_one(ResultsTable)
        table.show(rows, ("place", "name", "before", "after"))
        table.table.focus()
        self.query_one(".dialog").border_title = f"Difference: {words.size_note(len(rows), 'place')}"


def differing(one: bytes, other: bytes) -> list[dict[str, Any]]:
    """A row for each place that differs; of messages that cannot be read, their whole texts."""
    if one == other:
        return []
    try:
        changes = difference(parse(one), parse(other))
    except SimlabError as error:
        return [{"place": "", "name": str(error), "before": shown(one), "after": shown(other)}]
    return [
        {
            "place": change.path,
            "name": change.name,
            "before": NOTHING if change.before is None else change.before,
            "after": NOTHING if change.after is None else change.after,
        }
        for change in changes
    ]
