"""What came back for one message on the sender's side, and whether anything more is to come."""

from __future__ import annotations

from dataclasses import dataclass

from simlab.hl7.enhanced import Asked
from simlab.hl7.errors import Hl7Error, WrongAck
from simlab.hl7.message import parse


@dataclass(frozen=True)
class Exchange:
    """What came back for one message: `accept` (CA, CE, CR; enhanced mode) and `application` (AA, AE, AR), raw."""

    accept: bytes | None = None
    application: bytes | None = None

    @property
    def reply(self) -> bytes | None:
        """What says most of the message: the application's word, else the accept one; None when none was due."""
        return self.accept if self.application is None else self.application


def must_come(got: Exchange, want: Asked) -> bool:
    """Whether a receiver that is content has something more to say."""
    application = want.application_due(success=True)
    return application or (got.accept is None and want.accept_due(success=True))


def complete(got: Exchange, want: Asked) -> bool:
    """Whether nothing more can come for the message."""
    if got.application is not None:
        return True  # also what a receiver without enhanced mode answers, in place of CA
    if not want.enhanced:
        return False
    may_follow = want.application_due(success=True) or want.application_due(success=False)
    if got.accept is not None:
        return not may_follow or codes(got.accept, "")[0] != "CA"
    return not may_follow and not (want.accept_due(success=True) or want.accept_due(success=False))


def codes(reply: bytes, place: str) -> tuple[str, str]:
    """MSA-1 and MSA-2."""
    try:
        answer = parse(reply)
        code, echoed = answer.get("MSA-1"), answer.get("MSA-2")
    except Hl7Error as error:
        raise WrongAck(f"the reply is no HL7 message ({error})", place=place, reply=reply) from error
    if not code:
        raise WrongAck("the reply has no MSA-1", place=place, remedy="Ask the receiver's supplier.", reply=reply)
    return code, echoed
