"""HL7 v2 messages without loss: every byte is kept, and everything in them is read and written by path."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from simlab.hl7 import delimiters, dictionary, edit, elements, wide
from simlab.hl7.characters import Separators, codec, unescape
from simlab.hl7.elements import Element
from simlab.hl7.errors import Hl7Error
from simlab.hl7.path import Path, path
from simlab.hl7.segment import Segment

__all__ = ["Element", "Field", "Hl7Error", "Message", "Segment", "carriage_returns", "from_text", "parse"]


_FIRST = {None, 1}


@dataclass(frozen=True)
class Field:
    """One repetition (or, deep, one component) as a person reads it: path, name in words, text as it stands."""

    path: str
    name: str
    value: str


@dataclass(frozen=True)
class Message:
    """A parsed message. Values are read as text; the bytes stay as they came (`data`).

    One from a file in UTF-16 or UTF-32 is held in UTF-8, and `form` says what `encode` makes of it.
    """

    data: bytes
    separators: Separators
    segments: tuple[Segment, ...]
    form: str = ""

    def encode(self) -> bytes:
        """The very bytes that were read."""
        return wide.widened(self.data, self.form) if self.form else self.data

    def remade(self, data: bytes) -> Message:
        """Other bytes as a message in the form of this one."""
        made = parse(data)
        return replace(made, form=self.form) if self.form else made

    @cached_property
    def _by_name(self) -> dict[str, list[Segment]]:
        named: dict[str, list[Segment]] = {}
        for segment in self.segments:
            named.setdefault(segment.name, []).append(segment)
        return named

    def named(self, name: str) -> list[Segment]:
        """Every segment of that name, in order."""
        return self._by_name.get(name, [])

    @cached_property
    def version(self) -> str:
        """The version whose dictionary the message is read with: MSH-12.1, or the default when that is unknown."""
        declared = self._declared(12).split(self.separators.component)[0].strip()
        return declared if declared in dictionary.VERSIONS else dictionary.DEFAULT_VERSION

    def _declared(self, field: int) -> str:
        fields = self.segments[0].fields
        return fields[field].decode("latin-1") if field < len(fields) else ""

    @cached_property
    def encoding(self) -> str:
        """The Python codec of the character set in MSH-18; Hl7Error when it is not supported."""
        if self.form:
            return "utf-8"
        declared = self._declared(18).replace(self.separators.repetition, "~")
        return codec(declared, hl7_form=self._declared(20) == "2.3")

    def _text(self, raw: bytes, place: str) -> str:
        try:
            return raw.decode(self.encoding)
        except UnicodeDecodeError as error:
            raise Hl7Error(
                f"byte {raw[error.start]:02X}h at position {error.start + 1} is not {self._declared(18) or 'ASCII'}",
                place=place,
                remedy="Declare in MSH-18 the character set that the sender really writes.",
            ) from None

    def check_characters(self) -> None:
        """Raise Hl7Error, naming the field, when any byte does not fit the declared character set."""
        try:
            self.data.decode(self.encoding)
        except UnicodeDecodeError as error:
            for found in self.segments:
                if found.start <= error.start < found.end:
                    for number, raw, start in elements.placed(found):
                        if start <= error.start <= start + len(raw):
                            self._text(raw, f"{found.name}-{number}")
            raise Hl7Error(str(error), place=f"byte {error.start}") from None

    def _repetitions(self, at: Path, segment: Segment) -> list[bytes]:
        fields = segment.fields
        if at.repetition is not None and not (at.field <= 2 and segment.name == "MSH"):
            return segment.repetitions(at.field)[at.repetition - 1 : at.repetition]
        raw = fields[at.field] if at.field < len(fields) else b""
        if at.field <= 2 and segment.name == "MSH":
            return [raw]
        return self.separators.split(raw, self.separators.wire.repetition)

    def _value(self, at: Path, repetition: bytes, place: str) -> str:
        marks, wire, part = self.separators, self.separators.wire, repetition
        if at.field <= 2 and at.segment == "MSH":
            return repetition.decode()
        for number, mark in ((at.component, wire.component), (at.subcomponent, wire.subcomponent)):
            if number is not None and (number > 1 or mark in part):
                part = b"".join(marks.split(part, mark)[number - 1 : number])
        text = self._text(part, place)
        composite = at.subcomponent is None and marks.subcomponent in text
        composite |= at.component is None and marks.component in text
        return text if composite else unescape(text, marks, self.encoding)

    def get(self, place: str) -> str:
        """The text at `place`, "" when there is none; the first segment and repetition unless a number says which.

        A value without parts is unescaped; one with components or sub-components is given as it stands.
        """
        known = self._known.get(place)
        if known is None:
            known = self._known[place] = self._first(path(place), place)
        return known

    @cached_property
    def _known(self) -> dict[str, str]:
        """What was read already: every hand that a message goes through asks for its type and control ID."""
        return {}

    def _first(self, at: Path, place: str) -> str:
        found: Sequence[Segment] = self.segments if at.segment == "MSH" else self.named(at.segment)
        if at.occurrence is not None and at.occurrence > 1:
            found = self.named(at.segment)[at.occurrence - 1 : at.occurrence]
        if not found:
            return ""
        fields = found[0].fields
        raw = fields[at.field] if at.field < len(fields) else b""
        # Letters and digits stand for themselves in every character set, and hold nothing to split or to unescape.
        if (not raw or raw.isalnum()) and self.encoding:
            return raw.decode() if {at.repetition, at.component, at.subcomponent} <= _FIRST else ""
        values = self._repetitions(at, found[0])
        return self._value(at, values[0], place) if values else ""

    def all(self, place: str) -> list[str]:
        """The texts at `place` in every segment of that name and every repetition (but where a number says which)."""
        at = path(place)
        found = self.named(at.segment)
        if at.occurrence is not None:
            found = found[at.occurrence - 1 : at.occurrence]
        return [
            self._value(at, raw, place)
            for segment in found
            if at.field < len(segment.fields) and segment.fields[at.field]
            for raw in self._repetitions(at, segment)
        ]

    def set(self, place: str, value: str, *, raw: bool = False) -> Message:
        """A new message with `value` at `place` (delimiters escaped; `raw` takes it as it stands, parts and all).

        Everything else keeps its bytes. Hl7Error when the segment is not there, the place is MSH-1 or MSH-2, or the
        character set of the message has no such letter.
        """
        return self.remade(edit.put(self, path(place), place, value, raw=raw))

    def add_repetition(self, place: str, value: str, *, raw: bool = False) -> Message:
        """A new message with one more repetition of the field at `place`; Hl7Error as for `set`."""
        return self.remade(edit.add_repetition(self, path(place), place, value, raw=raw))

    def insert(self, segment: str, *, before: str = "", after: str = "") -> Message:
        """A new message with a segment, written as it stands, `before` or `after` the one named, else at the end."""
        return self.remade(edit.inserted(self, segment, before=before, after=after))

    def delete(self, place: str) -> Message:
        """A new message without one segment (``ZDS``, ``OBX[2]``); Hl7Error when it is not there."""
        return self.remade(edit.deleted(self, place))

    def walk(self, *, empty: bool = False) -> Iterator[Element]:
        """Every element with path, byte span, name and data type, in the order of the bytes."""
        return elements.walk(self, empty=empty)

    def element(self, place: str) -> Element | None:
        """The element at a path, with its span; None when the message does not reach so far."""
        return elements.locate(self, path(place))

    def shown(self, element: Element) -> str:
        """What a person reads there: decoded, its escapes undone where it has no parts; bad bytes as U+FFFD."""
        text = element.raw.decode(self.shown_encoding, "replace")
        if not element.leaf or element.path in ("MSH-1", "MSH-2"):
            return text
        return unescape(text, self.separators, self.shown_encoding)

    def fields(self, *, deep: bool = False) -> Iterator[Field]:
        """Every filled field, a row a repetition, or `deep` a row a component, with its name in words.

        For people: bytes that do not fit the character set show as U+FFFD instead of raising.
        """
        held = [e for e in self.walk() if e.level not in ("segment", "subcomponent")]
        for number, element in enumerate(held):
            following = held[number + 1] if number + 1 < len(held) else None
            parent = following is not None and following.depth > element.depth
            if parent and following and (deep or following.level == "repetition"):
                continue
            if element.level == "component" and not deep:
                continue
            text = element.raw.decode(self.shown_encoding, "replace")
            yield Field(element.path, element.name, text)

    @cached_property
    def shown_encoding(self) -> str:
        """The codec to show the message with: that of MSH-18, else Latin-1, which has a letter for every byte."""
        try:
            return self.encoding
        except Hl7Error:
            return "latin-1"


def carriage_returns(data: bytes) -> bytes:
    """A message from a text file, its line ends (LF, CR LF) made the CR that ends a segment (HL7 v2.5.1 ch. 2.5.4)."""
    return data.replace(b"\r\n", b"\r").replace(b"\n", b"\r").strip(b"\r") + b"\r"


def from_text(text: str) -> Message:
    """A message from text that a person wrote or edited: line ends made CR, encoded as its own MSH-18 says."""
    draft = parse(carriage_returns(text.strip().encode()))
    try:
        return parse(carriage_returns(text.strip().encode(draft.encoding)))
    except UnicodeEncodeError as error:
        raise Hl7Error(
            f"{text.strip()[error.start]!r} does not exist in the character set of this message",
            place="MSH-18",
            remedy="Declare UNICODE UTF-8 in MSH-18.",
        ) from None


def parse(data: bytes) -> Message:
    """Read a message; ``parse(data).encode() == data``. Segments end with CR, and only with that.

    Raises Hl7Error, with the byte or the field it stands at, when the bytes are no HL7 v2 message.
    """
    separators = delimiters.of(data)
    segments: list[Segment] = []
    start, begins = 0, delimiters.segment_begins(separators.wire.field)
    for raw in data.split(b"\r"):
        if raw:
            if not begins.match(raw):
                raise Hl7Error(
                    f"segment {len(segments) + 1} begins with {raw[:12].decode('latin-1')!r}",
                    place=f"byte {start}",
                    remedy="A segment begins with three letters and the field separator, and ends with CR alone.",
                    code="100",
                )
            segments.append(Segment(raw[:3].decode(), raw, start, separators))
        start += len(raw) + 1
    feed = b"\n" in data and re.search(rb"\n[A-Z][A-Z0-9]{2}" + re.escape(separators.wire.field), data)
    if feed:
        raise Hl7Error(
            "segments end with LF",
            place=f"byte {feed.start()}",
            remedy="Have the sender end each segment with CR (0Dh).",
            code="100",
        )
    return Message(data, separators, tuple(segments))
