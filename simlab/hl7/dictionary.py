"""The names that HL7 v2 gives to segments, fields and components, from hl7apy's tables, read when first asked for."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import hl7apy

DEFAULT_VERSION = "2.5.1"
VERSIONS = ("2.1", "2.2", "2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7")

OWN = {
    "ZDS": {
        1: ("Study Instance UID", "RP", ("Pointer", "Application ID", "Type of Data", "Subtype")),
    },
}
"""Segments that no HL7 dictionary holds. ZDS: IHE RAD TF-2, 4.4.4.1.2.4."""

_UPPER = {"id": "ID", "uid": "UID", "dob": "DOB", "ssn": "SSN", "nk1": "NK1", "pid": "PID", "obr": "OBR", "obx": "OBX"}
_SMALL = {"of", "the", "to", "and", "or", "for", "in", "with", "by", "s"}

SEGMENT_NAMES = {
    "MSH": "Message Header",
    "MSA": "Message Acknowledgment",
    "ERR": "Error",
    "EVN": "Event Type",
    "PID": "Patient Identification",
    "PD1": "Patient Additional Demographic",
    "NK1": "Next of Kin",
    "PV1": "Patient Visit",
    "PV2": "Patient Visit - Additional",
    "MRG": "Merge Patient Information",
    "ORC": "Common Order",
    "OBR": "Observation Request",
    "OBX": "Observation/Result",
    "NTE": "Notes and Comments",
    "TQ1": "Timing/Quantity",
    "IPC": "Imaging Procedure Control",
    "AL1": "Patient Allergy",
    "DG1": "Diagnosis",
    "AIS": "Appointment Information - Service",
    "SCH": "Scheduling Activity",
    "ZDS": "Study Instance UID (IHE)",
}


def _words(constant: str) -> str:
    words = constant.lower().split("_")
    spelt = [w if w in _SMALL and n else _UPPER.get(w, w.capitalize()) for n, w in enumerate(words)]
    return " ".join(spelt).replace("Date time", "Date/Time").replace("Date Time", "Date/Time")


@lru_cache(maxsize=16)
def _library(version: str) -> Any:
    return hl7apy.load_library(version if version in VERSIONS else DEFAULT_VERSION)


@lru_cache(maxsize=4096)
def _field(segment: str, number: int, version: str) -> Any:
    """hl7apy's reference of a field: (kind, parts, data type, name, table, length), or None."""
    return _library(version).FIELDS.get(f"{segment}_{number}")


def segment_name(segment: str) -> str:
    """What the three letters stand for, or "" when they are not known here."""
    return SEGMENT_NAMES.get(segment, "")


def field_name(segment: str, number: int, version: str = DEFAULT_VERSION) -> str:
    """``field_name("PID", 3)`` is "Patient Identifier List"; "" for a field the version does not know."""
    if segment in OWN:
        return OWN[segment][number][0] if number in OWN[segment] else ""
    found = _field(segment, number, version)
    return _words(found[3]) if found else ""


def data_type(segment: str, number: int, version: str = DEFAULT_VERSION) -> str:
    """The data type of a field: ``data_type("PID", 3)`` is "CX"; "" when the version does not know the field."""
    if segment in OWN:
        return OWN[segment][number][1] if number in OWN[segment] else ""
    found = _field(segment, number, version)
    return str(found[2]) if found else ""


def component_name(segment: str, number: int, component: int, version: str = DEFAULT_VERSION) -> str:
    """``component_name("PID", 3, 4)`` is "Assigning Authority"; the field's own name when it has no such part."""
    if segment in OWN:
        parts = OWN[segment][number][2] if number in OWN[segment] else ()
        return parts[component - 1] if component <= len(parts) else field_name(segment, number, version)
    kind = data_type(segment, number, version)
    struct = _library(version).DATATYPES_STRUCTS.get(kind) or ()
    if component > len(struct):
        return field_name(segment, number, version)
    return _words(struct[component - 1][1][3])
