"""An instance's elements as rows for a tag browser: tag, VR, name, value, and what the value means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pydicom.datadict import dictionary_description, keyword_for_tag, private_dictionary_description
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.uid import UID

from simlab.dicom import transcode
from simlab.dicom.instance import Instance
from simlab.dicom.scan import UNDEFINED

LONGEST = 256
"""Characters of a value; the rest is counted."""
_BYTES = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})
_ITEM = 0xFFFEE000

Row = dict[str, Any]
Path = tuple[int, ...]
"""Tags and, between them, numbers of items."""


@dataclass(frozen=True)
class Tag:
    """One element, or one item of a sequence. `meaning` explains the value: a UID's name, a code's meaning, a date."""

    path: Path
    vr: str
    name: str
    value: str
    depth: int
    keyword: str = ""
    meaning: str = ""

    @property
    def number(self) -> int:
        """Group and element; that of an item is (FFFE,E000)."""
        return self.path[-1] if len(self.path) % 2 else _ITEM

    @property
    def private(self) -> bool:
        """Whether a manufacturer defined it, or it lies in something that a manufacturer defined."""
        return any(tag >> 16 & 1 for tag in self.path[::2])

    @property
    def place(self) -> str:
        """``(0040,0275)[1].(0040,0007)``."""
        text = ""
        for at, part in enumerate(self.path):
            text += f"[{part}]" if at % 2 else f"{'.' if text else ''}{written(part)}"
        return text

    def as_row(self) -> Row:
        """The row of a table."""
        return {
            "tag": written(self.number),
            "vr": self.vr,
            "name": self.name,
            "value": self.value,
            "depth": self.depth,
            "meaning": self.meaning,
            "keyword": self.keyword,
            "private": self.private,
            "place": self.place,
        }


def written(tag: int) -> str:
    """``(0010,0020)``."""
    return f"({tag >> 16:04X},{tag & 0xFFFF:04X})"


def tags(instance: Instance, longest: int = LONGEST) -> list[Tag]:
    """Every element in order, items of sequences one deeper; pixel data by its size. Raises Malformed."""
    instance = instance.inflated
    found = list(of(instance.dataset(), longest))
    if instance.pixels is not None:
        how = instance.coding
        at = len(instance.before_pixels)
        group, element = how.order.tag(instance.head, at)
        vr = instance.head[at + 4 : at + 6].decode("latin-1") if how.explicit else "OW"
        (length,) = how.order.long(instance.head, len(instance.head) - 4)
        size = f"{len(instance.pixels)} bytes"
        if length == UNDEFINED:
            size += f", {transcode.name(instance.transfer_syntax)}"
        tag = group << 16 | element
        found.append(Tag((tag,), vr, dictionary_description(tag), size, 0, keyword_for_tag(tag)))
    return found


def rows(instance: Instance) -> list[Row]:
    """`tags` as rows."""
    return [tag.as_row() for tag in tags(instance)]


def of(ds: Dataset, longest: int = LONGEST, above: Path = (), depth: int = 0) -> Iterator[Tag]:
    """The elements of a data set."""
    for element in ds:
        tag = int(element.tag)
        path = (*above, tag)
        title, keyword = _name(ds, element), keyword_for_tag(tag)
        if element.VR == "SQ":
            items = list(element.value or ())
            count = f"{len(items)} item{'' if len(items) == 1 else 's'}"
            yield Tag(path, "SQ", title, count, depth, keyword, _coded(items))
            for number, item in enumerate(items, 1):
                yield Tag((*path, number), "", f"Item {number}", "", depth + 1)
                yield from of(item, longest, (*path, number), depth + 2)
        else:
            yield Tag(path, str(element.VR), title, text(element, longest), depth, keyword, _meaning(element))


def filtered(rows: Sequence[Row], wanted: str, *, private: bool = False) -> list[Row]:
    """The rows that have every word of `wanted` somewhere, with the sequences that they lie in."""
    asked = wanted.casefold().split()
    kept: set[int] = set()
    above: list[int] = []
    for at, row in enumerate(rows):
        while above and int(rows[above[-1]]["depth"]) >= int(row["depth"]):
            above.pop()
        if _has(row, asked) and (row["private"] or not private):
            kept.update((*above, at))
        above.append(at)
    return [row for at, row in enumerate(rows) if at in kept]


def _has(row: Row, asked: Sequence[str]) -> bool:
    known = " ".join(str(row.get(key, "")) for key in ("tag", "vr", "name", "keyword", "value", "meaning")).casefold()
    # A tag may be written (0010,0020), 0010,0020 or 00100020.
    known += " " + str(row["tag"])[1:-1].replace(",", "").casefold()
    return all(word in known for word in asked)


def _name(ds: Dataset, element: DataElement) -> str:
    try:
        return dictionary_description(element.tag)
    except KeyError:
        if not element.tag.is_private:
            return "Unknown"
    if element.tag.is_private_creator:
        return "Private creator"
    creator = ds.get((element.tag.group, element.tag.element >> 8))
    owner = str(creator.value) if creator is not None else ""
    try:
        return f"{private_dictionary_description(element.tag, owner)} [{owner}]"
    except KeyError:
        return f"Private [{owner}]" if owner else "Private"


def text(element: DataElement, longest: int = LONGEST) -> str:
    """A value as text, several parted by backslashes; of a long one the beginning and its length."""
    value = element.value
    if value is None:
        return ""
    if element.VR in _BYTES and isinstance(value, bytes):
        return _octets(value)
    many = isinstance(value, (MultiValue, list, tuple))
    whole = "\\".join(str(part) for part in value) if many else str(value)
    return whole if len(whole) <= longest else f"{whole[:longest]}… ({len(whole)} characters)"


def _octets(value: bytes) -> str:
    plain = value.rstrip(b"\0 ")
    if plain and len(plain) <= 64 and all(32 <= octet < 127 for octet in plain):
        return f"{plain.decode('ascii')} ({len(value)} bytes)"
    return f"{value[:16].hex(' ')}{' …' if len(value) > 16 else ''} ({len(value)} bytes)"


def _coded(items: Sequence[Dataset]) -> str:
    return "; ".join(str(item.CodeMeaning) for item in items if item.get("CodeMeaning"))


def _meaning(element: DataElement) -> str:
    value = str(element.value or "")
    if element.VR == "UI":
        names = [UID(part).name for part in value.strip("[]'").split("', '") if part]
        return "; ".join(one for one in names if one not in value)
    if element.VR == "DA" and len(value) == 8 and value.isdigit():
        return f"{value[:4]}-{value[4:6]}-{value[6:]}"
    if element.VR in ("TM", "DT") and value:
        return _moment(value, element.VR == "DT")
    return ""


def _moment(value: str, dated: bool) -> str:
    day, clock = (value[:8], value[8:]) if dated else ("", value)
    digits = clock.partition(".")[0].partition("+")[0].partition("-")[0]
    if not (day + digits).isdigit() or len(digits) % 2 or len(day) not in (0, 8):
        return ""
    hours = ":".join(digits[at : at + 2] for at in range(0, min(len(digits), 6), 2))
    return f"{day[:4]}-{day[4:6]}-{day[6:]} {hours}".strip() if day else hours
