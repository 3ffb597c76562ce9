"""Rejection notes: key object selections that say what is not to be used any more, and why (IHE RAD IOCM)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from simlab.department.pacs import visibility
from simlab.department.pacs.visibility import REASONS
from simlab.dicom.charset import UTF_8
from simlab.dicom.instance import Instance
from simlab.dicom.uids import uid
from simlab.errors import BadInput, NotFound

KEY_OBJECT_SELECTION = "1.2.840.10008.5.1.4.1.1.88.59"

Note = tuple[str, list[str]]
"""What a rejection note says: its code and the SOP instance UIDs that it rejects."""


def checked_code(code: str) -> str:
    """A rejection code; BadInput lists them."""
    if code not in REASONS:
        known = ", ".join(f"{name} ({meaning})" for name, meaning in REASONS.items())
        raise BadInput(f"{code!r} is no reason to reject", place="code", remedy=f"There are: {known}.")
    return code


def chosen(
    tx: sqlite3.Connection, study_uid: str, series: Iterable[str], instances: Iterable[str]
) -> list[sqlite3.Row]:
    """The instances of a study to reject: all, or those named. Notes themselves are none of them."""
    rows = tx.execute(
        "SELECT i.sop_uid, i.sop_class, i.series_uid FROM pacs_instance i JOIN pacs_series e USING (series_uid) "
        "WHERE e.study_uid=? AND i.sop_class<>? ORDER BY e.number, i.series_uid, i.number, i.sop_uid",
        (study_uid, KEY_OBJECT_SELECTION),
    ).fetchall()
    strangers = {*series, *instances} - {row["series_uid"] for row in rows} - {row["sop_uid"] for row in rows}
    if strangers:
        raise NotFound(f"the study has no {sorted(strangers)[0]}", place=study_uid, remedy="Look at its series.")
    named = [row for row in rows if row["series_uid"] in series or row["sop_uid"] in instances]
    found = named if series or instances else rows
    if not found:
        raise NotFound("the study has no images", place=study_uid, remedy="Nothing needs rejecting.")
    return found


def write_note(
    study: sqlite3.Row, patient: sqlite3.Row, rejected: list[sqlite3.Row], code: str, now: datetime, number: int
) -> Instance:
    """The key object selection document (PS3.3 A.35.4, TID 2010) that rejects instances of one study."""
    note_uid = uid("rejection note", study["study_uid"], code, number, *(row["sop_uid"] for row in rejected))
    ds = Dataset()
    ds.SpecificCharacterSet = UTF_8
    ds.SOPClassUID, ds.SOPInstanceUID = KEY_OBJECT_SELECTION, note_uid
    ds.StudyDate, ds.StudyTime = study["study_date"], study["study_time"]
    ds.ContentDate, ds.ContentTime = now.strftime("%Y%m%d"), now.strftime("%H%M%S")
    ds.AccessionNumber, ds.StudyID = study["accession"], study["study_id"]
    ds.Modality, ds.Manufacturer = "KO", "SimLab"
    ds.ReferringPhysicianName = study["referring"]
    ds.StudyDescription = study["description"]
    ds.SeriesDescription = "Rejection note"
    ds.PatientName, ds.PatientID, ds.PatientBirthDate = patient["name"], patient["patient_id"], patient["birth_date"]
    ds.PatientSex = patient["sex"]
    if patient["issuer"]:
        ds.IssuerOfPatientID = patient["issuer"]
    ds.StudyInstanceUID, ds.SeriesInstanceUID = study["study_uid"], uid("rejection series", note_uid)
    ds.SeriesNumber, ds.InstanceNumber = 9000 + number, 1
    ds.ReferencedPerformedProcedureStepSequence = []
    ds.ReferencedRequestSequence = [_request(study)]
    ds.ValueType, ds.ContinuityOfContent = "CONTAINER", "SEPARATE"
    ds.ConceptNameCodeSequence = [_code(code, REASONS[code])]
    ds.ContentTemplateSequence = [_item(MappingResource="DCMR", TemplateIdentifier="2010")]
    ds.CurrentRequestedProcedureEvidenceSequence = [
        _item(StudyInstanceUID=study["study_uid"], ReferencedSeriesSequence=_by_series(rejected))
    ]
    ds.ContentSequence = [
        _item(RelationshipType="CONTAINS", ValueType="IMAGE", ReferencedSOPSequence=[_reference(row)])
        for row in rejected
    ]
    return Instance.from_dataset(ds)


def _item(**values: object) -> Dataset:
    item = Dataset()
    for keyword, value in values.items():
        setattr(item, keyword, value)
    return item


def _code(value: str, meaning: str) -> Dataset:
    return _item(CodeValue=value, CodingSchemeDesignator="DCM", CodeMeaning=meaning)


def _reference(row: sqlite3.Row) -> Dataset:
    return _item(ReferencedSOPClassUID=row["sop_class"], ReferencedSOPInstanceUID=row["sop_uid"])


def _request(study: sqlite3.Row) -> Dataset:
    return _item(
        StudyInstanceUID=study["study_uid"],
        ReferencedStudySequence=[],
        AccessionNumber=study["accession"],
        PlacerOrderNumberImagingServiceRequest="",
        FillerOrderNumberImagingServiceRequest="",
        RequestedProcedureID="",
        RequestedProcedureDescription="",
        RequestedProcedureCodeSequence=[],
    )


def _by_series(rejected: list[sqlite3.Row]) -> list[Dataset]:
    series: dict[str, list[Dataset]] = {}
    for row in rejected:
        series.setdefault(row["series_uid"], []).append(_reference(row))
    return [_item(SeriesInstanceUID=name, ReferencedSOPSequence=items) for name, items in series.items()]


def read_note(instance: Instance) -> Note | None:
    """The code of a rejection note and the SOP instance UIDs it rejects; None when the object is no such note."""
    ds = instance.dataset()
    title = next(iter(_items(ds, "ConceptNameCodeSequence")), Dataset())
    code = str(title.get("CodeValue", ""))
    if code not in REASONS or title.get("CodingSchemeDesignator") != "DCM":
        return None
    rejected = [
        str(one.get("ReferencedSOPInstanceUID", ""))
        for study in _items(ds, "CurrentRequestedProcedureEvidenceSequence")
        for series in _items(study, "ReferencedSeriesSequence")
        for one in _items(series, "ReferencedSOPSequence")
    ]
    return code, rejected


def _items(ds: Dataset, keyword: str) -> list[Dataset]:
    """The items of a sequence; none when it is missing or, in a damaged object, no sequence."""
    value = ds.get(keyword)
    return list(value) if isinstance(value, Sequence) else []


_OWNER = (
    "SELECT s.patient_id, s.issuer, s.study_uid FROM pacs_instance i JOIN pacs_series e USING (series_uid) "
    "JOIN pacs_study s USING (study_uid) WHERE i.sop_uid=?"
)


def subjects(tx: sqlite3.Connection, note_uid: str, named: Iterable[str]) -> dict[str, str]:
    """The instances that a filed note may reject, those that are held and of the note's patient, with their studies."""
    note = tx.execute(_OWNER, (note_uid,)).fetchone()
    found: dict[str, str] = {}
    for sop_uid in named:
        row = tx.execute(_OWNER, (sop_uid,)).fetchone()
        if row is not None and (row["patient_id"], row["issuer"]) == (note["patient_id"], note["issuer"]):
            found[sop_uid] = row["study_uid"]
    return found


def apply(tx: sqlite3.Connection, note_uid: str, code: str, rejected: Iterable[str]) -> list[str]:
    """Reject what a filed note names, as far as it is held and of the note's patient; give the SOP instance UIDs."""
    found = subjects(tx, note_uid, rejected)
    for sop_uid in found:
        tx.execute(
            "INSERT INTO pacs_rejection VALUES (?, ?, ?) ON CONFLICT (sop_uid) DO UPDATE SET code=excluded.code, "
            "note_uid=excluded.note_uid",
            (sop_uid, code, note_uid),
        )
    for study_uid in {tx.execute(_OWNER, (note_uid,)).fetchone()["study_uid"], *found.values()}:
        visibility.refresh(tx, study_uid)
    return list(found)
