"""Storage Commitment Push as data sets: what is asked for, and what the report says (PS3.4 J.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as DicomSequence

from simlab.dicom import statuses
from simlab.dicom.scan import Malformed
from simlab.dicom.uids import is_uid

COMMIT = 1
"""Action Type ID of a request for commitment (PS3.4 J.3.2.1)."""
COMPLETE, FAILURES = 1, 2
"""Event Type IDs of a report: all instances are committed to; some are not (PS3.4 J.3.3.1)."""
MOST = 100_000
"""References in one request."""

REASONS = {
    statuses.PROCESSING_FAILURE: "processing failure",
    statuses.NO_SUCH_INSTANCE: "no such object instance",
    0x0213: "resource limitation",
    statuses.CLASS_NOT_SUPPORTED: "referenced SOP class not supported",
    statuses.CLASS_INSTANCE_CONFLICT: "class and instance conflict",
    statuses.DUPLICATE_TRANSACTION: "duplicate transaction UID",
}
"""Failure Reason (0008,1197), PS3.3 C.14.1.1."""


@dataclass(frozen=True)
class Reference:
    """An instance by class and UID; `reason` says why it is not committed to, None when it is or nobody said."""

    sop_class: str
    sop_uid: str
    reason: int | None = None


@dataclass(frozen=True)
class Report:
    """What a commitment report says."""

    transaction_uid: str
    event: int
    committed: tuple[Reference, ...]
    failed: tuple[Reference, ...]


def why(reason: int) -> str:
    """A failure reason as it is written, with its words."""
    return f"{statuses.code(reason)} {REASONS.get(reason, 'unknown reason')}"


def action(transaction_uid: str, references: Sequence[Reference]) -> Dataset:
    """The action information of a request."""
    ds = Dataset()
    ds.TransactionUID = transaction_uid
    ds.ReferencedSOPSequence = [_item(reference) for reference in references]
    return ds


def read_action(ds: Dataset) -> tuple[str, list[Reference]]:
    """Transaction UID and references of a request; Malformed, naming the attribute, when it is none."""
    transaction = _transaction(ds)
    references = _references(ds, "ReferencedSOPSequence")
    if not references:
        raise Malformed("the request references no instance", place="ReferencedSOPSequence", remedy="Name some.")
    return transaction, references


def information(transaction_uid: str, ae_title: str, references: Sequence[Reference]) -> tuple[int, Dataset]:
    """Event Type ID and event information of the report on `references`."""
    committed = [reference for reference in references if reference.reason is None]
    failed = [reference for reference in references if reference.reason is not None]
    ds = Dataset()
    ds.TransactionUID = transaction_uid
    ds.RetrieveAETitle = ae_title
    if committed:
        # Absent rather than empty when nothing was committed to: its type is 1C (PS3.4 table J.3-2).
        ds.ReferencedSOPSequence = [_item(reference) for reference in committed]
    if failed:
        ds.FailedSOPSequence = [_item(reference) for reference in failed]
    return (FAILURES if failed else COMPLETE), ds


def read_report(event: int, ds: Dataset) -> Report:
    """The report in an event's information; Malformed when it is none."""
    return Report(
        _transaction(ds),
        event,
        tuple(_references(ds, "ReferencedSOPSequence")),
        tuple(_references(ds, "FailedSOPSequence", failed=True)),
    )


def _transaction(ds: Dataset) -> str:
    found = str(ds.get("TransactionUID") or "")
    if not is_uid(found):
        raise Malformed(
            f"Transaction UID is {'no UID' if found else 'missing'}", place="TransactionUID", remedy="Send one."
        )
    return found


def _item(reference: Reference) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = reference.sop_class
    item.ReferencedSOPInstanceUID = reference.sop_uid
    if reference.reason is not None:
        item.FailureReason = reference.reason
    return item


def _references(ds: Dataset, keyword: str, *, failed: bool = False) -> list[Reference]:
    items = ds.get(keyword)
    if not isinstance(items, DicomSequence):
        return []
    if len(items) > MOST:
        raise Malformed(f"{len(items)} references", place=keyword, remedy=f"Send at most {MOST} at a time.")
    found = []
    for item in items:
        sop_class = str(item.get("ReferencedSOPClassUID") or "")
        sop_uid = str(item.get("ReferencedSOPInstanceUID") or "")
        if not is_uid(sop_class) or not is_uid(sop_uid):
            raise Malformed("a reference without class or instance UID", place=keyword, remedy="Send both.")
        reason = item.get("FailureReason")
        number = reason if isinstance(reason, int) else statuses.PROCESSING_FAILURE
        found.append(Reference(sop_class, sop_uid, number if failed else None))
    return found
