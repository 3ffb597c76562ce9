"""Rejection notes that come over DICOM: held to the retention rules, told to the audit trail, kept for late images."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from simlab.clock import Clock
from simlab.department.pacs import audit, reject, retention
from simlab.department.pacs.retention import StillKept
from simlab.department.pacs.visibility import REASONS, RETENTION_EXPIRED
from simlab.dicom.header import Header
from simlab.dicom.operation import Request
from simlab.dicom.uids import is_uid
from simlab.store import Store


class RejectionNotes:
    """What becomes of a rejection note that a peer stores, and of the images that it names."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def taken(self, tx: sqlite3.Connection, request: Request, header: Header, note: reject.Note) -> list[str]:
        """Reject what a note that has just been filed names, and give its SOP instance UIDs.

        What is not held yet is rejected when it comes. Raises StillKept when the note says that retention has expired
        and a rule keeps one of the studies still; then nothing of it may stand.
        """
        code, named = note
        found = self._reject(tx, header.sop_instance_uid, code, named)
        absent = [uid for uid in dict.fromkeys(named) if is_uid(uid) and not _held(tx, uid)]
        tx.executemany(
            "INSERT OR REPLACE INTO pacs_rejection_awaited VALUES (?, ?, ?)",
            [(uid, header.sop_instance_uid, code) for uid in absent],
        )
        later = f", {len(absent)} more when they come" if absent else ""
        self._tell(tx, request, header, f"note rejects {len(found)} instances{later}: {REASONS[code]} ({code})")
        return found

    def refused(self, request: Request, header: Header, error: StillKept) -> None:
        """Tell the audit trail of a note that was not taken."""
        with self._store.write() as tx:
            self._tell(tx, request, header, f"rejection note refused: {error.what}", audit.MINOR_FAILURE)

    def arrived(self, tx: sqlite3.Connection, request: Request, header: Header) -> bool:
        """Reject a new instance that a note of its patient named before it came; whether one did."""
        rejected = False
        uid = header.sop_instance_uid
        rows = tx.execute("SELECT * FROM pacs_rejection_awaited WHERE sop_uid=? ORDER BY rowid", (uid,)).fetchall()
        for row in rows:
            try:
                rejected |= bool(self._reject(tx, row["note_uid"], row["code"], [uid]))
            except StillKept as error:
                summary = f"an image that a note had rejected is shown: {error.what}"
                self._tell(tx, request, header, summary, audit.MINOR_FAILURE)
        if rows:
            tx.execute("DELETE FROM pacs_rejection_awaited WHERE sop_uid=?", (uid,))
        return rejected

    def _reject(self, tx: sqlite3.Connection, note_uid: str, code: str, named: Iterable[str]) -> list[str]:
        if code == RETENTION_EXPIRED:
            for study_uid in sorted(set(reject.subjects(tx, note_uid, named).values())):
                retention.let_go(tx, study_uid, self._clock.now().date())
        return reject.apply(tx, note_uid, code, named)

    def _tell(
        self, tx: sqlite3.Connection, request: Request, header: Header, summary: str, outcome: str = audit.SUCCESS
    ) -> None:
        audit.write(
            tx,
            self._clock.now(),
            audit.ACCESSED,
            audit.UPDATE,
            summary,
            patients=[header.patient_id],
            studies=[header.study_uid],
            user=request.caller.user,
            ae=request.caller.calling,
            host=request.caller.host,
            outcome=outcome,
        )


def _held(tx: sqlite3.Connection, sop_uid: str) -> bool:
    return tx.execute("SELECT 1 FROM pacs_instance WHERE sop_uid=?", (sop_uid,)).fetchone() is not None
