"""What a check is: a word, its parameters, and a pure function over what may be seen."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol, TypeVar

from simlab import yaml_source
from simlab.errors import BadInput
from simlab.journal import Event
from simlab.validation import Strict, validated

PASSED = "passed"
FAILED = "failed"
SKIPPED = "skipped"
BROKEN = "broken"

_EXTRAS = ("id", "message", "guard", "critical")
Rows = list[dict[str, Any]]


class Looking(Protocol):
    """A read snapshot of the department, as `lab.snapshot()` gives it."""

    now: datetime

    def view(self, name: str, /, **filters: Any) -> Rows: ...

    def events(self, *, after: int = 0) -> list[Event]: ...

    def changes(self, *, after: int = 0) -> list[Any]: ...


@dataclass(frozen=True)
class Since:
    """Where an attempt began: the last event and change before it, and the hospital time (ISO)."""

    event: int = 0
    change: int = 0
    at: str = ""


@dataclass(frozen=True)
class Finding:
    """What a check found. `evidence` holds event numbers (``{"event": 7}``) or rows."""

    result: str
    expected: str = ""
    actual: str = ""
    evidence: tuple[dict[str, Any], ...] = ()


@dataclass
class Sight:
    """All that a check may look at.

    `probes` are the findings of probes run before (None: live, none were run); `graded`: the attempt is submitted;
    `baseline`: rows that were seen when the attempt began, by `Check.key`.
    """

    look: Looking
    since: Since = field(default_factory=Since)
    probes: Mapping[str, Finding] | None = None
    graded: bool = False
    baseline: Mapping[str, Rows] = field(default_factory=dict)
    _events: Rows | None = None

    def events(self) -> Rows:
        """The attempt's events as flat rows: the event's own columns over its data."""
        if self._events is None:
            self._events = [
                {**event.data, **{key: value for key, value in event.as_json().items() if key != "data"}}
                for event in self.look.events(after=self.since.event)
                if event.actor not in ("scene", "prober")
            ]
        return self._events


@dataclass(frozen=True)
class Word:
    """A word of the checks' language: the model of its parameters and what looks."""

    model: type[Strict]
    look: Callable[[Any, Sight, Check], Finding]


@dataclass(frozen=True)
class Check:
    """One check of a task, or one inside another."""

    word: str
    params: Any
    place: str = ""
    id: str = ""
    message: str = ""
    guard: bool = False
    critical: bool = False

    @property
    def key(self) -> str:
        """Equal for checks that look at the same."""
        return f"{self.word} {self.params.model_dump_json()}"

    def look(self, sight: Sight) -> Finding:
        """What it finds; whatever goes wrong in looking is `broken`, never passed or failed."""
        try:
            return WORDS[self.word].look(self.params, sight, self)
        except Exception as error:  # a grader's fault must never count for or against a trainee
            return Finding(BROKEN, actual=f"{type(error).__name__}: {error}")


WORDS: dict[str, Word] = {}
Params = TypeVar("Params", bound=Strict)


def word(name: str, model: type[Params], look: Callable[[Params, Sight, Check], Finding]) -> None:
    """Add a word to the language."""
    WORDS[name] = Word(model, look)


def parse(raw: Any, *, nested: bool = False) -> Check:
    """A check from its YAML; BadInput, located, for an unknown word, a wrong parameter or two words in one."""
    here = yaml_source.place(raw)
    if not isinstance(raw, Mapping):
        raise BadInput("a check is not a mapping", place=here, remedy="Write word: {…}, for instance pacs.study: {…}.")
    extras = {key: raw[key] for key in _EXTRAS if key in raw and not nested}
    words = [key for key in raw if key not in extras]
    for key in words:
        if key not in WORDS:
            near = difflib.get_close_matches(key, [*WORDS, *_EXTRAS], 1)
            advice = f"Did you mean {near[0]}?" if near else f"The words are: {', '.join(sorted(WORDS))}."
            raise BadInput(f"there is no check {key!r}", place=yaml_source.place(raw, key), remedy=advice)
    if len(words) != 1:
        remedy = "Give each check one word; join several with all or any."
        raise BadInput(f"a check has {len(words)} words", place=here, remedy=remedy)
    name = words[0]
    place = yaml_source.place(raw, name)
    params = validated(WORDS[name].model, _shaped(name, raw[name]), place)
    check = Check(word=name, params=params, place=place)
    return check if nested else replace(check, **_extras(extras, raw))


def _shaped(name: str, value: Any) -> Any:
    """Words that join take a bare list or a bare check; their models want them under a name."""
    if name in ("all", "any") and isinstance(value, list):
        return {"of": value}
    if name in ("not", "never") and isinstance(value, Mapping):
        return {"of": value}
    return value


class _Extras(Strict):
    id: str
    message: str = ""
    guard: bool = False
    critical: bool = False


def _extras(extras: Mapping[str, Any], raw: Any) -> dict[str, Any]:
    if "id" not in extras:
        raise BadInput("a check has no id", place=yaml_source.place(raw), remedy="Give it one: id: listed.")
    return validated(_Extras, dict(extras), yaml_source.place(raw)).model_dump()


def inside(check: Check) -> list[Check]:
    """The check and every check within it."""
    found = [check]
    for name in type(check.params).model_fields:
        value = getattr(check.params, name)
        for child in value if isinstance(value, tuple) else (value,):
            if isinstance(child, Check):
                found += inside(child)
    return found
