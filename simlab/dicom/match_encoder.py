"""The matches of a query, from rows to encoded identifiers without a data set in between (PS3.5 7.1).

Building and writing a pydicom data set for each match is the dear part of an answer; here what is the same in every
match is encoded once.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

from simlab.dicom import charset
from simlab.dicom.scan import EXPLICIT_LITTLE, IMPLICIT_LITTLE, LONG

SYNTAXES = frozenset({EXPLICIT_LITTLE, IMPLICIT_LITTLE})
_CODECS = {charset.ASCII: "ascii", charset.LATIN_1: "latin-1", charset.UTF_8: "utf-8"}
_CHARSET_TAG = 0x00080005
_NUMBERS = {"US": "<H", "SS": "<h", "UL": "<L", "SL": "<l"}
_LONGEST = 0xFFFE  # bytes of a value whose length has sixteen bits

Value = str | int | None


class MatchEncoder:
    """Encodes rows of one shape.

    `columns` are tag and VR of a row's values, in its order; `constants` are the attributes that every match has, by
    tag: VR and value.
    """

    def __init__(
        self, transfer_syntax: str, columns: Sequence[tuple[int, str]], constants: Mapping[int, tuple[str, str]]
    ) -> None:
        self._explicit = transfer_syntax == EXPLICIT_LITTLE
        self._plan: list[tuple[int, bytes, str, int, bytes]] = []
        """Tag, what stands before the length, VR, place in the row (-1: a constant), the constant's bytes."""
        for place, (tag, vr) in enumerate(columns):
            self._plan.append((tag, self._head(tag, vr), vr, place, b""))
        for tag, (vr, value) in constants.items():
            head = self._head(tag, vr)
            self._plan.append((tag, head, vr, -1, self._element(head, vr, value.encode("ascii", "replace"))))
        self._plan.sort(key=lambda entry: entry[0])

    def encode(self, row: Sequence[Value], term: str = charset.ASCII) -> bytes | None:
        """The identifier with the row's values in the character set `term`; None when that is not of those known here.

        The known ones are ASCII, Latin-1 and UTF-8. Raises UnicodeEncodeError for a value outside the character set.
        """
        codec = _CODECS.get(term)
        if codec is None:
            return None
        parts = []
        if term:
            parts.append((_CHARSET_TAG, self._element(self._head(_CHARSET_TAG, "CS"), "CS", term.encode())))
        for tag, head, vr, place, constant in self._plan:
            if place < 0:
                parts.append((tag, constant))
                continue
            value = row[place]
            if value is None:
                raw = b""
            elif vr in _NUMBERS:
                raw = struct.pack(_NUMBERS[vr], value)
            else:
                raw = (value if isinstance(value, str) else str(value)).encode(codec)
            parts.append((tag, self._element(head, vr, raw)))
        if term:
            parts.sort(key=lambda part: part[0])
        return b"".join([element for _tag, element in parts])

    def _head(self, tag: int, vr: str) -> bytes:
        head = struct.pack("<HH", tag >> 16, tag & 0xFFFF)
        if not self._explicit:
            return head
        return head + vr.encode() + (b"\0\0" if vr.encode() in LONG else b"")

    def _element(self, head: bytes, vr: str, raw: bytes) -> bytes:
        if len(raw) & 1:
            raw += b"\0" if vr == "UI" else b" "
        if len(head) == 6:
            raw = raw[:_LONGEST]
            return head + len(raw).to_bytes(2, "little") + raw
        return head + len(raw).to_bytes(4, "little") + raw
