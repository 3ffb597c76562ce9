"""The fault table: what a scene has arranged to go wrong, asked once at each point where it can."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from simlab import journal as kinds
from simlab.journal import Journal
from simlab.store import Schema, Store

ASSOCIATION = "association"
OPERATION = "operation"
CONNECTION = "connection"
ROUTE = "route"
ACK = "ack"

SCHEMA = Schema(
    system="fault",
    version=1,
    ddl="""
    CREATE TABLE IF NOT EXISTS fault_declared (
        id TEXT PRIMARY KEY, point TEXT NOT NULL, system TEXT NOT NULL, fault TEXT NOT NULL, fired INTEGER NOT NULL)
    """,
    domain=(),
    other=("fault_declared",),
)


class Fault(BaseModel):
    """One arranged fault.

    It fires at `point` of `system` when every fact in `match` equals the facts there, at most `count` times, for the
    `share` (0-1) of subjects drawn by a hash of `seed` and the subject (a UID or control ID), never by arrival order.
    `effect` is read by the system: ``{"reject": [1, 1, 3]}``, ``{"status": "A700"}``, ``{"drop_after": 2}``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    point: str = Field(pattern="^(association|operation|connection|route|ack)$")
    system: str
    match: dict[str, str] = {}
    effect: dict[str, Any] = {}
    count: int | None = None
    share: float | None = None
    seed: int = 0

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
        """Take one fault out of force."""
        with self._store.write() as tx:
            tx.execute("DELETE FROM fault_declared WHERE id=?", (fault_id,))
            self._store.after_commit(self.reload)

    def reload(self) -> None:
        """Read the table again, after a reset or a start."""
        with self._store.read() as tx:
            rows = tx.execute("SELECT point, system, fault FROM fault_declared ORDER BY id").fetchall()
        faults: dict[tuple[str, str], list[Fault]] = {}
        for row in rows:
            faults.setdefault((row["point"], row["system"]), []).append(Fault(**json.loads(row["fault"])))
        self._faults = faults

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
                tx.execute("UPDATE fault_declared SET fired = fired + 1 WHERE id=?", (fault.id,))
                self._journal.record(
                    kinds.FAULT, system, f"fault {fault.id} fired", {"fault": fault.id, "subject": subject, **facts}
                )
            return fault
        return None
