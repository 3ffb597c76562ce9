"""A list of sections at the left, the rows of the chosen one at the right, and what can be done with a row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from simlab.tui import words
from simlab.tui.attempt import Attempt
from simlab.tui.client import Door, Rows
from simlab.tui.told import WantsAction, WantsAnswer, WantsRow, heard
from simlab.tui.widgets.deeds import ADDRESSES, QUESTIONS, Deed, Section
from simlab.tui.widgets.menu import Menu
from simlab.tui.widgets.results import ResultsTable


class Sections(Vertical):
    """Enter on a row offers its deeds, `n` makes a new one where there is such a thing."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("n", "new", "New")]

    def __init__(self, door: Door, sections: Sequence[Section], *, id: str) -> None:
        super().__init__(id=id)
        self._door = door
        self._sections = {section.id: section for section in sections}
        self._section = sections[0]
        self._stale = True
        self.attempt: Attempt | None = None

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield OptionList(
                *(Option(Text(one.name), id=one.id) for one in self._sections.values()),
                compact=True,
                classes="sections",
            )
            yield ResultsTable(lead="subject")

    def take(self, events: list[dict[str, Any]]) -> None:
        """Note that something has changed."""
        self._stale = self._stale or bool(events)

    def refresh_view(self, *, force: bool = False) -> None:
        """Fetch the shown section again when something may have changed."""
        if self._stale or force:
            self._stale = False
            self.load()

    @work(exclusive=True, group="section")
    async def load(self) -> None:
        """Fetch and show the chosen section."""
        section = self._section
        rows = await self._rows(section)
        if rows is not None and section is self._section:
            self.query_one(ResultsTable).show(rows, section.columns, empty=section.empty)

    async def _rows(self, section: Section) -> Rows | None:
        if section.id == ADDRESSES:
            status = await heard(self, self._door.get("/status"))
            places = (status or {}).get("endpoints", {})
            return [{"system": name, "ae_title": "", **place} for name, place in places.items()]
        if section.id == QUESTIONS:
            if self.attempt is None:
                return []
            answers = await heard(self, self._door.view("desk.answers")) or []
            latest = {row.get("task"): row.get("value") for row in answers}
            return [
                {"task": task.id, "question": task.question.get("ask"), "answer": latest.get(task.id, "(not yet)")}
                for task in self.attempt.tasks
                if task.question
            ]
        return await heard(self, self._door.view(section.view, **section.filters))

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        section = self._sections[str(event.option.id)]
        if section is not self._section:
            self._section = section
            self.load()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.query_one(ResultsTable).table.focus()

    def open_section(self, section: str) -> None:
        """Go to a section."""
        self.query_one(OptionList).highlighted = list(self._sections).index(section)

    @work
    async def on_results_table_chosen(self, event: ResultsTable.Chosen) -> None:
        """Offer what can be done with the row."""
        section, row = self._section, event.row
        if section.id == QUESTIONS:
            self.post_message(WantsAnswer(str(row["task"])))
            return
        if not section.deeds:
            self.post_message(self._in_full(row))
            return
        choices = [(str(number), deed.label) for number, deed in enumerate(section.deeds)]
        choices.append(("read", "Show in full"))
        chosen = await self.app.push_screen_wait(Menu(section.name, choices))
        if chosen == "read":
            self.post_message(self._in_full(row))
        elif chosen:
            self._do(section.deeds[int(chosen)], row)

    def _in_full(self, row: dict[str, Any]) -> WantsRow:
        return WantsRow(words.full(row.get("subject") or row.get("who") or row.get("name") or self._section.name), row)

    def action_new(self) -> None:
        """Make a new row of this section."""
        if self._section.new is not None:
            self._do(self._section.new, {})
        else:
            self.notify("Nothing new can be made in this list.", timeout=3)

    def _do(self, deed: Deed, row: dict[str, Any]) -> None:
        given = {name: value for name, value in deed.arguments(row).items() if value is not None}
        self.post_message(WantsAction(deed.action, given))
