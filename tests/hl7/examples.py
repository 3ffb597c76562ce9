"""Example messages made from the dictionaries: one of each structure that the department exchanges, in each version."""

from __future__ import annotations

from collections.abc import Iterator

from simlab.hl7 import dictionary, tables
from simlab.hl7.dictionary import Definition, Structure

VERSIONS = ("2.3", "2.3.1", "2.4", "2.5", "2.5.1")

STRUCTURES = {
    "ACK": ("ACK", "A01"),
    "ADT_A01": ("ADT", "A01"),
    "ADT_A02": ("ADT", "A02"),
    "ADT_A03": ("ADT", "A03"),
    "ADT_A05": ("ADT", "A28"),
    "ADT_A06": ("ADT", "A06"),
    "ADT_A09": ("ADT", "A11"),
    "ADT_A12": ("ADT", "A12"),
    "ADT_A17": ("ADT", "A17"),
    "ADT_A18": ("ADT", "A18"),
    "ADT_A21": ("ADT", "A23"),
    "ADT_A24": ("ADT", "A24"),
    "ADT_A30": ("ADT", "A34"),
    "ADT_A37": ("ADT", "A37"),
    "ADT_A38": ("ADT", "A38"),
    "ADT_A39": ("ADT", "A40"),
    "ADT_A43": ("ADT", "A43"),
    "ORM_O01": ("ORM", "O01"),
    "ORR_O02": ("ORR", "O02"),
    "OMI_O23": ("OMI", "O23"),
    "ORI_O24": ("ORI", "O24"),
    "ORU_R01": ("ORU", "R01"),
    "SIU_S12": ("SIU", "S12"),
}

_VALUES = {"DT": "20260302", "TM": "0740", "DTM": "20260302074000", "TS": "20260302074000", "NM": "7", "SI": "1"}


def spoken() -> list[tuple[str, str]]:
    """Each structure with each version that has it."""
    return [(name, version) for version in VERSIONS for name in STRUCTURES if dictionary.structure(name, version)]


def example(name: str, version: str, *, full: bool) -> bytes:
    """A message of that structure: what is required alone, or everything once."""
    kind, event = STRUCTURES[name]
    tree = dictionary.structure(name, version)
    assert tree is not None
    lines = [_segment(segment, version, full) for segment in _segments(tree, full)]
    said = f"{kind}^{event}" if version == "2.3" else f"{kind}^{event}^{name}"  # MSH-9.3 came with 2.3.1
    lines[0] = f"MSH|^~\\&|EPR|RXX01|RIS|RXX01|20260302074000||{said}|EX1|P|{version}"
    for number, line in enumerate(lines):
        if line.startswith("EVN"):
            lines[number] = f"EVN|{event}|20260302074000"
    return "".join(f"{line}\r" for line in lines).encode()


def _segments(part: Structure, full: bool) -> Iterator[str]:
    if part.choice:
        yield part.parts[0].name
        return
    for inner in part.parts:
        if inner.least or full:
            if inner.parts:
                yield from _segments(inner, full)
            else:
                yield inner.name


def _segment(name: str, version: str, full: bool) -> str:
    fields = dictionary.segment_fields(name, version)
    values = [
        _field(name, n, of, version) if (of.required or full) and of.most else "" for n, of in enumerate(fields, 1)
    ]
    return "|".join([name, *values]).rstrip("|")


def _field(segment: str, number: int, of: Definition, version: str) -> str:
    if (segment, number) == ("OBX", 2):
        return "ST"
    return _value(of.data_type, of.table, version, "^")[: of.length or None]


def _value(data_type: str, table: str, version: str, mark: str) -> str:
    parts = dictionary.components(data_type, version)
    if data_type in _VALUES:
        return _VALUES[data_type]
    if parts and mark:
        deeper = "&" if mark == "^" else ""
        held = [
            _value(part.data_type, part.table, version, deeper) if part.required or number == 0 else ""
            for number, part in enumerate(parts)
        ]
        return mark.join(held).rstrip(mark)
    codes = tables.table(table, version).codes if table and data_type in ("ID", "IS") else ()
    return min(sorted(codes), default="X", key=len)
