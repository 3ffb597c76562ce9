"""A drawn image as it came from the lab, with what is written over it."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any

from simlab.tui import graphics


@dataclass(frozen=True)
class Window:
    """Values that become grey, by centre and width."""

    centre: float
    width: float
    name: str = ""


@dataclass(frozen=True)
class Drawn:
    """8-bit `rows` of 1 or 3 `samples` a pixel, or in `escape` the sequence that draws them."""

    width: int
    height: int
    samples: int = 1
    rows: bytes = b""
    escape: str = ""
    frame: int = 1
    frames: int = 1
    zoom: float = 1.0
    x: float = 0.5
    y: float = 0.5
    inverse: bool = False
    window: Window | None = None
    windows: tuple[Window, ...] = ()
    corners: dict[str, list[str]] = field(default_factory=dict)
    edges: dict[str, str] = field(default_factory=dict)

    def at(self, x: int, y: int) -> tuple[int, int, int]:
        """Red, green and blue of a pixel."""
        start = (y * self.width + x) * self.samples
        if self.samples == 1:
            grey = self.rows[start]
            return grey, grey, grey
        red, green, blue = self.rows[start : start + 3]
        return red, green, blue


def read(told: dict[str, Any], way: str, place: int = 0) -> Drawn | None:
    """The door's answer; None when its size does not fit its pixels. Takes some milliseconds for a kitty terminal."""
    try:
        width, height, samples = int(told["width"]), int(told["height"]), int(told["samples"])
        rows = base64.b64decode(told.get("rows", ""), validate=True)
        escape = str(told.get("sixel", ""))
        windows = tuple(_window(one) for one in told.get("windows") or [])
        window = _window(told["window"]) if told.get("window") else None
        if not escape and (min(width, height) <= 0 or samples not in (1, 3) or len(rows) < width * height * samples):
            return None
        if way == graphics.KITTY:
            escape = graphics.kitty(width, height, samples, rows, place)
        return Drawn(
            width, height, samples, rows, escape, int(told.get("frame", 1)), int(told.get("frames", 1)),
            float(told.get("zoom", 1)), float(told.get("x", 0.5)), float(told.get("y", 0.5)),
            bool(told.get("inverse")), window, windows,
            {name: [str(line) for line in lines] for name, lines in (told.get("corners") or {}).items()},
            {name: str(letters) for name, letters in (told.get("edges") or {}).items()},
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _window(told: dict[str, Any]) -> Window:
    return Window(float(told["centre"]), float(told["width"]), str(told.get("name", "")))
