"""Which messages a system acts on: families (MSH-9.1) and events (MSH-9.2); any other is refused before it is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from simlab.hl7.errors import Hl7Error
from simlab.hl7.message import Message


@dataclass(frozen=True)
class Repertoire:
    """What `system` (as it is called in a sentence) takes: events by family."""

    system: str
    events: Mapping[str, tuple[str, ...]]

    def kind(self, message: Message) -> tuple[str, str]:
        """Family and event of a message; an event that MSH-9 lacks is that of EVN-1, or the family's only one."""
        family = message.get("MSH-9.1")
        known = self.events.get(family, ())
        said = message.get("MSH-9.2") or (message.get("EVN-1") if family == "ADT" else "")
        return family, said or (known[0] if len(known) == 1 else "")

    def admit(self, message: Message) -> None:
        """Raise Hl7Error (AR, 200 or 201: HL7 v2.5.1 ch. 2.9.2.1) for a family or an event that is not taken."""
        family, event = self.kind(message)
        if family not in self.events:
            raise Hl7Error(
                f"{self.system} takes {_listed(self.events)}, not {family or 'a message without a type'}",
                place="MSH-9.1",
                code="200",
                ack="AR",
                remedy="Route it away.",
            )
        if event not in self.events[family]:
            raise Hl7Error(
                f"{self.system} does not act on {family}^{event}",
                place="MSH-9.2",
                code="201",
                ack="AR",
                remedy=f"Of {family} it takes {_listed(self.events[family])}. Route the others away.",
            )


def _listed(names: Mapping[str, object] | tuple[str, ...]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
