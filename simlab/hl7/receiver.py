"""What a system's HL7 inbox does with each message: apply it in one transaction, journal it, acknowledge it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from simlab import faults as points
from simlab.clock import Clock
from simlab.errors import SimlabError
from simlab.faults import FaultTable
from simlab.hl7.acknowledge import acknowledge, is_acknowledgement
from simlab.hl7.errors import Hl7Error
from simlab.hl7.message import Message, parse
from simlab.hl7.mllp import Caller
from simlab.hl7.record import IN, message_type, record
from simlab.journal import Journal
from simlab.store import Store

PROCESSING_IDS = ("P", "T", "D")
MAX_DELAY = 60.0  # seconds that an `ack` fault may hold an acknowledgement back

Apply = Callable[[Message], str]
Recall = Callable[[Message], bytes | None]
Keep = Callable[[Message, bytes], None]


def required(message: Message) -> None:
    """Raise Hl7Error unless the MSH says what every receiver needs (HL7 v2.5.1 ch. 2.9.2.1: refused with AR, or AE)."""
    if not message.get("MSH-9.1"):
        raise Hl7Error("the message has no type", place="MSH-9", code="101", ack="AR", remedy="Fill MSH-9.")
    if not message.get("MSH-10"):
        raise Hl7Error("the message has no control ID", place="MSH-10", code="101", remedy="Number every message.")
    if message.get("MSH-11.1") not in PROCESSING_IDS:
        raise Hl7Error(
            f"processing ID {message.get('MSH-11.1')!r} is none of P, T, D", place="MSH-11", code="202", ack="AR"
        )
    if not message.get("MSH-12.1").startswith("2."):
        raise Hl7Error(f"version {message.get('MSH-12.1')!r} is not read here", place="MSH-12", code="203", ack="AR")
    message.check_characters()


class Receiver:
    """The handler of an `MllpServer`. `apply(message)` changes the system's state and returns what it did in words.

    It runs inside one write transaction together with the journal entry; a SimlabError rolls its changes back and is
    answered with AE or AR (its `ack_code`), its place and its words. The fault point `ack` is asked with `type`; its
    effect ``{"code": "AE", "text": ...}``, ``{"control_id": ...}``, ``{"delay": seconds}`` or ``{"none": true}``
    changes the acknowledgement alone, not what was done. `recall(message)` gives the acknowledgement of a message that
    was taken before, which is then replayed; `keep(message, ack)` stores one, in the transaction of `apply`.
    """

    def __init__(
        self,
        system: str,
        store: Store,
        journal: Journal,
        clock: Clock,
        faults: FaultTable,
        apply: Apply,
        *,
        recall: Recall | None = None,
        keep: Keep | None = None,
    ) -> None:
        self._system = system
        self._store = store
        self._journal = journal
        self._clock = clock
        self._faults = faults
        self._apply = apply
        self._recall = recall
        self._keep = keep

    def __call__(self, data: bytes, caller: Caller) -> bytes | None:
        """Take one message and give its acknowledgement; None for an acknowledgement, which gets no reply."""
        peer = f"{caller.host}:{caller.port}"
        try:
            return self._take(data, peer)
        except SimlabError as error:
            return self._refuse(data, as_hl7(error), peer)
        except Exception as error:  # a door: our own failure is answered, so that the sender keeps the message
            return self._refuse(data, Hl7Error(f"internal error ({error})", code="207", ack="AR"), peer)

    def _take(self, data: bytes, peer: str) -> bytes | None:
        message = parse(data)
        if is_acknowledgement(message):
            record(self._journal, self._system, IN, data, None, peer=peer, text="a reply to nothing sent from here")
            return None
        required(message)
        reply = self._recall(message) if self._recall else None
        if reply is not None:
            record(self._journal, self._system, IN, data, reply, peer=peer, text="taken before", replayed=True)
        else:
            with self._store.write():
                text = self._apply(message)
                reply = acknowledge(message, now=self._clock.now(), text=text, application=self._system)
                if self._keep:
                    self._keep(message, reply)
                record(self._journal, self._system, IN, data, reply, peer=peer, text=text)
        return altered(reply, message, self._system, self._faults, self._clock)

    def _refuse(self, data: bytes, error: Hl7Error, peer: str) -> bytes:
        reply = acknowledge(data, now=self._clock.now(), error=error, application=self._system)
        record(self._journal, self._system, IN, data, reply, peer=peer)
        return reply


def as_hl7(error: SimlabError) -> Hl7Error:
    """Any refusal as one that an ACK can carry."""
    if isinstance(error, Hl7Error):
        return error
    return Hl7Error(error.what, place=error.place, remedy=error.remedy, code="207", ack=error.ack_code or "AE")


def altered(reply: bytes, message: Message, system: str, faults: FaultTable, clock: Clock) -> bytes | None:
    """The acknowledgement after the fault point `ack` of `system` had its say."""
    fault = faults.ask(points.ACK, system, message.get("MSH-10"), type=message_type(message))
    if fault is None:
        return reply
    effect: dict[str, Any] = fault.effect
    if isinstance(effect.get("delay"), (int, float)):
        time.sleep(min(float(effect["delay"]), MAX_DELAY))
    if effect.get("none"):
        return None
    if effect.get("code"):
        code = str(effect["code"])
        error = Hl7Error(str(effect.get("text", "arranged fault")), code="207", ack=code)
        reply = acknowledge(message, now=clock.now(), error=error, application=system)
    if effect.get("control_id"):
        reply = parse(reply).set("MSA-2", str(effect["control_id"])).encode()
    return reply
