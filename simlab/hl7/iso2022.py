"""ISO 2022 in HL7 v2: character sets that a message switches between, as codecs for Python's `decode` and `encode`.

MSH-18 names the sets (the first is in force at the start, the others may be switched to), and a switch is an escape
sequence of ISO 2022 or its HL7 form, ``\\Cxxyy\\`` or ``\\Mxxyyzz\\`` (HL7 v2.5.1 ch. 2.7.2 and MSH-20, 2.15.9.20).

Delimiters are characters of the basic one-byte set alone: just before and behind one the basic set is in force (MSH-20,
ISO 2022-1994). So a byte 7Ch in a two-byte letter is no field separator, and no shift outlasts a delimiter.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

MOST_ALTERNATES = 3
_ESC = b"\x1b"


@dataclass(frozen=True)
class Charset:
    """One set: how it is designated, the Python codec that has it, and what that codec wants before each letter.

    `double` sets are shifted into the left half (G0), two bytes of seven bits a letter; the others stand in the right.
    """

    designations: tuple[bytes, ...]
    codec: str
    double: bool = False
    lead: bytes = b""


SETS = {
    **{
        f"8859/{n}": Charset((b"-" + final,), f"iso8859-{n}")
        for n, final in (
            (1, b"A"), (2, b"B"), (3, b"C"), (4, b"D"), (5, b"L"), (6, b"G"), (7, b"F"), (8, b"H"), (9, b"M"),
            (15, b"b"),
        )
    },
    "ISO IR14": Charset((b")I", b"(I"), "euc_jp", lead=b"\x8e"),
    "ISO IR87": Charset((b"$B", b"$@"), "euc_jp", double=True),
    "ISO IR159": Charset((b"$(D",), "euc_jp", double=True, lead=b"\x8f"),
    "KS X 1001": Charset((b"$)C", b"$(C"), "euc_kr"),
}  # fmt: skip
"""The sets of HL7 table 0211 that ISO 2022 designates, beside ASCII. JIS X 0201's Roman half (``(J``) is read as ASCII:
its yen sign and overline are the escape character and the repetition separator."""

_BASIC = (b"(B", b"(J")
_KEYS = {re.sub(r"[^a-z0-9]", "", name.lower()): name for name in SETS}
_SWITCH = re.compile(
    rb"\x1b([\x20-\x2f]+[\x30-\x7e])|\\(?:C([0-9A-Fa-f]{4})|M([0-9A-Fa-f]{4}(?:[0-9A-Fa-f]{2})?))\\|[\r\n|^~&]"
)
_TOKENS = {
    False: re.compile(rb"[\x00-\x7f]+|[\x80-\xff]+"),
    True: re.compile(rb"(?:[\x21-\x7e]{2})+|[\x80-\xff]+|[\x00-\x20\x7f]+|[\x21-\x7e]"),
}


def codec_name(first: str, alternates: tuple[str, ...], *, hl7_form: bool = False) -> str:
    """The name of the codec for a message that begins with the set `first` and may switch to `alternates`.

    `hl7_form` writes the switches as ``\\M2442\\`` (MSH-20 is 2.3); both are read. "ASCII" is none on the right.
    """
    sets = [key for key, name in _KEYS.items() if name in alternates and name != first]
    begin = next((key for key, name in _KEYS.items() if name == first), "ascii")
    return "_".join(["hl7x" if hl7_form else "hl7", begin, *sets])


def switches(raw: bytes) -> bool:
    """Whether any switch stands in these bytes."""
    return _ESC in raw or b"\\M" in raw or b"\\C" in raw


def _designated(match: re.Match[bytes]) -> bytes:
    return match[1] or bytes.fromhex((match[2] or match[3] or b"").decode())


def _runs(raw: bytes) -> Iterator[tuple[int, int, bytes, bytes]]:
    """The stretches between switches: start, end, and what is designated left and right (b"": as at the start)."""
    here, left, right = 0, b"", b""
    for match in _SWITCH.finditer(raw):
        shifted = left not in (b"", *_BASIC)
        if len(match[0]) == 1:
            if match[0] in b"\r\n" or not shifted:
                yield here, match.start(), left, right
                here, left, right = match.start(), b"", b""
            continue
        if shifted and match[0][:1] != _ESC and (match.start() - here) % 2:
            continue
        yield here, match.start(), left, right
        designated = _designated(match)
        if designated[-2:-1] in (b")", b"-") or designated[:2] == b"$)":
            right = designated
        else:
            left = designated
        here = match.end()
    yield here, len(raw), left, right


def masked(raw: bytes) -> bytes:
    """`raw` with every byte of a switch and of a shifted letter made FFh: what is a delimiter there, is one."""
    if not switches(raw):
        return raw
    pieces, done = [], 0
    for start, end, left, _ in _runs(raw):
        pieces.append(b"\xff" * (start - done))
        pieces.append(raw[start:end] if left in (b"", *_BASIC) else b"\xff" * (end - start))
        done = end
    return b"".join(pieces)


class _Codec:
    """Reads and writes text of the sets that one MSH-18 names."""

    def __init__(self, name: str) -> None:
        form, begin, *others = name.split("_")
        self.name = name
        self._hl7_form = form == "hl7x"
        self._initial = SETS.get(_KEYS.get(begin, ""))
        self._sets = [one for one in (self._initial, *(SETS[_KEYS[key]] for key in others)) if one]
        self._known = {designation: one for one in self._sets for designation in one.designations}

    def decode(self, data: bytes, errors: str = "strict") -> tuple[str, int]:
        raw, pieces = data, list[str]()
        for start, end, left, right in _runs(raw):
            on_left, on_right = self._known.get(left), self._known.get(right) if right else self._initial
            for designated, found in ((left, on_left), (right, on_right)):
                if designated and designated not in _BASIC and found is None:
                    why = "a switch to a character set that MSH-18 does not name"
                    self._bad(raw, max(0, start - 1), start, why, errors, pieces)
            double = on_left is not None and not left.startswith(b"(I")
            for token in _TOKENS[double].finditer(raw, start, end):
                self._token(raw, token, on_left, on_right, left, errors, pieces)
        return "".join(pieces), len(raw)

    def _token(
        self, raw: bytes, token: re.Match[bytes], left: Charset | None, right: Charset | None, designated: bytes,
        errors: str, pieces: list[str],
    ) -> None:  # fmt: skip
        text, start = token[0], token.start()
        if text[0] >= 0x80:
            self._letters(raw, start, text, right, 1, errors, pieces)
        elif left is None or text[0] <= 0x20 or text[0] == 0x7F:
            pieces.append(text.decode("ascii"))
        elif designated == b"(I":
            self._letters(raw, start, bytes(b | 0x80 for b in text), left, 1, errors, pieces)
        elif len(text) == 1:
            self._bad(raw, start, start + 1, "half a letter", errors, pieces)
        else:
            self._letters(raw, start, bytes(b | 0x80 for b in text), left, 2, errors, pieces)

    def _letters(
        self, raw: bytes, start: int, text: bytes, of: Charset | None, width: int, errors: str, pieces: list[str]
    ) -> None:
        if of is None:
            self._bad(raw, start, start + len(text), "no character set is in force for it", errors, pieces)
            return
        if of.codec == "euc_kr" and width == 1:
            width = 2
        letters = [text[n : n + width] for n in range(0, len(text), width)]
        try:
            pieces.append(b"".join(of.lead + letter for letter in letters).decode(of.codec))
        except UnicodeDecodeError:
            for number, letter in enumerate(letters):
                try:
                    pieces.append((of.lead + letter).decode(of.codec))
                except UnicodeDecodeError:
                    first = start + number * width
                    self._bad(raw, first, first + len(letter), "no such letter", errors, pieces)

    def _bad(self, raw: bytes, start: int, end: int, why: str, errors: str, pieces: list[str]) -> None:
        error = UnicodeDecodeError(self.name, raw, start, end, why)
        replaced, _ = codecs.lookup_error(errors)(error)
        pieces.append(str(replaced))

    def encode(self, text: str, errors: str = "strict") -> tuple[bytes, int]:
        out = bytearray()
        left: Charset | None = None
        right = self._initial
        for index, letter in enumerate(text):
            if letter < "\x80":
                if left:
                    out += self._switch(b"(B")
                    left = None
                if right is not self._initial and self._initial:
                    out += self._switch(self._initial.designations[0])
                right = self._initial if self._initial or letter in "\r\n|^~&" else right
                out.append(ord(letter))
                continue
            found = next(((one, coded) for one in self._sets if (coded := _coded(one, letter))), None)
            if found is None:
                replaced, _ = codecs.lookup_error(errors)(
                    UnicodeEncodeError(self.name, text, index, index + 1, "in none of the character sets")
                )
                if left:
                    out += self._switch(b"(B")
                    left = None
                out += replaced if isinstance(replaced, bytes) else replaced.encode("ascii")
                continue
            one, coded = found
            if one is not (left if one.double else right):
                out += self._switch(one.designations[0])
                if one.double:
                    left = one
                else:
                    right = one
            out += coded
        if left:
            out += self._switch(b"(B")
        if right is not self._initial and self._initial:
            out += self._switch(self._initial.designations[0])
        return bytes(out), len(text)

    def _switch(self, designation: bytes) -> bytes:
        if not self._hl7_form:
            return _ESC + designation
        return b"\\%s%s\\" % (b"M" if designation[:1] == b"$" else b"C", designation.hex().upper().encode())


@lru_cache(maxsize=4096)
def _coded(one: Charset, letter: str) -> bytes:
    """A letter in a set as it stands on the wire; b"" when the set lacks it."""
    try:
        coded = letter.encode(one.codec)
    except UnicodeEncodeError:
        return b""
    if one.lead:
        coded = coded[1:] if coded[:1] == one.lead else b""
    elif one.double:
        coded = coded if len(coded) == 2 and coded[0] >= 0xA1 else b""
    return bytes(b & 0x7F for b in coded) if one.double else coded if coded and coded[0] >= 0x80 else b""


def _found(name: str) -> codecs.CodecInfo | None:
    form, *keys = name.split("_")
    if form not in ("hl7", "hl7x") or not keys or any(key not in _KEYS for key in keys if key != "ascii"):
        return None
    made = _Codec(name)
    return codecs.CodecInfo(made.encode, lambda data, errors="strict": made.decode(bytes(data), errors), name=name)


codecs.register(_found)
