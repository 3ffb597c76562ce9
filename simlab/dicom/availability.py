"""Instance Availability Notification as a data set: which instances of a study can be had where (PS3.4 R.3)."""

from __future__ import annotations

from collections.abc import Iterable

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from simlab.dicom.scan import Malformed
from simlab.dicom.uids import is_uid

ONLINE = "ONLINE"
MOST = 100_000
"""Instances in one notification."""


def notification(study_uid: str, title: str, references: Iterable[tuple[str, str, str]]) -> Dataset:
    """The notification that `title` has instances of a study online: series, class and instance UID of each."""
    ds = Dataset()
    ds.ReferencedPerformedProcedureStepSequence = []
    ds.StudyInstanceUID = study_uid
    series: dict[str, Dataset] = {}
    for series_uid, sop_class, sop_uid in references:
        if series_uid not in series:
            series[series_uid] = Dataset()
            series[series_uid].SeriesInstanceUID, series[series_uid].ReferencedSOPSequence = series_uid, []
        reference = Dataset()
        reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = sop_class, sop_uid
        reference.InstanceAvailability, reference.RetrieveAETitle = ONLINE, title
        series[series_uid].ReferencedSOPSequence.append(reference)
    ds.ReferencedSeriesSequence = list(series.values())
    return ds


def read(ds: Dataset) -> tuple[str, list[str]]:
    """Study UID and the SOP Instance UIDs that can be had; Malformed, naming the attribute that lacks."""
    study_uid = str(ds.get("StudyInstanceUID") or "")
    if not is_uid(study_uid):
        raise Malformed("Study Instance UID is missing or no UID", place="StudyInstanceUID", remedy="Send one.")
    found = [
        item for series in _items(ds, "ReferencedSeriesSequence") for item in _items(series, "ReferencedSOPSequence")
    ]
    if not found or len(found) > MOST:
        raise Malformed(
            f"{len(found)} instances are referenced", place="ReferencedSeriesSequence", remedy=f"Send 1 to {MOST}."
        )
    named = [(str(item.get("ReferencedSOPInstanceUID") or ""), item.get("InstanceAvailability")) for item in found]
    return study_uid, [sop_uid for sop_uid, how in named if is_uid(sop_uid) and how not in ("UNAVAILABLE", "", None)]


def _items(ds: Dataset, keyword: str) -> list[Dataset]:
    found = ds.get(keyword)
    return list(found) if isinstance(found, Sequence) else []
