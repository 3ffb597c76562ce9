"""Character sets and escape sequences of HL7 v2: between bytes on the wire and text that a person reads."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

from simlab.hl7 import iso2022
from simlab.hl7.errors import Hl7Error

CODECS = {
    "": "latin-1",  # the standard says ASCII; most senders that leave MSH-18 empty write ISO 8859-1
    "ASCII": "ascii",
    **{f"8859/{n}": f"iso8859-{n}" for n in (1, 2, 3, 4, 5, 6, 7, 8, 9, 15)},
    "UNICODE UTF-8": "utf-8",
    "UTF-8": "utf-8",  # not in table 0211, and on many wires
    "UNICODE": "utf-8",  # withdrawn; where a byte stands for a letter of the header it can only be UTF-8
    "GB 18030-2000": "gb18030",
    "BIG-5": "big5",
    "KS X 1001": "euc_kr",
}
"""HL7 table 0211 to Python codecs: the sets that a message may be written in from end to end. The others of the table
that are read here are those of `iso2022.SETS`, to which a message switches, and `WIDE`."""

WIDE = {"UNICODE UTF-16": "utf-16", "UNICODE UTF-32": "utf-32"}
"""Those of table 0211 whose letters take two or four bytes each."""


@lru_cache(maxsize=256)
def codec(name: str, *, hl7_form: bool = False) -> str:
    """The codec for what MSH-18 says, repetitions with ~ between them; Hl7Error for a set that is not read here.

    The first is in force at the start, the others are switched to (`iso2022`); ISO IR87 and ISO IR159 alone are
    switched to from ASCII. `hl7_form` writes the switches as MSH-20 = 2.3 has them.
    """
    first, *others = (part.strip().upper() for part in name.split("~"))
    for one, said in zip((first, *others), name.split("~"), strict=True):
        if one not in CODECS and one not in iso2022.SETS and one not in WIDE:
            raise _unsupported(f"character set {said[:40]!r} is not supported")
    if first in WIDE:
        raise Hl7Error(
            f"{first} cannot stand in an MLLP frame",
            place="MSH-18",
            remedy="Send UNICODE UTF-8: a letter of UTF-16 may hold the bytes that end a frame (HL7 v2 appendix C).",
            code="103",
        )
    switched = tuple(one for one in dict.fromkeys(others) if one in iso2022.SETS and one != first)
    if len(switched) > iso2022.MOST_ALTERNATES:
        raise _unsupported(f"a message may switch between {iso2022.MOST_ALTERNATES + 1} character sets here")
    if first in CODECS and not (switched and (first in ("", "ASCII") or first in iso2022.SETS)):
        return CODECS[first]
    if first in iso2022.SETS and iso2022.SETS[first].double:
        first, switched = "ASCII", (first, *switched)
    return iso2022.codec_name(first, switched, hl7_form=hl7_form)


def _unsupported(what: str) -> Hl7Error:
    remedy = "Use ASCII, 8859/1 or UNICODE UTF-8, or another of table 0211."
    return Hl7Error(what, place="MSH-18", remedy=remedy, code="103")


_LETTERS = {
    "gb18030": re.compile(rb"[\x81-\xfe](?:[0-9][\x81-\xfe][0-9]|[\x40-\x7e\x80-\xfe])"),
    "big5": re.compile(rb"[\x81-\xfe][\x40-\x7e\xa1-\xfe]"),
}
"""The letters of several bytes, of which one may be that of a delimiter: 7Ch, 5Eh, 7Eh and 5Ch are second bytes."""


def hiding(declared: bytes, repetition: bytes = b"~") -> str:
    """How letters hide the bytes of delimiters under what MSH-18 says: "gb18030", "big5", "iso2022"; "" where not."""
    return _hiding(declared.replace(repetition, b"~"))


@lru_cache(maxsize=256)
def _hiding(declared: bytes) -> str:
    try:
        name = codec(declared.decode("latin-1"))
    except Hl7Error:
        return ""
    return name if name in _LETTERS else "iso2022" if name.startswith("hl7") else ""


def masked(raw: bytes, hides: str) -> bytes:
    """`raw` with the bytes of letters that `hides` is about made FFh: no shorter, and fit to look for delimiters."""
    if hides == "iso2022":
        return iso2022.masked(raw)
    return raw if raw.isascii() else _LETTERS[hides].sub(lambda match: b"\xff" * len(match[0]), raw)


class Wire(NamedTuple):
    """The delimiters that split values, as the bytes they are."""

    field: bytes
    component: bytes
    repetition: bytes
    subcomponent: bytes


@dataclass(frozen=True)
class Separators:
    """The delimiters that a message declares in MSH-1 and MSH-2 (HL7 v2.5.1 ch. 2.5.4), one character each."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"
    truncation: str = ""
    hides: str = ""
    """How letters of the message's character set hide the bytes of delimiters (`hiding`)."""

    def split(self, raw: bytes, mark: bytes, most: int = -1) -> list[bytes]:
        """`raw` at each `mark` (at the first `most` of them) that is a delimiter and no byte of a letter.

        `raw` begins in the basic one-byte set, as whatever stands behind a delimiter does (HL7 v2.5.1, MSH-20).
        """
        if not self.hides:
            return raw.split(mark, most)
        parts, start = [], 0
        for part in masked(raw, self.hides).split(mark, most):
            parts.append(raw[start : start + len(part)])
            start += len(part) + len(mark)
        return parts

    @property
    def encoding_characters(self) -> str:
        """MSH-2."""
        return self.component + self.repetition + self.escape + self.subcomponent + self.truncation

    @cached_property
    def wire(self) -> Wire:
        """As bytes."""
        marks = (self.field, self.component, self.repetition, self.subcomponent)
        return Wire(*(mark.encode("latin-1") for mark in marks))

    @property
    def letters(self) -> dict[str, str]:
        """Each delimiter with the letter that stands for it in an escape sequence (HL7 v2.5.1 ch. 2.7)."""
        letters = {
            self.field: "F",
            self.component: "S",
            self.repetition: "R",
            self.escape: "E",
            self.subcomponent: "T",
        }
        if self.truncation:
            letters[self.truncation] = "P"
        return letters


