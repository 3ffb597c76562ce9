"""The parts of a recipe: the exam's code, what is found, another hospital, dose."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydicom.datadict import tag_for_keyword

Attributes = dict[str, str | int | float | tuple[str | int | float, ...]]
Text = Annotated[str, Field(max_length=64)]
Short = Annotated[str, Field(max_length=16)]
ExamCode = Annotated[str, Field(pattern=r"^[A-Z0-9]{1,16}$")]
Coded = tuple[str, str, str]
"""Code value, coding scheme designator, meaning."""
Side = Literal["R", "L"]
Syntax = Literal["native", "rle", "jpeg", "jpeg-ls", "jpeg2000"]


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def known_keywords(attributes: Attributes) -> Attributes:
    for keyword in attributes:
        if tag_for_keyword(keyword) is None:
            raise ValueError(f"{keyword} is not the keyword of a DICOM attribute")
    return attributes


class Exam(Part):
    """The examination's code in the hospital's list, its name, other codes that mean the same.

    `left` is the code and name of the same examination of the left side.
    """

    code: ExamCode
    meaning: Text
    codes: tuple[str, ...] = ()
    left: tuple[ExamCode, Text] | None = None


class Window(Part):
    """The grey window that shows the image best, in stored units after rescaling."""

    center: float
    width: Annotated[float, Field(gt=1)]


class Finding(Part):
    """What is wrong with the phantom, and where; `size_mm` is a nodule's diameter, an aneurysm's inner to inner.

    What is narrowed says by how much in `percent` instead.
    """

    kind: str
    size_mm: Annotated[float, Field(gt=0, le=150)] | None = None
    percent: Annotated[float, Field(gt=0, le=95)] | None = None
    side: Side | None = None
    note: Text = ""

    @model_validator(mode="after")
    def _one_size(self) -> Finding:
        if (self.size_mm is None) == (self.percent is None):
            raise ValueError("a finding has either size_mm or percent")
        return self


class Private(Part):
    """A block of private elements: its group, its creator, and (element, VR, value) each."""

    group: Annotated[int, Field(ge=9, le=0x7FDF)]
    creator: Text
    elements: tuple[tuple[Annotated[int, Field(ge=0, le=255)], Literal["LO", "SH", "DS", "IS", "LT", "CS"], str], ...]

    @field_validator("group")
    @classmethod
    def _odd(cls, group: int) -> int:
        if group % 2 == 0:
            raise ValueError(f"group {group:04x} is not private: it is even")
        return group

    def attributes(self) -> dict[str, str]:
        """The elements as `encoding.encode` takes them (PS3.5 7.8.1)."""
        made = {f"{self.group:04x}0010LO": self.creator}
        return made | {f"{self.group:04x}10{number:02x}{vr}": value for number, vr, value in self.elements}


class Outside(Part):
    """The hospital that made the study when it is not ours, and what it calls the patient and the request."""

    institution: Text
    issuer: Text
    patient_id: Text
    accession: Short = ""
    private: tuple[Private, ...] = ()


class Dose(Part):
    """What a CT scan cost: mean CTDIvol in mGy over so many mm."""

    ctdivol: Annotated[float, Field(gt=0, le=500)]
    length_mm: Annotated[float, Field(gt=0, le=2500)]

    @property
    def dlp(self) -> float:
        """The dose length product in mGy cm."""
        return round(self.ctdivol * self.length_mm / 10, 1)
