"""What can be seen of the PACS without changing it: pure functions on a read transaction."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from typing import Any

from simlab.blobs import digest
from simlab.department.pacs import audit, duplicates, orders, oversight, receipts, record
from simlab.department.pacs.availability import notifications
from simlab.department.pacs.commitment import requests
from simlab.department.pacs.settings import DEFAULTS, setting

Rows = list[dict[str, Any]]


def _where(filters: dict[str, str | None]) -> tuple[str, list[str]]:
    given = {column: value for column, value in filters.items() if value is not None}
    clause = " AND ".join(f"{column} = ?" for column in given)
    return (f"WHERE {clause}" if clause else ""), list(given.values())


def patients(tx: sqlite3.Connection, patient_id: str | None = None, issuer: str | None = None) -> Rows:
    """Patients, retired numbers among them: `merged_into` says where those went."""
    where, values = _where({"p.patient_id": patient_id, "p.issuer": issuer})
    rows = tx.execute(
        "SELECT p.patient_id, p.issuer, p.name, p.birth_date, p.sex, p.merged_into, p.merged_issuer, "
        "(SELECT count(*) FROM pacs_study s WHERE s.patient_id = p.patient_id AND s.issuer = p.issuer) AS studies "
        f"FROM pacs_patient p {where} ORDER BY p.name, p.patient_id, p.issuer",
        values,
    )
    return [dict(row) for row in rows]


def studies(
    tx: sqlite3.Connection,
    patient_id: str | None = None,
    study_uid: str | None = None,
    accession: str | None = None,
    issuer: str | None = None,
) -> Rows:
    """Studies under their effective patient, quarantined ones too."""
    where, values = _where(
        {"s.patient_id": patient_id, "s.study_uid": study_uid, "s.accession": accession, "s.issuer": issuer}
    )
    rows = tx.execute(
        "SELECT s.study_uid, s.patient_id, s.issuer, p.name AS patient_name, p.birth_date, s.study_date, s.study_time, "
        "s.accession, s.study_id, s.description, s.referring, s.coerced, s.corrected, "
        "s.quarantined, s.quarantine_reason, s.hidden, s.report, "
        "(SELECT group_concat(m, '\\') FROM (SELECT DISTINCT modality AS m FROM pacs_series e "
        "WHERE e.study_uid = s.study_uid ORDER BY m)) AS modalities, "
        "(SELECT count(*) FROM pacs_series e WHERE e.study_uid = s.study_uid) AS series, "
        "(SELECT count(*) FROM pacs_instance i JOIN pacs_series e USING (series_uid) "
        "WHERE e.study_uid = s.study_uid) AS instances FROM pacs_study s "
        "JOIN pacs_patient p ON p.patient_id = s.patient_id AND p.issuer = s.issuer "
        f"{where} ORDER BY s.study_date, s.study_time, s.study_uid",
        values,
    )
    return [
        {
            **dict(row),
            "coerced": bool(row["coerced"]),
            "corrected": bool(row["corrected"]),
            "hidden": bool(row["hidden"]),
            "quarantined": bool(row["quarantined"]),
            "modalities": (row["modalities"] or "").split("\\") if row["modalities"] else [],
        }
        for row in rows
    ]


def series(tx: sqlite3.Connection, study_uid: str | None = None) -> Rows:
    """Series of a study, or all."""
    where, values = _where({"e.study_uid": study_uid})
    rows = tx.execute(
        "SELECT e.*, (SELECT count(*) FROM pacs_instance i WHERE i.series_uid = e.series_uid) AS instances "
        f"FROM pacs_series e {where} ORDER BY e.study_uid, e.number, e.series_uid",
        values,
    )
    return [{**dict(row), "hidden": bool(row["hidden"])} for row in rows]


def instances(
    tx: sqlite3.Connection, study_uid: str | None = None, series_uid: str | None = None, sop_uid: str | None = None
) -> Rows:
    """Instances with the patient they are filed under and the number they came with."""
    where, values = _where({"e.study_uid": study_uid, "i.series_uid": series_uid, "i.sop_uid": sop_uid})
    rows = tx.execute(
        "SELECT i.sop_uid, i.series_uid, e.study_uid, i.sop_class, i.number, i.rows, i.columns, i.frames, "
        "i.transfer_syntax, i.size, i.source, i.received, s.patient_id, s.issuer, i.stored_patient_id, "
        "i.stored_issuer, i.stored_study, i.stored_series, i.hidden, i.pixels, coalesce(r.code, '') AS rejected "
        "FROM pacs_instance i JOIN pacs_series e USING (series_uid) JOIN pacs_study s USING (study_uid) "
        f"LEFT JOIN pacs_rejection r ON r.sop_uid = i.sop_uid {where} "
        "ORDER BY e.study_uid, e.number, i.number, i.sop_uid",
        values,
    )
    return [
        {**dict(row), "hidden": bool(row["hidden"]), "pixels": row["pixels"] and digest(row["pixels"])} for row in rows
    ]


def peers(tx: sqlite3.Connection, title: str | None = None) -> Rows:
    """The table of peers."""
    where, values = _where({"title": title})
    rows = tx.execute(f"SELECT * FROM pacs_peer {where} ORDER BY title", values)
    lists = ("services", "classes")
    return [{**dict(row), **{name: json.loads(row[name]) for name in lists}, "tls": bool(row["tls"])} for row in rows]


def settings(tx: sqlite3.Connection, key: str | None = None) -> Rows:
    """Every setting with its value now."""
    return [{"key": name, "value": setting(tx, name)} for name in DEFAULTS if key in (None, name)]


def users(tx: sqlite3.Connection, name: str | None = None) -> Rows:
    """Who may log in, and whether a passcode is asked of them."""
    where, values = _where({"name": name})
    rows = tx.execute(
        f"SELECT name, full_name, passcode <> '' AS passcode FROM pacs_user {where} ORDER BY name", values
    )
    return [{**dict(row), "passcode": bool(row["passcode"])} for row in rows]


VIEWS: dict[str, Callable[..., Rows]] = {
    "patients": patients,
    "studies": studies,
    "series": series,
    "instances": instances,
    "peers": peers,
    "settings": settings,
    "users": users,
    "transfers": oversight.transfers,
    "receipts": receipts.rows,
    "rules": oversight.rules,
    "retention_rules": oversight.retention_rules,
    "retention": oversight.kept,
    "space": oversight.space,
    "places": oversight.stands,
    "commitments": requests,
    "unmatched": orders.unmatched,
    "orders": orders.known,
    "links": orders.links,
    "duplicates": duplicates.listed,
    "repairs": record.repairs,
    "requests": record.requests,
    "rejections": record.rejections,
    "sent": record.sent,
    "audit": audit.entries,
    "availability": notifications,
}
