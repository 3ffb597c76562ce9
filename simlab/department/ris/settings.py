"""The RIS's settings and its table of peers."""

from __future__ import annotations

import json
import re
import sqlite3
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydicom.charset import python_encoding

from simlab import credentials
from simlab.config import LOOPBACK
from simlab.department.ris import states
from simlab.dicom import zone
from simlab.errors import BadInput, NotFound
from simlab.people import TRUST
from simlab.remembered import remembered

SERVICES = ("echo", "worklist", "mpps", "availability")
_AE_TITLE = re.compile(r"(?! )[ -\[\]-~]{1,16}(?<! )")  # PS3.5 6.2 AE: 16 characters, no backslash


class Destination(BaseModel):
    """Where messages are sent to: the engine's MLLP door."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = LOOPBACK
    port: int = Field(ge=1, le=65535)
    application: str = "PACS"
    """MSH-5 of what is sent there."""
    facility: str = TRUST
    """MSH-6 of what is sent there."""
    tls: bool = False
    """Whether it goes over TLS."""
    sequence: bool = False
    """Whether the messages are numbered (MSH-13)."""
    deferred: bool = False
    """Whether CA ends a delivery; AA, AE or AR then comes later, to RIS_HL7."""


class RisSettings(BaseModel):
    """What can be configured, with what a new RIS starts from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ae_title: str = "RIS"
    check_called: bool = True
    check_calling: bool = True
    case_insensitive_pn: bool = False
    max_associations: int = Field(default=20, ge=1, le=200)
    worklist_shows: tuple[str, ...] = (states.ARRIVED,)
    """States of an order that a modality's list shows."""
    worklist_lacks: tuple[Literal["AccessionNumber", "RequestedProcedureID", "StudyInstanceUID"], ...] = ()
    """What worklist answers leave empty, as a RIS does that nobody has told where to take it from."""
    institution: str = Field(default="Fernhill General Hospital", max_length=64)
    """Institution Name (0008,0080) of worklist answers."""
    mpps_strict: bool = False
    """Whether a performed step that lacks a type 1 attribute is refused (0120, 0121), not only noted in the log."""
    certificate: str = credentials.USUAL
    """What the DICOM door shows over TLS, by the name of its file."""
    tls_mutual: bool = False
    """Whether a caller over TLS must show a certificate too."""
    extended_negotiation: tuple[Literal["fuzzy", "timezone"], ...] = ("fuzzy", "timezone")
    """What a modality may negotiate for its worklist queries (PS3.4 K.5.1)."""
    timezone: str = "+0000"
    """The zone that the RIS's dates and times are in."""
    character_sets: dict[str, str] = {}
    """Specific Character Set of worklist answers by calling AE title; who is not named gets the narrowest that fits."""
    application: str = "RIS"
    """MSH-3 of what the RIS sends."""
    facility: str = TRUST
    """MSH-4 of what the RIS sends."""
    mrn_authority: str = TRUST
    """Assigning authority of the numbers that the RIS knows patients by (PID-3.4.1)."""
    forward_adt: Destination | None = None
    """Where applied ADT is sent on to; None: nowhere."""
    forward_orders: bool = False
    """Whether applied orders are sent on there too, with the accession number that the RIS gave (IHE RAD-4)."""
    send_status: bool = False
    """Whether the placer of an order is told how far it is: ORM^O01 SC, OC, and SN for the RIS's own (IHE RAD-3)."""
    send_appointments: bool = False
    """Whether the placer is told of bookings: SIU^S12 to S15."""
    send_results: bool = False
    """Whether reports are sent: ORU^R01 (IHE RAD-28)."""
    placer_application: str = "EPR"
    """MSH-5 of what is for the placer; it goes where `forward_adt` goes."""
    order_version: Literal["2.3", "2.3.1", "2.4", "2.5.1"] = "2.3.1"
    """HL7 version of the order messages that the RIS makes."""
    result_version: Literal["2.3.1", "2.4", "2.5.1"] = "2.5.1"
    """HL7 version of the reports and appointments that the RIS makes."""
    first_ipc_only: bool = False
    """A fault of products: of an OMI^O23 with several IPC only the first becomes a scheduled step."""
    keyed_on_study_uid: bool = False
    """A fault of products: a change (XO) with another Study Instance UID makes a second step; else it is refused."""
    station_from_orc18: bool = False
    """Whether ORC-18 names the station's AE title, as some products have it."""

    @field_validator("ae_title")
    @classmethod
    def _title(cls, title: str) -> str:
        return ae_title(title)

    @field_validator("certificate")
    @classmethod
    def _shown(cls, name: str) -> str:
        return credentials.check(name)

    @field_validator("character_sets")
    @classmethod
    def _terms(cls, sets: dict[str, str]) -> dict[str, str]:
        for title, term in sets.items():
            ae_title(title)
            if not all(part in python_encoding for part in term.split("\\")):
                raise ValueError(f"{term!r} is no defined term of (0008,0005), such as ISO_IR 100 or ISO_IR 192")
        return sets

    @field_validator("timezone")
    @classmethod
    def _zone(cls, offset: str) -> str:
        if not zone.is_offset(offset):
            raise ValueError(f"{offset!r} is no time zone, such as +0100")
        return offset

    @field_validator("worklist_shows")
    @classmethod
    def _known(cls, shown: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [state for state in shown if state not in states.STATES]
        if unknown:
            raise ValueError(f"no state {unknown[0]!r}; there are {', '.join(states.STATES)}")
        return shown


def ae_title(title: str) -> str:
    """`title` when it is an AE title (PS3.5 6.2); BadInput otherwise."""
    if not _AE_TITLE.fullmatch(title):
        raise BadInput(
            f"{title!r} is no AE title",
            place="title",
            remedy="One to sixteen ASCII characters, no backslash, no space at either end.",
        )
    return title


def load(tx: sqlite3.Connection) -> RisSettings:
    """The settings in force."""
    return remembered(tx, _load)


def _load(tx: sqlite3.Connection) -> RisSettings:
    rows = tx.execute("SELECT key, value FROM ris_setting").fetchall()
    return RisSettings.model_validate({row["key"]: json.loads(row["value"]) for row in rows})


def change(tx: sqlite3.Connection, values: dict[str, Any]) -> dict[str, Any]:
    """Change some settings and give those values; BadInput, changing nothing, for an unknown one or a bad value."""
    unknown = [name for name in values if name not in RisSettings.model_fields]
    if unknown:
        raise BadInput(
            f"the RIS has no setting {unknown[0]!r}",
            place="ris.configure",
            remedy=f"It has {', '.join(RisSettings.model_fields)}.",
        )
    try:
        changed = RisSettings.model_validate({**load(tx).model_dump(), **values}).model_dump(mode="json")
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise BadInput(f"{name}: {first['msg']}", place="ris.configure", remedy="Nothing was changed.") from None
    for name in values:
        tx.execute("INSERT OR REPLACE INTO ris_setting VALUES (?, ?)", (name, json.dumps(changed[name])))
    return {name: changed[name] for name in values}


def set_peer(
    tx: sqlite3.Connection, title: str, host: str, port: int, services: list[str] | None = None
) -> dict[str, Any]:
    """Add or change a peer: who may call, for which of `SERVICES` (all by default)."""
    ae_title(title)
    allowed = list(SERVICES) if services is None else services
    unknown = [service for service in allowed if service not in SERVICES]
    if unknown:
        raise BadInput(f"the RIS has no service {unknown[0]!r}", place=title, remedy=f"It has {', '.join(SERVICES)}.")
    if not host or not 0 < port < 65536:
        raise BadInput(f"{host}:{port} is no address", place=title, remedy="Give a host and a port from 1 to 65535.")
    tx.execute("INSERT OR REPLACE INTO ris_peer VALUES (?, ?, ?, ?)", (title, host, port, json.dumps(allowed)))
    return {"title": title, "host": host, "port": port, "services": allowed}


def remove_peer(tx: sqlite3.Connection, title: str) -> None:
    """Remove a peer; NotFound, with those there are, when there is none of that title."""
    if not tx.execute("DELETE FROM ris_peer WHERE title = ?", (title,)).rowcount:
        known = [row["title"] for row in tx.execute("SELECT title FROM ris_peer ORDER BY title")]
        raise NotFound(f"the RIS has no peer {title!r}", place="RIS", remedy=f"It has {', '.join(known) or 'none'}.")


def services_of(tx: sqlite3.Connection, title: str) -> list[str] | None:
    """The services that a calling AE title may use; None when it is not a peer."""
    row = tx.execute("SELECT services FROM ris_peer WHERE title = ?", (title,)).fetchone()
    return None if row is None else list(json.loads(row["services"]))
