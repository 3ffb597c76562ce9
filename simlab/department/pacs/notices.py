"""What the PACS has to tell others on associations of its own: kept until it is delivered, tried again, given up."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydicom.dataset import Dataset

from simlab import journal as kinds
from simlab import provenance
from simlab.clock import Clock
from simlab.department.pacs.lanes import Lanes
from simlab.department.pacs.peers import address, find_peer
from simlab.department.pacs.settings import setting
from simlab.dicom import normalized, statuses
from simlab.dicom.client import Peer
from simlab.dicom.normalized import Answer
from simlab.errors import NotFound, SimlabError
from simlab.journal import Journal
from simlab.store import Store

log = logging.getLogger(__name__)

HELD, WAITING, DELIVERED, UNDELIVERABLE = "held", "waiting", "delivered", "undeliverable"
NOBODY = ""
"""The lane of whoever is not among the peers: such notices are not even tried."""

_LANE = "FROM pacs_notice n LEFT JOIN pacs_peer p USING (title) WHERE n.state=? AND coalesce(p.title, '')=? "

SAME, OWN = "same association", "own association"
"""On which association a notice went: that of the peer who asked, or one of ours."""


@dataclass(frozen=True)
class Draft:
    """The message of a notice: an event report when it has an event type, else the creation of an instance."""

    sop_class: str
    sop_instance: str
    information: Dataset
    event_type: int | None = None

    @property
    def service(self) -> str:
        return "N-CREATE" if self.event_type is None else "N-EVENT-REPORT"


Write = Callable[[sqlite3.Connection, sqlite3.Row], Draft]
"""Makes the message of a notice, from its row, when it is sent."""


class Notices:
    """The rows of `pacs_notice`, and the lanes that deliver them. `writers` make the message, by kind of notice.

    Each peer has a lane of its own. `certificates` is the folder of those for TLS.
    """

    def __init__(
        self,
        store: Store,
        journal: Journal,
        clock: Clock,
        writers: Mapping[str, Write],
        certificates: Path | None,
    ) -> None:
        self._store = store
        self._certificates = certificates
        self._journal = journal
        self._clock = clock
        self._writers = writers
        self._counting = threading.Lock()
        self._delivering = 0
        self._lanes = Lanes("PACS-notices", self._waiting, self._look)
        self.wake = self._lanes.wake
        """Look whether something is due."""

    def open(self) -> None:
        """Begin to deliver; what an earlier process held back is due."""
        with self._store.write() as tx:
            tx.execute("UPDATE pacs_notice SET state=? WHERE state=?", (WAITING, HELD))
        self._lanes.open()

    def close(self) -> None:
        """Stop delivering; what waits is delivered by the next process."""
        self._lanes.close()

    def busy(self) -> int:
        """Deliveries under way or due now; a notice that waits for its next try counts as idle."""
        if self._lanes.closed:
            return self._delivering
        with self._store.read() as tx:
            (due,) = tx.execute(
                "SELECT count(*) FROM pacs_notice WHERE state=? AND next_try<=?", (WAITING, time.time())
            ).fetchone()
        return max(self._delivering, int(due))

    def add(self, tx: sqlite3.Connection, kind: str, subject: str, title: str, *, held: bool) -> int:
        """Keep a notice on `subject` for the peer `title`, due at once unless `held`; gives its number."""
        who = provenance.current()
        added = tx.execute(
            "INSERT INTO pacs_notice (kind, subject, title, state, at, actor, cause) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (kind, subject, title, HELD if held else WAITING, self._now(), who.actor, who.cause),
        )
        if not held:
            self._store.after_commit(self.wake)
        return int(added.lastrowid or 0)

    def release(self, number: int) -> None:
        """Let a held notice be delivered on an association of our own."""
        with self._store.write() as tx:
            tx.execute("UPDATE pacs_notice SET state=? WHERE id=? AND state=?", (WAITING, number, HELD))
        self.wake()

    def again(self, tx: sqlite3.Connection, kind: str, subject: str) -> sqlite3.Row:
        """Try the latest undelivered notice on `subject` anew, now; NotFound when there is none."""
        row: sqlite3.Row | None = tx.execute(
            "SELECT * FROM pacs_notice WHERE kind=? AND subject=? AND state IN (?, ?) ORDER BY id DESC",
            (kind, subject, WAITING, UNDELIVERABLE),
        ).fetchone()
        if row is None:
            raise NotFound(
                f"no {kind} report on {subject} is undelivered", place="PACS", remedy="Look at the list of them."
            )
        tx.execute("UPDATE pacs_notice SET state=?, attempts=0, next_try=0, error='' WHERE id=?", (WAITING, row["id"]))
        self._store.after_commit(self.wake)
        return row

    def look_again(self, tx: sqlite3.Connection) -> None:
        """Try at once whatever waits: an address may have changed."""
        tx.execute("UPDATE pacs_notice SET next_try=0 WHERE state=?", (WAITING,))
        self._store.after_commit(self.wake)

    def draft(self, number: int) -> Draft:
        """The message of a notice."""
        with self._store.read() as tx:
            row = tx.execute("SELECT * FROM pacs_notice WHERE id=?", (number,)).fetchone()
            return self._writers[row["kind"]](tx, row)

    def settle(self, number: int, draft: Draft, answer: Answer | None, problem: str = "", *, how: str) -> None:
        """Write down what came of a try, in the row and in the journal; `how` says on whose association it was."""
        delivered = answer is not None and answer.done
        if answer is not None and not delivered:
            problem = f"answered {answer.status} {statuses.words(int(answer.status, 16))} {answer.comment}".strip()
        with self._store.write() as tx:
            row = tx.execute("SELECT * FROM pacs_notice WHERE id=?", (number,)).fetchone()
            if row is None:
                return  # a scene was staged meanwhile
            attempts = int(row["attempts"]) + 1
            state = DELIVERED if delivered else WAITING
            if not delivered and attempts >= int(setting(tx, "transfer_attempts")):
                state = UNDELIVERABLE
            pause = min(setting(tx, "retry_seconds") * 2 ** (attempts - 1), setting(tx, "retry_seconds_most"))
            if how == SAME:
                pause = 0  # the peer may well take it on an association of our own
            next_try = time.time() + pause / (self._clock.state()["speed"] or 1.0)
            done_at = self._now() if delivered else None
            tx.execute(
                "UPDATE pacs_notice SET state=?, attempts=?, error=?, next_try=?, delivered=?, how=? WHERE id=?",
                (state, attempts, problem, next_try, done_at, how if delivered else "", number),
            )  # fmt: skip
            self._record(row, draft, answer, state, problem, how)

    def _record(
        self, row: sqlite3.Row, draft: Draft, answer: Answer | None, state: str, problem: str, how: str
    ) -> None:
        what = f"{row['kind']} {'report' if draft.event_type is not None else 'notice'}"
        word = "delivered" if state == DELIVERED else "undeliverable" if state == UNDELIVERABLE else "not delivered"
        data = {
            "role": "scu",
            "service": draft.service,
            "called": row["title"],
            "sop_class": draft.sop_class,
            "sop_instance": draft.sop_instance,
            "event_type": draft.event_type,
            "subject": row["subject"],
            "status": answer.status if answer else "",
            "words": statuses.words(int(answer.status, 16)) if answer else problem,
            "state": state,
            "problem": problem,
            "how": how,
        }
        why = f": {problem}" if problem else ""
        self._journal.record(kinds.OPERATION, "PACS", f"{what} {word} to {row['title']}{why}", data)

    # The lanes

    def _now(self) -> str:
        return self._clock.now().isoformat(timespec="milliseconds")

    def _waiting(self) -> list[str]:
        with self._store.read() as tx:
            rows = tx.execute(
                "SELECT DISTINCT coalesce(p.title, ?) AS lane FROM pacs_notice n LEFT JOIN pacs_peer p USING (title) "
                "WHERE n.state=?",
                (NOBODY, WAITING),
            )
            return [row["lane"] for row in rows]

    def _look(self, lane: str) -> float | None:
        """Deliver what is due first; gives the seconds until the next is due, None when nothing waits."""
        with self._store.read() as tx:
            row = tx.execute(f"SELECT n.* {_LANE}ORDER BY n.next_try, n.id LIMIT 1", (WAITING, lane)).fetchone()
        if row is None:
            return None
        if (left := row["next_try"] - time.time()) > 0:
            return float(left)
        try:
            self._deliver(row)
        except Exception:  # a door to the world outside: one notice that fails must not hold up those behind it
            if self._lanes.closed:
                raise
            log.exception("a notice of the PACS failed")
            self._give_up(row["id"])
        return 0.0

    def _give_up(self, number: int) -> None:
        with self._store.write() as tx:
            tx.execute(
                "UPDATE pacs_notice SET state=?, error='internal error, see the log of the lab' WHERE id=?",
                (UNDELIVERABLE, number),
            )

    def _deliver(self, row: sqlite3.Row) -> None:
        with self._counting:
            self._delivering += 1
        try:
            with provenance.acting(row["actor"], row["cause"]):
                with self._store.read() as tx:
                    draft = self._writers[row["kind"]](tx, row)
                    peer, title = find_peer(tx, row["title"]), str(setting(tx, "ae_title"))
                try:
                    if peer is None:
                        raise NotFound(f"{row['title']} is not among the peers, nobody knows where it listens")
                    answer = _send(address(peer, self._certificates), title, draft)
                except SimlabError as error:
                    self.settle(row["id"], draft, None, error.what, how=OWN)
                else:
                    self.settle(row["id"], draft, answer, how=OWN)
        finally:
            with self._counting:
                self._delivering -= 1


def _send(peer: Peer, calling: str, draft: Draft) -> Answer:
    if draft.event_type is None:
        return normalized.create(peer, calling, draft.sop_class, draft.sop_instance, draft.information)
    return normalized.report_to(peer, calling, draft.sop_class, draft.sop_instance, draft.event_type, draft.information)
