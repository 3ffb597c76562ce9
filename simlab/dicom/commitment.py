"""Storage Commitment Push as data sets: what is asked for, and what the report says (PS3.4 J.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as DicomSequence

from simlab.dicom import contexts, statuses
from simlab.dicom.operation import UIDS_KEPT, Reply, Request
from simlab.dicom.scan import Malformed
from simlab.dicom.uids import is_uid

COMMIT = 1
"""Action Type ID of a request for commitment (PS3.4 J.3.2.1)."""
COMPLETE, FAILURES = 1, 2
"""Event Type IDs of a report: all instances are committed to; some are not (PS3.4 J.3.3.1)."""
TOLD = ("committed", "failed", "failed_uids", "reasons")
"""What `told` tells."""
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


def heard(request: Request) -> Report | Reply:
    """The report in an N-EVENT-REPORT, which is noted for its event; a refusal when it is none."""
    if request.sop_class != contexts.STORAGE_COMMITMENT:
        return Reply(statuses.NO_SUCH_CLASS)
    event = request.message.number("EventTypeID")
    if event not in (COMPLETE, FAILURES):
        return Reply(statuses.NO_SUCH_EVENT, comment=f"event type {event}")
    try:
        report = read_report(event, request.dataset())
    except Malformed as error:
        return Reply(statuses.PROCESSING_FAILURE, comment=error.what)
    request.note |= {"transaction_uid": report.transaction_uid, "event_type": event, "keys": {}, **told(report)}
    return report


def told(report: Report) -> dict[str, Any]:
    """A report as events and outcomes tell it: how many are committed to, which are not, and why."""
    return {
        "committed": len(report.committed),
        "failed": len(report.failed),
        "failed_uids": [one.sop_uid for one in report.failed][:UIDS_KEPT],
        "reasons": sorted({why(one.reason) for one in report.failed if one.reason is not None}),
    }


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
