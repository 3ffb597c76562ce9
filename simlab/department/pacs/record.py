"""What can be seen of repairs: those done, those that wait for approval, rejections, and where studies have gone."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from simlab.department.pacs.visibility import REASONS

Rows = list[dict[str, Any]]


def repairs(
    tx: sqlite3.Connection,
    study_uid: str | None = None,
    method: str | None = None,
    state: str | None = None,
    repair: int | None = None,
) -> Rows:
    """The repairs on record, oldest first: what was done, by whom, what it changed, whether it was undone."""
    rows = tx.execute(
        "SELECT r.* FROM pacs_repair r WHERE (:m IS NULL OR method=:m) AND (:s IS NULL OR state=:s) "
        "AND (:n IS NULL OR id=:n) AND (:u IS NULL OR EXISTS (SELECT 1 FROM json_each(r.studies) WHERE value=:u)) "
        "ORDER BY id",
        {"m": method, "s": state, "u": study_uid, "n": repair},
    )
    return [
        {
            **{name: row[name] for name in ("id", "at", "method", "summary", "state", "actor", "approved_by")},
            "args": json.loads(row["args"]),
            "studies": json.loads(row["studies"]),
            "moved": json.loads(row["result"]).get("moved", []),
            "changes": [
                {"table": c["table"], "op": c["op"], "before": _shown(c["before"]), "after": _shown(c["after"])}
                for c in json.loads(row["changes"])
            ],
        }
        for row in rows
    ]


def _shown(row: dict[str, Any] | None) -> dict[str, Any] | None:
    return None if row is None else {name: value for name, value in row.items() if name != "head"}


def requests(tx: sqlite3.Connection, state: str | None = None, study_uid: str | None = None) -> Rows:
    """Repairs that a second person was asked to approve."""
    rows = tx.execute(
        "SELECT r.* FROM pacs_request r WHERE (:s IS NULL OR state=:s) "
        "AND (:u IS NULL OR EXISTS (SELECT 1 FROM json_each(r.studies) WHERE value=:u)) ORDER BY id",
        {"s": state, "u": study_uid},
    )
    return [{**dict(row), "args": json.loads(row["args"]), "studies": json.loads(row["studies"])} for row in rows]


def rejections(tx: sqlite3.Connection, study_uid: str | None = None, code: str | None = None) -> Rows:
    """The rejected instances, with their note and its reason."""
    rows = tx.execute(
        "SELECT r.*, e.study_uid, i.hidden FROM pacs_rejection r JOIN pacs_instance i USING (sop_uid) "
        "JOIN pacs_series e USING (series_uid) WHERE (:u IS NULL OR e.study_uid=:u) AND (:c IS NULL OR r.code=:c) "
        "ORDER BY e.study_uid, r.sop_uid",
        {"u": study_uid, "c": code},
    )
    return [{**dict(row), "hidden": bool(row["hidden"]), "reason": REASONS[row["code"]]} for row in rows]


def sent(
    tx: sqlite3.Connection,
    study_uid: str | None = None,
    patient_id: str | None = None,
    destination: str | None = None,
    limit: int = -1,
) -> Rows:
    """Every copy that went out: to where, how many instances, when, how, by whom. With `limit` the last so many.

    A study is found under the UID that it has now and under the one that it was sent as.
    """
    rows = tx.execute(
        "SELECT p.study_uid, coalesce(e.study_uid, '') AS study_now, coalesce(s.patient_id, '') AS patient_id, "
        "p.destination, p.how, p.actor, p.cause, min(p.at) AS first, max(p.at) AS last, "
        "count(DISTINCT p.sop_uid) AS instances FROM pacs_sent p LEFT JOIN pacs_instance i USING (sop_uid) "
        "LEFT JOIN pacs_series e USING (series_uid) LEFT JOIN pacs_study s ON s.study_uid = e.study_uid "
        "WHERE (:u IS NULL OR p.study_uid=:u OR e.study_uid=:u) AND (:d IS NULL OR p.destination=:d) "
        "AND (:n IS NULL OR s.patient_id=:n) GROUP BY p.study_uid, e.study_uid, p.destination, p.how, p.actor, "
        "p.cause, substr(p.at, 1, 16) ORDER BY min(p.id) DESC LIMIT CAST(:most AS INTEGER)",
        {"u": study_uid, "d": destination, "n": patient_id, "most": limit},
    ).fetchall()
    return [dict(row) for row in reversed(rows)]
