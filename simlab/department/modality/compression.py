"""Compresses drawn frames into encapsulated pixel data (PS3.5 A.4), as the modality that made them would."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom.encaps import encapsulate
from pydicom.pixels.encoders.base import (
    Encoder,
    JPEG2000LosslessEncoder,
    JPEGLSLosslessEncoder,
    RLELosslessEncoder,
)

NATIVE = "1.2.840.10008.1.2.1"
_JPEG, _JPEG_LS, _JPEG_2000, _RLE = (
    "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.5",
)  # fmt: skip
_QUALITY = 88


@dataclass(frozen=True)
class Packed:
    """Encapsulated pixel data, its transfer syntax, and the attributes that change with it."""

    transfer_syntax: str
    pixels: bytes
    changes: dict[str, Any]


def packed(syntax: str, frames: Sequence[NDArray[Any]], attributes: dict[str, Any]) -> Packed:
    """Frames in a recipe's `syntax`: rle, jpeg (baseline, lossy), jpeg-ls or jpeg2000 (both lossless)."""
    if syntax == "jpeg":
        return _baseline(frames)
    if syntax == "jpeg-ls":
        return Packed(_JPEG_LS, _by_pydicom(JPEGLSLosslessEncoder, frames, attributes), {})
    if syntax == "jpeg2000":
        changes = {"PhotometricInterpretation": "YBR_RCT"} if frames[0].ndim == 3 else {}
        return Packed(_JPEG_2000, _by_pydicom(JPEG2000LosslessEncoder, frames, attributes | changes), changes)
    return Packed(_RLE, _by_pydicom(RLELosslessEncoder, frames, attributes), {})


def _by_pydicom(encoder: Encoder, frames: Sequence[NDArray[Any]], attributes: dict[str, Any]) -> bytes:
    samples = attributes["SamplesPerPixel"]
    given = {
        "rows": attributes["Rows"], "columns": attributes["Columns"], "number_of_frames": 1,
        "samples_per_pixel": samples, "bits_allocated": attributes["BitsAllocated"],
        "bits_stored": attributes["BitsStored"], "pixel_representation": attributes["PixelRepresentation"],
        "photometric_interpretation": attributes["PhotometricInterpretation"],
    } | ({"planar_configuration": 0} if samples > 1 else {})  # fmt: skip
    return encapsulate([encoder.encode(np.ascontiguousarray(frame), **given) for frame in frames])


def _baseline(frames: Sequence[NDArray[Any]]) -> Packed:
    coded = []
    for frame in frames:
        file = io.BytesIO()
        Image.fromarray(frame).save(file, "JPEG", quality=_QUALITY, subsampling="4:2:2")
        coded.append(file.getvalue())
    ratio = sum(frame.nbytes for frame in frames) / sum(map(len, coded))
    changes: dict[str, Any] = {
        "LossyImageCompression": "01",
        "LossyImageCompressionRatio": f"{ratio:.2f}",
        "LossyImageCompressionMethod": "ISO_10918_1",
    }
    if frames[0].ndim == 3:
        changes["PhotometricInterpretation"] = "YBR_FULL_422"
    return Packed(_JPEG, encapsulate(coded), changes)
