"""Looks for what is left of a person in images that were de-identified: names, numbers, dates, UIDs, in any element."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

from simlab.dicom import lettering
from simlab.dicom.instance import Instance
from simlab.dicom.matching import fold

NUMBERS = frozenset({
    "PatientID", "OtherPatientIDs", "AccessionNumber", "StudyID", "RequestedProcedureID", "ScheduledProcedureStepID",
    "PerformedProcedureStepID", "PlacerOrderNumberImagingServiceRequest", "FillerOrderNumberImagingServiceRequest",
    "AdmissionID", "MedicalRecordLocator",
})  # fmt: skip
PLACES = frozenset({"InstitutionName", "InstitutionAddress", "PatientAddress", "IssuerOfPatientID"})
TEXT = frozenset({"AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"})
BYTES = frozenset({"OB", "OW", "UN", "OD", "OF", "OL", "OV"})
WORDS = "words in the pixels"
"""What a finding is that eyes must judge: a scale and a name look alike."""
_PIXELS = frozenset({"PixelData", "FloatPixelData", "DoubleFloatPixelData"})
_TITLES = frozenset({"MRS", "MISS", "PROF", "DAME", "SIR", "REV"})
_LETTERED = ("US", "OT", "SC", "XC", "ES", "GM", "DOC")
_STANDARD = "1.2.840.10008."


@dataclass(frozen=True)
class Finding:
    """One leftover: where (tags from the top, with item numbers), the VR, what it is, and the value it was found in."""

    sop_uid: str
    path: str
    vr: str
    what: str
    value: str

    def as_json(self) -> dict[str, str]:
        return asdict(self)


@dataclass
class Known:
    """What is known of a person, folded; taken from images that were not de-identified."""

    names: set[str] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)
    places: set[str] = field(default_factory=set)
    dates: set[str] = field(default_factory=set)
    uids: set[str] = field(default_factory=set)

    def patterns(self) -> list[tuple[str, re.Pattern[str]]]:
        """What to search text for, by what it is; whole words and whole numbers only."""
        written = {form for day in self.dates for form in _forms(day)}
        kinds = (("name", self.names), ("number", self.numbers), ("place", self.places), ("date", written))
        found = []
        for what, words in kinds:
            if words:
                among = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
                found.append((what, re.compile(rf"(?<![^\W_])(?:{among})(?![^\W_])")))
        return found


def known(instances: Iterable[Instance]) -> Known:
    """What images say of the person and the examination."""
    found = Known()
    for instance in instances:
        for _path, element in elements(instance.dataset()):
            for value in _texts(element):
                if element.VR == "PN":
                    parts = re.split(r"[\^=\s]+", fold(value))
                    found.names.update(part for part in parts if len(part) > 2 and part.upper() not in _TITLES)
                elif element.keyword in NUMBERS and len(value) > 3:
                    found.numbers.add(fold(value))
                elif element.keyword in PLACES and len(value) > 3:
                    found.places.add(fold(value))
                elif element.VR in ("DA", "DT") and re.match(r"\d{8}", value):
                    found.dates.add(value[:8])
                elif element.VR == "UI" and not value.startswith(_STANDARD):
                    found.uids.add(value)
    return found


def left(instance: Instance, person: Known) -> list[Finding]:
    """Everything in an image that is known of the person, what cannot be looked into, and what looks like words."""
    ds = instance.dataset()
    sop_uid = str(ds.get("SOPInstanceUID", ""))
    searched = person.patterns()

    def found(path: str, element: DataElement, what: str, value: str) -> Finding:
        return Finding(sop_uid, path, str(element.VR), what, value[:80])

    findings = []
    for path, element in elements(ds):
        if element.tag.is_private and element.VR != "SQ":
            findings.append(found(path, element, "private element", str(element.value)))
        if element.keyword == "EncapsulatedDocument":
            findings.append(found(path, element, "document that cannot be looked into", ""))
        for value in _texts(element):
            for what in _kinds(element, value, person, searched):
                findings.append(found(path, element, what, value))
    if instance.pixels is not None and may_be_lettered(ds):
        burned = DataElement(0x00280301, "CS", str(ds.get("BurnedInAnnotation") or ""))
        findings.append(found("(0028,0301)", burned, "burned-in annotation not excluded", str(burned.value)))
    for words in lettering.suspected(instance):
        findings.append(Finding(sop_uid, "(7FE0,0010)", "OW", WORDS, str(words)))
    return findings


def may_be_lettered(ds: Dataset) -> bool:
    """Whether an image says that words stand in its pixels, or says nothing and is of a kind where they often do."""
    said = ds.get("BurnedInAnnotation")
    return bool(said == "YES" or (not said and ds.get("Modality") in _LETTERED))


def _kinds(
    element: DataElement, value: str, person: Known, searched: list[tuple[str, re.Pattern[str]]]
) -> Iterator[str]:
    if element.VR == "UI":
        if value in person.uids:
            yield "UID"
    elif element.VR in ("DA", "DT"):
        if value[:8] in person.dates:
            yield "date"
    elif element.VR in TEXT or element.VR in BYTES:
        folded = fold(value)
        yield from (what for what, pattern in searched if pattern.search(folded))


def elements(ds: Dataset, path: str = "") -> Iterator[tuple[str, DataElement]]:
    """Every element of a data set, those of sequence items after the sequence, with where each stands."""
    for element in ds:
        here = f"{path}({element.tag.group:04X},{element.tag.element:04X})"
        yield here, element
        if element.VR == "SQ":
            for number, item in enumerate(element.value or [], 1):
                yield from elements(item, f"{here}[{number}]")


def _texts(element: DataElement) -> list[str]:
    value: Any = element.value
    if value is None or element.VR == "SQ" or element.keyword in _PIXELS:
        return []
    if element.VR in BYTES:
        return [bytes(value).decode("latin-1")] if isinstance(value, (bytes, bytearray)) else []
    if isinstance(value, (list, tuple)) or type(value).__name__ == "MultiValue":
        return [str(one) for one in value if str(one)]
    return [str(value)] if str(value) else []


def _forms(day: str) -> tuple[str, ...]:
    year, month, date = day[:4], day[4:6], day[6:8]
    return (day, f"{year}-{month}-{date}", f"{date}.{month}.{year}", f"{date}/{month}/{year}", f"{date}-{month}-{year}")
