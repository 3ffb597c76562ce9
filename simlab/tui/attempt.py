"""An attempt as the door tells of it: tasks, hints, marks, read tolerantly into values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from simlab.errors import NotFound
from simlab.tui import words
from simlab.tui.client import Door


@dataclass(frozen=True)
class Hint:
    """A hint; `text` is empty until it is opened. `cost` is in points."""

    cost: float
    text: str = ""

    @property
    def opened(self) -> bool:
        return bool(self.text)


@dataclass(frozen=True)
class Task:
    """One task of an exercise; `question` is the form of an `answer`, without what is right."""

    id: str
    title: str
    points: float
    question: dict[str, Any] | None
    hints: tuple[Hint, ...]

    @property
    def next_hint(self) -> Hint | None:
        return next((hint for hint in self.hints if not hint.opened), None)


@dataclass(frozen=True)
class Check:
    """The result of one check, with what was expected, what is there, and the events it rests on."""

    id: str
    result: str
    message: str
    expected: str
    actual: str
    evidence: tuple[dict[str, Any], ...]
    guard: bool


@dataclass(frozen=True)
class TaskMark:
    """What a task has earned so far; `state` is a key of `words.MARKS`."""

    id: str
    title: str
    state: str
    points: float
    earned: float | None
    checks: tuple[Check, ...]

    @property
    def met(self) -> tuple[int, int]:
        """How many of the checks that are not guards hold, and how many there are."""
        wanted = [check for check in self.checks if not check.guard]
        return sum(check.result == "passed" for check in wanted), len(wanted)


@dataclass(frozen=True)
class Marks:
    """All marks at one moment; `earned` is None where the lab does not tell points yet."""

    tasks: tuple[TaskMark, ...]
    points: float
    earned: float | None
    passed: bool | None

    def of(self, task: str) -> TaskMark | None:
        return next((one for one in self.tasks if one.id == task), None)


@dataclass(frozen=True)
class Attempt:
    """The open attempt."""

    id: str
    exercise: str
    title: str
    brief: str
    tasks: tuple[Task, ...]
    rights: dict[str, str]
    logs: str

    def task(self, task: str) -> Task | None:
        return next((one for one in self.tasks if one.id == task), None)


async def open_attempt(door: Door, *, seconds: float = 10.0) -> Attempt | None:
    """The attempt that is open in the lab; None when there is none. Raises what `Door.get` raises."""
    try:
        return read_attempt(await door.get("/training/attempt", seconds=seconds))
    except NotFound:
        return None


def read_attempt(told: dict[str, Any] | None) -> Attempt | None:
    """The attempt in the door's answer; None when there is none in it."""
    if not told or not told.get("tasks"):
        return None
    exercise = told.get("exercise") or {}
    if not isinstance(exercise, dict):
        exercise = {"id": str(exercise)}
    return Attempt(
        id=str(told.get("attempt") or ""),
        exercise=str(exercise.get("id") or ""),
        title=str(told.get("title") or exercise.get("title") or exercise.get("id") or "Exercise"),
        brief=str(told.get("brief") or ""),
        tasks=tuple(_task(task) for task in told["tasks"]),
        rights={str(key): str(value) for key, value in (told.get("rights") or {}).items()},
        logs=str(told.get("logs") or "own"),
    )


def _task(told: dict[str, Any]) -> Task:
    question = told.get("question") or None
    return Task(
        id=str(told["id"]),
        title=str(told.get("title") or (question or {}).get("ask") or words.title(str(told["id"]).replace("-", " "))),
        points=float(told.get("points") or 0),
        question=question,
        hints=tuple(
            Hint(float(hint.get("cost") or 0), str(hint.get("text") or "")) for hint in told.get("hints") or ()
        ),
    )


def read_marks(told: dict[str, Any]) -> Marks:
    """The marks in the answer of a check, a submit or a debrief."""
    marks = tuple(_mark(task) for task in told.get("tasks") or ())
    earned = told.get("earned")
    total = told.get("points")
    passed = told.get("passed")
    return Marks(
        tasks=marks,
        points=float(total) if total is not None else sum(one.points for one in marks),
        earned=float(earned) if isinstance(earned, int | float) else None,
        passed=passed if isinstance(passed, bool) else None,
    )


def _mark(told: dict[str, Any]) -> TaskMark:
    checks = tuple(_check(check) for check in told.get("checks") or ())
    earned = told.get("earned")
    return TaskMark(
        id=str(told.get("id") or ""),
        title=str(told.get("title") or words.title(str(told.get("id") or "").replace("-", " "))),
        state=_state(checks),
        points=float(told.get("points") or 0),
        earned=float(earned) if isinstance(earned, int | float) else None,
        checks=checks,
    )


def _check(told: dict[str, Any]) -> Check:
    return Check(
        id=str(told.get("id") or ""),
        result=str(told.get("result") or "skipped"),
        message=str(told.get("message") or ""),
        expected=words.full(told.get("expected")),
        actual=words.full(told.get("actual")),
        evidence=tuple(one for one in told.get("evidence") or () if isinstance(one, dict)),
        guard=bool(told.get("guard")),
    )


def _state(checks: tuple[Check, ...]) -> str:
    wanted = [check.result for check in checks if not check.guard]
    if any(check.guard and check.result == "failed" for check in checks):
        return "failed"
    if "broken" in wanted:
        return "broken"
    if wanted and all(result == "skipped" for result in wanted):
        return "skipped"
    if wanted and all(result in ("passed", "skipped") for result in wanted):
        return "passed"
    if "passed" in wanted:
        return "partly"
    return "open"
