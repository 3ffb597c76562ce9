"""What a softcopy presentation state says of one frame: window, turn, area, shutters, marks (PS3.3 A.33, PS3.4 N.2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from simlab.dicom.instance import Instance
from simlab.errors import BadInput

GREY, COLOUR = "1.2.840.10008.5.1.4.1.1.11.1", "1.2.840.10008.5.1.4.1.1.11.2"
CLASSES = (GREY, COLOUR)
"""Grayscale and Color Softcopy Presentation State Storage."""
PIXEL, DISPLAY = "PIXEL", "DISPLAY"
"""Places in columns and rows of the image from its corner, or in shares of what is shown (C.10.5.1.1)."""

Point = tuple[float, float]
_MOST_POINTS = 4096
_ALL_POINTS = 20_000
"""Of one mark, and of all: what is more is no mark of a person's."""
_LEAST_POINTS = 10
"""That a mark counts for, however few it has."""
_ALL_WORDS, _ALL_LETTERS = 200, 8000
_FAR = 1e6


@dataclass(frozen=True)
class Line:
    """A mark of `kind` POINT, POLYLINE, INTERPOLATED, CIRCLE or ELLIPSE through `points`."""

    kind: str
    points: tuple[Point, ...]
    units: str = PIXEL
    filled: bool = False


@dataclass(frozen=True)
class Words:
    """A text in a `box` of two corners, or beside the `anchor` that it tells of; `line`: whether one leads there."""

    text: str
    box: tuple[Point, Point] | None = None
    anchor: Point | None = None
    box_units: str = PIXEL
    anchor_units: str = PIXEL
    line: bool = False


@dataclass(frozen=True)
class Area:
    """What is shown, from a pixel to a pixel, counted from 1 as (column, row); a pixel's height over its width."""

    first: tuple[int, int]
    last: tuple[int, int]
    aspect: float = 1.0


@dataclass(frozen=True)
class State:
    """A presentation state that was read; ask it for a frame of an image."""

    facts: Dataset

    @property
    def label(self) -> str:
        """What its maker called it."""
        return " ".join(
            filter(None, (str(self.facts.get(word) or "") for word in ("ContentLabel", "ContentDescription")))
        )

    def images(self) -> list[str]:
        """The SOP Instance UIDs of the images that it is for."""
        return [str(image.get("ReferencedSOPInstanceUID", "")) for image in self._named()]

    def concerns(self, sop_uid: str, frame: int = 1) -> bool:
        """Whether it is for that frame."""
        return any(_is(image, sop_uid, frame) for image in self._named())

    def _named(self) -> Iterator[Dataset]:
        for series in _items(self.facts, "ReferencedSeriesSequence"):
            yield from _items(series, "ReferencedImageSequence")

    def window(self, sop_uid: str, frame: int) -> Dataset | None:
        """The item of the Softcopy VOI LUT module that holds for a frame (C.11.8)."""
        return self._item("SoftcopyVOILUTSequence", sop_uid, frame)

    def area(self, sop_uid: str, frame: int) -> Area | None:
        """What of the image is shown (C.10.4)."""
        item = self._item("DisplayedAreaSelectionSequence", sop_uid, frame)
        if item is None:
            return None
        corners = [_points(item, f"DisplayedArea{corner}HandCorner") for corner in ("TopLeft", "BottomRight")]
        if not all(corners):
            return None
        (one, *_), (other, *_) = corners
        first, last = (tuple(int(pick(pair)) for pair in zip(one, other, strict=True)) for pick in (min, max))
        return Area((first[0], first[1]), (last[0], last[1]), _aspect(item))

    @property
    def turns(self) -> int:
        """Quarters of a circle clockwise, before it is flipped (C.10.6)."""
        return round((_number(self.facts.get("ImageRotation")) or 0) / 90) % 4

    @property
    def flipped(self) -> bool:
        """Whether left and right change sides after it was turned."""
        return str(self.facts.get("ImageHorizontalFlip", "N")) == "Y"

    @property
    def inverse(self) -> bool:
        """Whether low values are bright, whatever the image says of itself (C.11.6)."""
        return str(self.facts.get("PresentationLUTShape", "IDENTITY")) == "INVERSE"

    def lines(self, sop_uid: str, frame: int) -> list[Line]:
        """The marks upon a frame, the lowest layer first."""
        found, left = [], _ALL_POINTS
        for item in self._annotations(sop_uid, frame):
            for mark in _items(item, "GraphicObjectSequence"):
                points = _points(mark, "GraphicData") if left > 0 else []
                left -= max(len(points), _LEAST_POINTS)
                if points:
                    units = str(mark.get("GraphicAnnotationUnits") or PIXEL)
                    kind, filled = str(mark.get("GraphicType", "")), str(mark.get("GraphicFilled", "N")) == "Y"
                    found.append(Line(kind, tuple(points), units, filled))
        return found

    def words(self, sop_uid: str, frame: int) -> list[Words]:
        """The texts upon a frame."""
        found: list[Words] = []
        left = _ALL_LETTERS
        for item in self._annotations(sop_uid, frame):
            for text in _items(item, "TextObjectSequence"):
                corners = [_points(text, f"BoundingBox{corner}HandCorner") for corner in ("TopLeft", "BottomRight")]
                anchor = _points(text, "AnchorPoint")
                said = str(text.get("UnformattedTextValue", ""))[: min(1024, left)]
                if (anchor or all(corners)) and len(found) < _ALL_WORDS:
                    left -= len(said)
                    found.append(Words(
                        said,
                        (corners[0][0], corners[1][0]) if all(corners) else None,
                        anchor[0] if anchor else None,
                        str(text.get("BoundingBoxAnnotationUnits") or PIXEL),
                        str(text.get("AnchorPointAnnotationUnits") or PIXEL),
                        str(text.get("AnchorPointVisibility", "N")) == "Y",
                    ))  # fmt: skip
        return found

    def _annotations(self, sop_uid: str, frame: int) -> list[Dataset]:
        order = {
            str(layer.get("GraphicLayer", "")): _number(layer.get("GraphicLayerOrder")) or 0.0
            for layer in _items(self.facts, "GraphicLayerSequence")
        }
        held = [item for item in _items(self.facts, "GraphicAnnotationSequence") if _holds(item, sop_uid, frame)]
        return sorted(held, key=lambda item: order.get(str(item.get("GraphicLayer", "")), 0.0))

    def _item(self, sequence: str, sop_uid: str, frame: int) -> Dataset | None:
        return next((item for item in _items(self.facts, sequence) if _holds(item, sop_uid, frame)), None)


