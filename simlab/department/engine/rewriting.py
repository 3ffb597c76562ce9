"""What each verb of a rule does to a message: pure functions, every byte that they do not speak of is kept."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable
from typing import Any

from simlab.department.engine import rules as verbs
from simlab.department.engine.alone import occurrences, read, repetitions, spliced, written
from simlab.department.engine.conditions import repetition_fits
from simlab.hl7.characters import codec, escape
from simlab.hl7.conversion import converted
from simlab.hl7.errors import Hl7Error
from simlab.hl7.forms import labelled
from simlab.hl7.message import Message, Segment, parse
from simlab.hl7.path import path

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def _composite(value: str, message: Message) -> bool:
    marks = message.separators
    return marks.component in value or marks.subcomponent in value


def _filled(template: str, message: Message) -> str:
    """A template with what the message has at its places; parts of a composite value stay parts."""

    def found(match: re.Match[str]) -> str:
        at_place = path(match.group(1))
        value = message.get(match.group(1))
        return value if at_place.component is None and _composite(value, message) else escape(value, message.separators)

    return _PLACEHOLDER.sub(found, template)


def _set(rule: verbs.Set, message: Message) -> Message:
    place = path(rule.set)
    found = message.named(place.segment)
    if not found:
        raise Hl7Error(
            f"the message has no {place.segment} to write into",
            place=rule.set,
            code="100",
            remedy=f"Add it first, or do this only `if: {{{place.segment}: {{missing: false}}}}`.",
        )
    value, raw = rule.value or "", False
    if rule.template is not None:
        value, raw = _filled(rule.template, message), True
    elif rule.from_ is not None:
        value = message.get(rule.from_)
        raw = path(rule.from_).component is None and _composite(value, message)
        if raw and place.component is not None:
            raise Hl7Error(
                f"{rule.from_} has components, which do not fit into one", place=rule.set, remedy="Name one of them."
            )
    if not rule.every:
        return message.set(rule.set, value, raw=raw)
    new: dict[int, list[bytes]] = {}
    head = message.segments[0].raw + b"\r"
    for segment in occurrences(message, rule.set):
        changed = parse(head + segment.raw).set(rule.set, value, raw=raw)
        new[segment.start] = list(changed.named(place.segment)[-1].fields)
    return spliced(message, new)


def _translate(rule: verbs.Translate, message: Message) -> Message:
    place = path(rule.translate)
    known: dict[bytes, bytes] = {}
    new: dict[int, list[bytes]] = {}
    for segment in occurrences(message, rule.translate):
        found = repetitions(message, segment, rule.translate)
        made = list(found)
        for number, raw in enumerate(found, 1):
            if place.repetition in (None, number):
                if raw not in known:
                    known[raw] = _translated(rule, message, raw)
                made[number - 1] = known[raw]
        if made != found:
            new[segment.start] = _with_field(message, segment, place.field, made)
    return spliced(message, new)


def _translated(rule: verbs.Translate, message: Message, raw: bytes) -> bytes:
    value = read(message, raw, rule.translate)
    if value in rule.table:
        return written(message, raw, rule.translate, rule.table[value])
    if value and rule.otherwise == "empty":
        return written(message, raw, rule.translate, "")
    if value and rule.otherwise == "refuse":
        raise Hl7Error(
            f"the table has no translation of {value!r}",
            place=rule.translate,
            code="103",
            remedy="Add it to the rule's table, or have the sender use a known code.",
        )
    return raw


def _with_field(message: Message, segment: Segment, field: int, repeated: list[bytes]) -> list[bytes]:
    fields = list(segment.fields)
    fields[field] = message.separators.repetition.encode().join(repeated)
    return fields


def _cut(message: Message, gone: list[Segment]) -> Message:
    """The message without these segments and their CR."""
    data, pieces, done = message.data, [], 0
    for segment in gone:
        pieces.append(data[done : segment.start])
        done = segment.end + 1
    return parse(b"".join([*pieces, data[done:]]))


def _drop_segment(rule: verbs.DropSegment, message: Message) -> Message:
    gone = [
        segment
        for segment in message.segments[1:]
        if any(fnmatch.fnmatchcase(segment.name, name) for name in rule.names)
    ]
    return _cut(message, gone) if gone else message


def _add_segment(rule: verbs.AddSegment, message: Message) -> Message:
    text = rule.add_segment
    mark = text[3]
    if mark != message.separators.field:
        text = text.replace(mark, message.separators.field)
    try:
        new = _filled(text, message).encode(message.encoding)
    except UnicodeEncodeError:
        raise Hl7Error(
            "the character set of this message lacks a letter of the new segment", place="MSH-18", code="102"
        ) from None
    behind = message.named(rule.after)[-1:] if rule.after else list(message.segments[-1:])
    if not behind:
        raise Hl7Error(
            f"the message has no {rule.after} to add a segment behind", place=rule.after, code="100",
            remedy=f"Do this only `if: {{{rule.after}: {{missing: false}}}}`.",
        )  # fmt: skip
    data = message.data
    return parse(data[: behind[0].end] + b"\r" + new + (data[behind[0].end :] or b"\r"))


def _kept(found: list[bytes], fits: list[bool]) -> list[bytes]:
    return [raw for raw, fit in zip(found, fits, strict=True) if fit]


def _dropped(found: list[bytes], fits: list[bool]) -> list[bytes]:
    return _kept(found, [not fit for fit in fits])


def _first(found: list[bytes], fits: list[bool]) -> list[bytes]:
    return _kept(found, fits) + _dropped(found, fits)


def _arranged(
    message: Message, place: str, where: dict[str, Any], arrange: Callable[[list[bytes], list[bool]], list[bytes]]
) -> Message:
    """The message with the repetitions of a field as `arrange` gives them back, in every segment of that name."""
    new: dict[int, list[bytes]] = {}
    for segment in occurrences(message, place):
        found = repetitions(message, segment, place)
        made = arrange(found, [repetition_fits(where, message, raw) for raw in found])
        if made != found:
            new[segment.start] = _with_field(message, segment, path(place).field, made)
    return spliced(message, new)


def _charset(rule: verbs.Charset, message: Message) -> Message:
    data = message.data
    if rule.only != "label":
        message.check_characters()
        text = data.decode(message.encoding)
        try:
            data = text.encode(codec(rule.charset), "replace" if rule.replace else "strict")
        except UnicodeEncodeError as error:
            raise Hl7Error(
                f"{rule.charset} has no {text[error.start]!r}",
                place="MSH-18",
                code="102",
                remedy="Convert to UNICODE UTF-8, or say `replace: true` and lose the letter.",
            ) from None
    new = parse(data)
    return new if rule.only == "bytes" else parse(labelled(new, rule.charset))


def _version(rule: verbs.Version, message: Message) -> Message:
    return message.set("MSH-12.1", rule.version)


def _convert(rule: verbs.Convert, message: Message) -> Message:
    # What is lost on the way shows in the difference between what came and what goes out.
    return converted(message, rule.convert, orders=rule.orders or "")[0]


def _split(rule: verbs.Split, message: Message) -> list[Message]:
    starts = message.named(rule.split)
    if len(starts) < 2:
        return [message]
    head = message.data[: starts[0].start]
    ends = [*(segment.start for segment in starts[1:]), len(message.data)]
    control_id = message.get("MSH-10")
    parts = [parse(head + message.data[start.start : end]) for start, end in zip(starts, ends, strict=True)]
    return [parts[0], *(part.set("MSH-10", f"{control_id}-{n}") for n, part in enumerate(parts[1:], 2))]


def with_line_ends(rule: verbs.LineEnds, data: bytes) -> bytes:
    """The bytes of a message with other ends of its segments, which no careful receiver reads."""
    return data.replace(b"\r", b"\n" if rule.line_ends == "LF" else b"\r\n")


def rewritten(rule: verbs.RuleOf, message: Message) -> list[Message]:
    """What a rule that changes messages makes of one; Hl7Error when it cannot."""
    match rule:
        case verbs.Split():
            return _split(rule, message)
        case verbs.KeepRepetitions():
            return [_arranged(message, rule.keep_repetitions, rule.where, _kept)]
        case verbs.DropRepetitions():
            return [_arranged(message, rule.drop_repetitions, rule.where, _dropped)]
        case verbs.OrderRepetitions():
            return [_arranged(message, rule.order_repetitions, rule.first, _first)]
    return [_SINGLE[type(rule)](rule, message)]


_SINGLE: dict[type[verbs.RuleOf], Callable[[Any, Message], Message]] = {
    verbs.Set: _set,
    verbs.Translate: _translate,
    verbs.DropSegment: _drop_segment,
    verbs.AddSegment: _add_segment,
    verbs.Charset: _charset,
    verbs.Version: _version,
    verbs.Convert: _convert,
}
