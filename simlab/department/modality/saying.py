"""What a scanner says to the RIS of a step that it begins, in its own character set."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from simlab.department.modality.settings import ModalitySettings
from simlab.dicom import charset

IN_PROGRESS = "IN PROGRESS"
Row = dict[str, Any]


def begun(now: ModalitySettings, item: Mapping[str, str], moment: datetime, number: str) -> Row:
    """What N-CREATE says (PS3.4 table F.7.2-1); an item without a step ID is unscheduled."""
    said = {
        "ScheduledStepAttributesSequence": [
            {
                "StudyInstanceUID": item["study_uid"],
                "ReferencedStudySequence": [],
                "AccessionNumber": item["accession"],
                "RequestedProcedureID": item.get("procedure_id", ""),
                "RequestedProcedureDescription": item.get("procedure", ""),
                "ScheduledProcedureStepID": item.get("step_id", ""),
                "ScheduledProcedureStepDescription": item.get("description", ""),
                "ScheduledProtocolCodeSequence": [],
            }
        ],
        "PatientName": item["patient_name"],
        "PatientID": item["patient_id"],
        "IssuerOfPatientID": item.get("issuer", ""),
        "PatientBirthDate": item.get("birth_date", ""),
        "PatientSex": item.get("sex", ""),
        "ReferencedPatientSequence": [],
        "PerformedProcedureStepID": number,
        "PerformedStationAETitle": now.ae_title,
        "PerformedStationName": now.station_name,
        "PerformedLocation": "",
        "PerformedProcedureStepStartDate": f"{moment:%Y%m%d}",
        "PerformedProcedureStepStartTime": f"{moment:%H%M%S}",
        "PerformedProcedureStepStatus": IN_PROGRESS,
        "PerformedProcedureStepDescription": item.get("description", ""),
        "PerformedProcedureTypeDescription": "",
        "ProcedureCodeSequence": [],
        "PerformedProcedureStepEndDate": "",
        "PerformedProcedureStepEndTime": "",
        "Modality": now.modality,
        "StudyID": (item.get("procedure_id") or item["accession"])[:16],
        "PerformedProtocolCodeSequence": [],
        "PerformedSeriesSequence": [],
    }
    return fitted(now.character_set, said)


def fitted(term: str, said: Row) -> Row:
    """The attributes in the scanner's character set, a question mark for what that lacks."""

    def one(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: one(item) for name, item in value.items()}
        if isinstance(value, list):
            return [one(item) for item in value]
        return charset.fitted(term, value) if isinstance(value, str) else value

    return {**one(said), "SpecificCharacterSet": term}
