"""What the interface engine shows: routes and their rules, the queue, dead letters, statistics, messages, settings."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from typing import Any

from simlab.department.engine.differing import differences
from simlab.department.engine.rulebook import compiled
from simlab.department.engine.stage import EngineSettings
from simlab.hl7 import late
from simlab.hl7.record import shown

Rows = list[dict[str, Any]]

MEASURED = 2000
"""Deliveries, the newest ones of a route, that its times are taken from."""

_AGE = "round((julianday(lab_now()) - julianday(%s)) * 86400, 1)"
_GOES_OUT = "coalesce(q.edited, q.made, m.data)"


def routes(tx: sqlite3.Connection, name: str | None = None) -> Rows:
    """Each route with its policy, how many rules it has, how many messages wait in it and how many lie in error."""
    rows = tx.execute(
        "SELECT r.*, (SELECT count(*) FROM engine_queue q WHERE q.route = r.name AND q.state IN ('queued', 'sending')) "
        "AS waiting, (SELECT count(*) FROM engine_queue q WHERE q.route = r.name AND q.state = 'error') AS errors "
        "FROM engine_route r WHERE ? IS NULL OR r.name = ? ORDER BY r.position, r.name",
        (name, name),
    )
    return [
        {
            **{key: row[key] for key in ("name", "position", "host", "port", "state", "waiting", "errors")},
            "sources": json.loads(row["sources"]),
            "types": json.loads(row["types"]),
            "rules": len(compiled(row["rules"])),
            **json.loads(row["policy"]),
        }
        for row in rows
    ]


def rules(tx: sqlite3.Connection, route: str | None = None) -> Rows:
    """Each rule of each route, in the order in which they are applied; `rule` is it as it was written."""
    found = tx.execute(
        "SELECT name, rules FROM engine_route WHERE ? IS NULL OR name = ? ORDER BY position, name", (route, route)
    )
    return [
        {"route": row["name"], "number": number, "verb": one.verb, "rule": one.as_json(), "note": one.note}
        for row in found
        for number, one in enumerate(compiled(row["rules"]), 1)
    ]


def queue(
    tx: sqlite3.Connection,
    route: str | None = None,
    state: str | None = None,
    control_id: str | None = None,
    id: int | None = None,
    limit: int = -1,
) -> Rows:
    """Queue items in the order in which they go out; `message` is the text that does, `original` what came in where
    rules or a person changed it. With `limit` the last so many."""
    rows = tx.execute(
        f"SELECT q.*, m.data, {_GOES_OUT} AS out, m.control_id, m.type, m.sending, m.patient_ids, "
        f"{_AGE % 'q.queued'} AS age FROM engine_queue q JOIN engine_message m ON m.id = q.message "
        "WHERE (? IS NULL OR q.route = ?) AND (? IS NULL OR q.state = ?) AND (? IS NULL OR m.control_id = ?) "
        "AND (? IS NULL OR q.id = ?) ORDER BY q.place DESC, q.id DESC LIMIT CAST(? AS INTEGER)",
        (route, route, state, state, control_id, control_id, id, id, limit),
    ).fetchall()
    return [
        {
            **{name: row[name] for name in ("id", "route", "state", "type", "control_id", "sending")},
            "patient_ids": json.loads(row["patient_ids"]),
            **{name: row[name] for name in ("attempts", "error", "failed", "queued", "done", "reason", "resent_from")},
            **{name: row[name] for name in ("actor", "place", "part")},
            "number": row["message"],
            "edited": row["edited"] is not None,
            "age": row["age"] if row["state"] in ("queued", "sending", "error") else None,
            "message": shown(row["out"]),
            "original": shown(row["data"]) if row["out"] != row["data"] else None,
            "ack": shown(row["ack"]) if row["ack"] is not None else None,
            **late.told(tx, f"ENGINE {row['route']}", row["id"]),
        }
        for row in reversed(rows)
    ]


def dead(tx: sqlite3.Connection, route: str | None = None, limit: int = -1) -> Rows:
    """The dead letters, the oldest first: who failed them (rule, receiver, attempts), with what words, how long ago.
    With `limit` the last so many."""
    return queue(tx, route=route, state="error", limit=limit)


def changes(tx: sqlite3.Connection, item: int | None = None) -> Rows:
    """Where an item as it goes out differs from the message as it came in."""
    row = tx.execute(
        f"SELECT m.data, {_GOES_OUT} AS out FROM engine_queue q JOIN engine_message m ON m.id = q.message WHERE q.id=?",
        (item,),
    ).fetchone()
    return [dict(one) for one in differences(bytes(row["data"]), bytes(row["out"]))] if row else []


def statistics(tx: sqlite3.Connection, route: str | None = None) -> Rows:
    """Each route in numbers since the scene began.

    `received` messages that it took, of which it `filtered` some; `delivered` and `failed` items, `retries`; what
    waits and lies dead now, and the `oldest` of what waits in hospital seconds. `mean_seconds` and `p95_seconds` are
    the real time from queue to acknowledgement, of the newest 2,000 deliveries.
    """
    rows = tx.execute(
        "SELECT r.name AS route, r.state, coalesce(t.received, 0) AS received, coalesce(t.filtered, 0) AS filtered, "
        "coalesce(t.delivered, 0) AS delivered, coalesce(t.failed, 0) AS failed, coalesce(t.retries, 0) AS retries, "
        "(SELECT count(*) FROM engine_queue q WHERE q.route = r.name AND q.state IN ('queued', 'sending')) AS waiting, "
        "(SELECT count(*) FROM engine_queue q WHERE q.route = r.name AND q.state = 'error') AS errors, "
        f"(SELECT {_AGE % 'min(q.queued)'} FROM engine_queue q WHERE q.route = r.name AND q.state IN ('queued', "
        "'sending')) AS oldest, coalesce(t.last_ack, '') AS last_ack, t.last_ack_at "
        "FROM engine_route r LEFT JOIN engine_tally t ON t.route = r.name WHERE ? IS NULL OR r.name = ? "
        "ORDER BY r.position, r.name",
        (route, route),
    ).fetchall()
    return [{**dict(row), **_times(tx, row["route"])} for row in rows]


def _times(tx: sqlite3.Connection, route: str) -> dict[str, float | None]:
    took = sorted(
        row[0]
        for row in tx.execute(
            "SELECT took FROM engine_queue WHERE route=? AND state='delivered' AND took IS NOT NULL "
            "ORDER BY place DESC LIMIT ?",
            (route, MEASURED),
        )
    )
    if not took:
        return {"mean_seconds": None, "p95_seconds": None}
    return {
        "mean_seconds": round(sum(took) / len(took), 4),
        "p95_seconds": round(took[-(-len(took) * 95 // 100) - 1], 4),
    }


def messages(
    tx: sqlite3.Connection,
    control_id: str | None = None,
    type: str | None = None,
    id: int | None = None,
    limit: int = -1,
) -> Rows:
    """Messages that the engine took, oldest first; `id` is the number that `try_rules` takes. With `limit` the last
    so many."""
    rows = tx.execute(
        "SELECT * FROM engine_message WHERE (? IS NULL OR control_id = ?) AND (? IS NULL OR type = ?) "
        "AND (? IS NULL OR id = ?) ORDER BY id DESC LIMIT CAST(? AS INTEGER)",
        (control_id, control_id, type, type, id, id, limit),
    ).fetchall()
    return [
        {
            **{name: row[name] for name in ("id", "received", "sending", "facility", "control_id", "type")},
            "patient_ids": json.loads(row["patient_ids"]),
            "message": shown(row["data"]),
            "ack": shown(row["ack"]) if row["ack"] is not None else None,
        }
        for row in reversed(rows)
    ]


def settings(tx: sqlite3.Connection) -> Rows:
    """Every setting with its value in force."""
    usual = {key: str(value) for key, value in EngineSettings().model_dump().items()}
    kept = {row["key"]: row["value"] for row in tx.execute("SELECT key, value FROM engine_setting")}
    return [{"key": key, "value": value} for key, value in {**usual, **kept}.items()]


VIEWS: dict[str, Callable[..., Rows]] = {
    "routes": routes,
    "rules": rules,
    "queue": queue,
    "dead": dead,
    "changes": changes,
    "statistics": statistics,
    "messages": messages,
    "settings": settings,
}
