"""Numbers and records set right: linked, moved, changed, and a wrong merge taken apart."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from simlab.department.ris import patients
from simlab.department.ris.patients import CARRIED, Identifier, WrongMerge
from simlab.errors import BadInput, NotFound


def link(tx: sqlite3.Connection, one: Identifier, other: Identifier, *, unlink: bool = False) -> bool:
    """Note that two records are of one person (A24), or that they are not (A37); gives whether that is new."""
    first, second = sorted((one, other), key=lambda who: (who.number, who.authority))
    row = (first.number, first.authority, second.number, second.authority)
    if row[:2] == row[2:]:
        raise WrongMerge(f"{one} cannot be linked to itself", place="PID[2]-3", remedy="Name two records.", code="205")
    if unlink:
        where = "patient_id = ? AND issuer = ? AND other_id = ? AND other_issuer = ?"
        return bool(tx.execute(f"DELETE FROM ris_link WHERE {where}", row).rowcount)
    return bool(tx.execute("INSERT OR IGNORE INTO ris_link VALUES (?, ?, ?, ?)", row).rowcount)


def unmerge(tx: sqlite3.Connection, number: Identifier, orders: list[str]) -> dict[str, Any]:
    """Take the last merge of `number` apart: what it brought goes back to it, and those `orders` that are named.

    What came since under either number stays with the survivor unless it is named. Raises NotFound without a record,
    BadInput for an order that is not the survivor's.
    """
    record = tx.execute(
        "SELECT * FROM ris_merge WHERE retired = ? AND issuer = ? AND undone = 0 ORDER BY id DESC LIMIT 1",
        (number.number, number.authority),
    ).fetchone()
    if record is None:
        raise NotFound(f"no merge of {number} is on record", place="RIS", remedy="Look at the list of patients.")
    survivor = patients.survivor(tx, number)
    key = (number.number, number.authority)
    held = (survivor.number, survivor.authority)
    back: list[str] = []
    elsewhere: list[str] = []
    for table, name in json.loads(record["carried"]):
        if table in CARRIED:
            cursor = tx.execute(
                f"UPDATE {table} SET patient_id = ?, issuer = ? WHERE {CARRIED[table]} = ? AND patient_id = ? "
                "AND issuer = ?",
                (*key, name, *held),
            )
            if table == "ris_order":
                (back if cursor.rowcount else elsewhere).append(name)
        else:
            _return(tx, key, held, *name.split("|", 1), both=table == "both")
    for accession in orders:
        if accession in back:
            continue
        whose = "UPDATE ris_order SET patient_id = ?, issuer = ? WHERE accession = ? AND patient_id = ? AND issuer = ?"
        if not tx.execute(whose, (*key, accession, *held)).rowcount:
            raise BadInput(f"it is not of {survivor}", place=accession, remedy="Name orders of the survivor.")
        tx.execute("UPDATE ris_report SET patient_id = ?, issuer = ? WHERE accession = ?", (*key, accession))
        back.append(accession)
    tx.execute(
        "UPDATE ris_patient SET merged_into = NULL, merged_issuer = NULL WHERE patient_id = ? AND issuer = ?", key
    )
    tx.execute("UPDATE ris_merge SET undone = 1 WHERE id = ?", (record["id"],))
    return {"number": number.number, "was_merged_into": survivor.number, "orders": back, "moved_on": elsewhere}


def _return(
    tx: sqlite3.Connection, key: tuple[str, str], held: tuple[str, str], authority: str, number: str, *, both: bool
) -> None:
    row = tx.execute(
        "SELECT * FROM ris_identifier WHERE patient_id = ? AND issuer = ? AND authority = ? AND number = ?",
        (*held, authority, number),
    ).fetchone()
    if row is not None:
        tx.execute(
            "INSERT OR IGNORE INTO ris_identifier VALUES (?, ?, ?, ?, ?)", (*key, number, authority, row["type"])
        )
        if not both:
            tx.execute(
                "DELETE FROM ris_identifier WHERE patient_id = ? AND issuer = ? AND authority = ? AND number = ?",
                (*held, authority, number),
            )


def move(tx: sqlite3.Connection, moved: Identifier, wrong: Identifier, right: Identifier) -> str:
    """Give a number to whom it belongs (A43): another authority's, or a retired one of our own with what it brought."""
    right = patients.survivor(tx, right)
    if moved.authority == wrong.authority:
        patients.survivor(tx, moved)
        done = unmerge(tx, moved, [])
        patients.merge(tx, moved, right)
        return f"{moved.number} moved from {done['was_merged_into']} to {right.number}, {len(done['orders'])} orders"
    wrong = patients.survivor(tx, wrong)
    cursor = tx.execute(
        "UPDATE OR REPLACE ris_identifier SET patient_id = ?, issuer = ? WHERE patient_id = ? AND issuer = ? "
        "AND number = ? AND authority = ?",
        (right.number, right.authority, wrong.number, wrong.authority, moved.number, moved.authority),
    )
    if not cursor.rowcount:
        # It is not there to be taken away; that it belongs here is said all the same.
        patients.register(tx, right, {}, [moved])
    return f"{moved.number} of {moved.authority} moved from {wrong.number} to {right.number}"


def renumber(tx: sqlite3.Connection, old: Identifier, new: Identifier) -> str:
    """Change a patient's number (A47): the old one leads to the new one, which nobody may have had before."""
    before = patients.find(tx, old)
    if before is None:
        raise patients.unknown(tx, old)
    if before["merged_into"] == new.number:
        return f"{old.number} is {new.number} already"
    if patients.find(tx, new) is not None:
        raise WrongMerge(
            f"{new} is a patient's number already",
            place="PID-3",
            remedy="Merge the two (A40) if that is meant.",
            code="205",
        )
    patients.register(tx, new, {name: before[name] for name in patients.FIELDS})
    patients.merge(tx, old, new)
    return f"{old.number} is {new.number} now"
