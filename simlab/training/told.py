"""What a trainee is told of attempts, and nothing more: no right answer, no hint that is not opened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simlab.training import grading
from simlab.training.exercise import Hint, Task, Variant
from simlab.training.records import Attempt


def attempt(id: str, variant: Variant, opened: Mapping[str, int]) -> dict[str, Any]:
    """The open attempt: brief, tasks with their questions and hints, rights."""
    header = variant.exercise.header
    return {
        "attempt": id,
        "exercise": {
            "id": header.id,
            "version": header.version,
            "title": header.title,
            "track": header.track,
            "level": header.level,
            "minutes": header.time.expected_min,
        },
        "title": header.title,
        "seed": variant.seed,
        "brief": variant.brief,
        "tasks": [_task(task, variant.plan.hints, opened.get(task.id, 0)) for task in variant.plan.tasks],
        "rights": dict(variant.plan.rights),
        "logs": variant.plan.logs,
    }


def _task(task: Task, hints: list[Hint], opened: int) -> dict[str, Any]:
    question = task.answer.model_dump(include={"kind", "ask", "options", "unit"}) if task.answer else None
    own = [hint for hint in hints if hint.task == task.id]
    return {
        "id": task.id,
        "title": grading.title(task),
        "points": task.points,
        "question": question,
        "hints": [
            {"cost": hint.cost, "opened": number < opened, "text": hint.text if number < opened else ""}
            for number, hint in enumerate(own)
        ],
    }


def history(row: Attempt) -> dict[str, Any]:
    """One line of a person's history; times are UTC."""
    return {
        "attempt": row.id,
        "exercise": row.exercise,
        "version": row.version,
        "title": row.title,
        "seed": row.seed,
        "state": row.state,
        "started": row.started.isoformat() + "Z",
        "ended": row.ended.isoformat() + "Z" if row.ended else None,
        "earned": row.earned,
        "points": row.points,
        "passed": row.passed,
    }


def debrief(row: Attempt, variant: Variant) -> dict[str, Any]:
    """The debrief's text with the marks as they were given, and the author's solution where it is released."""
    released = variant.plan.release.solution
    shown = released == "after_submit" or (released == "after_pass" and bool(row.passed))
    return {
        "attempt": row.id,
        "exercise": row.exercise,
        "title": row.title,
        "text": variant.debrief,
        "tasks": [
            {"id": one.task, "title": one.title, "points": one.points, "earned": one.earned, "checks": one.checks}
            for one in row.marks
        ],
        "earned": row.earned,
        "points": row.points,
        "passed": row.passed,
        "changed_since": variant.exercise.header.version != row.version,
        "solution": _solution(variant) if shown else None,
    }


def _solution(variant: Variant) -> list[dict[str, Any]]:
    for script in variant.exercise.solutions:
        if script.applies(variant.values):
            return script.written(variant.values)
    return []
