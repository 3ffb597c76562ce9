"""One image, or two side by side, as a workstation shows them: the picture, and what is written over it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from rich.color import Color
from rich.control import Control
from rich.segment import ControlType, Segment
from rich.style import Style
from textual.geometry import Region
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from simlab.tui.graphics import BLOCKS, KITTY, LETTERS, SIXEL, Graphics, kitty_gone
from simlab.tui.picture import Drawn
from simlab.tui.widgets.preview import RAMP

MOST_PIXELS = 1000
"""Width and height of a picture that is sent as pixels: more costs time and shows nothing further."""
_SHADES = 0xFCFCFC
"""Colours that differ in less than this are drawn alike: 64 greys are as many as an eye tells apart on a screen."""
_GROUND, _INK, _FAINT = Style(color="#c8c8c8", bgcolor="#000000"), "#e8dca0", "#9a9a9a"
_WRITING = Style(color=_INK, bgcolor="#000000")
_STATE = Style(color=_FAINT, bgcolor="#000000")

Cell = tuple[str, Style] | None
"""A letter and its style; None leaves what the terminal shows there."""


@dataclass(frozen=True)
class Room:
    """Letters across and down that one image has, and the pixels that they are drawn with, each `aspect` high."""

    columns: int
    lines: int
    width: int
    height: int
    aspect: float


@dataclass(frozen=True)
class Pane:
    """One image as it was drawn for a `way`, or the `words` why there is none; `state` is the lines beneath it."""

    drawn: Drawn | None = None
    words: str = ""
    state: str = ""
    way: str = ""


class ImageView(Widget):
    """Draws `panes`; how fine depends on `way`, one of `graphics.WAYS`."""

    panes: reactive[tuple[Pane, ...]] = reactive((Pane(words="…"),), always_update=True)
    way: reactive[str] = reactive(LETTERS)
    written: reactive[int] = reactive(2)
    """0: nothing is written over the picture; 1: who and which side; 2: all."""
    graphics = Graphics()

    def room(self, panes: int) -> Room:
        """What each of so many images has."""
        columns = max(1, (self.size.width - (panes - 1)) // panes)
        lines = max(1, self.size.height)
        if self.way == BLOCKS:
            return Room(columns, lines, columns, lines * 2, 1.0)
        if self.way == LETTERS:
            return Room(columns, lines, columns, lines, 2.0)
        wide, high = self.graphics.cell
        width, height = min(columns * wide, MOST_PIXELS), min(lines * high, MOST_PIXELS)
        return Room(columns, lines, width, height, 1.0)

    def render_lines(self, crop: Region) -> list[Strip]:
        width = self.size.width
        panes = self.panes
        # What lies over this screen must not be drawn over by the terminal's own pixels.
        pixels = self.way in (SIXEL, KITTY) and self.screen.is_active
        each = self.room(len(panes)).columns
        parts = [self._pane(pane, each, pixels) for pane in panes]
        lines: list[list[Cell]] = []
        for y in range(self.size.height):
            line: list[Cell] = []
            for at, part in enumerate(parts):
                line += [("│", _STATE), *part[y]] if at else part[y]
            lines.append(line + [(" ", _GROUND)] * (width - len(line)))
        strips = [Strip(_segments(line), width) for line in lines]
        if pixels and strips:
            strips[0] = Strip([*self._pixels(each), *strips[0]], width)
        strips = strips[crop.y : crop.bottom]
        if not pixels and (self.way == LETTERS or self.app.no_color):
            # Half-blocks have true colours already, and filters would go through each of their thousands of cells.
            strips = [self._filtered(strip) for strip in strips]
        if crop.column_span != (0, width):
            strips = [strip.crop(*crop.column_span) for strip in strips]
        return strips

    def _filtered(self, strip: Strip) -> Strip:
        for one in self.get_line_filters():
            strip = strip.apply_filter(one, self.background_colors[1])
        return strip

    def _place(self, drawn: Drawn, columns: int, lines: int) -> Region:
        """The letters that a picture covers, in the middle of its pane."""
        if self.way == BLOCKS:
            wide, high = drawn.width, -(-drawn.height // 2)
        elif self.way == LETTERS:
            wide, high = drawn.width, drawn.height
        else:
            wide, high = -(-drawn.width // self.graphics.cell[0]), -(-drawn.height // self.graphics.cell[1])
        wide, high = min(wide, columns), min(high, lines)
        return Region((columns - wide) // 2, (lines - high) // 2, wide, high)

    def _pane(self, pane: Pane, columns: int, pixels: bool) -> list[list[Cell]]:
        height = self.size.height
        lines: list[list[Cell]] = [[(" ", _GROUND)] * columns for _ in range(height)]
        if pane.drawn is None or pane.way != self.way:  # another way was chosen while it was on its way
            _write(lines, (columns - len(pane.words)) // 2, height // 2, pane.words, _WRITING)
            return lines
        drawn, place = pane.drawn, self._place(pane.drawn, columns, height)
        for y in range(place.height):
            cells = [None] * place.width if pixels else self._cells(drawn, place, y)
            lines[place.y + y][place.x : place.right] = cells[: place.width]
        self._overwrite(lines, pane, drawn, place, columns)
        return lines

    def _cells(self, drawn: Drawn, place: Region, y: int) -> list[Cell]:
        if self.way == BLOCKS:
            return _blocks(drawn, y)
        if self.way != LETTERS:
            return [(" ", _GROUND)] * place.width
        found: list[Cell] = []
        for x in range(place.width):
            red, green, blue = drawn.at(x, y)
            found.append((RAMP[(red * 3 + green * 6 + blue) * (len(RAMP) - 1) // 2550], self.rich_style))
        return found

    def _overwrite(self, lines: list[list[Cell]], pane: Pane, drawn: Drawn, place: Region, columns: int) -> None:
        if not self.written:
            return
        corners = drawn.corners
        if self.written == 1:
            corners = {"top_left": corners.get("top_left", [])[:2], "bottom_right": corners.get("bottom_right", [])[:1]}
        state = pane.state.split("\n") if self.written > 1 and pane.state else []
        half = max(1, columns // 2 - 1)
        for side in ("top", "bottom"):
            for hand in ("left", "right"):
                words = corners.get(f"{side}_{hand}", []) + (state if (side, hand) == ("bottom", "right") else [])
                first = 0 if side == "top" else len(lines) - len(words)
                for at, text in enumerate(words):
                    text = text if len(text) <= half else f"{text[: half - 1]}…"
                    x = 0 if hand == "left" else columns - len(text)
                    _write(lines, x, first + at, text, _WRITING)
        middle = place.y + place.height // 2
        across = {"left": (place.x, middle), "right": (place.right - len(drawn.edges.get("right", "")), middle)}
        down = {"top": (place.x + place.width // 2, place.y), "bottom": (place.x + place.width // 2, place.bottom - 1)}
        for edge, (x, y) in {**across, **down}.items():
            _write(lines, x, y, drawn.edges.get(edge, ""), _STATE)

    def _pixels(self, each: int) -> list[Segment]:
        """Draw each picture at its place, then go back to the line's beginning."""
        corner = self.region.offset
        found = []
        for at, pane in enumerate(self.panes):
            if pane.drawn is not None and pane.drawn.escape and pane.way == self.way:
                place = self._place(pane.drawn, each, self.size.height)
                there = Control.move_to(corner.x + at * (each + 1) + place.x, corner.y + place.y)
                found += [_control(there.segment.text), _control(pane.drawn.escape)]
        return [*found, _control(Control.move_to(corner.x, corner.y).segment.text)] if found else []

    def clear(self, places: Iterable[int] = (0, 1)) -> None:
        """Take pictures away that do not go by being written over."""
        if self.way == KITTY and self.app._driver is not None:
            self.app._driver.write(kitty_gone(places))

    def watch_panes(self, before: tuple[Pane, ...], now: tuple[Pane, ...]) -> None:
        # The prior that was taken away, or a picture in whose place words stand now.
        there = {place for place, pane in enumerate(now) if pane.drawn is not None}
        gone = [place for place, pane in enumerate(before) if pane.drawn is not None and place not in there]
        if gone:
            self.clear(gone)

    def on_unmount(self) -> None:
        self.clear()


