"""Reports by version, and which status may follow which: P → F → C, X cancelled, W withdrawn from a wrong patient."""

from __future__ import annotations

import sqlite3

from simlab.department.ris import orders, states
from simlab.errors import BadInput, NotFound

PRELIMINARY, FINAL, CORRECTED, CANCELLED, WITHDRAWN = "P", "F", "C", "X", "W"

FOLLOWING: dict[str, tuple[str, ...]] = {
    "": (PRELIMINARY, FINAL),
    PRELIMINARY: (PRELIMINARY, FINAL, CANCELLED, WITHDRAWN),
    FINAL: (CORRECTED, CANCELLED, WITHDRAWN),
    CORRECTED: (CORRECTED, CANCELLED, WITHDRAWN),
    CANCELLED: (PRELIMINARY, FINAL),
    WITHDRAWN: (PRELIMINARY, FINAL),
}
"""OBR-25 (table 0123) by the status of the version before; W is OBX-11's alone (table 0085)."""

REPORTABLE = (states.IN_PROGRESS, states.PERFORMED, states.DISCONTINUED)
"""States of an order that there can be something to say about."""

_REMEDIES = {
    (FINAL, PRELIMINARY): "A final report is corrected (C), never made preliminary again.",
    (FINAL, FINAL): "It is final: send a correction (C).",
    ("", CORRECTED): "There is nothing to correct yet.",
}


def current(tx: sqlite3.Connection, accession: str) -> sqlite3.Row | None:
    """The last version of an order's report, if any."""
    row: sqlite3.Row | None = tx.execute(
        "SELECT * FROM ris_report WHERE accession = ? ORDER BY version DESC LIMIT 1", (accession,)
    ).fetchone()
    return row


def write(
    tx: sqlite3.Connection, accession: str, status: str, text: str, author: str, at: str, reason: str = ""
) -> sqlite3.Row:
    """Add a version; what it does not say stays as it was. Raises BadInput when it may not follow the one before."""
    order, before = orders.find(tx, accession), current(tx, accession)
    now = before["status"] if before is not None else ""
    if status not in FOLLOWING[now]:
        what = f"the report is {now}, it cannot become {status}" if now else f"there is no report to be made {status}"
        remedy = _REMEDIES.get((now, status), f"It can become {' or '.join(FOLLOWING[now])}.")
        raise BadInput(what, place=accession, remedy=remedy)
    if order["state"] not in REPORTABLE:
        raise BadInput(f"the exam is {order['state']}", place=accession, remedy="Report what has been done.")
    text = text.strip() or (before["text"] if before is not None else "")
    if not text:
        raise BadInput("the report is empty", place=accession, remedy="Say what was found.")
    # A withdrawal goes to whom the report was posted to, wherever the order belongs by now.
    whose = before if before is not None and status == WITHDRAWN else order
    tx.execute(
        "INSERT INTO ris_report VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(accession, 1 + (before["version"] if before is not None else 0), status, text),
            author or (before["author"] if before is not None else ""),
            *(at, reason, whose["patient_id"], whose["issuer"]),
        ),
    )
    found = current(tx, accession)
    if found is None:
        raise NotFound(f"no report of {accession}", place="RIS")
    return found


def rows(
    tx: sqlite3.Connection, accession: str | None = None, patient_id: str | None = None
) -> list[dict[str, object]]:
    """Every version of every report, oldest first; `current` is the last of each order."""
    found = tx.execute(
        "SELECT r.*, r.version = (SELECT max(version) FROM ris_report l WHERE l.accession = r.accession) AS current "
        "FROM ris_report r WHERE (?1 IS NULL OR accession = ?1) AND (?2 IS NULL OR patient_id = ?2) "
        "ORDER BY accession, version",
        (accession, patient_id),
    )
    return [{**dict(row), "current": bool(row["current"])} for row in found]
