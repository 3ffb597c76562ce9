"""An acknowledgement on its way out, as the fault point `ack` leaves it: late, wrong, or not at all."""

from __future__ import annotations

import time
from typing import Any

from simlab import fault_effects as points
from simlab.clock import Clock
from simlab.faults import FaultTable
from simlab.hl7.acknowledge import acknowledge
from simlab.hl7.errors import Hl7Error
from simlab.hl7.message import Message, parse
from simlab.hl7.record import message_type

MAX_DELAY = 60.0  # seconds that an `ack` fault may hold an acknowledgement back


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
