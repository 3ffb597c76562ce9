"""The cohort: how far each person has come with each exercise, from the records."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import groupby

from simlab.training.records import SUBMITTED, Attempt


@dataclass(frozen=True)
class Standing:
    """One person at one exercise: attempts begun and submitted, the best marks, hints opened, minutes spent on it.

    `earned` and `points` are those of the best submitted attempt, None when none was submitted.
    """

    person: str
    exercise: str
    attempts: int
    submitted: int
    passed: bool
    earned: float | None
    points: float | None
    hints: int
    minutes: int


def standings(attempts: Iterable[Attempt]) -> list[Standing]:
    """A row a person and exercise, by name."""
    ordered = sorted(attempts, key=_whose)
    return [_standing(person, exercise, list(theirs)) for (person, exercise), theirs in groupby(ordered, _whose)]


def as_csv(rows: Sequence[Standing]) -> str:
    """The rows as CSV with a heading (RFC 4180)."""
    text = io.StringIO()
    sheet = csv.DictWriter(text, [field.name for field in fields(Standing)])
    sheet.writeheader()
    for row in rows:
        sheet.writerow({name: _safe(value) for name, value in asdict(row).items()})
    return text.getvalue()


def _whose(attempt: Attempt) -> tuple[str, str]:
    return attempt.person.name, attempt.exercise


def _standing(person: str, exercise: str, attempts: list[Attempt]) -> Standing:
    submitted = [attempt for attempt in attempts if attempt.state == SUBMITTED]
    best = max(submitted, key=lambda attempt: (attempt.earned or 0) / (attempt.points or 1), default=None)
    spent = sum((attempt.ended - attempt.started).total_seconds() for attempt in attempts if attempt.ended)
    return Standing(
        person=person,
        exercise=exercise,
        attempts=len(attempts),
        submitted=len(submitted),
        passed=any(attempt.passed for attempt in submitted),
        earned=best.earned if best else None,
        points=best.points if best else None,
        hints=sum(len(attempt.hints) for attempt in attempts),
        minutes=round(spent / 60),
    )


def _safe(value: object) -> object:
    # A spreadsheet would take a name that begins so for a formula.
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@" else value
