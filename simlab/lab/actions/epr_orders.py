"""What is done with imaging orders in the electronic patient record."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from pydantic import Field

from simlab.lab.actions.action import Action, Result
from simlab.lab.systems import Systems

_PRIORITY = "S stat, A as soon as possible, R routine, P pre-operative, T timing critical"


class Order(Action):
    """Order an exam for a patient (ORM^O01 NW, or OMI^O23 where the EPR is set to it)."""

    name: ClassVar[str] = "epr.order"
    patient: str
    exam: str
    issuer: str = ""
    description: str = ""
    modality: str = ""
    priority: str = Field("R", description=_PRIORITY)
    reason: str = ""
    referrer: str = ""
    start: datetime | None = None
    steps: list[str] = Field([], description="OMI alone: protocols of an exam of several steps")

    def perform(self, lab: Systems) -> Result:
        facts = self.model_dump(exclude={"patient", "exam"})
        done = lab.epr.order(self.patient, self.exam, **facts)
        return Result(str(done["summary"]), done)


class _OfOrder(Action):
    placer: str
    reason: str = ""


class ChangeOrder(_OfOrder):
    """Ask for another time or priority of an order (ORC-1 XO)."""

    name: ClassVar[str] = "epr.change_order"
    start: datetime | None = None
    priority: str = Field("", description=_PRIORITY)

    def perform(self, lab: Systems) -> Result:
        done = lab.epr.change_order(self.placer, start=self.start, priority=self.priority, reason=self.reason)
        return Result(str(done["summary"]), done)


class CancelOrder(_OfOrder):
    """Cancel an order that has not begun, by its placer number (ORC-1 CA)."""

    name: ClassVar[str] = "epr.cancel_order"

    def perform(self, lab: Systems) -> Result:
        done = lab.epr.cancel_order(self.placer, self.reason)
        return Result(str(done["summary"]), done)


class DiscontinueOrder(_OfOrder):
    """Stop an order that has begun (ORC-1 DC)."""

    name: ClassVar[str] = "epr.discontinue_order"

    def perform(self, lab: Systems) -> Result:
        done = lab.epr.discontinue_order(self.placer, self.reason)
        return Result(str(done["summary"]), done)


class HoldOrder(_OfOrder):
    """Have an order wait (ORC-1 HD), or go on (RL)."""

    name: ClassVar[str] = "epr.hold_order"
    release: bool = False

    def perform(self, lab: Systems) -> Result:
        done = lab.epr.hold_order(self.placer, self.reason, release=self.release)
        return Result(str(done["summary"]), done)


ACTIONS: tuple[type[Action], ...] = (Order, ChangeOrder, CancelOrder, DiscontinueOrder, HoldOrder)
