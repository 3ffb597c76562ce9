"""The department's systems as one: made over one home, opened, closed, and reached by their names."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from simlab import certificates
from simlab.blobs import Blobs
from simlab.clock import Clock
from simlab.config import LOOPBACK, Endpoint
from simlab.department.desk import CarryOut, Desk
from simlab.department.engine import Engine
from simlab.department.epr import Epr
from simlab.department.modality import SCANNERS, Modality
from simlab.department.neighbour import Neighbour
from simlab.department.pacs import Pacs
from simlab.department.pacs.inbox import PacsInbox
from simlab.department.ris import Ris
from simlab.department.viewer import Viewer
from simlab.errors import NotFound, NotKept
from simlab.faults import FaultTable, SystemClock
from simlab.feed.play import Look, Outcome
from simlab.hl7.policy import Doors
from simlab.hl7.returning import Returning
from simlab.hl7.sequence import Sequences
from simlab.journal import Journal
from simlab.lab.feed import LabFeed
from simlab.lab.home import Home
from simlab.lab.seating import Seating
from simlab.store import Store

_log = logging.getLogger(__name__)

VIEWERS = ("ADMIN", "THEATRE", "CLINIC", "MDTROOM")
MODALITIES = tuple(SCANNERS)

_TICK = 1.0
"""Seconds between two looks at whether a call or mail is due."""


class _System(Protocol):
    def busy(self) -> int: ...
    def close(self) -> None: ...


class Systems:
    """Every system of one department over one home: opened and closed together, reached by name."""

    def __init__(
        self,
        home: Home,
        carry_out: CarryOut,
        perform: Callable[..., Outcome],
        look: Look,
        *,
        durability: str = "process",
    ) -> None:
        self.home = home
        self.clock = Clock()
        self.store = Store(home.database, self.clock, durability=durability)
        self.journal = Journal(self.store)
        self.faults = FaultTable(self.store, self.journal)
        self.hl7_doors = Doors(self.store, self.journal)
        self.hl7_sequences = Sequences(self.store, self.journal)
        self.hl7_replies = Returning(self.store, self.journal, self.clock, home.certificates)
        self.hl7_doors.on_change = self.hl7_replies.wake
        self.blobs = Blobs(home.blobs, sync=durability == "power")
        self.pacs = Pacs(*self._ground("PACS"), self.blobs, home.certificates)
        self.pacs_inbox = PacsInbox(self.pacs, *self._ground("PACS"), home.certificates)
        self.ris = Ris(*self._ground("RIS"), home.certificates)
        self.epr = Epr(*self._ground("EPR"), home.certificates)
        self.engine = Engine(*self._ground("ENGINE"), home.certificates)
        self.viewers = {
            name: Viewer(
                name,
                *self._ground(name),
                self.blobs,
                folder=home.workstation if name == "ADMIN" else None,
                certificates=home.certificates,
            )
            for name in VIEWERS
        }
        self.modalities = {
            name: Modality(name, *self._ground(name), self.blobs, certificates=home.certificates) for name in MODALITIES
        }
        self.neighbour = Neighbour(*self._ground("TERTIARY"), self.blobs, home.certificates)
        self.desk = Desk(self.store, self.journal, self.clock, carry_out)
        self.feed = LabFeed(self.store, self.clock, perform, look)
        self.endpoints: dict[str, Endpoint] = {}
        self._closing = threading.Event()
        self._restore()

    def _ground(self, system: str) -> tuple[Store, Journal, Clock, FaultTable]:
        return self.store, self.journal, SystemClock(self.clock, self.faults, system), self.faults

    def _restore(self) -> None:
        kept = self.store.get_state("clock")
        if kept:
            self.clock.restore(json.loads(kept))
        self.journal.attempt = self.store.get_state("attempt")

    def open(self, host: str = LOOPBACK, *, ports: str = "auto") -> dict[str, Endpoint]:
        """Open every door and give where each listens; Unavailable names the door that cannot be opened."""
        if not certificates.present(self.home.certificates):
            certificates.make(self.home.certificates)
        self.blobs.sweep(self._pixels())
        seating = Seating(self.store, host, ports)
        try:
            seating.open("PACS", self.pacs.open)
            seating.open("PACS_TLS", self.pacs.open_tls)
            seating.open("PACS_HL7", self.pacs_inbox.open)
            seating.open("PACS_HL7_TLS", self.pacs_inbox.open_tls)
            ris = self.ris.open(host, seating.port("RIS"), seating.port("RIS_HL7"))
            for name, endpoint in ris.items():
                seating.take(name, endpoint.port)
            seating.open("RIS_TLS", self.ris.open_tls)
            seating.open("RIS_HL7_TLS", self.ris.open_hl7_tls)
            seating.open("ADT", self.engine.open)
            seating.open("ADT_TLS", self.engine.open_tls)
            for name, viewer in self.viewers.items():
                seating.open(name, viewer.open)
                seating.open(f"{name}_TLS", viewer.open_tls)
            seating.open("TERTIARY", self.neighbour.open)
            seating.open("TERTIARY_TLS", self.neighbour.open_tls)
            for name, modality in self.modalities.items():
                seating.open(name, modality.open)
                seating.open(f"{name}_TLS", modality.open_tls)
            seating.open("EPR_HL7", self.epr.open)
            seating.open("EPR_HL7_TLS", self.epr.open_tls)
            self.hl7_replies.open()
        except BaseException:
            self.close()
            raise
        threading.Thread(target=self._tick, name="desk-clock", daemon=True).start()
        self.endpoints = seating.endpoints
        seating.remember()
        self.feed.wake()
        return self.endpoints

    def close(self) -> None:
        """Close every door; what was acknowledged is already safe."""
        self._closing.set()
        self.feed.close()
        with suppress(NotKept):
            self.store.set_state("clock", json.dumps(self.clock.state()))
        closing = [
            threading.Thread(target=close, name="closing")
            for close in (self.pacs_inbox.close, self.hl7_replies.close, *(system.close for system in self._systems()))
        ]
        for thread in closing:
            thread.start()
        for thread in closing:
            thread.join(2)
        self.store.close()

    def _systems(self) -> list[_System]:
        many: list[_System] = [*self.modalities.values(), *self.viewers.values(), self.neighbour]
        return [*many, self.epr, self.engine, self.ris, self.pacs]

    def _pixels(self) -> set[str]:
        """The digests of all pixel data in files that a row of any system names."""
        named: set[str] = set()
        with self.store.read() as tx:
            for table in (table for schema in self.store.schemas.values() for table in schema.tables):
                if any(column["name"] == "pixels" for column in tx.execute(f"PRAGMA table_info({table})")):
                    named.update(
                        row[0] for row in tx.execute(f"SELECT pixels FROM {table} WHERE typeof(pixels) = 'text'")
                    )
        return named

    def endpoint(self, name: str) -> Endpoint:
        """Where a system listens, with its usual AE title; NotFound lists the systems there are."""
        if name not in self.endpoints:
            raise NotFound(f"there is no system {name}", remedy=f"There are: {', '.join(sorted(self.endpoints))}.")
        return self.endpoints[name]

    def _tick(self) -> None:
        while not self._closing.wait(_TICK):
            try:
                self.desk.tick()
            except Exception:
                _log.exception("the desk's clock")
