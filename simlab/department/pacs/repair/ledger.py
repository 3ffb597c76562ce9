"""The record of repairs: what each changed, row by row, and how it is undone."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from simlab import provenance
from simlab.department.pacs import corrections, visibility
from simlab.department.pacs.repair import merging
from simlab.department.pacs.repair.patients import Done
from simlab.errors import BadInput, NotFound

DONE, UNDONE = "done", "undone"

KEYS = {
    "pacs_patient": ("patient_id", "issuer"),
    "pacs_study": ("study_uid",),
    "pacs_series": ("series_uid",),
    "pacs_instance": ("sop_uid",),
    "pacs_correction": ("level", "uid", "keyword"),
    "pacs_rejection": ("sop_uid",),
    "pacs_order": ("accession",),
    "pacs_duplicate": ("id",),
}
"""The tables that repairs change, with their keys."""

DELETIONS = ("delete_study", "expire_study")
"""After these nothing of a study is left that could be put back."""

FINAL = {
    "delete_study": "What was deleted is gone; have it sent again.",
    "expire_study": "What the retention policy let go is gone.",
    "unmerge_patients": "Merge the numbers again.",
    "undo": "Do the repair again.",
    "quarantine": "Release it, or set it apart again.",
    "mark_reported": "Set the status that holds.",
}
"""What is not undone, and what is done instead."""

_IN_USE = {
    "pacs_patient": "SELECT 1 FROM pacs_study WHERE patient_id=? AND issuer=? LIMIT 1",
    "pacs_study": "SELECT 1 FROM pacs_series WHERE study_uid=? LIMIT 1",
    "pacs_series": "SELECT 1 FROM pacs_instance WHERE series_uid=? LIMIT 1",
}
"""Rows that a repair made stay when something else has been filed under them since."""

Change = dict[str, Any]


def last_change(tx: sqlite3.Connection) -> int:
    """The number of the store's newest recorded row change."""
    return int(tx.execute("SELECT coalesce(max(id), 0) FROM lab_change").fetchone()[0])


def changes_since(tx: sqlite3.Connection, number: int) -> list[Change]:
    """The row changes of the PACS after that, as the store recorded them."""
    rows = tx.execute(
        "SELECT tbl, op, before, after FROM lab_change WHERE id > ? AND system='pacs' ORDER BY id", (number,)
    )
    return [
        {
            "table": row["tbl"],
            "op": row["op"],
            "before": json.loads(row["before"]) if row["before"] else None,
            "after": json.loads(row["after"]) if row["after"] else None,
        }
        for row in rows
        if row["tbl"] in KEYS and row["before"] != row["after"]
    ]


def keep(
    tx: sqlite3.Connection,
    method: str,
    args: Mapping[str, Any],
    done: Done,
    changes: Sequence[Change],
    now: datetime,
    approved_by: str,
) -> int:
    """Record a repair and give its number."""
    cursor = tx.execute(
        "INSERT INTO pacs_repair (at, method, args, summary, studies, touches, changes, result, state, actor, "
        "approved_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            now.isoformat(timespec="seconds"),
            method,
            json.dumps(args),
            done.data["summary"],
            json.dumps(done.studies),
            json.dumps(done.touches),
            json.dumps(changes),
            json.dumps(done.data),
            DONE,
            provenance.current().actor,
            approved_by,
        ),
    )
    return int(cursor.lastrowid or 0)


def undo(tx: sqlite3.Connection, number: int, *, preview: bool) -> Done:
    """Put back what repair `number` changed; BadInput when it cannot be, or not before a later one."""
    row = tx.execute("SELECT * FROM pacs_repair WHERE id=?", (number,)).fetchone()
    if row is None:
        raise NotFound(f"there is no repair {number}", place="PACS", remedy="`simlab pacs repairs` lists them.")
    if row["state"] != DONE:
        raise BadInput(f"repair {number} is undone already", place="PACS", remedy="Nothing needs doing.")
    if row["method"] in FINAL:
        raise BadInput(f"{row['method']} is not undone", place=f"repair {number}", remedy=FINAL[row["method"]])
    studies = tuple(json.loads(row["studies"]))
    if row["method"] == merging.MERGE:
        result = json.loads(row["result"])
        done = merging.unmerge(tx, (result["retired"], result["retired_issuer"]), [], preview=preview)
        return Done({**done.data, "repair_undone": number}, done.studies, done.touches, done.patient_id)
    _in_order(tx, row)
    for change in reversed(json.loads(row["changes"])):
        _restore(tx, change)
    for study_uid in studies:
        corrections.mark(tx, study_uid)
        visibility.refresh(tx, study_uid)
    tx.execute("UPDATE pacs_repair SET state=? WHERE id=?", (UNDONE, number))
    verb = "is to be put back" if preview else "was put back"
    data = {"summary": f"repair {number} {verb}: {row['summary']}", "repair_undone": number}
    return Done(data, studies, tuple(json.loads(row["touches"])))


def _in_order(tx: sqlite3.Connection, row: sqlite3.Row) -> None:
    touched, studies = set(json.loads(row["touches"])), set(json.loads(row["studies"]))
    later = tx.execute(
        "SELECT id, method, summary, studies, touches FROM pacs_repair "
        "WHERE id > ? AND state=? AND method <> 'undo' ORDER BY id DESC",
        (row["id"], DONE),
    )
    for other in later:
        gone = other["method"] in DELETIONS and studies & set(json.loads(other["studies"]))
        if gone or touched & set(json.loads(other["touches"])):
            raise BadInput(
                f"repair {other['id']} came after it and touched the same ({other['summary']})",
                place=f"repair {row['id']}",
                remedy=f"Undo repair {other['id']} first.",
            )


def _restore(tx: sqlite3.Connection, change: Change) -> None:
    table, before, after = change["table"], change["before"], change["after"]
    keys = KEYS[table]
    where = " AND ".join(f"{name}=?" for name in keys)
    if change["op"] == "INSERT":
        key = tuple(after[name] for name in keys)
        if table not in _IN_USE or tx.execute(_IN_USE[table], key).fetchone() is None:
            tx.execute(f"DELETE FROM {table} WHERE {where}", key)
    elif change["op"] == "DELETE":
        names = list(before)
        tx.execute(
            f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})", list(before.values())
        )
    else:
        changed = [name for name in before if before[name] != after[name]]
        assigned = ", ".join(f"{name}=?" for name in changed)
        tx.execute(
            f"UPDATE {table} SET {assigned} WHERE {where}",
            [*(before[name] for name in changed), *(after[name] for name in keys)],
        )
