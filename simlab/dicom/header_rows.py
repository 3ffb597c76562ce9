"""An instance's elements as rows for a tag browser."""

from __future__ import annotations

from typing import Any

from pydicom.datadict import dictionary_description
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from simlab.dicom import transcode
from simlab.dicom.instance import Instance
from simlab.dicom.scan import UNDEFINED

_LONGEST = 256
_BYTES = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})

Row = dict[str, Any]


def rows(instance: Instance) -> list[Row]:
    """One row an element, ``{tag, vr, name, value, depth}``, items of sequences one deeper; pixels by their size."""
    instance = instance.inflated
    found = _rows(instance.dataset(), 0)
    if instance.pixels is not None:
        how = instance.coding
        at = len(instance.before_pixels)
        group, number = how.order.tag(instance.head, at)
        vr = instance.head[at + 4 : at + 6].decode("latin-1") if how.explicit else "OW"
        (length,) = how.order.long(instance.head, len(instance.head) - 4)
        size = f"{len(instance.pixels)} bytes"
        if length == UNDEFINED:
            size += f", {transcode.name(instance.transfer_syntax)}"
        found.append(_row(group << 16 | number, vr, dictionary_description(group << 16 | number), size, 0))
    return found


def _row(tag: int, vr: str, name: str, value: str, depth: int) -> Row:
    return {"tag": f"({tag >> 16:04X},{tag & 0xFFFF:04X})", "vr": vr, "name": name, "value": value, "depth": depth}


def _rows(ds: Dataset, depth: int) -> list[Row]:
    found = []
    for element in ds:
        tag = int(element.tag)
        try:
            name = dictionary_description(element.tag)
        except KeyError:
            name = "Private" if element.tag.is_private else "Unknown"
        if element.VR == "SQ":
            items = list(element.value or ())
            found.append(_row(tag, "SQ", name, f"{len(items)} item{'' if len(items) == 1 else 's'}", depth))
            for number, item in enumerate(items, 1):
                found.append(_row(0xFFFEE000, "", f"Item {number}", "", depth + 1))
                found.extend(_rows(item, depth + 2))
        else:
            found.append(_row(tag, str(element.VR), name, _text(element), depth))
    return found


def _text(element: DataElement) -> str:
    value = element.value
    if value is None:
        return ""
    if element.VR in _BYTES and isinstance(value, bytes):
        shown = value[:16].hex(" ")
        return f"{shown}{' …' if len(value) > 16 else ''} ({len(value)} bytes)"
    many = isinstance(value, (MultiValue, list, tuple))
    text = "\\".join(str(part) for part in value) if many else str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text)} characters)"
