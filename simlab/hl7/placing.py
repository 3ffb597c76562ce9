"""The segments of a message put as the structure of another version has them: changed about or left out, each told."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from simlab.hl7 import dictionary, structure

if TYPE_CHECKING:
    from simlab.hl7.conversion import Row, Work

MOST_STEPS = 40
MOST_LOOKED_AT = 12
"""Segments up to one that is out of place, of which another may be to blame: a ROL that stands before PV1."""
LONG = 500
"""Segments of a message in which that one alone is looked at."""


def faults(work: Work, version: str) -> Counter[tuple[str, str]]:
    """What the segments have against the structure of the message in a version: how often each (rule, segment)."""
    return Counter((fault.rule, fault.name) for fault in _faults(work, work.rows, version))


def _faults(work: Work, rows: list[Row], version: str) -> list[structure.Fault]:
    kind, event = (work.part(rows[0], 9, number) for number in (1, 2))
    rules = structure.grammar(dictionary.structure_of(kind, event, version), version)
    return rules.faults([row[0] for row in rows]) if rules else []


def _new(work: Work, rows: list[Row], before: Counter[tuple[str, str]]) -> list[structure.Fault]:
    left, found = before.copy(), []
    for fault in _faults(work, rows, work.new):
        left[fault.rule, fault.name] -= 1
        if left[fault.rule, fault.name] < 0:
            found.append(fault)
    return found


def placed(work: Work, before: Counter[tuple[str, str]]) -> None:
    """Take out what the structure of the new version does not have, or not there, and say what it lacks."""
    foreign = {fault.index: fault for fault in _new(work, work.rows, before) if fault.rule == "structure.foreign"}
    for index, (label, _) in enumerate(work.labelled()):
        if index in foreign:
            work.note(label, f"left out, {foreign[index].what} in version {work.new}")
    work.rows = [row for index, row in enumerate(work.rows) if index not in foreign]
    for _ in range(MOST_STEPS):
        found = _new(work, work.rows, before)
        if not found or not _mended(work, found, before):
            break
    for fault in _new(work, work.rows, before):
        if fault.rule == "structure.missing":
            work.note(fault.name, f"version {work.new} requires it here, and there is none")
        else:
            work.note(fault.name, f"stays, although {fault.what}")


def _mended(work: Work, found: list[structure.Fault], before: Counter[tuple[str, str]]) -> bool:
    """One segment changed with its neighbour, or left out, so that fewer are wrong; whether there was such a one."""
    rows, index = work.rows, min(found[0].index, len(work.rows) - 1)
    begin = max(0, index - MOST_LOOKED_AT) if len(rows) <= LONG else index - 1
    labels = [label for label, _ in work.labelled()]
    best, said, least = rows, ("", ""), len(found)
    for one in range(index, max(0, begin), -1):
        without = [*rows[:one], *rows[one + 1 :]]
        turned = [*rows[: one - 1], rows[one], rows[one - 1], *rows[one + 1 :]]
        choices = [(without, (labels[one], f"left out, version {work.new} has it not there"))]
        if one > 1:
            choices.insert(0, (turned, (labels[one], f"put before {labels[one - 1]}, as version {work.new} has it")))
        for made, words in choices:
            if (number := len(_new(work, made, before))) < least:
                best, said, least = made, words, number
    work.rows = best
    if best is not rows:
        work.note(*said)
    return best is not rows
