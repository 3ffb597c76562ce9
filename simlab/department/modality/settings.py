"""A scanner's settings, kept as text, one row a setting."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydicom.charset import python_encoding

from simlab import credentials
from simlab.config import LOOPBACK, SEATS
from simlab.errors import BadInput

SCANNERS = {"CT1": "CT", "CT2": "CT", "US1": "US"}
"""The scanners a lab has, with what they are."""

_AE_TITLE = re.compile(r"(?! )[ -\[\]-~]{1,16}(?<! )")  # PS3.5 6.2 AE: 16 characters, no backslash
Port = Annotated[int, Field(ge=1, le=65535)]
Name = Annotated[str, Field(min_length=1, max_length=255)]
Short = Annotated[str, Field(max_length=16)]


class ModalitySettings(BaseModel):
    """What the service engineer configures at a scanner.

    `filter_station`, `filter_modality` (empty: not asked for) and `filter_date` are what its worklist query asks the
    RIS for. `accept` are the calling AE titles that may call the scanner. `title_padding` is what fills the AE titles
    up to their sixteen characters: anything but spaces breaks PS3.8 9.3.2.

    `mpps` has every examination told to the RIS, `commit` has the PACS asked to commit to its images;
    `free_needs_commitment` lets go no image that it has not committed to. `disk_images` is how many images the scanner
    can hold, 0 as many as come.

    With `pacs_tls` the PACS is called over TLS. `certificate` is what the scanner's own TLS door shows, by the name of
    its file; with `tls_mutual` who calls there must show one too.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    ae_title: str
    station_name: Short
    modality: Annotated[str, Field(pattern=r"^[A-Z]{2,4}$")]
    institution: Annotated[str, Field(max_length=64)] = "Fernhill General Hospital"
    pacs_title: str = SEATS["PACS"].title
    pacs_host: Name = LOOPBACK
    pacs_port: Port = SEATS["PACS"].port
    ris_title: str = SEATS["RIS"].title
    ris_host: Name = LOOPBACK
    ris_port: Port = SEATS["RIS"].port
    filter_station: str
    filter_modality: Short
    filter_date: Literal["today", "all"] = "today"
    character_set: str = "ISO_IR 192"
    accept: tuple[str, ...] = ("PACS", "RIS", "ADMIN")
    mpps: bool = False
    commit: bool = False
    free_needs_commitment: bool = True
    disk_images: Annotated[int, Field(ge=0)] = 0
    title_padding: Literal["space", "nul"] = "space"
    pacs_tls: bool = False
    certificate: str = credentials.USUAL
    tls_mutual: bool = False

    @field_validator("ae_title", "pacs_title", "ris_title")
    @classmethod
    def _title(cls, title: str) -> str:
        if not _AE_TITLE.fullmatch(title):
            raise ValueError(f"{title!r} is no AE title: 1 to 16 ASCII characters, no backslash, no blank at the ends")
        return title

    @field_validator("filter_station")
    @classmethod
    def _title_or_nothing(cls, title: str) -> str:
        return cls._title(title) if title else title

    @field_validator("certificate")
    @classmethod
    def _known_certificate(cls, name: str) -> str:
        if name not in credentials.CHOICES:
            raise ValueError(f"{name!r} is none of {', '.join(credentials.CHOICES)}")
        return name

    @field_validator("character_set")
    @classmethod
    def _known_character_set(cls, term: str) -> str:
        if term not in python_encoding:
            raise ValueError(f"{term!r} is no defined term of (0008,0005), such as ISO_IR 100 or ISO_IR 192")
        return term

    @field_validator("accept", mode="before")
    @classmethod
    def _listed(cls, titles: Any) -> Any:
        return tuple(filter(None, (part.strip() for part in titles.split(",")))) if isinstance(titles, str) else titles

    @field_validator("accept")
    @classmethod
    def _titles(cls, titles: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(cls._title(title) for title in titles)


def defaults(system: str) -> dict[str, Any]:
    """What a scanner fresh from the works has where the model has no default."""
    modality = SCANNERS.get(system) or re.sub(r"[^A-Z].*", "", system)[:4] or "OT"
    return {
        "ae_title": SEATS[system].title if system in SEATS else system[:16],
        "station_name": system[:16],
        "modality": modality,
        "filter_station": SEATS[system].title if system in SEATS else system[:16],
        "filter_modality": modality,
    }


def checked(system: str, values: Mapping[str, Any]) -> ModalitySettings:
    """Settings over the defaults; BadInput names the bad one, and the known ones when it is none of them."""
    try:
        return ModalitySettings(**{**defaults(system), **values})
    except ValidationError as errors:
        first = errors.errors()[0]
        key = str(first["loc"][0])
        if first["type"] == "extra_forbidden":
            known = ", ".join(ModalitySettings.model_fields)
            raise BadInput(f"{key} is no setting of a modality", place=system, remedy=f"There are {known}.") from None
        what = first["msg"].removeprefix("Value error, ")
        raise BadInput(f"{key}: {what}", place=system, remedy="Nothing was changed.") from None


def load(tx: sqlite3.Connection, system: str) -> ModalitySettings:
    """The settings in force."""
    rows = tx.execute("SELECT key, value FROM modality_config WHERE system=?", (system,)).fetchall()
    return checked(system, {row["key"]: row["value"] for row in rows})


def save(tx: sqlite3.Connection, system: str, settings: ModalitySettings, keys: set[str] | None = None) -> None:
    """Write the settings (only `keys` when given)."""
    for key, value in settings.model_dump().items():
        if keys is None or key in keys:
            text = ",".join(value) if isinstance(value, tuple) else str(value)
            tx.execute("INSERT OR REPLACE INTO modality_config VALUES (?, ?, ?)", (system, key, text))
