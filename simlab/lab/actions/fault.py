"""What a colleague does about a fault that a scene has declared."""

from __future__ import annotations

from typing import ClassVar

from simlab import provenance
from simlab.errors import NotAllowed
from simlab.lab.actions.action import Action, Result
from simlab.lab.systems import Systems


class Mend(Action):
    """Have a declared fault put right by whose work that is (network, supplier): one of a colleague's actions."""

    name: ClassVar[str] = "fault.mend"
    fault: str

    def perform(self, lab: Systems) -> Result:
        if provenance.current().actor == provenance.TRAINEE:
            raise NotAllowed("that is nothing you could mend", remedy="Ask who runs it, and say what you have seen.")
        lab.faults.clear(self.fault)
        return Result(f"fault {self.fault} mended")


ACTIONS: tuple[type[Action], ...] = (Mend,)
