"""The journal: everything that happened, in order, with its evidence.

One event a DIMSE operation, association, HL7 message or console action; never one a C-FIND response.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from simlab import provenance
from simlab.store import Store

ASSOCIATION = "dicom.association"
OPERATION = "dicom.operation"
MESSAGE = "hl7.message"
ACTION = "action"
OUTCOME = "outcome"
CONSOLE = "console"
FAULT = "fault"
DESK = "desk"
LAB = "lab"
TRAINING = "training"
NOISE = "noise"
KINDS = (ASSOCIATION, OPERATION, MESSAGE, ACTION, OUTCOME, CONSOLE, FAULT, DESK, LAB, TRAINING, NOISE)

_written = json.JSONEncoder(ensure_ascii=False, default=str).encode

_DDL = """
CREATE TABLE IF NOT EXISTS journal_event (
    id INTEGER PRIMARY KEY, at TEXT NOT NULL, attempt TEXT, system TEXT NOT NULL, kind TEXT NOT NULL,
    actor TEXT NOT NULL, cause INTEGER, summary TEXT NOT NULL, data TEXT NOT NULL, evidence BLOB);
CREATE INDEX IF NOT EXISTS journal_by_attempt ON journal_event (attempt, id);
"""


@dataclass(frozen=True)
class Event:
    """One thing that happened. `system` is whose log it stands in; `cause` the id of the event it follows from."""

    id: int
    at: str
    attempt: str | None
    system: str
    kind: str
    actor: str
    cause: int | None
    summary: str
    data: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Journal:
    """Appends events, tells listeners, and reads them back. Events are never changed or removed."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.attempt: str | None = None
        self._told = threading.Condition()
        with store.write() as tx:
            for statement in filter(str.strip, _DDL.split(";")):
                tx.execute(statement)
            self._last = int(tx.execute("SELECT coalesce(max(id), 0) FROM journal_event").fetchone()[0])

    def record(
        self,
        kind: str,
        system: str,
        summary: str,
        data: Mapping[str, Any] | None = None,
        *,
        evidence: bytes | None = None,
    ) -> int:
        """Write one event and give its id; inside an open transaction it commits with that."""
        who = provenance.current()
        with self.store.write() as tx:
            cursor = tx.execute(
                "INSERT INTO journal_event (at, attempt, system, kind, actor, cause, summary, data, evidence) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    self.store.clock.now().isoformat(timespec="milliseconds"),
                    self.attempt,
                    system,
                    kind,
                    who.actor,
                    who.cause,
                    summary,
                    _written(data or {}),
                    evidence,
                ),
            )
            event_id = int(cursor.lastrowid or 0)
            self.store.after_commit(lambda: self._tell(event_id))
        return event_id

    def _tell(self, event_id: int) -> None:
        with self._told:
            self._last = max(self._last, event_id)
            self._told.notify_all()

    @property
    def last(self) -> int:
        """The id of the newest committed event."""
        return self._last

    def wait(self, after: int, seconds: float) -> bool:
        """Wait until there is an event newer than `after`; False when `seconds` (monotonic) passed first."""
        until = time.monotonic() + seconds
        with self._told:
            while self._last <= after:
                left = until - time.monotonic()
                if left <= 0 or not self._told.wait(left):
                    return self._last > after
        return True

    def events(
        self,
        *,
        after: int = 0,
        attempt: str | None = None,
        kinds: tuple[str, ...] = (),
        system: str | None = None,
        without: str | None = None,
        limit: int = 1000,
        tx: sqlite3.Connection | None = None,
    ) -> list[Event]:
        """Events newer than `after`, oldest first, from snapshot `tx` when given; `without` leaves out an actor's."""
        where, values = ["id > ?"], [after]  # type: tuple[list[str], list[Any]]
        if attempt is not None:
            where.append("attempt = ?")
            values.append(attempt)
        if kinds:
            where.append(f"kind IN ({','.join('?' * len(kinds))})")
            values.extend(kinds)
        if system is not None:
            where.append("system = ?")
            values.append(system)
        if without is not None:
            where.append("actor <> ?")
            values.append(without)
        sql = (
            "SELECT id, at, attempt, system, kind, actor, cause, summary, data FROM journal_event "
            f"WHERE {' AND '.join(where)} ORDER BY id LIMIT ?"
        )
        if tx is not None:
            return [_event(row) for row in tx.execute(sql, (*values, limit))]
        with self.store.read() as own:
            return [_event(row) for row in own.execute(sql, (*values, limit))]

    def evidence(self, event_id: int) -> bytes | None:
        """The raw evidence of one event: the HL7 message, the DICOM identifier; None when it has none."""
        with self.store.read() as tx:
            row = tx.execute("SELECT evidence FROM journal_event WHERE id=?", (event_id,)).fetchone()
        return row["evidence"] if row else None


def _event(row: sqlite3.Row) -> Event:
    return Event(
        id=row["id"],
        at=row["at"],
        attempt=row["attempt"],
        system=row["system"],
        kind=row["kind"],
        actor=row["actor"],
        cause=row["cause"],
        summary=row["summary"],
        data=json.loads(row["data"]),
    )
