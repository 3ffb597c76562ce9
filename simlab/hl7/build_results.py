"""Reports as ORU^R01: the UIDs of the study in leading OBX, a line of text an OBX, and how far the report is."""

from __future__ import annotations

from simlab.hl7.build_orders import Order
from simlab.hl7.build_values import Header, Patient, composite, message, person, pid, segment, timestamp

WITHDRAWN = "W"
"""OBX-11 of a result that was posted to the wrong patient (table 0085); OBR-25 (table 0123) has no such value."""


def oru(
    header: Header,
    patient: Patient,
    order: Order,
    report: str,
    *,
    status: str = "F",
    author: str = "",
    results: str = "",
) -> bytes:
    """ORU^R01 (IHE RAD-28) with OBR-25 `status` P, F, C or X, and the same in every OBX-11 unless `results` says else.

    `results` W with the status that the report had withdraws what was posted to the wrong patient.
    """
    # Both are required in 2.3 and meant for compatibility alone from 2.5 on.
    timing = composite("", "", "", timestamp(order.start), "", order.priority) if header.old else ""
    orc = {1: "RE", 2: order.placer, 3: order.filler, 5: order.status, 7: timing}
    obr = {
        1: "1",
        2: order.placer,
        3: order.filler,
        4: composite(order.exam_code, order.exam_text, "L"),
        7: timestamp(order.start or header.at),
        16: person(order.referrer),
        18: order.accession,
        22: timestamp(header.at),
        24: order.modality,
        25: status,
        27: timing,
        32: composite(_name(author)) if author else "",
    }
    segments = [pid(patient, header), segment("ORC", orc), segment("OBR", obr)]
    found = [("HD", composite("113014", "DICOM Study", "DCM"), order.study_uid)] if order.study_uid else []
    label = composite("GDT", "Report", "L")
    found += [("TX", label, line) for line in report.splitlines()]
    for number, (data_type, what, value) in enumerate(found, 1):
        obx = {1: str(number), 2: data_type, 3: what, 4: "1", 5: value, 11: results or status}
        segments.append(segment("OBX", obx))
    structure = "" if header.version in ("2.3", "2.3.1") else "ORU_R01"
    return message(header, composite("ORU", "R01", structure), segments)


def _name(author: str) -> str:
    """The reporter's name in one component: OBR-32 is an NDL, its name a CNN of sub-components."""
    return author.replace("^", " ").strip()
