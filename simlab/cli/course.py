"""Commands of the course: find an exercise, do it, be graded, read why."""

from __future__ import annotations

import importlib
from typing import Annotated, Any

import typer

from simlab.cli import show
from simlab.cli.door import Door, NoLab
from simlab.cli.options import Home, Json, chosen

SHOWN_COLUMNS = 5
"""Columns of a row that are shown as evidence; `--json` has them all."""
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
         "progress": "Progress", "error": "Cannot be read"},
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
    attempt = Door(chosen(home)).post("/training/start", id=exercise, **({} if seed is None else {"seed": seed}))
    if json:
        show.as_json(attempt)
    else:
        _brief(attempt)


def brief(home: Home = None, json: Json = False) -> None:
    """Read the brief and the tasks of the open attempt."""
    attempt = Door(chosen(home)).get("/training/attempt")
    if json:
        show.as_json(attempt)
    else:
        _brief(attempt)


def _brief(attempt: dict[str, Any]) -> None:
    typer.echo(f"{attempt['title']}\n\n{attempt['brief'].strip()}")
    for task in attempt["tasks"]:
        typer.echo(f"\n{task['id']} ({_points(task['points'])}): {task['title']}")
        question = task["question"]
        if question:
            if question["ask"] != task["title"]:
                typer.echo(f"  {question['ask']}")
            for key, text in (question["options"] or {}).items():
                typer.echo(f"  - {key}: {text}")
            typer.echo(f"  Answer with: simlab desk answer {task['id']} VALUE")
        for one in task["hints"]:
            if one["opened"]:
                typer.echo(f"  Hint: {one['text']}")
        closed = [one for one in task["hints"] if not one["opened"]]
        if closed:
            count = f"{len(closed)} hint{'' if len(closed) == 1 else 's'}"
            typer.echo(f"  {count}; the next costs {_points(closed[0]['cost'])}: simlab hint {task['id']}")
    for action, advice in attempt["rights"].items():
        typer.echo(f"\nYou have no right to {action}: {advice}.")


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


def _next_cost(attempt: dict[str, Any], task: str) -> float:
    hints = [one for row in attempt["tasks"] if row["id"] == task for one in row["hints"] if not one["opened"]]
    return float(hints[0]["cost"]) if hints else 0.0


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
    print_marks(found, evidence=True)
    typer.echo(f"\n{found['text'].strip()}")
    if found["solution"]:
        typer.echo("\nOne right way:")
        for step in found["solution"]:
            typer.echo(f"  - {_short(step)}")


def history(home: Home = None, json: Json = False) -> None:
    """List your attempts."""
    show.rows(
        Door(chosen(home)).get("/training/history"),
        {"attempt": "Attempt", "exercise": "Exercise", "seed": "Seed", "state": "State", "started": "Started",
         "ended": "Ended", "earned": "Earned", "points": "Of", "passed": "Passed"},
        json_wanted=json,
        none="No attempt yet: `simlab list`, then `simlab start ID`.",
    )  # fmt: skip


def print_marks(marks: dict[str, Any], *, evidence: bool = False) -> None:
    """Print tasks with their checks; with `evidence` also what was expected, what is there and what it rests on."""
    for task in marks["tasks"]:
        typer.echo(f"{task['id']}: {task['earned']:g} of {task['points']:g}")
        for one in task["checks"]:
            kept = " (must stay so)" if one.get("guard") else ""
            typer.echo(f"  {MARKS.get(one['result'], '[?]')} {one['id']}: {one['result']}{kept}")
            if one.get("message"):
                typer.echo(f"      {one['message']}")
            for name in ("expected", "actual") if evidence else ():
                if one.get(name):
                    typer.echo(f"      {name}: {_short(one[name])}")
            if evidence and one.get("evidence"):
                typer.echo(f"      evidence: {_short('; '.join(_piece(piece) for piece in one['evidence']))}")
    verdict = "passed" if marks["passed"] else "not passed"
    typer.echo(f"{marks['earned']:g} of {marks['points']:g} points, {verdict}")


def _points(points: float) -> str:
    if not points:
        return "nothing"
    return f"{points:g} point{'' if points == 1 else 's'}"


def _piece(piece: Any) -> str:
    if not isinstance(piece, dict):
        return str(piece)
    if "event" in piece:
        return f"event {piece['event']}"
    row = piece.get("row")
    told = [f"{key} {value}" for key, value in row.items() if value not in (None, "", [])] if row else []
    return f"{piece.get('view', 'row')}: {', '.join(told[:SHOWN_COLUMNS])}" if told else _short(piece)


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    text = " ".join(text.split())
    return text if len(text) <= 200 else f"{text[:197]}..."
