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
ToPeer = Annotated[str, typer.Option(help="AE title of another peer than the PACS.", show_default=False)]
FromPeer = Annotated[str, typer.Option("--from", help="AE title of another peer than the PACS.", show_default=False)]


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
    """List what has come to the neighbour: as whose, how many images, and how far the receipt has come."""
    columns = {"source": "From", "sent_id": "Sent as", "sent_issuer": "Issuer", "number": "Kept as",
               "instances": "Images", "digest": "Digest", "last": "Last", "receipt": "Receipt", "error": "Problem",
               "study_uid": "UID"}  # fmt: skip
    rows = Door(chosen(home)).view("neighbour.receipts")
    show.rows(rows, columns, json_wanted=json, none="Nothing was transferred to the neighbour.")


@app.command("send-receipt")
def send_receipt(study: Study, home: Home = None, json: Json = False) -> None:
    """Have the neighbour send its receipt for a study once more."""
    show.outcome(Door(chosen(home)).act("neighbour.send_receipt", {"study": study}), json_wanted=json)


@app.command()
def peers(home: Home = None, json: Json = False) -> None:
    """List whom the neighbour knows."""
    rows = Door(chosen(home)).view("neighbour.peers")
    show.rows(rows, {"title": "AE title", "host": "Host", "port": "Port"}, json_wanted=json, none="Nobody.")


@app.command("set-peer")
def set_peer(
    title: Annotated[str, typer.Argument(help="AE title.")],
    port: Annotated[int, typer.Argument(help="Where it listens.")],
    host: Annotated[str, typer.Option(help="Its address.")] = "127.0.0.1",
    home: Home = None,
    json: Json = False,
) -> None:
    """Add a peer of the neighbour, or say where one listens."""
    given = {"title": title, "host": host, "port": port}
    show.outcome(Door(chosen(home)).act("neighbour.set_peer", given), json_wanted=json)


@app.command("remove-peer")
def remove_peer(title: Annotated[str, typer.Argument(help="AE title.")], home: Home = None, json: Json = False) -> None:
    """Take a peer out of the neighbour's table."""
    show.outcome(Door(chosen(home)).act("neighbour.remove_peer", {"title": title}), json_wanted=json)


@app.command()
def send(study: Study, to: ToPeer = "", home: Home = None, json: Json = False) -> None:
    """Have the neighbour send a study to the PACS."""
    given = {"study": study, **({"to": to} if to else {})}
    show.outcome(Door(chosen(home)).act("neighbour.send", given), json_wanted=json)


@app.command()
def fetch(study: Study, source: FromPeer = "", home: Home = None, json: Json = False) -> None:
    """Have the neighbour fetch a study from the PACS."""
    given = {"study": study, **({"source": source} if source else {})}
    show.outcome(Door(chosen(home)).act("neighbour.fetch", given), json_wanted=json)


@app.command()
def find(
    keys: Annotated[list[str] | None, typer.Argument(metavar="KEYWORD=VALUE...")] = None,
    to: ToPeer = "",
    home: Home = None,
    json: Json = False,
) -> None:
    """Have the neighbour query the PACS."""
    asked = dict(one.partition("=")[::2] for one in keys or [])
    wanted = {"StudyInstanceUID": "", "PatientID": "", "PatientName": "", "StudyDate": "", **asked}
    columns = {name: name for name in wanted}
    done = Door(chosen(home)).act("neighbour.find", {"keys": wanted, **({"to": to} if to else {})})
    show.outcome(done, json_wanted=json, columns=columns)


@app.command()
def configure(
    settings: Annotated[list[str], typer.Argument(metavar="NAME=VALUE...")], home: Home = None, json: Json = False
) -> None:
    """Change settings of the neighbour."""
    show.outcome(Door(chosen(home)).act("neighbour.configure", parse_arguments(settings)), json_wanted=json)
