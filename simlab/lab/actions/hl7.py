"""What a trainee does with HL7 at the workstation: send a message and read its acknowledgement."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from simlab.hl7 import acknowledge, message, mllp
from simlab.hl7.record import OUT, record
from simlab.lab.actions.action import Action, Result
from simlab.lab.systems import Systems


class Send(Action):
    """Send one HL7 v2 message over MLLP; line ends may be LF, they are sent as CR."""

    name: ClassVar[str] = "hl7.send"
    message: str = Field(min_length=8)
    to: str = Field("ADT", description="a system's MLLP door: ADT, RIS_HL7, PACS_HL7")
    host: str | None = None
    port: int | None = Field(None, ge=1, le=65535)
    timeout: float = Field(10.0, gt=0, le=120, description="seconds to wait for the acknowledgement")

    def perform(self, lab: Systems) -> Result:
        sent = message.from_text(self.message)
        known = lab.endpoint(self.to)
        host, port = self.host or known.host, self.port or known.port
        reply: bytes | None = None
        try:
            reply = mllp.send(host, port, sent.encode(), self.timeout)
        finally:
            record(lab.journal, "ADMIN", OUT, sent.encode(), reply, peer=f"{host}:{port}")
        answer = acknowledge.read(reply, sent)
        return Result(
            f"{self.to} answered {answer.code}" + (f": {answer.text}" if answer.text else ""),
            {"ack": answer.code, "text": answer.text, "message": reply.decode("utf-8", "replace")},
            ok=answer.code in ("AA", "CA"),
        )


ACTIONS: tuple[type[Action], ...] = (Send,)
