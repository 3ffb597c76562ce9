"""What came back for one message on the sender's side, and whether anything more is to come."""

from __future__ import annotations

from dataclasses import dataclass

from simlab.hl7.enhanced import Asked
from simlab.hl7.errors import Hl7Error, WrongAck
from simlab.hl7.message import Message, parse


@dataclass(frozen=True)
class Exchange:
    """What came back for one message: `accept` (CA, CE, CR; enhanced mode) and `application` (AA, AE, AR), raw.

    `message` is the one that came last, where it was read.
    """

    accept: bytes | None = None
    application: bytes | None = None
    message: Message | None = None

    @property
    def reply(self) -> bytes | None:
        """What says most of the message: the application's word, else the accept one; None when none was due."""
        return self.accept if self.application is None else self.application

    @property
    def answer(self) -> Message | bytes | None:
        """The `reply`, parsed if it was."""
        return self.message if self.message is not None and self.message.data == self.reply else self.reply


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
        return not may_follow or heard(got.accept, "").get("MSA-1") != "CA"
    return not may_follow and not (want.accept_due(success=True) or want.accept_due(success=False))


def heard(reply: bytes, place: str) -> Message:
    """A reply as a message with MSA-1 and MSA-2 that can be read; WrongAck, from `place`, for anything else."""
    try:
        answer = parse(reply)
        code, _ = answer.get("MSA-1"), answer.get("MSA-2")
    except Hl7Error as error:
        raise WrongAck(f"the reply is no HL7 message ({error})", place=place, reply=reply) from error
    if not code:
        raise WrongAck("the reply has no MSA-1", place=place, remedy="Ask the receiver's supplier.", reply=reply)
    return answer
