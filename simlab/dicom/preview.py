"""A picture of a frame as 8-bit pixels: the part that is looked at, in the size and the window that are asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import numpy as np
from PIL import Image
from pydicom.dataset import Dataset

from simlab.dicom import pixels
from simlab.dicom.instance import Instance
from simlab.dicom.pixels import Array, Frame
from simlab.dicom.pixels import NoPreview as NoPreview
from simlab.dicom.window import FULL_RANGE, LINEAR, Window, holds, is_inverse, modality_values, windows
from simlab.errors import BadInput

_WEIGHTS = np.array([0.299, 0.587, 0.114], dtype=np.float32)  # PS3.3 C.7.6.3.1.2, luminance of RGB
MOST_ZOOM = 32.0
MOST_PIXELS = 4096
"""Of a picture's width and height."""


@dataclass(frozen=True)
class View:
    """How to look at a frame.

    `width` × `height` is the room in pixels, each `aspect` times as high as wide. `zoom` 1 shows the whole frame; `x`
    and `y` are the middle of what is shown, 0 to 1. `window` is a number in `Shown.windows` or one set by hand.
    """

    width: int = 512
    height: int = 512
    zoom: float = 1.0
    x: float = 0.5
    y: float = 0.5
    window: int | Window = 0
    inverse: bool = False
    aspect: float = 1.0


@dataclass(frozen=True)
class Picture:
    """8-bit pixels row by row, 1 or 3 `samples` each; `view` as it was carried out, `window` none for colour."""

    width: int
    height: int
    samples: int
    rows: bytes
    view: View
    window: Window | None


class Over(Protocol):
    """What is laid over a picture: shutters and marks of a presentation state."""

    def laid(self, drawn: Array, box: tuple[float, float, float, float]) -> Array:
        """The picture with it; `box` (left, upper, right, lower) is the part of `Shown.values` that `drawn` shows."""
        ...


@dataclass(frozen=True)
class Shown:
    """A frame ready to be looked at again and again: decoded, its modality LUT applied."""

    frame: Frame
    values: Array
    windows: tuple[Window, ...]
    over: Over | None = None

    @property
    def facts(self) -> Dataset:
        """The attributes, without the pixel data."""
        return self.frame.facts

    @property
    def size(self) -> int:
        """Bytes of memory that it takes."""
        return int(self.values.nbytes)

    @cached_property
    def aspect(self) -> float:
        """How much higher than wide a pixel of the image is (PixelSpacing, PixelAspectRatio)."""
        for keyword in ("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing", "PixelAspectRatio"):
            value = holds(self.facts, self.frame.number, keyword).get(keyword)
            try:
                if value is not None and len(value) == 2 and float(value[0]) > 0 and float(value[1]) > 0:
                    return min(max(float(value[0]) / float(value[1]), 0.1), 10.0)
            except (TypeError, ValueError):
                continue
        return 1.0


def prepare(instance: Instance, frame: int = 1) -> Shown:
    """Decode a frame for `draw`; raises NoPreview, Malformed."""
    found = pixels.frame(instance, frame)
    if found.coloured:
        # A copy: the frame may be a view of the pixels of all frames.
        return Shown(replace(found, stored=found.stored[:0].copy()), found.stored.copy(), ())
    values = modality_values(found)
    # The stored values have done their work; what is kept of the frame are its attributes.
    return Shown(replace(found, stored=found.stored[:0].copy()), values, tuple(windows(found, values)))


def draw(shown: Shown, view: View) -> Picture:
    """The part of a frame that `view` shows, as large as fits its room, its proportions kept; raises BadInput."""
    if not 1 <= view.width <= MOST_PIXELS or not 1 <= view.height <= MOST_PIXELS:
        raise BadInput(f"{view.width} × {view.height} pixels", remedy=f"Ask for 1 to {MOST_PIXELS} each way.")
    rows, columns = shown.values.shape[:2]
    zoom = min(max(view.zoom, 1.0), MOST_ZOOM)
    # In units of the image's columns; `tall` is its height as it is to be seen in pixels of the room.
    tall = rows * shown.aspect / view.aspect
    scale = min(view.width / columns, view.height / tall) * zoom
    width = max(1, min(view.width, round(columns * scale)))
    height = max(1, min(view.height, round(tall * scale)))
    across, down = min(1.0, width / (columns * scale)), min(1.0, height / (tall * scale))
    x = min(max(view.x, across / 2), 1 - across / 2)
    y = min(max(view.y, down / 2), 1 - down / 2)
    box = (
        (x - across / 2) * columns,
        (y - down / 2) * rows,
        min((x + across / 2) * columns, columns),
        min((y + down / 2) * rows, rows),
    )
    drawn = _resized(shown.values, (width, height), box)
    window = None
    if not shown.frame.coloured:
        window = chosen(shown, view.window)
        greys = window.applied(drawn)
        drawn = (greys * 255 + 0.5).astype(np.uint8)
        if is_inverse(shown.facts):
            drawn = 255 - drawn
    if view.inverse:
        drawn = 255 - drawn
    if shown.over is not None:
        drawn = shown.over.laid(drawn, box)
    carried_out = replace(view, zoom=zoom, x=x, y=y)
    return Picture(width, height, drawn.shape[2] if drawn.ndim == 3 else 1, drawn.tobytes(), carried_out, window)


def chosen(shown: Shown, window: int | Window) -> Window:
    """The window that is meant; numbers go round. One set by hand keeps the file's function (LINEAR, SIGMOID…)."""
    if isinstance(window, int):
        return shown.windows[window % len(shown.windows)]
    function = LINEAR if shown.windows[0].name == FULL_RANGE else shown.windows[0].function
    return replace(window, width=max(window.width, 1e-3), function=function)


def _resized(values: Array, size: tuple[int, int], box: tuple[float, float, float, float]) -> Array:
    """The part `box` (left, upper, right, lower) in another size; smaller by averaging, so that thin lines stay."""
    smaller = box[2] - box[0] > size[0] or box[3] - box[1] > size[1]
    how = Image.Resampling.BOX if smaller else Image.Resampling.BILINEAR
    return np.asarray(Image.fromarray(np.ascontiguousarray(values)).resize(size, how, box=box))


def grey(instance: Instance, width: int, frame: int = 1) -> tuple[int, int, bytes]:
    """One frame as (width, height, rows of 8-bit grey), at most `width` pixels wide, by its window or full range.

    Raises NoPreview.
    """
    shown = prepare(instance, frame)
    rows, columns = shown.values.shape[:2]
    wide = max(1, min(width, columns, MOST_PIXELS))
    high = min(max(1, round(rows * shown.aspect)), MOST_PIXELS)
    picture = draw(shown, View(width=wide, height=high))
    if picture.samples == 1:
        return picture.width, picture.height, picture.rows
    colours = np.frombuffer(picture.rows, np.uint8).reshape(picture.height, picture.width, 3)
    return picture.width, picture.height, np.clip(colours @ _WEIGHTS, 0, 255).astype(np.uint8).tobytes()
