"""Character sets and escape sequences of HL7 v2: between bytes on the wire and text that a person reads."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

from simlab.hl7.errors import Hl7Error

CODECS = {
    "": "latin-1",  # the standard says ASCII; most senders that leave MSH-18 empty write ISO 8859-1
    "ASCII": "ascii",
    **{f"8859/{n}": f"iso8859-{n}" for n in (1, 2, 3, 4, 5, 6, 7, 8, 9, 15)},
    "UNICODE UTF-8": "utf-8",
    "UTF-8": "utf-8",  # not in table 0211, and on many wires
}
"""HL7 table 0211 (the single-byte sets and UTF-8) to Python codecs."""


def codec(name: str) -> str:
    """The codec for the character set that MSH-18 names; Hl7Error for one that is not read here."""
    try:
        return CODECS[name.strip().upper()]
    except KeyError:
        raise Hl7Error(
            f"character set {name!r} is not supported",
            place="MSH-18",
            remedy="Use ASCII, 8859/1 or UNICODE UTF-8.",
            code="103",
        ) from None


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
