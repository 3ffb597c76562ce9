"""What a trainee does at the desk: answer a task's question, ask a colleague, write a ticket, escalate."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from simlab.lab.actions.action import Action, Result
from simlab.lab.systems import Systems


class Answer(Action):
    """Answer the question of a task; the latest answer counts, and is graded when the attempt is submitted."""

    name: ClassVar[str] = "desk.answer"
    task: str
    value: Any

    def perform(self, lab: Systems) -> Result:
        return Result(f"answered {self.task}", lab.desk.answer(self.task, self.value))


class Ask(Action):
    """Ask a colleague, who does what you have no right to do when asked well, and asks back when not."""

    name: ClassVar[str] = "desk.ask"
    who: str
    text: str = Field(min_length=1)

    def perform(self, lab: Systems) -> Result:
        done = lab.desk.ask(self.who, self.text)
        return Result(f"{self.who}: {done['reply']}", done)


class WriteTicket(Action):
    """Write a ticket to a supplier or another team."""

    name: ClassVar[str] = "desk.write_ticket"
    to: str
    subject: str
    text: str
    fields: dict[str, str] = {}

    def perform(self, lab: Systems) -> Result:
        return Result(f"ticket to {self.to}", lab.desk.write_ticket(self.to, self.subject, self.text, self.fields))


class Escalate(Action):
    """Hand a matter to someone whose decision it is."""

    name: ClassVar[str] = "desk.escalate"
    to: str
    text: str = Field(min_length=1)

    def perform(self, lab: Systems) -> Result:
        return Result(f"escalated to {self.to}", lab.desk.escalate(self.to, self.text))


ACTIONS: tuple[type[Action], ...] = (Answer, Ask, WriteTicket, Escalate)
