"""One DIMSE operation on the serving side: the request a handler gets, the replies it gives, the event it leaves."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from pydicom.dataset import Dataset

from simlab import faults as points
from simlab import journal as kinds
from simlab.dicom import statuses
from simlab.dicom.association import Association, Context
from simlab.dicom.dimse import RESPONSE, SERVICES, Command, Message, Value
from simlab.dicom.instance import Instance
from simlab.dicom.scan import Malformed
from simlab.dicom.upper_layer import BadPdu, WireBroken
from simlab.dicom.values import as_values, decode_dataset, encode_dataset
from simlab.errors import BadInput, SimlabError
from simlab.faults import FaultTable
from simlab.journal import Journal

log = logging.getLogger(__name__)

UIDS_KEPT = 200
"""How many UIDs of an answer its event lists."""
SUBOPERATION_SECONDS = 30.0
_HEARING = dict.fromkeys((10, 20, 30, 40), 0.003)
"""Responses before which a query pauses, in seconds: who cancels after the first few is heard before all are sent."""
_MUST_HAVE_DATA = frozenset({"C-STORE", "C-FIND", "C-MOVE", "C-GET"})


@dataclass(frozen=True)
class Caller:
    """Who is at the other end: AE titles without padding, IP address and port."""

    calling: str
    called: str
    host: str
    port: int


@dataclass(frozen=True)
class Reply:
    """One response. A pending status carries `dataset` and is followed by others; any other status is the last.

    `offending` are tags (0000,0901), `comment` goes into (0000,0902) cut to 64 characters, `extra` into the command
    set.
    """

    status: int
    dataset: Dataset | bytes | None = None
    comment: str = ""
    offending: tuple[int, ...] = ()
    extra: Command = field(default_factory=dict)


class IdentifierMismatch(BadInput):
    """An identifier that PS3.4 C.4 forbids: status A900 with the offending elements."""

    dicom_status = statuses.IDENTIFIER_MISMATCH

    def __init__(self, what: str, *offending: int, remedy: str = "") -> None:
        super().__init__(what, remedy=remedy)
        self.offending = offending


class Request:
    """What a handler gets. `note` collects facts for the event of the operation."""

    def __init__(self, association: Association, message: Message, caller: Caller) -> None:
        self.association = association
        self.message = message
        self.caller = caller
        self.service = message.service
        self.context: Context = association.contexts[message.context_id]
        self.message_id = message.number("MessageID")
        self.sop_class = message.text("AffectedSOPClassUID") or message.text("RequestedSOPClassUID")
        self.sop_instance = message.text("AffectedSOPInstanceUID") or message.text("RequestedSOPInstanceUID")
        self.note: dict[str, Any] = {}
        self.event: int | None = None
        self.afterwards: Callable[[], None] | None = None
        """What is to be done on this association once the final response is sent."""
        self._record: Callable[[int, str], int] | None = None

    @property
    def transfer_syntax(self) -> str:
        return self.context.transfer_syntax

    @property
    def data(self) -> bytes:
        """The data set as it came, encoded; empty when there is none."""
        return self.message.data or b""

    def dataset(self) -> Dataset:
        """The identifier or attribute list; raises Malformed when it cannot be read."""
        return decode_dataset(self.data, self.transfer_syntax)

    def instance(self) -> Instance:
        """The instance of a C-STORE; raises Malformed when its bytes end early or make no sense."""
        return Instance.from_encoded(self.transfer_syntax, self.data)

    def cancelled(self, seconds: float = 0) -> bool:
        """Whether the peer has cancelled this operation, or does so within `seconds`."""
        return self.association.cancelled(self.message_id, seconds)

    def record(self, status: int, comment: str = "") -> int:
        """Write the operation's event now, inside the caller's transaction, rather than when the handler is done."""
        if self.event is None and self._record is not None:
            self.event = self._record(status, comment)
        return self.event or 0

    def store(self, instance: Instance) -> int:
        """Send an instance back on the same association (C-GET, PS3.4 C.4.3) and give its status.

        0122 when the requestor negotiated no context for it.
        """
        header = instance.header()
        context = self.association.find_context(header.sop_class_uid, instance.transfer_syntax)
        if context is None:
            context = self.association.find_context(header.sop_class_uid)
            if context is None:
                return statuses.CLASS_NOT_SUPPORTED
            instance = instance.converted(context.transfer_syntax)
        message_id = self.association.next_id()
        command: Command = {
            "AffectedSOPClassUID": header.sop_class_uid,
            "CommandField": SERVICES["C-STORE"],
            "MessageID": message_id,
            "Priority": 0,
            "AffectedSOPInstanceUID": header.sop_instance_uid,
        }
        self.association.send(context.id, command, instance.encoded)
        answer = self.association.receive(SUBOPERATION_SECONDS)
        if answer is None or not answer.is_response or answer.number("MessageIDBeingRespondedTo") != message_id:
            raise BadPdu("something else where the answer to a C-STORE was due", 2)
        return answer.number("Status")


Handler = Callable[[Request], Reply | Iterable[Reply]]
"""Does an operation: one reply, or pending replies and perhaps a final one (0000 when it gives none)."""


class Server(Protocol):
    """What `operate` needs of the server it works for."""

    name: str
    journal: Journal
    faults: FaultTable


def operate(server: Server, handler: Handler | None, request: Request, association_event: int) -> None:
    """Serve one request to its final response; the event is written before that is sent."""

    def record(status: int, comment: str) -> int:
        return _journal(server, request, association_event, status, comment)

    request._record = record
    request.association.begin(request.message_id)
    replies = _replies(server, handler, request)
    try:
        for number, reply in enumerate(replies, 1):
            if reply.status in (statuses.PENDING, statuses.PENDING_WARNING):
                if request.service == "C-FIND" and request.cancelled(_HEARING.get(number, 0)):
                    reply = Reply(statuses.CANCELLED)
                else:
                    _send(request, reply)
                    continue
            request.record(reply.status, reply.comment)
            _send(request, reply)
            if request.afterwards is not None:
                request.afterwards()
            return
        request.record(statuses.SUCCESS)
        _send(request, Reply(statuses.SUCCESS))
    except WireBroken as error:
        request.note["unfinished"] = True
        request.record(statuses.PROCESSING_FAILURE, error.what)
        raise
    finally:
        replies.close()


def _replies(server: Server, handler: Handler | None, request: Request) -> Any:
    def failing() -> Iterator[Reply]:
        try:
            refused = _refused(server, handler, request)
            if refused is not None:
                yield refused
                return
            assert handler is not None
            given = handler(request)
            if isinstance(given, Reply):
                yield given
            else:
                yield from given
        except WireBroken:
            raise
        except SimlabError as error:
            status = error.dicom_status or statuses.PROCESSING_FAILURE
            yield Reply(status, comment=error.what, offending=getattr(error, "offending", ()))
        except Exception:  # a door: the peer gets a status, the log the trace
            log.exception("%s: %s failed", server.name, request.service)
            status = statuses.CANNOT_UNDERSTAND if request.service[0] == "C" else statuses.PROCESSING_FAILURE
            yield Reply(status, comment="internal error, see the log of the lab")

    return failing()


def _refused(server: Server, handler: Handler | None, request: Request) -> Reply | None:
    if handler is None:
        return Reply(statuses.UNRECOGNIZED_OPERATION, comment=f"{request.service} is not offered here")
    # An event is reported by the SCP to the SCU; everything else is asked of the SCP (PS3.7 10.1.1).
    if not (request.context.as_scu if request.service == "N-EVENT-REPORT" else request.context.as_scp):
        return Reply(statuses.CLASS_NOT_SUPPORTED, comment="this side is not the SCP in that context")
    if request.service.startswith("C-") and request.sop_class != request.context.abstract_syntax:
        return Reply(statuses.CLASS_NOT_SUPPORTED, comment="SOP class and presentation context differ")
    if request.service in _MUST_HAVE_DATA and not request.data:
        return Reply(statuses.IDENTIFIER_MISMATCH, comment="the request has no data set")
    fault = server.faults.ask(
        points.OPERATION,
        server.name,
        request.sop_instance or request.caller.calling,
        service=request.service,
        calling=request.caller.calling,
        sop_instance=request.sop_instance,
    )
    if fault and "status" in fault.effect:
        request.note["fault"] = fault.id
        if request.service == "C-STORE":
            with contextlib.suppress(Malformed):
                request.note["study_uid"] = request.instance().header().study_uid
        return Reply(int(str(fault.effect["status"]), 16), comment=str(fault.effect.get("comment", "")))
    return None


def _send(request: Request, reply: Reply) -> None:
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
    request.association.send(request.context.id, command, data)


def _journal(server: Server, request: Request, association_event: int, status: int, comment: str) -> int:
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
        **note,
    }
    what = " ".join(part for part in (request.service, note.get("level", "")) if part)
    count = f", {note['matches']} matches" if "matches" in note else ""
    to = f" to {note['destination']}" if "destination" in note else ""
    summary = f"{what} from {request.caller.calling}{to}: {statuses.code(status)} {statuses.words(status)}{count}"
    return server.journal.record(kinds.OPERATION, server.name, summary, data, evidence=evidence)
