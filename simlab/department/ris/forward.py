"""Passing applied ADT and orders on: a durable outbox, and the courier that empties it."""

from __future__ import annotations

import sqlite3
import time
from functools import partial
from pathlib import Path

from simlab import credentials, provenance
from simlab.clock import Clock
from simlab.department.ris import orders, settings
from simlab.errors import NotFound
from simlab.faults import FaultTable
from simlab.hl7 import courier, late
from simlab.hl7.courier import DELIVERED, RETRY, Courier, Delivery, Parcel, retry_at
from simlab.hl7.message import Message, parse
from simlab.hl7.record import message_type
from simlab.hl7.sequence import Counter
from simlab.hl7.spoiling import spoiled
from simlab.journal import Journal
from simlab.store import Store

QUEUED = "queued"


class Forward:
    """First in, first out; what is not acknowledged is tried again, what is refused (AE) stays as an error."""

    def __init__(
        self,
        store: Store,
        journal: Journal,
        clock: Clock,
        faults: FaultTable,
        system: str,
        certificates: Path | None = None,
    ) -> None:
        self._store = store
        self._journal = journal
        self._clock = clock
        self._faults = faults
        self._system = system
        self._not_before: dict[int, float] = {}
        context = partial(credentials.calling, system, certificates)
        counter = Counter(store, system)
        self._courier = Courier(f"{system}-forward", self._take, self._finish, context=context, counter=counter)

    def start(self) -> None:
        self._courier.start()

    def close(self) -> None:
        """Stop sending; what waits is sent by the next process."""
        self._courier.close()

    def look_again(self) -> None:
        """Forget every back-off and look at the queue: after staging, or when the destination has changed."""
        self._not_before.clear()
        self._courier.wake()

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
        self._queue(tx, message)

    def send(self, tx: sqlite3.Connection, data: bytes) -> None:
        """Queue a message that the RIS made itself; it goes where the copies go."""
        self._queue(tx, parse(data))

    def _queue(self, tx: sqlite3.Connection, message: Message) -> None:
        who = provenance.current()
        tx.execute(
            "INSERT INTO ris_outbox (type, control_id, message, state, attempts, error, actor, cause, queued) "
            "VALUES (?, ?, ?, ?, 0, '', ?, ?, ?)",
            (
                message_type(message),
                message.get("MSH-10"),
                message.encode(),
                QUEUED,
                who.actor,
                who.cause,
                self._clock.now().isoformat(timespec="seconds"),
            ),
        )
        self._store.after_commit(self._courier.wake)

    def resend(self, tx: sqlite3.Connection, item: int) -> str:
        """Queue a message again under the same MSH-10; gives its type and control ID. NotFound."""
        row = tx.execute("SELECT * FROM ris_outbox WHERE id = ?", (item,)).fetchone()
        if row is None:
            raise NotFound(f"the RIS sent no message {item}", remedy="ris.outbox lists them.")
        who = provenance.current()
        tx.execute(
            "UPDATE ris_outbox SET state = ?, actor = ?, cause = ? WHERE id = ?", (QUEUED, who.actor, who.cause, item)
        )
        self._store.after_commit(self.look_again)
        return f"{row['type']} {row['control_id']}"

    def hear(self, answer: Message) -> str:
        """Give a late acknowledgement to the message it is for, and say to which; AE and AR make it an error."""
        with self._store.write() as tx:
            found = late.heard(tx, self._system, answer)
            if found is None:
                return "a reply to nothing sent from here"
            result, text = late.judged(answer)
            tx.execute(
                "UPDATE ris_outbox SET state = ?, error = ? WHERE id = ?",
                (result, "" if result == DELIVERED else text, found[1]),
            )
            return f"the late reply to message {found[1]}"

    def busy(self) -> int:
        """Messages on their way; one that waits for its next attempt, and all behind it, are idle."""
        with self._store.read() as tx:
            rows = tx.execute("SELECT id FROM ris_outbox WHERE state = ? ORDER BY id", (QUEUED,)).fetchall()
            if not rows or settings.load(tx).forward_adt is None:
                return 0
        return 0 if rows[0]["id"] in self._not_before else len(rows)

    def _take(self) -> Parcel | float | None:
        with self._store.read() as tx:
            row = tx.execute("SELECT * FROM ris_outbox WHERE state = ? ORDER BY id LIMIT 1", (QUEUED,)).fetchone()
            to = settings.load(tx).forward_adt if row else None
        if row is None or to is None:
            return None
        wait = self._not_before.get(row["id"], 0.0) - time.time()
        if wait > 0:
            return wait
        data = spoiled(self._faults, self._system, bytes(row["message"]))
        if to.deferred:
            data = late.asking(data)
            with self._store.write() as tx:
                late.expect(tx, self._system, row["id"], data)
        who = (row["actor"], row["cause"], row["attempts"])
        return Parcel(row["id"], data, to.host, to.port, *who, tls=to.tls, numbered=to.sequence, deferred=to.deferred)

    def _finish(self, parcel: Parcel, delivery: Delivery) -> None:
        with self._store.write() as tx:
            delivery = late.settled(tx, self._system, parcel.id, delivery)
            state = QUEUED if delivery.result == RETRY else delivery.result
            error = "" if delivery.result == DELIVERED else delivery.text
            if delivery.result == RETRY:
                self._not_before[parcel.id] = retry_at(self._clock, parcel.attempts + 1)
            else:
                self._not_before.pop(parcel.id, None)
            tx.execute(
                "UPDATE ris_outbox SET state = ?, attempts = attempts + 1, error = ? WHERE id = ?",
                (state, error, parcel.id),
            )
            courier.note(self._journal, self._system, parcel, delivery)
