"""What can be seen on the desk; never a colleague's rules, for the trainee reads views."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from typing import Any

Rows = list[dict[str, Any]]


def inbox(tx: sqlite3.Connection) -> Rows:
    """Calls and mails that have arrived, oldest first."""
    sql = (
        "SELECT id, kind, sender, subject, text, arrived FROM desk_mail "
        "WHERE arrived IS NOT NULL ORDER BY arrived, rowid"
    )
    return [dict(row) for row in tx.execute(sql)]


def answers(tx: sqlite3.Connection, task: str | None = None) -> Rows:
    """Every answer in the order given; `counts` marks the latest of its task."""
    sql = (
        "SELECT id, task, value, at, id = (SELECT max(id) FROM desk_answer l WHERE l.task = a.task) AS counts "
        "FROM desk_answer a WHERE ?1 IS NULL OR task = ?1 ORDER BY id"
    )
    return [
        {**dict(row), "value": json.loads(row["value"]), "counts": bool(row["counts"])}
        for row in tx.execute(sql, (task,))
    ]


def tickets(tx: sqlite3.Connection, to: str | None = None) -> Rows:
    """Tickets written, oldest first."""
    sql = 'SELECT id, addressee AS "to", subject, text, fields, at FROM desk_ticket WHERE ?1 IS NULL OR addressee = ?1'
    return [{**dict(row), "fields": json.loads(row["fields"])} for row in tx.execute(sql + " ORDER BY id", (to,))]


def escalations(tx: sqlite3.Connection, to: str | None = None) -> Rows:
    """What was handed on, oldest first."""
    sql = 'SELECT id, addressee AS "to", about, text, at FROM desk_escalation WHERE ?1 IS NULL OR addressee = ?1'
    return [dict(row) for row in tx.execute(sql + " ORDER BY id", (to,))]


def asked(tx: sqlite3.Connection, who: str | None = None) -> Rows:
    """Questions to colleagues with the reply; `rule` is the index of the rule that was met, or None."""
    sql = "SELECT id, who, text, rule, reply, done, at FROM desk_asked WHERE ?1 IS NULL OR who = ?1 ORDER BY id"
    return [{**dict(row), "done": bool(row["done"])} for row in tx.execute(sql, (who,))]


def colleagues(tx: sqlite3.Connection) -> Rows:
    """Who can be asked."""
    return [dict(row) for row in tx.execute("SELECT who, name, role FROM desk_colleague ORDER BY who")]


VIEWS: dict[str, Callable[..., Rows]] = {
    "inbox": inbox,
    "answers": answers,
    "tickets": tickets,
    "escalations": escalations,
    "asked": asked,
    "colleagues": colleagues,
}
