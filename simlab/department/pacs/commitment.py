"""Storage Commitment Push at the archive: takes requests, looks what it holds, reports (PS3.4 J)."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from simlab import provenance
from simlab.department.pacs.notices import SAME, Draft, Notices
from simlab.department.pacs.settings import setting
from simlab.dicom import commitment, contexts, normalized, statuses
from simlab.dicom.commitment import COMMIT, Reference
from simlab.dicom.operation import Reply, Request
from simlab.dicom.scan import Malformed
from simlab.dicom.upper_layer import WireBroken
from simlab.store import Store

KIND = "commitment"
_STAYS_SECONDS = 0.1
"""How long a peer has to release the association that it asked on before the report is given there."""
_ANSWER_SECONDS = 10.0


class Commitment:
    """Serves N-ACTION. The report goes out on the same association while that is open, else on one of our own."""

    def __init__(self, store: Store, notices: Notices) -> None:
        self._store = store
        self._notices = notices

    def asked(self, request: Request) -> Reply:
        """Take a request for commitment; what is asked for is looked up at once and reported on afterwards."""
        if request.sop_class != contexts.STORAGE_COMMITMENT:
            return Reply(statuses.NO_SUCH_CLASS)
        if request.sop_instance != contexts.STORAGE_COMMITMENT_INSTANCE:
            return Reply(statuses.NO_SUCH_INSTANCE, comment="not the well-known instance of storage commitment")
        if request.message.number("ActionTypeID") != COMMIT:
            return Reply(statuses.NO_SUCH_ACTION, comment="the action type of a commitment request is 1")
        try:
            transaction, wanted = commitment.read_action(request.dataset())
        except Malformed as error:
            return Reply(statuses.INVALID_ARGUMENT, comment=error.what)
        request.note |= {"transaction_uid": transaction, "references": len(wanted), "keys": {}}
        with self._store.write() as tx:
            found = self._judge(tx, transaction, wanted)
            failed = [reference for reference in found if reference.reason is not None]
            request.note["failed"] = len(failed)
            event = request.record(statuses.SUCCESS)
            same = bool(setting(tx, "commitment_same_association"))
            with provenance.acting(provenance.current().actor, event):
                notice = self._notices.add(tx, KIND, transaction, request.caller.calling, held=same)
            tx.executemany(
                "INSERT INTO pacs_commitment_item (notice, sop_class, sop_uid, reason) VALUES (?, ?, ?, ?)",
                [(notice, one.sop_class, one.sop_uid, one.reason) for one in found],
            )
        if same:
            request.afterwards = lambda: self._report_here(request, notice)
        return Reply(statuses.SUCCESS)

    def _judge(self, tx: sqlite3.Connection, transaction: str, wanted: Sequence[Reference]) -> list[Reference]:
        """Each reference with the reason why it is not committed to; all fail when the transaction UID is in use."""
        used = tx.execute("SELECT 1 FROM pacs_notice WHERE kind=? AND subject=?", (KIND, transaction)).fetchone()
        found = []
        for one in wanted:
            reason = statuses.DUPLICATE_TRANSACTION if used else _reason(tx, one)
            found.append(Reference(one.sop_class, one.sop_uid, reason))
        return found

    def _report_here(self, request: Request, notice: int) -> None:
        association = request.association
        draft = self._notices.draft(notice)
        try:
            if association.stays(_STAYS_SECONDS):
                answer = normalized.report(
                    association,
                    request.context,
                    draft.sop_instance,
                    draft.event_type or 0,
                    draft.information,
                    seconds=_ANSWER_SECONDS,
                )
                self._notices.settle(notice, draft, answer, how=SAME)
        except WireBroken as error:
            self._notices.settle(notice, draft, None, error.what, how=SAME)
            raise
        finally:
            self._notices.release(notice)


def _reason(tx: sqlite3.Connection, wanted: Reference) -> int | None:
    held = tx.execute("SELECT sop_class FROM pacs_instance WHERE sop_uid=?", (wanted.sop_uid,)).fetchone()
    if held is None:
        return statuses.NO_SUCH_INSTANCE
    return None if held["sop_class"] == wanted.sop_class else statuses.CLASS_INSTANCE_CONFLICT


def write(tx: sqlite3.Connection, notice: sqlite3.Row) -> Draft:
    """The report on a request."""
    event, information = commitment.information(
        notice["subject"], str(setting(tx, "ae_title")), _references(tx, notice["id"])
    )
    return Draft(contexts.STORAGE_COMMITMENT, contexts.STORAGE_COMMITMENT_INSTANCE, information, event)


def _references(tx: sqlite3.Connection, notice: int) -> list[Reference]:
    rows = tx.execute(
        "SELECT sop_class, sop_uid, reason FROM pacs_commitment_item WHERE notice=? ORDER BY id", (notice,)
    )
    return [Reference(*row) for row in rows]


def requests(
    tx: sqlite3.Connection,
    transaction_uid: str | None = None,
    study_uid: str | None = None,
    requestor: str | None = None,
) -> list[dict[str, Any]]:
    """Requests for commitment: by whom, what became of it (`event` 1 or 2), how far the report has come."""
    rows = tx.execute(
        "SELECT * FROM pacs_notice n WHERE kind=?1 AND (?2 IS NULL OR subject=?2) AND (?3 IS NULL OR title=?3) AND "
        "(?4 IS NULL OR EXISTS (SELECT 1 FROM pacs_commitment_item c JOIN pacs_instance i USING (sop_uid) "
        "JOIN pacs_series e USING (series_uid) WHERE c.notice=n.id AND e.study_uid=?4)) ORDER BY id",
        (KIND, transaction_uid, requestor, study_uid),
    ).fetchall()
    found = []
    for row in rows:
        references = _references(tx, row["id"])
        failed = [one for one in references if one.reason is not None]
        found.append(
            {
                "id": row["id"],
                "transaction_uid": row["subject"],
                "requestor": row["title"],
                "event": commitment.FAILURES if failed else commitment.COMPLETE,
                "references": len(references),
                "failed": len(failed),
                "failed_uids": [one.sop_uid for one in failed],
                "reasons": sorted({commitment.why(one.reason) for one in failed if one.reason is not None}),
                "state": row["state"],
                "attempts": row["attempts"],
                "error": row["error"],
                "requested": row["at"],
                "reported": row["delivered"] or "",
                "how": row["how"],
            }
        )
    return found
