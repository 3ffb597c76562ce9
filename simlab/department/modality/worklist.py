"""A scanner's worklist: the query its filter makes (PS3.4 K.6.1.2), and the answer as rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from simlab.department.modality.settings import ModalitySettings

_STEP = {
    "station_ae": "ScheduledStationAETitle",
    "modality": "Modality",
    "date": "ScheduledProcedureStepStartDate",
    "time": "ScheduledProcedureStepStartTime",
    "physician": "ScheduledPerformingPhysicianName",
    "description": "ScheduledProcedureStepDescription",
    "step_id": "ScheduledProcedureStepID",
    "status": "ScheduledProcedureStepStatus",
}
_ITEM = {
    "accession": "AccessionNumber",
    "patient_id": "PatientID",
    "issuer": "IssuerOfPatientID",
    "patient_name": "PatientName",
    "birth_date": "PatientBirthDate",
    "sex": "PatientSex",
    "procedure_id": "RequestedProcedureID",
    "procedure": "RequestedProcedureDescription",
    "study_uid": "StudyInstanceUID",
    "referring": "ReferringPhysicianName",
}
COLUMNS = (*_ITEM, *_STEP, "exam")
"""What a row has."""
_CODE = {"CodeValue": "", "CodingSchemeDesignator": "", "CodeMeaning": ""}


def query(settings: ModalitySettings, today: date) -> dict[str, Any]:
    """The keys of the C-FIND that the scanner's filter makes."""
    step: dict[str, Any] = dict.fromkeys(_STEP.values(), "")
    step["ScheduledStationAETitle"] = settings.filter_station
    step["Modality"] = settings.filter_modality
    step["ScheduledProcedureStepStartDate"] = f"{today:%Y%m%d}" if settings.filter_date == "today" else ""
    step["ScheduledProtocolCodeSequence"] = [dict(_CODE)]
    return {
        "SpecificCharacterSet": settings.character_set,
        **dict.fromkeys(_ITEM.values(), ""),
        "RequestedProcedureCodeSequence": [dict(_CODE)],
        "ScheduledProcedureStepSequence": [step],
    }


def row(match: Mapping[str, Any]) -> dict[str, str]:
    """One answer as a flat row; what the RIS left out is empty."""
    step = _first(match, "ScheduledProcedureStepSequence")
    codes = (_first(step, "ScheduledProtocolCodeSequence"), _first(match, "RequestedProcedureCodeSequence"))
    return {
        **{name: _text(match, keyword) for name, keyword in _ITEM.items()},
        **{name: _text(step, keyword) for name, keyword in _STEP.items()},
        "exam": next((code for code in (_text(found, "CodeValue") for found in codes) if code), ""),
    }


def in_order(rows: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    """Rows as a scanner shows them, earliest first."""
    return sorted(rows, key=lambda item: (item["date"], item["time"], item["accession"]))


def _first(values: Mapping[str, Any], keyword: str) -> Mapping[str, Any]:
    found = values.get(keyword)
    return found[0] if isinstance(found, list) and found and isinstance(found[0], Mapping) else {}


def _text(values: Mapping[str, Any], keyword: str) -> str:
    found = values.get(keyword)
    return "" if found is None or isinstance(found, list) else str(found)
