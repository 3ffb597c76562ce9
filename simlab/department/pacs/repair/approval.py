"""A second person's approval: repairs of what is reported wait for somebody other than who asked."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from simlab import provenance
from simlab.department.pacs.repair.ledger import Change
from simlab.department.pacs.repair.patients import Done
from simlab.department.pacs.settings import setting
from simlab.errors import BadInput, NotAllowed, NotFound

WAITING, APPROVED, DECLINED = "waiting", "approved", "declined"

ALWAYS = frozenset({"delete_study"})
"""What a second person must approve whether or not a report stands."""
NEVER = frozenset({"quarantine"})
"""What may not wait: containing harm."""
MARK = "mark_reported"


def due(tx: sqlite3.Connection, method: str, done: Done, changes: Sequence[Change]) -> bool:
    """Whether what was done (in a transaction that is still open) needs a second person."""
    if method in NEVER:
        return False
    if method in ALWAYS:
        return True
    if not setting(tx, "approve_reported"):
        return False
    rows = [(c["before"] or c["after"], c["after"] or {}) for c in changes if c["table"] == "pacs_study"]
    if method == MARK:
        # Taking the mark away would open the study to repairs by one person alone.
        return any(before["report"] and not after.get("report") for before, after in rows)
    if any(before.get("report") for before, _after in rows):
        return True
    marks = json.dumps(list(done.studies))
    sql = "SELECT 1 FROM pacs_study WHERE report <> '' AND study_uid IN (SELECT value FROM json_each(?)) LIMIT 1"
    return tx.execute(sql, (marks,)).fetchone() is not None


def ask(tx: sqlite3.Connection, method: str, args: Mapping[str, Any], done: Done, now: datetime) -> dict[str, Any]:
    """Put a request on the list; give what the console says of it."""
    who = provenance.current()
    same = tx.execute(
        "SELECT id FROM pacs_request WHERE state=? AND method=? AND args=?", (WAITING, method, json.dumps(args))
    ).fetchone()
    if same is None:
        cursor = tx.execute(
            "INSERT INTO pacs_request (at, method, args, summary, studies, state, actor, cause, decided_by) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, '')",
            (
                now.isoformat(timespec="seconds"),
                method,
                json.dumps(args),
                done.data["summary"],
                json.dumps(done.studies),
                WAITING,
                who.actor,
                who.cause,
            ),
        )
        number = int(cursor.lastrowid or 0)
    else:
        number = same["id"]
    return {
        "summary": f"waits for a second person's approval as request {number}: {done.data['summary']}",
        "request": number,
        "waiting": True,
        "studies": list(done.studies),
    }


def find(tx: sqlite3.Connection, number: int | None, study_uid: str) -> sqlite3.Row:
    """The waiting request of that number, or the one about that study; NotFound, BadInput."""
    if number is not None:
        rows = tx.execute("SELECT * FROM pacs_request WHERE id=?", (number,)).fetchall()
    else:
        rows = tx.execute(
            "SELECT * FROM pacs_request r WHERE state=? AND EXISTS (SELECT 1 FROM json_each(r.studies) "
            "WHERE value=?) ORDER BY id",
            (WAITING, study_uid),
        ).fetchall()
    remedy = "`simlab pacs requests` lists them."
    if not rows:
        raise NotFound(f"no request {number if number is not None else f'about {study_uid}'} waits", remedy=remedy)
    if len(rows) > 1:
        raise BadInput(f"{len(rows)} requests are about that study", remedy="Say which by its number.")
    row: sqlite3.Row = rows[0]
    if row["state"] != WAITING:
        raise BadInput(f"request {row['id']} is {row['state']} already", remedy=remedy)
    return row


def decide(tx: sqlite3.Connection, row: sqlite3.Row, state: str, repair: int | None) -> None:
    """Close a request; NotAllowed when whoever asked for it would approve it."""
    who = provenance.current().actor
    if state == APPROVED and who == row["actor"]:
        raise NotAllowed(
            f"request {row['id']} was made by the same person",
            place="PACS",
            remedy="Ask a colleague to look at it and approve it.",
        )
    tx.execute("UPDATE pacs_request SET state=?, decided_by=?, repair=? WHERE id=?", (state, who, repair, row["id"]))


def decide_repair(tx: sqlite3.Connection, request: int, repair: int | None) -> None:
    """Note which repair an approved request became."""
    tx.execute("UPDATE pacs_request SET repair=? WHERE id=?", (repair, request))
