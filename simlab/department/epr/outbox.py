"""The messages of the electronic patient record on their way out: durable, in order, tried again."""

from __future__ import annotations

import sqlite3
import time
from functools import partial
from pathlib import Path

from simlab import credentials, provenance
from simlab.clock import Clock
from simlab.department.epr import settings
from simlab.errors import BadInput, NotFound
from simlab.faults import FaultTable
from simlab.hl7 import courier, late
from simlab.hl7.courier import Courier, Delivery, Parcel
from simlab.hl7.message import Message, parse
from simlab.hl7.record import message_type
from simlab.hl7.sequence import Counter
from simlab.hl7.spoiling import spoiled
from simlab.journal import Journal
from simlab.store import Store

NAME = "EPR"
_READY = "(state = 'sending' OR (state = 'queued' AND next_try <= ?))"


class Outbox:
    """Delivers table `epr_outbox` to the address in the settings; without one the messages wait."""

    def __init__(
        self, store: Store, journal: Journal, clock: Clock, faults: FaultTable, certificates: Path | None = None
    ) -> None:
        self._store = store
        self._journal = journal
        self._clock = clock
        self._faults = faults
        self._context = partial(credentials.calling, NAME, certificates)
        self._courier: Courier | None = None

    def open(self) -> None:
        """Begin to deliver; what was in flight when an earlier process ended is sent again, with the same MSH-10."""
        with self._store.write() as tx:
            tx.execute("UPDATE epr_outbox SET state='queued' WHERE state='sending'")
        self._courier = Courier(
            NAME, self._take, self._finish, context=self._context, counter=Counter(self._store, NAME)
        )
        self._courier.start()

    def close(self) -> None:
        """Deliver nothing more; what waits stays."""
        if self._courier:
            self._courier.close()
        self._courier = None

    def wake(self) -> None:
        """Look for something to deliver."""
        if self._courier:
            self._courier.wake()

    def put(self, data: bytes) -> None:
        """Queue a message in the open write transaction; it goes out once that is committed."""
        message, who = parse(data), provenance.current()
        with self._store.write() as tx:
            tx.execute(
                "INSERT INTO epr_outbox (type, control_id, message, state, attempts, error, next_try, actor, cause, "
                "queued) VALUES (?, ?, ?, 'queued', 0, '', 0, ?, ?, ?)",
                (
                    message_type(message),
                    message.get("MSH-10"),
                    data,
                    who.actor,
                    who.cause,
                    self._clock.now().isoformat(timespec="milliseconds"),
                ),
            )
            self._store.after_commit(self.wake)

    def resend(self, item: int) -> str:
        """Queue a message again under the same MSH-10; gives its type and control ID. NotFound, BadInput."""
        with self._store.write() as tx:
            row = tx.execute("SELECT * FROM epr_outbox WHERE id=?", (item,)).fetchone()
            if row is None:
                raise NotFound(f"the EPR sent no message {item}", remedy="epr.outbox lists them.")
            if row["state"] == "sending":
                raise BadInput("it is being sent now", place=f"message {item}", remedy="Wait for its acknowledgement.")
            who = provenance.current()
            tx.execute(
                "UPDATE epr_outbox SET state='queued', next_try=0, actor=?, cause=? WHERE id=?",
                (who.actor, who.cause, item),
            )
            self._store.after_commit(self.wake)
            return f"{row['type']} {row['control_id']}"

    def hear(self, answer: Message) -> str:
        """Give a late acknowledgement to the message it is for, and say to which; AE and AR make it an error."""
        with self._store.write() as tx:
            found = late.heard(tx, NAME, answer)
            if found is None:
                return "a reply to nothing sent from here"
            result, text = late.judged(answer)
            tx.execute(
                "UPDATE epr_outbox SET state=?, error=? WHERE id=? AND state IN ('queued', 'delivered')",
                (result, "" if result == courier.DELIVERED else text, found[1]),
            )
            return f"the late reply to message {found[1]}"

    def busy(self) -> int:
        """Messages on their way; those behind one that waits after a failure are not."""
        if self._courier is None:
            return 0
        with self._store.read() as tx:
            head = self._head(tx)
            if not settings.read(tx)["destination_host"] or (head and head["next_try"] > time.time()):
                return 0
            row = tx.execute(f"SELECT count(*) FROM epr_outbox WHERE {_READY}", (time.time(),)).fetchone()
        return int(row[0])

    @staticmethod
    def _head(tx: sqlite3.Connection) -> sqlite3.Row | None:
        row: sqlite3.Row | None = tx.execute(
            "SELECT * FROM epr_outbox WHERE state='queued' ORDER BY id LIMIT 1"
        ).fetchone()
        return row

    def _take(self) -> Parcel | float | None:
        with self._store.read() as tx:
            head, now = self._head(tx), settings.read(tx)
        if head is None or not now["destination_host"]:
            return None
        wait = head["next_try"] - time.time()
        if wait > 0:
            return float(wait)
        data, deferred = spoiled(self._faults, NAME, bytes(head["message"])), now["destination_deferred"] == "true"
        with self._store.write() as tx:
            tx.execute("UPDATE epr_outbox SET state='sending' WHERE id=?", (head["id"],))
            if deferred:
                data = late.asking(data)
                late.expect(tx, NAME, head["id"], data)
        return Parcel(
            head["id"],
            data,
            now["destination_host"],
            int(now["destination_port"]),
            head["actor"],
            head["cause"],
            head["attempts"],
            tls=now["destination_tls"] == "true",
            numbered=now["destination_sequence"] == "true",
            deferred=deferred,
        )

    def _finish(self, parcel: Parcel, delivery: Delivery) -> None:
        attempts = parcel.attempts + 1
        with self._store.write() as tx:
            delivery = late.settled(tx, NAME, parcel.id, delivery)
            state = courier.state_after(delivery, attempts)
            next_try = courier.retry_at(self._clock, attempts) if state == "queued" else 0.0
            tx.execute(
                "UPDATE epr_outbox SET state=?, attempts=?, error=?, next_try=?, ack=? WHERE id=? AND state='sending'",
                (
                    state,
                    attempts,
                    "" if state == courier.DELIVERED else delivery.text,
                    next_try,
                    delivery.ack,
                    parcel.id,
                ),
            )
            courier.note(self._journal, NAME, parcel, delivery)
