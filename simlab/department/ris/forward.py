"""What the RIS sends: applied ADT and orders passed on, and what it tells of its own; a durable outbox."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path

from simlab import credentials
from simlab.clock import Clock
from simlab.department.ris import orders, replies, settings
from simlab.faults import FaultTable
from simlab.hl7 import outbox
from simlab.hl7.message import Message, parse
from simlab.hl7.outbox import Destination
from simlab.journal import Journal
from simlab.store import Store

TABLE = "ris_outbox"


class Forward(outbox.Outbox):
    """Delivers table `ris_outbox` to where `forward_adt` points; without it the messages wait."""

    def __init__(
        self,
        store: Store,
        journal: Journal,
        clock: Clock,
        faults: FaultTable,
        system: str,
        certificates: Path | None = None,
    ) -> None:
        context = partial(credentials.calling, system, certificates)
        super().__init__(system, TABLE, store, journal, clock, faults=faults, context=context)
        self.on_numbers: Callable[[sqlite3.Connection, list[str]], None] = lambda _tx, _accessions: None

    def put(self, tx: sqlite3.Connection, message: Message) -> None:
        """Queue a copy of `message` from the RIS itself (its own MSH-3, 4, 7 and 10), if it is configured to."""
        setting = settings.load(tx)
        if setting.forward_adt is None:
            return
        own = {
            "MSH-3": setting.application,
            "MSH-4": setting.facility,
            "MSH-5": setting.forward_adt.application,
            "MSH-6": setting.forward_adt.facility,
            "MSH-7": self._clock.now().strftime("%Y%m%d%H%M%S"),
            "MSH-10": f"RIS{orders.next_number(tx, 'message')}",
        }
        for place, value in own.items():
            message = message.set(place, value)
        self.post(message)

    def send(self, data: bytes) -> None:
        """Queue a message that the RIS made itself; it goes where the copies go."""
        self.post(parse(data))

    def destination(self, tx: sqlite3.Connection, row: sqlite3.Row) -> Destination | None:
        to = settings.load(tx).forward_adt
        return None if to is None else Destination(to.host, to.port, to.tls, to.sequence, to.deferred)

    def answered(self, tx: sqlite3.Connection, answer: Message) -> None:
        self.on_numbers(tx, replies.assigned(tx, answer))
