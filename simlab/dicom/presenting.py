"""Shows a frame as a presentation state wants it: turned, cut out, shuttered, with its marks (PS3.4 N.2)."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from pydicom.dataset import Dataset

from simlab.dicom import annotation, pixels
from simlab.dicom.instance import Instance
from simlab.dicom.pixels import Array, Frame
from simlab.dicom.presentation import DISPLAY, Area, Line, Point, State, Words
from simlab.dicom.preview import Shown
from simlab.dicom.shutters import opening
from simlab.dicom.window import full_range, holds, modality_values, windows
from simlab.errors import BadInput

PRESENTED = "as presented"
_MODALITY = ("ModalityLUTSequence", "RescaleSlope", "RescaleIntercept", "RescaleType")
_VOI = ("WindowCenter", "WindowWidth", "WindowCenterWidthExplanation", "VOILUTFunction", "VOILUTSequence")
_CURVE, _CORNERS = 12, 4096
"""Short lines between two points of an interpolated curve, and as many at most in all of it."""

Place = Callable[[Point, str], Point]
"""Where a point of those units is in the picture, in its pixels."""


def prepare(instance: Instance, state: State, frame: int = 1) -> Shown:
    """A frame under a presentation state, for `preview.draw`; raises BadInput when it is not for it, NoPreview.

    Window or VOI LUT, modality LUT and the shape of the presentation LUT are those of the state, the image's own
    are offered after; the displayed area is what zoom 1 shows.
    """
    found = pixels.frame(instance, frame)
    sop_uid = str(found.facts.get("SOPInstanceUID", ""))
    if not state.concerns(sop_uid, found.number):
        raise BadInput(
            "the presentation state is not for this image", place=sop_uid,
            remedy="It names: " + ", ".join(state.images()[:3]) + ".",
        )  # fmt: skip
    area = state.area(sop_uid, found.number)
    high, wide = found.stored.shape[:2]
    cut = _Cut(*_within(area, wide, high), state.turns, state.flipped)
    seen = opening(state.facts, wide, high)
    if seen is None and cut.beyond(wide, high):
        seen = np.ones((high, wide), np.float32)
    lines, words = state.lines(sop_uid, found.number), state.words(sop_uid, found.number)
    over = Marks(cut, tuple(lines), tuple(words), None if seen is None else cut.of(seen, 0), _shade(state.facts))
    facts = _turned(found.facts, found.number, cut, area)
    if found.coloured:
        colours = cut.of(found.stored, 0)
        return Shown(Frame(facts, found.stored[:0].copy(), found.number, found.frames), colours, (), over)
    grey = replace(found, facts=_with(found.facts, state.facts, _MODALITY))
    # What the image says of black and white is ignored (PS3.4 N.2.1).
    for one in (facts, grey.facts):
        one.PhotometricInterpretation = "MONOCHROME1" if state.inverse else "MONOCHROME2"
    values = modality_values(grey)
    asked = state.window(sop_uid, found.number)
    said = grey if asked is None else replace(grey, facts=_with(grey.facts, asked, _VOI))
    own, others = windows(said, values), windows(grey, values)
    first = [replace(own[0], name=PRESENTED)] if asked is not None else [full_range(values)]
    shown = cut.of(values, float(values.max() if state.inverse else values.min()))
    return Shown(Frame(facts, found.stored[:0].copy(), found.number, found.frames), shown, (*first, *others), over)


@dataclass(frozen=True)
class _Cut:
    """A part of an image, `left` and `top` its corner in the image's columns and rows, turned and flipped."""

    left: int
    top: int
    columns: int
    rows: int
    turns: int
    flipped: bool

    def of(self, values: Array, beyond: float) -> Array:
        """The part; what lies beyond the image has the value `beyond`."""
        high, wide = values.shape[:2]
        whole = np.full((self.rows, self.columns, *values.shape[2:]), beyond, values.dtype)
        x0, y0 = max(self.left, 0), max(self.top, 0)
        x1, y1 = min(self.left + self.columns, wide), min(self.top + self.rows, high)
        if x0 < x1 and y0 < y1:
            whole[y0 - self.top : y1 - self.top, x0 - self.left : x1 - self.left] = values[y0:y1, x0:x1]
        turned = np.rot90(whole, -self.turns)
        return np.ascontiguousarray(turned[:, ::-1] if self.flipped else turned)

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows when it is turned."""
        return (self.rows, self.columns) if self.turns % 2 else (self.columns, self.rows)

    def beyond(self, wide: int, high: int) -> bool:
        """Whether it has anything that is not of the image."""
        return min(self.left, self.top) < 0 or self.left + self.columns > wide or self.top + self.rows > high

    def place(self, point: Point) -> Point:
        """Where a point of the image is in the turned part."""
        x, y, high, wide = point[0] - self.left, point[1] - self.top, self.rows, self.columns
        for _ in range(self.turns):
            x, y, high, wide = high - y, x, wide, high
        return (wide - x if self.flipped else x), y


def _within(area: Area | None, wide: int, high: int) -> tuple[int, int, int, int]:
    """Left, top, columns, rows of a displayed area; it may reach beyond the image, but not further than its size."""
    if area is None:
        return 0, 0, wide, high
    left, top = (min(max(at - 1, -long), long - 1) for at, long in zip(area.first, (wide, high), strict=True))
    right, bottom = (min(max(at, 1), 2 * long) for at, long in zip(area.last, (wide, high), strict=True))
    return left, top, max(right - left, 1), max(bottom - top, 1)


def _with(facts: Dataset, others: Dataset, keywords: tuple[str, ...]) -> Dataset:
    """A copy of the attributes with one module replaced by that of the state, where the state has it."""
    made = copy.deepcopy(facts)
    for keyword in keywords if any(keyword in others for keyword in keywords) else ():
        if keyword in made:
            delattr(made, keyword)
        if keyword in others:
            made[keyword] = others[keyword]
    return made


def _turned(facts: Dataset, frame: int, cut: _Cut, area: Area | None) -> Dataset:
    """The attributes as the turned part would have them: which way the patient lies, the shape of a pixel."""
    made = copy.deepcopy(facts)
    turned = holds(facts, frame, "ImageOrientationPatient").get("ImageOrientationPatient")
    if turned is not None and len(turned) == 6:
        across, down = [float(part) for part in turned[:3]], [float(part) for part in turned[3:]]
        for _ in range(cut.turns):
            across, down = [-part for part in down], across
        made.ImageOrientationPatient = [*([-part for part in across] if cut.flipped else across), *down]
    elif (edges := annotation.edges(facts, frame)) and "right" in edges:
        sides = [edges["right"], edges["bottom"], edges["left"], edges["top"]]
        sides = sides[-cut.turns :] + sides[: -cut.turns] if cut.turns else sides
        made.PatientOrientation = [sides[2] if cut.flipped else sides[0], sides[1]]
    if area is not None:
        aspect = 1 / area.aspect if cut.turns % 2 else area.aspect
        made.PixelSpacing = [f"{aspect:.6g}", "1"]
    return made


def _shade(facts: Dataset) -> int:
    """The grey of what shutters hide, 0 to 255 (C.7.6.11)."""
    try:
        return min(max(int(facts.get("ShutterPresentationValue") or 0), 0), 65535) >> 8
    except (TypeError, ValueError, OverflowError):
        return 0


@dataclass(frozen=True)
class Marks:
    """What is laid over a picture when its greys are there: the shutter, lines and words."""

    cut: _Cut
    lines: tuple[Line, ...]
    words: tuple[Words, ...]
    opening: Array | None
    shade: int

    def laid(self, drawn: Array, box: tuple[float, float, float, float]) -> Array:
        """`drawn` is the part `box` (left, upper, right, lower) of what is shown, in the picture's pixels."""
        high, wide = drawn.shape[:2]
        across, down = wide / (box[2] - box[0]), high / (box[3] - box[1])
        if self.opening is not None:
            seen = np.asarray(Image.fromarray(self.opening).resize((wide, high), Image.Resampling.BOX, box=box))
            seen = seen[:, :, None] if drawn.ndim == 3 else seen
            drawn = (seen * drawn + (1 - seen) * self.shade + 0.5).astype(np.uint8)
        if not self.lines and not self.words:
            return drawn
        columns, rows = self.cut.size

        def place(point: Point, units: str) -> Point:
            x, y = (point[0] * columns, point[1] * rows) if units == DISPLAY else self.cut.place(point)
            return (x - box[0]) * across, (y - box[1]) * down

        picture = Image.fromarray(drawn)
        pen = ImageDraw.Draw(picture)
        thick = max(1, round(min(wide, high) / 400))
        for line in self.lines:
            _line(pen, line, place, thick)
        for words in self.words:
            _words(pen, words, place, max(9, min(wide, high) // 28), thick)
        return np.asarray(picture)


def _line(pen: ImageDraw.ImageDraw, line: Line, place: Place, thick: int) -> None:
    points = [place(point, line.units) for point in outline(line)]
    ink = "white"
    if line.kind == "POINT":
        for x, y in points:
            pen.line([(x - 4 * thick, y), (x + 4 * thick, y)], ink, thick)
            pen.line([(x, y - 4 * thick), (x, y + 4 * thick)], ink, thick)
    elif line.filled and len(points) > 2:
        pen.polygon(points, fill=ink)
    else:
        for ends in pairwise(points):
            seen = _seen(*ends, pen.im.size, thick)
            if seen:
                pen.line(seen, ink, thick)


def _seen(one: Point, other: Point, size: tuple[int, int], margin: int) -> list[Point] | None:
    """The part of a line that a picture of that size shows (Liang and Barsky): PIL walks along all of it."""
    (x, y), dx, dy = one, other[0] - one[0], other[1] - one[1]
    first, last = 0.0, 1.0
    for step, room in ((-dx, x + margin), (dx, size[0] + margin - x), (-dy, y + margin), (dy, size[1] + margin - y)):
        if step == 0:
            if room < 0:
                return None
        elif step < 0:
            first = max(first, room / step)
        else:
            last = min(last, room / step)
    return [(x + first * dx, y + first * dy), (x + last * dx, y + last * dy)] if first <= last else None


def outline(line: Line) -> list[Point]:
    """The corners that a mark is drawn through, in its own units (C.10.5.1.2)."""
    points = list(line.points)
    if line.kind == "CIRCLE" and len(points) >= 2:
        (x, y), edge = points[0], points[1]
        radius = math.dist(points[0], edge)
        return [(x + radius * math.cos(way), y + radius * math.sin(way)) for way in _ways()]
    if line.kind == "ELLIPSE" and len(points) >= 4:
        # The ends of the major axis, then those of the minor one.
        (xa, ya), (xb, yb), (xc, yc), (xd, yd) = points[:4]
        x, y = (xa + xb) / 2, (ya + yb) / 2
        along, aside = ((xb - xa) / 2, (yb - ya) / 2), ((xd - xc) / 2, (yd - yc) / 2)
        return [
            (x + along[0] * math.cos(way) + aside[0] * math.sin(way),
             y + along[1] * math.cos(way) + aside[1] * math.sin(way))
            for way in _ways()
        ]  # fmt: skip
    return _curved(points) if line.kind == "INTERPOLATED" and len(points) > 2 else points


def _ways() -> list[float]:
    return [math.tau * step / 96 for step in range(97)]


def _curved(points: list[Point]) -> list[Point]:
    """A curve through all points (Catmull-Rom); which one is left to whoever shows it."""
    ring = points[0] == points[-1]
    before, after = (points[-2], points[1]) if ring else (points[0], points[-1])
    whole = [before, *points, after]
    found = []
    steps = max(1, min(_CURVE, _CORNERS // len(points)))
    for a, b, c, d in zip(whole, whole[1:], whole[2:], whole[3:], strict=False):
        for step in range(steps):
            t = step / steps
            found.append(tuple(
                (2 * q + (r - p) * t + (2 * p - 5 * q + 4 * r - s) * t**2 + (3 * q - p - 3 * r + s) * t**3) / 2
                for p, q, r, s in zip(a, b, c, d, strict=True)
            ))  # fmt: skip
    return [*((x, y) for x, y in found), points[-1]]


def _words(pen: ImageDraw.ImageDraw, words: Words, place: Place, size: int, thick: int) -> None:
    anchor = place(words.anchor, words.anchor_units) if words.anchor else None
    if words.box is not None:
        corners = [place(corner, words.box_units) for corner in words.box]
        x, y = min(x for x, _ in corners), min(y for _, y in corners)
        if anchor and words.line:
            _line(pen, Line("POLYLINE", ((x, y), anchor)), lambda point, _units: point, thick)
    else:
        assert anchor is not None
        x, y = anchor[0] + 3 * thick, anchor[1] - size * 1.4
    text = words.text.replace("\r\n", "\n").replace("\r", "\n")
    letters = ImageFont.load_default(size)
    _left, _top, right, bottom = pen.textbbox((x, y), text, letters, stroke_width=thick)
    x, y = max(x + min(pen.im.size[0] - right, 0), 0), max(y + min(pen.im.size[1] - bottom, 0), 0)
    pen.text((x, y), text, "white", letters, stroke_width=thick, stroke_fill="black")
