"""Walks the top level of an encoded data set (PS3.5 7.1) without decoding a value."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from simlab.errors import BadInput

IMPLICIT_LITTLE = "1.2.840.10008.1.2"
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
DEFLATED_LITTLE = "1.2.840.10008.1.2.1.99"
EXPLICIT_BIG = "1.2.840.10008.1.2.2"

PIXEL_TAGS = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
UNDEFINED = 0xFFFFFFFF
LONG = frozenset({b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"})
_SHORT = frozenset(
    {
        b"AE",
        b"AS",
        b"AT",
        b"CS",
        b"DA",
        b"DS",
        b"DT",
        b"FD",
        b"FL",
        b"IS",
        b"LO",
        b"LT",
        b"PN",
        b"SH",
        b"SL",
        b"SS",
        b"ST",
        b"TM",
        b"UI",
        b"UL",
        b"US",
    }
)
KNOWN = LONG | _SHORT
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_DEEPEST = 32


class ByteOrder:
    """Reads tags and lengths in one byte order."""

    def __init__(self, mark: str) -> None:
        self.tag = struct.Struct(mark + "HH").unpack_from
        self.short = struct.Struct(mark + "H").unpack_from
        self.long = struct.Struct(mark + "L").unpack_from


LITTLE, BIG = ByteOrder("<"), ByteOrder(">")


@dataclass(frozen=True)
class Coding:
    """How elements are written: with their VR or without, in which byte order."""

    explicit: bool
    order: ByteOrder


@lru_cache(maxsize=64)
def coding(transfer_syntax: str) -> Coding:
    """The coding of a transfer syntax (PS3.5 A); all but two are explicit VR little endian, once inflated."""
    return Coding(transfer_syntax != IMPLICIT_LITTLE, BIG if transfer_syntax == EXPLICIT_BIG else LITTLE)


Element = tuple[int, bytes, int, int, int]
"""Tag, VR (empty when implicit), start of the value, its length (`UNDEFINED` as coded), end of the element."""


class Malformed(BadInput):
    """Bytes that are no data set in the transfer syntax they claim. PS3.4 B.2.3: C000, cannot understand."""

    dicom_status = 0xC000


def _cut(at: int) -> Malformed:
    return Malformed(
        f"the data set ends in the middle of an element at byte {at}",
        remedy="It was truncated on its way or on disk: fetch it again from where it came.",
    )


_explicit_short = struct.Struct("<HH2sH").unpack_from


def elements(data: bytes, *, explicit: bool, start: int = 0, order: ByteOrder = LITTLE) -> Iterator[Element]:
    """The top-level elements of `data` in order, up to and including the pixel data.

    Raises Malformed when the bytes end early or are not in this syntax.
    """
    position, end = start, len(data)
    plain = explicit and order is LITTLE
    while position < end:
        # Nearly every element of a head is of this form; spelt out here it takes a third of the time of `element`.
        if plain and position + 8 <= end and data[position + 4 : position + 6] in _SHORT:
            group, number, vr, length = _explicit_short(data, position)
            if group != 0xFFFE and position + 8 + length <= end:
                tag = group << 16 | number
                yield tag, vr, position + 8, length, position + 8 + length
                if tag in PIXEL_TAGS:
                    return
                position += 8 + length
                continue
        found = element(data, position, explicit, 0, order)
        yield found
        if found[0] in PIXEL_TAGS:
            return
        position = found[4]


def element(data: bytes, at: int, explicit: bool, depth: int, order: ByteOrder) -> Element:
    """The element at byte `at`, `depth` sequences deep; raises Malformed."""
    size = len(data)
    if at + 8 > size:
        raise _cut(at)
    group, number = order.tag(data, at)
    tag = group << 16 | number
    vr = b""
    if explicit and group != 0xFFFE:
        vr = data[at + 4 : at + 6]
        if vr in LONG:
            if at + 12 > size:
                raise _cut(at)
            (length,) = order.long(data, at + 8)
            value = at + 12
        elif vr in _SHORT:
            (length,) = order.short(data, at + 6)
            value = at + 8
        elif vr.isalpha() and vr.isupper():
            value, length = _unknown_vr(data, at, order)
        else:
            raise Malformed(
                f"byte {at} is no element of an explicit VR data set",
                remedy="The transfer syntax declared is not the one it was written in.",
            )
    else:
        (length,) = order.long(data, at + 4)
        value = at + 8
    if length == UNDEFINED:
        if tag in PIXEL_TAGS and depth == 0:
            return tag, vr, value, length, size
        if vr == b"UN":
            # PS3.5 6.2.2 note 2: an UN of undefined length holds implicit VR little endian, whatever is around it.
            explicit, order = False, LITTLE
        return tag, vr, value, length, past_sequence(data, value, explicit, depth + 1, order)
    if value + length > size:
        raise _cut(at)
    return tag, vr, value, length, value + length


def _unknown_vr(data: bytes, at: int, order: ByteOrder) -> tuple[int, int]:
    """Value and length of an element whose VR is not known: a VR to come has the long form (PS3.5 7.1.2), but toolkits
    write the short one too."""
    if data[at + 6 : at + 8] == b"\0\0" and at + 12 <= len(data):
        (length,) = order.long(data, at + 8)
        if at + 12 + length <= len(data):
            return at + 12, length
    (length,) = order.short(data, at + 6)
    return at + 8, length


def past_sequence(data: bytes, at: int, explicit: bool, depth: int, order: ByteOrder) -> int:
    """Where the sequence of undefined length ends whose first item stands at `at`; raises Malformed."""
    if depth > _DEEPEST:
        raise Malformed(
            f"sequences nested deeper than {_DEEPEST}", remedy="No real object is made so; look at its source."
        )
    while True:
        if at + 8 > len(data):
            raise _cut(at)
        group, number = order.tag(data, at)
        (length,) = order.long(data, at + 4)
        tag = group << 16 | number
        at += 8
        if tag == SEQUENCE_END:
            return at
        if tag != ITEM:
            raise Malformed(f"byte {at - 8} should begin an item of a sequence", remedy="The data set is damaged.")
        if length != UNDEFINED:
            at += length
            continue
        while True:
            if at + 8 > len(data):
                raise _cut(at)
            if order.tag(data, at) == (0xFFFE, 0xE00D):
                at += 8
                break
            at = element(data, at, explicit, depth + 1, order)[4]
