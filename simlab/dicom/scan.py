"""Walks the top level of an encoded data set (PS3.5 7.1) without decoding a value."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from simlab.errors import BadInput

IMPLICIT_LITTLE = "1.2.840.10008.1.2"
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
DEFLATED_LITTLE = "1.2.840.10008.1.2.1.99"
EXPLICIT_BIG = "1.2.840.10008.1.2.2"

PIXEL_TAGS = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
UNDEFINED = 0xFFFFFFFF
_LONG = frozenset({b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"})
_ITEM, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE0DD
_DEEPEST = 32

_tag = struct.Struct("<HH").unpack_from
_short = struct.Struct("<H").unpack_from
_long = struct.Struct("<L").unpack_from

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


def elements(data: bytes, *, explicit: bool, start: int = 0) -> Iterator[Element]:
    """The top-level elements of little-endian `data` in order, up to and including the pixel data.

    Raises Malformed when the bytes end early or are not in this syntax.
    """
    position, end = start, len(data)
    while position < end:
        element = _element(data, position, explicit, 0)
        yield element
        if element[0] in PIXEL_TAGS:
            return
        position = element[4]


def _element(data: bytes, at: int, explicit: bool, depth: int) -> Element:
    size = len(data)
    if at + 8 > size:
        raise _cut(at)
    group, number = _tag(data, at)
    tag = group << 16 | number
    vr = b""
    if explicit and group != 0xFFFE:
        vr = data[at + 4 : at + 6]
        if vr in _LONG:
            if at + 12 > size:
                raise _cut(at)
            (length,) = _long(data, at + 8)
            value = at + 12
        elif vr.isalpha() and vr.isupper():
            (length,) = _short(data, at + 6)
            value = at + 8
        else:
            raise Malformed(
                f"byte {at} is no element of an explicit VR data set",
                remedy="The transfer syntax declared is not the one it was written in.",
            )
    else:
        (length,) = _long(data, at + 4)
        value = at + 8
    if length == UNDEFINED:
        if tag in PIXEL_TAGS and depth == 0:
            return tag, vr, value, length, size
        # PS3.5 6.2.2 note 2: an UN of undefined length holds implicit VR.
        return tag, vr, value, length, _past_sequence(data, value, explicit and vr != b"UN", depth + 1)
    if value + length > size:
        raise _cut(at)
    return tag, vr, value, length, value + length


def _past_sequence(data: bytes, at: int, explicit: bool, depth: int) -> int:
    if depth > _DEEPEST:
        raise Malformed(
            f"sequences nested deeper than {_DEEPEST}", remedy="No real object is made so; look at its source."
        )
    while True:
        if at + 8 > len(data):
            raise _cut(at)
        group, number = _tag(data, at)
        (length,) = _long(data, at + 4)
        tag = group << 16 | number
        at += 8
        if tag == _SEQUENCE_END:
            return at
        if tag != _ITEM:
            raise Malformed(f"byte {at - 8} should begin an item of a sequence", remedy="The data set is damaged.")
        if length != UNDEFINED:
            at += length
            continue
        while True:
            if at + 8 > len(data):
                raise _cut(at)
            if _tag(data, at) == (0xFFFE, 0xE00D):
                at += 8
                break
            at = _element(data, at, explicit, depth + 1)[4]
