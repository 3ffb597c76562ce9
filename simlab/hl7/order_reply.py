"""ORR^O02 and ORI^O24: the application acknowledgements of ORM^O01 and OMI^O23 that speak of every order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from simlab.hl7.characters import escape
from simlab.hl7.message import parse

Form = Literal["order", "ack", "asked"]
"""How a door answers orders: with an order reply, with a bare ACK, or as ORC-6 asks."""

FORMS = {"ORM": ("ORR", "O02"), "OMI": ("ORI", "O24")}
"""The reply to each family."""

Segment = tuple[str, Mapping[int, str | tuple[str, ...]]]
"""A segment to write: its name, and its fields by number; a tuple has components."""


def order_reply(ack: bytes, family: str, segments: Iterable[Segment]) -> bytes:
    """`ack` as the order reply to a message of `family`, with these segments behind it, in its own separators."""
    reply = parse(ack)
    marks, (name, event) = reply.separators, FORMS[family]
    # MSH-9.3 came with 2.3.1, and a structure's name in it with 2.4.
    structure = () if reply.get("MSH-12.1") in ("2.1", "2.2", "2.3", "2.3.1") else (f"{name}_{event}",)
    reply = reply.set("MSH-9", marks.component.join((name, event, *structure)), raw=True)

    def written(value: str | tuple[str, ...]) -> str:
        parts = (value,) if isinstance(value, str) else value
        return marks.component.join(escape(part, marks) for part in parts).rstrip(marks.component)

    lines = []
    for kind, fields in segments:
        parts = [kind, *(written(fields.get(n, "")) for n in range(1, max(fields) + 1))]
        lines.append(marks.field.join(parts).rstrip(marks.field) + "\r")
    return reply.data.rstrip(b"\r") + b"\r" + "".join(lines).encode(reply.encoding, "replace")
