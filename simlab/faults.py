"""The fault table: what a scene has arranged to go wrong, asked once at each point where it can."""

from __future__ import annotations

import codecs
import hashlib
import json
import re
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from simlab import journal as kinds
from simlab.clock import Clock, ClockState
from simlab.errors import NotFound
from simlab.journal import Journal
from simlab.store import Schema, Store

DOOR = "door"
ASSOCIATION = "association"
OPERATION = "operation"
CONNECTION = "connection"
INSTANCE = "instance"
STATE = "state"
MESSAGE = "message"
ROUTE = "route"
ACK = "ack"

POINTS: dict[str, tuple[str, ...]] = {
    DOOR: ("host",),
    ASSOCIATION: ("calling", "called"),
    CONNECTION: ("service", "calling"),
    OPERATION: ("service", "calling", "sop_instance"),
    INSTANCE: ("way", "peer", "sop_instance"),
    STATE: (),
    MESSAGE: ("type",),
    ROUTE: ("route",),
    ACK: ("type",),
}
"""Where something can be made to go wrong, and the facts that a fault may match there. `way` is ``stored`` or ``sent``.

A fault at `state` lasts from its declaration until it is cleared; it neither counts nor draws.
"""


@dataclass(frozen=True)
class Effect:
    """One word of a fault's `effect`: the points it is for, what value it takes, what then happens."""

    points: tuple[str, ...]
    value: str
    does: str


EFFECTS: dict[str, Effect] = {
    # Transport
    "refuse": Effect((STATE,), "true", "nobody listens: TCP connections are refused"),
    "reset": Effect((DOOR,), "true", "the connection is reset as soon as it stands"),
    "stall": Effect((DOOR,), "seconds", "the connection is taken, and nothing ever answered on it"),
    "slow": Effect((DOOR,), "bytes a second", "answers trickle, and what is sent is read no faster"),
    "half_open": Effect(
        (CONNECTION,), "how many operations first", "the system falls silent without closing the connection"
    ),
    "drop_after": Effect((CONNECTION,), "how many operations first", "the connection breaks without a word of DICOM"),
    # Association
    "reject": Effect((ASSOCIATION,), "[result, source, reason]", "A-ASSOCIATE-RJ (PS3.8 9.3.4)"),
    "abort": Effect((ASSOCIATION,), "true", "A-ABORT instead of an answer"),
    "drop_contexts": Effect(
        (ASSOCIATION,), "{UID or *: result}", "presentation contexts of these SOP classes get that result (3, 4…)"
    ),
    "max_pdu": Effect((ASSOCIATION,), "bytes", "that largest PDU is announced, and held to"),
    # DIMSE
    "status": Effect((OPERATION,), "four hexadecimal digits", "not done, and answered with this status"),
    "warning": Effect((OPERATION,), "four hexadecimal digits", "done, and answered with this status where it succeeds"),
    "comment": Effect((OPERATION,), "text", "goes with `status` or `warning` as (0000,0902)"),
    "late": Effect((OPERATION,), "seconds", "done, and answered so much later"),
    "lost": Effect((OPERATION,), "true", "done, and not answered"),
    "duplicate": Effect((OPERATION,), "true", "done, and the last response sent twice"),
    "wrong_id": Effect((OPERATION,), "true", "done, and answered under another message ID"),
    # Data set
    "charset": Effect((INSTANCE,), "a defined term, or empty", "(0008,0005) says this, the text stays as it was"),
    "bad_vr": Effect((INSTANCE,), "keyword", "the element gets a VR that is none of the standard's"),
    "padding": Effect((INSTANCE,), "keyword", "the value is padded with NUL where the standard asks for a space"),
    "missing": Effect((INSTANCE,), "keyword, or a list", "the element is left out"),
    "over_long": Effect((INSTANCE,), "keyword", "the value is far longer than its VR allows"),
    "other_pixels": Effect((INSTANCE,), "true", "the same SOP Instance UID with other pixels"),
    # State
    "full": Effect((STATE,), "true", "the archive has no room left (A700)"),
    "clock_off": Effect((STATE,), "seconds", "the system's clock is ahead by so much, or behind when negative"),
    "certificate": Effect((STATE,), "the name of a certificate", "the TLS door shows this one in place of `server`"),
    # HL7
    "values": Effect((MESSAGE,), "{path: text}", "these places hold this text, delimiters and all"),
    "swapped": Effect((MESSAGE,), "[path, path]", "two places change values; of a field, the first repetition"),
    "without": Effect((MESSAGE,), "segment, or a list", "segments of that name are left out"),
    "unescaped": Effect((MESSAGE,), "a field's path", "the delimiters in the field go without their escapes"),
    "written_in": Effect((MESSAGE,), "a character set of Python's", "the bytes are in this one; MSH-18 stays"),
    "line_ends": Effect((MESSAGE,), "LF or CRLF", "segments end with this in place of CR"),
    "hold": Effect((ROUTE,), "true", "the route holds from this message on"),
    "code": Effect((ACK,), "AE, AR…", "acknowledged with this code"),
    "text": Effect((ACK,), "text", "goes with `code`"),
    "control_id": Effect((ACK,), "text", "acknowledged under another control ID"),
    "delay": Effect((ACK,), "seconds", "acknowledged so much later"),
    "none": Effect((ACK,), "true", "not acknowledged"),
}
"""Every word that an `effect` may hold; docs/faults.md explains each."""

