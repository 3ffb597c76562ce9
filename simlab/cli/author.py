"""`simlab author`: make an exercise, find its mistakes, prove that it works."""

from __future__ import annotations

import importlib
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from simlab.cli import show
from simlab.cli.options import Json, group
from simlab.errors import BadInput

app = group("Make, lint and verify exercises.")

Ids = Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="By default all.", show_default=False)]
Course = Annotated[
    Path | None, typer.Option(help="A folder of exercises other than the one that ships.", show_default=False)
]


@app.command()
def new(
    exercise: Annotated[str, typer.Argument(metavar="TRACK/ID", help="For example identity/wrong-side.")],
    title: Annotated[str, typer.Option()] = "",
    course: Course = None,
    json: Json = False,
) -> None:
    """Write a small package that already verifies, to start from."""
    track, slash, name = exercise.partition("/")
    if not slash:
        raise BadInput("the track is missing", place=exercise, remedy="For example: simlab author new dicom/my-echo")
    folder = importlib.import_module("simlab.training.author").new(name, track, title, course=course)
    if json:
        show.as_json({"folder": str(folder)})
    else:
        typer.echo(f"{folder}\nNext: edit it, then `simlab author lint {name}` and `simlab author verify {name}`.")


@app.command()
def lint(ids: Ids = None, course: Course = None, json: Json = False) -> None:
    """Name everything that is wrong in the packages, with file, line and remedy; exit code 1 when there is any."""
    problems = importlib.import_module("simlab.training.lint").lint(ids or (), course=course)
    if json:
        show.as_json([asdict(problem) for problem in problems])
    else:
        for problem in problems:
            typer.echo(str(problem))
        typer.echo(f"{len(problems) or 'No'} problem{'' if len(problems) == 1 else 's'}.")
    if problems:
        raise typer.Exit(1)


@app.command()
def verify(
    ids: Ids = None,
    seeds: Annotated[int, typer.Option(min=1, help="Variants of each exercise.")] = 3,
    course: Course = None,
    json: Json = False,
) -> None:
    """Play each exercise untouched, solved and done wrongly on a real lab; exit code 1 when one falls short."""
    tell = (lambda line: None) if json else typer.echo
    proofs = importlib.import_module("simlab.training.verify").verify(ids or (), seeds=seeds, course=course, tell=tell)
    if json:
        show.as_json([proof.as_json() for proof in proofs])
    if not all(proof.ok for proof in proofs):
        raise typer.Exit(1)


@app.command()
def schema() -> None:
    """Print the JSON Schema of exercise.yaml, for completion in editors."""
    show.as_json(importlib.import_module("simlab.training.author").schema())
