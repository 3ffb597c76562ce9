"""Damages an instance as bad senders do: the faults at the point `instance`."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from simlab import fault_effects as points
from simlab.dicom.instance import Instance
from simlab.dicom.scan import DEFLATED_LITTLE, EXPLICIT_BIG, IMPLICIT_LITTLE, LONG, UNDEFINED, elements
from simlab.dicom.values import tag_of
from simlab.faults import FaultTable

_CHARSET = 0x00080005
_OVER_LONG = 1100
"""Bytes at least: longer than any VR with a limit below LT takes (PS3.5 6.2)."""
_NO_VR = b"XX"

Element = tuple[int, bytes, bytes, bool]
"""Tag, VR, value, and whether its length is left undefined."""


def spoiled(
    faults: FaultTable, system: str, instance: Instance, way: str, peer: str, sop_instance: str = ""
) -> Instance:
    """`instance` as a fault of `system` leaves it; `way` is ``stored`` or ``sent``, `peer` who sends or is sent to."""
    if not faults.arranged(points.INSTANCE, system):
        return instance
    subject = sop_instance or instance.header().sop_instance_uid
    fault = faults.ask(points.INSTANCE, system, subject, way=way, peer=peer, sop_instance=subject)
    return spoil(instance, fault.effect) if fault else instance


def spoil(instance: Instance, effect: dict[str, Any]) -> Instance:
    """`instance` with the damage that `effect` asks for; big-endian and deflated data sets are left as they are.

    Raises Malformed for an instance that is damaged already, BadInput for a keyword that is none.
    """
    if instance.transfer_syntax in (EXPLICIT_BIG, DEFLATED_LITTLE):
        return instance
    found = _read(instance)
    for word, change in _CHANGES.items():
        if word in effect:
            found = change(found, effect[word])
    head = _write(found, instance)
    pixels = instance.pixels
    if effect.get("other_pixels") and pixels:
        pixels = _other(pixels)
    return Instance(instance.transfer_syntax, head, pixels)


def _explicit(instance: Instance) -> bool:
    return instance.transfer_syntax != IMPLICIT_LITTLE


def _read(instance: Instance) -> list[Element]:
    head, found = instance.head, []
    for tag, vr, value, length, end in elements(instance.encoded, explicit=_explicit(instance)):
        if value >= len(head):
            break
        found.append((tag, vr, head[value:end], length == UNDEFINED))
    return found


def _write(found: list[Element], instance: Instance) -> bytes:
    parts = []
    for tag, vr, value, undefined in found:
        length = UNDEFINED if undefined else len(value)
        head = struct.pack("<HH", tag >> 16, tag & 0xFFFF)
        if not _explicit(instance):
            head += struct.pack("<L", length)
        elif vr in LONG:
            head += vr + struct.pack("<HL", 0, length)
        else:
            head += vr + struct.pack("<H", length & 0xFFFF)
        parts += [head, value]
    tail = b"" if instance.pixels is None else instance.head[-(12 if _explicit(instance) else 8) :]
    return b"".join(parts) + tail


def _changed(
    found: list[Element], keyword: Any, change: Callable[[bytes, bytes], tuple[bytes, bytes]]
) -> list[Element]:
    tags = {tag_of(str(name)) for name in (keyword if isinstance(keyword, list) else [keyword])}
    return [
        (tag, *change(vr, value), undefined) if tag in tags and not undefined else (tag, vr, value, undefined)
        for tag, vr, value, undefined in found
    ]


def _charset(found: list[Element], term: Any) -> list[Element]:
    value = str(term).encode("ascii", "replace")
    kept = [element for element in found if element[0] != _CHARSET]
    if not value:
        return kept
    said = (_CHARSET, b"CS", value + b" " * (len(value) % 2), False)
    return sorted([*kept, said], key=lambda element: element[0])


def _missing(found: list[Element], keyword: Any) -> list[Element]:
    tags = {tag_of(str(name)) for name in (keyword if isinstance(keyword, list) else [keyword])}
    return [element for element in found if element[0] not in tags]


def _bad_vr(found: list[Element], keyword: Any) -> list[Element]:
    return _changed(found, keyword, lambda vr, value: (vr if vr in LONG else _NO_VR, value))


def _padding(found: list[Element], keyword: Any) -> list[Element]:
    def padded(vr: bytes, value: bytes) -> tuple[bytes, bytes]:
        bare = value.rstrip(b" \0")
        return vr, bare + b"\0" * (2 - len(bare) % 2)

    return _changed(found, keyword, padded)


def _over_long(found: list[Element], keyword: Any) -> list[Element]:
    def stretched(vr: bytes, value: bytes) -> tuple[bytes, bytes]:
        bare = value.rstrip(b" \0") or b"X"
        long = bare * (_OVER_LONG // len(bare) + 1)
        return vr, long + b" " * (len(long) % 2)

    return _changed(found, keyword, stretched)


_CHANGES: dict[str, Callable[[list[Element], Any], list[Element]]] = {
    "charset": _charset,
    "missing": _missing,
    "bad_vr": _bad_vr,
    "padding": _padding,
    "over_long": _over_long,
}


def _other(pixels: bytes | memoryview) -> bytes:
    """The same length and framing with other content: the last bytes before a possible sequence delimiter differ."""
    at = max(len(pixels) - 12, 0)
    other = bytes(pixels[at : at + 2]).translate(bytes(255 - n for n in range(256)))
    return b"".join((pixels[:at], other, pixels[at + 2 :]))
