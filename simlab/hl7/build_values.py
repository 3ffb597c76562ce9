"""What messages are built from: plain values of a hospital, and the segments that several messages share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from simlab.hl7.characters import Separators, codec, escape
from simlab.hl7.errors import Hl7Error

DELETED = '""'
"""What a receiver is to empty; a field without anything leaves what it knows (HL7 v2.5.1 ch. 2.5.3.5)."""

_MARKS = Separators()
_OLD = ("2.1", "2.2", "2.3", "2.3.1")


class Raw(str):
    """Text that is HL7 already: its delimiters are meant."""


@dataclass(frozen=True)
class Identifier:
    """A number with the authority that gave it (PID-3.1, 3.4.1) and its kind: MR hospital number, NH NHS number."""

    number: str
    authority: str = ""
    kind: str = "MR"

    @property
    def cx(self) -> Raw:
        return composite(self.number, "", "", self.authority, self.kind)


@dataclass(frozen=True)
class Patient:
    """A person as PID (and PD1) tells of them. Dates are YYYYMMDD; sex is M, F, O, U (table 0001)."""

    identifiers: tuple[Identifier, ...]
    family: str = ""
    given: str = ""
    middle: str = ""
    title: str = ""
    suffix: str = ""
    sex: str = ""
    birth_date: str = ""
    address: str = ""
    postcode: str = ""
    phone: str = ""
    account: str = ""
    trace_status: str = ""
    """PID-32, identity reliability: in the UK NSTS01 to NSTS08. There is no such field before 2.4."""
    gp: str = ""
    """The family doctor's name (PD1-4)."""


@dataclass(frozen=True)
class Visit:
    """A stay or attendance as PV1 tells of it: class I inpatient, O outpatient, E emergency (table 0004).

    `consultant` attends and admits, `referrer` sent the patient (the consultant where nobody is named).
    """

    number: str = ""
    patient_class: str = "O"
    location: str = ""
    consultant: str = ""
    admitted: datetime | None = None
    referrer: str = ""
    prior_location: str = ""
    service: str = ""
    """Hospital service, PV1-10 (table 0069)."""
    ambulatory: str = ""
    """Ambulatory status, PV1-15 (table 0009): B6 is pregnant."""
    discharged: datetime | None = None


@dataclass(frozen=True)
class Header:
    """What goes into MSH: who sends to whom, the control ID, when, and in which version and character set."""

    sending_application: str
    sending_facility: str
    receiving_application: str
    receiving_facility: str
    control_id: str
    at: datetime
    version: str = "2.5.1"
    character_set: str = "UNICODE UTF-8"
    processing_id: str = "P"

    @property
    def old(self) -> bool:
        """Whether the version is before 2.4: no PID-32, names in ST."""
        return self.version in _OLD


def composite(*parts: str) -> Raw:
    """Components, each escaped unless it is Raw; empty ones at the end left out."""
    return Raw("^".join(_escaped(part) for part in parts).rstrip("^"))


def sub(*parts: str) -> Raw:
    """Sub-components of one component."""
    return Raw("&".join(_escaped(part) for part in parts).rstrip("&"))


def repeated(parts: Sequence[str]) -> Raw:
    """Repetitions of a field."""
    return Raw("~".join(_escaped(part) for part in parts))


def _escaped(value: str) -> str:
    # Most fields are empty, and most of the others letters and digits alone: nothing in them to look for.
    return value if not value or isinstance(value, Raw) or value.isalnum() else escape(value, _MARKS)


def segment(name: str, fields: Mapping[int, str]) -> str:
    """One segment from its fields by number; MSH begins at field 2."""
    filled = {number: value for number, value in fields.items() if value}
    parts = [name] + [""] * max(filled, default=0)
    for number, value in filled.items():
        parts[number] = _escaped(value)
    if name == "MSH":
        del parts[1:2]
    return "|".join(parts)


def timestamp(moment: datetime | None) -> str:
    """A TS to the second; "" for None."""
    return moment.strftime("%Y%m%d%H%M%S") if moment else ""


def person(text: str) -> Raw:
    """A person's name as an XCN without an ID: FAMILY^GIVEN^MIDDLE^PREFIX^SUFFIX as DICOM writes it, or only a name.

    XCN has suffix before prefix (HL7 v2.5.1 ch. 2.A.86), a DICOM PN prefix before suffix.
    """
    if not text:
        return Raw("")
    family, given, middle, prefix, suffix = (text.split("^") + [""] * 5)[:5]
    return composite("", family, given, middle, suffix, prefix)


def message(header: Header, kind: Raw, segments: Sequence[str]) -> bytes:
    """MSH and `segments`, each ended with CR; Hl7Error when the character set lacks a letter of them."""
    msh = segment(
        "MSH",
        {
            2: Raw(_MARKS.encoding_characters),
            3: header.sending_application,
            4: header.sending_facility,
            5: header.receiving_application,
            6: header.receiving_facility,
            7: timestamp(header.at),
            9: kind,
            10: header.control_id,
            11: header.processing_id,
            12: header.version,
            18: header.character_set,
        },
    )
    text = "".join(f"{line}\r" for line in (msh, *segments) if line)
    try:
        return text.encode(codec(header.character_set))
    except UnicodeEncodeError as error:
        raise Hl7Error(
            f"{text[error.start]!r} does not exist in {header.character_set or 'ASCII'}",
            place="MSH-18",
            remedy="Send with MSH-18 UNICODE UTF-8.",
        ) from None


def pid(patient: Patient, header: Header | None = None) -> str:
    """PID with every identifier as a repetition of PID-3, its authority with it."""
    return segment(
        "PID",
        {
            1: "1",
            3: repeated([identifier.cx for identifier in patient.identifiers]),
            5: composite(patient.family, patient.given, patient.middle, patient.suffix, patient.title, "", "L"),
            7: patient.birth_date,
            8: patient.sex,
            11: composite(patient.address, "", "", "", patient.postcode) if patient.address or patient.postcode else "",
            13: patient.phone,
            18: patient.account,
            32: patient.trace_status if header and not header.old else "",
        },
    )


def pd1(patient: Patient) -> str:
    """PD1 with the family doctor; nothing without one."""
    gp = DELETED if patient.gp == DELETED else person(patient.gp)
    return segment("PD1", {4: gp}) if gp else ""


def pv1(visit: Visit) -> str:
    """PV1; the consultant (PV1-7 attending, PV1-17 admitting) and the referring doctor (PV1-8) by name."""
    doctor = person(visit.consultant)
    return segment(
        "PV1",
        {
            1: "1",
            2: visit.patient_class,
            3: composite(visit.location) if visit.location else "",
            6: composite(visit.prior_location) if visit.prior_location else "",
            7: doctor,
            8: person(visit.referrer) or doctor,
            10: visit.service,
            15: visit.ambulatory,
            17: doctor if visit.patient_class == "I" else "",
            19: visit.number,
            44: timestamp(visit.admitted),
            45: timestamp(visit.discharged),
        },
    )
