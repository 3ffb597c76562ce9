"""A system's messages on their way out: kept in a table of its own, delivered in order, tried again, replies heard."""

from __future__ import annotations

import sqlite3
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from simlab import provenance
from simlab.clock import Clock
from simlab.errors import BadInput, NotFound
from simlab.faults import FaultTable
from simlab.hl7 import courier, late
from simlab.hl7.courier import Courier, Delivery, Parcel
from simlab.hl7.errors import Hl7Error
from simlab.hl7.message import Message, parse
from simlab.hl7.record import IN, message_type, record
from simlab.hl7.sequence import Counter
from simlab.hl7.spoiling import spoiled
from simlab.journal import Journal
from simlab.store import Store

QUEUED = "queued"
SENDING = "sending"


@dataclass(frozen=True)
class Destination:
    """Where a message goes, and how: over TLS, with a sequence number, ended by CA (`deferred`)."""

    host: str
    port: int
    tls: bool = False
    numbered: bool = False
    deferred: bool = False


def put(tx: sqlite3.Connection, name: str, message: Message, clock: Clock, **columns: Any) -> None:
    """Queue a message in table `name`, on behalf of whoever acts now; in the transaction that makes it."""
    who = provenance.current()
    row = {
        "type": message_type(message),
        "control_id": message.get("MSH-10"),
        "message": message.encode(),
        "state": QUEUED,
        "attempts": 0,
        "error": "",
        "next_try": 0.0,
        "actor": who.actor,
        "cause": who.cause,
        "queued": clock.now().isoformat(timespec="milliseconds"),
        **columns,
    }
    tx.execute(f"INSERT INTO {name} ({', '.join(row)}) VALUES ({', '.join(f':{one}' for one in row)})", row)


