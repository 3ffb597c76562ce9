"""What is done in the electronic patient record; each thing sends its HL7 message."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from pydantic import ConfigDict, Field

from simlab.lab.actions.action import Action, Result
from simlab.lab.systems import Systems


class Admit(Action):
    """Register a patient, or open a visit of one already known (ADT^A01, A04 or A28)."""

    name: ClassVar[str] = "epr.admit"
    patient: str = Field("", description="patient number; by default the next free one")
    issuer: str = Field("", description="assigning authority; by default the EPR's own")
    event: str = "A01"
    location: str = ""
    consultant: str = ""
    facts: dict[str, str] = Field({}, description="name (DICOM PN), birth_date, sex, nhs_number, address, phone")

    def perform(self, lab: Systems) -> Result:
        done = lab.epr.admit(
            self.patient,
            issuer=self.issuer,
            event=self.event,
            location=self.location,
            consultant=self.consultant,
            **self.facts,
        )
        return Result(str(done["summary"]), done)


class Update(Action):
    """Change a patient's facts (ADT^A08 with an open visit, else A31)."""

    name: ClassVar[str] = "epr.update"
    patient: str
    issuer: str = ""
    facts: dict[str, str] = Field(description="name (DICOM PN), birth_date, sex, nhs_number, address, phone")

    def perform(self, lab: Systems) -> Result:
        done = lab.epr.update(self.patient, issuer=self.issuer, **self.facts)
        return Result(str(done["summary"]), done)


class Merge(Action):
    """Merge one number into another of the same person (ADT^A40)."""

    name: ClassVar[str] = "epr.merge"
    retire: str
    survive: str
    issuer: str = ""

    def perform(self, lab: Systems) -> Result:
        done = lab.epr.merge(self.retire, self.survive, issuer=self.issuer)
        return Result(str(done["summary"]), done)


class Order(Action):
    """Order an exam for a patient (ORM^O01 NW)."""

    name: ClassVar[str] = "epr.order"
    patient: str
    exam: str
    issuer: str = ""
    description: str = ""
    modality: str = ""
    priority: str = Field(
        "R", description="S stat, A as soon as possible, R routine, P pre-operative, T timing critical"
    )
    reason: str = ""
    referrer: str = ""
    start: datetime | None = None

    def perform(self, lab: Systems) -> Result:
        facts = self.model_dump(exclude={"patient", "exam"})
        done = lab.epr.order(self.patient, self.exam, **facts)
        return Result(str(done["summary"]), done)


class CancelOrder(Action):
    """Cancel an order by its placer number (ORM^O01 CA)."""

    name: ClassVar[str] = "epr.cancel_order"
    placer: str
    reason: str = ""

    def perform(self, lab: Systems) -> Result:
        done = lab.epr.cancel_order(self.placer, self.reason)
        return Result(str(done["summary"]), done)


class Configure(Action):
    """Change settings of the EPR, the destination of its messages for instance."""

    model_config = ConfigDict(extra="allow")
    name: ClassVar[str] = "epr.configure"

    def perform(self, lab: Systems) -> Result:
        settings: dict[str, Any] = dict(self.model_extra or {})
        done = lab.epr.configure(**settings)
        return Result(str(done["summary"]), done)


ACTIONS: tuple[type[Action], ...] = (Admit, Update, Merge, Order, CancelOrder, Configure)
