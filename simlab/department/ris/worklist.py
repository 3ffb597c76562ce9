"""The RIS's Modality Worklist: scheduled steps as identifiers, matched and cut to what was asked (PS3.4 K)."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydicom.datadict import dictionary_VR
from pydicom.dataset import Dataset

from simlab.department.ris import settings, states
from simlab.department.ris.settings import RisSettings
from simlab.dicom import charset, extended, zone
from simlab.dicom.matching import matches
from simlab.dicom.resemblance import resembles
from simlab.dicom.values import as_values

STEP = "ScheduledProcedureStepSequence"
_STUDY_CLASS = "1.2.840.10008.3.1.2.3.1"  # Detached Study Management, retired; IHE still has it referenced
ZONE = "TimezoneOffsetFromUTC"
_NOT_KEYS = ("SpecificCharacterSet", ZONE, "QueryRetrieveLevel")
_VISITS = {"preadmitted": "SCHEDULED", "open": "ADMITTED", "discharged": "DISCHARGED"}
"""Visit Status ID (0038,0008), PS3.3 C.3.2."""
_START = ("ScheduledProcedureStepStartDate", "ScheduledProcedureStepStartTime")
_ISSUED = ("IssueDateOfImagingServiceRequest", "IssueTimeOfImagingServiceRequest")

_SQL = (
    "SELECT s.*, s.state AS step_state, s.location AS step_location, s.description AS step_description, "
    "o.*, o.description AS description, p.name AS patient_name, p.birth_date, p.sex, p.address, e.body_part, "
    "v.location AS ward, v.state AS visit_state, a.universal_id, a.universal_type "
    "FROM ris_step s JOIN ris_order o USING (accession) "
    "LEFT JOIN ris_patient p ON p.patient_id = o.patient_id AND p.issuer = o.issuer "
    "LEFT JOIN ris_authority a ON a.name = o.issuer LEFT JOIN ris_visit v ON v.number = o.visit "
    "LEFT JOIN ris_exam e ON e.code = o.exam ORDER BY s.start, s.step_id"
)


@dataclass(frozen=True)
class Terms:
    """The terms of one query: what is set, what was negotiated. `shift` is minutes from the RIS's zone to `zone`."""

    insensitive: bool = False
    fuzzy: bool = False
    zone: str = ""
    shift: int = 0

    @property
    def named(self) -> dict[str, str]:
        """What an answer says of the zone that its times are in."""
        return {ZONE: self.zone} if self.zone else {}


def terms(options: Collection[str], identifier: Dataset, setting: RisSettings) -> Terms:
    """The terms of a query for which extended negotiation granted `options` (PS3.4 K.5.1)."""
    asked = str(identifier.get(ZONE) or "").strip() if extended.TIME_ZONE in options else ""
    named = asked if zone.is_offset(asked) else ""
    shift = zone.minutes(named) - zone.minutes(setting.timezone) if named else 0
    return Terms(setting.case_insensitive_pn, extended.FUZZY in options, named, shift)


def identifiers(tx: sqlite3.Connection) -> Iterator[dict[str, Any]]:
    """Every step that the settings let modalities see, as keyword and value, by start."""
    setting = settings.load(tx)
    for row in tx.execute(_SQL).fetchall():
        if row["step_state"] in setting.worklist_shows:
            item = _identifier(tx, row, setting)
            item.update(dict.fromkeys(setting.worklist_lacks, ""))
            if not item["StudyInstanceUID"]:
                item["ReferencedStudySequence"] = []
            yield item


