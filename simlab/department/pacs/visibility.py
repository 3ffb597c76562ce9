"""What the archive shows: a quarantined study and a rejected instance are hidden, and whatever holds nothing else."""

from __future__ import annotations

import sqlite3

from simlab.department.pacs.settings import setting

QUALITY = "113001"
PATIENT_SAFETY = "113037"
WRONG_WORKLIST_ENTRY = "113038"
RETENTION_EXPIRED = "113039"
REASONS = {
    QUALITY: "Rejected for Quality Reasons",
    PATIENT_SAFETY: "Rejected for Patient Safety Reasons",
    WRONG_WORKLIST_ENTRY: "Incorrect Modality Worklist Entry",
    RETENTION_EXPIRED: "Data Retention Policy Expired",
}
"""Titles of a rejection note (PS3.16 CID 7011, IHE RAD IOCM). All hide; the first shows where the PACS is set to."""

_INSTANCES = """
UPDATE pacs_instance AS i SET hidden = NOT i.hidden
WHERE series_uid IN (SELECT series_uid FROM pacs_series WHERE study_uid = :study) AND i.hidden <> EXISTS (
    SELECT 1 FROM pacs_rejection r WHERE i.sop_uid IN (r.sop_uid, r.note_uid) AND r.code <> :shown)
"""
_SERIES = """
UPDATE pacs_series AS e SET hidden = NOT e.hidden
WHERE study_uid = :study AND e.hidden <> NOT EXISTS (
    SELECT 1 FROM pacs_instance i WHERE i.series_uid = e.series_uid AND i.hidden = 0)
"""
_STUDY = """
UPDATE pacs_study AS s SET hidden = NOT s.hidden
WHERE study_uid = :study AND s.hidden <> (s.quarantined OR NOT EXISTS (
    SELECT 1 FROM pacs_series e WHERE e.study_uid = s.study_uid AND e.hidden = 0))
"""


def refresh(tx: sqlite3.Connection, study_uid: str) -> None:
    """Hide and show what belongs to a study as its quarantine and its rejections have it now."""
    shown = QUALITY if setting(tx, "show_quality_rejected") else ""
    for statement in (_INSTANCES, _SERIES, _STUDY):
        tx.execute(statement, {"study": study_uid, "shown": shown})


def refresh_rejected(tx: sqlite3.Connection) -> None:
    """Do so for every study with a rejected instance: after the setting has changed."""
    rows = tx.execute(
        "SELECT DISTINCT e.study_uid FROM pacs_rejection r JOIN pacs_instance i USING (sop_uid) "
        "JOIN pacs_series e USING (series_uid)"
    ).fetchall()
    for row in rows:
        refresh(tx, row["study_uid"])
