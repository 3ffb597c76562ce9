"""Profiles: what a site or a framework asks of messages beyond HL7 itself, as YAML, and its findings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property, lru_cache
from importlib import resources
from itertools import islice
from pathlib import Path as File

from pydantic import Field, field_validator

from simlab import yaml_source
from simlab.errors import BadInput
from simlab.hl7 import dictionary, elements
from simlab.hl7.errors import Hl7Error
from simlab.hl7.findings import Finding, Severity
from simlab.hl7.message import Message, Segment
from simlab.hl7.path import Path, path
from simlab.hl7.profile_checks import CHECKS, Said
from simlab.validation import Strict, validated

MOST_TYPES = 500
"""Message types whose rules are remembered."""


class When(Strict):
    """The messages that a rule is for; empty conditions hold always."""

    types: tuple[str, ...] = Field((), description="ADT, or ADT^A40")
    since: str = Field("", description="the first version it holds for")
    filled: tuple[str, ...] = Field((), description="places that must hold something")
    values: dict[str, tuple[str, ...]] = Field({}, description="places and what one of them must hold")
    unless: dict[str, tuple[str, ...]] = Field({}, description="places and what none of them may hold")
    with_segment: str = ""
    without_segment: str = ""

    @field_validator("filled")
    @classmethod
    def _places(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return _known_places(value)

    def may_hold(self, kind: str, event: str, version: str) -> bool:
        """Whether the rule is for messages of this type, event and version at all."""
        if self.types and kind not in self.types and f"{kind}^{event}" not in self.types:
            return False
        return not self.since or dictionary.VERSIONS.index(version) >= dictionary.VERSIONS.index(self.since)

    def holds(self, message: Message) -> bool:
        """Whether the rule, which may hold, is for this message."""
        if self.with_segment and not message.named(self.with_segment):
            return False
        if self.without_segment and message.named(self.without_segment):
            return False
        if not all(_raw(message, place) for place in self.filled):
            return False
        if any(_raw(message, place) in excluded for place, excluded in self.unless.items()):
            return False
        return all(_raw(message, place) in allowed for place, allowed in self.values.items())


class Rule(Strict):
    """One requirement: segments that must stand, places that must be filled, hold a value, or pass a named check."""

    rule: str = Field(pattern=r"[a-z0-9.-]+")
    severity: Severity = "error"
    source: str
    when: When = When()
    segments: tuple[str, ...] = ()
    required: tuple[str, ...] = Field((), description="places that must be filled in every such segment")
    values: dict[str, tuple[str, ...]] = Field({}, description="what a place may hold when it is filled")
    matches: dict[str, str] = Field({}, description="the pattern of a place when it is filled")
    check: str = Field("", description="a check by name, for what no pattern can say")
    what: str
    remedy: str

    @field_validator("required")
    @classmethod
    def _places(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return _known_places(value)

    @field_validator("values", "matches")
    @classmethod
    def _keys(cls, value: dict[str, object]) -> dict[str, object]:
        _known_places(tuple(value))
        return value

    @field_validator("matches")
    @classmethod
    def _patterns(cls, value: dict[str, str]) -> dict[str, str]:
        for pattern in value.values():
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{pattern!r} is no pattern ({error})") from None
        return value

    @field_validator("check")
    @classmethod
    def _named(cls, value: str) -> str:
        if value and value not in CHECKS:
            raise ValueError(f"no check is called {value!r}; there are {', '.join(CHECKS)}")
        return value


class Profile(Strict):
    """A set of rules by name, with the codes that it adds to HL7's tables."""

    name: str
    title: str
    source: str
    tables: dict[str, tuple[str, ...]] = {}
    rules: tuple[Rule, ...]

    def rules_for(self, kind: str, event: str, version: str) -> tuple[Rule, ...]:
        """The rules that may hold for messages of this type, event and version."""
        known = self._by_type
        key = (kind, event, version)
        if key not in known:
            if len(known) >= MOST_TYPES:
                known.clear()
            known[key] = tuple(rule for rule in self.rules if rule.when.may_hold(*key))
        return known[key]

    @cached_property
    def _by_type(self) -> dict[tuple[str, str, str], tuple[Rule, ...]]:
        return {}

    @cached_property
    def codes(self) -> frozenset[tuple[str, str]]:
        return frozenset((number, code) for number, codes in self.tables.items() for code in codes)


def _known_places(places: tuple[str, ...]) -> tuple[str, ...]:
    for place in places:
        try:
            path(place)
        except Hl7Error as error:
            raise ValueError(str(error)) from None
    return places


