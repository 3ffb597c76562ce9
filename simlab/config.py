"""Where things are: the systems' default titles and ports, the lab's home, and the course data that ships."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Seat:
    """A system's default place: its DICOM AE title and port, or an MLLP port (title empty)."""

    title: str
    port: int


_SEATS: dict[str, Seat] = {
    "PACS": Seat("PACS", 11112),
    "PACS_TLS": Seat("PACS", 2762),
    "RIS": Seat("RIS", 11113),
    "ADMIN": Seat("ADMIN", 11119),
    "THEATRE": Seat("THEATRE", 11121),
    "CLINIC": Seat("CLINIC", 11122),
    "MDTROOM": Seat("MDTROOM", 11123),
    "TERTIARY": Seat("TERTIARY", 11130),
    "CT1": Seat("CT1", 11131),
    "CT2": Seat("CT2", 11132),
    "US1": Seat("US1", 11133),
    "MR1": Seat("MR1", 11134),
    "DX1": Seat("DX1", 11135),
    "MG1": Seat("MG1", 11136),
    "ADT": Seat("", 2575),
    "RIS_HL7": Seat("", 2576),
    "PACS_HL7": Seat("", 2577),
    "EPR_HL7": Seat("", 2578),
    "CONTROL": Seat("", 11180),
}
_AS_THEY_ARE = ("PACS", "PACS_TLS", "CONTROL")

SEATS: dict[str, Seat] = {
    **_SEATS,
    **{f"{name}_TLS": Seat(seat.title, seat.port + 1000) for name, seat in _SEATS.items() if name not in _AS_THEY_ARE},
}
"""Every door by its name; that of TLS, where a system has one, has its name and ``_TLS``."""


def default_home() -> Path:
    """The lab's home when none is named: `SIMLAB_HOME`, else the user's data folder."""
    named = os.environ.get("SIMLAB_HOME")
    return Path(named) if named else Path(platformdirs.user_data_path("simlab", appauthor=False)) / "lab"


def course_folder(name: str) -> Path:
    """The folder of course data `name` (``exercises``, ``sample_studies``): the checkout's, else the wheel's."""
    package = Path(__file__).resolve().parent
    checkout = package.parent / name
    if (package.parent / "pyproject.toml").is_file() and checkout.is_dir():
        return checkout
    return package / "course" / name


@dataclass(frozen=True)
class Endpoint:
    """Where a system listens: DICOM when it has an AE title, MLLP otherwise."""

    host: str
    port: int
    ae_title: str = ""
