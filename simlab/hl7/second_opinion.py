"""hl7apy's own verdict on a message, beside ours: slow, and blind to some messages, but made by others."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hl7apy.exceptions import HL7apyException
from hl7apy.parser import parse_message

from simlab.errors import BadInput
from simlab.hl7.message import Message

UNFAIR = {
    "ORM": "it takes every choice of its order segments for required",
    "ADT^A24": "it knows one PID a message",
    "ADT^A37": "it knows one PID a message",
    "ADT^A17": "it knows one PID a message",
}
"""Messages that hl7apy fails although they are right."""


def second_opinion(message: Message) -> list[str]:
    """What hl7apy finds, in its own words; none means it agrees. BadInput for a message that it cannot judge.

    It looks neither at Z-segments nor at the order of segments, dates and escapes, and takes some 20 ms a message:
    never call it on an event loop.
    """
    kind, event = message.get("MSH-9.1"), message.get("MSH-9.2")
    unfair = UNFAIR.get(kind) or UNFAIR.get(f"{kind}^{event}")
    if unfair:
        raise BadInput(
            f"hl7apy does not judge {kind}^{event}: {unfair}", place="MSH-9", remedy="Rely on our validator."
        )
    text = message.data.decode(message.shown_encoding, "replace")
    with tempfile.TemporaryDirectory(prefix="simlab-hl7apy-", ignore_cleanup_errors=True) as folder:
        report = Path(folder) / "report"
        try:
            parse_message(text).validate(report_file=str(report))
        except HL7apyException as error:
            if not report.exists():
                return [f"Error: {error}"]
        except Exception as error:  # hl7apy has errors of its own on damaged messages
            return [f"Error: hl7apy gave up with {type(error).__name__}: {error}"]
        return report.read_text(encoding="utf-8").splitlines() if report.exists() else []
