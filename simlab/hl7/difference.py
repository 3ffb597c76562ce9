"""Two messages compared field by field: what changed, what was added, what is gone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from simlab.hl7 import dictionary, elements
from simlab.hl7.message import Message, Segment
from simlab.hl7.path import Path, path

MOST_ALIGNED = 400
"""Segments that are aligned by what they hold; behind that many they are paired by name and number."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: its path in the message that has it (the first one's when both do), name, text before and after.

    None stands for a segment or value that is not there.
    """

    path: str
    name: str
    before: str | None
    after: str | None


_Labelled = tuple[Segment, str]


def difference(before: Message, after: Message, *, ignore: tuple[str, ...] = ()) -> list[Change]:
    """What differs between two messages; `ignore` names whole fields (``MSH-7``).

    Between two character sets the same letters are the same value, whatever their bytes.
    """
    ignored = {(at.segment, at.field) for at in map(path, ignore)}
    first, second = list(elements.labelled(before)), list(elements.labelled(after))
    found: list[Change] = []
    for one, other in _paired(first, second):
        if one is None and other is not None:
            found.append(_whole(after, other, added=True))
        elif other is None and one is not None:
            found.append(_whole(before, one, added=False))
        elif one is not None and other is not None and one[0].raw != other[0].raw:
            found += _fields(before, after, one, other, ignored)
    if before.shown_encoding == after.shown_encoding:
        return found
    return [one for one in found if one.before != one.after or "\ufffd" in (one.before or "")]


def _whole(message: Message, held: _Labelled, *, added: bool) -> Change:
    segment, label = held
    text = segment.raw.decode(message.shown_encoding, "replace")
    return Change(label, dictionary.segment_name(segment.name), None if added else text, text if added else None)


def _paired(first: list[_Labelled], second: list[_Labelled]) -> Iterator[tuple[_Labelled | None, _Labelled | None]]:
    start = 0
    while start < min(len(first), len(second)) and first[start][0].raw == second[start][0].raw:
        start += 1
    end = 0
    while end < min(len(first), len(second)) - start and first[-1 - end][0].raw == second[-1 - end][0].raw:
        end += 1
    left, right = first[start : len(first) - end], second[start : len(second) - end]
    if len(left) + len(right) > MOST_ALIGNED:
        yield from _by_name(left, right)
        return
    matcher = SequenceMatcher(None, [s.raw for s, _ in left], [s.raw for s, _ in right], autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag != "equal":
            yield from _by_name(left[a:b], right[c:d])


def _by_name(left: list[_Labelled], right: list[_Labelled]) -> Iterator[tuple[_Labelled | None, _Labelled | None]]:
    waiting: dict[str, list[_Labelled]] = {}
    for held in right:
        waiting.setdefault(held[0].name, []).append(held)
    for name, held_back in waiting.items():
        waiting[name] = held_back[::-1]
    for held in left:
        others = waiting.get(held[0].name)
        yield held, others.pop() if others else None
    taken = {id(held) for others in waiting.values() for held in others}
    for held in right:
        if id(held) in taken:
            yield None, held


def _fields(
    before: Message, after: Message, one: _Labelled, other: _Labelled, ignored: set[tuple[str, int]]
) -> Iterator[Change]:
    name, label = one[0].name, one[1]
    old, new = one[0].fields, other[0].fields
    for number in range(1, max(len(old), len(new))):
        a, b = (held[number] if number < len(held) else b"" for held in (old, new))
        if a == b or (name, number) in ignored:
            continue
        at = Path(name, None, number)
        marks = ((m.separators.repetition, m.separators.component, m.separators.subcomponent) for m in (before, after))
        if name == "MSH" and number <= 2:
            yield _change(before, after, at, f"{label}-{number}", a, b)
        else:
            yield from _parts(before, after, at, f"{label}-{number}", a, b, *marks)


def _parts(
    before: Message, after: Message, at: Path, label: str, a: bytes, b: bytes,
    old: tuple[str, ...], new: tuple[str, ...],
) -> Iterator[Change]:  # fmt: skip
    if not old:
        yield _change(before, after, at, label, a, b)
        return
    first = before.separators.split(a, old[0].encode())
    second = after.separators.split(b, new[0].encode())
    deeper = [*(before.separators.split(a, mark.encode(), 1) for mark in old)]
    deeper += [after.separators.split(b, mark.encode(), 1) for mark in new]
    if len(first) == len(second) == 1 and len(old) < 3 and all(len(parts) == 1 for parts in deeper):
        yield _change(before, after, at, label, a, b)
        return
    single = len(first) == len(second) == 1
    for number in range(1, max(len(first), len(second)) + 1):
        x, y = (held[number - 1] if number <= len(held) else b"" for held in (first, second))
        if x == y:
            continue
        if len(old) == 3:
            inner = Path(at.segment, at.occurrence, at.field, number)
            yield from _parts(before, after, inner, label if single else f"{label}[{number}]", x, y, old[1:], new[1:])
        elif len(old) == 2:
            inner = Path(at.segment, at.occurrence, at.field, at.repetition, number)
            yield from _parts(before, after, inner, f"{label}.{number}", x, y, old[1:], new[1:])
        else:
            inner = Path(at.segment, at.occurrence, at.field, at.repetition, at.component, number)
            yield _change(before, after, inner, f"{label}.{number}", x, y)


def _change(before: Message, after: Message, at: Path, label: str, a: bytes, b: bytes) -> Change:
    version = before.version
    if at.component:
        name = dictionary.component_name(at.segment, at.field, at.component, version)
    else:
        name = dictionary.field_name(at.segment, at.field, version)
    return Change(label, name, _text(before, a), _text(after, b))


def _text(message: Message, raw: bytes) -> str | None:
    return raw.decode(message.shown_encoding, "replace") if raw else None
