"""Checks of time and order over the attempt's events: within, before, never, count."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from pydantic import Field, field_validator, model_validator

from simlab.errors import BadInput
from simlab.training.checks.check import FAILED, PASSED, Check, Finding, Rows, Sight, parse, word
from simlab.training.checks.matching import said
from simlab.training.checks.rows import SHOWN, SOURCES, find
from simlab.validation import Strict


def _event_check(value: Any) -> Check:
    check = parse(value, nested=True)
    if check.word not in SOURCES or not SOURCES[check.word].kind:
        kinds = ", ".join(name for name, source in SOURCES.items() if source.kind)
        raise BadInput(f"{check.word} is no event", place=check.place, remedy=f"Time and order know {kinds}.")
    return check


class Before(Strict):
    """An event that came before another; both must have happened."""

    first: Any
    then: Any

    @field_validator("first", "then", mode="before")
    @classmethod
    def _parsed(cls, value: Any) -> Check:
        return _event_check(value)


class Within(Strict):
    """An event that came within some hospital minutes of the attempt's beginning."""

    minutes: float = Field(gt=0)
    of: Any

    @field_validator("of", mode="before")
    @classmethod
    def _parsed(cls, value: Any) -> Check:
        return _event_check(value)


class Never(Strict):
    """An event that did not happen."""

    of: Any

    @field_validator("of", mode="before")
    @classmethod
    def _parsed(cls, value: Any) -> Check:
        return _event_check(value)


class Count(Strict):
    """How often an event happened."""

    of: Any
    min: int | None = None
    max: int | None = None
    exactly: int | None = None

    @field_validator("of", mode="before")
    @classmethod
    def _parsed(cls, value: Any) -> Check:
        return _event_check(value)

    @model_validator(mode="after")
    def _bounded(self) -> Count:
        if self.min is None and self.max is None and self.exactly is None:
            raise ValueError("say min, max or exactly")
        return self


def _events(check: Check, sight: Sight) -> Rows:
    return find(check.word, check.params, sight)


def _name(check: Check) -> str:
    return f"{SOURCES[check.word].thing} with {said(check.params.query)}"


def _evidence(rows: Rows) -> tuple[dict[str, Any], ...]:
    return tuple({"event": row["id"]} for row in rows[:SHOWN])


def before(params: Before, sight: Sight, check: Check) -> Finding:
    """The first of the one came before the first of the other."""
    expected = f"{_name(params.first)}, before {_name(params.then)}"
    first, then = _events(params.first, sight), _events(params.then, sight)
    if not first or not then:
        return Finding(
            FAILED, expected, f"no {_name(params.then if first else params.first)}", _evidence(first or then)
        )
    came = first[0]["id"] < then[0]["id"]
    actual = f"event {first[0]['id']}, then event {then[0]['id']}" if came else "the other way round"
    return Finding(PASSED if came else FAILED, expected, actual, _evidence([first[0], then[0]]))


def within(params: Within, sight: Sight, check: Check) -> Finding:
    """The first such event came in time."""
    found = _events(params.of, sight)
    expected = f"{_name(params.of)} within {params.minutes:g} minutes"
    if not found:
        return Finding(FAILED, expected, "not seen")
    took = datetime.fromisoformat(found[0]["at"]) - datetime.fromisoformat(sight.since.at)
    result = PASSED if took <= timedelta(minutes=params.minutes) else FAILED
    return Finding(result, expected, f"after {took.total_seconds() / 60:.1f} minutes", _evidence(found[:1]))


def never(params: Never, sight: Sight, check: Check) -> Finding:
    """No such event since the attempt began."""
    found = _events(params.of, sight)
    return Finding(FAILED if found else PASSED, f"no {_name(params.of)}", f"{len(found)} seen", _evidence(found))


def count(params: Count, sight: Sight, check: Check) -> Finding:
    """As many such events as wanted."""
    found = _events(params.of, sight)
    low = params.exactly if params.exactly is not None else params.min or 0
    high = params.exactly if params.exactly is not None else params.max
    fine = low <= len(found) and (high is None or len(found) <= high)
    wanted = f"{low}" if low == high else f"at least {low}" if high is None else f"{low} to {high}"
    return Finding(PASSED if fine else FAILED, f"{wanted} {_name(params.of)}", f"{len(found)} seen", _evidence(found))


word("before", Before, before)
word("within", Within, within)
word("never", Never, never)
word("count", Count, count)