_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_PLACE = re.compile(r"[A-Z][A-Z0-9]{2}(\[\d+\])?-\d+(\[\d+\])?(\.\d+){0,2}")


def _encodes(name: str) -> bool:
    try:
        codecs.lookup(name)
    except LookupError:
        return False
    return True


_VALUES: dict[str, Callable[[Any], bool]] = {
    "true": lambda value: isinstance(value, bool),
    "seconds": lambda value: bool(_NUMBER.fullmatch(str(value))),
    "bytes": lambda value: isinstance(value, int) and value > 0,
    "bytes a second": lambda value: isinstance(value, int) and value > 0,
    "how many operations first": lambda value: isinstance(value, int) and value >= 0,
    "[result, source, reason]": lambda value: (
        isinstance(value, list) and len(value) == 3 and all(isinstance(n, int) and 0 <= n < 256 for n in value)
    ),
    "{UID or *: result}": lambda value: (
        isinstance(value, dict) and all(isinstance(n, int) and 0 < n < 256 for n in value.values())
    ),
    "{path: text}": lambda value: isinstance(value, dict) and all(map(_PLACE.fullmatch, map(str, value))),
    "[path, path]": lambda value: (
        isinstance(value, list) and len(value) == 2 and all(_PLACE.fullmatch(str(place)) for place in value)
    ),
    "a field's path": lambda value: bool(re.fullmatch(r"[A-Z][A-Z0-9]{2}-\d+", str(value))),
    "a character set of Python's": lambda value: isinstance(value, str) and _encodes(value),
    "LF or CRLF": lambda value: value in ("LF", "CRLF"),
    "four hexadecimal digits": lambda value: bool(re.fullmatch("[0-9A-Fa-f]{4}", str(value))),
}
"""Which values of an effect can be meant, by what the table says of them; any for the others."""

SCHEMA = Schema(
    system="fault",
    version=1,
    ddl="""
    CREATE TABLE IF NOT EXISTS fault_declared (
        id TEXT PRIMARY KEY, point TEXT NOT NULL, system TEXT NOT NULL, fault TEXT NOT NULL, fired INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS fault_struck (
        id TEXT NOT NULL, subject TEXT NOT NULL, times INTEGER NOT NULL, PRIMARY KEY (id, subject))
    """,
    domain=(),
    other=("fault_declared", "fault_struck"),
)


