"""Delivery by route: a courier each, in order, one message in flight."""

from __future__ import annotations

import time
from functools import partial

from simlab import faults as points
from simlab import provenance
from simlab.clock import Clock
from simlab.department.engine import queue
from simlab.faults import FaultTable
from simlab.hl7 import courier
from simlab.hl7.courier import Courier, Delivery, Parcel
from simlab.hl7.record import OUT, record
from simlab.journal import Journal
from simlab.store import Store

NAME = "ENGINE"


class Deliveries:
    """The couriers of the engine's routes, and what they take from the queue and write back."""

    def __init__(self, store: Store, journal: Journal, clock: Clock, faults: FaultTable) -> None:
        self._store = store
        self._journal = journal
        self._clock = clock
        self._faults = faults
        self._couriers: dict[str, Courier] = {}
        self._open = False

    def open(self) -> None:
        """Begin to deliver; what was in flight when an earlier process ended is sent again, with the same MSH-10."""
        with self._store.write() as tx:
            tx.execute("UPDATE engine_queue SET state='queued' WHERE state='sending'")
        self._open = True
        self.staff()

    def close(self) -> None:
        """Deliver nothing more; the queue stays as it is."""
        self._open = False
        for one in list(self._couriers.values()):
            one.close()
        self._couriers.clear()

    def staff(self) -> None:
        """See that every route has its courier, and have each look at its queue."""
        if not self._open:
            return
        with self._store.read() as tx:
            names = [row["name"] for row in tx.execute("SELECT name FROM engine_route")]
        for name in names:
            if name not in self._couriers:
                self._couriers[name] = Courier(f"{NAME}-{name}", partial(self._take, name), partial(self._finish, name))
                self._couriers[name].start()
        for one in list(self._couriers.values()):
            one.wake()

    def wake(self, route: str) -> None:
        """Have the courier of `route` look at its queue."""
        if route in self._couriers:
            self._couriers[route].wake()

    def _take(self, name: str) -> Parcel | float | None:
        with self._store.read() as tx:
            route = tx.execute("SELECT * FROM engine_route WHERE name=?", (name,)).fetchone()
            item = queue.first(tx, name) if route and route["state"] == queue.RUNNING else None
        if item is None:
            return None
        wait = item["next_try"] - time.time()
        if wait > 0:
            return float(wait)
        fault = self._faults.ask(points.ROUTE, NAME, item["control_id"], route=name)
        if fault and fault.effect.get("hold"):
            with provenance.acting(provenance.SCENE), self._store.write() as tx:
                tx.execute("UPDATE engine_route SET state='held' WHERE name=?", (name,))
            return None
        with self._store.write() as tx:
            taken = tx.execute(
                "UPDATE engine_queue SET state='sending' WHERE id=? AND state='queued' "
                "AND (SELECT state FROM engine_route WHERE name=?) = 'running'",
                (item["id"], name),
            ).rowcount
        if not taken:
            return 0.0  # held, edited or discarded at this very moment: look again
        who = (item["actor"], item["cause"])
        place = (route["host"], route["port"])
        return Parcel(item["id"], bytes(item["data"]), *place, *who, item["attempts"], route["ack_seconds"])

    def _finish(self, route: str, parcel: Parcel, delivery: Delivery) -> None:
        attempts = parcel.attempts + 1
        state = courier.state_after(delivery, attempts)
        next_try = courier.retry_at(self._clock, attempts) if state == queue.QUEUED else 0.0
        with self._store.write() as tx:
            queue.settle(tx, parcel.id, delivery, state, next_try, self._clock.now())
            record(
                self._journal,
                NAME,
                OUT,
                parcel.data,
                delivery.ack,
                peer=f"{parcel.host}:{parcel.port}",
                text=delivery.text,
                route=route,
                item=parcel.id,
                attempt=attempts,
            )
