"""Orders and their scheduled steps: made, booked, moved between states and rooms."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from simlab.department.ris import patients, states
from simlab.department.ris.patients import Identifier
from simlab.department.ris.settings import ae_title
from simlab.dicom.uids import uid
from simlab.errors import BadInput, NotFound

_FIRST = 90_000_001  # the RIS's own numbers stay clear of those that scenes draw
_IN_OPEN = f"({', '.join(repr(state) for state in states.OPEN)})"


class UnknownOrder(NotFound):
    """An order that the RIS does not have. AE on the wire."""

    ack_code = "AE"


class BadOrder(BadInput):
    """An order that cannot be made or changed as it is said. AE on the wire, with the `code` of HL7 table 0357.

    `place` may be the name of an `OrderRequest` field; a message has that where the mapping says.
    """

    ack_code = "AE"

    def __init__(self, what: str, *, place: str = "", remedy: str = "", code: str = "207") -> None:
        super().__init__(what, place=place, remedy=remedy)
        self.code = code


@dataclass(frozen=True)
class OrderRequest:
    """What a request says. What is empty the RIS fills in itself: numbers, exam details, station, study UID."""

    patient: Identifier
    exam: str
    start: str | None = None
    state: str = states.REQUESTED
    accession: str = ""
    placer: str = ""
    filler: str = ""
    description: str = ""
    procedure_id: str = ""
    procedure_code: str = ""
    reason: str = ""
    referrer: str = ""
    requester: str = ""
    priority: str = "ROUTINE"
    visit: str = ""
    visit_issuer: str = ""
    alerts: str = ""
    patient_state: str = ""
    pregnancy: str = ""
    weight: str = ""
    height: str = ""
    step_id: str = ""
    study_uid: str = ""
    station_ae: str = ""
    modality: str = ""
    physician: str = ""
    protocol_code: str = ""
    protocol_scheme: str = ""
    step_description: str = ""
    reason_code: str = ""
    station_name: str = ""
    location: str = ""


_AS_SAID = (
    *("placer", "exam", "procedure_code", "reason", "reason_code", "referrer", "requester", "priority", "state"),
    *("visit", "visit_issuer", "alerts", "patient_state", "pregnancy", "weight", "height"),
)
"""What of a request an order keeps as it is."""


def moment(text: str) -> str:
    """A date and time, as ISO or DICOM/HL7 write it, to the second in ISO; BadInput when it is none."""
    digits = text.strip()
    if digits.isascii() and digits.isdigit() and len(digits) in (8, 10, 12, 14):
        digits = f"{digits[:8]}T{digits[8:].ljust(6, '0')}"
    try:
        return datetime.fromisoformat(digits).replace(tzinfo=None).isoformat(timespec="seconds")
    except ValueError:
        raise BadInput(
            f"{text!r} is no date and time", place="start", remedy="Write it like 2026-03-02T08:15."
        ) from None


def next_number(tx: sqlite3.Connection, name: str) -> int:
    """The next number of counter `name`; the counters survive a restart."""
    tx.execute("INSERT INTO ris_counter VALUES (?, ?) ON CONFLICT DO UPDATE SET value = value + 1", (name, _FIRST))
    return int(tx.execute("SELECT value FROM ris_counter WHERE name = ?", (name,)).fetchone()["value"])


def find(tx: sqlite3.Connection, accession: str) -> sqlite3.Row:
    """The order; UnknownOrder when there is none."""
    row: sqlite3.Row | None = tx.execute("SELECT * FROM ris_order WHERE accession = ?", (accession,)).fetchone()
    if row is None:
        raise UnknownOrder(
            f"no order {accession!r}", place="RIS", remedy="Look the accession number up among the orders."
        )
    return row


def create(tx: sqlite3.Connection, request: OrderRequest, now: datetime, *, further: bool = False) -> str:
    """Make an order with one scheduled step, or add a step to an order of the same patient; gives its accession.

    A step is added when it has an ID of its own, or is said to be a `further` one of the order just made. Raises
    UnknownPatient, and BadOrder when the accession or the step is taken or the exam is not known.
    """
    patient = patients.survivor(tx, request.patient)
    modality, station, description = _room(tx, request)
    accession = request.accession or f"RXX{next_number(tx, 'accession')}"
    if len(accession) > 16 or "\\" in accession or not accession.isprintable():
        raise BadOrder(
            f"{accession[:40]!r} cannot be an accession number",
            place="accession",
            remedy="At most 16 characters (SH).",
            code="102",
        )
    there = tx.execute("SELECT * FROM ris_order WHERE accession = ?", (accession,)).fetchone()
    if there is None:
        own = {
            "accession": accession,
            "filler": request.filler or accession,
            "patient_id": patient.number,
            "issuer": patient.authority,
            "description": request.description or description,
            "procedure_id": request.procedure_id or f"RP{next_number(tx, 'procedure')}",
            "state_reason": "",
            "requested": now.isoformat(timespec="seconds"),
        }
        _insert(tx, "ris_order", own | {name: getattr(request, name) for name in _AS_SAID})
    elif (there["patient_id"], there["issuer"]) != (patient.number, patient.authority) or not (
        request.step_id or further
    ):
        raise BadOrder(
            f"accession number {accession} is taken",
            place="accession",
            remedy="Use another number, or change the order that has it.",
            code="205",
        )
    step_id = request.step_id or f"SPS{next_number(tx, 'step')}"
    if tx.execute("SELECT 1 FROM ris_step WHERE step_id = ?", (step_id,)).fetchone():
        raise BadOrder(
            f"scheduled step {step_id} exists already", place="step_id", remedy="Send a change (XO).", code="205"
        )
    step = {
        "step_id": step_id,
        "accession": accession,
        "study_uid": request.study_uid or uid("ris", accession),
        "station_ae": station,
        "modality": modality,
        "start": request.start,
        "physician": request.physician,
        "protocol_code": request.protocol_code or request.exam,
        "protocol_scheme": request.protocol_scheme,
        "description": request.step_description or description,
        "state": request.state,
        "station_name": request.station_name,
        "location": request.location,
    }
    _insert(tx, "ris_step", step)
    return accession


def _insert(tx: sqlite3.Connection, table: str, row: Mapping[str, Any]) -> None:
    tx.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join(f':{name}' for name in row)})", dict(row))


def _room(tx: sqlite3.Connection, request: OrderRequest) -> tuple[str, str, str]:
    """Modality, station and description of a request: its own, else by the exam's mapping."""
    exam = tx.execute("SELECT * FROM ris_exam WHERE code = ?", (request.exam,)).fetchone()
    modality = request.modality or (exam["modality"] if exam else "")
    if not modality:
        raise BadOrder(
            f"the RIS has no exam {request.exam!r}",
            place="exam",
            remedy=f"It has {', '.join(exam_codes(tx)) or 'none'}; or name the modality.",
            code="103" if request.exam else "101",
        )
    if exam:
        station = request.station_ae or exam["station_ae"]
        return modality, station, request.description or exam["description"]
    # An exam that is not mapped goes to the only room of its modality; with several, somebody has to choose.
    rooms = tx.execute(
        "SELECT DISTINCT station_ae FROM ris_exam WHERE modality = ? AND station_ae <> ''", (modality,)
    ).fetchall()
    station = request.station_ae or (rooms[0]["station_ae"] if len(rooms) == 1 else "")
    return modality, station, request.description or request.exam


