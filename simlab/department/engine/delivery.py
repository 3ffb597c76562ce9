"""Delivery by route: a courier each, in order, one message in flight."""

from __future__ import annotations

import sqlite3
import threading
import time
from functools import partial
from pathlib import Path

from simlab import fault_effects as points
from simlab import provenance, tls
from simlab.clock import Clock
from simlab.department.engine import queue
from simlab.department.engine.policy import Policy, judge
from simlab.department.engine.standing import ways
from simlab.faults import FaultTable
from simlab.hl7 import courier, late
from simlab.hl7.courier import Courier, Delivery, Parcel
from simlab.hl7.sequence import Counter
from simlab.journal import Journal
from simlab.store import Store

NAME = "ENGINE"


class Deliveries:
    """The couriers of the engine's routes, and what they take from the queue and write back.

    One transaction writes what came of a message and takes the next one, which is then in flight.
    """

    def __init__(
        self, store: Store, journal: Journal, clock: Clock, faults: FaultTable, certificates: Path | None = None
    ) -> None:
        self._store = store
        self._journal = journal
        self._clock = clock
        self._faults = faults
        self._context = partial(tls.client_context, certificates) if certificates else None
        self._couriers: dict[str, Courier] = {}
        self._ahead: dict[str, Parcel] = {}
        self._staffing = threading.Lock()
        self._open = False

    def open(self) -> None:
        """Begin to deliver; what was in flight when an earlier process ended is sent again, with the same MSH-10."""
        self._open = True
        self.staff()

    def close(self) -> None:
        """Deliver nothing more; the queue stays as it is."""
        self._open = False
        for one in list(self._couriers.values()):
            one.close()
        self._couriers.clear()

    def staff(self) -> None:
        """See that every route, and no other, has its courier, and have each look at its queue."""
        if not self._open:
            return
        with self._store.read() as tx:
            names = {row["name"] for row in tx.execute("SELECT name FROM engine_route")}
        with self._staffing:
            for name in self._couriers.keys() - names:
                self._couriers.pop(name).close()
                self._ahead.pop(name, None)
            for name in names - self._couriers.keys():
                take, finish = partial(self._take, name), partial(self._finish, name)
                counter = Counter(self._store, f"{NAME} {name}")
                self._couriers[name] = Courier(f"{NAME}-{name}", take, finish, context=self._context, counter=counter)
                self._couriers[name].start()
        for one in list(self._couriers.values()):
            one.wake()

    def wake(self, route: str) -> None:
        """Have the courier of `route` look at its queue."""
        if route in self._couriers:
            self._couriers[route].wake()

    def _take(self, name: str) -> Parcel | float | None:
        ahead = self._ahead.pop(name, None)
        if ahead is not None:
            return ahead
        with self._store.read() as tx:
            if not tx.execute(
                "SELECT 1 FROM engine_queue WHERE route=? AND state IN ('queued', 'sending') LIMIT 1", (name,)
            ).fetchone():
                return None
        with self._store.write() as tx:
            # Only this courier sends on this route: what is in flight without it was left so by an end that came early.
            tx.execute("UPDATE engine_queue SET state='queued' WHERE route=? AND state='sending'", (name,))
            return self._next(tx, name)

    def _next(self, tx: sqlite3.Connection, name: str) -> Parcel | float | None:
        """Put the head of a route's queue in flight; the seconds until it may go, None when nothing may."""
        way = ways(tx).get(name)
        item = queue.first(tx, name) if way and way.state == queue.RUNNING else None
        if way is None or item is None:
            return None
        wait = item["next_try"] - time.time()
        if wait > 0:
            return float(wait)
        fault = self._faults.ask(points.ROUTE, NAME, item["control_id"], route=name)
        if fault and fault.effect.get("hold"):
            with provenance.acting(provenance.SCENE):
                tx.execute("UPDATE engine_route SET state='held' WHERE name=?", (name,))
            return None
        tx.execute("UPDATE engine_queue SET state='sending' WHERE id=?", (item["id"],))
        who = (item["actor"], item["cause"])
        manner, data = way.policy, bytes(item["data"])
        if manner.deferred:
            data = late.asking(data)
            late.expect(tx, f"{NAME} {name}", item["id"], data)
        return Parcel(
            item["id"],
            data,
            way.host,
            way.port,
            *who,
            item["attempts"],
            manner.ack_seconds,
            manner.tls,
            manner.sequence,
            manner.deferred,
        )

    def _finish(self, name: str, parcel: Parcel, delivery: Delivery) -> None:
        attempts = parcel.attempts + 1
        following: Parcel | float | None = None
        with self._store.write() as tx:
            way = ways(tx).get(name)
            delivery = late.settled(tx, f"{NAME} {name}", parcel.id, delivery)
            verdict = judge(way.policy if way else Policy(), delivery, attempts, self._clock)
            queue.settle(tx, name, parcel.id, delivery, verdict, self._clock.now())
            courier.note(self._journal, NAME, parcel, delivery, route=name, item=parcel.id)
            if self._open:
                following = self._next(tx, name)
        if isinstance(following, Parcel):
            self._ahead[name] = following