class Outbox:
    """Delivers the table `name`, first in first out. A subclass says where to (`destination`), and may say more.

    No answer and AR: tried again with back-off, AR not for ever. AE: it stays as an error, and the next one goes. One
    transaction writes what came of a message and takes the next one, which is then in flight (`sending`).
    """

    def __init__(
        self,
        system: str,
        name: str,
        store: Store,
        journal: Journal,
        clock: Clock,
        *,
        faults: FaultTable | None = None,
        context: Callable[[], ssl.SSLContext] | None = None,
    ) -> None:
        self.system = system
        self._table = name
        self._store = store
        self._journal = journal
        self._clock = clock
        self._faults = faults
        self._context = context
        self._courier: Courier | None = None
        self._ahead: Parcel | None = None

    # What a subclass says

    def destination(self, tx: sqlite3.Connection, row: sqlite3.Row) -> Destination | None:
        """Where a message goes; None: it waits."""
        raise NotImplementedError

    def answered(self, tx: sqlite3.Connection, answer: Message) -> None:
        """An order reply (ORR, ORI) came for a message that was taken."""

    def idle(self, tx: sqlite3.Connection) -> float | None:
        """The seconds until an empty table is looked at again; None: when somebody wakes us."""
        return None

    def head(self, tx: sqlite3.Connection) -> sqlite3.Row | None:
        """The message that goes next."""
        sql = f"SELECT * FROM {self._table} WHERE state=? ORDER BY id LIMIT 1"
        row: sqlite3.Row | None = tx.execute(sql, (QUEUED,)).fetchone()
        return row

    def settle(
        self, tx: sqlite3.Connection, parcel: Parcel, delivery: Delivery, state: str, attempts: int
    ) -> dict[str, Any]:
        """Write what came of an attempt; gives what more the journal is told of it."""
        tx.execute(
            f"UPDATE {self._table} SET state=?, attempts=?, error=?, next_try=?, ack=? WHERE id=? AND state=?",
            (
                state,
                attempts,
                "" if state == courier.DELIVERED else delivery.text,
                courier.retry_at(self._clock, attempts) if state == QUEUED else 0.0,
                delivery.ack,
                parcel.id,
                SENDING,
            ),
        )
        return {}

    # What it does

    def open(self) -> None:
        """Begin to deliver; what was in flight when an earlier process ended is sent again, with the same MSH-10."""
        self._courier = Courier(
            self._table,
            self._take,
            self._finish,
            context=self._context,
            counter=Counter(self._store, self.system),
            on_late=self._overheard,
        )
        self._courier.start()

    def close(self) -> None:
        """Deliver nothing more; what waits stays."""
        if self._courier:
            self._courier.close()
        self._courier = self._ahead = None

    def wake(self) -> None:
        """Look for something to deliver."""
        if self._courier:
            self._courier.wake()

    def hurry(self) -> None:
        """Forget every back-off and look again: the destination has changed, or the scene."""
        with self._store.write() as tx:
            tx.execute(f"UPDATE {self._table} SET next_try=0 WHERE state=? AND next_try<>0", (QUEUED,))
            self._store.after_commit(self.wake)

    def post(self, message: Message) -> None:
        """Queue a message in the open write transaction; it goes out once that is committed."""
        with self._store.write() as tx:
            put(tx, self._table, message, self._clock)
            self._store.after_commit(self.wake)

    def resend(self, item: int) -> str:
        """Queue a message again under the same MSH-10; gives its type and control ID. NotFound, BadInput."""
        with self._store.write() as tx:
            row = tx.execute(f"SELECT * FROM {self._table} WHERE id=?", (item,)).fetchone()
            if row is None:
                raise NotFound(
                    f"the {self.system} sent no message {item}", remedy=f"{self.system.lower()}.outbox lists them."
                )
            if row["state"] == SENDING:
                raise BadInput("it is being sent now", place=f"message {item}", remedy="Wait for its acknowledgement.")
            who = provenance.current()
            tx.execute(
                f"UPDATE {self._table} SET state=?, next_try=0, actor=?, cause=? WHERE id=?",
                (QUEUED, who.actor, who.cause, item),
            )
            self._store.after_commit(self.wake)
            return f"{row['type']} {row['control_id']}"

    def hear(self, answer: Message) -> str:
        """Give a late acknowledgement to the message it is for, and say to which; AE and AR make it an error."""
        with self._store.write() as tx:
            found = late.heard(tx, self.system, answer)
            return self._late(tx, found[1], answer) if found else "a reply to nothing sent from here"

    def busy(self) -> int:
        """Messages on their way; those behind one that waits after a failure are not."""
        if self._courier is None:
            return 0
        with self._store.read() as tx:
            first = self.head(tx)
            if first is not None and (first["next_try"] > time.time() or self.destination(tx, first) is None):
                return 0
            sql = f"SELECT count(*) FROM {self._table} WHERE state IN (?, ?)"
            return int(tx.execute(sql, (QUEUED, SENDING)).fetchone()[0])

    def _late(self, tx: sqlite3.Connection, item: int, answer: Message) -> str:
        result, text = late.judged(answer)
        tx.execute(
            f"UPDATE {self._table} SET state=?, error=? WHERE id=? AND state IN (?, ?)",
            (result, "" if result == courier.DELIVERED else text, item, QUEUED, courier.DELIVERED),
        )
        if result == courier.DELIVERED:
            self._order_reply(tx, answer)
        return f"the late reply to message {item}"

    def _overheard(self, reply: bytes, place: str) -> None:
        """The application's word that came on the sender's own connection when its message was let go."""
        answer = parse(reply)
        with self._store.write() as tx:
            sql = f"SELECT * FROM {self._table} WHERE control_id=? ORDER BY id DESC LIMIT 1"
            row = tx.execute(sql, (answer.get("MSA-2"),)).fetchone()
            if row is None:
                return
            with provenance.acting(row["actor"], row["cause"]):
                found = late.heard(tx, self.system, answer)
                text = self._late(tx, found[1] if found else row["id"], answer)
                record(self._journal, self.system, IN, answer, None, peer=place, text=text)

    def _order_reply(self, tx: sqlite3.Connection, answer: Message | bytes | None) -> None:
        if isinstance(answer, bytes):
            if b"\rORC" not in answer:  # nearly every reply: not worth reading
                return
            try:
                answer = parse(answer)
            except Hl7Error:
                return
        if answer is not None and answer.get("MSH-9.1") in ("ORR", "ORI"):
            self.answered(tx, answer)

    def _take(self) -> Parcel | float | None:
        ahead, self._ahead = self._ahead, None
        if ahead is not None:
            return ahead
        with self._store.read() as tx:
            sql = f"SELECT 1 FROM {self._table} WHERE state IN (?, ?) LIMIT 1"
            if not tx.execute(sql, (QUEUED, SENDING)).fetchone():
                return self.idle(tx)
        with self._store.write() as tx:
            # Only this courier sends from here: what is in flight without it was left so by an end that came early.
            tx.execute(f"UPDATE {self._table} SET state=? WHERE state=?", (QUEUED, SENDING))
            return self._next(tx)

    def _next(self, tx: sqlite3.Connection) -> Parcel | float | None:
        """Put the head of the table in flight; the seconds until it may go, None when nothing may."""
        row = self.head(tx)
        to = self.destination(tx, row) if row is not None else None
        if row is None or to is None:
            return self.idle(tx)
        wait = row["next_try"] - time.time()
        if wait > 0:
            return float(wait)
        data = bytes(row["message"])
        with provenance.acting(row["actor"], row["cause"]):
            if self._faults is not None:
                data = spoiled(self._faults, self.system, data)
            tx.execute(f"UPDATE {self._table} SET state=? WHERE id=?", (SENDING, row["id"]))
            if to.deferred:
                data = late.asking(data)
                late.expect(tx, self.system, row["id"], data)
        return Parcel(
            row["id"],
            data,
            to.host,
            to.port,
            row["actor"],
            row["cause"],
            row["attempts"],
            tls=to.tls,
            numbered=to.numbered,
            deferred=to.deferred,
        )

    def _finish(self, parcel: Parcel, delivery: Delivery) -> None:
        attempts = parcel.attempts + 1
        following: Parcel | float | None = None
        with self._store.write() as tx:
            delivery = late.settled(tx, self.system, parcel.id, delivery)
            state = courier.state_after(delivery, attempts)
            facts = self.settle(tx, parcel, delivery, state, attempts)
            if state == courier.DELIVERED:
                self._order_reply(tx, delivery.ack)
            courier.note(self._journal, facts.pop("system", self.system), parcel, delivery, **facts)
            if self._courier is not None:
                following = self._next(tx)
        if isinstance(following, Parcel):
            self._ahead = following
