"""Rejecting images from the console: a rejection note is written, filed beside them, and does what its code says."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from simlab.department.pacs import archive, reject, retention
from simlab.department.pacs.repair.patients import Done, the_study
from simlab.department.pacs.visibility import REASONS, RETENTION_EXPIRED

SOURCE = "CONSOLE"
"""What a note says of where it came from, in place of an AE title."""


def reject_images(
    tx: sqlite3.Connection,
    study_uid: str,
    code: str,
    series: Sequence[str],
    instances: Sequence[str],
    now: datetime,
    *,
    preview: bool,
) -> Done:
    """Reject a study, or series or instances of it, for the reason that `code` (113001, 113037…) stands for."""
    study = the_study(tx, study_uid)
    code = reject.checked_code(code)
    if code == RETENTION_EXPIRED:
        retention.let_go(tx, study_uid, now.date())
    rejected = reject.chosen(tx, study_uid, series, instances)
    number = 1 + int(tx.execute("SELECT count(DISTINCT note_uid) FROM pacs_rejection").fetchone()[0])
    owner = (study["patient_id"], study["issuer"])
    patient = tx.execute("SELECT * FROM pacs_patient WHERE patient_id=? AND issuer=?", owner).fetchone()
    note = reject.write_note(study, patient, rejected, code, now, number)
    archive.file(tx, note, None, SOURCE, now)
    note_uid = note.header().sop_instance_uid
    done = reject.apply(tx, note_uid, code, [row["sop_uid"] for row in rejected])
    many = len({row["series_uid"] for row in rejected})
    verb = "are to be rejected" if preview else "were rejected"
    data = {
        "summary": f"{len(done)} instances of {many} series {verb}: {REASONS[code]} ({code})",
        "study_uid": study_uid,
        "code": code,
        "reason": REASONS[code],
        "note_uid": note_uid,
        "instances": len(done),
        "series": many,
    }
    return Done(data, (study_uid,), tuple(f"rejection of {uid}" for uid in done), owner[0])
