"""What the interface engine shows: its routes, its queue, the messages it took, its settings."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from typing import Any

from simlab.hl7.record import shown

Rows = list[dict[str, Any]]


def routes(tx: sqlite3.Connection, name: str | None = None) -> Rows:
    """Each route with how many messages wait in it and how many lie in error."""
    rows = tx.execute(
        "SELECT r.*, (SELECT count(*) FROM engine_queue q WHERE q.route = r.name AND q.state IN ('queued', 'sending')) "
        "AS waiting, (SELECT count(*) FROM engine_queue q WHERE q.route = r.name AND q.state = 'error') AS errors "
        "FROM engine_route r WHERE ? IS NULL OR r.name = ? ORDER BY r.position, r.name",
        (name, name),
    )
    return [{**dict(row), "sources": json.loads(row["sources"]), "types": json.loads(row["types"])} for row in rows]


def queue(
    tx: sqlite3.Connection, route: str | None = None, state: str | None = None, control_id: str | None = None
) -> Rows:
    """Queue items, oldest first; `message` is the text that goes out, `original` what came in where it was edited."""
    rows = tx.execute(
        "SELECT q.*, m.data, m.control_id, m.type, m.sending, m.patient_ids FROM engine_queue q "
        "JOIN engine_message m ON m.id = q.message WHERE (? IS NULL OR q.route = ?) AND (? IS NULL OR q.state = ?) "
        "AND (? IS NULL OR m.control_id = ?) ORDER BY q.id",
        (route, route, state, state, control_id, control_id),
    )
    return [
        {
            **{name: row[name] for name in ("id", "route", "state", "type", "control_id", "sending")},
            "patient_ids": json.loads(row["patient_ids"]),
            **{name: row[name] for name in ("attempts", "error", "queued", "done", "reason", "resent_from", "actor")},
            "message": shown(row["edited"] if row["edited"] is not None else row["data"]),
            "original": shown(row["data"]) if row["edited"] is not None else None,
            "ack": shown(row["ack"]) if row["ack"] is not None else None,
        }
        for row in rows
    ]


def messages(tx: sqlite3.Connection, control_id: str | None = None, type: str | None = None) -> Rows:
    """Messages that the engine took, oldest first."""
    rows = tx.execute(
        "SELECT * FROM engine_message WHERE (? IS NULL OR control_id = ?) AND (? IS NULL OR type = ?) ORDER BY id",
        (control_id, control_id, type, type),
    )
    return [
        {
            **{name: row[name] for name in ("id", "received", "sending", "facility", "control_id", "type")},
            "patient_ids": json.loads(row["patient_ids"]),
            "message": shown(row["data"]),
            "ack": shown(row["ack"]) if row["ack"] is not None else None,
        }
        for row in rows
    ]


def settings(tx: sqlite3.Connection) -> Rows:
    """The engine's settings by key."""
    return [dict(row) for row in tx.execute("SELECT key, value FROM engine_setting ORDER BY key")]


VIEWS: dict[str, Callable[..., Rows]] = {
    "routes": routes,
    "queue": queue,
    "messages": messages,
    "settings": settings,
}
