"""A kind of SOP instance that modalities make: its class, its pixels, the attributes every one of it has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydicom.dataset import Dataset


@dataclass(frozen=True)
class Kind:
    """SOP Class UID, Modality, pixels (`bits` stored of 8 or 16, `signed`, `samples` a pixel), constant attributes."""

    sop_class: str
    modality: str
    bits: int
    signed: bool = False
    constant: dict[str, Any] = field(default_factory=dict)
    in_space: bool = True
    """Whether images have a place in the patient (Image Plane and Frame of Reference modules)."""
    projection: bool = False
    """Whether it is a radiograph: sides are Image Laterality and a letter in the picture."""
    image_laterality: bool = True
    """Whether a radiograph's side is said of the image (DX Anatomy Imaged module), else of the series."""
    samples: int = 1
    enhanced: bool = False
    """Whether frames say what they are in functional groups (PS3.3 C.7.6.16)."""
    calibrated: bool = False
    """Whether distances follow from regions with units (US Region Calibration module) and not from Pixel Spacing."""
    windowed: bool = True
    """Whether the image itself has a window (a class with colour or its own display pipeline has none)."""


ORIENTATIONS: dict[str, tuple[tuple[int, ...], tuple[int, int, int]]] = {
    # Image Orientation (Patient) (0020,0037), and the normal of that plane, row by column (PS3.3 C.7.6.2.1.1).
    "axial": ((1, 0, 0, 0, 1, 0), (0, 0, 1)),
    "coronal": ((1, 0, 0, 0, 0, -1), (0, 1, 0)),
    "sagittal": ((0, 1, 0, 0, 0, -1), (-1, 0, 0)),
}


def code(value: str, scheme: str, meaning: str) -> Dataset:
    """An item of a code sequence (PS3.3 8.8)."""
    return item(CodeValue=value, CodingSchemeDesignator=scheme, CodeMeaning=meaning)


def item(**attributes: Any) -> Dataset:
    """An item of a sequence."""
    return filled(attributes)


def filled(attributes: Mapping[str, Any]) -> Dataset:
    """A data set of keywords and values."""
    made = Dataset()
    for keyword, value in attributes.items():
        setattr(made, keyword, value)
    return made
