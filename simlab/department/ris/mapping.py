"""From HL7 to the worklist as one table: where each attribute comes from in ORM^O01 and OMI^O23 (IHE RAD TF-2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from simlab.department.ris.segment_group import (
    Group,
    first,
    height,
    named_person,
    performer,
    pregnancy,
    priority,
    start,
    study,
    weight,
)


@dataclass(frozen=True)
class Source:
    """A worklist attribute (keyword), the field of an `OrderRequest` that carries it, and where messages have it.

    Of several places the first that is filled counts. A source without `field` is the patient's, or derived.
    """

    keyword: str
    orm: tuple[str, ...]
    omi: tuple[str, ...]
    field: str = ""
    take: Callable[[Group, tuple[str, ...]], str] = first
    note: str = ""


def _same(keyword: str, *places: str, field: str = "", take: Callable[..., str] = first, note: str = "") -> Source:
    return Source(keyword, places, places, field, take, note)


MAPPING: tuple[Source, ...] = (
    _same("SpecificCharacterSet", "MSH-18", note="what is written is read by it; answers have the narrowest that fits"),
    _same("PatientID", "PID-3.1", note="the repetition that the RIS's own authority gave"),
    _same("IssuerOfPatientID", "PID-3.4.1"),
    _same("IssuerOfPatientIDQualifiersSequence", "PID-3.4.2", note="the universal ID; its type is PID-3.4.3"),
    _same("OtherPatientIDsSequence", "PID-3", note="the other repetitions"),
    _same("PatientName", "PID-5", note="XPN has suffix before prefix, PN prefix before suffix"),
    _same("PatientBirthDate", "PID-7"),
    _same("PatientSex", "PID-8", note="A and N are O; U is empty"),
    _same("PatientAddress", "PID-11"),
    _same("PregnancyStatus", "PV1-15", field="pregnancy", take=pregnancy, note="B6 is 3"),
    _same("PatientWeight", "OBX-5", field="weight", take=weight, note="OBX-3 29463-7 or 3141-9, in kg"),
    _same("PatientSize", "OBX-5", field="height", take=height, note="OBX-3 8302-2, in m, or cm by OBX-6"),
    _same("MedicalAlerts", "OBR-13", field="alerts"),
    _same("PatientState", "OBR-12.2", "OBR-12.1", field="patient_state"),
    _same("ReferringPhysicianName", "PV1-8", field="referrer", take=named_person),
    _same("RequestingPhysician", "OBR-16", "ORC-12", field="requester", take=named_person),
    _same("AdmissionID", "PV1-19.1", "PID-18.1", field="visit"),
    _same("IssuerOfAdmissionIDSequence", "PV1-19.4.1", "PID-18.4.1", field="visit_issuer"),
    Source("AccessionNumber", ("OBR-18",), ("IPC-1.1",), "accession", note="by the RIS where there is none"),
    Source("RequestedProcedureID", ("OBR-19",), ("IPC-2.1",), "procedure_id", note="by the RIS where there is none"),
    Source("StudyInstanceUID", ("ZDS-1.1",), ("IPC-3.1",), "study_uid", study, "by the RIS where there is none"),
    Source(
        "ScheduledProcedureStepID", ("OBR-20",), ("IPC-4.1",), "step_id", note="every IPC is a step; else by the RIS"
    ),
    Source("Modality", ("OBR-24",), ("IPC-5.1",), "modality", note="else by the exam"),
    Source(
        "ScheduledProcedureStepStartDate",
        ("ORC-7.4", "OBR-27.4", "OBR-36.1", "TQ1-7.1"),
        ("TQ1-7.1",),
        "start",
        start,
        "and the time, (0040,0003)",
    ),
    Source(
        "RequestedProcedurePriority",
        ("ORC-7.6", "OBR-27.6", "TQ1-9.1"),
        ("TQ1-9.1",),
        "priority",
        priority,
        "S is STAT; A, P, C are HIGH; R is ROUTINE; T is MEDIUM",
    ),
    Source(
        "ScheduledProtocolCodeSequence", ("OBR-4.4",), ("IPC-6.1",), "protocol_code", note="else the procedure's code"
    ),
    Source("ScheduledProcedureStepDescription", ("OBR-4.5",), ("IPC-6.2",), "step_description"),
    Source("CodingSchemeDesignator", ("OBR-4.6",), ("IPC-6.3",), "protocol_scheme", note="of the protocol code"),
    _same("RequestedProcedureCodeSequence", "OBR-44.1", "OBR-4.1", field="procedure_code"),
    _same("RequestedProcedureDescription", "OBR-44.2", "OBR-4.2", field="description"),
    _same("ReasonForTheRequestedProcedure", "OBR-31.2", "OBR-31.1", field="reason"),
    _same("ReasonForRequestedProcedureCodeSequence", "OBR-31.1", field="reason_code", note="beside OBR-31.2"),
    _same("ScheduledPerformingPhysicianName", "OBR-34.1", field="physician", take=performer),
    Source("ScheduledStationName", (), ("IPC-7",), "station_name", note="by the exam's room"),
    Source("ScheduledProcedureStepLocation", (), ("IPC-8.1",), "location"),
    Source(
        "ScheduledStationAETitle", ("ORC-18.1",), ("IPC-9",), "station_ae",
        note="by the exam's room; ORC-18 only where `station_from_orc18` is set",
    ),
    _same("PlacerOrderNumberImagingServiceRequest", "ORC-2.1", "OBR-2.1", field="placer"),
    _same("FillerOrderNumberImagingServiceRequest", "ORC-3.1", "OBR-3.1", field="filler"),
    _same("ScheduledProcedureStepStatus", "ORC-5", note="with ORC-1, the state of the order: table below"),
)  # fmt: skip
"""The mapping, in the order of docs/hl7.md, which a test holds against it."""