def _control(sequence: str) -> Segment:
    return Segment(sequence, None, [(ControlType.CURSOR_FORWARD, 0)])


def _write(lines: list[list[Cell]], x: int, y: int, text: str, style: Style) -> None:
    if 0 <= y < len(lines):
        for at, letter in enumerate(text, max(x, 0)):
            if at < len(lines[y]):
                lines[y][at] = (letter, style)


def _blocks(drawn: Drawn, y: int) -> list[Cell]:
    """Two rows of pixels as half-blocks."""
    width, samples = drawn.width, drawn.samples
    upper = drawn.rows[2 * y * width * samples :][: width * samples]
    lower = drawn.rows[(2 * y + 1) * width * samples :][: width * samples] or bytes(width * samples)
    if samples == 1:
        return [("▀", _shades(a * 0x10101 & _SHADES, b * 0x10101 & _SHADES)) for a, b in zip(upper, lower, strict=True)]
    above, below = (zip(row[::3], row[1::3], row[2::3], strict=True) for row in (upper, lower))
    return [
        ("▀", _shades((a[0] << 16 | a[1] << 8 | a[2]) & _SHADES, (b[0] << 16 | b[1] << 8 | b[2]) & _SHADES))
        for a, b in zip(above, below, strict=True)
    ]


@lru_cache(1 << 16)
def _shades(upper: int, lower: int) -> Style:
    return Style(color=_colour(upper), bgcolor=_colour(lower))


@lru_cache(1 << 12)
def _colour(value: int) -> Color:
    return Color.from_rgb(value >> 16, value >> 8 & 0xFF, value & 0xFF)


def _segments(line: list[Cell]) -> list[Segment]:
    found: list[Segment] = []
    at = 0
    while at < len(line):
        first, end = line[at], at + 1
        if first is None:
            while end < len(line) and line[end] is None:
                end += 1
            found.append(_control(f"\x1b[{end - at}C"))
        else:
            text = first[0]
            while end < len(line) and (cell := line[end]) is not None and cell[1] is first[1]:
                text += cell[0]
                end += 1
            found.append(Segment(text, first[1]))
        at = end
    return found
