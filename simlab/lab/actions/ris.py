"""What a trainee does in the RIS: orders, attendance, scheduling, the exam-to-station map."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

from pydantic import Field

from simlab.lab.actions import ris_administration
from simlab.lab.actions.action import Action, Result
from simlab.lab.systems import Systems


class CreateOrder(Action):
    """Place an order for an exam."""

    name: ClassVar[str] = "ris.create_order"
    patient: str = Field(description="patient number")
    exam: str = Field(description="exam code")
    when: datetime | None = Field(None, description="booked then; without it only requested")
    issuer: str | None = Field(None, description="the number's authority; by default the RIS's own")
    reason: str = ""
    referrer: str = ""
    accession: str | None = Field(None, description="by default the RIS gives one")

    def perform(self, lab: Systems) -> Result:
        done = lab.ris.create_order(
            self.patient,
            self.exam,
            self.when.isoformat() if self.when else None,
            issuer=self.issuer,
            reason=self.reason,
            referrer=self.referrer,
            accession=self.accession,
        )
        return Result(f"order {done['accession']} placed", done)


class _OfOrder(Action):
    accession: str


class CancelOrder(_OfOrder):
    """Cancel an order; its steps leave the worklist."""

    name: ClassVar[str] = "ris.cancel_order"
    reason: str = ""

    def perform(self, lab: Systems) -> Result:
        return Result(f"order {self.accession} cancelled", lab.ris.cancel_order(self.accession, self.reason))


class Vet(_OfOrder):
    """Mark an order as vetted (justified)."""

    name: ClassVar[str] = "ris.vet"

    def perform(self, lab: Systems) -> Result:
        return Result(f"order {self.accession} vetted", lab.ris.vet(self.accession))


class Book(_OfOrder):
    """Give a vetted order its time."""

    name: ClassVar[str] = "ris.book"
    start: datetime

    def perform(self, lab: Systems) -> Result:
        return Result(f"order {self.accession} booked", lab.ris.book(self.accession, self.start.isoformat()))


class Arrive(_OfOrder):
    """Mark the patient as arrived for an order."""

    name: ClassVar[str] = "ris.arrive"

    def perform(self, lab: Systems) -> Result:
        return Result(f"patient arrived for {self.accession}", lab.ris.arrive(self.accession))


class Perform(_OfOrder):
    """Close an order whose exam was done, where no scanner tells of it."""

    name: ClassVar[str] = "ris.perform"

    def perform(self, lab: Systems) -> Result:
        return Result(f"order {self.accession} performed", lab.ris.perform(self.accession))


class Discontinue(_OfOrder):
    """Stop an order that has begun."""

    name: ClassVar[str] = "ris.discontinue"
    reason: str = Field(min_length=1)

    def perform(self, lab: Systems) -> Result:
        return Result(f"order {self.accession} discontinued", lab.ris.discontinue(self.accession, self.reason))


class HoldOrder(_OfOrder):
    """Have an order wait; its steps leave the worklist."""

    name: ClassVar[str] = "ris.hold_order"
    reason: str = ""

    def perform(self, lab: Systems) -> Result:
        return Result(f"order {self.accession} held", lab.ris.hold_order(self.accession, self.reason))


class ReleaseOrder(_OfOrder):
    """Let a held order go on."""

    name: ClassVar[str] = "ris.release_order"

    def perform(self, lab: Systems) -> Result:
        done = lab.ris.release_order(self.accession)
        return Result(f"order {self.accession} released: {done['state']}", done)


class Report(_OfOrder):
    """Write the report of an exam: P preliminary or F final (ORU^R01)."""

    name: ClassVar[str] = "ris.report"
    text: str = Field(min_length=1)
    status: Literal["P", "F"] = "F"
    author: str = ""

    def perform(self, lab: Systems) -> Result:
        done = lab.ris.report(self.accession, self.text, status=self.status, author=self.author)
        return Result(f"report of {self.accession}: {self.status}, version {done['version']}", done)


class CorrectReport(_OfOrder):
    """Replace what a final report says (C)."""

    name: ClassVar[str] = "ris.correct_report"
    text: str = Field(min_length=1)
    author: str = ""
    reason: str = ""

    def perform(self, lab: Systems) -> Result:
        done = lab.ris.correct_report(self.accession, self.text, author=self.author, reason=self.reason)
        return Result(f"report of {self.accession} corrected, version {done['version']}", done)


class WithdrawReport(_OfOrder):
    """Take a report back: X, or W in OBX-11 where it was posted to the wrong patient."""

    name: ClassVar[str] = "ris.withdraw_report"
    reason: str = Field(min_length=1)
    wrong_patient: bool = False

    def perform(self, lab: Systems) -> Result:
        done = lab.ris.withdraw_report(self.accession, self.reason, wrong_patient=self.wrong_patient)
        return Result(f"report of {self.accession} withdrawn ({done['status']})", done)


class Reschedule(_OfOrder):
    """Move an order's step to another station, modality or time."""

    name: ClassVar[str] = "ris.reschedule"
    station: str = Field("", description="scheduled station AE title")
    modality: str = ""
    start: datetime | None = None

    def perform(self, lab: Systems) -> Result:
        start = self.start.isoformat() if self.start else ""
        done = lab.ris.reschedule(self.accession, station=self.station, modality=self.modality, start=start)
        return Result(f"order {self.accession} rescheduled", done)


class MapExam(Action):
    """Say on which station an exam is done; steps not yet begun follow."""

    name: ClassVar[str] = "ris.map_exam"
    code: str
    station: str = Field(description="station AE title")

    def perform(self, lab: Systems) -> Result:
        return Result(f"{self.code} is done on {self.station}", lab.ris.map_exam(self.code, self.station))


class CorrectStep(Action):
    """Set a performed step right when the modality no longer may: its order, how it ended (PS3.4 F.7.2.2.3)."""

    name: ClassVar[str] = "ris.correct_step"
    mpps: str = Field(description="the performed step's SOP Instance UID")
    accession: str = Field("", description="the order that it belongs to")
    step: str = Field("", description="the scheduled step's ID, where the order has several")
    status: Literal["", "COMPLETED", "DISCONTINUED"] = ""
    reason: str = Field("", description="code of CID 9301, for DISCONTINUED")

    def perform(self, lab: Systems) -> Result:
        done = lab.ris.correct_step(
            self.mpps, accession=self.accession, step_id=self.step, status=self.status, reason=self.reason
        )
        return Result(f"performed step corrected: {done['told']}", done)


class LogDowntime(_OfOrder):
    """Write a downtime entry: the exam goes on under its existing accession and is reconciled later."""

    name: ClassVar[str] = "ris.log_downtime"
    text: str = Field(min_length=1)

    def perform(self, lab: Systems) -> Result:
        return Result("downtime entry written", lab.ris.log_downtime(self.accession, self.text))


ACTIONS: tuple[type[Action], ...] = (
    CreateOrder,
    CancelOrder,
    Vet,
    Book,
    Arrive,
    Perform,
    Discontinue,
    HoldOrder,
    ReleaseOrder,
    Report,
    CorrectReport,
    WithdrawReport,
    Reschedule,
    MapExam,
    CorrectStep,
    LogDowntime,
    *ris_administration.ACTIONS,
)
