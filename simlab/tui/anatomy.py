"""An HL7 message taken apart for the screen: every element with its name, its bytes, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice

from simlab.errors import SimlabError
from simlab.hl7 import message, tables
from simlab.hl7.elements import Element
from simlab.hl7.findings import Finding, worst
from simlab.hl7.message import Message
from simlab.hl7.profile import Profile
from simlab.hl7.validator import validate

MOST = 3000
"""Elements on the screen; a report of megabytes has more than anyone opens."""

LONGEST = 400
"""Characters of one value on the screen."""


@dataclass
class Part:
    """One element: where it stands, what it is called, what it holds, and what is wrong with it."""

    path: str
    name: str
    value: str
    start: int
    end: int
    kind: str = ""
    findings: list[Finding] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)

    @property
    def severity(self) -> str:
        """The gravest finding here or beneath, "" for none."""
        return worst([*self.findings, *(finding for part in self.parts for finding in part.all_findings())]) or ""

    def all_findings(self) -> Iterable[Finding]:
        yield from self.findings
        for part in self.parts:
            yield from part.all_findings()


@dataclass
class Anatomy:
    """A message taken apart. `error` says why it could not be; then its lines are `parts`."""

    data: bytes
    parts: list[Part]
    findings: list[Finding]
    error: str = ""
    left_out: int = 0


def dissect(data: bytes, profiles: Iterable[Profile] = ()) -> Anatomy:
    """Take `data` apart, with every finding at its element; never raises for what the bytes are."""
    try:
        parsed = message.parse(data)
    except SimlabError as error:
        return Anatomy(data, _lines(data), [], str(error))
    elements = list(islice(parsed.walk(), MOST + 1))
    left_out = max(0, len(elements) - MOST) and sum(1 for _ in parsed.walk()) - MOST
    roots: list[Part] = []
    above: list[tuple[int, Part]] = []
    for element in elements[:MOST]:
        part = _part(parsed, element)
        while above and above[-1][0] >= element.depth:
            above.pop()
        (above[-1][1].parts if above else roots).append(part)
        above.append((element.depth, part))
    findings = validate(parsed, profiles)
    for finding in findings:
        home = _home(roots, finding)
        if home is not None:
            home.findings.append(finding)
    return Anatomy(data, roots, findings, left_out=left_out)


def _part(parsed: Message, element: Element) -> Part:
    value = parsed.shown(element) if element.leaf else element.raw.decode(parsed.shown_encoding, "replace")
    if element.leaf and element.table:
        meant = tables.meaning(element.table, value, parsed.version)
        value = f"{value} ({meant})" if meant else value
    short = value if len(value) <= LONGEST else f"{value[:LONGEST]}… ({len(value)} characters)"
    kind = " ".join(filter(None, (element.data_type, element.table and f"table {element.table}")))
    return Part(element.path, element.name, short, element.start, element.end, kind)


def _home(parts: list[Part], finding: Finding) -> Part | None:
    """The smallest part that holds the finding's bytes, or the one it names; the first segment for what is nowhere."""
    best: Part | None = None
    level = parts
    while level:
        found = next(
            (
                part
                for part in level
                if part.path == finding.path or (part.start <= finding.start and finding.end <= part.end)
            ),
            None,
        )
        if found is None:
            break
        best = found
        if found.path == finding.path:
            break
        level = found.parts
    return best or (parts[0] if parts else None)


def _lines(data: bytes) -> list[Part]:
    parts, start = [], 0
    for raw in data.replace(b"\n", b"\r").split(b"\r"):
        if raw:
            text = raw[:LONGEST].decode("utf-8", "replace")
            parts.append(Part(text[:3], "", text, start, start + len(raw)))
        start += len(raw) + 1
    return parts[:MOST]
