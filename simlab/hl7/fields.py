"""Whether the fields of a segment are what its version says, by checks made once for each version and data type."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from simlab.hl7 import dictionary, tables, values
from simlab.hl7.characters import Separators
from simlab.hl7.dictionary import Definition
from simlab.hl7.values import Complaint

Extra = frozenset[tuple[str, str]]
"""Codes that a profile adds to tables: (number, code)."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A complaint with its place in the segment; 0 for repetition, component or sub-component means the whole."""

    field: int
    repetition: int
    component: int
    subcomponent: int
    complaint: Complaint


MOST_IN_A_FIELD = 20
"""Findings of one field that repeats; the others are like them."""

_Check = Callable[[str], Complaint | None]


@dataclass(frozen=True, slots=True)
class _Type:
    """How to check one value: `leaf` when it has no parts, else a check for each part. None: any text will do."""

    name: str
    leaf: _Check | None = None
    parts: tuple[_Type, ...] = ()
    required: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Field:
    number: int
    definition: Definition
    of: _Type
    watched: bool


_FIRST = {"TS": "DTM"}
"""Composites whose first component holds what the type is about, and was ST before 2.5."""
_DEEPEST = 3


def _coded(data_type: str, number: str, version: str, extra: Extra) -> _Check | None:
    table = tables.table(number, version)
    codes = table.codes | {code for of, code in extra if of == number}
    if not table.codes:
        return None
    rule = "table.open" if table.open else "table.code" if data_type == "ID" else "table.user"
    remedy = f"Table {number}, {table.name}: {', '.join(sorted(codes)[:12])}{'…' if len(codes) > 12 else ''}."

    def check(text: str) -> Complaint | None:
        if text in codes:
            return None
        return Complaint(rule, f"{text[:40]!r} is not in table {number}, {table.name}", remedy)

    return check


@lru_cache(maxsize=4096)
def _type(data_type: str, table: str, version: str, extra: Extra, depth: int = 1) -> _Type:
    parts = dictionary.components(data_type, version) if depth < _DEEPEST else ()
    if parts:
        first = _FIRST.get(data_type)
        made = tuple(
            _type(first if first and n == 0 else part.data_type, part.table, version, extra, depth + 1)
            for n, part in enumerate(parts)
        )
        required = tuple(number for number, part in enumerate(parts) if part.required)
        return _Type(data_type, None, made, required)
    if depth == _DEEPEST and data_type in _FIRST:
        data_type = _FIRST[data_type]
    leaf = values.PRIMITIVES.get(data_type)
    if leaf is None and table and data_type in ("ID", "IS"):
        leaf = _coded(data_type, table, version, extra)
    return _Type(data_type, leaf)


@lru_cache(maxsize=2048)
def _plan(segment: str, version: str, extra: Extra) -> tuple[_Field, ...]:
    plan = []
    for number, of in enumerate(dictionary.segment_fields(segment, version), 1):
        kind = _type("ST" if of.data_type == "varies" else of.data_type, of.table, version, extra)
        plan.append(_Field(number, of, kind, of.required or of.most == 0))
    return tuple(plan)


def faults(name: str, fields: list[str], marks: Separators, version: str, extra: Extra = frozenset()) -> list[Fault]:
    """Every fault in the fields of one segment, `fields[0]` being its name; none for one the version does not know."""
    plan = _plan(name, version, extra)
    if not plan:
        return []
    found: list[Fault] = []
    count = len(fields)
    for held in plan:
        number = held.number
        value = fields[number] if number < count else ""
        if value:
            _field(found, held, value, marks, version)
        elif held.watched and held.definition.most:
            what = f"{held.definition.name} is empty"
            found.append(Fault(number, 0, 0, 0, Complaint("field.required", what, f"Fill {name}-{number}.")))
    if name == "OBX" and count > 5 and fields[5]:
        found += islice(_observation(fields[2], fields[5], marks, version, extra), MOST_IN_A_FIELD)
    if count > len(plan) + 1:
        surplus = next((number for number in range(len(plan) + 1, count) if fields[number]), 0)
        if surplus:
            what = f"{name} has {len(plan)} fields in version {version}, here are {count - 1}"
            found.append(Fault(surplus, 0, 0, 0, Complaint("field.extra", what, f"Is a {marks.field} unescaped?")))
    return found


