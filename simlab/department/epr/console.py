"""What every console of the electronic patient record works with: numbers, headers, the outbox, the journal."""

from __future__ import annotations

import sqlite3
from typing import Any

from simlab import journal as kinds
from simlab.clock import Clock
from simlab.department.epr import settings
from simlab.department.epr.outbox import NAME, Outbox
from simlab.hl7 import build
from simlab.journal import Journal
from simlab.store import Store

Row = dict[str, Any]
_COUNTERS = {"control": 100000, "visit": 500000, "order": 700000, "patient": 7000000, "accession": 40000000}


class Console:
    """The ground of a console: each change and its message are one transaction and leave one `console` event."""

    def __init__(self, store: Store, journal: Journal, clock: Clock, outbox: Outbox) -> None:
        self._store = store
        self._journal = journal
        self._clock = clock
        self._outbox = outbox

    def _now(self) -> str:
        return self._clock.now().isoformat(timespec="seconds")

    @staticmethod
    def _issuer(tx: sqlite3.Connection, issuer: str) -> str:
        return issuer or settings.read(tx)["authority"]

    @staticmethod
    def _next(tx: sqlite3.Connection, name: str) -> int:
        tx.execute("INSERT OR IGNORE INTO epr_counter VALUES (?, ?)", (name, _COUNTERS[name]))
        row = tx.execute("UPDATE epr_counter SET value=value + 1 WHERE name=? RETURNING value", (name,)).fetchone()
        return int(row["value"])

    def _header(self, tx: sqlite3.Connection, version: str = "version") -> build.Header:
        now = settings.read(tx)
        return build.Header(
            now["application"],
            now["facility"],
            now["receiving_application"],
            now["receiving_facility"],
            f"{now['application']}{self._next(tx, 'control')}",
            self._clock.now(),
            now[version],
            now["character_set"],
        )

    def _tell(self, summary: str, data: Row, header: build.Header | None = None) -> Row:
        told = {**data, "control_id": header.control_id} if header else data
        self._journal.record(kinds.CONSOLE, NAME, summary, told)
        return {**told, "summary": summary}
