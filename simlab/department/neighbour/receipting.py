"""The neighbour's receipts: a study that has come whole is notified to who sent it, until that is taken (PS3.4 R)."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable

from simlab import journal as kinds
from simlab import provenance
from simlab.clock import Clock
from simlab.department.neighbour import peers
from simlab.department.neighbour.settings import NAME, NeighbourSettings
from simlab.dicom import availability, contexts, normalized, statuses
from simlab.dicom.uids import uid
from simlab.errors import NotFound, SimlabError
from simlab.journal import Journal
from simlab.store import Store

_log = logging.getLogger(__name__)
WAITING, DELIVERED, UNDELIVERABLE = "waiting", "delivered", "undeliverable"
_PAUSES = (1.0, 2.0, 5.0, 15.0)
"""Machine seconds before each further try; after the last the receipt counts as undeliverable."""
_DUPLICATE = f"{statuses.DUPLICATE_INSTANCE:04X}"


class Receipting:
    """The rows of `neighbour_receipt`, and the thread that delivers them."""

    def __init__(self, store: Store, journal: Journal, clock: Clock, settings: Callable[[], NeighbourSettings]) -> None:
        self._store = store
        self._journal = journal
        self._clock = clock
        self._settings = settings
        self._turn = threading.Condition()
        self._closed = True
        self._under_way = 0
        self._thread: threading.Thread | None = None

    def open(self) -> None:
        """Go on with what an earlier process left."""
        self._closed = False
        self._thread = threading.Thread(target=self._run, name=f"{NAME}-receipts", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Begin no further try; what waits is delivered by the next process."""
        with self._turn:
            self._closed = True
            self._turn.notify_all()
        if self._thread is not None:
            self._thread.join(0.3)

    def busy(self) -> int:
        """Deliveries under way or due; a study whose end is awaited, or a try that waits, counts as idle."""
        with self._store.read() as tx:
            (due,) = tx.execute(
                "SELECT count(*) FROM neighbour_receipt WHERE state=? AND due<=?", (WAITING, time.time())
            ).fetchone()
        return max(self._under_way, 0 if self._closed else int(due))

    def stored(self, tx: sqlite3.Connection, title: str, study_uid: str) -> None:
        """An instance has come from `title`; call it inside the transaction that keeps it.

        Who is not among the peers gets no receipt.
        """
        now = self._settings()
        if not now.receipts or title not in peers.known(tx, now):
            return
        due = time.time() + now.receipt_seconds
        if not tx.execute(
            "UPDATE neighbour_receipt SET due=? WHERE study_uid=? AND title=? AND state=? AND attempts=0",
            (due, study_uid, title, WAITING),
        ).rowcount:
            self._add(tx, title, study_uid, due)
        self._store.after_commit(self._wake)

    def again(self, study_uid: str) -> str:
        """Send the receipt for what has come of a study once more, now; gives to whom. NotFound."""
        with self._store.write() as tx:
            rows = tx.execute(
                "SELECT DISTINCT source FROM neighbour_instance WHERE study_uid=?", (study_uid,)
            ).fetchall()
            known = peers.known(tx, self._settings())
            titles = [str(row["source"]) for row in rows if row["source"] in known]
            if not titles:
                raise NotFound(
                    f"nothing of {study_uid} has come from anybody that {NAME} knows",
                    place=NAME, remedy="`neighbour.receipts` lists what has come.",
                )  # fmt: skip
            for title in titles:
                self._add(tx, title, study_uid, 0.0)
            self._store.after_commit(self._wake)
        return ", ".join(titles)

    def _add(self, tx: sqlite3.Connection, title: str, study_uid: str, due: float) -> None:
        who = provenance.current()
        tx.execute(
            "INSERT INTO neighbour_receipt (study_uid, title, state, due, at, actor, cause) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (study_uid, title, WAITING, due, self._clock.now().isoformat(timespec="seconds"), who.actor, who.cause),
        )

    def _wake(self) -> None:
        with self._turn:
            self._turn.notify_all()

    def _run(self) -> None:
        while not self._closed:
            try:
                row = self._next()
                pause = None if row is None else float(row["due"]) - time.time()
                if row is not None and pause is not None and pause <= 0:
                    self._under_way = 1
                    with provenance.acting(row["actor"], row["cause"]):
                        self._deliver(row)
                    continue
            except Exception:  # a door to the world outside: the queue must outlive whatever goes wrong in one try
                if not self._closed:
                    _log.exception("%s: a receipt", NAME)
                pause = 1.0
            finally:
                self._under_way = 0
            with self._turn:
                if not self._closed:
                    self._turn.wait(1.0 if pause is None else min(max(pause, 0.01), 1.0))

    def _next(self) -> sqlite3.Row | None:
        with self._store.read() as tx:
            row: sqlite3.Row | None = tx.execute(
                "SELECT * FROM neighbour_receipt WHERE state=? ORDER BY due LIMIT 1", (WAITING,)
            ).fetchone()
        return row

    def _deliver(self, row: sqlite3.Row) -> None:
        now = self._settings()
        status, problem = "", ""
        instances: list[sqlite3.Row] = []
        try:
            with self._store.read() as tx:
                peer = peers.find(tx, now, row["title"])
                instances = tx.execute(
                    "SELECT series_uid, sop_class, sop_uid FROM neighbour_instance WHERE study_uid=? AND source=? "
                    "ORDER BY series_uid, number, sop_uid",
                    (row["study_uid"], row["title"]),
                ).fetchall()
            told = availability.notification(row["study_uid"], now.ae_title, [tuple(one) for one in instances])
            notice = uid("receipt", row["id"], row["at"], row["study_uid"])
            answer = normalized.create(peer, now.ae_title, contexts.INSTANCE_AVAILABILITY, notice, told)
            status = answer.status
            if not answer.done and status != _DUPLICATE:
                problem = f"answered {status} {statuses.words(int(status, 16))} {answer.comment}".strip()
        except SimlabError as error:
            problem = error.what
        self._settle(row, len(instances), status, problem)

    def _settle(self, row: sqlite3.Row, instances: int, status: str, problem: str) -> None:
        attempts = int(row["attempts"]) + 1
        given_up = bool(problem) and attempts > len(_PAUSES)
        state = DELIVERED if not problem else UNDELIVERABLE if given_up else WAITING
        due = time.time() + _PAUSES[min(attempts, len(_PAUSES)) - 1]
        with self._store.write() as tx:
            now = tx.execute("SELECT due FROM neighbour_receipt WHERE id=?", (row["id"],)).fetchone()
            if state == DELIVERED and now is not None and now["due"] != row["due"]:
                # More of the study came meanwhile: this receipt does not name it, and a peer takes one UID once.
                self._add(tx, row["title"], row["study_uid"], now["due"])
            tx.execute(
                "UPDATE neighbour_receipt SET state=?, attempts=?, error=?, due=?, delivered=?, instances=? WHERE id=?",
                (state, attempts, problem, due, "" if problem else self._clock.now().isoformat(timespec="seconds"),
                 instances, row["id"]),
            )  # fmt: skip
            said = f"receipt for {instances} images of {row['study_uid']} to {row['title']}"
            facts = {"role": "scu", "service": "N-CREATE", "sop_class": contexts.INSTANCE_AVAILABILITY,
                     "called": row["title"], "calling": self._settings().ae_title, "study_uid": row["study_uid"],
                     "instances": instances, "status": status, "comment": problem}  # fmt: skip
            self._journal.record(kinds.OPERATION, NAME, f"{said}: {problem}" if problem else said, facts)
