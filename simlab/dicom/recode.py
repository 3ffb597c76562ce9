"""Writes a data set in another coding: VRs put in or left out, byte order changed (PS3.5 7)."""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field

from pydicom.datadict import dictionary_VR, private_dictionary_VR

from simlab.dicom.scan import (
    ITEM,
    ITEM_END,
    LITTLE,
    LONG,
    SEQUENCE_END,
    UNDEFINED,
    ByteOrder,
    Coding,
    Malformed,
    element,
)

_WORDS = {
    **dict.fromkeys((b"US", b"SS", b"OW", b"AT"), "H"),
    **dict.fromkeys((b"UL", b"SL", b"FL", b"OF", b"OL"), "I"),
    **dict.fromkeys((b"FD", b"OD", b"OV", b"SV", b"UV"), "Q"),
}
"""What the values of a VR consist of, as `array` calls it; others are bytes, which have no order."""
_PIXEL_REPRESENTATION, _BITS_ALLOCATED, _PIXEL_DATA = 0x00280103, 0x00280100, 0x7FE00010
_BY_WIDTH = frozenset({_PIXEL_DATA, 0x54001010})


@dataclass
class _Level:
    """What the elements of one data set, or item, say about the VR of others."""

    signed: bool = False
    narrow: bool = False
    creators: dict[int, str] = field(default_factory=dict)


def recode(data: bytes, source: Coding, target: Coding) -> bytes:
    """The data set in the coding `target`; values are not looked at, only their words are swapped where needed.

    Group lengths, retired, are left out since they would no longer hold. Raises Malformed.
    """
    level = _Level()
    at = 0
    while at < len(data):  # some VRs depend on what comes later
        tag, _vr, value, length, at = element(data, at, source.explicit, 0, source.order)
        _learn(level, tag, data[value : value + 2], source.order)
        if tag >= _PIXEL_REPRESENTATION or (length == UNDEFINED and tag == _PIXEL_DATA):
            break
    return b"".join(_elements(data, 0, len(data), source, target, level, 0))


def _learn(level: _Level, tag: int, value: bytes, order: ByteOrder) -> None:
    if tag == _PIXEL_REPRESENTATION and len(value) == 2:
        level.signed = order.short(value)[0] == 1
    elif tag in (_BITS_ALLOCATED, 0x54001004) and len(value) == 2:
        level.narrow = order.short(value)[0] <= 8


def _elements(
    data: bytes, at: int, end: int, source: Coding, target: Coding, level: _Level, depth: int
) -> Iterator[bytes]:
    while at < end:
        tag, vr, value, length, after = element(data, at, source.explicit, depth, source.order)
        if after > end:
            raise Malformed(f"the element at byte {at} is longer than its item", remedy="The data set is damaged.")
        at = after
        if tag == ITEM_END:
            return
        if tag & 0xFFFF == 0 and tag > 0x00070000:
            continue
        content = data[value:after]
        _learn(level, tag, content[:2], source.order)
        if tag & 0x00010000 and 0x10 <= tag & 0xFFFF <= 0xFF:
            level.creators[tag & 0xFFFF0000 | (tag & 0xFF) << 8] = content.decode("latin-1").strip(" \0")
        vr = vr or _vr_of(tag, level, length == UNDEFINED)
        if vr == b"SQ":
            yield from _sequence(tag, data, value, after, length, source, target, level, depth)
            continue
        if length == UNDEFINED:
            # An UN holds implicit VR little endian whatever is around it (PS3.5 6.2.2), pixels in an icon fragments.
            if vr != b"UN" and source.order is not target.order:
                raise Malformed("compressed pixels in a change of byte order", remedy="Send it as it is stored.")
            yield _head(tag, vr, UNDEFINED, target) + content
        else:
            yield _head(tag, vr, length, target) + _ordered(content, vr, source, target)


def _sequence(
    tag: int,
    data: bytes,
    at: int,
    end: int,
    length: int,
    source: Coding,
    target: Coding,
    outer: _Level,
    depth: int,
) -> Iterator[bytes]:
    parts = []
    while at + 8 <= end:
        (group, number), (size,) = source.order.tag(data, at), source.order.long(data, at + 4)
        at += 8
        if group << 16 | number == SEQUENCE_END:
            break
        if group << 16 | number != ITEM:
            raise Malformed(f"byte {at - 8} should begin an item of a sequence", remedy="The data set is damaged.")
        inner = _Level(outer.signed, outer.narrow)
        if size == UNDEFINED:
            start = at
            while source.order.tag(data, at) != (0xFFFE, 0xE00D):
                at = element(data, at, source.explicit, depth + 1, source.order)[4]
            content = b"".join(_elements(data, start, at, source, target, inner, depth + 1))
            at += 8
            parts += [_mark(ITEM, UNDEFINED, target), content, _mark(ITEM_END, 0, target)]
        else:
            if at + size > end:
                raise Malformed(f"the item at byte {at} is longer than its sequence", remedy="The data set is damaged.")
            content = b"".join(_elements(data, at, at + size, source, target, inner, depth + 1))
            at += size
            parts += [_mark(ITEM, len(content), target), content]
    if length == UNDEFINED:
        parts.append(_mark(SEQUENCE_END, 0, target))
    yield _head(tag, b"SQ", UNDEFINED if length == UNDEFINED else sum(map(len, parts)), target)
    yield from parts


def _vr_of(tag: int, level: _Level, undefined: bool) -> bytes:
    try:
        if tag & 0x00010000:
            if tag & 0xFFFF <= 0xFF:
                return b"LO"
            vr = private_dictionary_VR(tag, level.creators.get(tag & 0xFFFFFF00, ""))
        else:
            vr = dictionary_VR(tag)
    except KeyError:
        return b"UN"
    if vr == "OB or OW":
        return b"OB" if tag in _BY_WIDTH and level.narrow else b"OW"
    if vr == "US or SS":
        return b"SS" if level.signed else b"US"
    if " or " in vr:
        return b"OW"
    return vr.encode() if not undefined or vr == "SQ" else b"UN"


def _head(tag: int, vr: bytes, length: int, target: Coding) -> bytes:
    mark = "<" if target.order is LITTLE else ">"
    if not target.explicit:
        return struct.pack(mark + "HHL", tag >> 16, tag & 0xFFFF, length)
    if vr not in LONG and length > 0xFFFF:
        vr = b"UN"  # PS3.5 6.2.2 note 5
    if vr in LONG:
        return struct.pack(mark + "HH2sHL", tag >> 16, tag & 0xFFFF, vr, 0, length)
    return struct.pack(mark + "HH2sH", tag >> 16, tag & 0xFFFF, vr, length)


def _mark(tag: int, length: int, target: Coding) -> bytes:
    return struct.pack("<HHL" if target.order is LITTLE else ">HHL", tag >> 16, tag & 0xFFFF, length)


def _ordered(content: bytes, vr: bytes, source: Coding, target: Coding) -> bytes:
    word = _WORDS.get(vr)
    if source.order is target.order or word is None:
        return content
    words = array(word)
    whole = len(content) - len(content) % words.itemsize
    words.frombytes(content[:whole])
    words.byteswap()
    return words.tobytes() + content[whole:]
