"""What an index keeps of an instance, read out of its head by hand: six times as fast as a whole parse."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

from simlab.dicom import charset
from simlab.dicom.scan import LITTLE, ByteOrder, Element


@dataclass(frozen=True)
class Header:
    """What an index keeps of an instance. Text is Unicode without padding; a missing number is None."""

    sop_class_uid: str = ""
    sop_instance_uid: str = ""
    study_uid: str = ""
    series_uid: str = ""
    patient_id: str = ""
    issuer: str = ""
    patient_name: str = ""
    birth_date: str = ""
    sex: str = ""
    accession: str = ""
    study_date: str = ""
    study_time: str = ""
    study_id: str = ""
    study_description: str = ""
    referring_physician: str = ""
    modality: str = ""
    station: str = ""
    series_number: int | None = None
    series_description: str = ""
    body_part: str = ""
    laterality: str = ""
    instance_number: int | None = None
    rows: int | None = None
    columns: int | None = None
    frames: int | None = None


_TAGS: dict[int, tuple[str, str, str]] = {
    0x00080016: ("sop_class_uid", "UI", "SOPClassUID"),
    0x00080018: ("sop_instance_uid", "UI", "SOPInstanceUID"),
    0x00080020: ("study_date", "DA", "StudyDate"),
    0x00080030: ("study_time", "TM", "StudyTime"),
    0x00080050: ("accession", "SH", "AccessionNumber"),
    0x00080060: ("modality", "CS", "Modality"),
    0x00080090: ("referring_physician", "PN", "ReferringPhysicianName"),
    0x00081010: ("station", "SH", "StationName"),
    0x00081030: ("study_description", "LO", "StudyDescription"),
    0x0008103E: ("series_description", "LO", "SeriesDescription"),
    0x00100010: ("patient_name", "PN", "PatientName"),
    0x00100020: ("patient_id", "LO", "PatientID"),
    0x00100021: ("issuer", "LO", "IssuerOfPatientID"),
    0x00100030: ("birth_date", "DA", "PatientBirthDate"),
    0x00100040: ("sex", "CS", "PatientSex"),
    0x00180015: ("body_part", "CS", "BodyPartExamined"),
    0x0020000D: ("study_uid", "UI", "StudyInstanceUID"),
    0x0020000E: ("series_uid", "UI", "SeriesInstanceUID"),
    0x00200010: ("study_id", "SH", "StudyID"),
    0x00200011: ("series_number", "IS", "SeriesNumber"),
    0x00200013: ("instance_number", "IS", "InstanceNumber"),
    0x00200060: ("laterality", "CS", "Laterality"),
    0x00200062: ("laterality", "CS", "ImageLaterality"),
    0x00280008: ("frames", "IS", "NumberOfFrames"),
    0x00280010: ("rows", "US", "Rows"),
    0x00280011: ("columns", "US", "Columns"),
}
"""The index's tags: field of `Header`, VR, keyword."""
_LAST_TAG = max(_TAGS)
_CHARSET_TAG = 0x00080005
_INTEGERS = frozenset(f.name for f in fields(Header) if f.default is None)


def _integer(text: str) -> int | None:
    try:
        return int(text.split("\\")[0])
    except ValueError:
        return None


def scan_header(head: bytes, among: Iterable[Element], order: ByteOrder = LITTLE) -> Header:
    """The index fields of an encoded data set out of its elements (see `scan.elements`)."""
    raw: dict[int, bytes] = {}
    charsets = b""
    for tag, _vr, value, length, _end in among:
        if tag > _LAST_TAG:
            break
        if tag in _TAGS:
            raw[tag] = head[value : value + length]
        elif tag == _CHARSET_TAG:
            charsets = head[value : value + length]
    declared = charsets.decode("ascii", "replace").rstrip(" \0")
    found: dict[str, str | int | None] = {}
    for tag, content in raw.items():
        name, vr, _keyword = _TAGS[tag]
        if vr == "US":
            found[name] = order.short(content)[0] if len(content) >= 2 else None
        elif vr == "IS":
            found[name] = _integer(content.decode("ascii", "replace").strip(" \0"))
        elif vr in ("UI", "DA", "TM", "CS"):
            found[name] = found.get(name) or content.decode("latin-1").strip(" \0")
        else:
            found[name] = charset.decode(content, declared, person_name=vr == "PN").strip(" ")
    return Header(**found)  # type: ignore[arg-type]
