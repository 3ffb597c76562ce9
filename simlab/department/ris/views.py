"""What can be seen in the RIS: pure reading functions on a snapshot."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from typing import Any

from simlab.department.ris import availability, mpps, reports
from simlab.department.ris import settings as ris_settings
from simlab.hl7 import sent

Rows = list[dict[str, Any]]

_STEPS = (
    "SELECT s.*, o.patient_id, o.issuer, o.exam, o.procedure_id, o.priority, p.name AS patient_name, p.birth_date, "
    "p.sex FROM ris_step s JOIN ris_order o USING (accession) "
    "LEFT JOIN ris_patient p ON p.patient_id = o.patient_id AND p.issuer = o.issuer "
    "WHERE (?1 IS NULL OR s.station_ae = ?1) AND (?2 IS NULL OR s.modality = ?2) "
    "AND (?3 IS NULL OR substr(s.start, 1, 10) = ?3) AND (?4 IS NULL OR s.accession = ?4) "
    "ORDER BY s.start, s.step_id"
)


def patients(tx: sqlite3.Connection, patient_id: str | None = None, issuer: str | None = None) -> Rows:
    """Patients with their other identifiers; a retired one says into whom it was merged."""
    others: dict[tuple[str, str], Rows] = {}
    for row in tx.execute("SELECT * FROM ris_identifier ORDER BY authority, number"):
        one = {"number": row["number"], "authority": row["authority"], "type": row["type"]}
        others.setdefault((row["patient_id"], row["issuer"]), []).append(one)
    sql = (
        "SELECT * FROM ris_patient WHERE (?1 IS NULL OR patient_id = ?1) AND (?2 IS NULL OR issuer = ?2) "
        "ORDER BY name, patient_id, issuer"
    )
    return [
        {**dict(row), "identifiers": others.get((row["patient_id"], row["issuer"]), [])}
        for row in tx.execute(sql, (patient_id, issuer))
    ]


def orders(
    tx: sqlite3.Connection,
    accession: str | None = None,
    patient_id: str | None = None,
    state: str | None = None,
    placer: str | None = None,
) -> Rows:
    """Orders with the patient's name."""
    sql = (
        "SELECT o.*, p.name AS patient_name FROM ris_order o "
        "LEFT JOIN ris_patient p ON p.patient_id = o.patient_id AND p.issuer = o.issuer "
        "WHERE (?1 IS NULL OR o.accession = ?1) AND (?2 IS NULL OR o.patient_id = ?2) "
        "AND (?3 IS NULL OR o.state = ?3) AND (?4 IS NULL OR o.placer = ?4) ORDER BY o.accession"
    )
    return [dict(row) for row in tx.execute(sql, (accession, patient_id, state, placer))]


def steps(
    tx: sqlite3.Connection,
    station: str | None = None,
    date: str | None = None,
    modality: str | None = None,
    accession: str | None = None,
) -> Rows:
    """Scheduled steps in every state, by start; `date` is ISO or DA."""
    return [dict(row) for row in tx.execute(_STEPS, (station, modality, _iso_date(date), accession))]


def worklist(
    tx: sqlite3.Connection,
    station: str | None = None,
    modality: str | None = None,
    date: str | None = None,
    accession: str | None = None,
) -> Rows:
    """The steps that a modality asking for these would be shown."""
    shown = ris_settings.load(tx).worklist_shows
    return [row for row in steps(tx, station, date, modality, accession) if row["state"] in shown]


def links(tx: sqlite3.Connection, patient_id: str | None = None) -> Rows:
    """Records that are said to be of one person (A24), and are kept apart all the same."""
    sql = "SELECT * FROM ris_link WHERE ?1 IS NULL OR patient_id = ?1 OR other_id = ?1 ORDER BY 1, 3"
    return [dict(row) for row in tx.execute(sql, (patient_id,))]


def visits(tx: sqlite3.Connection, patient_id: str | None = None) -> Rows:
    """Stays and attendances that ADT has told of: where the patient lies, and whether the visit goes on."""
    sql = "SELECT * FROM ris_visit WHERE ?1 IS NULL OR patient_id = ?1 ORDER BY number"
    return [dict(row) for row in tx.execute(sql, (patient_id,))]


def exams(tx: sqlite3.Connection, code: str | None = None) -> Rows:
    """Exams and the station that each is mapped to."""
    sql = "SELECT * FROM ris_exam WHERE ?1 IS NULL OR code = ?1 ORDER BY code"
    return [dict(row) for row in tx.execute(sql, (code,))]


def peers(tx: sqlite3.Connection, title: str | None = None) -> Rows:
    """Who may call the RIS, for what."""
    sql = "SELECT * FROM ris_peer WHERE ?1 IS NULL OR title = ?1 ORDER BY title"
    return [{**dict(row), "services": json.loads(row["services"])} for row in tx.execute(sql, (title,))]


def settings(tx: sqlite3.Connection, key: str | None = None) -> Rows:
    """Every setting with its value in force."""
    values = ris_settings.load(tx).model_dump(mode="json")
    return [{"key": name, "value": value} for name, value in values.items() if key in (None, name)]


def outbox(
    tx: sqlite3.Connection,
    state: str | None = None,
    control_id: str | None = None,
    patient_id: str | None = None,
    limit: int = -1,
) -> Rows:
    """Messages that the RIS sends on, oldest first, with how far they have come. With `limit` the last so many."""
    return sent.rows(tx, "ris_outbox", "RIS", state=state, control_id=control_id, patient_id=patient_id, limit=limit)


def downtime(tx: sqlite3.Connection, accession: str | None = None) -> Rows:
    """Entries of the downtime log."""
    sql = "SELECT * FROM ris_downtime WHERE ?1 IS NULL OR accession = ?1 ORDER BY id"
    return [dict(row) for row in tx.execute(sql, (accession,))]


def _iso_date(date: str | None) -> str | None:
    if date and len(date) == 8 and date.isdigit():
        return f"{date[:4]}-{date[4:6]}-{date[6:]}"
    return date


VIEWS: dict[str, Callable[..., Rows]] = {
    "patients": patients,
    "orders": orders,
    "steps": steps,
    "worklist": worklist,
    "exams": exams,
    "peers": peers,
    "settings": settings,
    "outbox": outbox,
    "downtime": downtime,
    "links": links,
    "visits": visits,
    "reports": reports.rows,
    "mpps": mpps.rows,
    "availability": availability.rows,
}
