"""What an HL7 door takes: for whom, in which versions and modes; kept by door, changed while it runs."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from simlab import credentials
from simlab import journal as kinds
from simlab.errors import BadInput
from simlab.hl7 import limits, sequence
from simlab.hl7.errors import Hl7Error
from simlab.hl7.message import Message
from simlab.hl7.order_reply import Form
from simlab.hl7.schema import SCHEMA
from simlab.hl7.volley import address
from simlab.journal import Journal
from simlab.remembered import remembered
from simlab.store import Store

DOORS = ("ADT", "RIS_HL7", "PACS_HL7", "EPR_HL7")


class DoorPolicy(BaseModel):
    """What one door takes, and how it answers; an empty list takes anything."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    applications: tuple[str, ...] = Field((), description="MSH-5 that it answers to; empty: any")
    facilities: tuple[str, ...] = Field((), description="MSH-6 that it answers to; empty: any")
    processing_ids: tuple[str, ...] = Field(("P", "T", "D"), description="MSH-11 that it takes: P, T, D")
    versions: tuple[str, ...] = Field((), description="MSH-12 that it takes; empty: any 2.x")
    types: tuple[str, ...] = Field((), description="MSH-9 that it takes (ADT or ADT^A08); empty: what the system knows")
    enhanced: bool = Field(True, description="answer MSH-15 and MSH-16 as they ask; else always in original mode")
    sequence: bool = Field(False, description="sequence numbers (MSH-13) of who sends them must follow one another")
    lenient: bool = Field(False, description="forgive a missing VT or CR of the frame, and LF at the end of segments")
    remember_days: int = Field(7, ge=0, le=3660, description="days that a control ID is remembered; 0: never")
    certificate: str = Field(credentials.USUAL, description="what its TLS door shows, by the name of the file")
    tls_mutual: bool = Field(False, description="who comes over TLS must show a certificate too")

    reply_to: str = Field(
        "", description="mllp:// or mllps://HOST:PORT for the replies of enhanced mode; empty: the same connection"
    )

    order_replies: dict[str, Form] = Field(
        {}, description="by MSH-3, how orders are answered: order (ORR^O02, ORI^O24), ack, or asked (as ORC-6 says)"
    )
    limits: dict[str, int] = Field(
        limits.USUAL, description="how many of a segment or repetitions of a field it takes: {IPC: 200, PID-3: 50}"
    )

    @field_validator("limits")
    @classmethod
    def _places(cls, most: dict[str, int]) -> dict[str, int]:
        for place in most:
            if not re.fullmatch(r"[A-Z][A-Z0-9]{2}(-[1-9][0-9]?)?", place) or place.startswith("MSH"):
                raise BadInput(f"{place!r} is no segment or field", remedy="Write IPC, or PID-3.")
        return {place: number for place, number in most.items() if number > 0}

    @field_validator("order_replies")
    @classmethod
    def _senders(cls, forms: dict[str, Form]) -> dict[str, Form]:
        return {sender: form for sender, form in forms.items() if form != "asked"}

    @field_validator("certificate")
    @classmethod
    def _shown(cls, name: str) -> str:
        return credentials.check(name)

    @field_validator("reply_to")
    @classmethod
    def _an_address(cls, value: str) -> str:
        if value:
            address(value)
        return value

    def order_reply(self, message: Message) -> Form:
        """How the sender of an order wants it answered."""
        return self.order_replies.get(message.get("MSH-3.1"), "asked")

    def admit(self, message: Message) -> None:
        """Raise Hl7Error unless the MSH says what this door takes (HL7 v2.5.1 ch. 2.9.2.1: AR for 9, 11 and 12)."""
        family = message.get("MSH-9.1")
        if not family:
            raise Hl7Error("the message has no type", place="MSH-9", code="101", ack="AR", remedy="Fill MSH-9.")
        if not message.get("MSH-10"):
            raise Hl7Error("the message has no control ID", place="MSH-10", code="101", remedy="Number every message.")
        if self.types:
            self._admit_type(family, message.get("MSH-9.2"))
        for place, allowed, code in (
            ("MSH-11.1", self.processing_ids, "202"),
            ("MSH-5.1", self.applications, "103"),
            ("MSH-6.1", self.facilities, "103"),
        ):
            if allowed and message.get(place) not in allowed:
                raise Hl7Error(
                    f"{message.get(place)!r} is not taken here",
                    place=place.removesuffix(".1"),
                    code=code,
                    ack="AR",
                    remedy=f"This door takes {', '.join(allowed)}.",
                )
        version = message.get("MSH-12.1")
        if version not in self.versions if self.versions else not version.startswith("2."):
            raise Hl7Error(
                f"version {version!r} is not read here",
                place="MSH-12",
                code="203",
                ack="AR",
                remedy=f"This door reads {', '.join(self.versions) or '2.x'}.",
            )

    def _admit_type(self, family: str, event: str) -> None:
        if {family, f"{family}^{event}"} & set(self.types):
            return
        known = any(one.split("^")[0] == family for one in self.types)
        raise Hl7Error(
            f"{f'{family}^{event}' if known else family} is not taken here",
            place="MSH-9.2" if known else "MSH-9.1",
            code="201" if known else "200",
            ack="AR",
            remedy=f"This door takes {', '.join(self.types)}.",
        )