def _field(found: list[Fault], held: _Field, value: str, marks: Separators, version: str) -> None:
    of, number, most = held.definition, held.number, MOST_IN_A_FIELD
    if of.data_type == "varies":
        return
    if marks.repetition in value:
        repetitions = value.split(marks.repetition)
        if of.most == 1:
            what = f"{of.name} stands {len(repetitions)} times and may stand once"
            found.append(Fault(number, 0, 0, 0, Complaint("field.repeat", what, f"Is a {marks.repetition} unescaped?")))
    else:
        repetitions = [value]
    if of.most == 0:
        what = f"{of.name} was withdrawn before version {version}"
        found.append(Fault(number, 0, 0, 0, Complaint("field.withdrawn", what, "Leave it empty.")))
    for index, repetition in enumerate(repetitions, 1):
        if repetition == '""':
            continue
        if of.length and len(repetition) > of.length:
            what = f"{of.name} has {len(repetition)} characters, {of.length} are allowed"
            found.append(Fault(number, index, 0, 0, Complaint("field.length", what, "Shorten it, or agree on more.")))
            most -= 1
        if repetition:
            for component, subcomponent, complaint in _value(held.of, repetition, marks):
                found.append(Fault(number, index, component, subcomponent, complaint))
                most -= 1
        if most <= 0:
            return


def _value(of: _Type, text: str, marks: Separators) -> Iterator[tuple[int, int, Complaint]]:
    parts = of.parts
    if not parts:
        if marks.component in text or marks.subcomponent in text:
            yield 0, 0, _unescaped(of, text, marks)
        elif of.leaf and (complaint := of.leaf(text)):
            yield 0, 0, complaint
        return
    split = text.split(marks.component)
    if len(split) > len(parts):
        if any(split[len(parts) :]):
            what = f"{of.name} has {len(parts)} components, here are {len(split)}"
            yield 0, 0, Complaint("type.extra", what, f"Is a {marks.component} unescaped?")
        split = split[: len(parts)]
    alone = len(split) == 1
    for number, component in enumerate(split):
        if not component or component == '""':
            continue
        part, place = parts[number], 0 if alone else number + 1
        if part.parts:
            yield from _component(place, part, component, marks)
        elif marks.subcomponent in component:
            yield place, 0, _unescaped(part, component, marks)
        elif part.leaf and (complaint := part.leaf(component)):
            yield place, 0, complaint
    for number in of.required:
        if number >= len(split) or not split[number]:
            yield number + 1, 0, Complaint("field.required", f"{of.name}.{number + 1} is empty", "Fill it.")
    if of.name == "CX" and len(split) > 2 and split[1]:
        complaint = values.check_digit(split[0], split[1], split[2])
        if complaint:
            yield 2, 0, complaint


def _component(number: int, of: _Type, text: str, marks: Separators) -> Iterator[tuple[int, int, Complaint]]:
    split = text.split(marks.subcomponent)
    if len(split) > len(of.parts):
        what = f"{of.name} has {len(of.parts)} parts, here are {len(split)}"
        yield number, 0, Complaint("type.extra", what, f"Is a {marks.subcomponent} unescaped?")
    alone = len(split) == 1
    for index, part in enumerate(split[: len(of.parts)]):
        leaf = of.parts[index].leaf
        if part and leaf and part != '""' and (complaint := leaf(part)):
            yield number, 0 if alone else index + 1, complaint


def _unescaped(of: _Type, text: str, marks: Separators) -> Complaint:
    mark = marks.component if marks.component in text else marks.subcomponent
    letter = marks.letters[mark]
    return Complaint(
        "type.parts",
        f"{of.name} has no parts, and a {mark} stands in it",
        f"Write {mark} as {marks.escape}{letter}{marks.escape}.",
    )


def _observation(kind: str, value: str, marks: Separators, version: str, extra: Extra) -> Iterator[Fault]:
    if not kind:
        return
    if kind not in dictionary.data_types(version):
        complaint = Complaint(
            "type.value", f"{kind[:20]!r} is no data type of version {version}", "Name in OBX-2 what OBX-5 holds."
        )
        yield Fault(2, 0, 0, 0, complaint)
        return
    of = _type(kind, "", version, extra)
    for index, repetition in enumerate(value.split(marks.repetition), 1):
        if repetition and repetition != '""':
            for component, subcomponent, complaint in _value(of, repetition, marks):
                yield Fault(5, index, component, subcomponent, complaint)