@lru_cache(maxsize=64)
def _special(separators: Separators) -> tuple[re.Pattern[str], re.Pattern[str], dict[str, str], dict[str, str]]:
    letters = separators.letters
    needs = re.compile("[" + re.escape("".join(letters)) + "\x00-\x1f\x7f]")
    mark = re.escape(separators.escape)
    sequence = re.compile(f"{mark}([^{mark}]*){mark}")
    return needs, sequence, letters, {letter: character for character, letter in letters.items()}


def escape(text: str, separators: Separators) -> str:
    """`text` with delimiters and control characters as escape sequences, fit to stand in one sub-component."""
    needs, _, letters, _ = _special(separators)
    mark = separators.escape

    def sequence(match: re.Match[str]) -> str:
        character = match.group()
        return f"{mark}{letters.get(character) or f'X{ord(character):02X}'}{mark}"

    return needs.sub(sequence, text)


def unescape(text: str, separators: Separators, encoding: str) -> str:
    """`text` with its escape sequences undone, once: delimiters, ``\\Xhh\\`` and ``\\.br\\``.

    Highlighting (``\\H\\``, ``\\N\\``) is left out; a sequence that is not known stays as it stands.
    """
    if separators.escape not in text:
        return text
    _, sequences, _, characters = _special(separators)

    def character(match: re.Match[str]) -> str:
        body = match.group(1)
        if body in characters:
            return characters[body]
        if body in ("H", "N"):
            return ""
        if body == ".br":
            return "\n"
        if body.startswith("X"):
            try:
                return bytes.fromhex(body[1:]).decode(encoding)
            except ValueError:
                return match.group()
        return match.group()

    return sequences.sub(character, text)
