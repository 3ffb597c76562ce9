"""The table of repairs: the name of each, what carries it out, and what the audit trail calls it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from simlab.blobs import Blobs
from simlab.department.pacs import audit, orders
from simlab.department.pacs.repair import (
    admitting,
    correcting,
    ledger,
    merging,
    moving,
    reconciling,
    rejecting,
    removing,
)
from simlab.department.pacs.repair.patients import Done, find_number, held, the_study
from simlab.errors import BadInput


@dataclass(frozen=True)
class Work:
    """What a repair works with: an open transaction, the time, the pixels; whether it will stand."""

    tx: sqlite3.Connection
    now: datetime
    blobs: Blobs
    preview: bool


Args = Mapping[str, Any]


def _merge(work: Work, a: Args) -> Done:
    retired = find_number(work.tx, a["retire_id"], a["retire_issuer"])
    return merging.merge(work.tx, retired, a["survive_id"], a["survive_issuer"], preview=work.preview)


def _unmerge(work: Work, a: Args) -> Done:
    number = find_number(work.tx, a["patient_id"], a["issuer"])
    return merging.unmerge(work.tx, number, a["studies"], preview=work.preview)


def _split(work: Work, a: Args) -> Done:
    target = find_number(work.tx, a["patient_id"], a["issuer"]) if a["patient_id"] else None
    return moving.split(
        work.tx, a["study_uid"], a["series"], a["instances"], a["new_study_uid"], target, preview=work.preview
    )


def _correct(work: Work, a: Args) -> Done:
    if a["level"] == "patient":
        return correcting.correct_patient(work.tx, find_number(work.tx, a["uid"], a["issuer"]), a["values"])
    if a["level"] not in ("study", "series"):
        raise BadInput(f"{a['level']!r} is no level", place="level", remedy="Say patient, study or series.")
    return correcting.correct(work.tx, a["level"], a["uid"], a["values"], preview=work.preview)


def _mark_reported(work: Work, a: Args) -> Done:
    study = the_study(work.tx, a["study_uid"])
    orders.mark_reported(work.tx, a["study_uid"], a["status"])
    data = {
        "summary": f"study {a['study_uid']}: report {a['status'] or 'none'}",
        "study_uid": a["study_uid"],
        "report": "" if a["status"] == "W" else a["status"],
        **held(work.tx, a["study_uid"]),
    }
    return Done(data, (a["study_uid"],), (f"report of {a['study_uid']}",), study["patient_id"])


def _note_order(work: Work, a: Args) -> Done:
    if not a["accession"].strip():
        raise BadInput("an order without accession number", place="accession", remedy="Look it up in the RIS.")
    orders.note(work.tx, a["accession"], {"status": "console", **a["facts"]})
    data = {"summary": f"order {a['accession']} noted", **(orders.find(work.tx, a["accession"]) or {})}
    return Done(data, (), (f"order {a['accession']}",), str(data.get("patient_id", "")))


DEEDS: dict[str, Callable[[Work, Args], Done]] = {
    merging.MERGE: _merge,
    "unmerge_patients": _unmerge,
    "update_patient": lambda w, a: correcting.update(
        w.tx, find_number(w.tx, a["patient_id"], a["issuer"]), a["demographics"]
    ),
    "move_study": lambda w, a: moving.move(w.tx, a["study_uid"], a["patient_id"], a["issuer"], preview=w.preview),
    "split_study": _split,
    "reconcile": lambda w, a: reconciling.reconcile(
        w.tx, a["study_uid"], a["accession"], a["facts"], a["adopt_uid"], preview=w.preview
    ),
    "correct": _correct,
    "quarantine": lambda w, a: removing.quarantine(w.tx, a["study_uid"], release=a["release"], reason=a["reason"]),
    "reject": lambda w, a: rejecting.reject_images(
        w.tx, a["study_uid"], a["code"], a["series"], a["instances"], w.now, preview=w.preview
    ),
    "delete_study": lambda w, a: removing.delete(w.tx, a["study_uid"], a["reason"], preview=w.preview),
    "expire_study": lambda w, a: removing.expire(w.tx, a["study_uid"], w.now.date(), preview=w.preview),
    "settle_duplicate": lambda w, a: admitting.settle(
        w.tx, a["duplicate"], a["admit"], w.blobs, w.now, preview=w.preview
    ),
    "mark_reported": _mark_reported,
    "note_order": _note_order,
    "undo": lambda w, a: ledger.undo(w.tx, a["repair"], preview=w.preview),
}

AUDITED = {
    merging.MERGE: (audit.PATIENT_RECORD, audit.UPDATE),
    "unmerge_patients": (audit.PATIENT_RECORD, audit.UPDATE),
    "update_patient": (audit.PATIENT_RECORD, audit.UPDATE),
    "delete_study": (audit.DELETED, audit.DELETE),
    "expire_study": (audit.DELETED, audit.DELETE),
    "mark_reported": (audit.PROCEDURE_RECORD, audit.UPDATE),
    "note_order": (audit.PROCEDURE_RECORD, audit.UPDATE),
}
"""What the audit trail calls a repair; the others are instances accessed for an update."""
