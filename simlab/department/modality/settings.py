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
from simlab.department.modality.works import WORKS
from simlab.dicom.uids import is_uid
from simlab.errors import BadInput

QUIRKS = {
    "own_study_uid": "it takes patient and accession from the worklist, and makes a Study Instance UID of its own",
    "ignores_matches": "it asks the RIS for everything and shows everything, whatever its filter is set to",
    "cached_list": "a mobile: it shows the worklist it fetched last, until it is docked",
    "no_role_selection": "its door grants nobody the other role: a commitment report cannot be delivered there",
    "retry_storm": "what is not taken is tried again at once, and again",
    "one_association_per_image": "every image is sent over an association of its own",
    "implicit_only": "it offers nothing but implicit VR little endian",
    "late_n_set": "it tells the RIS that a step is done `late_minutes` after it was begun",
    "wrong_laterality": "the side in its images is the other one",
    "uid_reuse": "its SOP Instance UIDs begin again with each patient",
}
"""What a scanner does that it should not, by name. Three more are settings of their own: `title_padding` nul, an old
`character_set`, and a `filter_station` that is another's."""

_OFFSET = re.compile(r"[+-](0\d|1[0-4])[0-5]\d")
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

    `sop_classes` are the classes that it sends (none: whatever it makes), `transfer_syntax` how it writes them.
    `clock_drift` is how many seconds its clock is ahead; with `utc_offset` its images say what zone their times are
    in. `quirks` are of `QUIRKS`.

    A scripted `radiographer` works ``on time`` (patients that have arrived and are due) or ``at once`` (whoever is
    listed), looking every `poll_seconds` of machine time; with `slips` every so many patients the wrong row is picked.
    `store_as_it_goes` sends each series when it is made; `free_after_commit` deletes what the PACS has committed to.

    With `pacs_tls` the PACS is called over TLS, with `ris_tls` the RIS. `certificate` is what the scanner's own TLS
    door shows, by the name of its file; with `tls_mutual` who calls there must show one too.
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
    ris_tls: bool = False
    certificate: str = credentials.USUAL
    tls_mutual: bool = False
    sop_classes: tuple[str, ...] = ()
    transfer_syntax: Literal["as made", "implicit", "explicit", "rle"] = "as made"
    utc_offset: str = ""
    clock_drift: Annotated[int, Field(ge=-86400, le=86400)] = 0
    quirks: tuple[str, ...] = ()
    late_minutes: Annotated[int, Field(ge=0, le=1440)] = 30
    radiographer: Literal["absent", "on time", "at once"] = "absent"
    poll_seconds: Annotated[float, Field(ge=0.05, le=3600)] = 10.0
    slips: Annotated[int, Field(ge=0)] = 0
    store_as_it_goes: bool = False
    free_after_commit: bool = False

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

    @field_validator("utc_offset")
    @classmethod
    def _known_offset(cls, offset: str) -> str:
        if offset and not _OFFSET.fullmatch(offset):
            raise ValueError(f"{offset!r} is no offset from UTC, such as +0100")
        return offset

    @field_validator("quirks")
    @classmethod
    def _known_quirks(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if name not in QUIRKS:
                raise ValueError(f"{name!r} is no quirk; there are {', '.join(QUIRKS)}")
        return names

    @field_validator("sop_classes")
    @classmethod
    def _known_classes(cls, classes: tuple[str, ...]) -> tuple[str, ...]:
        for one in classes:
            if not is_uid(one):
                raise ValueError(f"{one!r} is no UID of a SOP class")
        return classes

    @field_validator("accept", "quirks", "sop_classes", mode="before")
    @classmethod
    def _listed(cls, titles: Any) -> Any:
        return tuple(filter(None, (part.strip() for part in titles.split(",")))) if isinstance(titles, str) else titles

    @field_validator("accept")
    @classmethod
    def _titles(cls, titles: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(cls._title(title) for title in titles)


def defaults(system: str) -> dict[str, Any]:
    """What a scanner fresh from the works has where the model has no default."""
    works = WORKS.get(system, {})
    modality = works.get("modality") or re.sub(r"[^A-Z].*", "", system)[:4] or "OT"
    return {
        **works,
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
