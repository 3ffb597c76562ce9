"""An image in characters: two pixels a cell as half-blocks in grey, or a ramp of characters without colour."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from rich.segment import Segment
from rich.style import Style
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

RAMP = " .:-=+*#%@"


@dataclass(frozen=True)
class Picture:
    """8-bit grey pixels, row by row."""

    width: int
    height: int
    grey: bytes

    def at(self, x: int, y: int) -> int:
        index = y * self.width + x
        return self.grey[index] if 0 <= index < len(self.grey) else 0


def read_picture(told: dict[str, Any] | None) -> Picture | None:
    """The picture in the door's answer, None when there is none or its size does not fit its pixels."""
    if not told or not told.get("rows"):
        return None
    try:
        width, height = int(told["width"]), int(told["height"])
        grey = base64.b64decode(told["rows"], validate=True)
    except (KeyError, TypeError, ValueError):
        return None
    if width <= 0 or height <= 0 or len(grey) < width * height:
        return None
    return Picture(width, height, grey)


class Preview(Widget):
    """Shows a picture as large as fits, its proportions kept (a cell is twice as high as wide)."""

    picture: reactive[Picture | None] = reactive(None)
    words: reactive[str] = reactive("Choose an image to see it here.")
    blocks: reactive[bool] = reactive(True)

    def render_line(self, y: int) -> Strip:
        width, height = self.size.width, self.size.height
        plain = self.rich_style
        if self.picture is None:
            line = self.words if y == height // 2 else ""
            return Strip([Segment(line[:width].center(width), plain)], width)
        columns, pixels = self._fit(width, height * 2)
        rows = (pixels + 1) // 2
        top, left = (height - rows) // 2, (width - columns) // 2
        if not 0 <= y - top < rows:
            return Strip([Segment(" " * width, plain)], width)
        cells = self._cells(columns, pixels, 2 * (y - top))
        return Strip([Segment(" " * left, plain), *cells, Segment(" " * (width - left - columns), plain)], width)

    def _fit(self, width: int, height: int) -> tuple[int, int]:
        assert self.picture is not None
        scale = min(width / self.picture.width, height / self.picture.height)
        return max(1, int(self.picture.width * scale)), max(1, int(self.picture.height * scale))

    def _cells(self, columns: int, pixels: int, row: int) -> list[Segment]:
        picture = self.picture
        assert picture is not None
        upper = min(picture.height - 1, row * picture.height // pixels)
        lower = min(picture.height - 1, (row + 1) * picture.height // pixels)
        cells = []
        for column in range(columns):
            x = column * picture.width // columns
            above, below = picture.at(x, upper), picture.at(x, lower)
            if self.blocks:
                cells.append(Segment("▀", Style.parse(f"#{above:02x}{above:02x}{above:02x} on #{below * 0x10101:06x}")))
            else:
                cells.append(Segment(RAMP[(above + below) * (len(RAMP) - 1) // 510], self.rich_style))
        return cells
