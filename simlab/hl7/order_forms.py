"""Orders of imaging in their two forms, ORM^O01 with ZDS and OMI^O23 with TQ1 and IPC, each made of the other."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from simlab.hl7 import dictionary

if TYPE_CHECKING:
    from simlab.hl7.conversion import Row, Work

_NAMES = {("OMI", "O23"): ("ORM", "O01"), ("ORI", "O24"): ("ORR", "O02")}

IPC_TO_OBR = ((1, 18), (2, 19), (4, 20), (5, 24))
"""IPC's accession number, requested procedure, scheduled step and modality, and where an ORM has them (IHE RAD-4)."""
TQ1_TO_TQ = ((7, 4), (8, 5), (9, 6), (10, 7), (11, 8))
"""TQ1's start, end, priority, condition and text, and the components of ORC-7 and OBR-27 (HL7 v2.5.1 ch. 4.5.4)."""
_KEPT_TQ1 = frozenset({1, 2, 3, 7, 8, 9, 10, 11})
_DETAILS = frozenset({"RQD", "RQ1", "RXO", "ODS", "ODT"})


def renamed(work: Work, wanted: str) -> None:
    """Make the other form of an order where the new version lacks its own, or where `wanted` ("orm", "omi") asks."""
    kind, event = (work.part(work.rows[0], 9, number) for number in (1, 2))
    if (kind, event) in _NAMES and (wanted == "orm" or not dictionary.structure(f"{kind}_{event}", work.new)):
        _to_orm(work, *_NAMES[kind, event])
    elif (kind, event) == ("ORM", "O01") and wanted == "omi":
        _to_omi(work)


def _get(row: Row, number: int) -> str:
    return row[number] if number < len(row) else ""


def _put(row: Row, number: int, value: str) -> None:
    if value:
        row += [""] * (number + 1 - len(row))
        row[number] = value


def _joined(work: Work, parts: dict[int, str]) -> str:
    last = max((number for number, part in parts.items() if part), default=0)
    return work.marks.component.join(parts.get(number, "") for number in range(1, last + 1))


def _named(work: Work, kind: str, event: str) -> None:
    component = work.marks.component
    old = work.rows[0][9]
    work.rows[0][9] = component.join((kind, event, f"{kind}_{event}"))
    work.note("MSH-9", f"{old} written as {kind}^{event}")


def _groups(work: Work) -> tuple[list[Row], list[list[Row]]]:
    """What stands before the orders, and each order from its ORC on."""
    starts = [index for index, row in enumerate(work.rows) if row[0] == "ORC"]
    head = work.rows[: starts[0]] if starts else work.rows
    return head, [work.rows[a:b] for a, b in pairwise([*starts, len(work.rows)])]


def _first(group: list[Row], name: str) -> Row | None:
    return next((row for row in group if row[0] == name), None)


def _to_orm(work: Work, kind: str, event: str) -> None:
    head, groups = _groups(work)
    made: list[Row] = []
    studies: list[str] = []
    for group in groups:
        made += _orm_order(work, group, studies)
    work.rows = [*head, *made]
    if studies and kind == "ORM" and _first(work.rows, "ZDS") is None:
        work.rows.append(["ZDS", _joined(work, {1: studies[0], 3: "Application", 4: "DICOM"})])
        for other in studies[1:]:
            if other != studies[0]:
                work.note("IPC-3", f"{other!r} left out: a ZDS names one study a message")
    _named(work, kind, event)


def _orm_order(work: Work, group: list[Row], studies: list[str]) -> list[Row]:
    orc, obr = group[0], _first(group, "OBR")
    steps = [row for row in group if row[0] == "IPC"]
    timing = [row for row in group if row[0] in ("TQ1", "TQ2")]
    rest = [row for row in group if row[0] not in ("IPC", "TQ1", "TQ2", "ORC", "OBR")]
    for number, row in enumerate(timing):
        if row[0] == "TQ2" or number:
            work.note(row[0], f"{work.marks.field.join(row)[:60]!r} left out: ORC-7 holds one timing")
            continue
        parts = {to: work.part(row, of, 1) for of, to in TQ1_TO_TQ}
        parts[1] = work.part(row, 2, 1)
        parts[2] = work.part(row, 3, 1)
        for field in range(1, len(row)):
            if row[field] and field not in _KEPT_TQ1:
                work.note(f"TQ1-{field}", f"{row[field][:60]!r} left out: ORC-7 has no place for it here")
        said = _joined(work, parts)
        if said and not _get(orc, 7):
            _put(orc, 7, said)
            if obr is not None and not _get(obr, 27):
                _put(obr, 27, said)
            work.note("TQ1", "written into ORC-7 and OBR-27")
    made: list[Row] = []
    for number, step in enumerate(steps or [[]], 1):
        orc_, obr_ = list(orc), list(obr) if obr is not None else None
        if step and obr_ is not None:
            _step(work, step, orc_, obr_, "IPC" if len(steps) == 1 else f"IPC[{number}]", studies)
        made += [orc_, *([obr_] if obr_ is not None else []), *(rest if number == 1 else [])]
    if len(steps) > 1:
        work.note("IPC", f"{len(steps)} scheduled steps written as {len(steps)} pairs of ORC and OBR")
    return made


