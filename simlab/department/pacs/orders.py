"""What the PACS has been told of orders and reports, and the studies that nothing it was told of explains."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

from simlab.errors import BadInput

COLUMNS = (
    "patient_id",
    "issuer",
    "patient_name",
    "birth_date",
    "sex",
    "study_uid",
    "description",
    "referring",
    "status",
    "modality",
    "scheduled",
)
CANCELLED = "cancelled"
DISCONTINUED = "discontinued"

REPORT_STATUSES = ("", "P", "F", "C", "W")
"""HL7 table 0123: none, preliminary, final, corrected; W: withdrawn, which leaves the study unreported."""


def note(tx: sqlite3.Connection, accession: str, facts: Mapping[str, str]) -> None:
    """Remember an order, or what is new of one; facts that are empty change nothing."""
    row = {name: str(facts.get(name) or "") for name in COLUMNS}
    names = ", ".join(COLUMNS)
    marks = ", ".join(f":{name}" for name in COLUMNS)
    kept = ", ".join(f"{name}=CASE excluded.{name} WHEN '' THEN {name} ELSE excluded.{name} END" for name in COLUMNS)
    tx.execute(
        f"INSERT INTO pacs_order (accession, {names}) VALUES (:accession, {marks}) "
        f"ON CONFLICT (accession) DO UPDATE SET {kept}",
        {"accession": accession, **row},
    )


def find(tx: sqlite3.Connection, accession: str) -> dict[str, Any] | None:
    """The order of that accession number, as far as the PACS has been told."""
    row = tx.execute("SELECT * FROM pacs_order WHERE accession=?", (accession,)).fetchone()
    return dict(row) if row else None


def studies_reported(tx: sqlite3.Connection, accession: str, study_uid: str) -> list[sqlite3.Row]:
    """The studies that a report speaks of: by UID where it gives one that is held, else by accession number."""
    for column, value in (("study_uid", study_uid), ("accession", accession)):
        rows = tx.execute(f"SELECT * FROM pacs_study WHERE {column}=? AND {column} <> ''", (value,)).fetchall()
        if rows:
            return rows
    return []


def mark_reported(tx: sqlite3.Connection, study_uid: str, status: str) -> None:
    """Set a study's report status; BadInput for one that there is not."""
    if status not in REPORT_STATUSES:
        raise BadInput(
            f"{status!r} is no report status", remedy="P preliminary, F final, C corrected, W withdrawn, or nothing."
        )
    tx.execute("UPDATE pacs_study SET report=? WHERE study_uid=?", ("" if status == "W" else status, study_uid))


def links(tx: sqlite3.Connection, patient_id: str | None = None) -> list[dict[str, Any]]:
    """Records that are said to be of one person (A24), and are kept apart all the same."""
    sql = "SELECT * FROM pacs_link WHERE ?1 IS NULL OR patient_id = ?1 OR other_id = ?1 ORDER BY 1, 3"
    return [dict(row) for row in tx.execute(sql, (patient_id,))]


def known(tx: sqlite3.Connection, accession: str | None = None, patient_id: str | None = None) -> list[dict[str, Any]]:
    """The orders that the PACS has been told of."""
    rows = tx.execute(
        "SELECT * FROM pacs_order WHERE (:a IS NULL OR accession=:a) AND (:p IS NULL OR patient_id=:p) "
        "ORDER BY accession",
        {"a": accession, "p": patient_id},
    )
    return [dict(row) for row in rows]


_UNMATCHED = """
SELECT * FROM (
    SELECT s.study_uid, s.patient_id, s.issuer, p.name AS patient_name, p.birth_date, s.accession, s.study_date,
        s.study_time, s.description, s.quarantined, CASE
        WHEN EXISTS (SELECT 1 FROM pacs_instance i JOIN pacs_series e USING (series_uid) WHERE e.study_uid = s.study_uid
            AND s.coerced = 0 AND (i.stored_patient_id, i.stored_issuer) <> (s.patient_id, s.issuer))
            THEN 'images of another patient among it'
        WHEN EXISTS (SELECT 1 FROM pacs_order o WHERE o.performed_study = s.study_uid) THEN ''
        WHEN s.accession = '' THEN 'no accession number'
        WHEN o.accession IS NULL THEN 'no order with this accession number'
        WHEN o.status = 'cancelled' THEN 'the order is cancelled'
        WHEN o.patient_id <> s.patient_id AND NOT EXISTS (SELECT 1 FROM pacs_patient m WHERE m.patient_id = o.patient_id
            AND m.merged_into = s.patient_id) THEN 'the order is for ' || o.patient_id
        ELSE '' END AS reason
    FROM pacs_study s JOIN pacs_patient p ON p.patient_id = s.patient_id AND p.issuer = s.issuer
    LEFT JOIN pacs_order o ON o.accession = s.accession)
WHERE reason <> '' AND (:study IS NULL OR study_uid = :study) AND (:patient IS NULL OR patient_id = :patient)
ORDER BY study_date, study_time, study_uid
"""


def unmatched(
    tx: sqlite3.Connection, study_uid: str | None = None, patient_id: str | None = None
) -> list[dict[str, Any]]:
    """Studies that no order the PACS was told of explains, and why not; an administrator reconciles or rejects them."""
    rows = tx.execute(_UNMATCHED, {"study": study_uid, "patient": patient_id}).fetchall()
    return [{**dict(row), "quarantined": bool(row["quarantined"])} for row in rows]
