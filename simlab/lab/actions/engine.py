"""What a trainee does at the interface engine: hold and release routes, resend or discard what is queued."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from simlab.lab.actions.action import Action, Result
from simlab.lab.systems import Systems


class Hold(Action):
    """Hold a route: its messages wait in the queue."""

    name: ClassVar[str] = "engine.hold"
    route: str

    def perform(self, lab: Systems) -> Result:
        return Result(f"route {self.route} held", lab.engine.hold(self.route))


class Release(Action):
    """Let a held route run: what waits is delivered in order."""

    name: ClassVar[str] = "engine.release"
    route: str

    def perform(self, lab: Systems) -> Result:
        return Result(f"route {self.route} released", lab.engine.release(self.route))


class Resend(Action):
    """Queue an item again, as it was or with an edited text; the original is kept."""

    name: ClassVar[str] = "engine.resend"
    item: int = Field(ge=1, lt=2**63)
    message: str | None = Field(None, description="the edited message; by default the original")

    def perform(self, lab: Systems) -> Result:
        return Result(f"item {self.item} queued again", lab.engine.resend(self.item, self.message))


class Discard(Action):
    """Take an item out of its queue for good; it stays on record."""

    name: ClassVar[str] = "engine.discard"
    item: int = Field(ge=1, lt=2**63)
    reason: str = Field(min_length=1)

    def perform(self, lab: Systems) -> Result:
        return Result(f"item {self.item} discarded", lab.engine.discard(self.item, self.reason))


class SetRoute(Action):
    """Point a route at another address; what waits is tried there at once."""

    name: ClassVar[str] = "engine.set_route"
    route: str
    host: str | None = None
    port: int | None = Field(None, ge=1, le=65535)

    def perform(self, lab: Systems) -> Result:
        return Result(f"route {self.route} changed", lab.engine.set_route(self.route, self.host, self.port))


ACTIONS: tuple[type[Action], ...] = (Hold, Release, Resend, Discard, SetRoute)
