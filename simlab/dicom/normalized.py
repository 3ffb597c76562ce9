"""The DIMSE-N services as a client: create, set, get, commit, and report an event to whoever asked (PS3.7 10)."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydicom.dataset import Dataset
from pynetdicom.presentation import PresentationContext

from simlab.dicom import contexts as classes
from simlab.dicom import statuses
from simlab.dicom.asking import context_for
from simlab.dicom.association import Association, Context
from simlab.dicom.commitment import COMMIT, Reference, Report, action, read_report
from simlab.dicom.dimse import RESPONSE, SERVICES, Command, Message
from simlab.dicom.requestor import CONNECT_SECONDS, NoContext, Peer, associate
from simlab.dicom.scan import Malformed
from simlab.dicom.upper_layer import BadPdu, ConnectionLost, TimedOut
from simlab.dicom.values import as_dataset, as_values, decode_dataset, encode_dataset

ANSWER_SECONDS = 30.0
_AFFECTED = ("N-CREATE", "N-EVENT-REPORT")
"""Services that name an affected instance; the others name a requested one (PS3.7 10.3)."""


@dataclass(frozen=True)
class Answer:
    """The response to a DIMSE-N request; `values` is its attribute list, `error_id` its Error ID (0000,0903)."""

    status: str
    comment: str = ""
    values: Mapping[str, Any] | None = None
    error_id: str = ""

    @property
    def done(self) -> bool:
        """Whether the operation was done, with a warning or without."""
        return statuses.is_done(int(self.status, 16)) or self.status == "0001"


@dataclass(frozen=True)
class Committed:
    """What came of asking for commitment; `report` is None when none came while the association was open."""

    answer: Answer
    report: Report | None = None


def create(
    peer: Peer,
    calling: str,
    sop_class: str,
    sop_instance: str,
    attributes: Mapping[str, Any] | Dataset,
    *,
    seconds: float = ANSWER_SECONDS,
) -> Answer:
    """N-CREATE (PS3.7 10.1.5). A failure status is a result, not an error. Raises as `associate` does."""
    return _once(peer, calling, sop_class, sop_instance, "N-CREATE", attributes, {}, seconds)


def change(
    peer: Peer,
    calling: str,
    sop_class: str,
    sop_instance: str,
    attributes: Mapping[str, Any] | Dataset,
    *,
    seconds: float = ANSWER_SECONDS,
) -> Answer:
    """N-SET (PS3.7 10.1.3); as `create`."""
    return _once(peer, calling, sop_class, sop_instance, "N-SET", attributes, {}, seconds)


def get(
    peer: Peer,
    calling: str,
    sop_class: str,
    sop_instance: str,
    tags: Sequence[int] = (),
    *,
    seconds: float = ANSWER_SECONDS,
) -> Answer:
    """N-GET (PS3.7 10.1.2) of the attributes `tags`, of all without any; as `create`."""
    extra: Command = {"AttributeIdentifierList": tuple(tags)} if tags else {}
    return _once(peer, calling, sop_class, sop_instance, "N-GET", None, extra, seconds)


def commit(
    peer: Peer,
    calling: str,
    transaction_uid: str,
    references: Sequence[Reference],
    *,
    wait: float = 2.0,
    seconds: float = ANSWER_SECONDS,
) -> Committed:
    """Ask for storage commitment (N-ACTION, PS3.4 J.3.2) and stay for `wait` seconds for the report.

    The report may come later, on an association of the archive's own. Raises as `associate` does.
    """
    sop_class = classes.STORAGE_COMMITMENT
    with associate(peer, calling, classes.supported([sop_class])) as association:
        context = context_for(association, sop_class, peer)
        message_id = _send(
            association,
            context,
            "N-ACTION",
            classes.STORAGE_COMMITMENT_INSTANCE,
            action(transaction_uid, references),
            {"ActionTypeID": COMMIT},
        )
        answer = _answer(association, context, "N-ACTION", message_id, seconds)
        if not answer.done:
            return Committed(answer)
        until = time.monotonic() + wait
        while (left := until - time.monotonic()) > 0:
            try:
                message = association.receive(left)
            except TimedOut:
                break
            if message is None:
                break
            if message.service != "N-EVENT-REPORT" or message.is_response:
                raise BadPdu("something else where a commitment report was due", 2)
            found = _take(association, context, message, transaction_uid)
            if found is not None:
                return Committed(answer, found)
        return Committed(answer)


def _take(association: Association, context: Context, message: Message, transaction_uid: str) -> Report | None:
    """Answer an event report; the report when it is that of our transaction."""
    try:
        event = message.number("EventTypeID")
        report = read_report(event, decode_dataset(message.data or b"", context.transfer_syntax))
        status = statuses.SUCCESS if report.transaction_uid == transaction_uid else statuses.INVALID_ARGUMENT
    except Malformed:
        report, status = None, statuses.PROCESSING_FAILURE
    command: Command = {
        "AffectedSOPClassUID": message.text("AffectedSOPClassUID"),
        "CommandField": SERVICES["N-EVENT-REPORT"] | RESPONSE,
        "MessageIDBeingRespondedTo": message.number("MessageID"),
        "Status": status,
        "AffectedSOPInstanceUID": message.text("AffectedSOPInstanceUID"),
        "EventTypeID": message.number("EventTypeID"),
    }
    association.send(context.id, command)
    return report if status == statuses.SUCCESS else None


def report(
    association: Association,
    context: Context,
    sop_instance: str,
    event_type: int,
    information: Dataset,
    *,
    seconds: float = 10.0,
) -> Answer:
    """N-EVENT-REPORT (PS3.7 10.1.1) on an association that stands.

    Raises ConnectionLost when the peer releases it instead of answering, else what breaks an association.
    """
    extra: Command = {"EventTypeID": event_type}
    message_id = _send(association, context, "N-EVENT-REPORT", sop_instance, information, extra)
    return _answer(association, context, "N-EVENT-REPORT", message_id, seconds)


def report_to(
    peer: Peer, calling: str, sop_class: str, sop_instance: str, event_type: int, information: Dataset
) -> Answer:
    """N-EVENT-REPORT on an association of our own, in which we propose to be the SCP (PS3.7 D.3.3.4).

    Raises as `associate` does, NoContext too when the peer does not agree to the exchange of roles.
    """
    proposed = classes.supported([sop_class])
    proposed[0].scu_role, proposed[0].scp_role = False, True
    with associate(peer, calling, proposed) as association:
        context = association.find_context(sop_class, scu=False)
        if context is None:
            raise NoContext(
                f"{peer} did not agree that we are the SCP of {sop_class}",
                place=calling,
                remedy="It has to accept SCP/SCU role selection for that class.",
            )
        return report(association, context, sop_instance, event_type, information)


def reversed_roles(sop_class: str) -> PresentationContext:
    """The context of an acceptor that is the SCU of `sop_class` alone: it takes reports, nothing else."""
    (context,) = classes.supported([sop_class])
    context.scu_role, context.scp_role = False, True
    return context


def _once(
    peer: Peer,
    calling: str,
    sop_class: str,
    sop_instance: str,
    service: str,
    attributes: Mapping[str, Any] | Dataset | None,
    extra: Command,
    seconds: float,
) -> Answer:
    data = attributes if attributes is None or isinstance(attributes, Dataset) else as_dataset(attributes)
    with associate(peer, calling, classes.supported([sop_class]), seconds=CONNECT_SECONDS) as association:
        context = context_for(association, sop_class, peer)
        message_id = _send(association, context, service, sop_instance, data, extra)
        return _answer(association, context, service, message_id, seconds)


def _send(
    association: Association,
    context: Context,
    service: str,
    sop_instance: str,
    data: Dataset | None,
    extra: Command,
) -> int:
    message_id = association.next_id()
    who = "Affected" if service in _AFFECTED else "Requested"
    command: Command = {
        f"{who}SOPClassUID": context.abstract_syntax,
        "CommandField": SERVICES[service],
        "MessageID": message_id,
        **extra,
    }
    if sop_instance:
        command[f"{who}SOPInstanceUID"] = sop_instance
    association.send(context.id, command, None if data is None else encode_dataset(data, context.transfer_syntax))
    return message_id


def _answer(association: Association, context: Context, service: str, message_id: int, seconds: float) -> Answer:
    message = association.response(message_id, seconds)
    if message is None:
        raise ConnectionLost(f"the peer released the association without answering the {service}", remedy="Ask again.")
    values = as_values(decode_dataset(message.data, context.transfer_syntax)) if message.data else None
    error_id = message.command.get("ErrorID")
    return Answer(
        statuses.code(message.number("Status")),
        message.text("ErrorComment"),
        values,
        statuses.code(error_id) if isinstance(error_id, int) else "",
    )
