"""What can be seen of the archive as it runs: transfers, rules, room, retention, where studies stand."""

from __future__ import annotations

import json
import sqlite3
from datetime import date, datetime
from typing import Any

from simlab.department.pacs import places, retention
from simlab.department.pacs.routing import PRIORITIES
from simlab.department.pacs.settings import setting
from simlab.department.pacs.space import FULL, KIB, OK, WARNING

Rows = list[dict[str, Any]]

_PRIORITY = {number: name for name, number in PRIORITIES.items()}

AGES = ((30, "up to 30 days"), (365, "up to a year"), (5 * 365, "up to five years"), (10**9, "older"))
"""The ages of studies that the view of the room counts by, in days."""


def transfers(
    tx: sqlite3.Connection,
    destination: str | None = None,
    study_uid: str | None = None,
    state: str | None = None,
    transfer: int | None = None,
    limit: int = -1,
) -> Rows:
    """Studies on their way to a destination, the newest last; `held` also when all of a destination is held. With
    `limit` the last so many."""
    wanted = {"t.destination": destination, "t.study_uid": study_uid, "t.state": state, "t.id": transfer}
    given = {column: value for column, value in wanted.items() if value is not None}
    where = f"WHERE {' AND '.join(f'{column}=?' for column in given)} " if given else ""
    rows = tx.execute(
        "SELECT t.id, t.study_uid, t.destination, t.priority, t.state, t.attempts, t.error, t.how, t.rule, t.queued, "
        "t.done, t.actor, s.patient_id, s.accession, coalesce(l.held, 0) AS lane_held, "
        "coalesce(l.attempts, 0) AS lane_attempts, coalesce(l.error, '') AS lane_error, count(i.id) AS instances, "
        "count(i.id) FILTER (WHERE i.state='sent') AS sent, count(i.id) FILTER (WHERE i.state='failed') AS failed "
        "FROM pacs_transfer t LEFT JOIN pacs_lane l USING (destination) LEFT JOIN pacs_study s USING (study_uid) "
        f"LEFT JOIN pacs_transfer_item i ON i.transfer = t.id {where}GROUP BY t.id ORDER BY t.id DESC "
        "LIMIT CAST(? AS INTEGER)",
        [*given.values(), limit],
    ).fetchall()
    return [
        {**dict(row), "priority": _PRIORITY[row["priority"]], "lane_held": bool(row["lane_held"])}
        for row in reversed(rows)
    ]


def rules(tx: sqlite3.Connection, name: str | None = None, kind: str | None = None) -> Rows:
    """Routing and prefetch rules."""
    rows = tx.execute(
        "SELECT rule FROM pacs_rule WHERE (?1 IS NULL OR name=?1) AND (?2 IS NULL OR kind=?2) ORDER BY kind, name",
        (name, kind),
    )
    return [json.loads(row["rule"]) for row in rows]


def retention_rules(tx: sqlite3.Connection, name: str | None = None) -> Rows:
    """The retention rules."""
    return [rule.model_dump(mode="json") for rule in retention.rules(tx) if name in (None, rule.name)]


def kept(tx: sqlite3.Connection, study_uid: str | None = None) -> Rows:
    """How long every study is kept: `until` a day (empty: for ever), by which rule, and whether it may go today.

    `hindrance` is what keeps one that may go from being deleted by itself.
    """
    return [
        {
            **facts,
            "until": standing.until.isoformat() if standing.until else "",
            "rule": standing.rule,
            "may_go": standing.may_go,
            "hindrance": retention.hindrance(tx, facts["study_uid"]) if standing.may_go else "",
        }
        for facts, standing in retention.standings(tx, _today(tx), study_uid)
    ]


def space(tx: sqlite3.Connection) -> Rows:
    """The room: one row for the whole, one a modality, one an age; bytes, and what of them the cache holds."""
    quota = int(setting(tx, "quota_kb")) * KIB
    used = places.cached_bytes(tx)
    high = quota * int(setting(tx, "high_water")) // 100
    state = OK if not quota or used <= high else WARNING if used < quota else FULL
    per_cent = round(100 * used / quota, 1) if quota else 0.0
    found = tx.execute(
        "SELECT e.modality, s.study_date, i.size, coalesce(w.cached, 1) AS cached FROM pacs_instance i "
        "JOIN pacs_series e USING (series_uid) JOIN pacs_study s USING (study_uid) "
        "LEFT JOIN pacs_place w USING (sop_uid)"
    ).fetchall()
    today = _today(tx)
    whole = {"kind": "all", "name": "", "instances": len(found), "bytes": sum(row["size"] for row in found)}
    rows: Rows = [{**whole, "cached": used, "quota": quota, "per_cent": per_cent, "state": state}]
    sums: dict[tuple[str, str], list[int]] = {}
    for row in found:
        for key in (("modality", row["modality"]), ("age", _age(row["study_date"], today))):
            sums.setdefault(key, [0, 0, 0])
            counted = (1, row["size"], row["size"] if row["cached"] else 0)
            sums[key] = [before + more for before, more in zip(sums[key], counted, strict=True)]
    order = {name: number for number, (_days, name) in enumerate(AGES)}
    for kind, name in sorted(sums, key=lambda key: (key[0] == "age", order.get(key[1], -1), key[1])):
        instances, size, cached = sums[kind, name]
        rows.append({"kind": kind, "name": name, "instances": instances, "bytes": size, "cached": cached})
    return rows


def stands(tx: sqlite3.Connection, study_uid: str | None = None) -> Rows:
    """Where studies stand: instances in the cache, archived, on the shelf, and the availability that a query says."""
    rows = tx.execute(
        f"SELECT s.study_uid, s.patient_id, s.accession, {places.availability_sql('STUDY')} AS availability, "
        "count(i.sop_uid) AS instances, sum(coalesce(w.cached, 1)) AS cached, count(w.sop_uid) AS archived, "
        "sum(coalesce(w.shelved, 0)) AS shelved FROM pacs_study s JOIN pacs_series e USING (study_uid) "
        "JOIN pacs_instance i USING (series_uid) LEFT JOIN pacs_place w USING (sop_uid) "
        "WHERE ?1 IS NULL OR s.study_uid=?1 GROUP BY s.study_uid ORDER BY s.study_date, s.study_uid",
        (study_uid,),
    )
    return [dict(row) for row in rows]


def _age(study_date: str, today: date) -> str:
    try:
        days = (today - datetime.strptime(study_date, "%Y%m%d").date()).days
    except ValueError:
        return "undated"
    return next(name for most, name in AGES if days <= most)


def _today(tx: sqlite3.Connection) -> date:
    return datetime.fromisoformat(tx.execute("SELECT lab_now()").fetchone()[0]).date()
