"""The interface engine at work: its inbound door and the console of the interface team."""

from __future__ import annotations

import sqlite3
import time
from functools import partial
from typing import Any

from simlab import journal as kinds
from simlab import provenance
from simlab.clock import Clock
from simlab.config import Endpoint
from simlab.department.engine import queue
from simlab.department.engine.delivery import NAME, Deliveries
from simlab.department.engine.schema import SCHEMA
from simlab.department.engine.stage import EngineStage, Route, lay_out, put_route
from simlab.errors import BadInput, NotFound
from simlab.faults import FaultTable
from simlab.hl7.message import Message, from_text
from simlab.hl7.mllp import MllpServer
from simlab.hl7.receiver import Receiver
from simlab.hl7.record import noise_into
from simlab.journal import Journal
from simlab.store import Store


class Engine:
    """Answers AA once a message is durably queued, and delivers it by its routes: in order, one in flight a route.

    No answer, a wrong one, or AR: the route tries again with back-off (AR ten times, then the error queue).
    AE: the item goes to the error queue and the route goes on.
    """

    SCHEMA = SCHEMA

    def __init__(self, store: Store, journal: Journal, clock: Clock, faults: FaultTable) -> None:
        self._store = store
        self._journal = journal
        self._clock = clock
        self._faults = faults
        store.install(SCHEMA)
        receiver = Receiver(NAME, store, journal, clock, faults, self._accept, recall=self._recall, keep=self._keep)
        self._server = MllpServer(NAME, receiver, on_noise=noise_into(journal, NAME))
        self._deliveries = Deliveries(store, journal, clock, faults)
        self._serving = False
        self.endpoints: dict[str, Endpoint] = {}

    # Opening and closing

    def open(self, host: str, port: int) -> int:
        """Listen for messages (port 0: any free one) and begin to deliver; OSError when the port is taken.

        What was in flight when an earlier process ended is sent again, under the same control ID.
        """
        bound = self._server.open(host, port)
        self.endpoints["ADT"] = Endpoint(host, bound)
        self._serving = True
        self._deliveries.open()
        return bound

    def close(self) -> None:
        """Stop listening and delivering; the queue stays as it is."""
        self._serving = False
        self._server.close()
        self._deliveries.close()

    def stage(self, section: EngineStage) -> None:
        """Lay out a scene's routes and queue; inside the caller's transaction."""
        with self._store.write() as tx:
            lay_out(tx, section, self._clock.now())
            self._store.after_commit(self._deliveries.staff)

    def busy(self) -> int:
        """Items on running routes that are on their way: not held, and not waiting after a failure."""
        with self._store.read() as tx:
            row = tx.execute(
                "SELECT count(*) FROM engine_queue q JOIN engine_route r ON r.name = q.route WHERE r.state = 'running' "
                "AND (q.state = 'sending' OR (q.state = 'queued' AND NOT EXISTS (SELECT 1 FROM engine_queue f "
                "WHERE f.route = q.route AND f.state = 'queued' AND f.id <= q.id AND f.next_try > ?)))",
                (time.time(),),
            ).fetchone()
        return int(row[0]) if self._serving else 0

    # The inbound door

    def _recall(self, message: Message) -> bytes | None:
        """The acknowledgement that this very message got before."""
        with self._store.read() as tx:
            for row in queue.earlier(tx, message):
                if row["data"] == message.data and row["ack"] is not None:
                    return bytes(row["ack"])
        return None

    def _accept(self, message: Message) -> str:
        with self._store.write() as tx:
            names = queue.routes_for(tx, message)
            text = f"queued for {', '.join(names)}" if names else "taken; no route wants it"
            if queue.earlier(tx, message):
                text += f"; control ID {message.get('MSH-10')} was used before for another message"
        return text

    def _keep(self, message: Message, ack: bytes) -> None:
        with self._store.write() as tx:
            now = self._clock.now()
            kept = queue.keep(tx, message, ack, now)
            for name in queue.routes_for(tx, message):
                queue.put(tx, name, kept, now, provenance.current())
                self._store.after_commit(partial(self._deliveries.wake, name))

    # The console

    def hold(self, route: str) -> dict[str, Any]:
        """Hold a route: what comes waits in its queue."""
        with self._store.write() as tx:
            _route(tx, route)
            tx.execute("UPDATE engine_route SET state='held' WHERE name=?", (route,))
            return self._console(f"route {route} held", {"do": "hold", "route": route})

    def release(self, route: str) -> dict[str, Any]:
        """Let a route run; what waits is tried at once, in order.

        What the scene had laid in the queue flows on behalf of whoever releases it.
        """
        with self._store.write() as tx:
            _route(tx, route)
            who = provenance.current()
            tx.execute("UPDATE engine_route SET state='running' WHERE name=?", (route,))
            tx.execute("UPDATE engine_queue SET next_try=0 WHERE route=? AND state='queued'", (route,))
            tx.execute(
                "UPDATE engine_queue SET actor=?, cause=? WHERE route=? AND state='queued' AND actor='scene'",
                (who.actor, who.cause, route),
            )
            waiting = tx.execute("SELECT count(*) FROM engine_queue WHERE route=? AND state='queued'", (route,))
            count = waiting.fetchone()[0]
            self._store.after_commit(partial(self._deliveries.wake, route))
            return self._console(
                f"route {route} released, {count} waiting", {"do": "release", "route": route, "waiting": count}
            )

    def resend(self, item: int, message: str | None = None) -> dict[str, Any]:
        """Send an item (again), with the edited text `message` where given; the original stays on record.

        One that waits keeps its place in the queue and is tried at once; a finished one is queued anew at the end.
        A held route stays held.
        """
        edited = from_text(message).data if message is not None else None
        with self._store.write() as tx:
            row = _item(tx, item)
            who, now = provenance.current(), self._clock.now()
            if row["state"] == queue.SENDING:
                raise BadInput("it is being sent now", place=f"item {item}", remedy="Wait for its acknowledgement.")
            if row["state"] == queue.QUEUED:
                number = item
                tx.execute(
                    "UPDATE engine_queue SET edited=coalesce(?, edited), next_try=0, actor=?, cause=? WHERE id=?",
                    (edited, who.actor, who.cause, item),
                )
            else:
                number = queue.again(tx, row, edited if edited is not None else row["edited"], now, who)
            held = _route(tx, row["route"])["state"] == queue.HELD
            self._store.after_commit(partial(self._deliveries.wake, row["route"]))
            words = f"item {item} of {row['route']} queued{' with an edited text' if edited else ''}"
            if held:
                words += "; the route is held"
            return self._console(
                words, {"do": "resend", "item": number, "from": item, "route": row["route"], "edited": bool(edited)}
            )

    def discard(self, item: int, reason: str) -> dict[str, Any]:
        """Take an item out of the queue for good; it stays on record with the reason."""
        if not reason.strip():
            raise BadInput("no reason given", place=f"item {item}", remedy="Say why the message is not delivered.")
        with self._store.write() as tx:
            row = _item(tx, item)
            if row["state"] not in (queue.QUEUED, queue.ERROR):
                raise BadInput(
                    f"it is {row['state']}", place=f"item {item}", remedy="Only what waits can be discarded."
                )
            tx.execute(
                "UPDATE engine_queue SET state='discarded', reason=?, done=? WHERE id=?",
                (reason, self._clock.now().isoformat(timespec="milliseconds"), item),
            )
            self._store.after_commit(partial(self._deliveries.wake, row["route"]))
            return self._console(
                f"item {item} of {row['route']} discarded: {reason}",
                {"do": "discard", "item": item, "route": row["route"], "reason": reason},
            )

    def set_route(self, name: str, host: str | None = None, port: int | None = None) -> dict[str, Any]:
        """Point a route at another address; what waits is tried there at once."""
        with self._store.write() as tx:
            row = _route(tx, name)
            port = row["port"] if port is None else port
            if not 1 <= port <= 65535:
                raise BadInput(f"{port} is no port", place=f"route {name}", remedy="Ports are 1 to 65535.")
            route = Route(
                name=name, port=port, host=host or row["host"], state=row["state"], ack_seconds=row["ack_seconds"]
            )
            put_route(tx, route, row["position"])
            tx.execute("UPDATE engine_route SET sources=?, types=? WHERE name=?", (row["sources"], row["types"], name))
            tx.execute("UPDATE engine_queue SET next_try=0 WHERE route=? AND state='queued'", (name,))
            self._store.after_commit(partial(self._deliveries.wake, name))
            return self._console(
                f"route {name} goes to {route.host}:{route.port}",
                {"do": "set_route", "route": name, "host": route.host, "port": route.port},
            )

    def _console(self, summary: str, data: dict[str, Any]) -> dict[str, Any]:
        self._journal.record(kinds.CONSOLE, NAME, summary, data)
        return {**data, "summary": summary}


def _route(tx: sqlite3.Connection, name: str) -> sqlite3.Row:
    row: sqlite3.Row | None = tx.execute("SELECT * FROM engine_route WHERE name=?", (name,)).fetchone()
    if row is None:
        names = ", ".join(r["name"] for r in tx.execute("SELECT name FROM engine_route ORDER BY position"))
        raise NotFound(f"there is no route {name}", place=NAME, remedy=f"There are: {names or 'none'}.")
    return row


def _item(tx: sqlite3.Connection, number: int) -> sqlite3.Row:
    row: sqlite3.Row | None = tx.execute("SELECT * FROM engine_queue WHERE id=?", (number,)).fetchone()
    if row is None:
        raise NotFound(f"there is no item {number}", place=NAME, remedy="Look at the queue for the item's number.")
    return row
