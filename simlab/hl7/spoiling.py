"""Damages a message as bad senders do: the faults at the point `message`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from simlab import fault_effects as points
from simlab.faults import FaultTable
from simlab.hl7.characters import unescape
from simlab.hl7.errors import Hl7Error
from simlab.hl7.message import Message, parse
from simlab.hl7.record import message_type


def spoiled(faults: FaultTable, system: str, data: bytes) -> bytes:
    """`data` as a fault of `system` leaves it on its way out; bytes that are no message go as they are."""
    if not faults.arranged(points.MESSAGE, system):
        return data
    try:
        message = parse(data)
    except Hl7Error:
        return data
    fault = faults.ask(points.MESSAGE, system, message.get("MSH-10"), type=message_type(message))
    return spoil(message, fault.effect) if fault else data


def spoil(message: Message, effect: dict[str, Any]) -> bytes:
    """The bytes of `message` with the damage that `effect` asks for, in the order of the table.

    A place or segment that the message does not have is left alone.
    """
    for word, change in _IN_PLACE.items():
        if word in effect:
            message = change(message, effect[word])
    data = message.data
    for word, rewrite in _WHOLE.items():
        if word in effect:
            data = rewrite(message, data, effect[word])
    return data


def _values(message: Message, values: dict[str, Any]) -> Message:
    for place, value in values.items():
        if message.named(place[:3]):
            message = message.set(place, str(value), raw=True)
    return message


def _swapped(message: Message, places: list[str]) -> Message:
    one, other = places
    if not (message.named(one[:3]) and message.named(other[:3])):
        return message
    first, second = message.get(one), message.get(other)
    return message.set(one, second, raw=True).set(other, first, raw=True)


def _unescaped(message: Message, field: str) -> Message:
    """The field goes out with its delimiters bare, as from a sender that never heard of escapes.

    A bare field separator makes more fields of one, so the bytes are changed, not the value.
    """
    data, number = message.data, int(field[4:])
    for segment in reversed(message.named(field[:3])):
        if number >= len(segment.fields):
            continue
        before = segment.fields[number]
        bare = unescape(before.decode(message.encoding, "replace"), message.separators, message.encoding)
        begin = segment.end - len(message.separators.field.encode().join(segment.fields[number:]))
        data = data[:begin] + bare.encode(message.encoding, "replace") + data[begin + len(before) :]
    return parse(data)


def _without(message: Message, names: str | list[str]) -> Message:
    drop = {names} if isinstance(names, str) else set(names)
    kept = b"\r".join(segment.raw for segment in message.segments if segment.name not in drop)
    return parse(kept + b"\r")


def _written_in(message: Message, data: bytes, encoding: str) -> bytes:
    """Other bytes under the same MSH-18: the sender writes one character set and declares another."""
    return data.decode(message.encoding).encode(encoding, "replace")


def _line_ends(_message: Message, data: bytes, which: str) -> bytes:
    return data.replace(b"\r", {"LF": b"\n", "CRLF": b"\r\n"}.get(which, b"\r"))


_IN_PLACE: dict[str, Callable[[Message, Any], Message]] = {
    "values": _values,
    "swapped": _swapped,
    "without": _without,
    "unescaped": _unescaped,
}
_WHOLE: dict[str, Callable[[Message, bytes, Any], bytes]] = {
    "written_in": _written_in,
    "line_ends": _line_ends,
}