USUAL = DoorPolicy()
_USUALLY = {"ADT": DoorPolicy(limits={})}
"""An engine carries what others make, however much it is."""


def usual(door: str) -> DoorPolicy:
    """The policy of a door that nobody has set."""
    return _USUALLY.get(door, USUAL)


def policy_of(tx: sqlite3.Connection, door: str) -> DoorPolicy:
    """The policy of `door`; the usual one where none was set."""
    return remembered(tx, _set).get(door) or usual(door)


def _set(tx: sqlite3.Connection) -> dict[str, DoorPolicy]:
    rows = tx.execute("SELECT door, policy FROM hl7_door")
    return {row["door"]: DoorPolicy.model_validate_json(row["policy"]) for row in rows}


class Doors:
    """The console over the policies of all HL7 doors."""

    SCHEMA = SCHEMA

    def __init__(self, store: Store, journal: Journal) -> None:
        self._store = store
        self._journal = journal
        self.on_change: Callable[[], None] = lambda: None
        store.install(SCHEMA)

    def set(self, door: str, **changes: Any) -> dict[str, Any]:
        """Change what a door takes; what is not named stays, nor does a limit of 0. BadInput for what cannot be."""
        if door not in DOORS:
            raise BadInput(f"{door} is no HL7 door", remedy=f"There are: {', '.join(DOORS)}.")
        with self._store.write() as tx:
            before = policy_of(tx, door)
            for table in {"limits", "order_replies"} & changes.keys():
                changes[table] = {**getattr(before, table), **changes[table]}
            try:
                after = DoorPolicy.model_validate(before.model_dump() | changes)
            except ValidationError as error:
                first = error.errors()[0]
                raise BadInput(first["msg"], place=f"{door}: {'.'.join(map(str, first['loc']))}") from error
            self._store.after_commit(self.on_change)
            tx.execute("INSERT OR REPLACE INTO hl7_door VALUES (?, ?)", (door, after.model_dump_json()))
            told = {name: value for name, value in after.model_dump(mode="json").items() if name in changes}
            words = ", ".join(f"{name.replace('_', ' ')} {_words(value)}" for name, value in told.items())
            self._journal.record(
                kinds.CONSOLE, door, f"door {door}: {words or 'unchanged'}", {"do": "set_door", "door": door, **told}
            )
            return {"door": door, **after.model_dump(mode="json")}


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {most}" for name, most in value.items()) or "none"
    return ", ".join(value) or "any" if isinstance(value, list) else str(value)


def doors(tx: sqlite3.Connection, door: str = "") -> list[dict[str, Any]]:
    """The doors with what each takes."""
    return [{"door": name, **policy_of(tx, name).model_dump(mode="json")} for name in DOORS if door in ("", name)]


def taken(tx: sqlite3.Connection, door: str = "", control_id: str = "", limit: int = 200) -> list[dict[str, Any]]:
    """The control IDs that doors remember, the newest first."""
    rows = tx.execute(
        "SELECT id, door, application, facility, control_id, at FROM hl7_taken "
        "WHERE (?1 = '' OR door = ?1) AND (?2 = '' OR control_id = ?2) ORDER BY id DESC LIMIT ?3",
        (door, control_id, limit),
    )
    return [dict(row) for row in rows]


def replies(tx: sqlite3.Connection, door: str = "") -> list[dict[str, Any]]:
    """Application replies that wait for their return connection, or were refused on it."""
    rows = tx.execute(
        "SELECT id, door, host, port, tls, state, attempts, error FROM hl7_reply "
        "WHERE ?1 = '' OR door = ?1 ORDER BY id",
        (door,),
    )
    return [{**dict(row), "tls": bool(row["tls"])} for row in rows]


VIEWS = {"doors": doors, "taken": taken, "replies": replies, "sequences": sequence.rows}