def exam_codes(tx: sqlite3.Connection) -> list[str]:
    """The codes of all exams."""
    return [row["code"] for row in tx.execute("SELECT code FROM ris_exam ORDER BY code")]


def replaced(request: OrderRequest, accession: str) -> OrderRequest:
    """A further step's request, under the accession number that the order got."""
    return replace(request, accession=accession)


def move_to(tx: sqlite3.Connection, accession: str, state: str, reason: str = "") -> str:
    """Bring an order and its unfinished steps into another state; gives the state it was in.

    Raises UnknownOrder, or BadInput when the one may not follow the other.
    """
    order = find(tx, accession)
    before = str(order["state"])
    states.check(accession, before, state)
    tx.execute("UPDATE ris_order SET state = ?, state_reason = ? WHERE accession = ?", (state, reason, accession))
    final = [name for name, following in states.TRANSITIONS.items() if not following]
    tx.execute(
        f"UPDATE ris_step SET state = ? WHERE accession = ? AND state NOT IN ({', '.join('?' * len(final))})",
        (state, accession, *final),
    )
    return before


def change_steps(
    tx: sqlite3.Connection,
    accession: str,
    *,
    step_id: str = "",
    station_ae: str = "",
    modality: str = "",
    start: str = "",
    physician: str = "",
) -> int:
    """Change the scheduling of an order's open steps (or of one); what is empty is left alone. Gives how many.

    Raises UnknownOrder, or BadOrder when none is open any more.
    """
    find(tx, accession)
    if station_ae:
        ae_title(station_ae)
    changes = {"station_ae": station_ae, "modality": modality, "start": start, "physician": physician}
    wanted = {name: value for name, value in changes.items() if value}
    if not wanted:
        raise BadOrder("nothing to change is said", place=accession, remedy="Give a station, a modality or a start.")
    count = tx.execute(
        f"UPDATE ris_step SET {', '.join(f'{name} = ?' for name in wanted)} "
        f"WHERE accession = ? AND (? = '' OR step_id = ?) AND state IN {_IN_OPEN}",
        (*wanted.values(), accession, step_id, step_id),
    ).rowcount
    if not count:
        raise BadOrder("no step of it is open any more", place=accession, remedy="Make a new order.")
    return count


def map_exam(tx: sqlite3.Connection, code: str, station_ae: str) -> list[str]:
    """Send an exam to another station, its steps not yet begun too; gives the accessions that moved."""
    ae_title(station_ae)
    if not tx.execute("UPDATE ris_exam SET station_ae = ? WHERE code = ?", (station_ae, code)).rowcount:
        raise NotFound(
            f"the RIS has no exam {code!r}", place="RIS", remedy=f"It has {', '.join(exam_codes(tx)) or 'none'}."
        )
    which = (
        f"state IN {_IN_OPEN} AND station_ae <> ?1 AND accession IN (SELECT accession FROM ris_order WHERE exam = ?2)"
    )
    moved = [
        row["accession"]
        for row in tx.execute(f"SELECT DISTINCT accession FROM ris_step WHERE {which} ORDER BY 1", (station_ae, code))
    ]
    tx.execute(f"UPDATE ris_step SET station_ae = ?1 WHERE {which}", (station_ae, code))
    return moved


def as_row(tx: sqlite3.Connection, accession: str) -> dict[str, Any]:
    """An order with its steps, for a reply."""
    steps = tx.execute("SELECT * FROM ris_step WHERE accession = ? ORDER BY step_id", (accession,)).fetchall()
    return {**dict(find(tx, accession)), "steps": [dict(step) for step in steps]}
