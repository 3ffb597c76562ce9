"""A picture of an instance as 8-bit grey, small enough for a terminal (PS3.3 C.7.6.3, C.11.2)."""

from __future__ import annotations

from typing import Any

import numpy as np
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.processing import apply_color_lut
from pydicom.uid import UID

from simlab.dicom import transcode
from simlab.dicom.instance import Instance
from simlab.dicom.scan import EXPLICIT_LITTLE, IMPLICIT_LITTLE, Malformed
from simlab.errors import BadInput

_WEIGHTS = np.array([0.299, 0.587, 0.114], dtype=np.float32)  # PS3.3 C.7.6.3.1.2, luminance of RGB
_MAX_PIXELS = 1 << 28


class NoPreview(BadInput):
    """An instance that has no picture, or one that this preview cannot draw."""


def grey(instance: Instance, width: int, frame: int = 1) -> tuple[int, int, bytes]:
    """One frame as (width, height, rows of 8-bit grey), at most `width` pixels wide, by its window or full range.

    Raises NoPreview.
    """
    instance = instance.inflated
    if instance.pixels is None:
        raise NoPreview("the instance has no pixel data", remedy="Choose an image; this is another kind of object.")
    ds = instance.dataset()
    frames = max(int(_number(ds, "NumberOfFrames", 1)), 1)
    if not 1 <= frame <= frames:
        raise NoPreview(f"there is no frame {frame}", remedy=f"The instance has {frames}.")
    picture = _native(ds, instance, frame - 1)
    if picture is None:
        picture = _decoded(instance, frame - 1)
    step = max(1, -(-picture.shape[1] // max(1, width)))
    picture = picture[::step, ::step]
    if str(ds.get("PhotometricInterpretation", "")) == "PALETTE COLOR":
        picture = _coloured(ds, picture)
    if picture.ndim == 3:
        shown = np.clip(picture.astype(np.float32) @ _WEIGHTS, 0, 255)
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


def _native(ds: Dataset, instance: Instance, index: int) -> Any | None:
    """The frame out of plain pixels of the usual kinds, without a codec; None for other kinds."""
    if instance.transfer_syntax not in (IMPLICIT_LITTLE, EXPLICIT_LITTLE):
        return None
    rows, columns = int(_number(ds, "Rows", 0)), int(_number(ds, "Columns", 0))
    samples, bits = int(_number(ds, "SamplesPerPixel", 1)), int(_number(ds, "BitsAllocated", 16))
    colours = str(ds.get("PhotometricInterpretation", "RGB"))
    if samples not in (1, 3) or bits not in (8, 16) or (samples == 3 and colours != "RGB"):
        return None
    if not 0 < rows * columns * samples <= _MAX_PIXELS:
        raise NoPreview(
            f"{rows} × {columns} pixels of {samples} samples are not drawn here", remedy="Look at it with a viewer."
        )
    signed = int(_number(ds, "PixelRepresentation", 0)) == 1
    kind = np.dtype(f"<{'i' if signed else 'u'}{bits // 8}")
    needed = rows * columns * samples
    start = index * needed * kind.itemsize
    if len(instance.pixels or b"") < start + needed * kind.itemsize:
        raise NoPreview("the pixel data is shorter than rows and columns say", remedy="The object is damaged.")
    flat = np.frombuffer(instance.pixels or b"", dtype=kind, count=needed, offset=start)
    if samples == 1:
        return flat.reshape(rows, columns)
    if int(_number(ds, "PlanarConfiguration", 0)) == 1:
        return np.moveaxis(flat.reshape(3, rows, columns), 0, -1)
    return flat.reshape(rows, columns, 3)


def _decoded(instance: Instance, index: int) -> Any:
    """The frame by pydicom's decoders, colour as RGB."""
    syntax = instance.transfer_syntax
    try:
        decoder = get_decoder(UID(syntax))
        if not decoder.is_available:
            raise NotImplementedError
        picture, _properties = decoder.as_array(transcode.dataset_with_pixels(instance), index=index)
        return picture
    except NotImplementedError as error:
        raise NoPreview(
            f"no decoder for {transcode.name(syntax)}", remedy="Look at it with a viewer; the tags show all the same."
        ) from error
    except (Malformed, transcode.NoConversion) as error:
        raise NoPreview(error.what, remedy=error.remedy) from error
    except Exception as error:  # codecs raise whatever the damaged stream provokes
        raise NoPreview(f"the pixel data cannot be decoded ({error})", remedy="The object is damaged.") from error


def _coloured(ds: Dataset, picture: Any) -> Any:
    try:
        colours = apply_color_lut(picture, ds)
    except Exception as error:  # a palette may be missing or of any length
        raise NoPreview(f"its palette cannot be read ({error})", remedy="The object is damaged.") from error
    return colours / 257.0 if colours.dtype == np.uint16 else colours


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
