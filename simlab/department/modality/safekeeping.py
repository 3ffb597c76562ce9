"""A scanner asks the PACS to keep its images, hears the report, and only then lets its own copies go (IHE RAD-10)."""

from __future__ import annotations

import threading
import time
from typing import Any

from simlab import journal as kinds
from simlab.clock import Clock
from simlab.department.modality.calls import Calls
from simlab.department.modality.settings import ModalitySettings
from simlab.dicom import commitment, statuses
from simlab.dicom.commitment import COMPLETE, FAILURES, Reference, Report
from simlab.dicom.operation import Reply, Request
from simlab.dicom.uids import uid
from simlab.errors import BadInput, NotFound
from simlab.journal import Journal
from simlab.store import Store

Row = dict[str, Any]
SAME_ASSOCIATION_SECONDS = 1.0
"""How long the association of a request is kept open for its report."""

COMMITTED = (
    "EXISTS (SELECT 1 FROM modality_commitment_item c JOIN modality_commitment t USING (system, transaction_uid) "
    f"WHERE c.system=h.system AND c.sop_uid=h.sop_uid AND t.event={COMPLETE})"
)
"""Whether an instance was in a transaction that was reported complete."""
_GOES_ON = (
    "EXISTS (SELECT 1 FROM modality_step s WHERE s.system=h.system AND s.mpps_uid=h.mpps_uid "
    "AND s.status IN ('IN PROGRESS', 'ASKED'))"
)
"""Whether the step goes on in which an instance was made."""


