"""Delivery by route: a courier each, in order, one message in flight."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import suppress
from functools import partial
from pathlib import Path

from simlab import fault_effects as points
from simlab import provenance, tls
from simlab.clock import Clock
from simlab.department.engine import queue
from simlab.department.engine.line import AHEAD, BACKLOG, REST_SECONDS, TOGETHER, Line, Outcome, Rush
from simlab.department.engine.policy import DELIVERED, QUEUED, Policy, Verdict, judge
from simlab.department.engine.standing import Way, ways
from simlab.errors import NotKept
from simlab.faults import FaultTable
from simlab.hl7 import courier, late
from simlab.hl7.courier import Courier, Delivery, Parcel
from simlab.hl7.message import parse
from simlab.hl7.record import IN, record
from simlab.hl7.sequence import Counter
from simlab.journal import Journal
from simlab.store import Store

NAME = "ENGINE"


class Deliveries:
    """The couriers of the engine's routes, and what they take from the queue and write back.

    A courier reads some messages ahead. What came of each is written before the next one goes out, but where many wait:
    then outcomes are written together, and at the latest when an acknowledgement is not there at once (`Line`). While
    messages come in very fast, they come first (`Rush`).
    Whoever changes what waits calls `pause` first, in the transaction of the change.
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
        self._lines: dict[str, Line] = {}
        self._staffing = threading.Lock()
        self._ending = threading.Event()
        self.rush = Rush()
        self._open = False

    def open(self) -> None:
        """Begin to deliver; what was in flight when an earlier process ended is sent again, with the same MSH-10."""
        self._open = True
        self._ending.clear()
        self._faults.watch(self._anew)
        self.staff()

    def close(self) -> None:
        """Deliver nothing more; the queue stays as it is."""
        self._open = False
        self._ending.set()
        self._faults.unwatch(self._anew)
        with self._staffing:
            couriers = list(self._couriers.values())
            self._couriers.clear()
        for one in couriers:
            one.close()
        with suppress(NotKept), self._store.write() as tx:
            for line in self._lines.values():
                self._write(tx, line)
        self._lines.clear()

    def staff(self) -> None:
        """See that every route, and no other, has its courier, and have each look at its queue."""
        if not self._open:
            return
        with self._store.read() as tx:
            names = {row["name"] for row in tx.execute("SELECT name FROM engine_route")}
        with self._staffing:
            if not self._open:  # closed meanwhile
                return
            for name in self._couriers.keys() - names:
                self._couriers.pop(name).close()
                self._lines.pop(name, None)
            for name in names - self._couriers.keys():
                line = self._lines[name] = Line(name)
                self._couriers[name] = Courier(
                    f"{NAME}-{name}",
                    partial(self._take, line),
                    partial(self._finish, line),
                    context=self._context,
                    counter=Counter(self._store, f"{NAME} {name}"),
                    waiting=partial(self._waiting, line),
                    on_late=partial(self._overheard, line),
                )
                self._couriers[name].start()
        for name in list(self._couriers):
            self.wake(name)

    def wake(self, route: str) -> None:
        """Have the courier of `route` look at its queue."""
        line, one = self._lines.get(route), self._couriers.get(route)
        if line and one:
            line.look = True
            one.wake()

    def pause(self, tx: sqlite3.Connection, route: str | None = None) -> None:
        """Within a transaction that changes what waits (on `route`): bring the table up to date first.

        Couriers read the queue anew before they send another message; what is in flight is marked so.
        """
        for line in list(self._lines.values()):
            if route in (None, line.route):
                line.stale = True
                # In this order: what is acknowledged meanwhile is marked as in flight, or its outcome is written.
                self._mark(tx, line)
                self._write(tx, line)

    def _anew(self) -> None:
        """A fault may have come into force that holds a route in front of what was read ahead."""
        for line in list(self._lines.values()):
            line.stale = True

    def _mark(self, tx: sqlite3.Connection, line: Line) -> None:
        if line.in_flight is not None:
            tx.execute("UPDATE engine_queue SET state='sending' WHERE id=? AND state='queued'", (line.in_flight,))

    def _write(self, tx: sqlite3.Connection, line: Line) -> None:
        """Write outcomes: of those alone that were not written before, nor removed with the scene they were of."""
        outcomes = list(line.outcomes)
        if not outcomes:
            return
        written = queue.settle(tx, line.route, outcomes)
        for one in outcomes:
            if one.parcel.id in written:
                with provenance.acting(one.parcel.actor, one.parcel.cause):
                    courier.note(self._journal, NAME, one.parcel, one.delivery, route=line.route, item=one.parcel.id)

    # On the courier's thread

    def _overheard(self, line: Line, reply: bytes, place: str) -> None:
        """The application's word that came on the route's own connection when CA had ended the delivery."""
        answer = parse(reply)
        with self._store.write() as tx:
            self.pause(tx, line.route)
            row = tx.execute(
                "SELECT q.actor, q.cause FROM hl7_awaited a JOIN engine_queue q ON q.id = a.item "
                "WHERE a.control_id=? AND a.link=? AND a.answer IS NULL ORDER BY a.item LIMIT 1",
                (answer.get("MSA-2"), f"{NAME} {line.route}"),
            ).fetchone()
            if row is not None:
                with provenance.acting(row["actor"], row["cause"]):
                    text = queue.hear(tx, f"{NAME} ", answer, self._clock.now(), only=line.route)
                    record(self._journal, NAME, IN, answer, None, peer=place, text=text)

    def _take(self, line: Line) -> Parcel | float | None:
        if (not line.ahead or line.sent >= TOGETHER) and self.rush.on():
            if line.outcomes:
                self._turn(line)
            self._ending.wait(REST_SECONDS)
            line.sent = 0
        parcel = line.next()
        while parcel is None and (line.look or line.outcomes or line.stale):
            line.look = False
            wait = self._turn(line)
            parcel = line.next()
            if parcel is None and wait is not None:
                line.look = True
                return wait
        return parcel

    def _turn(self, line: Line) -> float | None:
        """Write the outcomes and read ahead; the seconds until the first message may go, None when none waits."""
        try:
            with self._store.write() as tx:
                self._write(tx, line)
                line.ahead.clear()
                line.stale = False
                wait = self._read_ahead(tx, line) if self._open else None
        except BaseException:  # rolled back: nothing that was read ahead is in the table as it goes out
            line.ahead.clear()
            line.look = line.adrift = True
            raise
        line.outcomes.clear()
        return wait

    def _read_ahead(self, tx: sqlite3.Connection, line: Line) -> float | None:
        if line.adrift:
            # Only this courier sends on this route, and it sends nothing now.
            tx.execute("UPDATE engine_queue SET state='queued' WHERE route=? AND state='sending'", (line.route,))
            line.adrift = False
        way = ways(tx).get(line.route)
        if way is None or way.state != queue.RUNNING:
            return None
        careful = way.policy.deferred or way.policy.sequence or self._faults.arranged(points.ROUTE, NAME)
        items = queue.waiting(tx, line.route, 1 if careful else AHEAD)
        now = time.time()
        if items and items[0]["next_try"] > now:
            return float(items[0]["next_try"] - now)
        line.backlog = len(items) >= BACKLOG
        for item in items:
            if item["next_try"] > now:
                break
            parcel = self._parcel(tx, way, item)
            if parcel is None:
                break
            line.ahead.append(parcel)
        return None

    def _parcel(self, tx: sqlite3.Connection, way: Way, item: sqlite3.Row) -> Parcel | None:
        """An item as it goes out; None when a fault of the scene holds the route in front of it."""
        fault = self._faults.ask(points.ROUTE, NAME, item["control_id"], route=way.name)
        if fault and fault.effect.get("hold"):
            with provenance.acting(provenance.SCENE):
                tx.execute("UPDATE engine_route SET state='held' WHERE name=?", (way.name,))
            return None
        who, manner, data = (item["actor"], item["cause"]), way.policy, bytes(item["data"])
        if manner.deferred:
            data = late.asking(data)
            late.expect(tx, f"{NAME} {way.name}", item["id"], data)
            tx.execute("UPDATE engine_queue SET state='sending' WHERE id=?", (item["id"],))
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

    def _waiting(self, line: Line) -> None:
        """The message in flight is not acknowledged at once: meanwhile the table says all that there is to say."""
        with suppress(NotKept), self._store.write() as tx:
            self._write(tx, line)
            self._mark(tx, line)

    def _finish(self, line: Line, parcel: Parcel, delivery: Delivery) -> None:
        if parcel.deferred or parcel.attempts:
            with self._store.write() as tx:
                delivery = late.settled(tx, f"{NAME} {line.route}", parcel.id, delivery)
        at = self._clock.now().isoformat(timespec="milliseconds")
        verdict = self._verdict(line.route, parcel, delivery)
        if not line.done(Outcome(parcel, delivery, verdict, at, time.time())):
            return
        rest, again = line.ahead.copy(), line.stale or verdict.state == QUEUED
        line.ahead.clear()
        line.look = True
        if rest and not again:
            with self._store.write() as tx:
                self._write(tx, line)
            line.outcomes.clear()
            line.ahead = rest

    def _verdict(self, route: str, parcel: Parcel, delivery: Delivery) -> Verdict:
        if delivery.result == courier.DELIVERED:
            return Verdict(DELIVERED)
        with self._store.read() as tx:
            way = ways(tx).get(route)
        return judge(way.policy if way else Policy(), delivery, parcel.attempts + 1, self._clock)
