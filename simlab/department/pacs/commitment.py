"""Storage Commitment Push at the archive: takes requests, looks what it holds, reports (PS3.4 J)."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from simlab import provenance
from simlab.department.pacs import duplicates
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

FILED = "filed, in the cache or the archive"
QUARANTINED = "filed, the study in quarantine"
NOTE = "a rejection note"
SHOWN = "rejected, and shown all the same (113001)"
REJECTED = "rejected and hidden"
DISPUTED = "another object of its UID that the same peer sent waits undecided"
OTHER_CLASS = "held under another SOP class"
UNKNOWN = "never taken, or deleted"

VERDICTS: dict[str, int | None] = {
    FILED: None,
    QUARANTINED: None,
    NOTE: None,
    SHOWN: None,
    REJECTED: statuses.NO_SUCH_INSTANCE,
    DISPUTED: statuses.PROCESSING_FAILURE,
    OTHER_CLASS: statuses.CLASS_INSTANCE_CONFLICT,
    UNKNOWN: statuses.NO_SUCH_INSTANCE,
}
"""What an instance can be to the archive, and the reason why it is not committed to (None: it is).

To commit is to answer for safekeeping (PS3.4 J.1.1). A quarantine withholds a study from its readers and keeps every
byte of it. What is rejected may be deleted as soon as the policy allows; who sent another object under a UID that is
held would delete the only copy of its own.
"""


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
            found = self._judge(tx, transaction, wanted, request.caller.calling)
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

    def _judge(
        self, tx: sqlite3.Connection, transaction: str, wanted: Sequence[Reference], requestor: str
    ) -> list[Reference]:
        """Each reference with the reason why it is not committed to; all fail when the transaction UID is in use."""
        used = tx.execute("SELECT 1 FROM pacs_notice WHERE kind=? AND subject=?", (KIND, transaction)).fetchone()
        found = []
        for one in wanted:
            reason = statuses.DUPLICATE_TRANSACTION if used else VERDICTS[_case(tx, one, requestor)]
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


_HELD = (
    "SELECT i.sop_class, i.hidden, s.quarantined, "
    "EXISTS (SELECT 1 FROM pacs_rejection r WHERE r.sop_uid = i.sop_uid) AS rejected, "
    "EXISTS (SELECT 1 FROM pacs_rejection r WHERE r.note_uid = i.sop_uid) AS note, "
    "EXISTS (SELECT 1 FROM pacs_duplicate d WHERE d.sop_uid = i.sop_uid AND d.source = :requestor "
    "AND d.state = :waiting) AS disputed "
    "FROM pacs_instance i JOIN pacs_series USING (series_uid) JOIN pacs_study s USING (study_uid) "
    "WHERE i.sop_uid = :sop_uid"
)


def _case(tx: sqlite3.Connection, wanted: Reference, requestor: str) -> str:
    """What the instance is to the archive: one of `VERDICTS`."""
    given = {"sop_uid": wanted.sop_uid, "requestor": requestor, "waiting": duplicates.WAITING}
    held = tx.execute(_HELD, given).fetchone()
    if held is None:
        return UNKNOWN
    if held["sop_class"] != wanted.sop_class:
        return OTHER_CLASS
    if held["disputed"]:
        return DISPUTED
    if held["rejected"]:
        return REJECTED if held["hidden"] else SHOWN
    if held["note"]:
        return NOTE
    return QUARANTINED if held["quarantined"] else FILED


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
