"""The interface engine at work: its inbound door, its routes and its queue."""

from __future__ import annotations

import sqlite3
import threading
import time
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from simlab import provenance
from simlab.clock import Clock
from simlab.config import Endpoint
from simlab.department.engine import queue
from simlab.department.engine.delivery import NAME, Deliveries
from simlab.department.engine.items import Items
from simlab.department.engine.routes import Routes
from simlab.department.engine.schema import SCHEMA
from simlab.department.engine.stage import EngineSettings, EngineStage, lay_out
from simlab.faults import FaultTable
from simlab.hl7.message import Message
from simlab.hl7.mllp import MllpServer
from simlab.hl7.receiver import Receiver
from simlab.hl7.record import noise_into
from simlab.journal import Journal
from simlab.store import Store

DOOR = "ADT"
PRUNE_SECONDS = 60.0
PRUNE_ITEMS = 5000


class Engine:
    """Answers AA once a message is durably queued, and delivers it by its routes: in order, one in flight a route.

    A route's rules filter and change a message when it comes in; what they cannot carry out makes a dead letter of it.
    No answer, a wrong one, or AR: the route tries again with back-off (AR ten times, then it is a dead letter).
    AE: the item becomes a dead letter and the route goes on. A route's policy may say otherwise.

    `routes` and `items` are the console of the interface team.
    """

    SCHEMA = SCHEMA

    def __init__(
        self, store: Store, journal: Journal, clock: Clock, faults: FaultTable, certificates: Path | None = None
    ) -> None:
        self._store = store
        self._clock = clock
        store.install(SCHEMA)
        receiver = Receiver(
            *(NAME, store, journal, clock, faults, self._accept),
            keep=self._keep,
            settle=self._hear,
            door=DOOR,
            certificates=certificates,
        )
        self._credentials = receiver.credentials
        self._server = MllpServer(NAME, receiver, on_noise=noise_into(journal, NAME), lenient=receiver.lenient)
        self._deliveries = Deliveries(store, journal, clock, faults, certificates)
        self._legs = threading.local()
        self._pruned = time.monotonic()
        self._serving = False
        self.routes = Routes(store, journal, clock, self._deliveries)
        self.items = Items(store, journal, clock, self._deliveries)
        self.endpoints: dict[str, Endpoint] = {}

    def open(self, host: str, port: int) -> int:
        """Listen for messages (port 0: any free one) and begin to deliver; OSError when the port is taken.

        What was in flight when an earlier process ended is sent again, under the same control ID.
        """
        bound = self._server.open(host, port)
        self.endpoints[DOOR] = Endpoint(host, bound)
        self._serving = True
        self._deliveries.open()
        return bound

    def open_tls(self, host: str, port: int) -> int:
        """Listen over TLS too; gives the port, OSError when it is taken."""
        bound = self._server.open(host, port, self._credentials)
        self.endpoints[f"{DOOR}_TLS"] = Endpoint(host, bound)
        return bound

    def close(self) -> None:
        """Stop listening and delivering; the queue stays as it is."""
        self._serving = False
        self._server.close()
        self._deliveries.close()

    def stage(self, section: EngineStage) -> None:
        """Lay out a scene's routes and queue; inside the caller's transaction."""
        with self._store.write() as tx:
            self._deliveries.pause(tx)
            lay_out(tx, section, self._clock.now())
            self._store.after_commit(self._deliveries.staff)

    def busy(self) -> int:
        """Items on running routes that are on their way: not held, and not waiting after a failure."""
        with self._store.read() as tx:
            row = tx.execute(
                "SELECT count(*) FROM engine_queue q JOIN engine_route r ON r.name = q.route WHERE r.state = 'running' "
                "AND (q.state = 'sending' OR (q.state = 'queued' AND NOT EXISTS (SELECT 1 FROM engine_queue f "
                "WHERE f.route = q.route AND f.state = 'queued' AND f.place <= q.place AND f.next_try > ?)))",
                (time.time(),),
            ).fetchone()
        return int(row[0]) if self._serving else 0

    def configure(self, **changes: Any) -> dict[str, Any]:
        """Change settings of `EngineSettings`; BadInput names the one that cannot be."""
        return self.routes.configure(changes)

    # The inbound door

    def _accept(self, message: Message) -> str:
        with self._store.write() as tx:
            self._legs.taken = queue.legs(tx, message)
            return queue.told(self._legs.taken)

    def _keep(self, message: Message, ack: bytes) -> None:
        now, who = self._clock.now(), provenance.current()
        self._deliveries.rush.taken()
        with self._store.write() as tx:
            kept = queue.keep(tx, message, ack, now)
            queue.enter(tx, self._legs.taken, kept, message.data, now, who)
            for leg in self._legs.taken:
                if leg.running:  # to wake the couriers of held routes costs more than to take the message
                    self._store.after_commit(partial(self._deliveries.wake, leg.route))
            if time.monotonic() - self._pruned > PRUNE_SECONDS:
                self._prune(tx)

    def _hear(self, answer: Message) -> str:
        with self._store.write() as tx:
            self._deliveries.pause(tx)
            return queue.hear(tx, f"{NAME} ", answer, self._clock.now())

    def _prune(self, tx: sqlite3.Connection) -> None:
        self._pruned = time.monotonic()
        row = tx.execute("SELECT value FROM engine_setting WHERE key='delivered_hours'").fetchone()
        hours = float(row["value"]) if row else EngineSettings().delivered_hours
        queue.prune(tx, self._clock.now() - timedelta(hours=hours), PRUNE_ITEMS)
