"""What is done in the electronic patient record: the wards' console; each thing sends its HL7 message."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import ConfigDict, Field

from simlab.lab.actions.action import Action, Result
from simlab.lab.actions.epr_identity import ACTIONS as IDENTITY
from simlab.lab.actions.epr_orders import ACTIONS as ORDERS
from simlab.lab.systems import Systems

_FACTS = "name (DICOM PN), birth_date, sex, nhs_number, address, phone, gp, trace_status"


class _Registration(Action):
    patient: str = Field("", description="patient number; by default the next free one")
    issuer: str = Field("", description="assigning authority; by default the EPR's own")
    location: str = ""
    consultant: str = ""
    service: str = Field("", description="hospital service, PV1-10")
    facts: dict[str, str] = Field({}, description=_FACTS)

    def _register(self, lab: Systems, event: str) -> Result:
        done = lab.epr.admit(
            self.patient,
            issuer=self.issuer,
            event=event,
            location=self.location,
            consultant=self.consultant,
            service=self.service,
            **self.facts,
        )
        return Result(str(done["summary"]), done)


class Admit(_Registration):
    """Register a patient, or open a visit of one already known (ADT^A01, or the event that is named)."""

    name: ClassVar[str] = "epr.admit"
    event: str = Field("A01", description="A01 admit, A04 register, A05 pre-admit, A28 add the person alone")

    def perform(self, lab: Systems) -> Result:
        return self._register(lab, self.event)


class Register(_Registration):
    """Register an outpatient or an emergency attendance (ADT^A04), or the person without a visit (A28)."""

    name: ClassVar[str] = "epr.register"
    event: Literal["A04", "A28"] = "A04"

    def perform(self, lab: Systems) -> Result:
        return self._register(lab, self.event)


class Preadmit(_Registration):
    """Book a stay (ADT^A05); `epr.admit` opens it later."""

    name: ClassVar[str] = "epr.preadmit"

    def perform(self, lab: Systems) -> Result:
        return self._register(lab, "A05")


class Update(Action):
    """Change a patient's facts (ADT^A08 with an open visit, else A31)."""

    name: ClassVar[str] = "epr.update"
    patient: str
    issuer: str = ""
    facts: dict[str, str] = Field(description=_FACTS)

    def perform(self, lab: Systems) -> Result:
        done = lab.epr.update(self.patient, issuer=self.issuer, **self.facts)
        return Result(str(done["summary"]), done)


class Transfer(Action):
    """Move an inpatient to another ward (ADT^A02)."""

    name: ClassVar[str] = "epr.transfer"
    patient: str
    location: str
    issuer: str = ""

    def perform(self, lab: Systems) -> Result:
        done = lab.epr.transfer(self.patient, self.location, issuer=self.issuer)
        return Result(str(done["summary"]), done)


class Discharge(Action):
    """End a patient's visit (ADT^A03)."""

    name: ClassVar[str] = "epr.discharge"
    patient: str
    issuer: str = ""

    def perform(self, lab: Systems) -> Result:
        done = lab.epr.discharge(self.patient, issuer=self.issuer)
        return Result(str(done["summary"]), done)


class ChangeClass(Action):
    """Make an outpatient an inpatient (ADT^A06), or an inpatient an outpatient (A07)."""

    name: ClassVar[str] = "epr.change_class"
    patient: str
    patient_class: Literal["I", "O", "E"] = Field(description="I inpatient, O outpatient, E emergency")
    location: str = ""
    issuer: str = ""

    def perform(self, lab: Systems) -> Result:
        done = lab.epr.change_class(self.patient, self.patient_class, issuer=self.issuer, location=self.location)
        return Result(str(done["summary"]), done)


class Cancel(Action):
    """Take back the last admission (ADT^A11), transfer (A12), discharge (A13) or pre-admission (A38)."""

    name: ClassVar[str] = "epr.cancel"
    patient: str
    what: Literal["admission", "transfer", "discharge", "preadmission"]
    issuer: str = ""

    def perform(self, lab: Systems) -> Result:
        done = lab.epr.cancel(self.patient, self.what, issuer=self.issuer)
        return Result(str(done["summary"]), done)


class DeleteVisit(Action):
    """Delete a visit that never was (ADT^A23)."""

    name: ClassVar[str] = "epr.delete_visit"
    visit: str = Field(description="visit number")

    def perform(self, lab: Systems) -> Result:
        done = lab.epr.delete_visit(self.visit)
        return Result(str(done["summary"]), done)


class Resend(Action):
    """Send a message of the EPR's outbox again, under the same control ID."""

    name: ClassVar[str] = "epr.resend"
    item: int = Field(description="number in epr.outbox")

    def perform(self, lab: Systems) -> Result:
        done = lab.epr.resend(self.item)
        return Result(str(done["summary"]), done)


class Configure(Action):
    """Change settings of the EPR, the destination of its messages for instance."""

    model_config = ConfigDict(extra="allow")
    name: ClassVar[str] = "epr.configure"

    def perform(self, lab: Systems) -> Result:
        settings: dict[str, Any] = dict(self.model_extra or {})
        done = lab.epr.configure(**settings)
        return Result(str(done["summary"]), done)


ACTIONS: tuple[type[Action], ...] = (
    Admit,
    Register,
    Preadmit,
    Update,
    Transfer,
    Discharge,
    ChangeClass,
    Cancel,
    DeleteVisit,
    *IDENTITY,
    *ORDERS,
    Resend,
    Configure,
)
