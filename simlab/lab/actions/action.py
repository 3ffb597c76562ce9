"""What an action is: a typed thing to do, and the outcome of having done it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from simlab.lab.systems import Systems


@dataclass(frozen=True)
class Result:
    """What performing an action gave: a sentence, JSON-able data, and whether the department did what was asked."""

    summary: str
    data: dict[str, Any] = field(default_factory=dict)
    ok: bool = True


@dataclass(frozen=True)
class Outcome:
    """A performed action as its caller sees it; `error` has what, place and remedy; `event` is the action's event."""

    ok: bool
    name: str
    summary: str
    data: dict[str, Any]
    event: int
    error: dict[str, str] | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Action(BaseModel):
    """One thing to do. Subclasses carry their arguments as fields and their dotted name in `name`."""

    # Built when it is first used: a lab that starts performs none of them.
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, defer_build=True)

    name: ClassVar[str]

    def perform(self, lab: Systems) -> Result:
        """Do it in `lab`; raises SimlabError when it cannot be done."""
        raise NotImplementedError

    def for_journal(self) -> dict[str, Any]:
        """The arguments as the journal keeps them."""
        return self.model_dump(mode="json", exclude_defaults=True)
