"""The hospital that the feed speaks for: its wards, clinics, specialties, exams and laboratory panels."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from simlab import config, yaml_source
from simlab.validation import Late, validated

PATHWAYS = "pathways"
"""The folder of the course's library that holds them."""
FILE = "_hospital.yaml"


class Doctor(Late):
    """A doctor: `id` is their number in the Trust."""

    id: str
    family: str
    given: str
    title: str = "Dr"


class Specialty(Late):
    """A specialty with its consultants; `code` is the hospital service (PV1-10, table 0069)."""

    code: str = ""
    ward: str
    clinic: str
    consultants: Annotated[list[Doctor], Field(min_length=1)]


class Exam(Late):
    """An imaging exam, its code in the style of the NHS's NICIP codes; `reports` are texts by finding."""

    description: str
    modality: Literal["CT", "MR", "DX", "US", "NM", "PT"]
    station: str = ""
    minutes: int = Field(15, ge=1, le=240)
    reports: dict[str, Annotated[list[str], Field(min_length=1)]]


class Assay(Late):
    """A laboratory test: its units, the range that is normal, and what it may be beyond that."""

    name: str
    units: str
    normal: tuple[float, float]
    abnormal: tuple[float, float]
    digits: int = Field(0, ge=0, le=3)


class Panel(Late):
    """Tests that are ordered together."""

    description: str
    tests: dict[str, Assay]


class Trust(Late):
    """Everything that pathways may name."""

    name: str
    wards: dict[str, int] = Field(description="beds by ward")
    clinics: dict[str, str] = Field(description="what each clinic is called")
    specialties: dict[str, Specialty]
    radiologists: Annotated[list[Doctor], Field(min_length=1)]
    exams: dict[str, Exam]
    panels: dict[str, Panel]

    @property
    def places(self) -> list[str]:
        """Wards and clinics."""
        return [*self.wards, *self.clinics]


def folder() -> Path:
    """Where the pathways lie that ship."""
    return config.course_folder("exercises") / "_lib" / PATHWAYS


@lru_cache(maxsize=1)
def trust() -> Trust:
    """The hospital of the course, read once."""
    return read(folder() / FILE)


def read(path: Path) -> Trust:
    """The hospital in a file; Invalid with everything that is wrong in it."""
    shown = f"{PATHWAYS}/{path.name}"
    return validated(Trust, yaml_source.read(path, shown), f"{shown}:1")
