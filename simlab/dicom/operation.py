"""One DIMSE operation on the serving side: the request a handler gets, the replies it gives, the event it leaves."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Protocol

from simlab import fault_effects as points
from simlab.dicom import statuses
from simlab.dicom.answer import UIDS_KEPT, send, write_event
from simlab.dicom.instance import Instance
from simlab.dicom.request import Caller, Handler, IdentifierMismatch, Reply, Request
from simlab.dicom.scan import Malformed
from simlab.dicom.spoiling import spoiled
from simlab.dicom.upper_layer import WireBroken
from simlab.errors import SimlabError
from simlab.faults import FaultTable
from simlab.journal import Journal

__all__ = ["UIDS_KEPT", "Caller", "Handler", "IdentifierMismatch", "Reply", "Request", "operate"]

log = logging.getLogger(__name__)

LATEST = 120.0
"""Seconds that an answer is made late at most."""
_HEARING = dict.fromkeys((10, 20, 30, 40), 0.003)
"""Responses before which a query pauses, in seconds: who cancels after the first few is heard before all are sent."""
_MUST_HAVE_DATA = frozenset({"C-STORE", "C-FIND", "C-MOVE", "C-GET"})


class Server(Protocol):
    """What `operate` needs of the server it works for."""

    name: str
    journal: Journal
    faults: FaultTable


def operate(server: Server, handler: Handler | None, request: Request, association_event: int) -> None:
    """Serve one request to its final response; the event is written before that is sent."""

    def record(status: int, comment: str) -> int:
        return write_event(server.journal, server.name, request, association_event, status, comment)

    request.recorder = record
    request.spoil = _spoiler(server, request)
    request.association.begin(request.message_id)
    replies = _replies(server, handler, request)
    try:
        for number, reply in enumerate(replies, 1):
            if reply.status in (statuses.PENDING, statuses.PENDING_WARNING):
                query = request.service == "C-FIND"
                if query and _listens(number) and request.cancelled(_HEARING.get(number, 0)):
                    reply = Reply(statuses.CANCELLED)
                else:
                    # What a C-GET sends next goes the same way.
                    send(request, reply, more=query or request.service == "C-GET")
                    continue
            _finish(request, reply)
            return
        _finish(request, Reply(statuses.SUCCESS))
    except WireBroken as error:
        request.note["unfinished"] = True
        request.record(statuses.PROCESSING_FAILURE, error.what)
        raise
    finally:
        replies.close()


def _listens(number: int) -> bool:
    """Whether a query looks for a C-CANCEL before this response; looking costs as much as encoding a match."""
    return number in _HEARING or number % 8 == 1


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
    if fault is None:
        return None
    request.arranged, request.note["fault"] = fault.effect, fault.id
    if "status" in fault.effect:
        if request.service == "C-STORE":
            with contextlib.suppress(Malformed):
                request.note["study_uid"] = request.instance().header().study_uid
        return Reply(int(str(fault.effect["status"]), 16), comment=str(fault.effect.get("comment", "")))
    return None


def _finish(request: Request, reply: Reply) -> None:
    """Record and send the final response, as the faults that were arranged have it."""
    effect = request.arranged
    if effect:
        request.association.flush()
    if reply.status == statuses.SUCCESS and "warning" in effect:
        comment = str(effect.get("comment", ""))
        reply = replace(reply, status=int(str(effect["warning"]), 16), comment=comment)
    request.record(reply.status, reply.comment)
    if "late" in effect:
        time.sleep(min(max(float(effect["late"]), 0.0), LATEST))
    if not effect.get("lost"):
        if effect.get("wrong_id"):
            other = request.message_id % 0xFFFF + 1
            reply = replace(reply, extra={**reply.extra, "MessageIDBeingRespondedTo": other})
        send(request, reply)
        if effect.get("duplicate"):
            send(request, reply)
    if request.afterwards is not None:
        request.afterwards()


def _spoiler(server: Server, request: Request) -> Callable[[Instance], Instance] | None:
    if request.service != "C-STORE" or not server.faults.arranged(points.INSTANCE, server.name):
        return None

    def spoil(instance: Instance) -> Instance:
        return spoiled(server.faults, server.name, instance, "stored", request.caller.calling, request.sop_instance)

    return spoil
