"""Taking studies out of sight and, when all that must be is fulfilled, out of the archive."""

from __future__ import annotations

import sqlite3
from datetime import date

from simlab.department.pacs import retention, visibility
from simlab.department.pacs.repair.patients import Done, held, the_study
from simlab.department.pacs.settings import setting
from simlab.errors import BadInput


def quarantine(tx: sqlite3.Connection, study_uid: str, *, release: bool, reason: str) -> Done:
    """Hide a study from query and retrieve, or show it again."""
    study = the_study(tx, study_uid)
    if bool(study["quarantined"]) != release:
        state = "in quarantine already" if not release else "not in quarantine"
        raise BadInput(f"the study is {state}", place=study_uid, remedy="Nothing needs doing.")
    tx.execute(
        "UPDATE pacs_study SET quarantined=?, quarantine_reason=? WHERE study_uid=?",
        (int(not release), "" if release else reason, study_uid),
    )
    visibility.refresh(tx, study_uid)
    there = held(tx, study_uid)
    verb = "released from quarantine" if release else "set apart in quarantine"
    data = {
        "summary": f"{there['instances']} instances of {there['series']} series {verb}",
        "study_uid": study_uid,
        "quarantined": not release,
        "reason": reason,
        **there,
    }
    return Done(data, (study_uid,), (f"quarantine of {study_uid}",), study["patient_id"])


def delete(tx: sqlite3.Connection, study_uid: str, reason: str, *, preview: bool) -> Done:
    """Delete a quarantined study of which every instance has a rejection note; it cannot be undone.

    The archive's is the only copy that counts: what no note rejects, or the retention policy does not let go (113039
    is its note), stays.
    """
    study = the_study(tx, study_uid)
    kept = tx.execute(
        "SELECT count(*) FROM pacs_instance i JOIN pacs_series e USING (series_uid) WHERE e.study_uid=? "
        "AND NOT EXISTS (SELECT 1 FROM pacs_rejection r WHERE i.sop_uid IN (r.sop_uid, r.note_uid))",
        (study_uid,),
    ).fetchone()[0]
    for wrong, remedy in (
        (not reason.strip() and "no reason is given", "Say why it is to be deleted."),
        (not study["quarantined"] and "the study is not in quarantine", "Set it apart first."),
        (kept and f"{kept} of its instances have no rejection note", "Reject them with a reason first (pacs reject)."),
    ):
        if wrong:
            raise BadInput(f"not deleted: {wrong}", place=study_uid, remedy=remedy)
    return _remove(tx, study, reason, "are to be deleted" if preview else "were deleted")


def expire(tx: sqlite3.Connection, study_uid: str, today: date, *, preview: bool) -> Done:
    """Delete a study that the retention policy lets go and nothing else holds; it cannot be undone."""
    study = the_study(tx, study_uid)
    [(_facts, standing)] = retention.standings(tx, today, study_uid)
    hindrance = retention.hindrance(tx, study_uid)
    if not setting(tx, "retention_deletes"):
        hindrance = "the PACS is not set to delete by itself"
    if not standing.may_go or hindrance:
        raise BadInput(
            f"not deleted: {hindrance or 'the retention policy keeps the study'}",
            place=study_uid,
            remedy="`simlab pacs retention` says when it may go.",
        )
    policy = f"the rule {standing.rule}" if standing.rule else "the setting retention_days"
    reason = f"kept until {standing.until} by {policy}"
    return _remove(tx, study, reason, f"{'are to expire' if preview else 'expired'}, {reason}")


def _remove(tx: sqlite3.Connection, study: sqlite3.Row, reason: str, verb: str) -> Done:
    study_uid = study["study_uid"]
    there = held(tx, study_uid)
    inside = "(SELECT series_uid FROM pacs_series WHERE study_uid=?)"
    tx.execute(
        f"DELETE FROM pacs_rejection WHERE sop_uid IN (SELECT sop_uid FROM pacs_instance WHERE series_uid IN {inside})",
        (study_uid,),
    )
    tx.execute(f"DELETE FROM pacs_correction WHERE uid=? OR uid IN {inside}", (study_uid, study_uid))
    tx.execute(f"DELETE FROM pacs_instance WHERE series_uid IN {inside}", (study_uid,))
    tx.execute("DELETE FROM pacs_series WHERE study_uid=?", (study_uid,))
    tx.execute("DELETE FROM pacs_study WHERE study_uid=?", (study_uid,))
    data = {
        "summary": f"{there['instances']} instances of {there['series']} series of {study['patient_id']} {verb}",
        "study_uid": study_uid,
        "reason": reason,
        **there,
    }
    return Done(data, (study_uid,), (f"filing of {study_uid}",), study["patient_id"])
