"""Receipts for what was sent away: who received says so by an Instance Availability Notification (PS3.4 R)."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from simlab.clock import Clock
from simlab.department.pacs.settings import setting
from simlab.dicom import availability, contexts, statuses
from simlab.dicom.operation import Reply, Request
from simlab.dicom.scan import Malformed
from simlab.dicom.uids import is_uid
from simlab.store import Store


class Receipts:
    """Serves N-CREATE of the notification's class; `pacs_receipt` has a row an instance and a destination."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def create(self, request: Request) -> Reply:
        """Note what has arrived at the caller's; the same notification once more changes nothing and gets 0111."""
        if request.sop_class != contexts.INSTANCE_AVAILABILITY:
            return Reply(statuses.NO_SUCH_CLASS)
        if not is_uid(request.sop_instance):
            return Reply(statuses.INVALID_ARGUMENT, comment="a notification comes with its own SOP instance UID")
        try:
            study_uid, arrived = availability.read(request.dataset())
        except Malformed as error:
            return Reply(statuses.MISSING_ATTRIBUTE, comment=error.what)
        at = self._clock.now().isoformat(timespec="seconds")
        request.note |= {"study_uid": study_uid, "instances": len(arrived), "keys": {}}
        with self._store.write() as tx:
            if tx.execute("SELECT 1 FROM pacs_receipt WHERE notice=?", (request.sop_instance,)).fetchone():
                return Reply(statuses.DUPLICATE_INSTANCE, comment="this notification exists already")
            tx.executemany(
                "INSERT OR REPLACE INTO pacs_receipt VALUES (?, ?, ?, ?, ?)",
                [(one, request.caller.calling, study_uid, at, request.sop_instance) for one in arrived],
            )
            request.record(statuses.SUCCESS)
        return Reply(statuses.SUCCESS)


def rows(tx: sqlite3.Connection, study_uid: str | None = None, destination: str | None = None) -> list[dict[str, Any]]:
    """Studies that went to those who owe receipts (`receipts_from`): how much was sent, and for how much one came.

    `state` is ``complete``, ``partial`` or ``missing``.
    """
    owing = json.dumps(setting(tx, "receipts_from"))
    found = tx.execute(
        "SELECT s.study_uid, s.destination, coalesce(p.patient_id, '') AS patient_id, "
        "count(DISTINCT s.sop_uid) AS sent, "
        "count(DISTINCT r.sop_uid) AS receipted, max(s.at) AS last_sent, coalesce(max(r.at), '') AS last_receipt "
        "FROM pacs_sent s LEFT JOIN pacs_receipt r ON r.sop_uid=s.sop_uid AND r.destination=s.destination "
        "LEFT JOIN pacs_study p ON p.study_uid=s.study_uid "
        "WHERE s.destination IN (SELECT value FROM json_each(?1)) AND (?2 IS NULL OR s.study_uid=?2) "
        "AND (?3 IS NULL OR s.destination=?3) GROUP BY s.study_uid, s.destination ORDER BY max(s.id)",
        (owing, study_uid, destination),
    )
    return [{**dict(row), "missing": row["sent"] - row["receipted"], "state": _state(row)} for row in found]


def _state(row: sqlite3.Row) -> str:
    if row["receipted"] == row["sent"]:
        return "complete"
    return "partial" if row["receipted"] else "missing"
