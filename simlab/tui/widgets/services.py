"""What the Query tab offers: each DICOM service with the fields that a person fills in for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simlab.tui.fields import Field

_TO = Field("to", "ask", required=True, default="PACS")
_ROOT = Field("root", "root", required=True, default="study", options=(("study", "study"), ("patient", "patient")))
_LEVELS = tuple((level, level) for level in ("PATIENT", "STUDY", "SERIES", "IMAGE"))
_LEVEL = Field("level", "level", required=True, default="STUDY", options=_LEVELS)
_UIDS = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")
_MORE = Field("more", "more keys", doc="Keyword=value, separated by ;")

KEYS: dict[str, tuple[str, ...]] = {
    "PATIENT": ("PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate", "PatientSex"),
    "STUDY": (
        "PatientName",
        "PatientID",
        "PatientBirthDate",
        "StudyDate",
        "StudyTime",
        "ModalitiesInStudy",
        "StudyDescription",
        "AccessionNumber",
        "ReferringPhysicianName",
        "NumberOfStudyRelatedInstances",
        "StudyInstanceUID",
    ),
    "SERIES": (
        "SeriesNumber",
        "Modality",
        "SeriesDescription",
        "NumberOfSeriesRelatedInstances",
        "StudyInstanceUID",
        "SeriesInstanceUID",
    ),
    "IMAGE": ("InstanceNumber", "SOPClassUID", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"),
}
"""Keys asked back at each level, in the order of the columns (PS3.4 C.6)."""

STEP = "ScheduledProcedureStepSequence"
STEP_KEYS = (
    "ScheduledStationAETitle",
    "Modality",
    "ScheduledProcedureStepStartDate",
    "ScheduledProcedureStepStartTime",
    "ScheduledPerformingPhysicianName",
    "ScheduledProcedureStepDescription",
    "ScheduledProcedureStepID",
    "ScheduledProcedureStepStatus",
)
_STEP_LABELS = ("station AE", "modality", "start date", "start time", "physician")
ITEM_KEYS = (
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "AccessionNumber",
    "RequestedProcedureID",
    "RequestedProcedureDescription",
    "StudyInstanceUID",
)


def _key(name: str, label: str = "") -> Field:
    return Field(name, label or name)


@dataclass(frozen=True)
class Service:
    """A DICOM service as a form: `key` chooses it, `action` carries it out."""

    key: str
    id: str
    name: str
    action: str
    fields: tuple[Field, ...]
    columns: tuple[str, ...] = ()


_SEARCH = (
    _key("PatientName"),
    _key("PatientID"),
    _key("PatientBirthDate", "BirthDate"),
    _key("StudyDate"),
    _key("AccessionNumber"),
    _key("ModalitiesInStudy", "Modalities"),
    _key("ReferringPhysicianName", "Referrer"),
    *map(_key, _UIDS),
)

SERVICES: tuple[Service, ...] = (
    Service(
        "e",
        "echo",
        "Echo",
        "dicom.echo",
        (
            _TO,
            Field("title", "called AE"),
            Field("calling", "calling AE"),
            Field("host", "host"),
            Field("port", "port", kind="whole"),
        ),
    ),
    Service("f", "find", "Find", "dicom.find", (_TO, _LEVEL, *_SEARCH, _MORE, _ROOT)),
    Service(
        "w",
        "worklist",
        "Worklist",
        "dicom.worklist",
        (
            Field("to", "ask", required=True, default="RIS"),
            *map(_key, STEP_KEYS[:5], _STEP_LABELS),
            *map(_key, ITEM_KEYS[:5]),
            _MORE,
            Field("calling", "calling AE"),
        ),
    ),
    Service(
        "m",
        "move",
        "Move",
        "dicom.move",
        (
            Field("destination", "destination", required=True, doc="AE title"),
            _LEVEL,
            *map(_key, _UIDS),
            _key("PatientID"),
            _TO,
            _ROOT,
        ),
    ),
    Service("g", "get", "Get", "dicom.get", (_LEVEL, *map(_key, _UIDS), _key("PatientID"), _TO, _ROOT)),
    Service(
        "o",
        "store",
        "Store",
        "dicom.store",
        (_TO, Field("study", "StudyInstanceUID", required=True, doc="a study in this workstation")),
    ),
)

BY_ID = {service.id: service for service in SERVICES}


def arguments(service: Service, values: Mapping[str, Any]) -> dict[str, Any]:
    """The action's arguments from the form's values: DICOM keywords go into `keys`, return keys are added."""
    plain = {name: value for name, value in values.items() if name[:1].islower() and name != "more"}
    keys = {name: value for name, value in values.items() if not name[:1].islower()}
    for pair in str(values.get("more") or "").split(";"):
        name, equals, value = pair.partition("=")
        if equals:
            keys[name.strip()] = value.strip()
    if service.id in ("echo", "store"):
        return plain
    if service.id == "find":
        keys = {**dict.fromkeys(KEYS[str(plain["level"])], ""), **keys}
    if service.id == "worklist":
        step = {name: str(keys.pop(name, "")) for name in STEP_KEYS}
        keys = {**dict.fromkeys(ITEM_KEYS, ""), **keys, STEP: [step]}
    return {**plain, "keys": keys}


LAST = ("QueryRetrieveLevel", "RetrieveAETitle", "SpecificCharacterSet", "InstanceAvailability")
"""Attributes of an answer that say little about it."""


def columns(service: Service, level: str, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The filled attributes of an answer, those that say most first."""
    filled = [name for name in dict.fromkeys(key for row in rows for key in row) if any(row.get(name) for row in rows)]
    first = KEYS[level] if service.id == "find" else (*STEP_KEYS[:4], *ITEM_KEYS) if service.id == "worklist" else ()
    ordered = [*(name for name in first if name in filled), *(name for name in filled if name not in (*first, *LAST))]
    return [*ordered, *(name for name in LAST if name in filled)]


def flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """A worklist answer with the attributes of its step beside those of the item."""
    steps = row.get(STEP)
    first = steps[0] if isinstance(steps, list) and steps else steps
    if not isinstance(first, Mapping):
        return dict(row)
    return {**first, **{name: value for name, value in row.items() if name != STEP}}
