"""What is done with identities in the electronic patient record: merge, move, change, link."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from simlab.lab.actions.action import Action, Result
from simlab.lab.systems import Systems


class Merge(Action):
    """Merge one number into another of the same person (ADT^A40, or as older interfaces say it: A34, A18)."""

    name: ClassVar[str] = "epr.merge"
    retire: str
    survive: str
    issuer: str = ""
    event: Literal["A40", "A34", "A18"] = "A40"

    def perform(self, lab: Systems) -> Result:
        done = lab.epr.merge(self.retire, self.survive, issuer=self.issuer, event=self.event)
        return Result(str(done["summary"]), done)


class Unmerge(Action):
    """Take a wrong merge apart in the EPR alone: HL7 has no message for it, so nothing is sent."""

    name: ClassVar[str] = "epr.unmerge"
    patient: str = Field(description="the number that was retired")
    issuer: str = ""

    def perform(self, lab: Systems) -> Result:
        done = lab.epr.unmerge(self.patient, issuer=self.issuer)
        return Result(str(done["summary"]), done)


class Link(Action):
    """Say that two records are of one person (ADT^A24); both stay."""

    name: ClassVar[str] = "epr.link"
    one: str
    other: str
    issuer: str = ""

    def perform(self, lab: Systems) -> Result:
        done = lab.epr.link(self.one, self.other, issuer=self.issuer)
        return Result(str(done["summary"]), done)


class Unlink(Action):
    """Say that two linked records are of two persons after all (ADT^A37)."""

    name: ClassVar[str] = "epr.unlink"
    one: str
    other: str
    issuer: str = ""

    def perform(self, lab: Systems) -> Result:
        done = lab.epr.link(self.one, self.other, issuer=self.issuer, unlink=True)
        return Result(str(done["summary"]), done)


class MoveIdentifier(Action):
    """Give another authority's number, an NHS number for instance, to whom it belongs (ADT^A43)."""

    name: ClassVar[str] = "epr.move_identifier"
    number: str
    authority: str = "NHS"
    wrong: str = Field(description="patient number that it stands under")
    right: str = Field(description="patient number that it belongs to")
    issuer: str = ""

    def perform(self, lab: Systems) -> Result:
        done = lab.epr.move_identifier(self.number, self.authority, self.wrong, self.right, issuer=self.issuer)
        return Result(str(done["summary"]), done)


class Renumber(Action):
    """Give a patient a number that nobody had before (ADT^A47)."""

    name: ClassVar[str] = "epr.renumber"
    old: str
    new: str
    issuer: str = ""

    def perform(self, lab: Systems) -> Result:
        done = lab.epr.renumber(self.old, self.new, issuer=self.issuer)
        return Result(str(done["summary"]), done)


ACTIONS: tuple[type[Action], ...] = (Merge, Unmerge, Link, Unlink, MoveIdentifier, Renumber)
