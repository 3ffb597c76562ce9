"""Instance Availability Notification: tells the RIS that a study has come, once it is quiet (PS3.4 R)."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from typing import Any

from pydicom.dataset import Dataset

from simlab.department.pacs.notices import Draft, Notices
from simlab.department.pacs.settings import setting
from simlab.dicom import contexts
from simlab.dicom.instance import Instance
from simlab.dicom.scan import Malformed
from simlab.dicom.uids import uid
from simlab.store import Store

KIND = "availability"

_INSTANCES = (
    "SELECT i.sop_uid, i.sop_class, e.series_uid, p.cached, p.shelved FROM pacs_instance i "
    "JOIN pacs_series e USING (series_uid) LEFT JOIN pacs_place p USING (sop_uid) "
    "WHERE e.study_uid=? AND i.hidden=0 ORDER BY e.number, e.series_uid, i.number, i.sop_uid"
)


class Availability:
    """Watches studies come in. A study for which nothing came for `study_complete_seconds` is notified."""

    def __init__(self, store: Store, notices: Notices) -> None:
        self._store = store
        self._notices = notices
        self._lock = threading.Lock()
        self._quiet_at: dict[str, float] = {}
        self._held: dict[str, list[int]] = {}
        self._timer: threading.Timer | None = None

    def forget(self) -> None:
        """Watch no study any more: their rows were replaced, or what waits is for the next process."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            self._quiet_at.clear()
            self._held.clear()

    def stored(self, tx: sqlite3.Connection, study_uid: str) -> None:
        """An instance of the study has come; call it inside the transaction that files it."""
        titles = setting(tx, "notify_availability")
        if not titles:
            return
        due = time.monotonic() + int(setting(tx, "study_complete_seconds"))
        with self._lock:
            known = study_uid in self._quiet_at
        if known:
            self._store.after_commit(lambda: self._wait_for(study_uid, due))
            return
        numbers = [self._notices.add(tx, KIND, study_uid, title, held=True) for title in titles]
        self._store.after_commit(lambda: self._wait_for(study_uid, due, numbers))

    def _wait_for(self, study_uid: str, due: float, numbers: list[int] | None = None) -> None:
        with self._lock:
            missed = numbers is None and study_uid not in self._quiet_at
            if not missed:
                self._quiet_at[study_uid] = due
                self._held.setdefault(study_uid, []).extend(numbers or ())
                self._arrange()
        if missed:  # its quiet was over between the look and the commit
            with self._store.write() as tx:
                self.stored(tx, study_uid)

    def _arrange(self) -> None:
        if self._quiet_at and (self._timer is None or not self._timer.is_alive()):
            self._timer = threading.Timer(max(min(self._quiet_at.values()) - time.monotonic(), 0.01), self._look)
            self._timer.daemon = True
            self._timer.start()

    def _look(self) -> None:
        with self._lock:
            now = time.monotonic()
            quiet = [study_uid for study_uid, due in self._quiet_at.items() if due <= now]
            released = [number for study_uid in quiet for number in self._held.pop(study_uid, ())]
            for study_uid in quiet:
                del self._quiet_at[study_uid]
            self._timer = None
            self._arrange()
        for number in released:
            self._notices.release(number)


def write(tx: sqlite3.Connection, notice: sqlite3.Row) -> Draft:
    """The notification: where each instance of the study can be had, and how soon (PS3.4 table R.3.2-1)."""
    study_uid, title = notice["subject"], str(setting(tx, "ae_title"))
    ds = Dataset()
    ds.ReferencedPerformedProcedureStepSequence = _steps(tx, study_uid)
    ds.StudyInstanceUID = study_uid
    series: dict[str, Dataset] = {}
    for row in tx.execute(_INSTANCES, (study_uid,)):
        if row["series_uid"] not in series:
            item = series[row["series_uid"]] = Dataset()
            item.SeriesInstanceUID, item.ReferencedSOPSequence = row["series_uid"], []
        reference = Dataset()
        reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = row["sop_class"], row["sop_uid"]
        reference.InstanceAvailability = (
            "ONLINE" if row["cached"] in (None, 1) else "OFFLINE" if row["shelved"] else "NEARLINE"
        )
        reference.RetrieveAETitle = title
        series[row["series_uid"]].ReferencedSOPSequence.append(reference)
    ds.ReferencedSeriesSequence = list(series.values())
    return Draft(contexts.INSTANCE_AVAILABILITY, uid("availability", notice["id"], notice["at"]), ds)


def _steps(tx: sqlite3.Connection, study_uid: str) -> list[Dataset]:
    """The performed steps that the study's images name, the first of each series looked at."""
    rows = tx.execute(
        "SELECT i.transfer_syntax, i.head, i.pixels IS NULL AS bare "
        "FROM pacs_instance i JOIN pacs_series e USING (series_uid) "
        "WHERE e.study_uid=? GROUP BY e.series_uid ORDER BY min(i.sop_uid)",
        (study_uid,),
    )
    found: dict[str, Dataset] = {}
    for row in rows:
        head = Instance(row["transfer_syntax"], bytes(row["head"]), None if row["bare"] else b"")
        with contextlib.suppress(Malformed):
            for step in head.dataset().get("ReferencedPerformedProcedureStepSequence") or ():
                item = Dataset()
                item.ReferencedSOPClassUID = str(step.get("ReferencedSOPClassUID") or contexts.PERFORMED_STEP)
                item.ReferencedSOPInstanceUID = str(step.get("ReferencedSOPInstanceUID") or "")
                item.PerformedWorkitemCodeSequence = []
                found[item.ReferencedSOPInstanceUID] = item
    return list(found.values())


def notifications(
    tx: sqlite3.Connection, study_uid: str | None = None, destination: str | None = None
) -> list[dict[str, Any]]:
    """Availability notifications, and how far each has come."""
    rows = tx.execute(
        "SELECT * FROM pacs_notice WHERE kind=?1 AND (?2 IS NULL OR subject=?2) AND (?3 IS NULL OR title=?3) "
        "ORDER BY id",
        (KIND, study_uid, destination),
    )
    return [
        {
            "id": row["id"],
            "study_uid": row["subject"],
            "destination": row["title"],
            "state": row["state"],
            "attempts": row["attempts"],
            "error": row["error"],
            "at": row["at"],
            "notified": row["delivered"] or "",
        }
        for row in rows
    ]
