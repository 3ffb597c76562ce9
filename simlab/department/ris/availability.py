"""Instance Availability Notification at the RIS: what an archive says can be had of a study (PS3.4 R)."""

from __future__ import annotations

import sqlite3
from typing import Any

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from simlab.clock import Clock
from simlab.dicom import statuses
from simlab.dicom.operation import Reply, Request
from simlab.dicom.scan import Malformed
from simlab.dicom.uids import is_uid
from simlab.store import Store

AVAILABILITIES = ("ONLINE", "NEARLINE", "OFFLINE", "UNAVAILABLE")
"""Instance Availability (0008,0056), the soonest first (PS3.3 C.4.23.1.1)."""


class Notified:
    """Serves N-CREATE of the notification's class; the table `ris_availability` has a row for each."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def create(self, request: Request) -> Reply:
        """Note a notification; 0111 for one that was made before."""
        if request.sop_class != request.context.abstract_syntax:
            return Reply(statuses.NO_SUCH_CLASS, comment="SOP class and presentation context differ")
        if not is_uid(request.sop_instance):
            return Reply(statuses.INVALID_ARGUMENT, comment="a notification comes with its own SOP instance UID")
        try:
            ds = request.dataset()
        except Malformed as error:
            return Reply(statuses.PROCESSING_FAILURE, comment=error.what)
        study_uid, found = str(ds.get("StudyInstanceUID") or ""), _availabilities(ds)
        if not is_uid(study_uid) or not found:
            lacking = "ReferencedSeriesSequence" if is_uid(study_uid) else "StudyInstanceUID"
            return Reply(statuses.MISSING_ATTRIBUTE, comment=f"{lacking}: it is needed")
        worst = max(found, key=AVAILABILITIES.index)
        named = _items(ds, "ReferencedPerformedProcedureStepSequence")
        steps = [str(item.get("ReferencedSOPInstanceUID") or "") for item in named]
        with self._store.write() as tx:
            if tx.execute("SELECT 1 FROM ris_availability WHERE uid=?", (request.sop_instance,)).fetchone():
                return Reply(statuses.DUPLICATE_INSTANCE, comment="this notification exists already")
            tx.execute(
                "INSERT INTO ris_availability VALUES (?, ?, ?, ?, ?, ?, ?)",
                (request.sop_instance, study_uid, request.caller.calling, len(found), worst,
                 steps[0] if steps else "", self._clock.now().isoformat(timespec="seconds")),
            )  # fmt: skip
            request.note |= {"study_uid": study_uid, "instances": len(found), "availability": worst, "keys": {}}
            request.record(statuses.SUCCESS)
        return Reply(statuses.SUCCESS)


def _items(ds: Dataset, keyword: str) -> list[Dataset]:
    found = ds.get(keyword)
    return list(found) if isinstance(found, Sequence) else []


def _availabilities(ds: Dataset) -> list[str]:
    """The availability of every instance that is referenced."""
    said = [
        str(item.get("InstanceAvailability") or "")
        for series in _items(ds, "ReferencedSeriesSequence")
        for item in _items(series, "ReferencedSOPSequence")
    ]
    return [one if one in AVAILABILITIES else "UNAVAILABLE" for one in said]


def rows(tx: sqlite3.Connection, study_uid: str | None = None) -> list[dict[str, Any]]:
    """Notifications in the order they came, with the order whose study it is."""
    found = tx.execute(
        "SELECT a.*, coalesce((SELECT accession FROM ris_step s WHERE s.study_uid=a.study_uid), '') AS accession "
        "FROM ris_availability a WHERE ?1 IS NULL OR a.study_uid=?1 ORDER BY a.at, a.rowid",
        (study_uid,),
    )
    return [dict(row) for row in found]
