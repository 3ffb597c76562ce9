"""What is done with HL7: send a message and read its acknowledgement; judge one; set what a door takes."""

from __future__ import annotations

import base64
from typing import ClassVar

from pydantic import Field

from simlab import tls
from simlab.errors import BadInput
from simlab.hl7 import acknowledge, message, mllp, profile
from simlab.hl7.findings import SEVERITIES
from simlab.hl7.message import Message
from simlab.hl7.policy import DOORS
from simlab.hl7.record import OUT, record
from simlab.hl7.validator import validate
from simlab.lab.actions.action import Action, Result
from simlab.lab.systems import Systems


class Send(Action):
    """Send one HL7 v2 message over MLLP; line ends may be LF, they are sent as CR."""

    name: ClassVar[str] = "hl7.send"
    message: str = ""
    encoded: str = Field("", description="the message's bytes in base64, sent as they are; in place of `message`")
    to: str = Field("ADT", description="a system's MLLP door: ADT, RIS_HL7, PACS_HL7, EPR_HL7")
    host: str | None = None
    port: int | None = Field(None, ge=1, le=65535)
    timeout: float = Field(10.0, gt=0, le=120, description="seconds to wait for the acknowledgement")
    tls: bool = Field(False, description="over TLS, at the door's TLS side (or name that: RIS_HL7_TLS)")
    certificate: str | None = Field("client", description="which certificate to show when asked for one")

    def perform(self, lab: Systems) -> Result:
        sent = self._sent()
        secure = self.tls or self.to.endswith("_TLS")
        known = lab.endpoint(f"{self.to}_TLS" if self.tls and not self.to.endswith("_TLS") else self.to)
        context = tls.client_context(lab.home.certificates, self.certificate) if secure else None
        host, port = self.host or known.host, self.port or known.port
        reply: bytes | None = None
        try:
            reply = mllp.send(host, port, sent.encode(), self.timeout, context=context)
        finally:
            record(lab.journal, "ADMIN", OUT, sent.encode(), reply, peer=f"{host}:{port}")
        answer = acknowledge.read(reply, sent)
        return Result(
            f"{self.to} answered {answer.code}" + (f": {answer.text}" if answer.text else ""),
            {"ack": answer.code, "text": answer.text, "message": reply.decode("utf-8", "replace")},
            ok=answer.code in ("AA", "CA"),
        )

    def _sent(self) -> Message:
        if not self.encoded:
            return message.from_text(self.message)
        try:
            return message.parse(base64.b64decode(self.encoded, validate=True))
        except ValueError:
            raise BadInput("this is no base64", place="encoded", remedy="Give the text in `message`.") from None


class Validate(Action):
    """Judge one HL7 v2 message by its version, and by profiles on top: every finding with place, rule and remedy."""

    name: ClassVar[str] = "hl7.validate"
    message: str = Field(min_length=8)
    profiles: list[str] = Field([], description="ihe-rad, uk")
    version: str = Field("", description="judge by this version, whatever MSH-12 says")

    def perform(self, lab: Systems) -> Result:
        known = profile.names()
        for name in self.profiles:
            if name not in known:
                raise BadInput(f"there is no profile {name!r}", place="profiles", remedy=f"Use {', '.join(known)}.")
        judged = message.from_text(self.message)
        found = validate(judged, [profile.load(name) for name in self.profiles], version=self.version)
        number: dict[str, int] = {severity: sum(one.severity == severity for one in found) for severity in SEVERITIES}
        said = ", ".join(f"{count} {severity}{'s' * (count != 1)}" for severity, count in number.items())
        return Result(said, {"rows": [one.as_row() for one in found], **number})


class SetDoor(Action):
    """Change what an HL7 door takes and how it answers; what is not named stays. An empty list takes anything."""

    name: ClassVar[str] = "hl7.set_door"
    door: str = Field(description=f"one of {', '.join(DOORS)}")
    applications: list[str] | None = Field(None, description="MSH-5 that it answers to")
    facilities: list[str] | None = Field(None, description="MSH-6 that it answers to")
    processing_ids: list[str] | None = Field(None, description="MSH-11 that it takes: P, T, D")
    versions: list[str] | None = Field(None, description="MSH-12 that it takes; empty: any 2.x")
    types: list[str] | None = Field(None, description="MSH-9 that it takes: ADT, ORM^O01")
    enhanced: bool | None = Field(None, description="whether it answers MSH-15 and MSH-16 as they ask")
    sequence: bool | None = Field(None, description="whether sequence numbers (MSH-13) must follow one another")
    lenient: bool | None = Field(None, description="whether it forgives a missing VT or CR, and LF in place of CR")
    remember_days: int | None = Field(None, ge=0, le=3660, description="days that a control ID is remembered")
    order_replies: dict[str, str] | None = Field(
        None, description="by MSH-3, how orders are answered: order (ORR^O02, ORI^O24), ack, or asked (as ORC-6 says)"
    )
    limits: dict[str, int] | None = Field(
        None, description="how many of a segment or repetitions of a field it takes: {IPC: 200, PID-3: 50}; 0: any"
    )
    certificate: str | None = Field(None, description="what its TLS door shows: server, renewed, expired, untrusted")
    tls_mutual: bool | None = Field(None, description="whether who comes over TLS must show a certificate too")

    reply_to: str | None = Field(None, description="mllp(s)://HOST:PORT for replies of enhanced mode; empty: the same")

    def perform(self, lab: Systems) -> Result:
        done = lab.hl7_doors.set(self.door, **self.model_dump(exclude={"door"}, exclude_none=True))
        return Result(f"{self.door} set", done)


class SetSequence(Action):
    """Say which sequence number came last on a link, at a door or at a sender; the next one is one more."""

    name: ClassVar[str] = "hl7.set_sequence"
    link: str = Field(description="as hl7.sequences has it: RIS_HL7 (a door), EPR, RIS, ENGINE epr-to-ris (senders)")
    last: int | None = Field(None, ge=0, lt=10**15, description="nothing: a door takes any, a sender begins with 1")
    partner: str = Field("", description="of this application alone (MSH-3^MSH-4)")

    def perform(self, lab: Systems) -> Result:
        done = lab.hl7_sequences.set(self.link, self.last, self.partner)
        return Result(str(done["summary"]), done)


ACTIONS: tuple[type[Action], ...] = (Send, Validate, SetDoor, SetSequence)
