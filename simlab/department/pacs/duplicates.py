"""Second objects of one SOP instance UID: refused at the door and kept as evidence."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import Any

from simlab.blobs import Reference, digest
from simlab.dicom.instance import Instance
from simlab.errors import BadInput, NotFound

WAITING, DISCARDED, ADMITTED = "waiting", "discarded", "admitted"
KEPT = 500
"""How many are kept at most; a sender that never stops does not fill the disk."""


def keep(
    tx: sqlite3.Connection, instance: Instance, pixels: Reference | None, what: str, source: str, received: datetime
) -> int | None:
    """Keep a refused object as evidence, once; None when too many wait."""
    header = instance.header()
    same = tx.execute(
        "SELECT id FROM pacs_duplicate WHERE sop_uid=? AND pixels IS ? AND head=?",
        (header.sop_instance_uid, pixels, instance.head),
    ).fetchone()
    if same is not None:
        return int(same["id"])
    if tx.execute("SELECT count(*) FROM pacs_duplicate WHERE state=?", (WAITING,)).fetchone()[0] >= KEPT:
        return None
    cursor = tx.execute(
        "INSERT INTO pacs_duplicate (sop_uid, patient_id, issuer, patient_name, study_uid, accession, what, "
        "transfer_syntax, head, pixels, source, received, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            header.sop_instance_uid,
            header.patient_id,
            header.issuer,
            header.patient_name,
            header.study_uid,
            header.accession,
            what,
            instance.transfer_syntax,
            instance.head,
            pixels,
            source,
            received.isoformat(timespec="milliseconds"),
            WAITING,
        ),
    )
    return int(cursor.lastrowid or 0)


def the_duplicate(tx: sqlite3.Connection, number: int) -> sqlite3.Row:
    """The kept object of that number, still waiting; NotFound, BadInput."""
    row: sqlite3.Row | None = tx.execute("SELECT * FROM pacs_duplicate WHERE id=?", (number,)).fetchone()
    remedy = "`simlab pacs duplicates` lists them."
    if row is None:
        raise NotFound(f"there is no duplicate {number}", place="PACS", remedy=remedy)
    if row["state"] != WAITING:
        raise BadInput(f"duplicate {number} is {row['state']} already", place="PACS", remedy=remedy)
    return row


def listed(tx: sqlite3.Connection, sop_uid: str | None = None, state: str | None = None) -> list[dict[str, Any]]:
    """The kept objects beside whose UID they share: patients, studies, pixels and senders of both."""
    rows = tx.execute(
        "SELECT d.id, d.sop_uid, d.what, d.state, d.admitted_as, d.patient_id, d.issuer, d.patient_name, d.study_uid, "
        "d.accession, d.pixels, d.source, d.received, s.patient_id AS held_patient_id, s.study_uid AS held_study_uid, "
        "s.accession AS held_accession, i.pixels AS held_pixels, i.source AS held_source, i.received AS held_received "
        "FROM pacs_duplicate d LEFT JOIN pacs_instance i USING (sop_uid) LEFT JOIN pacs_series e USING (series_uid) "
        "LEFT JOIN pacs_study s ON s.study_uid = e.study_uid "
        "WHERE (:u IS NULL OR d.sop_uid=:u) AND (:s IS NULL OR d.state=:s) ORDER BY d.id",
        {"u": sop_uid, "s": state},
    )
    shown = ("pixels", "held_pixels")
    return [{**dict(row), **{name: row[name] and digest(row[name]) for name in shown}} for row in rows]
