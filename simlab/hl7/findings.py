"""What the validator says: findings with place, rule, severity and remedy, and the table of its rules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
"""From the worst: what a receiver may refuse; what it may read wrongly; what a person may like to know."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: where (path, and bytes `start` up to `end`), which rule, how bad, what, and the remedy.

    Something that is missing has its path and an empty span where it should stand.
    """

    path: str
    start: int
    end: int
    rule: str
    severity: Severity
    what: str
    remedy: str

    def as_row(self) -> dict[str, Any]:
        """The finding as JSON-able values."""
        return {name: getattr(self, name) for name in self.__slots__}


RULES: dict[str, tuple[Severity, str]] = {
    "structure.unknown": ("warning", "MSH-9 names no message structure that the version has"),
    "structure.mismatch": ("warning", "MSH-9.3 is not the structure of the event in MSH-9.2"),
    "structure.missing": ("error", "a segment that the structure requires is not there"),
    "structure.order": ("error", "a segment stands where the structure does not have it"),
    "structure.repeat": ("error", "a segment stands more often than the structure allows"),
    "structure.foreign": ("warning", "a segment that this message structure does not have"),
    "structure.segment": ("warning", "a segment that the version does not know, and no Z-segment"),
    "field.required": ("error", "a required field or component is empty"),
    "field.repeat": ("error", "a field repeats that may stand once only"),
    "field.extra": ("warning", "a field that the segment does not have in this version"),
    "field.withdrawn": ("note", "a field that the version has withdrawn"),
    "field.length": ("warning", "a field longer than the version allows"),
    "type.parts": ("error", "components or sub-components in a value that has none: a delimiter stands unescaped"),
    "type.extra": ("warning", "more components than the data type has"),
    "type.date": ("error", "no date that the calendar has, or not written YYYY[MM[DD]]"),
    "type.time": ("error", "no time of day, or not written HH[MM[SS[.SSSS]]][+/-ZZZZ]"),
    "type.number": ("error", "no number"),
    "type.sequence": ("error", "no sequence number from 0 to 9999"),
    "type.value": ("error", "OBX-2 names no data type that the version has"),
    "table.code": ("error", "a code that the HL7 table does not have"),
    "table.user": ("warning", "a code that is not among those suggested for a user-defined table"),
    "table.open": ("note", "a code of the site's own in a table that sites add to"),
    "check-digit": ("error", "a check digit that its scheme does not give"),
    "escape.unknown": ("warning", "an escape sequence that HL7 does not have"),
    "escape.unbalanced": ("error", "an escape character that begins no sequence"),
    "characters.set": ("error", "MSH-18 names a character set that is not read here, or not the one that is written"),
    "characters.decode": ("error", "bytes that the declared character set does not have"),
    "characters.undeclared": ("warning", "letters beyond ASCII, and MSH-18 is empty"),
    "characters.control": ("warning", "a control character in the text"),
    "msh.separators": ("note", "separators other than the recommended ones"),
    "msh.truncation": ("warning", "a fifth encoding character before version 2.7"),
    "msh.version": ("warning", "MSH-12 names a version that is not judged here"),
    "msh.event": ("warning", "EVN-1 and MSH-9.2 name different events"),
    "more": ("note", "there are more findings than are told"),
    "msh.type": ("error", "MSH-9 lacks the message type or its trigger event"),
}
"""Every rule of the validator itself, with its severity and what it finds. Profiles add their own."""

OF_FILES: dict[str, tuple[Severity, str]] = {
    "message.unreadable": ("error", "a piece of a file or a frame that is no message; the others are judged"),
}
"""What is found where there is no message to judge."""


def worst(found: Iterable[Finding]) -> Severity | None:
    """The gravest severity among findings; None when there are none."""
    held = {finding.severity for finding in found}
    return next((severity for severity in SEVERITIES if severity in held), None)
