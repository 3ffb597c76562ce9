"""One order of a message: which of its segments belong together, and its values read by place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from simlab.department.ris import orders
from simlab.department.ris.persons import DELETE, line, person_name, plain, pn
from simlab.dicom.uids import is_uid
from simlab.errors import BadInput
from simlab.hl7.errors import Hl7Error
from simlab.hl7.message import Message

PRIORITIES = {"S": "STAT", "A": "HIGH", "P": "HIGH", "C": "HIGH", "R": "ROUTINE", "T": "MEDIUM"}
"""Requested Procedure Priority (0040,1003) by ORC-7.6 or TQ1-9."""

PREGNANT = {"B6": "3"}
"""Pregnancy Status (0010,21C0) by PV1-15 (table 0009): 3 is possibly pregnant or certainly so."""

_WEIGHT = ("29463-7", "3141-9", "BODY WEIGHT")
_HEIGHT = ("8302-2", "3137-7", "BODY HEIGHT")
_OF_AN_ORDER = ("ORC", "TQ1", "OBR", "ZDS")


@dataclass(frozen=True)
class Group:
    """An ORC with the TQ1, OBR, IPC, OBX and ZDS that are its own; `steps` are its IPC, none in an ORM."""

    message: Message
    numbers: dict[str, int]
    steps: tuple[int, ...]
    sizes: tuple[int, ...]

    def place(self, where: str, step: int = 0) -> str:
        """The path of ``OBR-18`` in this order, the IPC being the one of `step`."""
        name, rest = where.split("-", 1)
        if name in ("PID", "PV1", "MSH"):
            return where
        number = step if name == "IPC" else self.numbers.get(name, 0)
        return f"{name}[{number}]-{rest}" if number else ""

    def said(self, where: str) -> str:
        """The value at a path of this order as one line; "" when there is none, or when it is deleted."""
        value = self.message.get(where) if where else ""
        return "" if value == DELETE else line(value)


def groups(message: Message) -> Iterator[Group]:
    """Every order of a message; a lone ZDS at the end is for all. Raises Hl7Error for what is missing."""
    found: list[dict[str, int]] = []
    steps: list[list[int]] = []
    sizes: list[list[int]] = []
    counts: dict[str, int] = {}
    for segment in message.segments:
        counts[segment.name] = number = counts.get(segment.name, 0) + 1
        if segment.name == "ORC":
            found.append({})
            steps.append([])
            sizes.append([])
        if not found:
            continue
        if segment.name in _OF_AN_ORDER:
            found[-1].setdefault(segment.name, number)
        elif segment.name == "IPC":
            steps[-1].append(number)
        elif segment.name == "OBX":
            sizes[-1].append(number)
    if not found:
        raise Hl7Error("an order without ORC", place="ORC-1", code="100", remedy="Send ORC and OBR for each order.")
    lone = {"ZDS": 1} if counts.get("ZDS") == 1 else {}
    for numbers, ipc, obx in zip(found, steps, sizes, strict=True):
        if "OBR" not in numbers:
            raise Hl7Error(
                f"ORC {numbers['ORC']} has no OBR",
                place=plain(f"ORC[{numbers['ORC']}]-1"),
                code="100",
                remedy="Send an OBR with it.",
            )
        # Without an OBX of its own an order goes by any: weight and height are the patient's.
        yield Group(message, {**lone, **numbers}, tuple(ipc), tuple(obx or range(1, min(counts.get("OBX", 0), 20) + 1)))


def first(group: Group, places: tuple[str, ...]) -> str:
    """The first of `places` that is filled."""
    return next(filter(None, (group.said(place) for place in places)), "")


def named_person(group: Group, places: tuple[str, ...]) -> str:
    """An XCN as a DICOM PN; one that has an ID alone goes by that."""
    for place in filter(None, places):
        name = person_name(group.message, f"{place}[1]", family=2)
        if name:
            return name
    return ""


def performer(group: Group, places: tuple[str, ...]) -> str:
    """OBR-34.1, a CN inside an NDL: its parts are sub-components; some senders write them as components."""
    place = places[0].rsplit(".", 1)[0] + "[1]"
    if group.message.get(f"{place}.1.2"):
        return pn(*(group.message.get(f"{place}.1.{n}") for n in (2, 3, 4, 5, 6)))
    return person_name(group.message, place, family=2)


def pregnancy(group: Group, places: tuple[str, ...]) -> str:
    """Pregnancy Status by the ambulatory statuses, of which a patient may have several."""
    said = [value for place in places for value in group.message.all(place)]
    return next((PREGNANT[value] for value in said if value in PREGNANT), "")


def priority(group: Group, places: tuple[str, ...]) -> str:
    """Requested Procedure Priority; ROUTINE where nothing known is said."""
    return PRIORITIES.get(first(group, places), "ROUTINE")


def start(group: Group, places: tuple[str, ...]) -> str:
    """Date and time in ISO; Hl7Error for what is none."""
    for place in places:
        text = group.said(place)
        if text:
            try:
                return orders.moment(re.split(r"[.+-]", text)[0])
            except BadInput:
                raise Hl7Error(
                    f"{text!r} is no date and time", place=plain(place), code="102", remedy="Write it YYYYMMDDHHMM."
                ) from None
    return ""


def study(group: Group, places: tuple[str, ...]) -> str:
    """A UID; Hl7Error for what is none."""
    text = first(group, places)
    if text and not is_uid(text):
        raise Hl7Error(
            f"{text[:80]!r} is no UID",
            place=plain(next(place for place in places if place and group.said(place))),
            code="102",
            remedy="Digits and dots, at most 64 (PS3.5 9.1).",
        )
    return text


def _size(group: Group, wanted: tuple[str, ...]) -> str:
    """Weight in kg or height in m from the OBX of that code or name (RAD-4), as a decimal string."""
    message = group.message
    for n in group.sizes:
        what = (message.get(f"OBX[{n}]-3.1"), message.get(f"OBX[{n}]-3.2").upper())
        value = message.get(f"OBX[{n}]-5")
        if not any(code == what[0] or code in what[1] for code in wanted):
            continue
        if re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,4})?", value):
            metres = wanted == _HEIGHT and message.get(f"OBX[{n}]-6.1").lower() == "cm"
            return f"{float(value) / 100:g}" if metres else value
    return ""


def weight(group: Group, places: tuple[str, ...]) -> str:
    """Patient's Weight (0010,1030)."""
    return _size(group, _WEIGHT)


def height(group: Group, places: tuple[str, ...]) -> str:
    """Patient's Size (0010,1020)."""
    return _size(group, _HEIGHT)
