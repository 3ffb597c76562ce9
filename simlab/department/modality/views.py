"""What can be seen of the modalities: pure functions of a read transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

from simlab.department.modality.settings import SCANNERS, load

_HELD = (
    "h.system, h.sop_uid, h.sop_class, h.study_uid, h.series_uid, h.accession, h.patient_id, h.patient_name, "
    "h.description, h.modality, h.study_date"
)


def config(tx: sqlite3.Connection, system: str | None = None, key: str | None = None) -> list[dict[str, Any]]:
    """Every setting in force: system, key, value."""
    staged = {row["system"] for row in tx.execute("SELECT DISTINCT system FROM modality_config")}
    systems = sorted(staged | set(SCANNERS)) if system is None else [system]
    return [
        {"system": name, "key": setting, "value": value}
        for name in systems
        for setting, value in load(tx, name).model_dump(mode="json").items()
        if key in (None, setting)
    ]


def queue(tx: sqlite3.Connection, system: str | None = None, study_uid: str | None = None) -> list[dict[str, Any]]:
    """Instances that wait to be sent, in order, with the tries so far and what the last one came to."""
    sql = (
        f"SELECT {_HELD}, q.attempts, q.last_error, q.queued_at, q.actor FROM modality_queue q "
        "JOIN modality_held h USING (system, sop_uid) "
        "WHERE (?1 IS NULL OR q.system = ?1) AND (?2 IS NULL OR h.study_uid = ?2) ORDER BY q.system, q.id"
    )
    return [dict(row) for row in tx.execute(sql, (system, study_uid))]


def held(tx: sqlite3.Connection, system: str | None = None, study_uid: str | None = None) -> list[dict[str, Any]]:
    """Instances on the scanner's own disk; `sent_at` is empty for those the PACS has not taken."""
    sql = (
        f"SELECT {_HELD}, h.held_at, coalesce(h.sent_at, '') AS sent_at FROM modality_held h "
        "WHERE (?1 IS NULL OR h.system = ?1) AND (?2 IS NULL OR h.study_uid = ?2) ORDER BY h.system, h.held_at, h.rowid"
    )
    return [dict(row) for row in tx.execute(sql, (system, study_uid))]


VIEWS: dict[str, Callable[..., list[dict[str, Any]]]] = {"config": config, "queue": queue, "held": held}
