"""The validator: every finding of a message, by a walk over the tables of its version and over profiles on top."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from simlab.errors import BadInput
from simlab.hl7 import dictionary, elements, fields, profile, structure, values, wide
from simlab.hl7.characters import Separators
from simlab.hl7.errors import Hl7Error
from simlab.hl7.findings import RULES, SEVERITIES, Finding
from simlab.hl7.message import Message, Segment
from simlab.hl7.path import Path
from simlab.hl7.profile import Profile
from simlab.hl7.values import Complaint

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_RECOMMENDED = Separators()
MOST_FINDINGS = 1000
"""Findings of one message; a megabyte of rubbish would give hundreds of thousands."""


def validate(message: Message, profiles: Iterable[Profile] = (), *, version: str = "") -> list[Finding]:
    """Every finding, in the order of the message, for its own version or for `version`; none means nothing is wrong.

    BadInput when `version` is not one that is judged here. It never raises for what stands in the message.
    """
    if version and version not in dictionary.SPOKEN:
        raise BadInput(
            f"version {version!r} is not judged here", place="version", remedy=f"Use {', '.join(dictionary.SPOKEN)}."
        )
    chosen = tuple(profiles)
    judged = version or (message.version if message.version in dictionary.SPOKEN else dictionary.DEFAULT_VERSION)
    extra = frozenset(code for one in chosen for code in one.codes)
    found = list(islice(_everything(message, chosen, judged, extra, bool(version)), MOST_FINDINGS))
    if len(found) == MOST_FINDINGS:
        end = message.segments[-1].end
        what = f"there are more findings than these {MOST_FINDINGS}"
        found.append(Finding("", end, end, "more", RULES["more"][0], what, "Put these right first."))
    return sorted(found, key=lambda one: (one.start, SEVERITIES.index(one.severity)))


def _everything(
    message: Message, profiles: Sequence[Profile], version: str, extra: fields.Extra, given: bool
) -> Iterator[Finding]:
    yield from _structure(message, version)
    yield from _header(message, version, given)
    yield from _segments(message, version, extra)
    for one in profiles:
        yield from profile.findings(message, one, version)


def _segments(message: Message, version: str, extra: fields.Extra) -> Iterator[Finding]:
    marks, place = message.separators, Path("MSH", None, 18)
    try:
        encoding = message.encoding
    except Hl7Error as error:
        encoding = ""
        yield _at(message, place, "characters.set", error.what, error.remedy)
    if encoding and message.form and message.get("MSH-18") != wide.named(message.form):
        yield _at(message, place, "characters.set", f"the message is written in {wide.named(message.form)}",
                  "Declare that in MSH-18, or write it in what MSH-18 says.")  # fmt: skip
    elif encoding and not message.data.isascii() and not message.get("MSH-18"):
        yield _at(message, place, "characters.undeclared", "MSH-18 is empty, and there are letters beyond ASCII",
                  "Declare the character set: receivers guess, and names come out wrong.")  # fmt: skip
    seen: dict[str, int] = {}
    for segment in message.segments:
        name = segment.name
        number = seen[name] = seen.get(name, 0) + 1
        try:
            text = segment.raw.decode(encoding or "latin-1")
        except UnicodeDecodeError:
            yield from _undecodable(message, segment, number, encoding or "latin-1")
            text = segment.raw.decode(encoding or "latin-1", "replace")
        parts = text.split(marks.field)
        if name == "MSH":
            parts = ["MSH", "", "", *parts[2:]]
        for fault in fields.faults(name, parts, marks, version, extra):
            if name != "MSH" or fault.field > 2:
                place = Path(
                    name, number, fault.field, fault.repetition or None, fault.component or None,
                    fault.subcomponent or None,
                )  # fmt: skip
                yield _finding(message, place, fault.complaint)
        if marks.escape in text or not text.isprintable():
            yield from _texts(message, name, number, parts, marks)


def _texts(message: Message, name: str, number: int, parts: list[str], marks: Separators) -> Iterator[Finding]:
    for index, part in enumerate(parts[1:], 1):
        if marks.escape in part:
            for complaint in islice(values.escapes(part, marks), fields.MOST_IN_A_FIELD):
                yield _finding(message, Path(name, number, index), complaint)
        if not part.isprintable() and (match := _CONTROL.search(part)):
            what = f"the control character {ord(match[0]):02X}h stands in the text"
            remedy = f"Write it as {marks.escape}X{ord(match[0]):02X}{marks.escape}."
            yield _at(message, Path(name, number, index), "characters.control", what, remedy)


def _undecodable(message: Message, segment: Segment, number: int, encoding: str) -> Iterator[Finding]:
    for index, raw, start in elements.placed(segment):
        try:
            raw.decode(encoding)
        except UnicodeDecodeError as error:
            at = start + error.start
            declared = message.get("MSH-18") or "ASCII"
            yield Finding(
                f"{_label(message, segment.name, number)}-{index}", at, at + max(1, error.end - error.start),
                "characters.decode", "error", f"byte {message.data[at]:02X}h is not {declared}",
                "Declare in MSH-18 the character set that the sender really writes.",
            )  # fmt: skip


def _structure(message: Message, version: str) -> Iterator[Finding]:
    names = [segment.name for segment in message.segments]
    kind, event, declared = (_shown(message, f"MSH-9.{number}") for number in (1, 2, 3))
    expected = dictionary.structure_of(kind, event, version)
    if not kind or not (event or kind == "ACK"):
        yield _at(message, Path("MSH", None, 9), "msh.type", "the message type or trigger event is empty",
                  "Write MSH-9 like ADT^A01^ADT_A01.")  # fmt: skip
    if declared and expected and declared != expected:
        yield _at(message, Path("MSH", None, 9, None, 3), "structure.mismatch",
                  f"{kind}^{event} has the structure {expected} in version {version}, not {declared}",
                  f"Write {expected} in MSH-9.3.")  # fmt: skip
    rules = structure.grammar(expected or declared, version)
    if rules is None:
        if kind and (event or declared):
            yield _at(message, Path("MSH", None, 9), "structure.unknown",
                      f"version {version} has no message structure for {kind}^{event}",
                      "Look at MSH-9 and MSH-12; the segments are judged by themselves.")  # fmt: skip
        return
    occurrence: dict[str, int] = {}
    numbers = []
    for name in names:
        occurrence[name] = occurrence.get(name, 0) + 1
        numbers.append(occurrence[name])
    for fault in rules.faults(names):
        rule = fault.rule
        if rule == "structure.missing":
            at = message.segments[fault.index].start if fault.index < len(names) else message.segments[-1].end
            yield Finding(fault.name, at, at, rule, RULES[rule][0], fault.what, fault.remedy)
            continue
        what, remedy = fault.what, fault.remedy
        if rule == "structure.foreign" and not dictionary.segment_fields(fault.name, version):
            rule, what = "structure.segment", f"version {version} knows no segment {fault.name}"
            remedy = "A segment of one's own begins with Z."
        segment = message.segments[fault.index]
        label = _label(message, fault.name, numbers[fault.index])
        yield Finding(label, segment.start, segment.end, rule, RULES[rule][0], what, remedy)


def _header(message: Message, version: str, given: bool) -> Iterator[Finding]:
    marks = message.separators
    if marks.truncation:
        yield _at(message, Path("MSH", None, 2), "msh.truncation",
                  f"{marks.truncation} is a fifth encoding character, which came with version 2.7",
                  f"Write {marks.encoding_characters[:4]}.")  # fmt: skip
    if (marks.field, marks.encoding_characters[:4]) != ("|", _RECOMMENDED.encoding_characters):
        yield _at(message, Path("MSH", None, 2), "msh.separators",
                  f"the separators are {marks.field}{marks.encoding_characters}",
                  "Allowed; many receivers take |^~\\& alone.")  # fmt: skip
    declared = _shown(message, "MSH-12.1")
    if declared and declared not in dictionary.SPOKEN and not given:
        yield _at(message, Path("MSH", None, 12), "msh.version",
                  f"version {declared[:20]!r} is not judged here, {version} was taken",
                  f"Versions here: {', '.join(dictionary.SPOKEN)}.")  # fmt: skip
    event, repeated = _shown(message, "MSH-9.2"), _shown(message, "EVN-1")
    if event and repeated and event != repeated:
        what = f"EVN-1 says {repeated[:10]} and MSH-9.2 says {event[:10]}"
        yield _at(message, Path("EVN", None, 1), "msh.event", what, "Write the same event in both.")


def _shown(message: Message, place: str) -> str:
    found = message.element(place)
    return message.shown(found) if found else ""


def _label(message: Message, name: str, number: int) -> str:
    return name if len(message.named(name)) == 1 else f"{name}[{number}]"


def _finding(message: Message, place: Path, complaint: Complaint) -> Finding:
    return _at(message, place, complaint.rule, complaint.what, complaint.remedy)


def _at(message: Message, place: Path, rule: str, what: str, remedy: str) -> Finding:
    path, start, end = elements.span(message, place)
    return Finding(path, start, end, rule, RULES[rule][0], what, remedy)
