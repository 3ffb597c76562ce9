"""Which acknowledgements a message asks for: original mode, or the accept and application ones of enhanced mode."""

from __future__ import annotations

from dataclasses import dataclass

from simlab.hl7.message import Message

AA = "AA"
ACCEPT = {"AA": "CA", "AE": "CE", "AR": "CR"}
"""The accept acknowledgement (HL7 table 0008) that says of safe storage what the other says of the content."""

CONDITIONS = {"AL": (True, True), "NE": (False, False), "ER": (False, True), "SU": (True, False)}
"""HL7 table 0155: whether an acknowledgement is due on success, and on error or reject."""


@dataclass(frozen=True)
class Asked:
    """MSH-15 and MSH-16 of a message (HL7 v2.5.1 ch. 2.9.3): who fills neither speaks original mode.

    In enhanced mode an empty one of the two means NE (ch. 2.15.9.15); so does a word that table 0155 does not have.
    """

    accept: str = ""
    application: str = ""

    @property
    def enhanced(self) -> bool:
        return bool(self.accept or self.application)

    def accept_due(self, *, success: bool) -> bool:
        """Whether an accept acknowledgement (CA, or CE and CR) is due."""
        return _due(self.accept, success)

    def application_due(self, *, success: bool) -> bool:
        """Whether an application acknowledgement (AA, or AE and AR) is due; in original mode always."""
        return not self.enhanced or _due(self.application, success)


ORIGINAL = Asked()
"""What a message asks for that leaves both empty."""


def asked(message: Message) -> Asked:
    """What `message` asks for."""
    fields = message.segments[0].fields
    accept, application = (fields[n].decode("latin-1").strip().upper() if n < len(fields) else "" for n in (15, 16))
    return Asked(accept, application)


def _due(condition: str, success: bool) -> bool:
    return CONDITIONS.get(condition, CONDITIONS["NE"])[0 if success else 1]
