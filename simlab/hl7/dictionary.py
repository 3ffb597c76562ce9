"""What HL7 v2 says of segments, fields, data types and message structures, from hl7apy's tables, read when wanted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import hl7apy

from simlab.hl7 import lengths

DEFAULT_VERSION = "2.5.1"
VERSIONS = ("2.1", "2.2", "2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7")
SPOKEN = ("2.3", "2.3.1", "2.4", "2.5", "2.5.1")
"""The versions that the validator judges messages by."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A field or component: its name in words, data type, table (``0001``), and how often it may stand.

    `most` is -1 for any number, 0 for a field that the version has withdrawn; `length` is 0 where none is known here.
    """

    name: str
    data_type: str = ""
    table: str = ""
    required: bool = False
    most: int = 1
    length: int = 0

    def of_type(self, data_type: str) -> Definition:
        """The same field holding `data_type`, as OBX-5 holds what OBX-2 says; itself when that is empty."""
        return replace(self, data_type=data_type) if data_type else self


@dataclass(frozen=True, slots=True)
class Structure:
    """A segment or, with `parts`, a group of a message structure; of a `choice` one part stands there."""

    name: str
    least: int = 1
    most: int = 1
    choice: bool = False
    parts: tuple[Structure, ...] = ()


OWN = {
    "ZDS": (Definition("Study Instance UID", "RP", required=True),),
}
"""Segments that no HL7 dictionary holds. ZDS: IHE RAD TF-2, 4.4.4.1.2.4."""

_UPPER = {
    name.lower(): name
    for name in ("ID", "UID", "DOB", "SSN", "NK1", "PID", "PV1", "PV2", "OBR", "OBX", "NTE", "ZIP", "MRN", "HL7")
}
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
    "AIG": "Appointment Information - General Resource",
    "AIL": "Appointment Information - Location",
    "AIP": "Appointment Information - Personnel",
    "AIS": "Appointment Information - Service",
    "RGS": "Resource Group",
    "ROL": "Role",
    "SCH": "Scheduling Activity",
    "SFT": "Software",
    "GT1": "Guarantor",
    "IN1": "Insurance",
    "DSC": "Continuation Pointer",
    "ZDS": "Study Instance UID (IHE)",
}

EVENTS = {
    "ADT_A01": ("A01", "A04", "A08", "A13"),
    "ADT_A05": ("A05", "A14", "A28", "A31"),
    "ADT_A06": ("A06", "A07"),
    "ADT_A09": ("A09", "A10", "A11"),
    "ADT_A21": ("A21", "A22", "A23", "A25", "A26", "A27", "A29", "A32", "A33"),
    "ADT_A30": ("A30", "A34", "A35", "A36", "A46", "A47", "A48", "A49"),
    "ADT_A39": ("A39", "A40", "A41", "A42"),
    "ADT_A43": ("A43", "A44"),
    "ADT_A50": ("A50", "A51"),
    "ADT_A52": ("A52", "A53"),
    "ADT_A54": ("A54", "A55"),
    "ADT_A61": ("A61", "A62"),
    "SIU_S12": tuple(f"S{n}" for n in (*range(12, 25), 26)),
}
"""Message structures that serve several trigger events (HL7 v2.5.1 table 0354)."""

BEFORE_2_4 = {"ADT_A01": ("A05", "A14", "A28", "A31"), "ADT_A02": EVENTS["ADT_A21"], "ADT_A24": ("A37",)}
"""The events that had another structure before 2.4 split it (HL7 v2.3.1 table 0354)."""


OPTIONAL_AFTER_ALL = {
    ("ORR_O02", "OBR"),  # ch. 4.2.2: [Order Detail Segment]; hl7apy requires the choice of detail segments
    ("ADT_A38", "DRG"),  # ch. 3.2.38; hl7apy requires it in 2.3.1 alone
    ("ORC", "7"),  # ch. 4.3.1: optional in 2.3
    ("OBR", "27"),  # ch. 4.5.1 (7.3.1): optional in 2.3
    ("OBX", "2"),  # ch. 7.3.2: conditional; hl7apy has the attributes of the waveform category (7.18.3) for every OBX
    ("OBX", "4"),  # the same
}
"""What hl7apy's tables require and the standard does not: (message structure, first segment) or (segment, field)."""


def _words(constant: str) -> str:
    words = constant.lower().split("_")
    spelt = [w if w in _SMALL and n else _UPPER.get(w, w.capitalize()) for n, w in enumerate(words)]
    return (
        " ".join(spelt).replace("Date time", "Date/Time").replace("Date Time", "Date/Time").replace(" E G ", " e.g. ")
    )


@lru_cache(maxsize=16)
def _library(version: str) -> Any:
    return hl7apy.load_library(version if version in VERSIONS else DEFAULT_VERSION)


def _defined(reference: Any, cardinality: tuple[int, int], length: int = 0) -> Definition:
    data_type, name, table = str(reference[2] or ""), _words(str(reference[3])), str(reference[4] or "")
    number = table.removeprefix("HL7") if table.startswith("HL7") else ""
    return Definition(name, data_type, number, cardinality[0] > 0, cardinality[1], length)


