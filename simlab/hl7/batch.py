"""Several messages in one file: MLLP frames, a batch with FHS and BHS, or one message behind the other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from simlab.hl7.errors import Hl7Error
from simlab.hl7.message import Message, carriage_returns, parse

_FRAME = re.compile(rb"\x0b([^\x0b\x1c]*)\x1c\r?")
_BEGIN = re.compile(rb"(?:\A|(?<=\r))(?=MSH[^A-Za-z0-9\r])")
_ENVELOPE = (b"FHS", b"BHS", b"BTS", b"FTS")
"""Segments of a batch file around its messages (HL7 v2.5.1 ch. 2.10.3)."""


def messages(data: bytes) -> Iterator[bytes]:
    """The bytes of each message in a file; what is no message is given as it stands, for `parse` to refuse.

    A frame keeps its line ends; in a text file LF and CR LF are taken for the CR that ends a segment.
    """
    if b"\x0b" in data and b"\x1c" in data:
        yield from (match[1] for match in _FRAME.finditer(data))
        return
    text = carriage_returns(data) if data.strip() else b""
    starts = [match.start() for match in _BEGIN.finditer(text)]
    head = text[: starts[0]] if starts else text
    if not starts or _lines(head):
        yield head
    for start, end in pairwise([*starts, len(text)]):
        piece = text[start:end]
        lines = piece.rstrip(b"\r").split(b"\r")
        while lines and (not lines[-1] or lines[-1][:3] in _ENVELOPE):
            lines.pop()
        yield b"\r".join(lines) + b"\r"


def _lines(head: bytes) -> list[bytes]:
    return [line for line in head.split(b"\r") if line.strip() and line[:3] not in _ENVELOPE]


def read_all(data: bytes, place: str) -> Iterator[tuple[str, Message | Hl7Error]]:
    """Each message of a file with where it is from (``day.hl7, message 3``), or why it cannot be read."""
    found = list(messages(data))
    for number, one in enumerate(found, 1):
        where = place if len(found) == 1 else f"{place}, message {number}"
        try:
            yield where, parse(one)
        except Hl7Error as error:
            yield where, Hl7Error(error.what, place=f"{where}, {error.place}", remedy=error.remedy, code=error.code)
    if not found:
        yield place, Hl7Error("there is no message in it", place=place, remedy="An HL7 v2 message begins with MSH.")


def read(data: bytes, place: str) -> Iterator[tuple[str, Message]]:
    """Each message of a file with where it is from; Hl7Error, naming it, for what is none."""
    for where, found in read_all(data, place):
        if isinstance(found, Hl7Error):
            raise found
        yield where, found


@dataclass(frozen=True)
class Form:
    """How messages stand in a file: in MLLP frames or one behind the other, and what ends their segments."""

    framed: bool = False
    line_end: bytes = b"\r"


def form_of(data: bytes) -> Form:
    """The form that a file is in."""
    if b"\x0b" in data and b"\x1c" in data:
        return Form(framed=True)
    end = b"\r\n" if b"\r\n" in data else b"\n" if b"\n" in data else b"\r"
    return Form(line_end=end)


def written(found: Iterable[Message], form: Form) -> bytes:
    """Messages as the bytes of a file. In text of LF or CR LF an empty line stands between two of them."""
    if form.framed:
        return b"".join(b"\x0b" + message.data + b"\x1c\r" for message in found)
    between = b"" if form.line_end == b"\r" else form.line_end
    return between.join(message.data.replace(b"\r", form.line_end) for message in found)
