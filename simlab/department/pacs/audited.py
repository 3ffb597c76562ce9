"""What the audit trail is told of the door: each query, each retrieval, and each study that an association brings."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from weakref import WeakKeyDictionary

from simlab.clock import Clock
from simlab.department.pacs import audit
from simlab.dicom import statuses
from simlab.dicom.association import Association
from simlab.dicom.matching import key_of
from simlab.dicom.operation import Handler, Reply, Request
from simlab.errors import SimlabError
from simlab.store import Store

_PENDING = (statuses.PENDING, statuses.PENDING_WARNING)


def audited(store: Store, clock: Clock, handler: Handler) -> Handler:
    """The handler of a query or retrieval, with an entry in the audit trail before its final response."""

    def serve(request: Request) -> Iterator[Reply]:
        replies = handler(request)
        if isinstance(replies, Reply):
            _operation(store, clock, request, replies.status)
            yield replies
            return
        for reply in replies:
            if reply.status not in _PENDING:
                _operation(store, clock, request, reply.status)
            yield reply
            if reply.status not in _PENDING:
                return
        _operation(store, clock, request, statuses.SUCCESS)

    return serve


def _operation(store: Store, clock: Clock, request: Request, status: int) -> None:
    note, caller = request.note, request.caller
    patients, studies = [], []  # type: tuple[list[str], list[str]]
    with contextlib.suppress(SimlabError):
        identifier = request.dataset()
        patients = [key_of(identifier.get("PatientID"))]
        studies = key_of(identifier.get("StudyInstanceUID")).split("\\")
    if request.service == "C-FIND":
        event, action = audit.QUERY, audit.EXECUTE
        summary = f"query at {note.get('level', '?')} level: {note.get('matches', 0)} matches"
    else:
        event, action = audit.TRANSFERRED, audit.READ
        to = note.get("destination", caller.calling)
        summary = f"{request.service}: {note.get('completed', 0)} instances to {to}, {note.get('failed', 0)} failed"
    with store.write() as tx:
        if studies and not any(patients):
            row = tx.execute("SELECT patient_id FROM pacs_study WHERE study_uid=?", (studies[0],)).fetchone()
            patients = [row["patient_id"]] if row else []
        audit.write(
            tx,
            clock.now(),
            event,
            action,
            summary,
            patients=[one for one in patients if one],
            studies=[one for one in studies if one],
            user=caller.user,
            ae=caller.calling,
            host=caller.host,
            outcome=audit.SUCCESS if statuses.is_done(status) else audit.MINOR_FAILURE,
        )


class Arrivals:
    """Tells the audit trail of arriving studies: once a study and association, not once an instance."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._told: WeakKeyDictionary[Association, set[str]] = WeakKeyDictionary()

    def arrived(self, request: Request, study_uid: str, patient_id: str) -> None:
        """A new instance of the study was filed; inside the caller's transaction."""
        association = request.association
        if study_uid in self._told.get(association, ()):
            return
        with self._store.write() as tx:
            audit.write(
                tx,
                self._clock.now(),
                audit.BEGIN_TRANSFER,
                audit.CREATE,
                f"instances arrive from {request.caller.calling}",
                patients=[patient_id],
                studies=[study_uid],
                user=request.caller.user,
                ae=request.caller.calling,
                host=request.caller.host,
            )
        # Only what stands is remembered: a transaction that rolls back is told again.
        self._store.after_commit(lambda: self._told.setdefault(association, set()).add(study_uid))
