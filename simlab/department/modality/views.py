"""What can be seen of the modalities: pure functions of a read transaction."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from typing import Any

from simlab.department.modality.safekeeping import COMMITTED
from simlab.department.modality.settings import load
from simlab.department.modality.works import SCANNERS

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
    """Instances on the scanner's own disk.

    `sent_at` is empty for those the PACS has not taken, `committed` says whether it was reported to keep them.
    """
    sql = (
        f"SELECT {_HELD}, h.held_at, coalesce(h.sent_at, '') AS sent_at, h.mpps_uid, {COMMITTED} AS committed "
        "FROM modality_held h "
        "WHERE (?1 IS NULL OR h.system = ?1) AND (?2 IS NULL OR h.study_uid = ?2) ORDER BY h.system, h.held_at, h.rowid"
    )
    return [{**dict(row), "committed": bool(row["committed"])} for row in tx.execute(sql, (system, study_uid))]


def steps(tx: sqlite3.Connection, system: str | None = None, accession: str | None = None) -> list[dict[str, Any]]:
    """Performed steps that the scanner has told the RIS of, with how many images were made in each."""
    sql = (
        "SELECT s.*, coalesce(f.images, 0) + (SELECT count(*) FROM modality_held h WHERE h.system=s.system "
        "AND h.mpps_uid=s.mpps_uid) AS images FROM modality_step s LEFT JOIN modality_freed f USING (system, mpps_uid) "
        "WHERE (?1 IS NULL OR s.system = ?1) AND (?2 IS NULL OR s.accession = ?2) "
        "ORDER BY s.rowid"
    )
    rows = tx.execute(sql, (system, accession))
    return [{key: value for key, value in dict(row).items() if key != "item"} for row in rows]


def commitments(
    tx: sqlite3.Connection, system: str | None = None, transaction_uid: str | None = None
) -> list[dict[str, Any]]:
    """Requests for commitment: `event` is 1 (kept), 2 (not all of it) or None while no report has come."""
    sql = (
        "SELECT t.*, count(c.sop_uid) AS images, count(c.reason) AS failed, "
        "coalesce(max(h.study_uid), '') AS study_uid, coalesce(max(h.accession), '') AS accession "
        "FROM modality_commitment t LEFT JOIN modality_commitment_item c USING (system, transaction_uid) "
        "LEFT JOIN modality_held h USING (system, sop_uid) WHERE (?1 IS NULL OR t.system = ?1) "
        "AND (?2 IS NULL OR t.transaction_uid = ?2) GROUP BY t.system, t.transaction_uid ORDER BY t.rowid"
    )
    return [dict(row) for row in tx.execute(sql, (system, transaction_uid))]


def kept_lists(tx: sqlite3.Connection, system: str | None = None) -> list[dict[str, Any]]:
    """The rows of worklists that mobiles have kept, each with the moment its list was fetched."""
    rows = tx.execute("SELECT * FROM modality_list WHERE ?1 IS NULL OR system=?1 ORDER BY system", (system,))
    return [
        {"system": row["system"], "taken": row["taken"], **item} for row in rows for item in json.loads(row["items"])
    ]


VIEWS: dict[str, Callable[..., list[dict[str, Any]]]] = {
    "config": config,
    "queue": queue,
    "held": held,
    "steps": steps,
    "commitments": commitments,
    "kept_lists": kept_lists,
}
