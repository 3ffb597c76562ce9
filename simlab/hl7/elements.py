"""Every element of a message with its path, byte span, name and data type: what trees, printouts and findings show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from simlab.hl7 import dictionary
from simlab.hl7.characters import Separators
from simlab.hl7.dictionary import Definition
from simlab.hl7.path import Path

if TYPE_CHECKING:
    from simlab.hl7.message import Message, Segment

Level = Literal["segment", "field", "repetition", "component", "subcomponent"]
LEVELS: tuple[Level, ...] = ("segment", "field", "repetition", "component", "subcomponent")


@dataclass(frozen=True, slots=True)
class Element:
    """One element: `raw` stands in the message from byte `start` up to, not including, `end`.

    `leaf` says that nothing stands beneath it in `walk`: its value is text, not parts.
    """

    level: Level
    path: str
    raw: bytes
    start: int
    name: str
    data_type: str = ""
    table: str = ""
    leaf: bool = True

    @property
    def end(self) -> int:
        return self.start + len(self.raw)

    @property
    def depth(self) -> int:
        """0 for a segment, 1 for a field, down to 4 for a sub-component."""
        return LEVELS.index(self.level)


def walk(message: Message, *, empty: bool = False) -> Iterator[Element]:
    """Every element in the order of its bytes, parents before their parts; `empty` gives the empty ones too.

    A level with one part only is not repeated: PID-8 with the value M is one element, a field.
    """
    version = message.version
    for segment, label in labelled(message):
        yield Element("segment", label, segment.raw, segment.start, dictionary.segment_name(segment.name), leaf=False)
        for number, raw, start in placed(segment):
            if raw or empty:
                of = definition(message, segment, number, version)
                yield from _parts(message, Element("field", f"{label}-{number}", raw, start, *_named(of)), version)


def _named(of: Definition | None) -> tuple[str, str, str]:
    return (of.name, of.data_type, of.table) if of else ("", "", "")


def labelled(message: Message) -> Iterator[tuple[Segment, str]]:
    """The segments with their paths: ``PID``, and ``OBX[2]`` where there are several."""
    seen: dict[str, int] = {}
    for segment in message.segments:
        name = segment.name
        number = seen[name] = seen.get(name, 0) + 1
        yield segment, name if len(message.named(name)) == 1 else f"{name}[{number}]"


def placed(segment: Segment) -> Iterator[tuple[int, bytes, int]]:
    """The fields of a segment: number, bytes, and where they begin in the message."""
    start = segment.start + len(segment.name) + 1
    for number, raw in enumerate(segment.fields[1:], 1):
        if number == 1 and segment.name == "MSH":
            yield 1, raw, start - 1  # MSH-1 is the separator itself
            continue
        yield number, raw, start
        start += len(raw) + 1


def definition(message: Message, segment: Segment, number: int, version: str) -> Definition | None:
    """What the dictionary says of a field; the data type of OBX-5 is the one that stands in OBX-2."""
    found = dictionary.field(segment.name, number, version)
    if found and found.data_type == "varies" and segment.name == "OBX" and len(segment.fields) > 2:
        return found.of_type(segment.fields[2].decode("latin-1"))
    return found


def _parts(message: Message, whole: Element, version: str) -> Iterator[Element]:
    marks = message.separators
    if whole.path in ("MSH-1", "MSH-2"):
        yield whole
        return
    repetitions = list(_split(marks, whole, marks.wire.repetition))
    if len(repetitions) == 1:
        yield from _composite(marks, whole, marks.wire.component, version)
        return
    yield _parent(whole)
    for number, (raw, start) in enumerate(repetitions, 1):
        part = Element("repetition", f"{whole.path}[{number}]", raw, start, whole.name, whole.data_type, whole.table)
        yield from _composite(marks, part, marks.wire.component, version)


def _parent(whole: Element) -> Element:
    return Element(
        whole.level, whole.path, whole.raw, whole.start, whole.name, whole.data_type, whole.table, leaf=False
    )


def _composite(marks: Separators, whole: Element, mark: bytes, version: str) -> Iterator[Element]:
    level: Level = "subcomponent" if whole.level == "component" else "component"
    parts, submark = list(_split(marks, whole, mark)), marks.wire.subcomponent
    if len(parts) == 1:
        if level == "component" and submark in whole.raw and len(marks.split(whole.raw, submark, 1)) > 1:
            one = dictionary.components(whole.data_type, version)[:1]
            yield _parent(whole)
            part = Element("component", f"{whole.path}.1", whole.raw, whole.start, *_named(one[0] if one else None))
            yield from _composite(marks, part, submark, version)
            return
        yield whole
        return
    yield _parent(whole)
    known = dictionary.components(whole.data_type, version)
    for number, (raw, start) in enumerate(parts, 1):
        if not raw:
            continue
        names = _named(known[number - 1]) if number <= len(known) else ("", "", "")
        part = Element(level, f"{whole.path}.{number}", raw, start, *names)
        if level == "component":
            yield from _composite(marks, part, submark, version)
        else:
            yield part


def _split(marks: Separators, whole: Element, mark: bytes) -> Iterator[tuple[bytes, int]]:
    start = whole.start
    for raw in marks.split(whole.raw, mark):
        yield raw, start
        start += len(raw) + len(mark)


def locate(message: Message, at: Path) -> Element | None:
    """The element at `at`, an empty one included; None when the message does not reach so far."""
    found = message.named(at.segment)[(at.occurrence or 1) - 1 : at.occurrence or 1]
    here = next((part for part in placed(found[0]) if part[0] == at.field), None) if found else None
    if here is None:
        return None
    version = message.version
    number, raw, start = here
    label = at.segment if len(message.named(at.segment)) == 1 else f"{at.segment}[{at.occurrence or 1}]"
    element = Element("field", f"{label}-{number}", raw, start, *_named(definition(message, found[0], number, version)))
    if at.segment == "MSH" and at.field <= 2:
        return element
    marks = message.separators
    steps: tuple[tuple[Level, int | None, str], ...] = (
        ("repetition", at.repetition or (1 if at.component else None), marks.repetition),
        ("component", at.component, marks.component),
        ("subcomponent", at.subcomponent, marks.subcomponent),
    )
    for level, number_, mark in steps:
        if number_ is None:
            break
        # No further than needed: a field of megabytes may have findings in its first repetitions.
        parts = marks.split(element.raw, mark.encode(), number_)
        if number_ > len(parts):
            return None
        before = element.start + sum(len(part) + 1 for part in parts[: number_ - 1])
        single = len(parts) == 1
        element = _beneath(element, level, number_, parts[number_ - 1], before, single=single, version=version)
    return element


def _beneath(
    whole: Element, level: Level, number: int, raw: bytes, start: int, *, single: bool, version: str
) -> Element:
    if level == "repetition":
        label = whole.path if single else f"{whole.path}[{number}]"
        return Element(level, label, raw, start, whole.name, whole.data_type, whole.table)
    known = dictionary.components(whole.data_type, version)
    names = _named(known[number - 1]) if number <= len(known) else ("", "", "")
    return Element(level, f"{whole.path}.{number}", raw, start, *names)


def span(message: Message, at: Path) -> tuple[str, int, int]:
    """The path of a place as findings show it, and its bytes; of one that is not there, where it would begin."""
    found = locate(message, at)
    if found:
        return found.path, found.start, found.end
    number = at.occurrence or 1
    held = message.named(at.segment)
    label = at.segment if len(held) <= 1 else f"{at.segment}[{number}]"
    text = f"{label}-{at.field}" + "".join(f".{part}" for part in (at.component, at.subcomponent) if part)
    outer = locate(message, Path(at.segment, at.occurrence, at.field))
    end = outer.end if outer else held[number - 1].end if len(held) >= number else message.segments[-1].end
    return text, end, end
