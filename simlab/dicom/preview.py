"""A picture of an instance as 8-bit grey, small enough for a terminal (PS3.3 C.7.6.3, C.11.2)."""

from __future__ import annotations

from typing import Any

import numpy as np
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from simlab.dicom.instance import Instance
from simlab.dicom.scan import EXPLICIT_LITTLE, IMPLICIT_LITTLE
from simlab.errors import BadInput

_WEIGHTS = np.array([0.299, 0.587, 0.114], dtype=np.float32)  # PS3.3 C.7.6.3.1.2, luminance of RGB
_MAX_PIXELS = 1 << 28


class NoPreview(BadInput):
    """An instance that has no picture, or one that this preview cannot draw."""


def grey(instance: Instance, width: int) -> tuple[int, int, bytes]:
    """The first frame as (width, height, rows of 8-bit grey), at most `width` pixels wide, by its window or full range.

    Raises NoPreview.
    """
    ds = instance.dataset()
    if instance.pixels is None:
        raise NoPreview("the instance has no pixel data", remedy="Choose an image; this is another kind of object.")
    if instance.transfer_syntax not in (IMPLICIT_LITTLE, EXPLICIT_LITTLE):
        raise NoPreview("the pixel data is compressed", remedy="Look at it with a viewer; the tags show all the same.")
    picture = _frame(ds, instance.pixels)
    step = max(1, -(-picture.shape[1] // max(1, width)))
    picture = picture[::step, ::step]
    if picture.ndim == 3:
        picture = picture.astype(np.float32) @ _WEIGHTS
        shown = np.clip(picture, 0, 255)
    else:
        shown = _windowed(ds, picture.astype(np.float32))
    if str(ds.get("PhotometricInterpretation", "")) == "MONOCHROME1":
        shown = 255 - shown
    drawn = np.ascontiguousarray(shown.astype(np.uint8))
    return int(drawn.shape[1]), int(drawn.shape[0]), drawn.tobytes()


def _number(ds: Dataset, keyword: str, default: float) -> float:
    value = ds.get(keyword)
    if isinstance(value, (MultiValue, list)):
        value = value[0] if len(value) else None
    try:
        return default if value in (None, "") else float(value)
    except (TypeError, ValueError):
        return default


def _frame(ds: Dataset, pixels: bytes) -> Any:
    rows, columns = int(_number(ds, "Rows", 0)), int(_number(ds, "Columns", 0))
    samples, bits = int(_number(ds, "SamplesPerPixel", 1)), int(_number(ds, "BitsAllocated", 16))
    if not 0 < rows * columns * samples <= _MAX_PIXELS or samples not in (1, 3) or bits not in (8, 16):
        raise NoPreview(
            f"{rows} × {columns} pixels of {samples} samples and {bits} bits are not drawn here",
            remedy="Look at it with a viewer.",
        )
    signed = int(_number(ds, "PixelRepresentation", 0)) == 1
    kind = np.dtype(f"<{'i' if signed else 'u'}{bits // 8}")
    needed = rows * columns * samples
    if len(pixels) < needed * kind.itemsize:
        raise NoPreview("the pixel data is shorter than rows and columns say", remedy="The object is damaged.")
    flat = np.frombuffer(pixels, dtype=kind, count=needed)
    if samples == 1:
        return flat.reshape(rows, columns)
    if int(_number(ds, "PlanarConfiguration", 0)) == 1:
        return np.moveaxis(flat.reshape(3, rows, columns), 0, -1)
    return flat.reshape(rows, columns, 3)


def _windowed(ds: Dataset, picture: Any) -> Any:
    values = picture * _number(ds, "RescaleSlope", 1.0) + _number(ds, "RescaleIntercept", 0.0)
    width = _number(ds, "WindowWidth", 0.0)
    if width >= 1:
        low = _number(ds, "WindowCenter", 0.0) - 0.5 - (width - 1) / 2
        width = max(width - 1, 1.0)
    else:
        low = float(values.min())
        width = max(float(values.max()) - low, 1.0)
    return np.clip((values - low) / width * 255.0, 0, 255)
