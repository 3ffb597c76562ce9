"""Rows and columns of which only what is seen is drawn: a day of twenty thousand messages scrolls as ten rows do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.events import Click, Resize
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from simlab.tui import words

MEASURED = 300
"""Rows that the widths of columns are taken from; a longer cell further down is cut."""

LEAST = 14
"""Letters that the last column keeps before the columns have to be scrolled sideways."""

Row = Mapping[str, Any]


class Grid(ScrollView, can_focus=True):
    """A cursor on one cell. Enter posts `Chosen`, every step `Moved`."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"grid--head", "grid--row", "grid--cursor"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "go(-1)", show=False),
        Binding("down,j", "go(1)", show=False),
        Binding("left", "across(-1)", show=False),
        Binding("right", "across(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("home", "across(-1000)", show=False),
        Binding("end", "across(1000)", show=False),
        Binding("ctrl+home,g", "go(-1000000000)", show=False),
        Binding("ctrl+end,G", "go(1000000000)", show=False),
        Binding("enter", "choose", show=False),
    ]

    class Moved(Message):
        """The cursor stands elsewhere."""

    class Chosen(Message):
        """Enter, or a click where the cursor stood already."""

    def __init__(self, shortened: Callable[[str, Any], str]) -> None:
        """`shortened` gives the text of a cell by the name of its column and its value."""
        super().__init__()
        self._shortened = shortened
        self._columns: Sequence[str] = ()
        self._rows: Sequence[Row] = ()
        self._natural: list[int] = []
        self._widths: list[int] = []
        self.row = self.column = 0
        """Where the cursor stands."""

    def fill(self, columns: Sequence[str], rows: Sequence[Row], row: int, column: int) -> None:
        """Show `rows` with the cursor on one of them, at the height at which the cursor stood."""
        seen = self.scroll_offset.y
        kept = max(0, seen + row - self.row)
        wide = [max(self._width(name, one) for one in (None, *rows[:MEASURED])) for name in columns]
        if list(columns) == list(self._columns) and rows:
            wide = [max(both) for both in zip(wide, self._natural, strict=True)]
        self._columns, self._rows, self._natural = columns, rows, wide
        self.row, self.column = max(0, min(row, len(rows) - 1)), max(0, min(column, len(columns) - 1))
        self._arrange()
        self.scroll_to(y=kept if seen else 0, animate=False, immediate=True)
        self._bring_in()
        self.refresh()

    def _width(self, name: str, row: Row | None) -> int:
        return cell_len(words.title(name) if row is None else self._shortened(name, row.get(name)))

    def _arrange(self) -> None:
        """Let the last column have what the others leave, where that is enough to read."""
        self._widths = list(self._natural)
        left = self.scrollable_content_region.width - sum(self._widths[:-1]) - 2 * len(self._widths)
        if self._widths and left >= LEAST:
            self._widths[-1] = min(self._widths[-1], left)
        self.virtual_size = Size(sum(self._widths) + 2 * len(self._widths), len(self._rows) + 1)

    def on_resize(self, event: Resize) -> None:
        self._arrange()
        self._bring_in()

    def watch_show_vertical_scrollbar(self) -> None:
        self.call_after_refresh(self._arrange)

    def _bring_in(self) -> None:
        """Scroll as far as the cursor's cell needs."""
        if not self._widths or not self._rows:
            return
        x, y = self.scroll_offset
        width, page = self.scrollable_content_region.width, max(1, self.scrollable_content_region.height - 1)
        start = sum(self._widths[: self.column]) + 2 * self.column
        end = start + self._widths[self.column] + 2
        x = start if start < x else max(0, min(start, end - width)) if end > x + width else x
        y = self.row if self.row < y else self.row - page + 1 if self.row >= y + page else y
        self.scroll_to(x, y, animate=False, immediate=True)

    # Keys

    def move(self, row: int, column: int) -> None:
        """Put the cursor on a cell, the nearest there is."""
        row, column = max(0, min(row, len(self._rows) - 1)), max(0, min(column, len(self._columns) - 1))
        if (row, column) != (self.row, self.column):
            self.row, self.column = row, column
            self._bring_in()
            self.refresh()
            self.post_message(self.Moved())

    def action_go(self, by: int) -> None:
        """Rows down, or up."""
        self.move(self.row + by, self.column)

    def action_page(self, by: int) -> None:
        """As many rows as are seen."""
        self.move(self.row + by * max(1, self.scrollable_content_region.height - 1), self.column)

    def action_across(self, by: int) -> None:
        """Columns to the right, or to the left."""
        self.move(self.row, self.column + by)

    def action_choose(self) -> None:
        """Choose the row under the cursor."""
        if self._rows:
            self.post_message(self.Chosen())

    def on_click(self, event: Click) -> None:
        x, y = event.x + self.scroll_offset.x, event.y - 1 + self.scroll_offset.y
        if event.y < 1 or not 0 <= y < len(self._rows):
            return
        ends = [sum(self._widths[: at + 1]) + 2 * (at + 1) for at in range(len(self._widths))]
        column = next((at for at, end in enumerate(ends) if x < end), len(ends) - 1)
        if (y, column) == (self.row, self.column):
            self.action_choose()
        else:
            self.move(y, column)

    # Drawing

    def render_line(self, y: int) -> Strip:
        x, top = self.scroll_offset
        width = self.size.width
        row = y - 1 + top
        if y == 0:
            style = self.get_component_rich_style("grid--head")
            cells = [Segment(f" {set_cell_size(words.title(name), wide)} ", style)
                     for name, wide in zip(self._columns, self._widths, strict=True)]  # fmt: skip
            return Strip(cells).crop_extend(x, x + width, style)
        plain = self.rich_style
        if row >= len(self._rows):
            return Strip.blank(width, plain)
        if row == self.row:
            plain = plain + self.get_component_rich_style("grid--row")
        cells = [self._cell(at, row, plain) for at in range(len(self._columns))]
        return Strip(cells).crop_extend(x, x + width, plain)

    def _cell(self, column: int, row: int, plain: Style) -> Segment:
        name, wide = self._columns[column], self._widths[column]
        text = self._shortened(name, self._rows[row].get(name))
        if cell_len(text) > wide:
            text = f"{set_cell_size(text, wide - 1)}…"
        here = (row, column) == (self.row, self.column)
        style = plain + self.get_component_rich_style("grid--cursor") if here else plain
        return Segment(f" {set_cell_size(text, wide)} ", style)
