"""What a trainee does at the PACS console about who may log in."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from simlab.lab.actions.action import Action, Result
from simlab.lab.systems import Systems


class SetUser(Action):
    """Let somebody log in to the PACS by user identity negotiation (PS3.7 D.3.3.7)."""

    name: ClassVar[str] = "pacs.set_user"
    user: str = Field(min_length=1, max_length=64)
    passcode: str | None = Field(None, description="without one the name alone lets in")
    full_name: str = ""

    def perform(self, lab: Systems) -> Result:
        done = lab.pacs.set_user(self.user, self.passcode, self.full_name)
        return Result(str(done["summary"]), done)

    def for_journal(self) -> dict[str, Any]:
        return super().for_journal() | ({"passcode": "..."} if self.passcode else {})


class RemoveUser(Action):
    """Let somebody log in no more."""

    name: ClassVar[str] = "pacs.remove_user"
    user: str

    def perform(self, lab: Systems) -> Result:
        done = lab.pacs.remove_user(self.user)
        return Result(str(done["summary"]), done)


ACTIONS: tuple[type[Action], ...] = (SetUser, RemoveUser)
