"""What happens at the console of the hospital next door: send, query, fetch, configure."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import ConfigDict, Field

from simlab.lab.actions.action import Action, Result
from simlab.lab.systems import Systems


class Configure(Action):
    """Change settings of the neighbour (``callers``, ``issuer``, ``own_numbers``, ``pacs_port``…)."""

    model_config = ConfigDict(extra="allow")
    name: ClassVar[str] = "neighbour.configure"

    def perform(self, lab: Systems) -> Result:
        settings: dict[str, Any] = dict(self.model_extra or {})
        done = lab.neighbour.configure(**settings)
        return Result(f"TERTIARY: {done['summary']}", done)


class Send(Action):
    """Have the neighbour send a study to the PACS, under its own patient number (C-STORE)."""

    name: ClassVar[str] = "neighbour.send"
    study: str = Field(description="Study Instance UID")

    def perform(self, lab: Systems) -> Result:
        done = lab.neighbour.send(self.study)
        return Result(str(done["summary"]), done, ok=not done["failed"])


class Find(Action):
    """Have the neighbour query the PACS (C-FIND, study root)."""

    name: ClassVar[str] = "neighbour.find"
    level: Literal["STUDY", "SERIES", "IMAGE"] = "STUDY"
    keys: dict[str, str] = Field({"PatientName": ""}, description="matching and return keys by keyword")

    def perform(self, lab: Systems) -> Result:
        done = lab.neighbour.find(self.level, self.keys)
        return Result(str(done["summary"]), done, ok=done["status"] == "0000")


class Fetch(Action):
    """Have the neighbour fetch a study from the PACS (C-MOVE to itself)."""

    name: ClassVar[str] = "neighbour.fetch"
    study: str = Field(description="Study Instance UID")

    def perform(self, lab: Systems) -> Result:
        done = lab.neighbour.fetch(self.study)
        return Result(str(done["summary"]), done, ok=done["status"] == "0000" and not done["failed"])


ACTIONS: tuple[type[Action], ...] = (Configure, Send, Find, Fetch)
