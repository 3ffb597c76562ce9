"""Settling a duplicate: the second object of a SOP instance UID is discarded, or filed under UIDs of its own."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from simlab.blobs import Blobs
from simlab.department.pacs import archive, duplicates
from simlab.department.pacs.repair.patients import Done
from simlab.department.pacs.settings import setting
from simlab.dicom.instance import Instance
from simlab.dicom.uids import uid


def settle(tx: sqlite3.Connection, number: int, admit: bool, blobs: Blobs, now: datetime, *, preview: bool) -> Done:
    """Discard duplicate `number`, or admit it: what it says of patient and study holds, the shared UIDs are replaced.

    The evidence stays on record either way, byte for byte as it came.
    """
    row = duplicates.the_duplicate(tx, number)
    state = duplicates.ADMITTED if admit else duplicates.DISCARDED
    new_uid, studies = "", ()  # type: tuple[str, tuple[str, ...]]
    if admit:
        pixels = None if row["pixels"] is None else blobs.get(row["pixels"])
        instance = Instance(row["transfer_syntax"], bytes(row["head"]), pixels)
        header = instance.header()
        study_uid = _study(tx, header.study_uid, header.patient_id, header.issuer or setting(tx, "default_issuer"))
        new_uid = uid("duplicate", row["sop_uid"], number)
        own = {"SOPInstanceUID": new_uid, "StudyInstanceUID": study_uid}
        own["SeriesInstanceUID"] = uid("duplicate", header.series_uid, study_uid, header.patient_id)
        admitted = instance.with_identity(own, moment=now, system=str(setting(tx, "ae_title")))
        archive.file(tx, admitted, row["pixels"], row["source"], now)
        studies = (study_uid,)
    tx.execute("UPDATE pacs_duplicate SET state=?, admitted_as=? WHERE id=?", (state, new_uid, number))
    verb = "is to be" if preview else "was"
    data = {
        "summary": f"duplicate {number} of {row['sop_uid']} {verb} {state}" + (f" as {new_uid}" if new_uid else ""),
        "duplicate": number,
        "sop_uid": row["sop_uid"],
        "admitted_as": new_uid,
        "study_uid": studies[0] if studies else row["study_uid"],
    }
    return Done(data, studies, (f"duplicate {number}",), row["patient_id"])


def _study(tx: sqlite3.Connection, study_uid: str, patient_id: str, issuer: str) -> str:
    """The study to admit into: its own, unless that is another patient's here."""
    row = tx.execute("SELECT patient_id, issuer FROM pacs_study WHERE study_uid=?", (study_uid,)).fetchone()
    if row is None or (row["patient_id"], row["issuer"]) == archive.survivor(tx, patient_id, issuer):
        return study_uid
    return uid("duplicate", study_uid, patient_id)
