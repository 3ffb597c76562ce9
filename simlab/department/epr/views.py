"""What the electronic patient record shows."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

from simlab.department.epr.results import as_shown
from simlab.department.epr.settings import read as settings_of
from simlab.hl7 import sent
from simlab.people import NHS

Rows = list[dict[str, Any]]


def patients(tx: sqlite3.Connection, patient_id: str | None = None) -> Rows:
    """Patients with their NHS number; a retired number has `merged_into`."""
    rows = tx.execute(
        "SELECT p.patient_id, p.issuer, p.name, p.birth_date, p.sex, coalesce((SELECT number FROM epr_identifier i "
        "WHERE i.patient_id = p.patient_id AND i.issuer = p.issuer AND i.authority = ?), '') AS nhs_number, p.address, "
        "p.phone, p.gp, p.trace_status, p.merged_into FROM epr_patient p WHERE ? IS NULL OR p.patient_id = ? "
        "ORDER BY p.name, p.patient_id",
        (NHS, patient_id, patient_id),
    )
    return [dict(row) for row in rows]


def identifiers(tx: sqlite3.Connection, patient_id: str | None = None) -> Rows:
    """Every number of every patient with the authority that gave it, the hospital number first."""
    rows = tx.execute(
        "SELECT patient_id, issuer, patient_id AS number, issuer AS authority, 'MR' AS type FROM epr_patient "
        "WHERE ?1 IS NULL OR patient_id = ?1 UNION ALL "
        "SELECT patient_id, issuer, number, authority, type FROM epr_identifier WHERE ?1 IS NULL OR patient_id = ?1 "
        "ORDER BY 1, 2, 5 DESC, 3",
        (patient_id,),
    )
    return [dict(row) for row in rows]


def history(tx: sqlite3.Connection, patient_id: str | None = None, number: str | None = None) -> Rows:
    """What became of every number: given, changed, merged, moved, linked; oldest first."""
    rows = tx.execute(
        "SELECT id, at, event, number, authority, patient_id, other, undone FROM epr_identifier_event "
        "WHERE (?1 IS NULL OR patient_id = ?1 OR other = ?1) AND (?2 IS NULL OR number = ?2) ORDER BY id",
        (patient_id, number),
    )
    return [{**dict(row), "undone": bool(row["undone"])} for row in rows]


def links(tx: sqlite3.Connection, patient_id: str | None = None) -> Rows:
    """Records that are said to be of one person, and are kept apart all the same."""
    rows = tx.execute(
        "SELECT * FROM epr_link WHERE ?1 IS NULL OR patient_id = ?1 OR other_id = ?1 ORDER BY 1, 3", (patient_id,)
    )
    return [dict(row) for row in rows]


def visits(tx: sqlite3.Connection, patient_id: str | None = None) -> Rows:
    """Stays and attendances, newest last."""
    rows = tx.execute(
        "SELECT * FROM epr_visit WHERE ?1 IS NULL OR patient_id = ?1 ORDER BY admitted, number", (patient_id,)
    )
    return [dict(row) for row in rows]


def orders(tx: sqlite3.Connection, placer: str | None = None, patient_id: str | None = None) -> Rows:
    """Imaging orders placed here, by placer number."""
    rows = tx.execute(
        "SELECT * FROM epr_order WHERE (?1 IS NULL OR placer = ?1) AND (?2 IS NULL OR patient_id = ?2) ORDER BY placer",
        (placer, patient_id),
    )
    return [dict(row) for row in rows]


def movements(tx: sqlite3.Connection, patient_id: str | None = None, visit: str | None = None) -> Rows:
    """What happened in every visit, oldest first; what was cancelled is `undone`."""
    rows = tx.execute(
        "SELECT m.*, v.patient_id FROM epr_movement m JOIN epr_visit v ON v.number = m.visit "
        "WHERE (?1 IS NULL OR v.patient_id = ?1) AND (?2 IS NULL OR m.visit = ?2) ORDER BY m.id",
        (patient_id, visit),
    )
    return [{**dict(row), "undone": bool(row["undone"])} for row in rows]


def results(
    tx: sqlite3.Connection,
    patient_id: str | None = None,
    accession: str | None = None,
    placer: str | None = None,
    current: bool | None = None,
) -> Rows:
    """Every version of every report as the viewer shows it, oldest first; `current` is what a ward reads."""
    rows = tx.execute(
        "SELECT * FROM epr_result WHERE (?1 IS NULL OR patient_id = ?1) AND (?2 IS NULL OR accession = ?2) "
        "AND (?3 IS NULL OR placer = ?3) AND (?4 IS NULL OR current = ?4) ORDER BY id",
        (patient_id, accession, placer, None if current is None else int(current)),
    )
    how = settings_of(tx)["results_as"]
    return [{**dict(row), "text": as_shown(row["text"], how), "current": bool(row["current"])} for row in rows]


def appointments(tx: sqlite3.Connection, patient_id: str | None = None) -> Rows:
    """Appointments that the RIS has told of, by start."""
    rows = tx.execute(
        "SELECT * FROM epr_appointment WHERE ?1 IS NULL OR patient_id = ?1 ORDER BY start, filler", (patient_id,)
    )
    return [dict(row) for row in rows]


def outbox(
    tx: sqlite3.Connection,
    state: str | None = None,
    control_id: str | None = None,
    patient_id: str | None = None,
    limit: int = -1,
) -> Rows:
    """Messages sent and to be sent, oldest first. With `limit` the last so many."""
    return sent.rows(tx, "epr_outbox", "EPR", state=state, control_id=control_id, patient_id=patient_id, limit=limit)


def settings(tx: sqlite3.Connection) -> Rows:
    """Every setting with its value in force."""
    return [{"key": key, "value": value} for key, value in settings_of(tx).items()]


VIEWS: dict[str, Callable[..., Rows]] = {
    "patients": patients,
    "identifiers": identifiers,
    "history": history,
    "links": links,
    "visits": visits,
    "movements": movements,
    "orders": orders,
    "results": results,
    "appointments": appointments,
    "outbox": outbox,
    "settings": settings,
}
