"""Several messages in one file: MLLP frames, a batch with FHS and BHS, or one message behind the other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from simlab.hl7 import wide
from simlab.hl7.errors import Hl7Error
from simlab.hl7.message import Message, carriage_returns, parse

_FRAME = re.compile(rb"\x0b([^\x0b\x1c]*)\x1c\r?")
_BEGIN = re.compile(rb"(?:\A|(?<=[\r\n]))(?=MSH[^A-Za-z0-9\r\n])")
_ENVELOPE = (b"FHS", b"BHS", b"BTS", b"FTS")
"""Segments of a batch file around its messages (HL7 v2.5.1 ch. 2.10.3)."""


@dataclass(frozen=True)
class Form:
    """How messages stand in a file: in MLLP frames or one behind the other, what ends their segments, UTF-16 or not."""

    framed: bool = False
    line_end: bytes = b"\r"
    wide: str = ""


@dataclass(frozen=True)
class Opened:
    """A file of messages taken apart: the bytes of each message, and those `around` them, before and behind."""

    form: Form
    bodies: tuple[bytes, ...]
    around: tuple[bytes, ...]

    def messages(self) -> list[bytes]:
        """The messages; in text LF and CR LF are taken for the CR that ends a segment, a frame keeps its line ends."""
        return [
            body if self._alone(number) else carriage_returns(body) if body.strip() else b""
            for number, body in enumerate(self.bodies)
        ]

    def _alone(self, number: int) -> bool:
        """Whether a message fills an MLLP frame."""
        return self.form.framed and self.around[number + 1][:1] == b"\x1c"

    def envelopes(self) -> list[list[bytes]]:
        """The segments of the envelope that stand before each message, and behind the last."""
        lines = (re.split(rb"[\r\n\x0b\x1c]+", one) for one in self.around)
        return [[line for line in held if line[:3] in _ENVELOPE] for held in lines]

    def rewritten(self, new: Iterable[Message]) -> bytes:
        """The file with `new` in the place of its messages, every other byte and every unchanged message kept."""
        pieces = [self.around[0]]
        held = zip(self.messages(), self.bodies, new, self.around[1:], strict=True)
        for number, (old, body, message, behind) in enumerate(held):
            fresh = message.data
            if not self._alone(number):
                line_end = form_of(body).line_end if b"\r" in body or b"\n" in body else self.form.line_end
                fresh = fresh.removesuffix(b"\r").replace(b"\r", line_end)
            pieces += [body if message.data == old else fresh, behind]
        whole = b"".join(pieces)
        return wide.widened(whole, self.form.wide) if self.form.wide else whole


def opened(data: bytes) -> Opened:
    """A file taken apart; what is no message stands among the bodies as it is, for `parse` to refuse."""
    form = form_of(data)
    text = wide.narrowed(data, form.wide) if form.wide else data
    spans = list(_framed(text) if form.framed else _behind_one_another(text, 0, len(text)))
    edges = [0, *(edge for span in spans for edge in span), len(text)]
    around = [text[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True)]
    return Opened(form, tuple(text[start:end] for start, end in spans), tuple(around))


def _framed(data: bytes) -> Iterator[tuple[int, int]]:
    here = 0
    for match in _FRAME.finditer(data):
        yield from _stray(data, here, match.start())
        if match[1][:3] in _ENVELOPE:
            yield from _behind_one_another(data, match.start(1), match.end(1))
        else:
            yield match.span(1)
        here = match.end()
    yield from _stray(data, here, len(data))


def _stray(data: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The span of what stands outside of frames, such as one that was cut off; none for an envelope."""
    lines = re.split(rb"[\r\n\x0b\x1c]", data[start:end])
    if any(line.strip() and line[:3] not in _ENVELOPE for line in lines):
        yield start, end


def _behind_one_another(data: bytes, begin: int, end: int) -> Iterator[tuple[int, int]]:
    starts = [match.start() for match in _BEGIN.finditer(data, begin, end)]
    first = starts[0] if starts else end
    head = data[begin:first]
    if not starts or any(line.strip() and line[:3] not in _ENVELOPE for line in re.split(rb"[\r\n]", head)):
        yield _trimmed(data, begin, first)
    for start, stop in pairwise([*starts, end]):
        yield _trimmed(data, start, stop)


def _trimmed(data: bytes, start: int, end: int) -> tuple[int, int]:
    """The span without the line ends, empty lines and envelope behind its last segment."""
    found = {b"\r": end, b"\n": end}  # looked for again only once it is passed: a file may have but one of them
    while end > start:
        while end > start and data[end - 1] in b"\r\n":
            end -= 1
        found = {one: at if at < end else data.rfind(one, start, end) for one, at in found.items()}
        last = max(*found.values(), start - 1) + 1
        if last == start or data[last : last + 3] not in _ENVELOPE:
            break
        end = last
    return start, end


def messages(data: bytes) -> Iterator[bytes]:
    """The bytes of each message in a file as they go on the wire; what is no message, as it stands."""
    found = opened(data)
    for one in found.messages():
        yield wide.widened(one, found.form.wide, first=False) if found.form.wide else one


def read_all(data: bytes, place: str) -> Iterator[tuple[str, Message | Hl7Error]]:
    """Each message of a file with where it is from (``day.hl7, message 3``), or why it cannot be read."""
    try:
        file = opened(data)
    except Hl7Error as error:
        yield place, Hl7Error(error.what, place=f"{place}, {error.place}", remedy=error.remedy, code=error.code)
        return
    found = file.messages()
    for number, one in enumerate(found, 1):
        where = place if len(found) == 1 else f"{place}, message {number}"
        try:
            message = parse(one)
            yield where, replace(message, form=file.form.wide) if file.form.wide else message
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


def form_of(data: bytes) -> Form:
    """The form that a file is in."""
    letters = wide.form_of(data)
    if letters:
        data = wide.narrowed(data, letters)
    elif b"\x0b" in data and b"\x1c" in data:
        return Form(framed=True)
    end = b"\r\n" if b"\r\n" in data else b"\n" if b"\n" in data else b"\r"
    return Form(line_end=end, wide=letters)


def written(found: Iterable[Message | Sequence[bytes]], form: Form) -> bytes:
    """Messages, and envelopes as lists of segments, as the bytes of a file; in frames the envelopes are left out.

    In text of LF or CR LF an empty line stands between two messages, but not in a batch.
    """
    held, pieces, before = list(found), list[bytes](), False
    loose = form.line_end != b"\r" and all(isinstance(one, Message) or not one for one in held)
    for one in held:
        if not isinstance(one, Message):
            pieces += [line + form.line_end for line in one if not form.framed]
            continue
        if form.framed:
            pieces.append(b"\x0b" + one.data + b"\x1c\r")
            continue
        if before and loose:
            pieces.append(form.line_end)
        pieces.append(one.data.replace(b"\r", form.line_end))
        before = True
    whole = b"".join(pieces)
    return wide.widened(whole, form.wide) if form.wide else whole
