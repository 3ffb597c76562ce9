"""The RIS's master patient index: register, update, merge."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from simlab.errors import BadInput, NotFound, SimlabError

FIELDS = ("name", "birth_date", "sex", "address", "phone")


@dataclass(frozen=True)
class Identifier:
    """A number of a patient with the authority that gave it (a CX): `type` is MR, NH …, as in HL7 table 0203."""

    number: str
    authority: str
    type: str = ""

    def __str__(self) -> str:
        return f"{self.number} of {self.authority or 'no authority'}"


class UnknownPatient(NotFound):
    """A number that the RIS does not know under that authority: `patient`. AE on the wire."""

    ack_code = "AE"

    def __init__(self, patient: Identifier, remedy: str) -> None:
        super().__init__(f"no patient {patient}", place="RIS", remedy=remedy)
        self.patient = patient


class WrongMerge(SimlabError):
    """A merge that cannot be meant as it is said. AE on the wire, with the `code` of HL7 table 0357."""

    ack_code = "AE"

    def __init__(self, what: str, *, place: str = "MRG-1", remedy: str = "", code: str = "204") -> None:
        super().__init__(what, place=place, remedy=remedy)
        self.code = code


def find(tx: sqlite3.Connection, patient: Identifier) -> sqlite3.Row | None:
    """The patient's own row, retired or not."""
    row: sqlite3.Row | None = tx.execute(
        "SELECT * FROM ris_patient WHERE patient_id = ? AND issuer = ?", (patient.number, patient.authority)
    ).fetchone()
    return row


def survivor(tx: sqlite3.Connection, patient: Identifier) -> Identifier:
    """The number under which the patient is kept now: itself, or where merges have led.

    Raises UnknownPatient; when the number is known under another authority, says which.
    """
    row = find(tx, patient)
    if row is None:
        raise unknown(tx, patient)
    passed: set[Identifier] = set()
    while row["merged_into"] is not None:
        passed.add(patient)
        patient = Identifier(row["merged_into"], row["merged_issuer"])
        row = find(tx, patient)
        if row is None or patient in passed:
            raise unknown(tx, patient)
    return patient


def unknown(tx: sqlite3.Connection, patient: Identifier) -> UnknownPatient:
    """The error for a number that is not known, naming the authorities under which it is."""
    others = [
        row["issuer"] for row in tx.execute("SELECT issuer FROM ris_patient WHERE patient_id = ?", (patient.number,))
    ]
    remedy = "Register the patient first."
    if others:
        remedy = f"The number is known under {', '.join(others)}: check the assigning authority."
    return UnknownPatient(patient, remedy)


def register(
    tx: sqlite3.Connection,
    patient: Identifier,
    demographics: Mapping[str, str],
    others: Iterable[Identifier] = (),
) -> tuple[Identifier, bool]:
    """Create or update a patient with some of `FIELDS` and other identifiers; gives the number kept and whether new.

    A field that is absent is left alone, an empty one is emptied. Traffic on a retired number reaches its survivor.
    """
    new = find(tx, patient) is None
    if new:
        values = [demographics.get(name, "") for name in FIELDS]
        tx.execute(
            "INSERT INTO ris_patient VALUES (?, ?, ?, ?, ?, ?, ?, NULL, NULL)",
            (patient.number, patient.authority, *values),
        )
    else:
        patient = survivor(tx, patient)
        for name in FIELDS:
            if name in demographics:
                tx.execute(
                    f"UPDATE ris_patient SET {name} = ?1 WHERE patient_id = ?2 AND issuer = ?3 AND {name} <> ?1",
                    (demographics[name], patient.number, patient.authority),
                )
    for other in others:
        tx.execute(
            "INSERT INTO ris_identifier VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET type = excluded.type "
            "WHERE type <> excluded.type",
            (patient.number, patient.authority, other.number, other.authority, other.type),
        )
    return patient, new


