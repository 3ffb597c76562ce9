"""The fault table: what a scene has arranged to go wrong, asked once at each point where it can."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from simlab import journal as kinds
from simlab.clock import Clock, ClockState
from simlab.errors import NotFound
from simlab.fault_effects import EFFECTS, POINTS, STATE, VALUES
from simlab.journal import Journal
from simlab.store import Schema, Store

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
            if not VALUES.get(wanted, lambda _value: True)(self.effect[word]):
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
