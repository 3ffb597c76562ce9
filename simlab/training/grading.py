"""From findings to marks: what each task has earned, and whether the attempt stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simlab.training.checks import BROKEN, FAILED, PASSED, SKIPPED, Check, Finding, Sight
from simlab.training.checks.probe import Act, Probe, run
from simlab.training.exercise import Task, Variant

PASS_SHARE = 0.7
"""Share of all points that passes an attempt in which nothing critical was broken."""


def probed(variant: Variant, act: Act) -> dict[str, Finding]:
    """Run every probe of the exercise once, as the prober, before anything is judged."""
    found: dict[str, Finding] = {}
    for check in variant.every_check():
        if isinstance(check.params, Probe) and check.params.key not in found:
            found[check.params.key] = run(check.params, act)
    return found


def mark(variant: Variant, sight: Sight, costs: Mapping[str, float]) -> dict[str, Any]:
    """Marks of the whole attempt: tasks with their checks, points earned, and whether it passes.

    `costs` are the points that opened hints took from each task. A check that is broken counts neither for nor
    against; a guard that failed leaves its task nothing; one that is also critical fails the attempt.
    """
    tasks = [_task(task, variant.checks[task.id], sight, costs.get(task.id, 0)) for task in variant.plan.tasks]
    earned = round(sum(task["earned"] for task in tasks), 2)
    points = round(sum(task.points for task in variant.plan.tasks), 2)
    fatal = [
        f"{task['id']}/{check['id']}"
        for task in tasks
        for check in task["checks"]
        if check["critical"] and check["result"] == FAILED
    ]
    return {
        "exercise": variant.exercise.id,
        "tasks": tasks,
        "earned": earned,
        "points": points,
        "passed": not fatal and earned >= PASS_SHARE * points,
        "fatal": fatal,
    }


def _task(task: Task, checks: tuple[Check, ...], sight: Sight, cost: float) -> dict[str, Any]:
    findings = [(check, check.look(sight)) for check in checks]
    counted = [found.result for check, found in findings if not check.guard and found.result != BROKEN]
    guarded = all(found.result != FAILED for check, found in findings if check.guard)
    share = counted.count(PASSED) / len(counted) if counted else 0.0
    earned = max(0.0, task.points * share - cost) if guarded and share else 0.0
    return {
        "id": task.id,
        "title": title(task),
        "points": task.points,
        "earned": round(earned, 2),
        "hints_cost": cost,
        "checks": [_told(check, found) for check, found in findings],
    }


def title(task: Task) -> str:
    """What the task is called: its title, its question, or its id in words."""
    return task.title or (task.answer.ask if task.answer else task.id.replace("-", " ").capitalize())


def _told(check: Check, found: Finding) -> dict[str, Any]:
    failed = found.result == FAILED
    return {
        "id": check.id,
        "result": found.result,
        "message": (check.message or _in_words(found)) if failed else "",
        "expected": found.expected,
        "actual": found.actual,
        "evidence": list(found.evidence),
        "guard": check.guard,
        "critical": check.critical,
    }


def _in_words(found: Finding) -> str:
    # What an answer should be is told at submission alone, so before it there is nothing to compare with.
    actual = found.actual[:1].upper() + found.actual[1:]
    return f"Expected {found.expected}; found {found.actual}." if found.expected else f"{actual}."


def unspoiled(marks: dict[str, Any]) -> dict[str, Any]:
    """The same marks without what would give the answer away before submission: what is expected, what guards see."""
    tasks = [
        {
            **task,
            "checks": [
                {**check, "expected": "", "evidence": [] if check["guard"] else check["evidence"]}
                for check in task["checks"]
            ],
        }
        for task in marks["tasks"]
    ]
    return {**marks, "tasks": tasks}


def withheld(marks: dict[str, Any]) -> dict[str, Any]:
    """The same marks with nothing said: for exercises that give feedback after submission alone."""
    told = {"result": SKIPPED, "message": "", "expected": "", "actual": "shown when you submit", "evidence": []}
    tasks = [
        {**task, "earned": 0, "checks": [{**check, **told} for check in task["checks"]]} for task in marks["tasks"]
    ]
    return {**marks, "tasks": tasks, "earned": 0, "passed": False, "fatal": []}