MOST_OF_A_RULE = 20
"""Findings of one rule in one message; the others are like them."""


def names() -> list[str]:
    """The profiles that come with SimLab."""
    folder = resources.files("simlab.hl7").joinpath("profiles")
    return sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml"))


@lru_cache(maxsize=32)
def load(name: str) -> Profile:
    """The profile of that name, or the one in the YAML file; BadInput, with file and line, when it cannot be had."""
    if name in names():
        text = resources.files("simlab.hl7").joinpath("profiles", f"{name}.yaml").read_text(encoding="utf-8")
        source = f"profiles/{name}.yaml"
    elif name.endswith((".yaml", ".yml")):
        text, source = yaml_source.read_text(File(name)), name
    else:
        raise BadInput(
            f"there is no profile {name!r}", place="profile", remedy=f"Use {', '.join(names())}, or a YAML file."
        )
    return validated(Profile, yaml_source.parse(text, source), source)


def findings(message: Message, profile: Profile, version: str) -> Iterator[Finding]:
    """What a profile finds in a message."""
    kind, event = (_raw(message, place) for place in ("MSH-9.1", "MSH-9.2"))
    for rule in profile.rules_for(kind, event, version):
        if rule.when.holds(message):
            yield from islice(_findings(message, rule), MOST_OF_A_RULE)


def _findings(message: Message, rule: Rule) -> Iterator[Finding]:
    for name in rule.segments:
        if not message.named(name):
            end = message.segments[-1].end
            yield Finding(name, end, end, rule.rule, rule.severity, f"{name} is missing: {rule.what}", rule.remedy)
    for place in rule.required:
        for at in _each_segment(message, path(place)):
            if not _value(message, at):
                yield _at(message, at, rule, f"{place} is empty: {rule.what}")
    for place, allowed in rule.values.items():
        for at, text in _each_value(message, path(place)):
            if text not in allowed:
                yield _at(message, at, rule, f"{text[:40]!r}: {rule.what}")
    for place, pattern in rule.matches.items():
        for at, text in _each_value(message, path(place)):
            if not re.fullmatch(pattern, text):
                yield _at(message, at, rule, f"{text[:80]!r}: {rule.what}")
    if rule.check:
        for said in CHECKS[rule.check](message):
            yield _at(message, said.at, rule, _told(said, rule))


def _told(said: Said, rule: Rule) -> str:
    return f"{said.what}: {rule.what}" if said.what else rule.what


def _at(message: Message, at: Path, rule: Rule, what: str) -> Finding:
    label, start, end = elements.span(message, at)
    return Finding(label, start, end, rule.rule, rule.severity, what, rule.remedy)


def _each_segment(message: Message, at: Path) -> Iterator[Path]:
    for number in range(1, len(message.named(at.segment)) + 1):
        if at.occurrence in (None, number):
            yield Path(at.segment, number, at.field, at.repetition, at.component, at.subcomponent)


def _each_value(message: Message, at: Path) -> Iterator[tuple[Path, str]]:
    for one in _each_segment(message, at):
        raw = _field(message.named(at.segment)[(one.occurrence or 1) - 1], at.field)
        for number, repetition in enumerate(message.separators.split(raw, message.separators.wire.repetition), 1):
            if at.repetition in (None, number):
                text = _inner(message, repetition, at)
                if text and text != '""':
                    yield Path(at.segment, one.occurrence, at.field, number, at.component, at.subcomponent), text


def _field(segment: Segment, number: int) -> bytes:
    return segment.fields[number] if number < len(segment.fields) else b""


def _value(message: Message, at: Path) -> str:
    held = message.named(at.segment)[(at.occurrence or 1) - 1]
    raw = _field(held, at.field)
    if not raw:
        return ""
    if at.repetition or at.component:
        raw = _part(message, raw, at.repetition or 1, message.separators.repetition)
    return _inner(message, raw, at)


def _inner(message: Message, raw: bytes, at: Path) -> str:
    marks = message.separators
    if at.component:
        raw = _part(message, raw, at.component, marks.component)
    if at.subcomponent:
        raw = _part(message, raw, at.subcomponent, marks.subcomponent)
    return raw.decode(message.shown_encoding, "replace")


def _part(message: Message, raw: bytes, number: int, mark: str) -> bytes:
    parts = message.separators.split(raw, mark.encode())
    return parts[number - 1] if number <= len(parts) else b""


def _raw(message: Message, place: str) -> str:
    at = path(place)
    return _value(message, at) if len(message.named(at.segment)) >= (at.occurrence or 1) else ""
