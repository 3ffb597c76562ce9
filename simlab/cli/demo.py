"""`simlab demo`: one exercise from its untouched scene to full marks, over the wire, without a screen."""

from __future__ import annotations

import importlib
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from simlab.cli import show
from simlab.cli.course import print_marks
from simlab.cli.door import Door
from simlab.cli.options import Json
from simlab.cli.session import background_lab
from simlab.errors import SimlabError

EXERCISE = "two-numbers"
REFERENCE = "ref"
"""The solution that is played where it applies to the variant."""


@dataclass(frozen=True)
class Did:
    """What an action gave, as a script wants to know it."""

    ok: bool
    summary: str
    data: dict[str, Any]


class _Wire:
    """Plays a script's steps as a trainee would: through the control door of a running lab."""

    def __init__(self, door: Door, *, quiet: bool) -> None:
        self._door = door
        self._quiet = quiet

    def act(self, name: str, args: Mapping[str, Any]) -> Did:
        done = self._door.act(name, args)
        if not self._quiet:
            typer.echo(f"  {name}: {done['summary']}")
        return Did(bool(done["ok"]), str(done["summary"]), dict(done["data"]))

    def rows(self, view: str) -> list[dict[str, Any]]:
        return self._door.view(view)


def demo(
    exercise: Annotated[str, typer.Argument(help="Which exercise to play.")] = EXERCISE,
    seed: Annotated[int, typer.Option(help="Which variant of it.")] = 7,
    json: Json = False,
) -> None:
    """Start a lab on free ports, show the untouched grade, play the reference solution, show the evidence."""
    began = time.monotonic()
    # The exercise's own folder is read here, as its author would: the door never gives solutions away.
    catalogue = importlib.import_module("simlab.training.catalogue")
    package = importlib.import_module("simlab.training.exercise")
    with (
        tempfile.TemporaryDirectory(prefix="simlab-demo-", ignore_cleanup_errors=True) as folder,
        background_lab(Path(folder) / "lab") as door,
    ):
        _say(json, f"A hospital imaging department runs on {len(door.card['endpoints'])} ports of this computer.")
        loaded = package.load(catalogue.find(exercise))
        attempt = door.post("/training/start", id=exercise, seed=seed)
        _say(json, f"\nExercise {exercise}: {loaded.header.title}\n")
        untouched = door.post("/training/check", live=False)
        _say(json, "Before anything is done:")
        if not json:
            print_marks(untouched)
        variant = package.vary(loaded, seed, door.card["endpoints"])
        scripts = [one for one in loaded.solutions if one.applies(variant.values)]
        script = min(scripts, key=lambda one: one.name != REFERENCE)
        _say(json, f"\nThe reference solution ({script.name}), step by step over the wire:")
        played = script.play(variant.values, _Wire(door, quiet=json))
        if not played or not played[-1].ok:
            said = played[-1].summary if played else "it has no steps"
            raise SimlabError(f"the reference solution stopped: {said}", place=exercise, remedy="Run `make test`.")
        grade = door.post("/training/submit")
        _say(json, "\nSubmitted:")
        if not json:
            print_marks(grade, evidence=True)
        seconds = time.monotonic() - began
    full = grade["earned"] == grade["points"] and untouched["earned"] == 0
    if json:
        show.as_json({"attempt": attempt, "untouched": untouched, "grade": grade, "seconds": round(seconds, 2)})
    else:
        typer.echo(f"\nPlayed in {seconds:.1f} s. `simlab` opens the same department for you.")
    if not full:
        raise SimlabError("the untouched scene should earn nothing, and its solution everything", place=exercise)


def _say(json: bool, text: str) -> None:
    if not json:
        typer.echo(text)
