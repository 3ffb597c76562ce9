"""A table of rows with a line beneath that shows the chosen cell in full."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Static

from simlab.tui import words
from simlab.tui.widgets.grid import Grid

NEAR = 500
"""Rows up and down in which one that was fetched again is looked for."""

NARROW = 26
WIDE = {
    "what": 160,
    "question": 80,
    "text": 60,
    "subject": 60,
    "reply": 60,
    "error": 60,
    "last_error": 60,
    "value": 34,
    "summary": 36,
}
"""Characters after which a cell is shortened: columns of prose later than others."""


class ResultsTable(Vertical):
    """Rows of one answer. Enter on a row posts `Chosen`; `y` copies the cell under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("y", "copy", "Copy")]

    @dataclass
    class Chosen(Message):
        """A row was chosen with Enter."""

        table: ResultsTable
        row: dict[str, Any]

        @property
        def control(self) -> ResultsTable:
            return self.table

    @dataclass
    class Moved(Message):
        """The cursor stands on another row."""

        table: ResultsTable
        row: dict[str, Any]

        @property
        def control(self) -> ResultsTable:
            return self.table

    def __init__(
        self, empty: str = "Nothing here.", *, lead: str = "", follows: bool = False, id: str | None = None
    ) -> None:
        """`lead` names the column that the line beneath shows while the cursor stands in the first one.

        With `follows` a cursor on the first row stays there when newer ones come in above it; on any other row, and
        without, it stays on its row wherever that goes.
        """
        super().__init__(id=id, classes="results")
        self.lead = lead
        self._empty = empty
        self._columns: list[str] = []
        self._rows: list[dict[str, Any]] = []
        self._last: dict[str, Any] | None = None
        self.follows = self._grows = follows

    def compose(self) -> ComposeResult:
        yield Grid(_shortened)
        yield Static(self._empty, classes="detail", markup=False)

    @property
    def table(self) -> Grid:
        return self.query_one(Grid)

    @property
    def rows(self) -> list[dict[str, Any]]:
        return self._rows

    def show(
        self,
        rows: Sequence[dict[str, Any]],
        columns: Sequence[str] = (),
        *,
        empty: str | None = None,
        other: bool = False,
    ) -> None:
        """Show `rows`; `columns` come first in that order, every other key of the rows follows unless named ``-``.

        `other` says that this is another list than before, which is read from its beginning.
        """
        only = "-" in columns
        keys = [name for name in columns if name != "-" and (only or not rows or any(name in row for row in rows))]
        if not only:
            keys += [key for key in dict.fromkeys(key for row in rows[:50] for key in row) if key not in keys]
        if empty is not None:
            self._empty = empty
        if keys == self._columns and list(rows) == self._rows:
            if not rows:
                self.query_one(".detail", Static).update(self._empty)
            return
        row, column = self.table.row, self.table.column
        if keys != self._columns or other:
            row = column = 0
        elif self.current is not None and not (self.follows and row == 0):
            row = _again(self.current, rows, keys, row)
        self._columns, self._rows = keys, list(rows)
        self.table.fill(keys, self._rows, row, column)
        self._tell()

    @property
    def current(self) -> dict[str, Any] | None:
        """The row under the cursor."""
        at = self.table.row
        return self._rows[at] if 0 <= at < len(self._rows) else None

    @property
    def column(self) -> str:
        """The column that the line beneath shows."""
        at = min(self.table.column, len(self._columns) - 1)
        lead = at == 0 and self.current is not None and self.lead in self.current
        return self.lead if lead else self._columns[at]

    @property
    def cell(self) -> str:
        """The full value that the line beneath shows, and that `y` copies."""
        return words.full(self.current.get(self.column)) if self.current else ""

    def _tell(self) -> None:
        detail = self.query_one(".detail", Static)
        if not self._rows:
            detail.update(self._empty)
            self._last = None
            return
        place = f"{self.table.row + 1}/{len(self._rows)}{'  g: newest' if self._grows and self.table.row else ''}"
        detail.update(f"{place}  {words.title(self.column)}: {words.visible(self.cell) or '(empty)'}")
        if self.current is not None and self.current is not self._last:
            self._last = self.current
            self.post_message(self.Moved(self, self.current))

    def on_grid_moved(self, event: Grid.Moved) -> None:
        event.stop()
        self._tell()

    def on_grid_chosen(self, event: Grid.Chosen) -> None:
        event.stop()
        if self.current is not None:
            self.post_message(self.Chosen(self, self.current))

    def action_copy(self) -> None:
        """Copy the cell's full value."""
        if self.cell:
            self.app.copy_to_clipboard(self.cell)
            self.notify(words.short(self.cell, 60), title="Copied", timeout=2)


def _shortened(name: str, value: Any) -> str:
    return words.short(value, WIDE.get(name, NARROW))


def _again(row: dict[str, Any], rows: Sequence[dict[str, Any]], keys: Sequence[str], at: int) -> int:
    """Where `row` stands among the rows of now: the very row, else the one that the first columns tell, else `at`."""
    same = next((place for place, one in enumerate(rows) if one is row), None)
    if same is not None:
        return same
    near = range(max(0, at - NEAR), min(len(rows), at + NEAR))
    for names in (list(row), ["id"] if "id" in row else [], keys[:2], keys[:1]):
        alike = [place for place in near if all(rows[place].get(name) == row.get(name) for name in names)]
        if names and (len(alike) == 1 or at in alike):
            return at if at in alike else alike[0]
    return at
