"""`simlab ris`: what is done at the RIS console."""

from __future__ import annotations

from typing import Annotated

import typer

from simlab.cli import show
from simlab.cli.door import Door
from simlab.cli.options import Home, Json, chosen, group

app = group("The RIS console.")


@app.command()
def orders(
    accession: Annotated[str | None, typer.Option(show_default=False)] = None, home: Home = None, json: Json = False
) -> None:
    """List the orders."""
    found = Door(chosen(home)).view("ris.orders", accession=accession)
    show.rows(
        found,
        {"accession": "Accession", "state": "State", "patient_id": "Patient ID", "patient_name": "Name",
         "exam": "Exam", "requested": "Requested", "priority": "Priority", "reason": "Reason"},
        json_wanted=json,
        none="No order.",
    )  # fmt: skip


@app.command()
def worklist(
    station: Annotated[str | None, typer.Option(help="Station AE title.", show_default=False)] = None,
    modality: Annotated[str | None, typer.Option(show_default=False)] = None,
    date: Annotated[str | None, typer.Option(help="YYYYMMDD.", show_default=False)] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Show what the RIS offers to the modalities."""
    found = Door(chosen(home)).view("ris.worklist", station=station, modality=modality, date=date)
    show.rows(
        found,
        {"start": "Start", "station_ae": "Station", "modality": "Mod.", "patient_name": "Name",
         "patient_id": "Patient ID", "accession": "Accession", "description": "Step", "state": "State"},
        json_wanted=json,
        none="Nothing is scheduled there.",
    )  # fmt: skip


@app.command()
def arrive(accession: str, home: Home = None, json: Json = False) -> None:
    """Mark the patient of an order as arrived."""
    show.outcome(Door(chosen(home)).act("ris.arrive", {"accession": accession}), json_wanted=json)


@app.command()
def vet(accession: str, home: Home = None, json: Json = False) -> None:
    """Mark an order as vetted."""
    show.outcome(Door(chosen(home)).act("ris.vet", {"accession": accession}), json_wanted=json)


@app.command()
def book(
    accession: str,
    start: Annotated[str, typer.Argument(help="For example 2026-03-02T09:30.")],
    home: Home = None,
    json: Json = False,
) -> None:
    """Give a vetted order its time."""
    show.outcome(Door(chosen(home)).act("ris.book", {"accession": accession, "start": start}), json_wanted=json)
