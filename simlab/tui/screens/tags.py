"""What an instance says of itself, element by element, and how two instances differ."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.timer import Timer
from textual.widgets import Footer, Input, Static

from simlab.tui import words
from simlab.tui.client import Door
from simlab.tui.told import heard
from simlab.tui.widgets.results import ResultsTable

COLUMNS = ("tag", "vr", "name", "value", "meaning", "-")


class TagsScreen(ModalScreen[None]):
    """The elements of one instance with what they mean; `/` searches in all that is known of them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "search", "Search"),
        Binding("p", "private", "Private only"),
        Binding("escape,q", "leave", "Close"),
    ]

    def __init__(self, door: Door, sop_uid: str) -> None:
        super().__init__()
        self._door, self._uid = door, sop_uid
        self._private = False
        self._wait: Timer | None = None

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog -large") as dialog:
            dialog.border_title = "Tags"
            yield Input(placeholder="/ search: a tag, a name, a VR, a value, what it means", compact=True)
            yield ResultsTable("No element fits.", lead="value")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self.query_one(ResultsTable).table.focus()
        self.load()

    @work(exclusive=True)
    async def load(self) -> None:
        """Fetch the elements that fit the search."""
        wanted = self.query_one(Input).value
        told = await heard(self, self._door.get("/tags", sop_uid=self._uid, wanted=wanted, private=int(self._private)))
        rows: list[dict[str, Any]] = [
            {**row, "name": "· " * int(row.get("depth") or 0) + str(row.get("name", ""))}
            for row in (told or {}).get("rows", [])
        ]
        self.query_one(ResultsTable).show(rows, COLUMNS)
        kind = "private element" if self._private else "element"
        self.query_one(".dialog").border_title = f"Tags: {words.size_note(len(rows), kind)}"

    def on_input_changed(self, event: Input.Changed) -> None:
        if self._wait is not None:
            self._wait.stop()
        self._wait = self.set_timer(0.15, self.load)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.query_one(ResultsTable).table.focus()

    def action_search(self) -> None:
        """Into the search."""
        self.query_one(Input).focus()

    def action_private(self) -> None:
        """Only what manufacturers defined, or all."""
        self._private = not self._private
        self.load()

    def action_leave(self) -> None:
        """Out of the search, or out."""
        if isinstance(self.focused, Input):
            self.query_one(ResultsTable).table.focus()
        else:
            self.dismiss(None)


class DifferenceScreen(ModalScreen[None]):
    """Each row is an element: what the one instance holds there, and what the other."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "dismiss(None)", "Close")]

    def __init__(self, door: Door, one: str, other: str) -> None:
        super().__init__()
        self._door, self._one, self._other = door, one, other

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog -large") as dialog:
            dialog.border_title = "Difference"
            yield Static(f"before  {self._one}\nafter   {self._other}", markup=False)
            yield ResultsTable("The two instances are the same.")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self.query_one(ResultsTable).table.focus()
        self.load()

    @work
    async def load(self) -> None:
        """Fetch what differs."""
        told = await heard(self, self._door.get("/difference", one=self._one, other=self._other))
        rows = (told or {}).get("rows", [])
        self.query_one(ResultsTable).show(rows, ("name", "before", "after", "vr", "place", "-"))
        self.query_one(".dialog").border_title = f"Difference: {words.size_note(len(rows), 'element')}"
