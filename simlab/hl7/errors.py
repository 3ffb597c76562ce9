"""What can be wrong with an HL7 message or its delivery, each with the reply it earns on the wire."""

from __future__ import annotations

from simlab.errors import SimlabError, Unavailable

ERROR_CODES = {
    "100": "Segment sequence error",
    "101": "Required field missing",
    "102": "Data type error",
    "103": "Table value not found",
    "200": "Unsupported message type",
    "201": "Unsupported event code",
    "202": "Unsupported processing id",
    "203": "Unsupported version id",
    "204": "Unknown key identifier",
    "205": "Duplicate key identifier",
    "206": "Application record locked",
    "207": "Application internal error",
}
"""HL7 table 0357, message error condition codes (HL7 v2.5.1 ch. 2.15.5.3)."""
UNSUPPORTED = frozenset({"200", "201", "202", "203"})
"""Those of them that say what a receiver does not take at all: message type, event, processing ID, version."""


class Hl7Error(SimlabError):
    """A message that cannot be accepted as it is.

    `place` is a path (``PID-3``) or ``byte 17``, `code` stands in `ERROR_CODES`, `ack_code` is AE (content) or AR
    (a message this receiver does not take at all; HL7 v2.5.1 ch. 2.9.2).
    """

    ack_code = "AE"

    def __init__(self, what: str, *, place: str = "", remedy: str = "", code: str = "102", ack: str = "AE") -> None:
        super().__init__(what, place=place, remedy=remedy)
        self.code = code
        self.ack_code = ack


class Unreachable(Unavailable):
    """Nobody answers at that address, or the connection broke before the message was out."""


class NoAck(Unavailable):
    """The message went out, and no acknowledgement came back: it may or may not have been taken."""


class WrongAck(Unavailable):
    """A reply came that does not acknowledge the message in flight: no success. `reply` is what came."""

    def __init__(self, what: str, *, place: str = "", remedy: str = "", reply: bytes = b"") -> None:
        super().__init__(what, place=place, remedy=remedy)
        self.reply = reply