@lru_cache(maxsize=2048)
def segment_fields(segment: str, version: str = DEFAULT_VERSION) -> tuple[Definition, ...]:
    """The fields of a segment in order, field 1 first; none for a segment that the version does not know."""
    if segment in OWN:
        return OWN[segment]
    found = _library(version).SEGMENTS.get(segment)
    fields = []
    for number, (_, reference, cardinality, _) in enumerate(found[1] or () if found else (), 1):
        times = (0, cardinality[1]) if (segment, str(number)) in OPTIONAL_AFTER_ALL else cardinality
        fields.append(_defined(reference, times, lengths.field(segment, number, version)))
    return tuple(fields)


@lru_cache(maxsize=2048)
def components(data_type: str, version: str = DEFAULT_VERSION) -> tuple[Definition, ...]:
    """The components of a data type in order; none for one that has no parts, or is unknown."""
    parts = _library(version).DATATYPES_STRUCTS.get(data_type) or ()
    return tuple(_defined(reference, cardinality) for _, reference, cardinality, _ in parts)


@lru_cache(maxsize=16)
def data_types(version: str = DEFAULT_VERSION) -> frozenset[str]:
    """Every data type that the version's fields and components have."""
    library = _library(version)
    used = {str(part[2]) for table in (library.FIELDS, library.DATATYPES) for part in table.values() if part[2]}
    return frozenset(used | set(library.DATATYPES_STRUCTS)) - {"varies"}


@lru_cache(maxsize=256)
def structure(name: str, version: str = DEFAULT_VERSION) -> Structure | None:
    """The segments and groups of a message structure (``ADT_A01``); None when the version has none of that name."""
    found = _library(version).MESSAGES.get(name)
    return _tree(name, found, (1, 1), name) if found else None


def structures(version: str = DEFAULT_VERSION) -> tuple[str, ...]:
    """The names of every message structure of the version."""
    return tuple(_library(version).MESSAGES)


def _tree(name: str, reference: Any, cardinality: tuple[int, int], whole: str) -> Structure:
    choice = reference[0] == "choice"
    parts = []
    for part, inner, times, kind in reference[1] or ():
        least = 0 if not choice and (whole, part) in OPTIONAL_AFTER_ALL else times[0]
        parts.append(_tree(part, inner, times, whole) if kind == "GRP" else Structure(part, least, times[1]))
    if choice and (whole, parts[0].name) in OPTIONAL_AFTER_ALL:
        cardinality = (0, cardinality[1])
    return Structure(name, *cardinality, choice, tuple(parts))


@lru_cache(maxsize=1024)
def structure_of(kind: str, event: str, version: str = DEFAULT_VERSION) -> str:
    """The message structure for MSH-9.1 and MSH-9.2: ``structure_of("ADT", "A08")`` is ADT_A01; "" when unknown."""
    known = _library(version).MESSAGES
    tables = (BEFORE_2_4, EVENTS) if version in ("2.1", "2.2", "2.3", "2.3.1") else (EVENTS,)
    for table in tables:
        for name, events in table.items():
            if event in events and name in known and name.startswith(f"{kind}_"):
                return name
    for name in (f"{kind}_{event}", kind):
        if name in known:
            return name
    return ""


def table_codes(number: str, version: str = DEFAULT_VERSION) -> tuple[str, tuple[str, ...]]:
    """The name and codes of a table; hl7apy holds none of 2.3, for which those of 2.3.1 are given."""
    tables = getattr(_library("2.3.1" if version in ("2.1", "2.2", "2.3") else version), "TABLES", {})
    found = tables.get(f"HL7{number}")
    return (str(found[0]), tuple(str(code) for code in found[1])) if found else ("", ())


def segment_name(segment: str) -> str:
    """What the three letters stand for, or "" when they are not known here."""
    return SEGMENT_NAMES.get(segment, "")


def field(segment: str, number: int, version: str = DEFAULT_VERSION) -> Definition | None:
    """What the version says of a field; None when it does not know it."""
    fields = segment_fields(segment, version)
    return fields[number - 1] if 0 < number <= len(fields) else None


def field_name(segment: str, number: int, version: str = DEFAULT_VERSION) -> str:
    """``field_name("PID", 3)`` is "Patient Identifier List"; "" for a field the version does not know."""
    found = field(segment, number, version)
    return found.name if found else ""


def data_type(segment: str, number: int, version: str = DEFAULT_VERSION) -> str:
    """The data type of a field: ``data_type("PID", 3)`` is "CX"; "" when the version does not know the field."""
    found = field(segment, number, version)
    return found.data_type if found else ""


def component_name(segment: str, number: int, component: int, version: str = DEFAULT_VERSION) -> str:
    """``component_name("PID", 3, 4)`` is "Assigning Authority"; the field's own name when it has no such part."""
    parts = components(data_type(segment, number, version), version)
    return parts[component - 1].name if 0 < component <= len(parts) else field_name(segment, number, version)
