"""How an operation ends, or goes on: the response on the wire, and the event in the journal."""

from __future__ import annotations

import contextlib

from pydicom.dataset import Dataset

from simlab import journal as kinds
from simlab.dicom import statuses
from simlab.dicom.dimse import RESPONSE, SERVICES, Command, Value
from simlab.dicom.request import Reply, Request
from simlab.dicom.scan import Malformed
from simlab.dicom.values import as_values, encode_dataset
from simlab.journal import Journal

UIDS_KEPT = 200
"""How many UIDs of an answer its event lists."""


def send(request: Request, reply: Reply, *, more: bool = False) -> None:
    """Send one response; with `more` to come at once it may wait for them."""
    command: Command = {
        "CommandField": SERVICES[request.service] | RESPONSE,
        "MessageIDBeingRespondedTo": request.message_id,
        "Status": reply.status,
    }
    if request.sop_class:
        command["AffectedSOPClassUID"] = request.sop_class
    if request.sop_instance:
        command["AffectedSOPInstanceUID"] = request.sop_instance
    for keyword in ("EventTypeID", "ActionTypeID"):
        value: Value | None = request.message.command.get(keyword)
        if value is not None:
            command[keyword] = value
    if reply.offending:
        command["OffendingElement"] = reply.offending
    if reply.comment and reply.status not in (statuses.SUCCESS, statuses.PENDING):
        command["ErrorComment"] = reply.comment[:64]
    command.update(reply.extra)
    data = reply.dataset
    if isinstance(data, Dataset):
        data = encode_dataset(data, request.transfer_syntax)
    request.association.send(request.context.id, command, data, more=more)


def write_event(
    journal: Journal, system: str, request: Request, association_event: int, status: int, comment: str
) -> int:
    """Journal the operation and give its event."""
    note = request.note
    evidence: bytes | None = None
    if request.data and request.service != "C-STORE":
        with contextlib.suppress(Malformed):
            identifier = request.dataset()
            note.setdefault("level", str(identifier.get("QueryRetrieveLevel", "")))
            note.setdefault("keys", as_values(identifier))
            evidence = str(identifier).encode()
    if "uids" in note:
        note["uids"] = note["uids"][:UIDS_KEPT]
    data = {
        "role": "scp",
        "service": request.service,
        "calling": request.caller.calling,
        "called": request.caller.called,
        "host": request.caller.host,
        "association": association_event,
        "sop_class": request.sop_class,
        "sop_instance": request.sop_instance,
        "status": statuses.code(status),
        "words": statuses.words(status),
        "comment": comment,
        **({"user": request.caller.user} if request.caller.user else {}),
        **({"priority": request.priority} if request.priority else {}),
        **note,
    }
    what = " ".join(part for part in (request.service, note.get("level", "")) if part)
    count = f", {note['matches']} matches" if "matches" in note else ""
    to = f" to {note['destination']}" if "destination" in note else ""
    summary = f"{what} from {request.caller.calling}{to}: {statuses.code(status)} {statuses.words(status)}{count}"
    return journal.record(kinds.OPERATION, system, summary, data, evidence=evidence)