def merge(tx: sqlite3.Connection, retire: Identifier, survive: Identifier) -> dict[str, Any]:
    """Retire one number into another: every order and identifier goes with it. Gives what moved.

    Raises WrongMerge when the two are the same, differ in authority or the survivor was itself retired;
    UnknownPatient when either is not known.
    """
    if retire == survive or (retire.number, retire.authority) == (survive.number, survive.authority):
        raise WrongMerge(f"{retire} cannot be merged into itself", remedy="Name two numbers.", code="205")
    if retire.authority != survive.authority:
        raise WrongMerge(
            f"{retire} and {survive} are not of one authority",
            place="MRG-1.4",
            remedy="PID-3 and MRG-1 must be of the same identifier type and authority.",
        )
    gone, kept = find(tx, retire), find(tx, survive)
    if gone is None:
        raise unknown(tx, retire)
    if kept is None:
        raise unknown(tx, survive)
    if kept["merged_into"] is not None:
        raise WrongMerge(
            f"{survive} was itself retired into {kept['merged_into']}",
            place="PID-3",
            remedy="Check the direction: PID-3 survives, MRG-1 retires.",
        )
    if gone["merged_into"] is not None:
        last = survivor(tx, retire)
        if last.number == survive.number:
            return {"retired": retire.number, "survivor": survive.number, "orders": []}
        raise WrongMerge(
            f"{retire} was already retired into {last.number}",
            place="MRG-1",
            remedy=f"Merge {last.number} if that is meant.",
        )
    carried = carry(tx, retire, survive)
    key = (survive.number, survive.authority, retire.number, retire.authority)
    tx.execute("UPDATE ris_patient SET merged_into = ?, merged_issuer = ? WHERE patient_id = ? AND issuer = ?", key)
    tx.execute(
        "INSERT INTO ris_merge (retired, survivor, issuer, carried) VALUES (?, ?, ?, ?)",
        (retire.number, survive.number, retire.authority, json.dumps(carried)),
    )
    moved = [key for table, key in carried if table == "ris_order"]
    return {"retired": retire.number, "survivor": survive.number, "orders": moved}


CARRIED = {"ris_order": "accession", "ris_visit": "number", "ris_report": "accession"}
"""What belongs to a patient beside other numbers: table and key."""


def carry(tx: sqlite3.Connection, old: Identifier, new: Identifier) -> list[list[str]]:
    """Bring everything of one patient under another; gives what went, as table and key."""
    carried: list[list[str]] = []
    to = (new.number, new.authority, old.number, old.authority)
    for table, column in CARRIED.items():
        rows = tx.execute(
            f"SELECT DISTINCT {column} AS key FROM {table} WHERE patient_id = ? AND issuer = ? ORDER BY 1", to[2:]
        )
        carried += [[table, row["key"]] for row in rows.fetchall()]
        tx.execute(f"UPDATE {table} SET patient_id = ?, issuer = ? WHERE patient_id = ? AND issuer = ?", to)
    mine = tx.execute("SELECT * FROM ris_identifier WHERE patient_id = ? AND issuer = ?", to[2:]).fetchall()
    for one in mine:
        cursor = tx.execute(
            "INSERT OR IGNORE INTO ris_identifier VALUES (?, ?, ?, ?, ?)",
            (*to[:2], one["number"], one["authority"], one["type"]),
        )
        # One that both had is not the retired number's alone, and stays where it is when that comes back.
        carried.append(["ris_identifier" if cursor.rowcount else "both", f"{one['authority']}|{one['number']}"])
    tx.execute("DELETE FROM ris_identifier WHERE patient_id = ? AND issuer = ?", to[2:])
    return carried


def check_number(number: str, place: str) -> str:
    """`number` when it can be a Patient ID (LO: at most 64 characters, no backslash or control); BadInput otherwise."""
    if not number or len(number) > 64 or "\\" in number or not number.isprintable():
        raise BadInput(f"{number[:70]!r} cannot be a patient's number", place=place, remedy="Give the hospital number.")
    return number
