"""Application acknowledgements on a connection of their own: durable, in order, to where a door's policy says."""

from __future__ import annotations

import sqlite3
import time

from simlab import provenance
from simlab.clock import Clock
from simlab.hl7 import courier
from simlab.hl7.courier import Courier, Delivery, Parcel
from simlab.hl7.message import parse
from simlab.hl7.schema import SCHEMA
from simlab.hl7.volley import address
from simlab.journal import Journal
from simlab.store import Store

LOOK_SECONDS = 0.2


def put(tx: sqlite3.Connection, door: str, system: str, to: str, ack: bytes) -> None:
    """Queue an acknowledgement for ``mllp://HOST:PORT``, in the transaction that makes it."""
    host, port, _tls = address(to)
    who = provenance.current()
    tx.execute(
        "INSERT INTO hl7_reply (door, system, host, port, message, state, attempts, next_try, error, actor, cause) "
        "VALUES (?, ?, ?, ?, ?, 'queued', 0, 0, '', ?, ?)",
        (door, system, host, port, ack, who.actor, who.cause),
    )


class Returning:
    """Delivers what doors queue for a return connection; looks for it only while a door's policy names one."""

    def __init__(self, store: Store, journal: Journal, clock: Clock) -> None:
        self._store = store
        self._journal = journal
        self._clock = clock
        store.install(SCHEMA)
        self._courier: Courier | None = None

    def open(self) -> None:
        """Begin to deliver; what waits from an earlier process goes first."""
        self._courier = Courier("hl7-return", self._take, self._finish)
        self._courier.start()

    def close(self) -> None:
        """Deliver nothing more; what waits stays."""
        if self._courier:
            self._courier.close()
        self._courier = None

    def wake(self) -> None:
        """Look again: a door's policy has changed."""
        if self._courier:
            self._courier.wake()

    def _take(self) -> Parcel | float | None:
        with self._store.read() as tx:
            row = tx.execute("SELECT * FROM hl7_reply WHERE state='queued' ORDER BY id LIMIT 1").fetchone()
            if row is None:
                wanted = tx.execute("SELECT 1 FROM hl7_door WHERE json_extract(policy, '$.reply_to') <> ''").fetchone()
                return LOOK_SECONDS if wanted else None
        wait = row["next_try"] - time.time()
        if wait > 0:
            return float(wait)
        return Parcel(
            row["id"], bytes(row["message"]), row["host"], row["port"], row["actor"], row["cause"], row["attempts"]
        )

    def _finish(self, parcel: Parcel, delivery: Delivery) -> None:
        attempts = parcel.attempts + 1
        state = courier.state_after(delivery, attempts)
        with self._store.write() as tx:
            row = tx.execute("SELECT door, system FROM hl7_reply WHERE id=?", (parcel.id,)).fetchone()
            if row is None:  # the scene was reset meanwhile
                return
            if state == courier.DELIVERED:
                tx.execute("DELETE FROM hl7_reply WHERE id=?", (parcel.id,))
            else:
                tx.execute(
                    "UPDATE hl7_reply SET state=?, attempts=?, next_try=?, error=? WHERE id=?",
                    (state, attempts, courier.retry_at(self._clock, attempts), delivery.text, parcel.id),
                )
            answers = parse(parcel.data).get("MSA-2")
            courier.note(self._journal, row["system"], parcel, delivery, answers=answers)
