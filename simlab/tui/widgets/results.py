"""A table of rows with a line beneath that shows the chosen cell in full."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import DataTable, Static

from simlab.tui import words

MOST_ROWS = 2000
"""More rows than a person reads; the detail line says how many there are."""

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

    def __init__(self, empty: str = "Nothing here.", *, lead: str = "", id: str | None = None) -> None:
        """`lead` names the column that the line beneath shows while the cursor stands in the first one."""
        super().__init__(id=id, classes="results")
        self._lead = lead
        self._empty = empty
        self._columns: list[str] = []
        self._rows: list[dict[str, Any]] = []
        self._last: dict[str, Any] | None = None

    def compose(self) -> ComposeResult:
        yield DataTable(cursor_type="cell", zebra_stripes=False, cell_padding=1)
        yield Static(self._empty, classes="detail", markup=False)

    @property
    def table(self) -> DataTable[Text]:
        return self.query_one(DataTable)

    @property
    def rows(self) -> list[dict[str, Any]]:
        return self._rows

    def show(self, rows: Sequence[dict[str, Any]], columns: Sequence[str] = (), *, empty: str | None = None) -> None:
        """Show `rows`; `columns` come first in that order, every other key of the rows follows unless named ``-``."""
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
        table = self.table
        row, column = table.cursor_coordinate
        if keys != self._columns:
            column = 0
            table.clear(columns=True)
            for key in keys:
                table.add_column(words.title(key), key=key)
            self._columns = keys
        else:
            table.clear()
        self._rows = list(rows)
        table.add_rows(
            [Text(words.short(row.get(key), WIDE.get(key, NARROW)), no_wrap=True) for key in keys]
            for row in self._rows[:MOST_ROWS]
        )
        if self._rows:
            table.move_cursor(row=min(row, len(self._rows) - 1), column=min(column, len(keys) - 1), scroll=False)
        self._tell()

    @property
    def current(self) -> dict[str, Any] | None:
        """The row under the cursor."""
        at = self.table.cursor_row
        return self._rows[at] if 0 <= at < len(self._rows) else None

    @property
    def column(self) -> str:
        """The column that the line beneath shows."""
        at = min(self.table.cursor_column, len(self._columns) - 1)
        return self._lead if at == 0 and self._lead in self._columns else self._columns[at]

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
        more = f"first {MOST_ROWS} of " if len(self._rows) > MOST_ROWS else ""
        place = f"{self.table.cursor_row + 1}/{more}{len(self._rows)}"
        detail.update(f"{place}  {words.title(self.column)}: {self.cell or '(empty)'}")
        if self.current is not None and self.current is not self._last:
            self._last = self.current
            self.post_message(self.Moved(self, self.current))

    def on_data_table_cell_highlighted(self, event: DataTable.CellHighlighted) -> None:
        event.stop()
        self._tell()

    def on_data_table_cell_selected(self, event: DataTable.CellSelected) -> None:
        event.stop()
        if self.current is not None:
            self.post_message(self.Chosen(self, self.current))

    def action_copy(self) -> None:
        """Copy the cell's full value."""
        if self.cell:
            self.app.copy_to_clipboard(self.cell)
            self.notify(words.short(self.cell, 60), title="Copied", timeout=2)