def _identifier(tx: sqlite3.Connection, row: sqlite3.Row, setting: RisSettings) -> dict[str, Any]:
    """All return keys of IHE RAD TF-2 table 4.5-3 and those of types 1 and 2 of PS3.4 table K.6-1.

    What the RIS does not keep is empty.
    """
    requested = [_digits(part) for part in row["requested"].split("T")]
    date, time = ("", "") if row["start"] is None else (_digits(part) for part in row["start"].split("T"))
    others = tx.execute(
        "SELECT number, authority, type FROM ris_identifier WHERE patient_id = ? AND issuer = ? ORDER BY 2, 1",
        (row["patient_id"], row["issuer"]),
    ).fetchall()
    found: dict[str, Any] = {
        "AccessionNumber": row["accession"],
        "InstitutionName": setting.institution,
        "ReferringPhysicianName": row["referrer"],
        "ReferencedStudySequence": [
            {"ReferencedSOPClassUID": _STUDY_CLASS, "ReferencedSOPInstanceUID": row["study_uid"]}
        ],
        "ReferencedPatientSequence": [],
        "PatientName": row["patient_name"] or "",
        "PatientID": row["patient_id"],
        "IssuerOfPatientID": row["issuer"],
        "IssuerOfPatientIDQualifiersSequence": [
            {"UniversalEntityID": universal, "UniversalEntityIDType": row["universal_type"]}
            for universal in [row["universal_id"]]
            if universal
        ],
        "OtherPatientIDsSequence": [
            {"PatientID": one["number"], "IssuerOfPatientID": one["authority"], "TypeOfPatientID": "TEXT"}
            for one in others
        ],
        "PatientBirthDate": row["birth_date"] or "",
        "PatientAge": _age(row["birth_date"] or "", date),
        "PatientSex": row["sex"] or "",
        "PatientSize": row["height"],
        "PatientWeight": row["weight"],
        "PatientAddress": _lo(row["address"] or ""),
        "MedicalAlerts": _lo(row["alerts"]),
        "Allergies": "",
        "AdditionalPatientHistory": "",
        "PatientComments": "",
        "ConfidentialityConstraintOnPatientDataDescription": "",
        "SpecialNeeds": "",
        "CurrentPatientLocation": _lo(row["ward"] or ""),
        "VisitStatusID": _VISITS.get(row["visit_state"] or "", ""),
        "PregnancyStatus": int(row["pregnancy"]) if row["pregnancy"] else None,
        "StudyInstanceUID": row["study_uid"],
        "RequestingPhysician": row["requester"],
        "RequestingService": "",
        "RequestedProcedureDescription": _lo(row["description"]),
        "RequestedProcedureCodeSequence": [_code(row["procedure_code"] or row["exam"], row["description"])],
        "AdmissionID": _lo(row["visit"]),
        "IssuerOfAdmissionID": _lo(row["visit_issuer"]),  # retired for the sequence, and still asked for
        "IssuerOfAdmissionIDSequence": [
            {"LocalNamespaceEntityID": issuer} for issuer in [_lo(row["visit_issuer"])] if issuer
        ],
        "PatientState": _lo(row["patient_state"]),
        STEP: [
            {
                "Modality": row["modality"],
                "ScheduledStationAETitle": row["station_ae"],
                "ScheduledProcedureStepStartDate": date,
                "ScheduledProcedureStepStartTime": time,
                "ScheduledPerformingPhysicianName": row["physician"],
                "ScheduledProcedureStepDescription": _lo(row["step_description"]),
                "ScheduledProtocolCodeSequence": [
                    _code(row["protocol_code"], row["step_description"], row["protocol_scheme"])
                ],
                "ScheduledProcedureStepID": _sh(row["step_id"]),
                "ScheduledStationName": _sh(row["station_name"] or row["station_ae"]),
                "ScheduledProcedureStepLocation": _sh(row["step_location"]),
                "ScheduledProcedureStepStatus": states.STEP_STATUS[row["step_state"]],
                "CommentsOnTheScheduledProcedureStep": "",
                "PreMedication": "",
                "RequestedContrastAgent": "",
            }
        ],
        "RequestedProcedureID": _sh(row["procedure_id"]),
        "ReasonForTheRequestedProcedure": _lo(row["reason"]),
        "RequestedProcedurePriority": row["priority"],
        "PlacerOrderNumberImagingServiceRequest": _lo(row["placer"]),
        "FillerOrderNumberImagingServiceRequest": _lo(row["filler"]),
        "RequestedProcedureComments": "",
        "ReasonForRequestedProcedureCodeSequence": [
            _code(code, row["reason"]) for code in [row["reason_code"]] if code
        ],
        "PatientTransportArrangements": "",
        "RequestedProcedureLocation": "",
        "ConfidentialityCode": "",
        "ReportingPriority": "",
        "NamesOfIntendedRecipientsOfResults": "",
        "ImagingServiceRequestComments": "",
        "IssueDateOfImagingServiceRequest": requested[0],
        "IssueTimeOfImagingServiceRequest": requested[1],
        "OrderEnteredBy": "",
        "OrderEntererLocation": "",
        "OrderCallbackPhoneNumber": "",
    }
    return found


