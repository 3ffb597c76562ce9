"""A message of one version made one of another, by the dictionaries of both; what is lost on the way is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from simlab.errors import BadInput
from simlab.hl7 import dictionary, fields, fitting, order_forms, placing
from simlab.hl7.characters import Separators
from simlab.hl7.findings import RULES
from simlab.hl7.message import Message

Row = list[str]
"""A segment by HL7 field numbers: [0] is its name, in MSH [1] the field separator."""


@dataclass(frozen=True)
class Note:
    """Something that the other version has not, or has otherwise: where it stood, and what came of it."""

    place: str
    what: str

    def __str__(self) -> str:
        return f"{self.place}: {self.what}"


@dataclass
class Work:
    """A message under conversion: its segments as text, the separators, both versions, and what was said so far."""

    rows: list[Row]
    marks: Separators
    old: str
    new: str
    notes: list[Note] = field(default_factory=list)

    def note(self, place: str, what: str) -> None:
        self.notes.append(Note(place, what))

    def labelled(self) -> Iterator[tuple[str, Row]]:
        """Each segment with its path: ``PID``, and ``OBX[2]`` where there are several."""
        names = Counter(row[0] for row in self.rows)
        seen: dict[str, int] = {}
        for row in self.rows:
            number = seen[row[0]] = seen.get(row[0], 0) + 1
            yield (row[0] if names[row[0]] == 1 else f"{row[0]}[{number}]"), row

    def part(self, row: Row, number: int, component: int) -> str:
        """A component of the first repetition of a field."""
        value = row[number].split(self.marks.repetition)[0] if number < len(row) else ""
        return "".join(value.split(self.marks.component)[component - 1 : component])


def converted(message: Message, version: str, *, orders: str = "") -> tuple[Message, tuple[Note, ...]]:
    """The message as `version` writes it, and a note for everything that is lost, changed or lacking there.

    Orders of imaging (OMI^O23) become ORM^O01 with ZDS where the version has none; `orders` ("orm" or "omi") asks for
    the one or the other. BadInput for a version not spoken here, Hl7Error for bytes that cannot be decoded.
    """
    if version not in dictionary.SPOKEN:
        raise BadInput(
            f"there is no version {version!r} here", place="version", remedy=f"Use {', '.join(dictionary.SPOKEN)}."
        )
    if orders not in ("", "orm", "omi"):
        raise BadInput(f"{orders!r} is no kind of orders", place="orders", remedy="Use orm or omi.")
    if message.version == version and not orders:
        return message, ()
    message.check_characters()
    work = Work(_rows(message), message.separators, message.version, version)
    order_forms.renamed(work, orders)
    before = placing.faults(work, work.old)
    _error_segments(work)
    _known_segments(work)
    for label, row in work.labelled():
        _segment(work, label, row)
    _header(work)
    placing.placed(work, before)
    text = "\r".join(_line(row, work.marks) for row in work.rows)
    end = "\r" if message.data.endswith(b"\r") else ""
    return message.remade((text + end).encode(message.encoding)), tuple(work.notes)


def _rows(message: Message) -> list[Row]:
    mark = message.separators.field
    rows = [line.split(mark) for line in message.data.decode(message.encoding).split("\r") if line]
    return [["MSH", mark, *row[1:]] if row[0] == "MSH" else row for row in rows]


def _line(row: Row, marks: Separators) -> str:
    return marks.field.join([row[0], *row[2:]] if row[0] == "MSH" else row)


def _known_segments(work: Work) -> None:
    kept = []
    for label, row in work.labelled():
        known, knows = (dictionary.segment_fields(row[0], version) for version in (work.old, work.new))
        if knows or not known or row[0][0] in "Zz":
            kept.append(row)
        else:
            work.note(label, f"left out, version {work.new} has no such segment")
    work.rows = kept


def _segment(work: Work, label: str, row: Row) -> None:
    old, new = (dictionary.segment_fields(row[0], version) for version in (work.old, work.new))
    if not new:
        return
    before = {_key(fault) for fault in fields.faults(row[0], row, work.marks, work.old)}
    surplus = [number for number in range(len(new) + 1, len(row)) if row[number]]
    if len(row) <= len(old) + 1:
        for number in surplus:
            words = f"{old[number - 1].name}, {row[number][:60]!r}, left out: version {work.new} has no such field"
            work.note(f"{label}-{number}", words)
        del row[len(new) + 1 :]
        while surplus and not row[-1]:
            row.pop()
    for number in range(1, min(len(row), len(new) + 1)):
        if not row[number] or (row[0] == "MSH" and number in (1, 2, 9, 12, 18)):
            continue
        known = old[number - 1] if number <= len(old) else None
        row[number] = fitting.fitted(row[number], known, new[number - 1], work, f"{label}-{number}")
    _filled(work, label, row)
    for fault in fields.faults(row[0], row, work.marks, work.new):
        if _key(fault) not in before and RULES[fault.complaint.rule][0] == "error":
            fitting.without(work, label, row, fault, required=new[fault.field - 1].required)


def _key(fault: fields.Fault) -> tuple[str, int, int, int, int]:
    return fault.complaint.rule, fault.field, fault.repetition, fault.component, fault.subcomponent


FILLED: dict[tuple[str, int], Callable[[Work, Row], str]] = {
    ("EVN", 1): lambda work, row: work.part(work.rows[0], 9, 2),
    ("ERR", 4): lambda work, row: "E",
}
"""Fields that one version requires and another leaves empty, with what they are filled from."""


def _filled(work: Work, label: str, row: Row) -> None:
    for number, of in enumerate(dictionary.segment_fields(row[0], work.new), 1):
        fill = FILLED.get((row[0], number))
        if fill and of.required and not "".join(row[number : number + 1]) and (value := fill(work, row)):
            row += [""] * (number + 1 - len(row))
            row[number] = value
            work.note(f"{label}-{number}", f"{of.name} filled with {value}, version {work.new} requires it")


def _error_segments(work: Work) -> None:
    """ERR-1 held everything before 2.5, ERR-2 to ERR-12 since (HL7 v2.5.1 ch. 2.15.5)."""
    was, now = (version not in fitting.BEFORE_2_5 for version in (work.old, work.new))
    component, subcomponent = work.marks.component, work.marks.subcomponent
    for label, row in work.labelled():
        if row[0] != "ERR" or was == now:
            continue
        row += [""] * (5 - len(row))
        if now and row[1]:
            parts = (row[1].split(work.marks.repetition)[0].split(component) + [""] * 4)[:4]
            coded = parts[3].split(subcomponent)
            row[2:5] = component.join(parts[:3]).rstrip(component), component.join(coded), "E"
            work.note(f"{label}-1", "written as ERR-2 and ERR-3, with severity E in ERR-4")
            row[1] = ""
        elif was and not row[1]:
            where = (row[2].split(work.marks.repetition)[0].split(component) + [""] * 3)[:3]
            code = subcomponent.join(row[3].split(component)[:3])
            row[1] = component.join([*where, code])
            work.note(f"{label}-2", "written into ERR-1 with ERR-3")
            row[2:4] = "", ""


def _header(work: Work) -> None:
    head = work.rows[0]
    head += [""] * (13 - len(head))
    kind, event, declared = (work.part(head, 9, number) for number in (1, 2, 3))
    component = work.marks.component
    name = dictionary.structure_of(kind, event, work.new)
    if not name:
        work.note("MSH-9", f"version {work.new} has no message structure for {kind}^{event}; the segments stay")
    if work.new == "2.3":
        if declared:
            work.note("MSH-9.3", f"{declared} left out: the message structure came with version 2.3.1")
        head[9] = component.join(part for part in (kind, event) if part)
    elif name and event:
        if declared and declared != name:
            work.note("MSH-9.3", f"{declared} is {name} in version {work.new}")
        head[9] = component.join((kind, event, name))
    rest = head[12].split(component)[1:]
    if work.new == "2.3" and any(rest):
        work.note("MSH-12", f"{component.join(rest)!r} left out: version 2.3 has no more than the number there")
        rest = []
    head[12] = component.join([work.new, *rest])