class Safekeeping:
    """The transactions of one scanner. A report may come on the association of the request or at the scanner's door."""

    def __init__(self, system: str, store: Store, journal: Journal, clock: Clock, calls: Calls) -> None:
        self.system = system
        self._store = store
        self._journal = journal
        self._clock = clock
        self._calls = calls
        self._heard = threading.Condition()

    def open(self) -> None:
        """Forget the requests of an earlier process that the PACS has not answered: they are asked anew."""
        with self._store.write() as tx:
            rows = tx.execute(
                "SELECT transaction_uid FROM modality_commitment WHERE system=? AND taken=0 AND event IS NULL",
                (self.system,),
            ).fetchall()
            for row in rows:
                self._forget(row["transaction_uid"])

    def ask(self, now: ModalitySettings, study_uid: str = "", accession: str = "", *, wait: float = 3.0) -> Row:
        """Ask for commitment to all held images of a study, under a new transaction UID, waiting for the report.

        Without a study, to all that are not committed to yet. NotFound when there are none; raises what stops the
        association. `event` is 1 or 2, None when no report came within `wait` seconds.
        """
        wanted = self._wanted(study_uid, accession)
        if not wanted and not (study_uid or accession) and (held := self._held()):
            raise NotFound(
                f"the PACS is committed to all {held} images that {self.system} holds already",
                place=self.system, remedy="Free them, or name a study to ask for it once more.",
            )  # fmt: skip
        if not wanted:
            raise NotFound(
                f"{self.system} holds no images of {study_uid or accession or 'anybody'} to be committed to",
                place=self.system, remedy="Look what it holds.",
            )  # fmt: skip
        transaction = uid("commitment", self.system, self._clock.now().isoformat(), self._next())
        self._begin(transaction, wanted)
        try:
            done = self._calls.commit(
                self._calls.peer(now, "PACS"), now.ae_title, transaction, wanted, min(wait, SAME_ASSOCIATION_SECONDS)
            )
        except BaseException:
            self._forget(transaction)
            raise
        if not done.answer.done:
            self._forget(transaction)
            refused = f"commitment refused: {done.answer.status} {done.answer.comment}".strip()
            return {"transaction_uid": transaction, "answer": done.answer.status, "event": None, "failed": [],
                    "references": len(wanted), "done": False, "summary": refused}  # fmt: skip
        with self._store.write() as tx:
            tx.execute(
                "UPDATE modality_commitment SET taken=1 WHERE system=? AND transaction_uid=?",
                (self.system, transaction),
            )
        if done.report is not None:
            self._take(done.report)
        event = self._await(transaction, wait - SAME_ASSOCIATION_SECONDS)
        failed = self._failed(transaction)
        told = {
            None: f"commitment to {len(wanted)} images is asked for, its report not yet there",
            COMPLETE: f"{len(wanted)} images are committed to",
            FAILURES: f"commitment failed for {len(failed)} of {len(wanted)} images",
        }
        return {"transaction_uid": transaction, "answer": done.answer.status, "event": event, "failed": failed,
                "references": len(wanted), "done": event != FAILURES, "summary": told[event]}  # fmt: skip

    def hear(self, request: Request) -> Reply:
        """A report at the scanner's door (N-EVENT-REPORT)."""
        report = commitment.heard(request)
        if isinstance(report, Reply):
            return report
        if not self._take(report):
            return Reply(statuses.INVALID_ARGUMENT, comment="no such transaction here")
        return Reply(statuses.SUCCESS)

    def free(self, now: ModalitySettings, study_uid: str = "", accession: str = "") -> Row:
        """Delete held images; those not committed to are refused unless the scanner is set to let them go.

        Raises NotFound when there are none, BadInput when some may not go; then none goes.
        """
        with self._store.write() as tx:
            held = tx.execute(
                f"SELECT h.sop_uid, h.sent_at, h.mpps_uid, {COMMITTED} AS committed, {_GOES_ON} AS going "
                "FROM modality_held h WHERE system=?1 AND (?2='' OR study_uid=?2) AND (?3='' OR accession=?3)",
                (self.system, study_uid, accession),
            ).fetchall()
            if not held:
                raise NotFound(f"{self.system} holds no such images", place=self.system, remedy="Look what it holds.")
            needed = now.free_needs_commitment
            kept = [row for row in held if row["sent_at"] is None or (needed and not row["committed"])]
            if kept:
                raise BadInput(
                    f"{len(kept)} of {len(held)} images are not committed to by the PACS",
                    place=self.system,
                    remedy="Ask for commitment and wait for event 1: that a C-STORE succeeded is no such promise.",
                )
            going = sum(row["going"] for row in held) if needed else 0
            if going:
                raise BadInput(
                    f"the step of {going} of {len(held)} images goes on: the RIS is told of them when it ends",
                    place=self.system,
                    remedy="Complete or discontinue the step first.",
                )
            tx.executemany(
                "INSERT INTO modality_freed VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET images=images+1",
                [(self.system, row["mpps_uid"]) for row in held],
            )
            tx.executemany(
                "DELETE FROM modality_held WHERE system=? AND sop_uid=?",
                [(self.system, row["sop_uid"]) for row in held],
            )
            unsafe = sum(not row["committed"] for row in held)
            told = f"{len(held)} images deleted" + (f", {unsafe} of them not committed to" if unsafe else "")
            facts = {"study_uid": study_uid, "accession": accession, "deleted": len(held), "not_committed": unsafe}
            self._journal.record(kinds.CONSOLE, self.system, told, {"console": "free", **facts})
        return {**facts, "summary": told}

    def unasked(self) -> list[str]:
        """Studies that are sent whole, and for whose images nobody has asked since."""
        return self._studies(
            "sum(sent_at IS NULL)=0 AND sum(NOT EXISTS (SELECT 1 FROM modality_commitment_item c "
            "JOIN modality_commitment t USING (system, transaction_uid) WHERE c.system=h.system AND "
            "c.sop_uid=h.sop_uid AND t.asked>=h.sent_at))>0"
        )

    def freeable(self) -> list[str]:
        """Studies whose every image is committed to, and in which no step goes on."""
        return self._studies(f"sum(NOT {COMMITTED})=0 AND sum(sent_at IS NULL)=0 AND sum({_GOES_ON})=0")

    # The rows

    def _studies(self, having: str) -> list[str]:
        with self._store.read() as tx:
            rows = tx.execute(
                f"SELECT study_uid FROM modality_held h WHERE system=? GROUP BY study_uid HAVING {having} "
                "ORDER BY min(h.rowid)",
                (self.system,),
            )
            return [str(row[0]) for row in rows]

    def _wanted(self, study_uid: str, accession: str) -> list[Reference]:
        only = "1" if study_uid or accession else f"NOT {COMMITTED}"
        with self._store.read() as tx:
            rows = tx.execute(
                f"SELECT h.sop_class, h.sop_uid FROM modality_held h WHERE system=?1 AND (?2='' OR study_uid=?2) "
                f"AND (?3='' OR accession=?3) AND {only} ORDER BY h.rowid",
                (self.system, study_uid, accession),
            )
            return [Reference(*row) for row in rows]

    def _held(self) -> int:
        with self._store.read() as tx:
            found = tx.execute("SELECT count(*) FROM modality_held WHERE system=?", (self.system,)).fetchone()
        return int(found[0])

    def _next(self) -> int:
        """A number that no request of this scanner has had, a forgotten one included."""
        with self._store.write() as tx:
            found = tx.execute(
                "INSERT INTO modality_counter VALUES (?, 0) ON CONFLICT DO UPDATE SET value=value+1 RETURNING value",
                (self.system,),
            ).fetchone()
        return int(found[0])

    def _begin(self, transaction: str, wanted: list[Reference]) -> None:
        asked = self._clock.now().isoformat(timespec="seconds")
        with self._store.write() as tx:
            tx.execute(
                "INSERT INTO modality_commitment VALUES (?, ?, ?, NULL, '', 0)", (self.system, transaction, asked)
            )
            tx.executemany(
                "INSERT OR IGNORE INTO modality_commitment_item VALUES (?, ?, ?, NULL)",
                [(self.system, transaction, one.sop_uid) for one in wanted],
            )

    def _forget(self, transaction: str) -> None:
        with self._store.write() as tx:
            for table in ("modality_commitment_item", "modality_commitment"):
                tx.execute(f"DELETE FROM {table} WHERE system=? AND transaction_uid=?", (self.system, transaction))

    def _take(self, report: Report) -> bool:
        """Write a report down; False when it is of no transaction of ours."""
        mine = (self.system, report.transaction_uid)
        with self._store.write() as tx:
            known = tx.execute(
                "UPDATE modality_commitment SET event=?, reported=? WHERE system=? AND transaction_uid=?",
                (report.event, self._clock.now().isoformat(timespec="seconds"), *mine),
            ).rowcount
            tx.executemany(
                "UPDATE modality_commitment_item SET reason=? WHERE system=? AND transaction_uid=? AND sop_uid=?",
                [(one.reason, *mine, one.sop_uid) for one in report.failed],
            )
        with self._heard:
            self._heard.notify_all()
        return bool(known)

    def _await(self, transaction: str, seconds: float) -> int | None:
        """The event of the report, None when none came within `seconds`."""
        until = time.monotonic() + seconds
        with self._heard:
            while True:
                with self._store.read() as tx:
                    row = tx.execute(
                        "SELECT event FROM modality_commitment WHERE system=? AND transaction_uid=?",
                        (self.system, transaction),
                    ).fetchone()
                left = until - time.monotonic()
                if row is None or row["event"] is not None or left <= 0:
                    return int(row["event"]) if row and row["event"] else None
                self._heard.wait(left)

    def _failed(self, transaction: str) -> list[Row]:
        with self._store.read() as tx:
            rows = tx.execute(
                "SELECT sop_uid, reason FROM modality_commitment_item WHERE system=? AND transaction_uid=? "
                "AND reason IS NOT NULL ORDER BY rowid",
                (self.system, transaction),
            )
            return [{"sop_uid": row["sop_uid"], "reason": commitment.why(row["reason"])} for row in rows]
