"""What is done at the interface engine: its routes, their rules, and what is queued."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from simlab.lab.actions.action import Action, Result
from simlab.lab.systems import Systems

_MOST = 2**63


def _said(done: dict[str, Any]) -> Result:
    return Result(str(done["summary"]), done)


class Hold(Action):
    """Hold a route: its messages wait in the queue."""

    name: ClassVar[str] = "engine.hold"
    route: str

    def perform(self, lab: Systems) -> Result:
        return _said(lab.engine.routes.hold(self.route))


class Release(Action):
    """Let a held or disabled route run: what waits is delivered in order."""

    name: ClassVar[str] = "engine.release"
    route: str

    def perform(self, lab: Systems) -> Result:
        return _said(lab.engine.routes.release(self.route))


class Disable(Action):
    """Disable a route: it takes no more messages, and what waits in its queue stays there."""

    name: ClassVar[str] = "engine.disable"
    route: str

    def perform(self, lab: Systems) -> Result:
        return _said(lab.engine.routes.disable(self.route))


class _RouteFields(Action):
    host: str | None = Field(None, min_length=1, max_length=253)
    sources: list[str] | None = Field(None, description="MSH-3 of what it takes; none: any")
    types: list[str] | None = Field(None, description="ADT or ADT^A40 …; none: any")
    ack_seconds: float | None = Field(None, description="how long an acknowledgement is waited for")
    attempts: int | None = Field(None, description="unanswered attempts until a dead letter; 0: for ever")
    refusals: int | None = Field(None, description="AR answers until a dead letter")
    first_seconds: float | None = Field(None, description="wait after the first failed attempt")
    factor: float | None = Field(None, description="each wait is so many times the one before")
    longest_seconds: float | None = Field(None, description="no wait is longer")
    on_ae: Literal["error", "retry"] | None = Field(None, description="AE: a dead letter, or tried again for ever")
    on_ar: Literal["retry", "error"] | None = Field(None, description="AR: tried again, or a dead letter at once")
    tls: bool | None = Field(None, description="deliver over TLS")
    sequence: bool | None = Field(None, description="number what it delivers (MSH-13)")
    deferred: bool | None = Field(None, description="CA ends a delivery; the application's word comes later")
    copies: int | None = Field(None, description="how often each message is queued")

    def given(self) -> dict[str, Any]:
        """The fields of a route that were given."""
        return {key: value for key, value in self.model_dump(exclude={"route"}).items() if value is not None}


class AddRoute(_RouteFields):
    """A new route, behind the others."""

    name: ClassVar[str] = "engine.add_route"
    route: str = Field(min_length=1, max_length=40, pattern=r"^[^\s/]+$")
    port: int = Field(ge=1, le=65535)
    state: Literal["running", "held", "disabled"] = "running"
    rules: list[dict[str, Any]] | None = Field(None, description="see docs/engine.md")

    def perform(self, lab: Systems) -> Result:
        return _said(lab.engine.routes.add(self.route, **self.given()))


class SetRoute(_RouteFields):
    """Change where a route goes, what it takes and how it delivers; what waits is tried at once."""

    name: ClassVar[str] = "engine.set_route"
    route: str
    port: int | None = Field(None, ge=1, le=65535)

    def perform(self, lab: Systems) -> Result:
        return _said(lab.engine.routes.set(self.route, **self.given()))


class RemoveRoute(Action):
    """Remove a route; what waits or lies dead on it is discarded with the reason."""

    name: ClassVar[str] = "engine.remove_route"
    route: str
    reason: str = ""

    def perform(self, lab: Systems) -> Result:
        return _said(lab.engine.routes.remove(self.route, self.reason))


class SetRules(Action):
    """Give a route these rules in place of its own; with `waiting`, what waits goes through them too."""

    name: ClassVar[str] = "engine.set_rules"
    route: str
    rules: list[dict[str, Any]] = Field(description="in their order; see docs/engine.md")
    waiting: bool = False

    def perform(self, lab: Systems) -> Result:
        return _said(lab.engine.routes.set_rules(self.route, self.rules, waiting=self.waiting))


class SetRule(Action):
    """Put a rule in the place of rule `number` of a route, or behind all."""

    name: ClassVar[str] = "engine.set_rule"
    route: str
    rule: dict[str, Any] = Field(description="a verb with what it takes, such as {drop_segment: ZDS}")
    number: int | None = Field(None, ge=1, le=100)

    def perform(self, lab: Systems) -> Result:
        return _said(lab.engine.routes.set_rule(self.route, self.rule, self.number))


class RemoveRule(Action):
    """Take rule `number` out of a route."""

    name: ClassVar[str] = "engine.remove_rule"
    route: str
    number: int = Field(ge=1, le=100)

    def perform(self, lab: Systems) -> Result:
        return _said(lab.engine.routes.remove_rule(self.route, self.number))


class TryRules(Action):
    """What a route would make of a message: a text, or a message that the engine took, by its number."""

    name: ClassVar[str] = "engine.try_rules"
    route: str
    message: str | None = Field(None, description="the text of a message")
    number: int | None = Field(None, ge=1, lt=_MOST, description="of a message that the engine took")
    rules: list[dict[str, Any]] | None = Field(None, description="try these; by default those that the route has")

    def perform(self, lab: Systems) -> Result:
        return _said(lab.engine.routes.try_rules(self.route, self.message, self.number, self.rules))


class Resend(Action):
    """Queue an item again, as it was, edited, or through the rules as they are now; the original is kept."""

    name: ClassVar[str] = "engine.resend"
    item: int = Field(ge=1, lt=_MOST)
    message: str | None = Field(None, description="the edited message; by default the original")
    rules: bool = Field(False, description="put the original through the route's rules as they are now")

    def perform(self, lab: Systems) -> Result:
        return _said(lab.engine.items.resend(self.item, self.message, rules=self.rules))


class Requeue(Action):
    """Queue all dead letters again, of one route or of all."""

    name: ClassVar[str] = "engine.requeue"
    route: str | None = None
    rules: bool = Field(False, description="put the originals through the route's rules as they are now")

    def perform(self, lab: Systems) -> Result:
        return _said(lab.engine.items.requeue(self.route, rules=self.rules))


class Move(Action):
    """Put a waiting item in front of another one of its route, or behind all."""

    name: ClassVar[str] = "engine.move"
    item: int = Field(ge=1, lt=_MOST)
    before: int | None = Field(None, ge=1, lt=_MOST, description="an item; by default it goes behind all")

    def perform(self, lab: Systems) -> Result:
        return _said(lab.engine.items.move(self.item, self.before))


class Discard(Action):
    """Take an item out of its queue for good; it stays on record."""

    name: ClassVar[str] = "engine.discard"
    item: int = Field(ge=1, lt=_MOST)
    reason: str = Field(min_length=1)

    def perform(self, lab: Systems) -> Result:
        return _said(lab.engine.items.discard(self.item, self.reason))


class Configure(Action):
    """Change a setting of the engine."""

    name: ClassVar[str] = "engine.configure"
    delivered_hours: float | None = Field(None, description="hours that a delivered item stays in the queue's table")

    def perform(self, lab: Systems) -> Result:
        return _said(lab.engine.configure(**self.model_dump(exclude_none=True)))


ACTIONS: tuple[type[Action], ...] = (
    *(Hold, Release, Disable, AddRoute, SetRoute, RemoveRoute),
    *(SetRules, SetRule, RemoveRule, TryRules),
    *(Resend, Requeue, Move, Discard, Configure),
)
