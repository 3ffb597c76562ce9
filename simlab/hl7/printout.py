"""A message as a person reads it: names beside numbers, dates as dates, codes with what they mean."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from simlab.hl7 import dictionary, tables
from simlab.hl7.elements import Element
from simlab.hl7.message import Message
from simlab.hl7.values import a_date_time, a_time

_DATE_TYPES = frozenset({"DT", "TS", "DTM"})
_DATE = re.compile(r"(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\.\d+)?([+-]\d{4})?")
_TIME = re.compile(r"(\d\d)(\d\d)?(\d\d)?(\.\d+)?([+-]\d{4})?")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the printout: `value` decoded and unescaped, `meaning` in words where a code or date has one.

    A line whose parts follow has no value of its own.
    """

    depth: int
    path: str
    name: str
    value: str
    meaning: str
    data_type: str
    start: int
    end: int

    def as_row(self) -> dict[str, Any]:
        """The line as JSON-able values."""
        return {name: getattr(self, name) for name in self.__slots__}


def lines(message: Message) -> Iterator[Line]:
    """Every filled element of a message, in order."""
    for element in message.walk():
        value = message.shown(element) if element.leaf else ""
        said = _meaning(element, value, message.version) if value else ""
        if element.level == "segment" and not element.name:
            said = "a segment of the sites' own" if element.path[0] in "Zz" else "not known in this version"
        yield Line(
            element.depth, element.path, element.name, value, said, element.data_type, element.start, element.end
        )


def _meaning(element: Element, value: str, version: str) -> str:
    if value == '""':
        return "deleted"
    data_type, table = element.data_type, element.table
    parts = dictionary.components(data_type, version)
    if parts:  # a composite of which only the first component is sent
        data_type, table = (
            (data_type, "") if data_type in _DATE_TYPES else (parts[0].data_type, parts[0].table or table)
        )
    if data_type in _DATE_TYPES:
        return readable_date(value) or "no date"
    if data_type == "TM":
        return _readable_time(value) or "no time"
    return tables.meaning(table, value, version)


def readable_date(text: str) -> str:
    """``20260302074000`` as 2026-03-02 07:40:00; "" for what is no date, or none that the calendar has."""
    match = _DATE.fullmatch(text)
    if match is None or a_date_time(text) is not None:
        return ""
    day = "-".join(part for part in match.groups()[:3] if part)
    time = ":".join(part for part in match.groups()[3:6] if part)
    return f"{day} {time}{match[7] or ''}{match[8] or ''}".strip() if time else day


def _readable_time(text: str) -> str:
    match = _TIME.fullmatch(text)
    if match is None or a_time(text) is not None:
        return ""
    return ":".join(part for part in match.groups()[:3] if part) + (match[4] or "") + (match[5] or "")


def headline(message: Message) -> str:
    """One line that says what a message is, from whom to whom, and when."""
    kind, event = message.get("MSH-9.1"), message.get("MSH-9.2")
    words = tables.meaning("0003", event, message.version) or tables.meaning("0076", kind, message.version)
    sent = message.element("MSH-7")
    when = readable_date(message.shown(sent).split(message.separators.component)[0]) if sent else ""
    parts = [
        f"{kind}^{event}" if event else kind or "no message type",
        words,
        f"version {_read(message, 'MSH-12') or 'unknown'}",
        f"from {_read(message, 'MSH-3') or '?'} to {_read(message, 'MSH-5') or '?'}",
        when,
        f"control ID {_read(message, 'MSH-10') or 'none'}",
    ]
    return ", ".join(part for part in parts if part)


def _read(message: Message, place: str) -> str:
    found = message.element(place)
    return message.shown(found) if found else ""
