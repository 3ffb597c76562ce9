"""One repetition of a field on its own: read and written without the message around it, however long that is."""

from __future__ import annotations

from simlab.hl7.errors import Hl7Error
from simlab.hl7.message import Message, Segment, parse
from simlab.hl7.path import Path, path

MOST = 10_000
"""Repetitions of a field, or segments of a name, that a rule looks at one by one."""


def repetitions(message: Message, segment: Segment, place: str) -> list[bytes]:
    """The repetitions of a segment's field, none when it is empty; Hl7Error when there are too many for a rule."""
    field = path(place).field
    raw = segment.fields[field] if field < len(segment.fields) else b""
    found = message.separators.split(raw, message.separators.wire.repetition) if raw else []
    _bounded(len(found), f"{place} has {len(found)} repetitions", place)
    return found


def occurrences(message: Message, place: str) -> list[Segment]:
    """The segments that `place` speaks of: that of its number, or all of its name; Hl7Error when they are too many."""
    wanted = path(place)
    found = message.named(wanted.segment)
    if wanted.occurrence is not None:
        return found[wanted.occurrence - 1 : wanted.occurrence]
    _bounded(len(found), f"there are {len(found)} segments {wanted.segment}", place)
    return found


def _bounded(number: int, said: str, place: str) -> None:
    if number > MOST:
        raise Hl7Error(said, place=place, remedy=f"A rule looks at {MOST} at most; name the one that is meant.")


def read(message: Message, raw: bytes, place: str) -> str:
    """What stands at `place` of a repetition, its own number left aside."""
    return _alone(message, raw, path(place)).get(_within(path(place)))


def written(message: Message, raw: bytes, place: str, value: str) -> bytes:
    """The repetition with `value` at `place`; Hl7Error when the character set of the message has no such letter."""
    at = path(place)
    try:
        return _alone(message, raw, at).set(_within(at), value).named("ZZZ")[0].fields[at.field]
    except Hl7Error as error:
        raise Hl7Error(error.what, place=place, remedy=error.remedy, code=error.code) from None


def _within(at: Path) -> str:
    return ".".join(str(part) for part in (f"ZZZ-{at.field}", at.component, at.subcomponent) if part)


def _alone(message: Message, raw: bytes, at: Path) -> Message:
    mark = message.separators.field.encode()
    head = message.segments[0].fields
    charset = head[18] if len(head) > 18 else b""
    return parse(b"MSH" + mark + head[2] + mark * 16 + charset + b"\rZZZ" + mark * at.field + raw)


def spliced(message: Message, new: dict[int, list[bytes]]) -> Message:
    """The message with these fields in the segments that begin at these bytes; every other byte is kept."""
    if not new:
        return message
    mark, data, pieces, done = message.separators.field.encode(), message.data, [], 0
    for segment in message.segments:
        if segment.start not in new:
            continue
        fields = new[segment.start]
        if segment.name == "MSH":
            fields = [fields[0], *fields[2:]]
        pieces += [data[done : segment.start], mark.join(fields)]
        done = segment.end
    return parse(b"".join([*pieces, data[done:]]))
