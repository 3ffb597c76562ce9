"""Messages from plain values: admissions and updates, merges, orders and reports, as UK hospitals write them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from simlab.hl7.characters import Separators, codec, escape
from simlab.hl7.errors import Hl7Error

STRUCTURES = {
    "A01": "ADT_A01",
    "A03": "ADT_A03",
    "A04": "ADT_A01",
    "A08": "ADT_A01",
    "A11": "ADT_A09",
    "A28": "ADT_A05",
    "A31": "ADT_A05",
    "A40": "ADT_A39",
}
"""Message structures by trigger event (HL7 v2.5.1 table 0354)."""

_MARKS = Separators()


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
    """A person as PID tells of them. Dates are YYYYMMDD; sex is M, F, O, U (table 0001)."""

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


@dataclass(frozen=True)
class Visit:
    """A stay or attendance as PV1 tells of it: class I inpatient, O outpatient, E emergency (table 0004)."""

    number: str = ""
    patient_class: str = "O"
    location: str = ""
    consultant: str = ""
    admitted: datetime | None = None


@dataclass(frozen=True)
class Order:
    """An imaging order; what the sender does not know yet (accession, study UID, start) stays empty."""

    placer: str = ""
    filler: str = ""
    exam_code: str = ""
    exam_text: str = ""
    accession: str = ""
    requested_procedure: str = ""
    step: str = ""
    modality: str = ""
    start: datetime | None = None
    priority: str = "R"
    reason: str = ""
    referrer: str = ""
    study_uid: str = ""
    status: str = ""


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


def composite(*parts: str) -> Raw:
    """Components, each escaped unless it is Raw; empty ones at the end left out."""
    return Raw("^".join(_escaped(part) for part in parts).rstrip("^"))


def repeated(parts: Sequence[str]) -> Raw:
    """Repetitions of a field."""
    return Raw("~".join(_escaped(part) for part in parts))


def _escaped(value: str) -> str:
    return value if isinstance(value, Raw) else escape(value, _MARKS)


def segment(name: str, fields: Mapping[int, str]) -> str:
    """One segment from its fields by number; MSH begins at field 2."""
    last = max((n for n, value in fields.items() if value), default=0)
    first = 2 if name == "MSH" else 1
    return "|".join([name, *(_escaped(fields.get(n, "")) for n in range(first, last + 1))])


def timestamp(moment: datetime | None) -> str:
    """A TS to the second; "" for None."""
    return moment.strftime("%Y%m%d%H%M%S") if moment else ""


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


def pid(patient: Patient) -> str:
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
        },
    )


def pv1(visit: Visit) -> str:
    """PV1; the consultant (PV1-7 attending, PV1-8 referring) by name."""
    doctor = composite("", visit.consultant) if visit.consultant else ""
    return segment(
        "PV1",
        {
            1: "1",
            2: visit.patient_class,
            3: composite(visit.location) if visit.location else "",
            7: doctor,
            8: doctor,
            19: visit.number,
            44: timestamp(visit.admitted),
        },
    )


def adt(header: Header, event: str, patient: Patient, visit: Visit | None = None) -> bytes:
    """ADT^A01, A03, A04, A08, A11, A28 or A31 (HL7 v2.5.1 ch. 3.3); without a visit PV1-2 is N, not applicable."""
    segments = [_evn(header, event), pid(patient), pv1(visit or Visit(patient_class="N"))]
    return message(header, composite("ADT", event, STRUCTURES.get(event, "")), segments)


def merge(header: Header, survivor: Patient, retired: Sequence[Identifier]) -> bytes:
    """ADT^A40: `survivor` (PID-3) stays, the `retired` numbers (MRG-1) go (HL7 v2.5.1 ch. 3.3.40)."""
    mrg = segment("MRG", {1: repeated([identifier.cx for identifier in retired])})
    return message(header, composite("ADT", "A40", "ADT_A39"), [_evn(header, "A40"), pid(survivor), mrg])


def _evn(header: Header, event: str) -> str:
    # EVN-1 repeats the event for receivers before 2.3.1; EVN-2 is when it was recorded.
    return segment("EVN", {1: event, 2: timestamp(header.at)})


def orm(header: Header, control: str, patient: Patient, order: Order, visit: Visit | None = None) -> bytes:
    """ORM^O01 with ORC-1 `control` (NW, CA, DC, XO, SC); ZDS follows when the order has a study UID.

    Fields as IHE RAD-2 to RAD-4 place them: accession OBR-18, requested procedure OBR-19, step OBR-20.
    """
    timing = composite("", "", "", timestamp(order.start), "", order.priority)
    referrer = composite("", order.referrer) if order.referrer else ""
    exam = composite(order.exam_code, order.exam_text, "L", order.exam_code, order.exam_text, "L")
    orc = {
        1: control,
        2: order.placer,
        3: order.filler,
        5: order.status,
        7: timing,
        9: timestamp(header.at),
        12: referrer,
    }
    obr = {
        1: "1",
        2: order.placer,
        3: order.filler,
        4: exam,
        16: referrer,
        18: order.accession,
        19: order.requested_procedure,
        20: order.step,
        24: order.modality,
        27: timing,
        31: composite("", order.reason) if order.reason else "",
        44: composite(order.exam_code, order.exam_text, "L"),
    }
    segments = [pid(patient), pv1(visit or Visit(patient_class="O")), segment("ORC", orc), segment("OBR", obr)]
    if order.study_uid:
        segments.append(segment("ZDS", {1: composite(order.study_uid, "", "Application", "DICOM")}))
    return message(header, composite("ORM", "O01"), segments)


def oru(header: Header, patient: Patient, order: Order, report: str, *, status: str = "F", author: str = "") -> bytes:
    """ORU^R01: the report's lines as OBX of type TX, the study's UID in a leading OBX, `status` P, F or C."""
    obr = {
        1: "1",
        2: order.placer,
        3: order.filler,
        4: composite(order.exam_code, order.exam_text, "L"),
        18: order.accession,
        22: timestamp(header.at),
        25: status,
        32: composite("", author) if author else "",
    }
    segments = [pid(patient), segment("OBR", obr)]
    results = [("HD", composite("113014", "DICOM Study", "DCM"), order.study_uid)] if order.study_uid else []
    label = composite("GDT", "Report", "L")
    results += [("TX", label, line) for line in report.splitlines()]
    for number, (kind, what, value) in enumerate(results, 1):
        segments.append(segment("OBX", {1: str(number), 2: kind, 3: what, 5: value, 11: status}))
    return message(header, composite("ORU", "R01", "ORU_R01"), segments)
