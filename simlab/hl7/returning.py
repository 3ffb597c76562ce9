"""Application acknowledgements on a connection of their own: durable, in order, to where a door's policy says."""

from __future__ import annotations

import sqlite3
import time
from functools import partial
from pathlib import Path
from typing import Any

from simlab import credentials
from simlab.clock import Clock
from simlab.hl7 import courier, outbox
from simlab.hl7.courier import Delivery, Parcel
from simlab.hl7.message import parse
from simlab.hl7.outbox import Destination, Outbox
from simlab.hl7.schema import SCHEMA
from simlab.hl7.volley import address
from simlab.journal import Journal
from simlab.store import Store

LOOK_SECONDS = 0.2
TABLE = "hl7_reply"


def put(tx: sqlite3.Connection, door: str, system: str, to: str, ack: bytes, clock: Clock) -> None:
    """Queue an acknowledgement for ``mllp://HOST:PORT`` or ``mllps://``, in the transaction that makes it."""
    host, port, tls = address(to)
    outbox.put(tx, TABLE, parse(ack), clock, door=door, system=system, host=host, port=port, tls=tls)


class Returning(Outbox):
    """Delivers what doors queue for a return connection; looks for it only while a door's policy names one."""

    def __init__(self, store: Store, journal: Journal, clock: Clock, certificates: Path | None = None) -> None:
        store.install(SCHEMA)
        context = partial(credentials.calling, "HL7", certificates)
        super().__init__("HL7", TABLE, store, journal, clock, context=context)

    def destination(self, tx: sqlite3.Connection, row: sqlite3.Row) -> Destination:
        return Destination(row["host"], row["port"], bool(row["tls"]))

    def head(self, tx: sqlite3.Connection) -> sqlite3.Row | None:
        """The oldest reply to an address that is not waited for; else the one that may be tried soonest."""
        row: sqlite3.Row | None = tx.execute(
            "SELECT * FROM hl7_reply r WHERE state=?1 AND NOT EXISTS (SELECT 1 FROM hl7_reply o WHERE o.state=?1 AND "
            "o.id < r.id AND o.host = r.host AND o.port = r.port) ORDER BY next_try > ?2, next_try, id LIMIT 1",
            (outbox.QUEUED, time.time()),
        ).fetchone()
        return row

    def idle(self, tx: sqlite3.Connection) -> float | None:
        wanted = tx.execute("SELECT 1 FROM hl7_door WHERE json_extract(policy, '$.reply_to') <> ''").fetchone()
        return LOOK_SECONDS if wanted else None

    def settle(
        self, tx: sqlite3.Connection, parcel: Parcel, delivery: Delivery, state: str, attempts: int
    ) -> dict[str, Any]:
        """What was delivered is kept no longer: the journal has it."""
        row = tx.execute("SELECT door, system FROM hl7_reply WHERE id=?", (parcel.id,)).fetchone()
        super().settle(tx, parcel, delivery, state, attempts)
        if state == courier.DELIVERED:
            tx.execute("DELETE FROM hl7_reply WHERE id=?", (parcel.id,))
        # A row that is gone was of a scene that has been reset meanwhile.
        return {"system": row["system"] if row else self.system, "answers": parse(parcel.data).get("MSA-2")}