def read(instance: Instance) -> State:
    """A presentation state; raises BadInput for any other object, Malformed."""
    facts = instance.dataset()
    if str(facts.get("SOPClassUID", "")) not in CLASSES:
        raise BadInput(
            "this is no presentation state",
            place=str(facts.get("SOPInstanceUID", "")),
            remedy="Name a grayscale or colour softcopy presentation state (modality PR).",
        )
    return State(facts)


def _items(ds: Dataset, keyword: str) -> list[Dataset]:
    """The items of a sequence; none where its VR says that it is something else."""
    found = ds.get(keyword)
    return list(found) if isinstance(found, Sequence) else []


def _holds(item: Dataset, sop_uid: str, frame: int) -> bool:
    """Whether an item is for that frame: it is for all where it names none."""
    images = _items(item, "ReferencedImageSequence")
    return not images or any(_is(image, sop_uid, frame) for image in images)


def _is(image: Dataset, sop_uid: str, frame: int) -> bool:
    if str(image.get("ReferencedSOPInstanceUID", "")) != sop_uid:
        return False
    frames = [int(number) for number in _numbers(image.get("ReferencedFrameNumber"))]
    return not frames or frame in frames


def _aspect(item: Dataset) -> float:
    for keyword in ("PresentationPixelSpacing", "PresentationPixelAspectRatio"):
        pair = _numbers(item.get(keyword))
        if len(pair) == 2 and pair[0] > 0 and pair[1] > 0:
            return min(max(pair[0] / pair[1], 0.1), 10.0)
    return 1.0


def _points(ds: Dataset, keyword: str) -> list[Point]:
    numbers = _numbers(ds.get(keyword))[: 2 * _MOST_POINTS]
    return list(zip(numbers[::2], numbers[1::2], strict=False))


def _numbers(value: Any) -> list[float]:
    several = [] if value is None or isinstance(value, str) else value if hasattr(value, "__iter__") else [value]
    found = [_number(part) for part in several]
    return [part for part in found if part is not None] if None not in found else []


def _number(value: Any) -> float | None:
    """A number that may be drawn with, none where it is none."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if abs(number) <= _FAR else None
