"""The messages of the electronic patient record on their way out."""

from __future__ import annotations

import sqlite3
from functools import partial
from pathlib import Path

from simlab import credentials
from simlab.clock import Clock
from simlab.department.epr import fillers, settings
from simlab.faults import FaultTable
from simlab.hl7 import outbox
from simlab.hl7.message import Message, parse
from simlab.hl7.outbox import Destination
from simlab.journal import Journal
from simlab.store import Store

NAME = "EPR"
TABLE = "epr_outbox"


class Outbox(outbox.Outbox):
    """Delivers table `epr_outbox` to the address in the settings; without one the messages wait."""

    def __init__(
        self, store: Store, journal: Journal, clock: Clock, faults: FaultTable, certificates: Path | None = None
    ) -> None:
        context = partial(credentials.calling, NAME, certificates)
        super().__init__(NAME, TABLE, store, journal, clock, faults=faults, context=context)

    def put(self, data: bytes) -> None:
        """Queue a message in the open write transaction; it goes out once that is committed."""
        self.post(parse(data))

    def destination(self, tx: sqlite3.Connection, row: sqlite3.Row) -> Destination | None:
        now = settings.read(tx)
        if not now["destination_host"]:
            return None
        tls, numbered, deferred = (now[f"destination_{name}"] == "true" for name in ("tls", "sequence", "deferred"))
        return Destination(now["destination_host"], int(now["destination_port"]), tls, numbered, deferred)

    def answered(self, tx: sqlite3.Connection, answer: Message) -> None:
        fillers.note(tx, answer)
