"""Commands of the course: find an exercise, do it, be graded, read why."""

from __future__ import annotations

import importlib
from typing import Annotated, Any

import typer

from simlab.cli import show
from simlab.cli.door import Door, NoLab
from simlab.cli.options import Home, Json, chosen
from simlab.errors import BadInput

MARKS = {"passed": "[x]", "failed": "[ ]", "skipped": "[-]", "broken": "[!]"}


def list_exercises(
    track: Annotated[str | None, typer.Option(help="Only this track.", show_default=False)] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """List the exercises; with a lab running also how far you have come."""
    try:
        found: list[dict[str, Any]] = Door(chosen(home)).get("/training/exercises")
    except NoLab:
        # The catalogue reads YAML headers only.
        found = importlib.import_module("simlab.training.catalogue").exercises()
    found = [row for row in found if track in (None, row.get("track"))]
    show.rows(
        found,
        {"id": "Exercise", "title": "Title", "track": "Track", "level": "Level", "minutes": "Min.",
         "progress": "Progress", "best": "Best", "error": "Cannot be read"},
        json_wanted=json,
        none="No exercise." if track is None else f"No exercise in track {track}.",
    )  # fmt: skip


def start(
    exercise: Annotated[str, typer.Argument(help="Its id, as `simlab list` shows.")],
    seed: Annotated[int | None, typer.Option(help="Draw the same variant again.", show_default=False)] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Start an exercise: the department is staged for it, and its brief shown."""
    door = Door(chosen(home))
    attempt = door.post("/training/start", id=exercise, **({} if seed is None else {"seed": seed}))
    if json:
        show.as_json(attempt)
    else:
        _brief(attempt if attempt.get("tasks") else door.get("/training/attempt"))


def brief(home: Home = None, json: Json = False) -> None:
    """Read the brief and the tasks of the open attempt."""
    attempt = Door(chosen(home)).get("/training/attempt")
    if json:
        show.as_json(attempt)
    elif not attempt:
        raise BadInput("no exercise is under way", remedy="Start one: `simlab list`, then `simlab start ID`.")
    else:
        _brief(attempt)


def _brief(attempt: dict[str, Any]) -> None:
    exercise = attempt.get("exercise")
    title = attempt.get("title") or (exercise.get("title") if isinstance(exercise, dict) else exercise)
    typer.echo(f"{title}\n")
    typer.echo(str(attempt.get("brief", "")).strip())
    for task in attempt.get("tasks", ()):
        question = task.get("question") or task.get("answer")
        heading = task.get("title") or (question or {}).get("ask") or ""
        typer.echo(f"\n{task['id']} ({_points(task.get('points'))}): {heading}")
        if question:
            if question.get("ask") and question["ask"] != heading:
                typer.echo(f"  {question['ask']}")
            options = question.get("options") or {}
            for key, text in options.items() if isinstance(options, dict) else ((one, "") for one in options):
                typer.echo(f"  - {key}{f': {text}' if text else ''}")
            typer.echo(f"  Answer with: simlab desk answer {task['id']} VALUE")
        hints = task.get("hints") or [one for one in attempt.get("hints") or () if one.get("task") == task["id"]]
        for hint in hints:
            if hint.get("text"):
                typer.echo(f"  Hint: {hint['text']}")
        waiting = [hint for hint in hints if not hint.get("text")]
        if waiting:
            cost = waiting[0].get("cost")
            typer.echo(f"  {len(waiting)} hints; the next costs {_points(cost)}: simlab hint {task['id']}")
    for action, whom in (attempt.get("rights") or {}).items():
        typer.echo(f"\nYou have no right to {action}: {whom}.")


def hint(
    task: Annotated[str, typer.Argument(help="The task's id.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask about its cost.")] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Open the next hint of a task; it says its cost first."""
    door = Door(chosen(home))
    cost = _next_cost(door.get("/training/attempt"), task)
    if cost and not (yes or json) and not typer.confirm(f"This hint costs {_points(cost)}. Open it?", err=True):
        raise typer.Exit(1)
    opened = door.post("/training/hint", task=task)
    if json:
        show.as_json(opened)
    else:
        typer.echo(str(opened.get("text", "")).strip())


def _next_cost(attempt: dict[str, Any] | None, task: str) -> float:
    for one in (attempt or {}).get("tasks", ()):
        if one["id"] == task:
            return next((float(h.get("cost") or 0) for h in one.get("hints") or () if not h.get("text")), 0.0)
    return 0.0


def check(home: Home = None, json: Json = False) -> None:
    """See which checks hold now. Answers are graded only at `submit`."""
    marks = Door(chosen(home)).post("/training/check", live=False)
    if json:
        show.as_json(marks)
    else:
        print_marks(marks)


def submit(home: Home = None, json: Json = False) -> None:
    """Hand the attempt in and get the grade, with the evidence of every check."""
    grade = Door(chosen(home)).post("/training/submit")
    if json:
        show.as_json(grade)
        return
    print_marks(grade, evidence=True)
    typer.echo("`simlab debrief` tells what happened and why.")


def debrief(
    attempt: Annotated[str | None, typer.Argument(help="An attempt; by default the last.", show_default=False)] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Read what happened, why, and what the standard says."""
    found = Door(chosen(home)).get("/training/debrief", attempt=attempt)
    if json:
        show.as_json(found)
        return
    print_marks(found.get("marks") or found, evidence=True)
    typer.echo(str(found.get("debrief") or found.get("text") or "").strip())


def history(home: Home = None, json: Json = False) -> None:
    """List your attempts."""
    show.rows(
        Door(chosen(home)).get("/training/history"),
        {"id": "Attempt", "exercise": "Exercise", "seed": "Seed", "state": "State", "started": "Started",
         "submitted": "Submitted", "earned": "Earned", "points": "Of", "passed": "Passed"},
        json_wanted=json,
        none="No attempt yet: `simlab list`, then `simlab start ID`.",
    )  # fmt: skip


def print_marks(marks: dict[str, Any], *, evidence: bool = False) -> None:
    """Print tasks with their checks; with `evidence` also what was expected, what is there and what it rests on."""
    for task in marks.get("tasks", ()):
        earned = task.get("earned", task.get("score"))
        score = f"{earned:g} of {task['points']:g}" if isinstance(earned, int | float) else _points(task.get("points"))
        typer.echo(f"{task.get('id')}: {score}")
        for one in task.get("checks", ()):
            result = str(one.get("result"))
            typer.echo(f"  {MARKS.get(result, '[?]')} {one.get('id')}: {result}")
            if result in ("failed", "broken") and one.get("message"):
                typer.echo(f"      {one['message']}")
            for name in ("expected", "actual", "evidence") if evidence else ():
                if one.get(name) not in (None, "", [], {}):
                    typer.echo(f"      {name}: {_short(one[name])}")
    total, earned = marks.get("points"), marks.get("earned", marks.get("score"))
    if isinstance(earned, int | float) and isinstance(total, int | float):
        verdict = {"True": ", passed", "False": ", not passed"}.get(str(marks.get("passed")), "")
        typer.echo(f"\n{earned:g} of {total:g} points{verdict}")


def _points(points: Any) -> str:
    if not isinstance(points, int | float):
        return "no points"
    return f"{points:g} point{'' if points == 1 else 's'}"


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    text = " ".join(text.split())
    return text if len(text) <= 200 else f"{text[:197]}..."
