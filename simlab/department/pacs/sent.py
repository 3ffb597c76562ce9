"""What went out of the archive, and where to: a row for every instance that a destination acknowledged."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Sequence
from datetime import datetime

from simlab import provenance
from simlab.clock import Clock
from simlab.store import Store

MOVE, GET, ROUTE, PREFETCH, FORWARD = "move", "get", "route", "prefetch", "forward"
"""How an instance went: asked for by C-MOVE or C-GET, by a routing or prefetch rule, by hand."""

BATCH = 50
"""Acknowledged instances of a retrieval that are noted together: a transaction for each would slow it by a third."""
SECONDS = 1.0
"""How long an acknowledged instance of a retrieval waits at most to be noted together with others."""


def note(tx: sqlite3.Connection, sop_uids: Sequence[str], destination: str, how: str, now: datetime) -> None:
    """Note that `destination` has acknowledged instances, for whoever acts now."""
    who = provenance.current()
    tx.execute(
        "INSERT INTO pacs_sent (sop_uid, study_uid, destination, at, actor, cause, how) "
        "SELECT i.sop_uid, e.study_uid, ?, ?, ?, ?, ? FROM pacs_instance i JOIN pacs_series e USING (series_uid) "
        "WHERE i.sop_uid IN (SELECT value FROM json_each(?))",
        (destination, now.isoformat(timespec="milliseconds"), who.actor, who.cause, how, json.dumps(list(sop_uids))),
    )


class Notes:
    """Notes what a destination acknowledges in the course of one retrieval, some at a time.

    When the process is killed in the middle, all but the last few stand on record.
    """

    def __init__(self, store: Store, clock: Clock, destination: str, how: str) -> None:
        self._store = store
        self._clock = clock
        self._destination = destination
        self._how = how
        self._waiting: list[str] = []
        self._since = time.monotonic()

    def add(self, sop_uid: str) -> None:
        """The destination has acknowledged the instance."""
        self._waiting.append(sop_uid)
        if len(self._waiting) >= BATCH or time.monotonic() - self._since >= SECONDS:
            self.write()

    def write(self) -> None:
        """Note what waits."""
        waiting, self._waiting, self._since = self._waiting, [], time.monotonic()
        if waiting:
            with self._store.write() as tx:
                note(tx, waiting, self._destination, self._how, self._clock.now())
