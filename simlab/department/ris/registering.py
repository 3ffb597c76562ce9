"""What each ADT does to the RIS's patients and visits: registrations, movements, merges, moves, links."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator

from simlab.department.ris import identity, patients, persons, settings
from simlab.department.ris.patients import Identifier, WrongMerge
from simlab.hl7.errors import Hl7Error
from simlab.hl7.message import Message

REGISTER = ("A01", "A04", "A05", "A08", "A28", "A31")
MERGE = ("A18", "A34", "A40")
MOVEMENTS = ("A02", "A03", "A06", "A07", "A10", "A11", "A12", "A13", "A23", "A38")
"""What happens within a visit; no concern of the PACS, and not passed on."""
VISITS = {
    **dict.fromkeys(("A01", "A04", "A02", "A06", "A07", "A08", "A10", "A12", "A13"), "open"),
    "A05": "preadmitted",
    "A03": "discharged",
    "A11": "cancelled",
    "A38": "cancelled",
    "A23": "deleted",
}
"""The state of a visit after each event."""


def register(tx: sqlite3.Connection, message: Message, event: str) -> str:
    """Make or update the patient, and the visit in PV1."""
    own = settings.load(tx).mrn_authority
    number = persons.hospital_number(message, own)
    patients.check_number(number.number, "PID-3")
    kept, new = patients.register(tx, number, persons.demographics(message), others(message, number))
    if event in VISITS:
        _visit(tx, message, kept, VISITS[event])
    if new:
        return f"registered {kept.number}"
    return f"updated {kept.number}" + ("" if same(kept, number) else ", the survivor")


def move_about(tx: sqlite3.Connection, message: Message, event: str) -> str:
    """Note a movement in the visit; who is not known here is not made known by it."""
    number = persons.hospital_number(message, settings.load(tx).mrn_authority)
    if patients.find(tx, number) is None:
        return f"noted; {number.number} is not known here"
    state = VISITS[event]
    visit = _visit(tx, message, patients.survivor(tx, number), state)
    return f"noted: visit {visit} {state}" if visit else "noted"


def _visit(tx: sqlite3.Connection, message: Message, patient: Identifier, state: str) -> str:
    number = persons.line(message.get("PV1-19.1"))
    if not number:
        return ""
    row = {
        "number": number,
        "patient_id": patient.number,
        "issuer": patient.authority,
        "patient_class": persons.line(message.get("PV1-2")),
        "location": persons.line(message.get("PV1-3.1")),
        "state": state,
    }
    tx.execute(
        "INSERT INTO ris_visit (number, patient_id, issuer, patient_class, location, state) VALUES (:number, "
        ":patient_id, :issuer, :patient_class, :location, :state) ON CONFLICT DO UPDATE SET "
        "patient_id = :patient_id, issuer = :issuer, "
        "patient_class = coalesce(nullif(:patient_class, ''), patient_class), "
        "location = coalesce(nullif(:location, ''), location), state = :state",
        row,
    )
    return number


def merge(tx: sqlite3.Connection, message: Message, event: str) -> str:
    """Retire every MRG into the PID before it; a message may have several pairs."""
    own = settings.load(tx).mrn_authority
    return "; ".join(_merged(tx, message, own, pid, mrg) for pid, mrg in pairs(message))


def _merged(tx: sqlite3.Connection, message: Message, own: str, pid: str, mrg: str) -> str:
    survive = persons.own_number(message, own, f"{pid}-3")
    retire = persons.own_number(message, own, f"{mrg}-1")
    for one, place in ((survive, f"{pid}-3"), (retire, f"{mrg}-1")):
        patients.check_number(one.number, place)
    if same(survive, retire):
        raise WrongMerge(
            f"{survive.number} cannot be merged into itself", place=f"{mrg}-1", remedy="Name two numbers.", code="205"
        )
    if patients.find(tx, retire) is None:
        # Remembered all the same: later traffic on the retired number belongs to the survivor.
        patients.register(tx, retire, {})
    known = patients.find(tx, survive)
    if known is None or known["merged_into"] is None:
        patients.register(tx, survive, persons.demographics(message, pid), others(message, survive, pid))
    try:
        moved = patients.merge(tx, retire, survive)
    except WrongMerge as error:
        error.place = error.place.replace("PID-", f"{pid}-").replace("MRG-", f"{mrg}-")
        raise
    return f"merged {retire.number} into {survive.number}, {len(moved['orders'])} orders moved"


def link(tx: sqlite3.Connection, message: Message, event: str) -> str:
    """A24 links the two PIDs, A37 takes the link away; both records stay as they are."""
    own, unlink = settings.load(tx).mrn_authority, event == "A37"
    if len(message.named("PID")) != 2:
        raise Hl7Error(f"{event} is of two PID", place="PID", code="100", remedy="Send a PID for each record.")
    numbers = []
    for pid in ("PID[1]", "PID[2]"):
        number = persons.own_number(message, own, f"{pid}-3")
        if patients.find(tx, number) is None:
            patients.register(tx, number, persons.demographics(message, pid), others(message, number, pid))
        numbers.append(patients.survivor(tx, number))
    done = identity.link(tx, *numbers, unlink=unlink)
    what = "unlinked from" if unlink else "linked to"
    already = "" if done else (" (they were not linked)" if unlink else " (they were linked before)")
    return f"{numbers[0].number} {what} {numbers[1].number}{already}"


def move(tx: sqlite3.Connection, message: Message, event: str) -> str:
    """A43: the numbers in PID-3 go from the patient in MRG-4 to the one in PID-2."""
    own = settings.load(tx).mrn_authority
    for place in ("PID-2", "MRG-4"):
        if not persons.identifiers(message, place):
            raise Hl7Error(
                "a move says from whom (MRG-4) and to whom (PID-2)", place=place, code="101", remedy="Fill both."
            )
    right, wrong = (persons.own_number(message, own, place) for place in ("PID-2", "MRG-4"))
    moved = persons.identifiers(message)
    if not moved:
        raise Hl7Error("no number is moved", place="PID-3", code="101", remedy="PID-3 and MRG-1 name it.")
    return "; ".join(identity.move(tx, one, wrong, right) for one in moved)


def renumber(tx: sqlite3.Connection, message: Message, event: str) -> str:
    """A47: the number in PID-3 takes the place of the one in MRG-1."""
    own = settings.load(tx).mrn_authority
    new, old = (persons.own_number(message, own, place) for place in ("PID-3", "MRG-1"))
    patients.check_number(new.number, "PID-3")
    return identity.renumber(tx, old, new)


def pairs(message: Message) -> Iterator[tuple[str, str]]:
    """Every PID with the MRG that follows it, as ``PID[1]`` and ``MRG[1]``; Hl7Error when one lacks."""
    pid = mrg = 0
    for segment in message.segments:
        pid += segment.name == "PID"
        if segment.name == "MRG":
            mrg += 1
            if not pid:
                raise Hl7Error("MRG stands before PID", place="MRG", code="100", remedy="Send PID, then its MRG.")
            yield f"PID[{pid}]", f"MRG[{mrg}]"
    if not mrg:
        raise Hl7Error("a merge without MRG", place="MRG-1", code="100", remedy="Name the number that retires.")


def same(one: Identifier, other: Identifier) -> bool:
    """Whether two identifiers are of one number."""
    return (one.number, one.authority) == (other.number, other.authority)


def others(message: Message, own: Identifier, pid: str = "PID") -> list[Identifier]:
    """The other numbers of a patient, as far as it is said who gave them."""
    return [one for one in persons.identifiers(message, f"{pid}-3") if not same(one, own) and one.authority]


Deed = Callable[[sqlite3.Connection, Message, str], str]

EVENTS: dict[str, Deed] = {
    **dict.fromkeys(REGISTER, register),
    **dict.fromkeys(MERGE, merge),
    **dict.fromkeys(MOVEMENTS, move_about),
    "A24": link,
    "A37": link,
    "A43": move,
    "A47": renumber,
}
"""What is done with each event."""