def zoned(item: dict[str, Any], on: Terms) -> dict[str, Any]:
    """A step with its dates and times in the zone that the query speaks of."""
    if not on.shift:
        return item
    steps = [step | _moved(step, _START, on.shift) for step in item[STEP]]
    return {**item, **_moved(item, _ISSUED, on.shift), STEP: steps}


def _moved(item: Mapping[str, Any], names: tuple[str, str], shift: int) -> dict[str, str]:
    return dict(zip(names, zone.moved(item[names[0]], item[names[1]], shift), strict=True))


def written(item: dict[str, Any], term: str) -> dict[str, Any]:
    """An answer in the character set `term`, with a question mark for what that lacks; as it is without one."""
    return {**_written(item, term), "SpecificCharacterSet": term} if term else item


def _written(value: Any, term: str) -> Any:
    if isinstance(value, dict):
        return {name: _written(one, term) for name, one in value.items()}
    if isinstance(value, list):
        return [_written(one, term) for one in value]
    return charset.fitted(term, value) if isinstance(value, str) else value


def wanted(identifier: Dataset) -> dict[str, Any]:
    """What an identifier asks for."""
    asked = as_values(identifier)
    return {name: key for name, key in asked.items() if name not in _NOT_KEYS}


def strangers(item: Mapping[str, Any], asked: Mapping[str, Any]) -> list[str]:
    """Keys with a value that this worklist does not know: ignored, with status FF01 (PS3.4 C.2.2.1.3)."""
    found = [name for name, key in asked.items() if key and name not in item]
    for name, key in asked.items():
        if name in item and item[name] and _nested(key):
            found += strangers(item[name][0], key[0])
    return found


def answers(item: Mapping[str, Any], asked: Mapping[str, Any], on: Terms) -> bool:
    """Whether a step matches every key with a value, in the items of sequences too (PS3.4 C.2.2.2.6)."""
    for name, key in asked.items():
        if not key or name not in item:
            continue
        if _nested(key):
            if not any(_starts(entry, key[0]) and answers(entry, key[0], on) for entry in item[name]):
                return False
        elif not (name in _START and _both_ranges(asked)) and not _fits(item[name], key, dictionary_VR(name), on):
            return False
    return True


def _fits(value: Any, key: Any, vr: str, on: Terms) -> bool:
    if vr == "PN" and on.fuzzy:
        return resembles(str(value), str(key))
    return matches(value, key, vr, insensitive=on.insensitive)


def cut(item: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes of a step that were asked for, empty where there is none.

    A sequence asked for without keys comes whole.
    """
    answer: dict[str, Any] = {}
    for name, key in asked.items():
        value = item.get(name, "" if not isinstance(key, list) else [])
        answer[name] = [cut(entry, key[0]) for entry in value] if _nested(key) else value
    return answer


def _nested(key: Any) -> bool:
    return isinstance(key, list) and bool(key) and isinstance(key[0], Mapping) and bool(key[0])


def _both_ranges(asked: Mapping[str, Any]) -> bool:
    return all("-" in str(asked.get(name) or "") for name in _START)


def _starts(entry: Mapping[str, Any], asked: Mapping[str, Any]) -> bool:
    """Date range and time range together are one range of moments (PS3.4 table K.6-1)."""
    if not _both_ranges(asked):
        return True
    dates, times = (str(asked[name]).split("-", 1) for name in _START)
    start = entry[_START[0]] + entry[_START[1]]
    since = dates[0].strip() + times[0].strip().ljust(6, "0")
    until = dates[1].strip() + times[1].strip().split(".")[0].ljust(6, "9")
    after = not dates[0].strip() or start >= since
    before = not dates[1].strip() or start <= until
    return bool(start) and after and before


def _code(code: str, meaning: str, scheme: str = "") -> dict[str, str]:
    designator = _sh(scheme) or "L"
    return {"CodeValue": _sh(code), "CodingSchemeDesignator": designator, "CodeMeaning": _lo(meaning) or _sh(code)}


def _age(born: str, at: str) -> str:
    """Patient's Age in years at the examination (AS), empty where either date is not known."""
    if len(born) != 8 or len(at) != 8 or at < born:
        return ""
    return f"{int(at[:4]) - int(born[:4]) - (at[4:] < born[4:]):03}Y"


def _digits(text: str) -> str:
    return "".join(c for c in text if c.isdigit())


def _lo(text: str) -> str:
    return text.replace("\\", "/")[:64]


def _sh(text: str) -> str:
    return text.replace("\\", "/")[:16]
