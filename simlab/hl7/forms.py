"""Other forms of a message: JSON without loss, another character set, other line ends."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from simlab.errors import BadInput
from simlab.hl7 import edit, wide
from simlab.hl7.characters import Separators, codec
from simlab.hl7.errors import Hl7Error
from simlab.hl7.message import Message, parse

LINE_ENDS = {"cr": b"\r", "lf": b"\n", "crlf": b"\r\n"}


def as_json(message: Message) -> dict[str, Any]:
    """The message as JSON-able values, of which `from_json` makes the same bytes again.

    A segment is a list by field number; a field is text, or a list of repetitions, each text or a list of components,
    each text or a list of sub-components. Escape sequences stay as they stand.
    """
    text, encoding = _readable(message)
    marks = message.separators
    return {
        **({"form": message.form} if message.form else {}),
        "separators": marks.field + marks.encoding_characters,
        "encoding": encoding,
        "segments": [_segment(line, marks) if line else "" for line in text.split("\r")],
    }


def _readable(message: Message) -> tuple[str, str]:
    """The text of a message and the codec that gives its bytes back: that of MSH-18, else Latin-1."""
    try:
        text, encoding = message.data.decode(message.encoding), message.encoding
        if text.encode(encoding) == message.data:
            return text, encoding
    except (UnicodeError, Hl7Error):
        pass
    return message.data.decode("latin-1"), "latin-1"


def _segment(line: str, marks: Separators) -> list[Any]:
    name, *fields = line.split(marks.field)
    if name == "MSH":
        return [name, marks.field, fields[0], *(_field(field, marks) for field in fields[1:])]
    return [name, *(_field(field, marks) for field in fields)]


def _field(text: str, marks: Separators) -> Any:
    if not any(mark in text for mark in (marks.repetition, marks.component, marks.subcomponent)):
        return text
    return [_nested(part, marks.component, marks.subcomponent) for part in text.split(marks.repetition)]


def _nested(text: str, mark: str, submark: str) -> Any:
    if mark not in text and submark not in text:
        return text
    return [part.split(submark) if submark in part else part for part in text.split(mark)]


def message_of(value: Any) -> Message:
    """The message that `as_json` wrote; BadInput or Hl7Error when it is none."""
    made, form = parse(from_json(value)), value.get("form", "")
    if form and form not in wide.FORMS:
        raise BadInput(f"there is no form {form!r}", place="JSON", remedy=f"Use {', '.join(wide.FORMS)}.")
    return replace(made, form=form)


def from_json(value: Any) -> bytes:
    """The bytes of a message that `as_json` wrote, or that somebody wrote like it; BadInput when it is not so.

    One in UTF-16 is given in UTF-8, as `Message.data` holds it.
    """
    try:
        field, component, repetition, _, subcomponent = value["separators"][:5]
        lines = [_line(segment, field, repetition, component, subcomponent) for segment in value["segments"]]
        return "\r".join(lines).encode(value.get("encoding", "utf-8"))
    except (KeyError, TypeError, ValueError, LookupError, AttributeError) as error:
        raise BadInput(
            f"this JSON is no message ({type(error).__name__})",
            place="JSON",
            remedy="Write what `simlab hl7 convert --to json` writes: separators, encoding, segments.",
        ) from None


def _line(segment: Any, field: str, repetition: str, component: str, subcomponent: str) -> str:
    if segment == "":
        return ""
    if not isinstance(segment, list):
        raise TypeError("a segment is a list")
    name, *fields = segment
    if name == "MSH":
        fields = fields[1:]
    return field.join(
        [name, *(_joined(one, (repetition, component, subcomponent)) for one in fields)],
    )


def _joined(value: Any, marks: tuple[str, ...]) -> str:
    if isinstance(value, str):
        return value
    if not isinstance(value, list) or not marks:
        raise TypeError("a value is text or a list")
    return marks[0].join(_joined(part, marks[1:]) for part in value)


def labelled(message: Message, character_set: str) -> bytes:
    """The bytes of a message with another MSH-18, repetitions with ~ between them, and nothing else changed."""
    held = message.segments[0].fields
    fields = [*held, *[b""] * (19 - len(held))]
    fields[18] = character_set.replace("~", message.separators.repetition).encode()
    return edit.replaced(message, message.segments[0], fields)


def recoded(message: Message, character_set: str) -> Message:
    """The message in another character set, MSH-18 with it; Hl7Error, with its place, for a letter that it lacks.

    Of several sets, as MSH-18 repeats (``ASCII~ISO IR87``), the first is in force and the others are switched to.
    """
    form = wide.NEW.get(character_set.strip().upper(), "")
    new = "utf-8" if form else codec(character_set, hl7_form=message.get("MSH-20") == "2.3")
    message.check_characters()
    marks = message.separators
    text = labelled(message, character_set).decode(message.encoding)
    try:
        return replace(parse(text.encode(new)), form=form)
    except UnicodeEncodeError as error:
        line = text[: error.start].rpartition("\r")[2]
        number = line.count(marks.field) + line.startswith("MSH")
        raise Hl7Error(
            f"{text[error.start]!r} does not exist in {character_set}",
            place=f"{line[:3]}-{number}",
            remedy="Choose UNICODE UTF-8, which has every letter.",
        ) from None
