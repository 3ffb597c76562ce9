"""Changes to a message as bytes: a value put in its place, a segment added or taken out, every other byte kept."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from simlab.hl7.characters import Separators, escape
from simlab.hl7.errors import Hl7Error
from simlab.hl7.path import Path, whole_segment

if TYPE_CHECKING:
    from simlab.hl7.message import Message, Segment

MOST_REPETITIONS = 10_000
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{2}")


def put(message: Message, at: Path, place: str, value: str, *, raw: bool) -> bytes:
    """The bytes of `message` with `value` at `at`; see `Message.set`."""
    segment = _segment(message, at.segment, at.occurrence or 1, place)
    if at.segment == "MSH" and at.field <= 2:
        raise Hl7Error("the separators of a message are not a value", place=place, remedy="Write a new message.")
    if (at.repetition or 1) > MOST_REPETITIONS:
        raise Hl7Error(
            f"there is no repetition {at.repetition} to set", place=place, remedy=f"At most {MOST_REPETITIONS}."
        )
    new = _encoded(message, value, place, raw=raw)
    marks = message.separators
    fields = list(segment.fields)
    fields += [b""] * (at.field + 1 - len(fields))
    levels = [(at.repetition or 1, marks.repetition)]
    if at.component:
        levels.append((at.component, marks.component))
    if at.subcomponent:
        levels.append((at.subcomponent, marks.subcomponent))
    fields[at.field] = _put(marks, fields[at.field], levels, new)
    return replaced(message, segment, fields)


def add_repetition(message: Message, at: Path, place: str, value: str, *, raw: bool) -> bytes:
    """The bytes of `message` with one more repetition behind those of a field, or the first of an empty one."""
    if at.repetition or at.component:
        raise Hl7Error("a repetition is added to a whole field", place=place, remedy="Write the place like PID-3.")
    segment = _segment(message, at.segment, at.occurrence or 1, place)
    held = segment.fields[at.field] if at.field < len(segment.fields) else b""
    number = len(segment.repetitions(at.field)) + 1 if held else 1
    return put(message, Path(at.segment, at.occurrence, at.field, number), place, value, raw=raw)


def inserted(message: Message, text: str, *, before: str = "", after: str = "") -> bytes:
    """The bytes of `message` with a new segment `before` or `after` the one named, or at the end."""
    name = text[:3]
    named = _NAME.fullmatch(name) and name.isupper() and name != "MSH"
    if not named or text[3:4] != message.separators.field:
        raise Hl7Error(
            f"{text[:12]!r} is no segment",
            place=name,
            remedy=f"A segment begins like NTE{message.separators.field}, and MSH stands first alone.",
        )
    new = _encoded(message, text, name, raw=True, segment=True)
    data = message.data
    if before:
        known, number = whole_segment(before)
        start = _segment(message, known, number, before).start
        if start == 0:
            raise Hl7Error("nothing may stand before MSH", place=before, remedy="Add the segment after MSH.")
        return data[:start] + new + b"\r" + data[start:]
    end = len(data.rstrip(b"\r"))
    if after:
        known, number = whole_segment(after)
        end = _segment(message, known, number, after).end
    return data[:end] + b"\r" + new + (data[end:] or b"\r")


def deleted(message: Message, place: str) -> bytes:
    """The bytes of `message` without the segment named (``ZDS``, ``OBX[2]``) and the CR that ends it."""
    name, number = whole_segment(place)
    segment = _segment(message, name, number, place)
    if segment.start == 0:
        raise Hl7Error("a message cannot be without its MSH", place=place, remedy="Take out another segment.")
    return message.data[: segment.start] + message.data[segment.end + 1 :]


def _segment(message: Message, name: str, number: int, place: str) -> Segment:
    found = message.named(name)[number - 1 : number]
    if not found:
        raise Hl7Error("the message has no such segment", place=place, code="100", remedy="Add the segment first.")
    return found[0]


def _encoded(message: Message, value: str, place: str, *, raw: bool, segment: bool = False) -> bytes:
    marks = message.separators
    if raw and re.search("[\r\n]" if segment else f"[\r\n{re.escape(marks.field)}]", value):
        raise Hl7Error("a raw value would break the segment", place=place, remedy="Escape the field separator.")
    try:
        return (value if raw else escape(value, marks)).encode(message.encoding)
    except UnicodeEncodeError as error:
        raise Hl7Error(
            f"{value[error.start]!r} does not exist in the character set of this message",
            place=place,
            code="102",
            remedy="Convert the message to UNICODE UTF-8 first.",
        ) from None


def replaced(message: Message, segment: Segment, fields: list[bytes]) -> bytes:
    """The bytes of `message` with `fields`, by their HL7 numbers, in the place of a segment's."""
    fields = list(fields)
    if segment.name == "MSH":
        del fields[1]
    new = message.separators.field.encode().join(fields)
    return message.data[: segment.start] + new + message.data[segment.end :]


def _put(marks: Separators, whole: bytes, levels: list[tuple[int, str]], value: bytes) -> bytes:
    if not levels:
        return value
    (number, mark), *deeper = levels
    parts = marks.split(whole, mark.encode())
    parts += [b""] * (number - len(parts))
    parts[number - 1] = _put(marks, parts[number - 1], deeper, value)
    return mark.encode().join(parts)
