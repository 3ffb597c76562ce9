"""How many of a segment, or repetitions of a field, a door takes: counted in the bytes, before a message is read."""

from __future__ import annotations

from collections.abc import Mapping

from simlab.hl7.errors import Hl7Error
from simlab.hl7.message import Message, parse

USUAL: dict[str, int] = {
    "PID": 50,
    "MRG": 50,
    "ORC": 200,
    "OBR": 200,
    "TQ1": 200,
    "IPC": 200,
    "ZDS": 200,
    "AIS": 200,
    "OBX": 20_000,
    "PID-2": 50,
    "PID-3": 50,
    "PID-5": 50,
    "PV1-15": 50,
    "MRG-1": 50,
    "MRG-4": 50,
}
"""More than any message of a department has; a system's work grows with each of them."""


def check(data: bytes, limits: Mapping[str, int]) -> None:
    """Raise Hl7Error (AE) when a message has more of anything than `limits` (by segment or field) allow.

    It takes no longer than to look through the bytes, whatever they are.
    """
    mark, again = data[3:4], data[5:6]
    for place, most in sorted(limits.items(), key=lambda one: "-" in one[0]):
        name, _, field = place.partition("-")
        begin = b"\r" + name.encode() + mark
        if not field:
            count = data.count(begin)
            if count > most:
                raise Hl7Error(
                    f"{count} segments {name}, this door takes {most}",
                    place=f"{name}[{most + 1}]",
                    code="100",
                    remedy="Send several messages.",
                )
            continue
        at, number = data.find(begin), int(field)
        while at >= 0:
            end = data.find(b"\r", at + 1) % (len(data) + 1)
            parts = data[at + 1 : end].split(mark, number + 1)
            count = parts[number].count(again) + 1 if number < len(parts) else 0
            if count > most:
                raise Hl7Error(
                    f"{count} repetitions, this door takes {most}",
                    place=f"{place}[{most + 1}]",
                    remedy=f"Send {most} at most.",
                )
            at = data.find(begin, end)


def head(data: bytes) -> Message:
    """The MSH of a message, and the EVN behind it, alone; Hl7Error where it does not begin with one."""
    end = data.find(b"\r")
    if end >= 0 and data.startswith(b"EVN", end + 1):
        end = data.find(b"\r", end + 1)
    return parse(data if end < 0 else data[: end + 1])
