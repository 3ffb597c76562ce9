"""Triggers on a system's tables: one line in `lab_change` a row change, and a touch for what is remembered of a table.

They call the SQL functions `lab_now`, `lab_actor`, `lab_cause` and `lab_touch` of the connection that writes, and live
as long as that.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from simlab import provenance

_OPERATIONS = ("INSERT", "UPDATE", "DELETE")


def watch(tx: sqlite3.Connection, system: str, table: str) -> None:
    """Record every row change of a table, but those that a scene makes."""
    columns = tx.execute(f"PRAGMA table_info({table})").fetchall()
    key = [c["name"] for c in sorted(columns, key=lambda c: c["pk"]) if c["pk"]] or ["rowid"]
    names = [c["name"] for c in columns]
    old, new = _row("OLD", names), _row("NEW", names)
    for op, before, after in zip(_OPERATIONS, ("NULL", old, old), (new, new, "NULL"), strict=True):
        alias = "OLD" if op == "DELETE" else "NEW"
        path = " || '/' || ".join(f"{alias}.{k}" for k in key)
        tx.execute(
            f"CREATE TEMP TRIGGER IF NOT EXISTS watch_{table}_{op} AFTER {op} ON main.{table} "
            f"WHEN lab_actor() <> '{provenance.SCENE}' BEGIN "
            "INSERT INTO lab_change (at, system, tbl, op, key, before, after, actor, cause) VALUES "
            f"(lab_now(), '{system}', '{table}', '{op}', CAST({path} AS TEXT), {before}, {after}, "
            "lab_actor(), lab_cause()); END"
        )


def _row(alias: str, names: Iterable[str]) -> str:
    fields = (
        f"'{n}', CASE typeof({alias}.{n}) WHEN 'blob' THEN length({alias}.{n}) ELSE {alias}.{n} END" for n in names
    )
    return f"json_object({', '.join(fields)})"


def touch(tx: sqlite3.Connection, table: str) -> None:
    """Have every write to a table make what was remembered of it void."""
    for op in _OPERATIONS:
        tx.execute(
            f"CREATE TEMP TRIGGER IF NOT EXISTS touch_{table}_{op} AFTER {op} ON main.{table} "
            "BEGIN SELECT lab_touch(); END"
        )
