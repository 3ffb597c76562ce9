"""Order messages: ORM^O01 as IHE RAD-2 to RAD-4 place its fields, OMI^O23 with a step an IPC, and their replies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from simlab.hl7.build_values import Header, Patient, Visit, composite, message, person, pid, pv1, segment, timestamp


@dataclass(frozen=True)
class Step:
    """A scheduled procedure step as IPC tells of it; what is empty is taken from the order."""

    step: str
    modality: str = ""
    protocol: str = ""
    protocol_text: str = ""
    station_name: str = ""
    location: str = ""
    station_ae: str = ""


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
    steps: tuple[Step, ...] = ()
    """For OMI: several steps of one procedure."""
    alerts: str = ""
    patient_state: str = ""
    pregnant: bool = False
    weight: str = ""
    """Body weight in kg."""
    height: str = ""
    """Body height in m."""
    response: str = ""
    """ORC-6 (table 0121): F or D asks for an ORR as the reply."""
    why: str = ""
    """ORC-16, the reason of the order control."""
    group: str = ""
    """ORC-4, the same in all orders of one request."""


def orm(header: Header, control: str, patient: Patient, order: Order, visit: Visit | None = None) -> bytes:
    """ORM^O01 with ORC-1 `control` (NW, CA, DC, XO, SC…); ZDS follows when the order has a study UID.

    Fields as IHE RAD-2 to RAD-4 place them: accession OBR-18, requested procedure OBR-19, step OBR-20.
    """
    timing = composite("", "", "", timestamp(order.start), "", order.priority)
    orc = {**_orc(header, control, order), 7: timing}
    obr = {
        **_obr(header, order),
        18: order.accession,
        19: order.requested_procedure,
        20: order.step,
        24: order.modality,
        27: timing,
    }
    segments = [
        pid(patient, header),
        pv1(_visit(visit, order)),
        segment("ORC", orc),
        segment("OBR", obr),
        *_size(order),
    ]
    if order.study_uid:
        segments.append(segment("ZDS", {1: composite(order.study_uid, "", "Application", "DICOM")}))
    return message(header, composite("ORM", "O01"), segments)


def omi(header: Header, control: str, patient: Patient, order: Order, visit: Visit | None = None) -> bytes:
    """OMI^O23 (2.5 and later): ORC, TQ1, OBR, an IPC for every step with accession, procedure, study and step ID."""
    tq1 = {1: "1", 7: timestamp(order.start), 9: composite(order.priority)}
    segments = [
        pid(patient, header),
        pv1(_visit(visit, order)),
        segment("ORC", _orc(header, control, order)),
        segment("TQ1", tq1),
        segment("OBR", _obr(header, order)),
        *_size(order),
    ]
    for one in order.steps or (Step(order.step),):
        protocol = one.protocol or order.exam_code
        ipc = {
            1: order.accession,
            2: order.requested_procedure,
            3: order.study_uid,
            4: one.step,
            5: one.modality or order.modality,
            6: composite(protocol, one.protocol_text or order.exam_text, "L") if protocol else "",
            7: one.station_name,
            8: one.location,
            9: one.station_ae,
        }
        segments.append(segment("IPC", ipc))
    return message(header, composite("OMI", "O23", "OMI_O23"), segments)


def orr(header: Header, to: str, answers: Sequence[tuple[str, str, str]], *, text: str = "", code: str = "AA") -> bytes:
    """ORR^O02, the reply to the order message `to` (MSH-10): an ORC for each of `answers`, (ORC-1, placer, filler)."""
    segments = [segment("MSA", {1: code, 2: to, 3: text})]
    segments += [segment("ORC", {1: control, 2: placer, 3: filler}) for control, placer, filler in answers]
    return message(header, composite("ORR", "O02"), segments)


def siu(
    header: Header, event: str, patient: Patient, order: Order, *, minutes: int = 30, reason: str = "", place: str = ""
) -> bytes:
    """SIU^S12 (booked), S13 (another time), S14 (changed) or S15 (cancelled): the appointment of an order."""
    status = "Cancelled" if event == "S15" else "Booked"
    sch = {
        1: order.placer,
        2: order.filler,
        6: composite(event, reason or _SIU_REASONS[event]),
        7: composite("", order.reason) if order.reason else "",
        9: str(minutes),
        10: composite("min"),
        11: composite("", "", f"M{minutes}", timestamp(order.start)),
        16: person(order.referrer) or composite("", "RADIOLOGY"),
        20: composite("", "RADIOLOGY"),
        25: composite(status),
        26: order.placer,
        27: order.filler,
    }
    if header.version not in ("2.5", "2.5.1"):
        sch.pop(27)
        if header.version in ("2.3", "2.3.1"):
            sch.pop(26)
    ais = {
        1: "1",
        3: composite(order.exam_code, order.exam_text, "L"),
        4: timestamp(order.start),
        7: str(minutes),
        8: composite("min"),
    }
    segments = [segment("SCH", sch), pid(patient, header), segment("RGS", {1: "1"}), segment("AIS", ais)]
    if place:
        segments.append(segment("AIL", {1: "1", 3: composite(place), 4: "C"}))
    # S12 to S15 are all of structure SIU_S12 (HL7 v2.5.1 table 0354).
    return message(header, composite("SIU", event, "" if header.version == "2.3" else "SIU_S12"), segments)


_SIU_REASONS = {"S12": "Booked", "S13": "Rescheduled", "S14": "Modified", "S15": "Cancelled"}


def _orc(header: Header, control: str, order: Order) -> dict[int, str]:
    return {
        1: control,
        2: order.placer,
        3: order.filler,
        4: order.group,
        5: order.status,
        6: order.response,
        9: timestamp(header.at),
        12: person(order.referrer),
        16: composite("", order.why) if order.why else "",
    }


def _obr(header: Header, order: Order) -> dict[int, str]:
    fields = {
        1: "1",
        2: order.placer,
        3: order.filler,
        4: composite(order.exam_code, order.exam_text, "L", order.exam_code, order.exam_text, "L"),
        12: composite("", order.patient_state) if order.patient_state else "",
        13: order.alerts,
        16: person(order.referrer),
        31: composite("", order.reason) if order.reason else "",
    }
    if header.version != "2.3":  # which has no OBR-44
        fields[44] = composite(order.exam_code, order.exam_text, "L")
    return fields


def _visit(visit: Visit | None, order: Order) -> Visit:
    known = visit or Visit(patient_class="O")
    return Visit(**{**vars(known), "ambulatory": "B6"}) if order.pregnant else known


def _size(order: Order) -> list[str]:
    """Body weight and height as IHE RAD-4 has them: an OBX each, by LOINC code."""
    sizes = (("29463-7", "Body weight", order.weight, "kg"), ("8302-2", "Body height", order.height, "m"))
    found = [one for one in sizes if one[2]]
    return [
        segment("OBX", {1: str(n), 2: "NM", 3: composite(code, text, "LN"), 5: value, 6: unit, 11: "F"})
        for n, (code, text, value, unit) in enumerate(found, 1)
    ]
