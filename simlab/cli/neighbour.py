"""`simlab neighbour`: the hospital next door, TERTIARY, and what was transferred to it."""

from __future__ import annotations

from typing import Annotated

import typer

from simlab.cli import show
from simlab.cli.act import parse_arguments
from simlab.cli.door import Door
from simlab.cli.options import Home, Json, chosen, group

app = group("The hospital next door: TERTIARY.")

Study = Annotated[str, typer.Argument(help="Study Instance UID.")]


@app.command()
def studies(home: Home = None, json: Json = False) -> None:
    """List what the neighbour holds, under its own patient numbers."""
    columns = {"patient_id": "Number", "issuer": "Issuer", "patient_name": "Name", "study_date": "Date",
               "modalities": "Mod", "description": "Study", "instances": "Images", "source": "From",
               "study_uid": "UID"}  # fmt: skip
    rows = Door(chosen(home)).view("neighbour.studies")
    show.rows(rows, columns, json_wanted=json, none="The neighbour holds nothing.")


@app.command()
def receipts(home: Home = None, json: Json = False) -> None:
    """List what has come to the neighbour: as whose, under which number, how many images, their digest."""
    columns = {"source": "From", "sent_id": "Sent as", "sent_issuer": "Issuer", "number": "Kept as",
               "instances": "Images", "digest": "Digest", "last": "Last", "study_uid": "UID"}  # fmt: skip
    rows = Door(chosen(home)).view("neighbour.receipts")
    show.rows(rows, columns, json_wanted=json, none="Nothing was transferred to the neighbour.")


@app.command()
def send(study: Study, home: Home = None, json: Json = False) -> None:
    """Have the neighbour send a study to the PACS."""
    show.outcome(Door(chosen(home)).act("neighbour.send", {"study": study}), json_wanted=json)


@app.command()
def fetch(study: Study, home: Home = None, json: Json = False) -> None:
    """Have the neighbour fetch a study from the PACS."""
    show.outcome(Door(chosen(home)).act("neighbour.fetch", {"study": study}), json_wanted=json)


@app.command()
def find(
    keys: Annotated[list[str] | None, typer.Argument(metavar="KEYWORD=VALUE...")] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Have the neighbour query the PACS."""
    asked = dict(one.partition("=")[::2] for one in keys or [])
    wanted = {"StudyInstanceUID": "", "PatientID": "", "PatientName": "", "StudyDate": "", **asked}
    columns = {name: name for name in wanted}
    done = Door(chosen(home)).act("neighbour.find", {"keys": wanted})
    show.outcome(done, json_wanted=json, columns=columns)


@app.command()
def configure(
    settings: Annotated[list[str], typer.Argument(metavar="NAME=VALUE...")], home: Home = None, json: Json = False
) -> None:
    """Change settings of the neighbour."""
    show.outcome(Door(chosen(home)).act("neighbour.configure", parse_arguments(settings)), json_wanted=json)
