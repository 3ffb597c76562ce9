"""The table from what happens to the HL7 message that tells of it, if any."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from simlab.feed import spoken
from simlab.feed.dialect import Dialect
from simlab.feed.state import Happening
from simlab.feed.trust import trust
from simlab.hl7 import build

EPR, RIS, LAB = "EPR", "RIS", "LAB"

Tell = Callable[[Happening, Dialect, build.Header], bytes | None]


@dataclass(frozen=True)
class Row:
    """Which system tells of a happening (MSH-3), and how; None: nobody tells."""

    sender: str
    tell: Tell | None


def wire(happening: Happening, dialect: Dialect) -> bytes | None:
    """The message of a happening; None for what a hospital of that profile tells nobody."""
    row = TABLE[happening.kind]
    if row.tell is None:
        return None
    return row.tell(happening, dialect, dialect.header(happening, happening.facts.get("by", row.sender)))


def event(message: bytes) -> str:
    """``ADT^A28``: MSH-9 without the structure."""
    return "^".join(message.split(b"|", 9)[8].decode().split("^")[:2])


def _patient(it: Happening, dialect: Dialect) -> build.Patient:
    return spoken.patient(it.life, dialect, it.visit.number if it.visit else "")


def _adt(event: str) -> Tell:
    """An ADT message of one person and their visit."""

    def tell(it: Happening, dialect: Dialect, header: build.Header) -> bytes:
        return build.adt(header, event, _patient(it, dialect), spoken.visit(it.visit, it.life, dialect))

    return tell


def _identify(it: Happening, dialect: Dialect, header: build.Header) -> bytes | None:
    return build.adt(header, "A28", _patient(it, dialect), dialect.no_visit) if dialect.uk else None


def _amend(it: Happening, dialect: Dialect, header: build.Header) -> bytes:
    return build.adt(header, "A31" if dialect.uk else "A08", _patient(it, dialect), dialect.no_visit)


def _merge(it: Happening, dialect: Dialect, header: build.Header) -> bytes | None:
    if it.other is None:
        return None
    retired = [spoken.identifier(it.other)]
    visit = spoken.visit(it.visit, it.life, dialect)
    return build.merge(header, _patient(it, dialect), retired, event=it.facts["event"], visit=visit)


def _link(it: Happening, dialect: Dialect, header: build.Header) -> bytes | None:
    if it.other is None:
        return None
    one, other = spoken.patient(it.life, dialect), spoken.patient(it.other, dialect)
    return build.link(header, one, other, unlink=it.kind == "unlink")


def _orm(control: str, status: str = "") -> Tell:
    def tell(it: Happening, dialect: Dialect, header: build.Header) -> bytes | None:
        return _ordered(it, dialect, header, control, status)

    return tell


def _ordered(it: Happening, dialect: Dialect, header: build.Header, control: str, status: str) -> bytes | None:
    if it.order is None:
        return None
    told = spoken.order(it.order, status)
    if header.sending_application == EPR:
        # Who orders an exam does not know what the department numbers it by.
        told = replace(told, filler="", accession="", requested_procedure="", step="", study_uid="")
    return build.orm(header, control, _patient(it, dialect), told, spoken.visit(it.visit, it.life, dialect))


def _cancel(it: Happening, dialect: Dialect, header: build.Header) -> bytes | None:
    control = it.facts["control"]
    # The filler says that it has cancelled (OC); the placer asks for it (CA, DC).
    said = "OC" if it.facts["by"] == RIS and control == "CA" else control
    return _ordered(it, dialect, header, said, "CA")


def _report(it: Happening, dialect: Dialect, header: build.Header) -> bytes | None:
    one, status = it.order, it.facts["status"]
    if one is None:
        return None
    wrong = status == "W"
    # Table 0123 has no W: the report's own status stays, its results are withdrawn as another person's.
    return build.oru(
        header,
        _patient(it, dialect),
        spoken.order(one, "CM"),
        "\n".join(one.report),
        status="F" if wrong else status,
        author=spoken.doctor(one.radiologist) if one.radiologist else "",
        results="W" if wrong else "",
    )


def _result(it: Happening, dialect: Dialect, header: build.Header) -> bytes:
    facts, moment = it.facts, build.timestamp(it.at)
    number = facts["number"]
    timing = build.composite("", "", "", moment, "", "R")
    what = build.composite(facts["panel"], facts["description"], "L")
    obr = {1: "1", 2: number, 3: number, 4: what, 7: moment, 22: moment, 24: "LAB", 25: "F", 27: timing}
    segments = [
        build.pid(_patient(it, dialect), header),
        build.segment("ORC", {1: "RE", 2: number, 3: number, 7: timing}),
        build.segment("OBR", obr),
    ]
    for place, (code, name, value, units, normal, flag) in enumerate(it.values, 1):
        label = build.composite(code, name, "L")
        obx = {1: str(place), 2: "NM", 3: label, 4: "1", 5: value, 6: units, 7: normal, 8: flag, 11: "F", 14: moment}
        segments.append(build.segment("OBX", obx))
    structure = "" if dialect.version in ("2.3", "2.3.1") else "ORU_R01"
    return build.message(header, build.composite("ORU", "R01", structure), segments)


def _appoint(it: Happening, dialect: Dialect, header: build.Header) -> bytes | None:
    made = it.appointment
    if made is None:
        return None
    name = trust().clinics.get(made.place, made.place)
    booked = spoken.appointment(made, name)
    patient = _patient(it, dialect)
    return build.siu(header, it.facts["event"], patient, booked, minutes=made.minutes, place=made.place)


TABLE: dict[str, Row] = {
    "identify": Row(EPR, _identify),
    "amend": Row(EPR, _amend),
    "update": Row(EPR, _adt("A08")),
    "attend": Row(EPR, _adt("A04")),
    "preadmit": Row(EPR, _adt("A05")),
    "admit": Row(EPR, _adt("A01")),
    "become_inpatient": Row(EPR, _adt("A06")),
    "transfer": Row(EPR, _adt("A02")),
    "discharge": Row(EPR, _adt("A03")),
    "undo_admit": Row(EPR, _adt("A11")),
    "undo_transfer": Row(EPR, _adt("A12")),
    "undo_discharge": Row(EPR, _adt("A13")),
    "undo_preadmit": Row(EPR, _adt("A38")),
    "merge": Row(EPR, _merge),
    "link": Row(EPR, _link),
    "unlink": Row(EPR, _link),
    "order": Row(EPR, _orm("NW")),
    "schedule": Row(RIS, _orm("NW", "SC")),
    "reschedule": Row(RIS, _orm("XO", "SC")),
    "cancel": Row(EPR, _cancel),
    "arrive": Row(RIS, None),
    "begin": Row(RIS, _orm("SC", "IP")),
    "perform": Row(RIS, _orm("XO", "CM")),
    "report": Row(RIS, _report),
    "result": Row(LAB, _result),
    "appoint": Row(EPR, _appoint),
}
"""What is told of each happening."""