class Fault(BaseModel):
    """One arranged fault.

    It fires at `point` of `system` when every fact in `match` equals the facts there, at most `count` times, for the
    `share` (0-1) of subjects drawn by a hash of `seed` and the subject (a UID or control ID), never by arrival order,
    and at most `each` times for one subject: with 1 the second attempt goes well.
    `effect` is read by the system: ``{"reject": [1, 1, 3]}``, ``{"status": "A700"}``; its words are in `EFFECTS`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    point: str = Field(pattern=f"^({'|'.join(POINTS)})$")
    system: str
    match: dict[str, str] = {}
    effect: dict[str, Any] = {}
    count: int | None = None
    each: int | None = Field(None, ge=1)
    share: float | None = None
    seed: int = 0

    @model_validator(mode="after")
    def _known(self) -> Fault:
        for word in self.effect:
            if word not in EFFECTS or self.point not in EFFECTS[word].points:
                fitting = [name for name, effect in EFFECTS.items() if self.point in effect.points]
                raise ValueError(f"{word!r} is no effect at the point {self.point}; it has {', '.join(fitting)}")
            wanted = EFFECTS[word].value
            if not _VALUES.get(wanted, lambda _value: True)(self.effect[word]):
                raise ValueError(f"{self.effect[word]!r} is no value of {word}; it takes: {wanted}")
        for fact in self.match:
            if fact not in POINTS[self.point]:
                has = ", ".join(POINTS[self.point]) or "none"
                raise ValueError(f"{fact!r} is no fact at the point {self.point}; it has {has}")
        return self

    def hits(self, subject: str, facts: dict[str, Any]) -> bool:
        """Whether the fault applies to `subject` with these facts (its count left aside)."""
        if any(str(facts.get(name, "")) != wanted for name, wanted in self.match.items()):
            return False
        if self.share is None:
            return True
        drawn = hashlib.sha256(f"{self.seed}:{self.id}:{subject}".encode()).digest()
        return int.from_bytes(drawn[:8], "big") / 2**64 < self.share


class FaultTable:
    """The faults in force. Declared by a scene, kept in the store, mended by `clear`."""

    def __init__(self, store: Store, journal: Journal) -> None:
        self._store = store
        self._journal = journal
        store.install(SCHEMA)
        self._faults: dict[tuple[str, str], list[Fault]] = {}
        self._watching: list[Callable[[], None]] = []
        self.reload()

    def declare(self, faults: Iterable[Fault]) -> None:
        """Put faults in force, replacing those of the same id."""
        with self._store.write() as tx:
            for fault in faults:
                tx.execute(
                    "INSERT OR REPLACE INTO fault_declared VALUES (?, ?, ?, ?, 0)",
                    (fault.id, fault.point, fault.system, fault.model_dump_json()),
                )
            self._store.after_commit(self.reload)

    def clear(self, fault_id: str) -> None:
        """Take one fault out of force; NotFound when none of that name is."""
        with self._store.write() as tx:
            if not tx.execute("DELETE FROM fault_declared WHERE id=?", (fault_id,)).rowcount:
                raise NotFound(f"no fault {fault_id} is in force", remedy="A scene declares them under `faults`.")
            self._store.after_commit(self.reload)

    def reload(self) -> None:
        """Read the table again, after a reset or a start."""
        with self._store.read() as tx:
            rows = tx.execute("SELECT point, system, fault FROM fault_declared ORDER BY id").fetchall()
        faults: dict[tuple[str, str], list[Fault]] = {}
        for row in rows:
            faults.setdefault((row["point"], row["system"]), []).append(Fault(**json.loads(row["fault"])))
        self._faults = faults
        for call in list(self._watching):
            call()

    def watch(self, call: Callable[[], None]) -> None:
        """Have `call` run whenever faults came into force or went out of it."""
        self._watching.append(call)

    def unwatch(self, call: Callable[[], None]) -> None:
        """Run `call` no more."""
        if call in self._watching:
            self._watching.remove(call)

    def arranged(self, point: str, system: str) -> bool:
        """Whether anything at all is arranged at a point, so that nothing need be got ready for asking."""
        return (point, system) in self._faults

    def standing(self, system: str, word: str) -> Any:
        """The value of an effect at the point `state`, None when no such fault is in force."""
        for fault in self._faults.get((STATE, system), ()):
            if word in fault.effect:
                return fault.effect[word]
        return None

    def ask(self, point: str, system: str, subject: str = "", **facts: Any) -> Fault | None:
        """The first fault that fires here, or None. A fault that fires is counted and journalled."""
        for fault in self._faults.get((point, system), ()):
            if not fault.hits(subject, facts):
                continue
            with self._store.write() as tx:
                if fault.count is not None:
                    fired = tx.execute("SELECT fired FROM fault_declared WHERE id=?", (fault.id,)).fetchone()
                    if fired is None or fired["fired"] >= fault.count:
                        continue
                if fault.each is not None and _struck(tx, fault, subject) > fault.each:
                    continue
                tx.execute("UPDATE fault_declared SET fired = fired + 1 WHERE id=?", (fault.id,))
                self._journal.record(
                    kinds.FAULT, system, f"fault {fault.id} fired", {"fault": fault.id, "subject": subject, **facts}
                )
            return fault
        return None


def _struck(tx: sqlite3.Connection, fault: Fault, subject: str) -> int:
    """How often a fault has been asked for a subject, this time included."""
    row = tx.execute(
        "INSERT INTO fault_struck VALUES (?, ?, 1) ON CONFLICT (id, subject) DO UPDATE SET times = times + 1 "
        "RETURNING times",
        (fault.id, subject),
    ).fetchone()
    return int(row["times"])


class SystemClock(Clock):
    """The lab's clock as one system has it: as far off as a fault at `state` says."""

    def __init__(self, clock: Clock, faults: FaultTable, system: str) -> None:
        super().__init__()
        self._clock = clock
        self._of = faults, system

    def now(self) -> datetime:
        """The hospital's date and time as this system believes it."""
        return self._clock.now() + self._off()

    def state(self) -> ClockState:
        """That of the lab's clock; it is the one that is kept."""
        return self._clock.state()

    def _off(self) -> timedelta:
        faults, system = self._of
        return timedelta(seconds=float(faults.standing(system, "clock_off") or 0))