def _step(work: Work, step: Row, orc: Row, obr: Row, label: str, studies: list[str]) -> None:
    for of, to in IPC_TO_OBR:
        _put(obr, to, work.part(step, of, 1))
        rest = [part for part in _get(step, of).split(work.marks.component)[1:] if part]
        if rest:
            work.note(f"{label}-{of}", f"{' '.join(rest)[:60]!r} left out: OBR-{to} is the number alone")
    studies += [study] if (study := work.part(step, 3, 1)) else []
    if protocol := _get(step, 6).split(work.marks.repetition)[0]:
        code = dict(enumerate(_get(obr, 4).split(work.marks.component)[:3], 1))
        parts = protocol.split(work.marks.component)[:3]
        obr[4] = _joined(work, code | {4 + n: part for n, part in enumerate(parts)})
    if title := _get(step, 9):
        _put(orc, 18, title)
    for number, what in ((7, "the station's name"), (8, "the location")):
        if value := _get(step, number):
            work.note(f"{label}-{number}", f"{value[:60]!r} left out: an ORM has no place for {what}")
    work.note(label, "written into OBR-18, 19, 20, 24 and ZDS")


def _to_omi(work: Work) -> None:
    head, groups = _groups(work)
    zds = _first(work.rows, "ZDS")
    study = work.part(zds, 1, 1) if zds else ""
    for group in groups:
        obr = _first(group, "OBR")
        lacking = obr is None or not study or any(not work.part(obr, to, 1) for _, to in IPC_TO_OBR[:3])
        if lacking or any(row[0] in _DETAILS for row in group):
            work.note("MSH-9", "stays an ORM^O01: IPC needs ZDS-1 and OBR-18, 19 and 20")
            return
    if not groups:
        return
    made = [row for group in groups for row in _omi_order(work, group, study)]
    work.rows = [*head, *made]
    _named(work, "OMI", "O23")
    work.note("ZDS", "written into IPC-3")


def _omi_order(work: Work, group: list[Row], study: str) -> list[Row]:
    orc = group[0]
    obr = next(row for row in group if row[0] == "OBR")
    source = _get(orc, 7) or _get(obr, 27)
    parts = [*source.split(work.marks.repetition)[0].split(work.marks.component), *[""] * 9]
    timing: Row = []
    if source:
        timing = ["TQ1", "1"]
        _put(timing, 2, parts[0])
        _put(timing, 3, parts[1].replace(work.marks.subcomponent, work.marks.component))
        for to, of in TQ1_TO_TQ:
            _put(timing, to, parts[of - 1])
        for number in (3, 9):
            if parts[number - 1]:
                work.note(f"ORC-7.{number}", f"{parts[number - 1][:60]!r} left out: TQ1 has it otherwise")
        for row, number, name in ((orc, 7, "ORC-7"), (obr, 27, "OBR-27")):
            if _get(row, number):
                row[number] = ""
                work.note(name, "written into TQ1")
    step: Row = ["IPC"]
    for to, of in IPC_TO_OBR:
        _put(step, to, work.part(obr, of, 1))
        if of < len(obr):
            obr[of] = ""
    _put(step, 3, study)
    coded = _get(obr, 4).split(work.marks.component)
    if any(coded[3:]):
        _put(step, 6, work.marks.component.join(coded[3:6]))
        obr[4] = work.marks.component.join(coded[:3])
    if title := work.part(orc, 18, 1):
        _put(step, 9, title)
        orc[18] = ""
    work.note("OBR", "18, 19, 20 and 24 written into IPC")
    rest = [row for row in group[1:] if row is not obr and row[0] != "ZDS"]
    return [orc, *([timing] if timing else []), obr, *rest, step]
