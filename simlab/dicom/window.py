"""From stored values to greys: modality LUT, value of interest, presentation (PS3.3 C.11.1, C.11.2, PS3.4 N.2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.pixels.processing import apply_modality_lut

from simlab.dicom.pixels import Array, Frame, number

LINEAR, EXACT, SIGMOID = "LINEAR", "LINEAR_EXACT", "SIGMOID"
FULL_RANGE = "full range"


@dataclass(frozen=True)
class Window:
    """Which values become grey, by centre and width (PS3.3 C.11.2.1.2), or through the `table` of a VOI LUT."""

    centre: float
    width: float
    name: str = ""
    function: str = LINEAR
    table: tuple[int, Array] | None = None
    """First value mapped, and the table's entries from 0 to 1."""

    def applied(self, values: Array) -> Array:
        """`values` as 0 to 1."""
        if self.table is not None:
            first, entries = self.table
            return entries[np.clip(values - first, 0, len(entries) - 1).astype(np.int64)]
        centre, width = self.centre, self.width
        if self.function == SIGMOID:
            return 1 / (1 + np.exp(np.clip(-4 * (values - centre) / max(width, 1e-6), -60, 60)))
        if self.function == EXACT:
            low, span = centre - width / 2, max(width, 1e-6)
        else:
            # A width of 1 is a threshold (C.11.2.1.2.1).
            low, span = centre - 0.5 - (width - 1) / 2, max(width - 1, 1e-6)
        return np.clip((values - low) / span, 0, 1)

    def as_json(self) -> dict[str, Any]:
        """Centre, width, name."""
        return {"centre": round(self.centre, 3), "width": round(self.width, 3), "name": self.name}


PRESETS: dict[str, tuple[Window, ...]] = {
    "CT": (
        Window(40, 400, "soft tissue"),
        Window(-600, 1500, "lung"),
        Window(480, 2500, "bone"),
        Window(40, 80, "brain"),
        Window(60, 160, "liver"),
        Window(300, 600, "angiography"),
    ),
}
"""Windows that a workstation offers beside those of the file, by modality; in Hounsfield units."""


def groups(ds: Dataset, frame: int) -> Iterator[Dataset]:
    """The items of the functional groups that hold for a frame, its own first (PS3.3 C.7.6.16)."""
    own = ds.get("PerFrameFunctionalGroupsSequence") or []
    for group in (
        *([own[frame - 1]] if 0 < frame <= len(own) else []),
        *(ds.get("SharedFunctionalGroupsSequence") or []),
    ):
        for element in group:
            if element.VR == "SQ" and element.value:
                yield element.value[0]


def holds(ds: Dataset, frame: int, keyword: str) -> Dataset:
    """Where `keyword` stands for a frame: the data set itself, or an item of its functional groups."""
    if keyword in ds:
        return ds
    return next((item for item in groups(ds, frame) if keyword in item), ds)


def modality_values(frame: Frame) -> Array:
    """The values that windows speak of: Hounsfield units, optical density… as 32-bit floats; padding is made dark.

    Pixel padding (0028,0120), (0028,0121) has no value of its own: it takes the darkest one (PS3.3 C.7.5.1.1.2).
    """
    ds, stored = frame.facts, frame.stored
    if ds.get("ModalityLUTSequence"):
        try:
            values = np.asarray(apply_modality_lut(stored, ds), dtype=np.float32)
        except Exception:  # a table may be missing or of any length; the picture without it is better than none
            values = stored.astype(np.float32)
    else:
        where = holds(ds, frame.number, "RescaleSlope")
        values = stored.astype(np.float32)
        slope, intercept = number(where, "RescaleSlope", 1.0), number(where, "RescaleIntercept", 0.0)
        if (slope, intercept) != (1.0, 0.0):
            values = values * np.float32(slope) + np.float32(intercept)
    padding = _padding(ds, stored)
    if padding is not None and padding.any() and not padding.all():
        seen = values[~padding]
        values[padding] = seen.max() if is_inverse(ds) else seen.min()
    return values


def _padding(ds: Dataset, stored: Array) -> Array | None:
    if "PixelPaddingValue" not in ds:
        return None
    one = number(ds, "PixelPaddingValue", 0)
    other = number(ds, "PixelPaddingRangeLimit", one)
    if stored.dtype.kind == "i":
        # Both are often encoded as US in objects with signed pixels.
        one, other = (limit - 65536 if limit > 32767 else limit for limit in (one, other))
    return (stored >= min(one, other)) & (stored <= max(one, other))


def is_inverse(ds: Dataset) -> bool:
    """Whether low values are bright: MONOCHROME1 (C.7.6.3.1.2)."""
    return str(ds.get("PhotometricInterpretation", "")) == "MONOCHROME1"


def windows(frame: Frame, values: Array) -> list[Window]:
    """Every way to window a frame: the file's own, its VOI LUTs, where it has neither its full range; then presets."""
    ds = frame.facts
    where = holds(ds, frame.number, "WindowWidth")
    function = str(where.get("VOILUTFunction") or LINEAR)
    names = _several(where.get("WindowCenterWidthExplanation"))
    own = []
    pairs = zip(_numbers(where, "WindowCenter"), _numbers(where, "WindowWidth"), strict=False)
    for position, (centre, width) in enumerate(pairs):
        if width >= 1 or (width > 0 and function != LINEAR):
            name = str(names[position]) if position < len(names) else ""
            own.append(Window(centre, width, name or "as sent", function))
    tables = [table for item in ds.get("VOILUTSequence") or [] if (table := _table(item)) is not None]
    # Where both are there either may be used (C.11.2.1); the window can be changed by hand.
    presets = PRESETS.get(str(ds.get("Modality", "")), ())
    whole = full_range(values)
    return [*own, *tables, *presets, whole] if own or tables else [whole, *presets]


def full_range(values: Array) -> Window:
    """From the lowest value to the highest."""
    low, high = float(values.min()), float(values.max())
    return Window((low + high) / 2, max(high - low, 1.0), FULL_RANGE, EXACT)


def _table(item: Dataset) -> Window | None:
    try:
        count, first, _bits = (int(part) for part in item.LUTDescriptor)
        entries = item.LUTData
        if isinstance(entries, bytes):
            entries = np.frombuffer(entries, "<u2" if len(entries) >= 2 * (count or 65536) else "u1")
        greys = np.asarray(entries, dtype=np.float32)
        if not len(greys) or greys.max() <= 0:
            return None
        # The entries' own range is used: descriptors that claim 16 bits for tables of 12 are common.
        name = str(item.get("LUTExplanation") or "VOI LUT")
        middle, span = first + len(greys) / 2, float(len(greys))
        return Window(middle, span, name, table=(first, greys / greys.max()))
    except (AttributeError, TypeError, ValueError, OverflowError):
        return None


def _several(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, (MultiValue, list)) else [value]


def _numbers(ds: Dataset, keyword: str) -> list[float]:
    try:
        return [float(part) for part in _several(ds.get(keyword)) if part not in (None, "")]
    except (TypeError, ValueError):
        return []
