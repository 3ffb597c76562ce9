"""The checks that profiles name where a list or a pattern cannot say it: identifiers, merges, order states, reports."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from simlab.hl7.message import Message
from simlab.hl7.path import Path
from simlab.hl7.values import nhs_number

MOST_IDENTIFIERS = 1000
"""Repetitions of one field that are looked at; nobody has more."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a check found, and where."""

    at: Path
    what: str = ""


@dataclass(frozen=True, slots=True)
class _Identifier:
    at: Path
    number: str
    authority: str
    kind: str

    @property
    def nhs(self) -> bool:
        return self.authority.upper() == "NHS" or self.kind == "NH"


def _identifiers(message: Message, segment: str, field: int) -> Iterator[list[_Identifier]]:
    """Each segment's identifiers; bytes that do not fit the character set as U+FFFD."""
    marks = message.separators
    for occurrence, held in enumerate(message.named(segment), 1):
        raw = held.fields[field] if field < len(held.fields) else b""
        found = []
        texts = raw.decode(message.shown_encoding, "replace").split(marks.repetition, MOST_IDENTIFIERS)
        for number, text in enumerate(texts[:MOST_IDENTIFIERS], 1):
            parts = [*text.split(marks.component), "", "", "", "", ""]
            authority = parts[3].split(marks.subcomponent)[0]
            if text:
                found.append(_Identifier(Path(segment, occurrence, field, number), parts[0], authority, parts[4]))
        yield found


def _nhs_number(message: Message) -> Iterator[Said]:
    for held in _identifiers(message, "PID", 3):
        for one in held:
            if one.nhs and one.number not in ("", '""') and not nhs_number(one.number):
                yield Said(one.at, repr(one.number[:20]))


def _nhs_range(message: Message) -> Iterator[Said]:
    for held in _identifiers(message, "PID", 3):
        for one in held:
            if one.nhs and nhs_number(one.number) and not one.number.startswith("999"):
                yield Said(one.at, one.number)


def _nhs_first(message: Message) -> Iterator[Said]:
    if message.get("MSH-9.2") == "A43":
        return  # there PID-3 holds what is moved and nothing else; whose it is stands in PID-2
    for held in _identifiers(message, "PID", 3):
        if held and held[0].nhs:
            yield Said(held[0].at)


def _authority(message: Message) -> Iterator[Said]:
    for segment, field in (("PID", 3), ("MRG", 1)):
        for held in _identifiers(message, segment, field):
            for one in held:
                if not one.authority:
                    yield Said(Path(segment, one.at.occurrence, field, one.at.repetition, 4), one.number[:30])


def _merge(message: Message) -> Iterator[Said]:
    retired = next(_identifiers(message, "MRG", 1), [])
    kept = next(_identifiers(message, "PID", 3), [])
    for one in retired:
        same = [other for other in kept if (other.authority, other.kind) == (one.authority, one.kind)]
        if kept and not same:
            yield Said(one.at, f"PID-3 has no {one.kind or 'number'} of {one.authority or 'that authority'}")
        elif any(other.number == one.number for other in same):
            yield Said(one.at, f"{one.number[:30]} stands in PID-3 and in MRG-1")


_PAIRS = {"CA": ("CA",), "DC": ("CA",), "XO": ("SC", "CM")}


def _order_state(message: Message) -> Iterator[Said]:
    for number in range(1, len(message.named("ORC")) + 1):
        control, state = message.get(f"ORC[{number}]-1"), message.get(f"ORC[{number}]-5")
        if control in _PAIRS and state not in _PAIRS[control]:
            yield Said(Path("ORC", number, 5), f"ORC-1 {control} with ORC-5 {state[:10] or 'empty'}")


def _leading_uid(message: Message) -> Iterator[Said]:
    if message.named("OBX") and message.get("OBX-2") not in ("HD", "RP"):
        yield Said(Path("OBX", 1, 2))


def _same_order(message: Message) -> Iterator[Said]:
    orders = message.named("ORC")
    requests = message.named("OBR")
    if len(orders) != len(requests):
        return
    for number in range(1, len(orders) + 1):
        for field in (2, 3):
            control, request = message.get(f"ORC[{number}]-{field}"), message.get(f"OBR[{number}]-{field}")
            if control and request and control != request:
                yield Said(Path("OBR", number, field), f"{request[:30]} and in ORC-{field} {control[:30]}")


CHECKS: dict[str, Callable[[Message], Iterator[Said]]] = {
    "nhs-number": _nhs_number,
    "nhs-range": _nhs_range,
    "nhs-first": _nhs_first,
    "authority": _authority,
    "merge": _merge,
    "order-state": _order_state,
    "same-order": _same_order,
    "leading-uid": _leading_uid,
}
"""The checks by the names that profiles call them."""
