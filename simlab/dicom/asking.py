"""Asking as an SCU: one DIMSE-C request on an association, and the answers to it."""

from __future__ import annotations

from collections.abc import Iterator

from simlab.dicom.association import Association, Context, Pieces
from simlab.dicom.dimse import SERVICES, Command, Message
from simlab.dicom.requestor import NoContext, Peer
from simlab.dicom.upper_layer import BadPdu, ConnectionLost

ANSWER_SECONDS = 30.0
"""How long an answer is waited for."""


def context_for(association: Association, sop_class: str, peer: Peer) -> Context:
    """The accepted context of a SOP class; NoContext."""
    context = association.find_context(sop_class)
    if context is None:
        raise NoContext(
            f"{peer} accepted no presentation context for {sop_class}", remedy="It does not offer that service."
        )
    return context


def send_request(
    association: Association,
    context: Context,
    service: str,
    data: bytes | None,
    extra: Command,
) -> int:
    """Send a request with the elements of its command beyond the usual ones, and give its message ID."""
    message_id, pieces = encode_request(association, context, service, data, extra)
    association.write(pieces)
    return message_id


def encode_request(
    association: Association,
    context: Context,
    service: str,
    data: bytes | None,
    extra: Command,
    pixels: bytes | memoryview | None = None,
) -> tuple[int, Pieces]:
    """A request as `Association.write` sends it, and its message ID; see `send_request`."""
    message_id = association.next_id()
    command: Command = {
        "AffectedSOPClassUID": context.abstract_syntax,
        "CommandField": SERVICES[service],
        "MessageID": message_id,
        **extra,
    }
    if service != "C-ECHO":
        command.setdefault("Priority", 0)
    return message_id, association.encode(context.id, command, data, pixels)


def ask(
    association: Association,
    context: Context,
    service: str,
    data: bytes | None,
    seconds: float,
    extra: Command | None = None,
) -> Iterator[Message]:
    """Send a request and give its answers, waiting at most `seconds` for each; who has had the last stops asking."""
    message_id = send_request(association, context, service, data, extra or {})
    while True:
        yield answer_to(association, service, message_id, seconds)


def answer_to(association: Association, service: str, message_id: int, seconds: float) -> Message:
    """The next answer to a request; ConnectionLost, BadPdu when something else comes, and what `receive` raises."""
    answer = association.receive(seconds)
    if answer is None:
        raise ConnectionLost(f"the peer released the association without answering the {service}")
    if not answer.is_response or answer.number("MessageIDBeingRespondedTo") != message_id:
        raise BadPdu(f"something else where the answer to a {service} was due", 2)
    return answer
