"""A value of one version cut to what the same field of another takes, each cut told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from simlab.hl7 import dictionary, fields
from simlab.hl7.dictionary import Definition

if TYPE_CHECKING:
    from simlab.hl7.conversion import Row, Work

_TIMES = frozenset({"TS", "DTM"})
_HOUR = re.compile(r"(\d{10})([+-]\d{4})?")
BEFORE_2_5 = ("2.1", "2.2", "2.3", "2.3.1", "2.4")


def fitted(value: str, old: Definition | None, new: Definition, work: Work, place: str) -> str:
    """A whole field: its repetitions as many as may stand, each part as the data type of the new version has it."""
    if new.data_type == "varies" or (old and old.data_type == "varies"):
        return value
    repetitions = value.split(work.marks.repetition)
    if new.most > 0 and len(repetitions) > new.most and not (old and old.most == new.most):
        lost = work.marks.repetition.join(repetitions[new.most :])
        work.note(place, f"{lost[:60]!r} left out: {new.name} may stand {new.most} time{'s' * (new.most > 1)} there")
        repetitions = repetitions[: new.most]
    single = len(repetitions) == 1
    return work.marks.repetition.join(
        _value(one, old, new, work, place if single else f"{place}[{number}]")
        for number, one in enumerate(repetitions, 1)
    )


def _value(text: str, old: Definition | None, new: Definition, work: Work, place: str) -> str:
    marks = work.marks
    if not text or text == '""':
        return text
    return _parts(text, old, new, work, place, (marks.component, marks.subcomponent))


def _parts(text: str, old: Definition | None, new: Definition, work: Work, place: str, levels: tuple[str, ...]) -> str:
    if not levels:
        return _leaf(text, new, work, place)
    mark, *deeper = levels
    was = dictionary.components(old.data_type, work.old) if old else ()
    may = dictionary.components(new.data_type, work.new)
    split = text.split(mark)
    if len(split) > max(1, len(was)):
        return text  # wrong before: the validator says so
    most = max(1, len(may))
    if any(split[most:]):
        first = next((number for number, part in enumerate(split) if part), 0)
        if most == 1 and first:
            split = [split[first], *split]
            del split[first + 1]
        lost = mark.join(split[most:]).strip(mark)
        work.note(place, f"{lost[:60]!r} left out: {new.name} has {_counted(most)} in version {work.new}")
    split = split[:most]
    if not may:
        one = was[0] if was else old
        return mark.join(_parts(part, one, new, work, place, tuple(deeper)) for part in split)
    return mark.join(
        _parts(
            part, was[number] if number < len(was) else None, _time(new, may[number], number), work,
            place if len(split) == 1 else f"{place}.{number + 1}", tuple(deeper),
        )
        for number, part in enumerate(split)
    )  # fmt: skip


def _time(whole: Definition, part: Definition, number: int) -> Definition:
    """The first part of a TS was ST before 2.5, and a time all the same."""
    return part.of_type("DTM") if whole.data_type == "TS" and number == 0 else part


def _counted(number: int) -> str:
    return "no parts" if number == 1 else f"{number} parts"


def _leaf(text: str, new: Definition, work: Work, place: str) -> str:
    if not text or text == '""':
        return text
    if new.data_type == "DT" and len(text) > 8 and text[:8].isdigit():
        work.note(place, f"the time {text[8:]!r} left out: {new.name} is a date in version {work.new}")
        return text[:8]
    if new.data_type in _TIMES and work.new in BEFORE_2_5 and (match := _HOUR.fullmatch(text)):
        made = f"{match[1]}00{match[2] or ''}"
        work.note(place, f"{text} written {made}: before version 2.5 an hour has its minutes")
        return made
    return text


def without(work: Work, label: str, row: Row, fault: fields.Fault, *, required: bool) -> None:
    """Leave out a part that the new version takes for an error; what it requires stays as it is, and is told."""
    marks, place = work.marks, f"{label}-{fault.field}"
    if fault.complaint.rule == "field.required" or (required and fault.component <= 1):
        work.note(place, f"{fault.complaint.what}; version {work.new} requires it")
        return
    repetitions = row[fault.field].split(marks.repetition)
    number = max(fault.repetition - 1, 0)
    if fault.component:
        parts = repetitions[number].split(marks.component)
        inner = parts[fault.component - 1].split(marks.subcomponent)
        lost = inner[fault.subcomponent - 1] if fault.subcomponent else parts[fault.component - 1]
        if fault.subcomponent:
            inner[fault.subcomponent - 1] = ""
            parts[fault.component - 1] = marks.subcomponent.join(inner).rstrip(marks.subcomponent)
        else:
            parts[fault.component - 1] = ""
        repetitions[number] = marks.component.join(parts).rstrip(marks.component)
        place += f".{fault.component}"
    else:
        lost, repetitions[number] = repetitions[number], ""
    row[fault.field] = marks.repetition.join(repetitions)
    work.note(place, f"{lost[:60]!r} left out: {fault.complaint.what}")
