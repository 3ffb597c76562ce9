"""One frame of an instance as numbers: stored values, or red, green and blue (PS3.3 C.7.6.3, PS3.5 8)."""

from __future__ import annotations

from dataclasses import dataclass
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

_MAX_PIXELS = 1 << 28

Array = Any
"""A numpy array."""


class NoPreview(BadInput):
    """An instance that has no picture, or one that cannot be drawn."""


@dataclass(frozen=True)
class Frame:
    """`stored` has rows × columns of stored values, or rows × columns × 3 of 8-bit colour; `number` counts from 1."""

    facts: Dataset
    stored: Array
    number: int
    frames: int

    @property
    def coloured(self) -> bool:
        """Whether it is in colour."""
        return bool(self.stored.ndim == 3)


def number(ds: Dataset, keyword: str, default: float) -> float:
    """The first value of an attribute as a number; `default` where it is missing, empty or none."""
    value = ds.get(keyword)
    if isinstance(value, (MultiValue, list)):
        value = value[0] if len(value) else None
    try:
        return default if value in (None, "") else float(value)
    except (TypeError, ValueError):
        return default


def frames(ds: Dataset) -> int:
    """How many frames there are; an image has at least one."""
    return max(int(number(ds, "NumberOfFrames", 1)), 1)


def frame(instance: Instance, wanted: int = 1) -> Frame:
    """Frame `wanted` of an instance, colour as RGB; raises NoPreview, Malformed."""
    instance = instance.inflated
    if instance.pixels is None:
        raise NoPreview("the instance has no pixel data", remedy="Choose an image; this is another kind of object.")
    ds = instance.dataset()
    count = frames(ds)
    if not 1 <= wanted <= count:
        raise NoPreview(f"there is no frame {wanted}", remedy=f"The instance has {count}.")
    stored = _native(ds, instance, wanted - 1)
    if stored is None:
        stored = _decoded(instance, wanted - 1)
    if str(ds.get("PhotometricInterpretation", "")) == "PALETTE COLOR":
        stored = _coloured(ds, stored)
    return Frame(ds, stored, wanted, count)


def _native(ds: Dataset, instance: Instance, index: int) -> Array | None:
    """The frame out of plain pixels of the usual kinds, without a codec; None for other kinds."""
    if instance.transfer_syntax not in (IMPLICIT_LITTLE, EXPLICIT_LITTLE):
        return None
    rows, columns = int(number(ds, "Rows", 0)), int(number(ds, "Columns", 0))
    samples, bits = int(number(ds, "SamplesPerPixel", 1)), int(number(ds, "BitsAllocated", 16))
    colours = str(ds.get("PhotometricInterpretation", "RGB"))
    if samples not in (1, 3) or bits not in (8, 16) or (samples == 3 and (colours != "RGB" or bits != 8)):
        return None
    if not 0 < rows * columns * samples <= _MAX_PIXELS:
        raise NoPreview(
            f"{rows} × {columns} pixels of {samples} samples are not drawn here", remedy="Look at it with a viewer."
        )
    kind = np.dtype(f"<u{bits // 8}")
    needed = rows * columns * samples
    start = index * needed * kind.itemsize
    if len(instance.pixels or b"") < start + needed * kind.itemsize:
        raise NoPreview("the pixel data is shorter than rows and columns say", remedy="The object is damaged.")
    flat = np.frombuffer(instance.pixels or b"", dtype=kind, count=needed, offset=start)
    if samples == 1:
        return _within_bits(ds, flat, bits).reshape(rows, columns)
    if int(number(ds, "PlanarConfiguration", 0)) == 1:
        return np.moveaxis(flat.reshape(3, rows, columns), 0, -1)
    return flat.reshape(rows, columns, 3)


def _within_bits(ds: Dataset, cells: Array, allocated: int) -> Array:
    """The values in their cells: of fewer bits than the cell has, the others may hold anything (PS3.5 8.1.1)."""
    signed = int(number(ds, "PixelRepresentation", 0)) == 1
    stored = int(number(ds, "BitsStored", allocated))
    high = int(number(ds, "HighBit", stored - 1))
    if not 0 < stored < allocated or not stored - 1 <= high < allocated:
        return cells.view(f"<i{allocated // 8}") if signed else cells
    raised = cells << (allocated - 1 - high)
    # Shifted down again as a signed number the sign fills what is above it.
    return (raised.view(f"<i{allocated // 8}") if signed else raised) >> (allocated - stored)


def _decoded(instance: Instance, index: int) -> Array:
    """The frame by pydicom's decoders, colour as RGB."""
    syntax = instance.transfer_syntax
    try:
        decoder = get_decoder(UID(syntax))
        if not decoder.is_available:
            raise NotImplementedError
        picture, _properties = decoder.as_array(transcode.dataset_with_pixels(instance), index=index)
    except NotImplementedError as error:
        raise NoPreview(
            f"no decoder for {transcode.name(syntax)}", remedy="Look at it with a viewer; the tags show all the same."
        ) from error
    except (Malformed, transcode.NoConversion) as error:
        raise NoPreview(error.what, remedy=error.remedy) from error
    except Exception as error:  # codecs raise whatever the damaged stream provokes
        raise NoPreview(f"the pixel data cannot be decoded ({error})", remedy="The object is damaged.") from error
    return picture if picture.ndim == 2 else _eight_bits(picture)


def _coloured(ds: Dataset, picture: Array) -> Array:
    try:
        return _eight_bits(apply_color_lut(picture, ds)[..., :3])
    except Exception as error:  # a palette may be missing or of any length
        raise NoPreview(f"its palette cannot be read ({error})", remedy="The object is damaged.") from error


def _eight_bits(colours: Array) -> Array:
    return (colours >> 8).astype(np.uint8) if colours.dtype == np.uint16 else colours.astype(np.uint8)
