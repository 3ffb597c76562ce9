"""Sections by group at the left, the rows of the chosen one at the right, and what can be done with a row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Tree

from simlab.tui import words
from simlab.tui.attempt import Attempt
from simlab.tui.client import Door, Rows
from simlab.tui.console.deeds import ADDRESSES, QUESTIONS, Group, Section, fits
from simlab.tui.told import WantsAnswer, WantsRow, heard
from simlab.tui.widgets.branches import Branches
from simlab.tui.widgets.menu import Menu
from simlab.tui.widgets.results import ResultsTable

REST = 0.5
"""Seconds between an answer and the next question, while things happen."""

Shelf = Group | Section


class Sections(Vertical):
    """Enter on a row offers its deeds, `n` makes a new one where there is such a thing, `/` filters the rows."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "new", "New"),
        Binding("slash", "filter", "Filter"),
    ]

    def __init__(self, door: Door, contents: Sequence[Shelf], *, id: str) -> None:
        super().__init__(id=id)
        self._door = door
        self._contents = contents
        self._shown: Shelf = contents[0]
        self._stale = True
        self._loading = 0
        self._filled: Shelf | None = None
        self.attempt: Attempt | None = None

    def compose(self) -> ComposeResult:
        with Horizontal():
            tree = Branches[Shelf]("", classes="sections")
            tree.show_root = False
            tree.guide_depth = 2
            yield tree
            with Vertical(classes="section-rows"):
                yield Input(compact=True, classes="section-filter")
                yield ResultsTable()

    @property
    def shelves(self) -> Tree[Shelf]:
        return self.query_one(Tree)

    def on_mount(self) -> None:
        root = self.shelves.root
        for shelf in self._contents:
            if isinstance(shelf, Section):
                root.add_leaf(shelf.name, shelf)
                continue
            # One group is open at a time, so that the list stays short; the first one is what is wanted most.
            branch = root.add(shelf.name, shelf, expand=not any(child.is_expanded for child in root.children))
            for section in shelf.sections:
                branch.add_leaf(section.name, section)
        self.shelves.cursor_line = 0
        self.query_one(Input).display = False

    def take(self, events: list[dict[str, Any]]) -> None:
        """Note that something has changed."""
        self._stale = self._stale or bool(events)

    def refresh_view(self, *, force: bool = False) -> None:
        """Fetch the shown section again when something may have changed, as often as the department answers."""
        if force or (self._stale and not self._loading):
            self.load()

    @work(exclusive=True, group="section")
    async def load(self) -> None:
        """Fetch and show the chosen section; of a group say what is in it."""
        self._stale = False
        self._loading += 1
        try:
            await self._load()
        finally:
            self._loading -= 1
        if self._stale and self.is_attached:
            self.set_timer(REST, self.refresh_view)

    async def _load(self) -> None:
        shown = self._shown
        if not self._stands():
            return
        table = self.query_one(ResultsTable)
        if isinstance(shown, Group):
            table.show([], empty=f"Enter opens: {', '.join(section.name for section in shown.sections)}.")
            return
        written = self.query_one(Input).value.split()
        asked = dict(word.split("=", 1) for word in written if word.split("=", 1)[0] in shown.search and "=" in word)
        wanted = [word.casefold() for word in written if word.split("=", 1)[0] not in asked]
        rows = await self._rows(shown, asked)
        if rows is None or shown is not self._shown or not self._stands():
            return
        rows = [row for row in rows if not shown.only or row.get(shown.keep) in shown.only]
        rows = shown.arranged(rows)
        rows = [row for row in rows if _holds(row, wanted)] if wanted else rows
        empty = "No row fits the filter." if written else shown.empty
        other, self._filled = self._filled is not shown, shown
        table.lead = shown.lead
        table.show(rows[::-1] if shown.newest_first else rows, shown.columns, empty=empty, other=other)

    def _stands(self) -> bool:
        """Whether there is something to show in: a load may still run while the screen is taken down."""
        return bool(self.query(Input) and self.query(ResultsTable))

    async def _rows(self, section: Section, asked: dict[str, str]) -> Rows | None:
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
        last = {"limit": section.most} if section.most else {}
        found: Rows = []
        for given in section.each:
            rows = await heard(self, self._door.view(section.view, **{**last, **given, **asked}))
            if rows is None:
                return None
            found += rows
        return found

    # The list at the left

    def on_tree_node_highlighted(self, event: Tree.NodeHighlighted[Shelf]) -> None:
        event.stop()
        shelf = event.node.data
        if shelf is not None and shelf is not self._shown:
            self._shown = shelf
            line = self.query_one(Input)
            with self.prevent(Input.Changed):
                line.value = ""
            line.display = False
            self.load()

    def on_tree_node_expanded(self, event: Tree.NodeExpanded[Shelf]) -> None:
        event.stop()
        for other in self.shelves.root.children:
            if other is not event.node:
                other.collapse()
        # The lines are counted anew with the next drawing only.
        self.call_after_refresh(self.shelves.move_cursor, event.node.children[0])

    def on_tree_node_collapsed(self, event: Tree.NodeCollapsed[Shelf]) -> None:
        event.stop()

    def on_tree_node_selected(self, event: Tree.NodeSelected[Shelf]) -> None:
        event.stop()
        if isinstance(event.node.data, Section):
            self.query_one(ResultsTable).table.focus()

    # The filter

    def action_filter(self) -> None:
        """Write what the rows must hold; `name=value` reaches the view's own filters where it has them."""
        if isinstance(self._shown, Section):
            line = self.query_one(Input)
            named = " ".join(f"{name}=" for name in self._shown.search)
            line.placeholder = f"/ filter by any text{', or ' + named if named else ''}"
            line.display = True
            line.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        event.input.display = bool(event.value)
        self.load()
        self.query_one(ResultsTable).table.focus()

    # The rows

    @work
    async def on_results_table_chosen(self, event: ResultsTable.Chosen) -> None:
        """Offer what can be done with the row."""
        section, row = self._shown, event.row
        if isinstance(section, Group):
            return
        if section.id == QUESTIONS:
            self.post_message(WantsAnswer(str(row["task"])))
            return
        offers = [offer for offer in section.deeds if fits(offer.when, row)]
        if not offers:
            self.post_message(_in_full(section, row))
            return
        choices = [(str(number), offer.label) for number, offer in enumerate(offers)]
        choices.append(("read", "Show in full"))
        chosen = await self.app.push_screen_wait(Menu(section.name, choices))
        if chosen == "read":
            self.post_message(_in_full(section, row))
        elif chosen:
            self.post_message(offers[int(chosen)].wants(row))

    def action_new(self) -> None:
        """Make a new row of this section."""
        if isinstance(self._shown, Section) and self._shown.new is not None:
            self.post_message(self._shown.new.wants({}))
        else:
            self.notify("Nothing new can be made in this list.", timeout=3)


def _holds(row: dict[str, Any], wanted: Sequence[str]) -> bool:
    text = " ".join(map(words.full, row.values())).casefold()
    return all(word in text for word in wanted)


def _in_full(section: Section, row: dict[str, Any]) -> WantsRow:
    return WantsRow(words.full(row.get("subject") or row.get("who") or row.get("name") or section.name), row)
