"""Stays and attendances: opened, moved through the hospital, ended, and each of it taken back."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from simlab.errors import BadInput, NotFound
from simlab.hl7 import build

PREADMITTED, OPEN, DISCHARGED, CANCELLED, DELETED = "preadmitted", "open", "discharged", "cancelled", "deleted"

ADMISSIONS = {"A01": "I", "A04": "O", "A05": "P", "A28": "N"}
"""Events that register a patient, and the patient class (PV1-2, table 0004; N: not applicable) each goes with."""
SAID = {"A01": "admitted", "A04": "registered as an outpatient", "A05": "pre-admitted", "A28": "registered"}
"""What each of them does, in words."""
CLASSES = {"I": "A06", "O": "A07", "E": "A07"}
"""A change of class and its event: A06 to inpatient, A07 to outpatient."""


@dataclass(frozen=True)
class Undoing:
    """A cancel event: which movements it takes back, and the state that the visit then has (None: as it is)."""

    event: str
    of: tuple[str, ...]
    state: str | None


CANCELS = {
    "admission": Undoing("A11", ("A01", "A04"), CANCELLED),
    "transfer": Undoing("A12", ("A02",), None),
    "discharge": Undoing("A13", ("A03",), OPEN),
    "preadmission": Undoing("A38", ("A05",), CANCELLED),
}


def current(tx: sqlite3.Connection, patient_id: str, issuer: str, state: str = OPEN) -> sqlite3.Row | None:
    """The patient's newest visit in `state`, if any."""
    row: sqlite3.Row | None = tx.execute(
        "SELECT * FROM epr_visit WHERE patient_id=? AND issuer=? AND state=? ORDER BY admitted DESC, number DESC",
        (patient_id, issuer, state),
    ).fetchone()
    return row


def needed(tx: sqlite3.Connection, patient_id: str, issuer: str, state: str = OPEN) -> sqlite3.Row:
    """The patient's newest visit in `state`; NotFound."""
    row = current(tx, patient_id, issuer, state)
    if row is None:
        raise NotFound(
            f"{patient_id} has no visit that is {state}",
            place="EPR",
            remedy="Look at the patient's visits (epr.visits).",
        )
    return row


def in_hl7(row: sqlite3.Row | None, prior_location: str = "") -> build.Visit | None:
    """A visit as PV1 tells of it."""
    if row is None:
        return None
    return build.Visit(
        row["number"],
        row["patient_class"],
        row["location"],
        row["consultant"],
        datetime.fromisoformat(row["admitted"]),
        prior_location=prior_location,
        service=row["service"],
        discharged=datetime.fromisoformat(row["discharged"]) if row["discharged"] else None,
    )


def start(
    tx: sqlite3.Connection,
    number: str,
    key: tuple[str, str],
    event: str,
    location: str,
    consultant: str,
    service: str,
    at: str,
) -> sqlite3.Row:
    """Open a visit; an admission takes the pre-admitted one that there is."""
    booked = current(tx, *key, PREADMITTED) if event == "A01" else None
    state, patient_class = PREADMITTED if event == "A05" else OPEN, ADMISSIONS[event]
    if booked is not None:
        number = booked["number"]
        tx.execute(
            "UPDATE epr_visit SET state=?, patient_class=?, location=coalesce(nullif(?, ''), location), "
            "consultant=coalesce(nullif(?, ''), consultant), admitted=? WHERE number=?",
            (state, patient_class, location, consultant, at, number),
        )
    else:
        tx.execute(
            "INSERT INTO epr_visit (number, patient_id, issuer, patient_class, location, consultant, admitted, state, "
            "service) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (number, *key, patient_class, location, consultant, at, state, service),
        )
    row = find(tx, number)
    _moved(tx, row, event, at, "", "")
    return row


def find(tx: sqlite3.Connection, number: str) -> sqlite3.Row:
    """The visit of that number; NotFound."""
    row: sqlite3.Row | None = tx.execute("SELECT * FROM epr_visit WHERE number=?", (number,)).fetchone()
    if row is None:
        raise NotFound(f"no visit {number}", place="EPR", remedy="Look at the patient's visits (epr.visits).")
    return row


def move(
    tx: sqlite3.Connection,
    visit: sqlite3.Row,
    event: str,
    at: str,
    *,
    location: str = "",
    patient_class: str = "",
    state: str = "",
) -> sqlite3.Row:
    """Carry out A02, A03, A06 or A07 on a visit; what is empty stays."""
    tx.execute(
        "UPDATE epr_visit SET location=?, patient_class=?, state=?, discharged=? WHERE number=?",
        (
            location or visit["location"],
            patient_class or visit["patient_class"],
            state or visit["state"],
            at if event == "A03" else visit["discharged"],
            visit["number"],
        ),
    )
    row = find(tx, visit["number"])
    _moved(tx, row, event, at, visit["location"], visit["patient_class"])
    return row


def undo(tx: sqlite3.Connection, patient_id: str, issuer: str, what: str) -> tuple[sqlite3.Row, str]:
    """Take back the last movement of a kind; gives the visit as it is then, and the event that says so."""
    if what not in CANCELS:
        raise BadInput(f"{what!r} cannot be cancelled", place="what", remedy=f"Say {', '.join(CANCELS)}.")
    how = CANCELS[what]
    last = tx.execute(
        "SELECT m.* FROM epr_movement m JOIN epr_visit v ON v.number=m.visit WHERE v.patient_id=? AND v.issuer=? "
        "AND v.state <> ? AND m.undone=0 ORDER BY m.id DESC LIMIT 1",
        (patient_id, issuer, DELETED),
    ).fetchone()
    if last is None or last["event"] not in how.of:
        was = f"the last thing that happened is {last['event']}" if last else "nothing happened that could be"
        raise BadInput(f"no {what} to cancel: {was}", place=patient_id, remedy="Look at the movements (epr.movements).")
    tx.execute("UPDATE epr_movement SET undone=1 WHERE id=?", (last["id"],))
    visit = find(tx, last["visit"])
    location = last["prior_location"] if how.event == "A12" else visit["location"]
    tx.execute(
        "UPDATE epr_visit SET location=?, state=?, discharged=? WHERE number=?",
        (location, how.state or visit["state"], "" if how.event == "A13" else visit["discharged"], visit["number"]),
    )
    return find(tx, visit["number"]), how.event


def _moved(
    tx: sqlite3.Connection, visit: sqlite3.Row, event: str, at: str, prior_location: str, prior_class: str
) -> None:
    tx.execute(
        "INSERT INTO epr_movement (visit, event, at, location, prior_location, patient_class, prior_class) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (visit["number"], event, at, visit["location"], prior_location, visit["patient_class"], prior_class),
    )
