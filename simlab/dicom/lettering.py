"""Looks for what looks like words in the pixels of an image: small shapes of one height, side by side on a line.

Nothing is read. A line of letters in a font of one stroke is found where it is the brightest or the darkest thing
around; handwriting, slanted words, words in the middle grey of a picture and single letters are not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from simlab.dicom import pixels
from simlab.dicom.instance import Instance
from simlab.dicom.pixels import NoPreview
from simlab.dicom.scan import Malformed

FRAMES = 8
"""Frames of an image that are looked at, spread evenly; words stay while a film goes on."""
REGIONS = 200
"""Told of one frame, and of one image: more say no more."""
LEAST_LETTERS = 4
_LEAST, _MOST = 5, 80  # pixels that a letter is high
_RUNS = 60_000
"""Stretches of ink in a frame; with more it is no writing but the grain of the picture."""
_BANDS = (0.80, 0.995)
"""From which part of the range on a value is ink, and as much from below."""


@dataclass(frozen=True)
class Words:
    """A region that looks like words, in pixels from the top left, on a frame that counts from 1."""

    left: int
    top: int
    width: int
    height: int
    frame: int

    def __str__(self) -> str:
        return f"looks like text at {self.left},{self.top}, {self.width} × {self.height} pixels, frame {self.frame}"


def found(instance: Instance) -> tuple[Words, ...]:
    """Regions that look like words in any of `FRAMES` frames, each told of once; NoPreview for what is no picture."""
    if instance.pixels is None:
        return ()
    try:
        return tuple(_found(instance))
    except Malformed as error:
        raise NoPreview(error.what, place=error.place, remedy=error.remedy) from None


def suspected(instance: Instance) -> tuple[Words | str, ...]:
    """As `found`; for a picture that cannot be looked at the reason stands in place of a region."""
    try:
        return found(instance)
    except NoPreview as error:
        return (f"cannot be looked at: {error.what}",)


def _found(instance: Instance) -> list[Words]:
    count = pixels.frames(instance.inflated.dataset())
    told: list[Words] = []
    for number in sorted({int(one) for one in np.linspace(1, count, min(count, FRAMES))}):
        stored = pixels.frame(instance, number).stored
        for left, top, width, height in lines(stored if stored.ndim == 2 else stored.max(axis=2)):
            words = Words(left, top, width, height, number)
            if len(told) < REGIONS and not any(_same(words, other) for other in told):
                told.append(words)
    return told


def lines(grey: Any) -> list[tuple[int, int, int, int]]:
    """Regions of an image of rows × columns that look like words: left, top, width, height."""
    low, high = float(grey.min()), float(grey.max())
    if high <= low:
        return []
    regions: list[tuple[int, int, int, int]] = []
    for part in _BANDS:
        for ink in (grey >= low + part * (high - low), grey <= high - part * (high - low)):
            for region in _lines_of(ink):
                if len(regions) < REGIONS and not any(_overlap(region, other) for other in regions):
                    regions.append(region)
    return sorted(regions, key=lambda one: (one[1], one[0]))


def _lines_of(ink: Any) -> Iterator[tuple[int, int, int, int]]:
    """Groups of at least `LEAST_LETTERS` shapes of one height on one line, no further apart than words are."""
    letters = [box for box in _shapes(ink) if _LEAST <= box[3] - box[1] <= _MOST and box[2] - box[0] <= 2 * _MOST]
    rows: dict[tuple[int, int], list[tuple[int, int, int, int]]] = {}
    for box in letters:
        rows.setdefault((box[1], box[3]), []).append(box)
    for (top, bottom), boxes in rows.items():
        height = bottom - top
        line: list[tuple[int, int, int, int]] = []
        for box in sorted(boxes):
            if line and box[0] - line[-1][2] > 2 * height:
                if _letters(line, ink):
                    yield line[0][0], top, line[-1][2] - line[0][0], height
                line = []
            line.append(box)
        if _letters(line, ink):
            yield line[0][0], top, line[-1][2] - line[0][0], height


def _letters(line: list[tuple[int, int, int, int]], ink: Any) -> bool:
    """Whether shapes on a line are letters: a scale's ticks or a grid's meshes are all alike."""
    looks = {(right - left, int(ink[top:bottom, left:right].sum())) for left, top, right, bottom in line}
    return len(line) >= LEAST_LETTERS and len(looks) > 1


def _shapes(ink: Any) -> list[tuple[int, int, int, int]]:
    """The boxes of connected shapes (corners count): left, top, right, bottom, the last two behind the shape."""
    rows, columns = ink.shape
    edges = np.zeros((rows, columns + 2), np.int8)
    edges[:, 1:-1] = ink
    turns = np.diff(edges, axis=1)
    begins, ends = np.argwhere(turns == 1), np.argwhere(turns == -1)
    if not 0 < len(begins) <= _RUNS:
        return []
    runs = list(zip(begins[:, 0].tolist(), begins[:, 1].tolist(), ends[:, 1].tolist(), strict=True))
    above = list(range(len(runs)))

    def root(one: int) -> int:
        while above[one] != one:
            above[one] = above[above[one]]
            one = above[one]
        return one

    first = 0
    for number, (row, begin, end) in enumerate(runs):
        while runs[first][0] < row - 1 or (runs[first][0] == row - 1 and runs[first][2] < begin):
            first += 1
        other = first
        while other < number and runs[other][0] == row - 1 and runs[other][1] <= end:
            above[root(other)] = root(number)
            other += 1
    boxes: dict[int, tuple[int, int, int, int]] = {}
    for number, (row, begin, end) in enumerate(runs):
        key = root(number)
        left, top, right, bottom = boxes.get(key, (begin, row, end, row + 1))
        boxes[key] = min(left, begin), min(top, row), max(right, end), max(bottom, row + 1)
    return list(boxes.values())


def _overlap(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> bool:
    return (
        one[0] < other[0] + other[2]
        and other[0] < one[0] + one[2]
        and one[1] < other[1] + other[3]
        and other[1] < one[1] + one[3]
    )


def _same(one: Words, other: Words) -> bool:
    return _overlap((one.left, one.top, one.width, one.height), (other.left, other.top, other.width, other.height))
