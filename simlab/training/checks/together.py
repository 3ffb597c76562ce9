"""Checks joined by all, any and not."""

from __future__ import annotations

from typing import Any

from pydantic import field_validator

from simlab.training.checks.check import BROKEN, FAILED, PASSED, SKIPPED, Check, Finding, Sight, parse, word
from simlab.validation import Strict


class Several(Strict):
    """Two or more checks."""

    of: tuple[Any, ...]

    @field_validator("of", mode="before")
    @classmethod
    def _parsed(cls, value: Any) -> tuple[Check, ...]:
        if not isinstance(value, (list, tuple)) or not value:
            raise ValueError("write a list of checks")
        return tuple(parse(one, nested=True) for one in value)


class One(Strict):
    """One check."""

    of: Any

    @field_validator("of", mode="before")
    @classmethod
    def _parsed(cls, value: Any) -> Check:
        return parse(value, nested=True)


def _look(params: Several, sight: Sight) -> list[Finding]:
    return [child.look(sight) for child in params.of]


def _joined(findings: list[Finding], result: str, word: str) -> Finding:
    shown = [one for one in findings if one.result == result] or findings
    return Finding(
        result,
        f" {word} ".join(one.expected for one in shown if one.expected),
        "; ".join(one.actual for one in shown if one.actual),
        tuple(item for one in shown for item in one.evidence),
    )


def _first(findings: list[Finding], order: tuple[str, ...]) -> str:
    results = {one.result for one in findings}
    return next(result for result in order if result in results)


def every(params: Several, sight: Sight, check: Check) -> Finding:
    """Passed when all are; one that failed decides, whatever could not be looked at."""
    findings = _look(params, sight)
    return _joined(findings, _first(findings, (FAILED, BROKEN, SKIPPED, PASSED)), "and")


def some(params: Several, sight: Sight, check: Check) -> Finding:
    """Passed when one is."""
    findings = _look(params, sight)
    return _joined(findings, _first(findings, (PASSED, BROKEN, SKIPPED, FAILED)), "or")


def turned(params: One, sight: Sight, check: Check) -> Finding:
    """Passed when the check within fails, and the other way round."""
    found = params.of.look(sight)
    result = {PASSED: FAILED, FAILED: PASSED}.get(found.result, found.result)
    return Finding(result, f"not: {found.expected}", found.actual, found.evidence)


word("all", Several, every)
word("any", Several, some)
word("not", One, turned)
