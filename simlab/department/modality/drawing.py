"""Draws a recipe's images once and keeps them: pixels, and the attributes that no patient changes."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from simlab.department.modality import compression
from simlab.department.modality.attributes import KINDS
from simlab.department.modality.encoding import Encoded, decimal, element, encode
from simlab.department.modality.kind import ORIENTATIONS, Kind, code, item
from simlab.department.modality.phantoms import PHANTOMS, Pen
from simlab.department.modality.recipe import Recipe, Series

Pixels = NDArray[Any]
_KEPT_BYTES = 192 * 1024 * 1024
_kept: dict[str, tuple[Picture, ...]] = {}
_keeping = threading.Lock()


@dataclass(frozen=True)
class Picture:
    """One image of a recipe: its encoded pixels, and the attributes that no patient changes."""

    series: int
    number: int
    constant: Encoded
    pixels: bytes
    transfer_syntax: str


def drawn(recipe: Recipe) -> tuple[Picture, ...]:
    """Every image of a recipe, drawn and encoded as far as no patient changes it; kept for the process."""
    digest = recipe.digest
    with _keeping:
        if digest in _kept:
            return _kept[digest]
    pictures: list[Picture] = []
    for series in recipe.series:
        constant = _series_attributes(recipe, KINDS[recipe.kind_of(series)], series)
        encoded = encode(constant)
        pictures += [_picture(recipe, series, number, constant, encoded) for number in range(1, series.images + 1)]
    with _keeping:
        _kept[digest] = tuple(pictures)
        while len(_kept) > 1 and sum(_size(kept) for kept in _kept.values()) > _KEPT_BYTES:
            del _kept[next(iter(_kept))]
    return tuple(pictures)


def _size(pictures: tuple[Picture, ...]) -> int:
    return sum(len(picture.pixels) for picture in pictures)


def forget() -> None:
    """Keep nothing of what was drawn."""
    with _keeping:
        _kept.clear()


def _picture(recipe: Recipe, series: Series, number: int, constant: dict[str, Any], encoded: Encoded) -> Picture:
    kind = KINDS[recipe.kind_of(series)]
    frames = [_frame(recipe, series, kind, number, frame) for frame in range(series.frames)]
    own = {0x00200013: element(0x00200013, "IS", str(number))}
    if kind.in_space and not kind.enhanced:
        own |= _place(series, number)
    if kind.modality == "PT":
        own[0x00541330] = b"\x54\x00\x30\x13US\x02\x00" + number.to_bytes(2, "little")
    if series.syntax == "native":
        whole = frames[0].tobytes() if len(frames) == 1 else b"".join(frame.tobytes() for frame in frames)
        return Picture(series.number, number, encoded | own, whole + b"\0" * (len(whole) % 2), compression.NATIVE)
    packed = compression.packed(series.syntax, frames, constant)
    return Picture(series.number, number, encoded | own | encode(packed.changes), packed.pixels, packed.transfer_syntax)


def _frame(recipe: Recipe, series: Series, kind: Kind, number: int, frame: int) -> Pixels:
    phantom = PHANTOMS[series.phantom]
    columns, rows = series.size
    among, which = (series.frames, frame) if series.frames > 1 else (series.images, number - 1)
    side = series.laterality or recipe.laterality
    # Phantoms are drawn as the right side: what is the left one's is mirrored, or its stack begins at the other end.
    mirrored = side == "L" and (kind.projection or kind.in_space)
    if mirrored and series.orientation == "sagittal":
        which = among - 1 - which
    options = {"side": side or "", **phantom.options, **series.options}
    if recipe.dose:
        options |= {"ctdivol": recipe.dose.ctdivol, "length_mm": recipe.dose.length_mm, "dlp": recipe.dose.dlp}
    pen = Pen(
        columns, rows, phantom.ground, recipe.seed * 1_000_003 + series.number * 1009 + number + 7919 * frame,
        mm=2 / (rows * series.spacing_mm), stack=recipe.seed * 1_000_003,
        options=options, findings={one.kind: one for one in recipe.findings},
        number=which, count=among, gap_mm=abs(series.gap_mm),
    )  # fmt: skip
    phantom.draw(pen, which / max(among - 1, 1))
    top = float(2**kind.bits - 1)
    if mirrored and series.orientation != "sagittal":
        pen.image = pen.image[:, ::-1].copy()
    letter = series.marker or side
    if kind.projection and letter:
        _lettered(pen, series, kind, letter, top)
    low, high = (-(2 ** (kind.bits - 1)), 2 ** (kind.bits - 1) - 1) if kind.signed else (0.0, top)
    if kind.samples == 3:
        return np.clip(np.rint(pen.in_colour()), 0, 255).astype("u1")
    whole = np.clip(np.rint(pen.image, out=pen.image), low, high, out=pen.image)
    return whole.astype("u1" if kind.bits <= 8 else "<i2" if kind.signed else "<u2")


def _lettered(pen: Pen, series: Series, kind: Kind, letter: str, top: float) -> None:
    """The lead letter in a corner, away from the chest wall on a mammogram, where the view stands with it."""
    columns, rows = series.size
    size, words, left = max(2, rows // 128), letter, -0.95 * columns / rows
    if kind.modality == "MG":
        words = f"{letter} {series.options.get('view', '')}"
        if series.laterality == "L":
            left = (columns - (6 * len(words) + 2) * size) / pen.unit - columns / rows
    pen.text(left, -0.95, words, top, size=size)


def _series_attributes(recipe: Recipe, kind: Kind, series: Series) -> dict[str, Any]:
    columns, rows = series.size
    attributes: dict[str, Any] = {
        **kind.constant,
        **(recipe.attributes if kind.modality == recipe.modality else {}),
        **series.attributes,
        "SOPClassUID": kind.sop_class,
        "Modality": kind.modality,
        "BodyPartExamined": recipe.body_part,
        "ProtocolName": recipe.protocol,
        "SeriesNumber": series.number,
        "SeriesDescription": series.description,
        "SamplesPerPixel": kind.samples,
        "PhotometricInterpretation": "RGB" if kind.samples == 3 else kind.constant.get(
            "PhotometricInterpretation", "MONOCHROME2"),
        "Rows": rows,
        "Columns": columns,
        "BitsAllocated": 8 if kind.bits <= 8 else 16,
        "BitsStored": kind.bits,
        "HighBit": kind.bits - 1,
        "PixelRepresentation": int(kind.signed),
    }  # fmt: skip
    if kind.samples == 3:
        attributes["PlanarConfiguration"] = 0
    elif kind.windowed:
        attributes |= {"WindowCenter": decimal(series.window.center), "WindowWidth": decimal(series.window.width)}
    if series.frames > 1 or kind.enhanced or "NumberOfFrames" in kind.constant:
        attributes["NumberOfFrames"] = series.frames
    if kind.in_space and not kind.enhanced:
        attributes |= _orientation(series)
    if kind.modality == "PT":
        attributes["NumberOfSlices"] = series.images
    side = series.laterality or recipe.laterality
    if kind.projection:
        attributes["ImagerPixelSpacing"] = [decimal(series.spacing_mm)] * 2
    if kind.projection and kind.image_laterality:
        attributes["ImageLaterality"] = side or "U"
    elif side:
        attributes["Laterality"] = side
    if recipe.dose and kind.modality == "CT" and not kind.enhanced:
        attributes["CTDIvol"] = recipe.dose.ctdivol
        attributes["CTDIPhantomTypeCodeSequence"] = [code(*recipe.dosimetry)]
    if series.view:
        view = code(*series.view)
        if kind.modality == "MG":
            view.ViewModifierCodeSequence = []
        attributes["ViewCodeSequence"] = [view]
    if series.burned_in:
        attributes["BurnedInAnnotation"] = "YES"
    if recipe.region and not kind.enhanced:
        attributes["AnatomicRegionSequence"] = [code(*recipe.region)]
    if kind.calibrated:
        attributes["SequenceOfUltrasoundRegions"] = [_region(series)]
    if recipe.outside:
        for block in recipe.outside.private:
            attributes |= block.attributes()
    return {key: list(value) if isinstance(value, tuple) else value for key, value in attributes.items()}


def _region(series: Series) -> Dataset:
    """The picture as one region of tissue, in cm a pixel (PS3.3 C.8.5.5)."""
    columns, rows = series.size
    centimetres = series.spacing_mm / 10
    return item(
        RegionSpatialFormat=1, RegionDataType=1, RegionFlags=0, RegionLocationMinX0=0, RegionLocationMinY0=0,
        RegionLocationMaxX1=columns - 1, RegionLocationMaxY1=rows - 1, PhysicalUnitsXDirection=3,
        PhysicalUnitsYDirection=3, PhysicalDeltaX=centimetres, PhysicalDeltaY=centimetres,
    )  # fmt: skip


def _orientation(series: Series) -> dict[str, Any]:
    turned, _normal = ORIENTATIONS[series.orientation]
    return {
        "ImageOrientationPatient": [str(part) for part in turned],
        "PixelSpacing": [decimal(series.spacing_mm)] * 2,
        "PositionReferenceIndicator": "",
    }


def corner(series: Series, place: float) -> list[str]:
    """Image Position (Patient) of the slice at `place` mm along the normal (PS3.3 C.7.6.2)."""
    turned, normal = ORIENTATIONS[series.orientation]
    half = [-(size - 1) / 2 * series.spacing_mm for size in series.size]
    return [
        decimal(series.center_mm[axis] + half[0] * turned[axis] + half[1] * turned[axis + 3] + place * normal[axis])
        for axis in range(3)
    ]


def _place(series: Series, number: int) -> Encoded:
    place = series.start_mm + (number - 1) * series.gap_mm
    return {
        0x00200032: element(0x00200032, "DS", "\\".join(corner(series, place))),
        0x00201041: element(0x00201041, "DS", decimal(place)),
    }
