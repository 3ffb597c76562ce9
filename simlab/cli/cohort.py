"""The trainer's command: the standing of everybody in the records."""

from __future__ import annotations

import importlib
from dataclasses import asdict
from typing import Annotated, Any

import typer

from simlab.cli import show
from simlab.cli.options import Home, Json, chosen
from simlab.errors import NotFound

COLUMNS = {
    "person": "Person",
    "exercise": "Exercise",
    "attempts": "Attempts",
    "submitted": "Submitted",
    "passed": "Passed",
    "earned": "Best",
    "points": "of",
    "hints": "Hints",
    "minutes": "Min.",
}


def cohort(
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False, home: Home = None, json: Json = False
) -> None:
    """Show who has come how far: from the records that SIMLAB_RECORDS names, else from those of this home."""
    place = chosen(home)
    if not place.is_dir():
        raise NotFound("there are no records", place=str(place), remedy="Name the lab's folder with --home.")
    # SQLAlchemy is paid for here alone.
    records: Any = importlib.import_module("simlab.training.records").Records(place)
    faculty: Any = importlib.import_module("simlab.faculty.cohort")
    try:
        rows = faculty.standings(records.everyone())
    finally:
        records.close()
    if csv:
        typer.echo(faculty.as_csv(rows), nl=False)
    else:
        show.rows([asdict(row) for row in rows], COLUMNS, json_wanted=json, none="Nobody has tried anything yet.")
