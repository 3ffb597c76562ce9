"""The journal's entry for an HL7 message: one event a message and system, with the raw message as evidence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from simlab import journal as kinds
from simlab.hl7.acknowledge import Acknowledgement, read
from simlab.hl7.errors import Hl7Error
from simlab.hl7.message import Message, parse
from simlab.hl7.mllp import Caller
from simlab.journal import Journal

IN = "in"
OUT = "out"


def message_type(message: Message) -> str:
    """``ADT^A40``: MSH-9 without the structure."""
    return "^".join(filter(None, (message.get("MSH-9.1"), message.get("MSH-9.2"))))


def shown(data: bytes) -> str:
    """A message as text for people: decoded as it declares, what does not fit replaced."""
    try:
        encoding = parse(data).encoding
    except Hl7Error:
        encoding = "latin-1"
    return data.decode(encoding, "replace")


def record(
    journal: Journal,
    system: str,
    direction: str,
    data: bytes | Message,
    ack: bytes | None,
    *,
    peer: str,
    text: str = "",
    said: Acknowledgement | None = None,
    raw: bytes | None = None,
    **facts: Any,
) -> int:
    """Journal a message that `system` received (``in``) or sent (``out``), and the reply, None when there was none.

    `text` says what came of it where the reply does not, `said` what the reply says, for who knows it without reading
    it, `raw` the bytes on the wire where `data` is not quite what came. Never raises for what the bytes are.
    """
    kind, control_id, sending, receiving = "?", "", "", ""
    try:
        message = data if isinstance(data, Message) else parse(data)
        kind = message_type(message) or "?"
        control_id, sending, receiving = (message.get(f"MSH-{n}") for n in (10, 3, 5))
    except Hl7Error as error:
        text = text or str(error)
    code, reply = "none", None
    if ack is not None:
        try:
            said = said or read(ack)
            code, text = said.code, said.text or text
        except Hl7Error as error:
            code, text = "?", str(error)
        reply = ack.decode("ascii") if ack.isascii() else shown(ack)
    way = f"from {sending or peer}" if direction == IN else f"to {facts.get('route') or receiving or peer}"
    return journal.record(
        kinds.MESSAGE,
        system,
        f"{kind} {control_id} {way}: {'no ACK' if code == 'none' else code}{f' ({text})' if text else ''}",
        {
            "direction": direction,
            "type": kind,
            "control_id": control_id,
            "sending": sending,
            "receiving": receiving,
            "ack": code,
            "text": text,
            "peer": peer,
            "ack_message": reply,
            **facts,
        },
        evidence=raw if raw is not None else data.data if isinstance(data, Message) else data,
    )


def noise_into(journal: Journal, system: str) -> Callable[[str, bytes, Caller], None]:
    """An `on_noise` for an MLLP server: journals bytes that are no frame."""

    def note(what: str, sample: bytes, caller: Caller) -> None:
        peer = f"{caller.host}:{caller.port}"
        journal.record(kinds.NOISE, system, f"MLLP from {peer}: {what}", {"what": what, "peer": peer}, evidence=sample)

    return note
