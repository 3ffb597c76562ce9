"""Answers to a task's question: how a trainee's value is compared with the right one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from simlab.training.checks.check import FAILED, PASSED, SKIPPED, Check, Finding, Sight, word
from simlab.validation import Strict

Kind = Literal["choice", "number", "uid", "set", "text", "matching", "order", "moment"]


class Question(Strict):
    """A question and its right answer. `accept` names further right ones (each of the shape of `right`)."""

    kind: Kind
    ask: str
    options: dict[str, str] | None = Field(None, description="key: text; a bare list makes keys of its items")
    right: Any
    accept: list[Any] = []
    tolerance: float = Field(0, ge=0, description="of a number")
    unit: str = ""

    @field_validator("options", mode="before")
    @classmethod
    def _keyed(cls, value: Any) -> Any:
        return {str(one): str(one) for one in value} if isinstance(value, list) else value

    @model_validator(mode="after")
    def _answerable(self) -> Question:
        if self.kind == "choice" and not self.options:
            raise ValueError("a choice needs options")
        options = [str(one) for one in self.options or ()]
        if self.kind == "choice" and str(self.right) not in options:
            raise ValueError(f"the right answer {self.right!r} is none of the options {', '.join(options)}")
        shapes: dict[str, type[Any]] = {"set": list, "order": list, "matching": dict}
        shape = shapes.get(self.kind)
        if shape and not isinstance(self.right, shape):
            raise ValueError(f"right must be a {'list' if shape is list else 'mapping'} for {self.kind}")
        return self


def _folded(value: Any) -> str:
    text = unicodedata.normalize("NFKC", str(value)).casefold()
    return re.sub(r"\s+", " ", text).strip().strip(".")


def _uid(value: Any) -> str:
    return re.sub(r"[\s\x00]", "", str(value))


def _number(value: Any) -> float | None:
    found = re.fullmatch(r"\s*([-+]?\d+(?:[.,]\d+)?)\s*\D*", str(value))
    return float(found[1].replace(",", ".")) if found else None


_MOMENTS = (
    "%Y%m%d%H%M", "%Y%m%d%H%M%S", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y%m%d %H:%M", "%Y%m%d %H%M",
    "%d/%m/%Y %H:%M", "%d.%m.%Y %H:%M", "%d-%m-%Y %H:%M", "%d %B %Y %H:%M", "%d %b %Y %H:%M", "%A %d %B %Y %H:%M",
)  # fmt: skip


def _moment(value: Any) -> str | None:
    """A date and time to the minute, however a person or HL7 writes it (a year first, or a day first as in the UK)."""
    text = re.sub(r"(?<=\d)T(?=\d)|,|\bat\b", " ", str(value))
    text = " ".join(text.split())
    for form in _MOMENTS:
        try:
            return datetime.strptime(text, form).strftime("%Y%m%d%H%M")
        except ValueError:
            continue
    return None


def _items(value: Any) -> list[Any]:
    if isinstance(value, str):
        return [part for part in re.split(r"[\s,;\\]+", value) if part]
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _pairs(value: Any) -> dict[str, str]:
    if isinstance(value, str):
        value = dict(part.split("=", 1) for part in re.split(r"[,;\n]+", value) if "=" in part)
    return {_folded(key): _folded(one) for key, one in value.items()} if isinstance(value, Mapping) else {}


def _near(question: Question, given: Any, right: Any) -> bool:
    left, wanted = _number(given), _number(right)
    return left is not None and wanted is not None and abs(left - wanted) <= question.tolerance


_SAME: dict[str, Callable[[Question, Any, Any], bool]] = {
    "choice": lambda question, given, right: _folded(given) == _folded(right),
    "text": lambda question, given, right: _folded(given) == _folded(right),
    "uid": lambda question, given, right: _uid(given) == _uid(right),
    "number": _near,
    "moment": lambda question, given, right: _moment(given) is not None and _moment(given) == _moment(right),
    "set": lambda question, given, right: {_folded(x) for x in _items(given)} == {_folded(x) for x in _items(right)},
    "order": lambda question, given, right: [_folded(x) for x in _items(given)] == [_folded(x) for x in _items(right)],
    "matching": lambda question, given, right: _pairs(given) == _pairs(right),
}


def is_right(question: Question, given: Any) -> bool:
    """Whether `given` answers the question, spacing and letter case left aside."""
    if isinstance(given, (list, tuple)) and len(given) == 1 and question.kind not in ("set", "order"):
        given = given[0]
    return any(_SAME[question.kind](question, given, right) for right in (question.right, *question.accept))


class Answered(Strict):
    """The question of task `task`, answered at the desk; the latest answer counts."""

    task: str
    question: Question


def look(params: Answered, sight: Sight, check: Check) -> Finding:
    """Judged only when an attempt is submitted: a live mark on a choice of three would be an oracle."""
    answers = [row for row in sight.look.view("desk.answers") if row["task"] == params.task]
    if not sight.graded:
        # Right or wrong is told at submission alone; that there is no answer yet is no secret.
        return Finding(SKIPPED, actual="answered") if answers else Finding(FAILED, actual="not answered yet")
    expected = str(params.question.right)
    if not answers:
        return Finding(FAILED, expected, "no answer")
    given = answers[-1]["value"]
    fine = is_right(params.question, given)
    return Finding(PASSED if fine else FAILED, expected, str(given), ({"view": "desk.answers", "row": answers[-1]},))


word("answer", Answered, look)
