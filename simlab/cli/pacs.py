"""`simlab pacs`: what an administrator does at the PACS console."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from simlab.cli import pacs_notices, pacs_record, pacs_repair, pacs_traffic, show
from simlab.cli.act import parse_arguments
from simlab.cli.door import Door
from simlab.cli.options import Home, Json, chosen, group

app = group("The PACS console.")
app.add_typer(pacs_repair.app)
app.add_typer(pacs_record.app)
app.add_typer(pacs_traffic.app)
app.add_typer(pacs_notices.app)


@app.command()
def peers(home: Home = None, json: Json = False) -> None:
    """List the DICOM peers that the PACS knows."""
    found = Door(chosen(home)).view("pacs.peers")
    columns = {
        "title": "AE title",
        "host": "Host",
        "port": "Port",
        "services": "Services",
        "classes": "Classes",
        "tls": "TLS",
    }
    show.rows(found, columns, json_wanted=json, none="The PACS knows no peer.")


@app.command()
def set_peer(
    title: str,
    host: Annotated[str, typer.Option()] = "127.0.0.1",
    port: Annotated[int, typer.Option()] = 104,
    service: Annotated[
        list[str] | None, typer.Option(help="What it may do; repeat for several.", show_default=False)
    ] = None,
    sop_class: Annotated[
        list[str] | None,
        typer.Option("--class", help="A SOP class it may store, or `standard`; repeat.", show_default=False),
    ] = None,
    max_associations: Annotated[int, typer.Option(help="How many it may hold at once; 0 sets no limit.")] = 0,
    tls: Annotated[bool, typer.Option("--tls", help="The PACS calls it over TLS.")] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Register a peer, or change the one of that title."""
    given: dict[str, Any] = {"title": title, "host": host, "port": port, "max_associations": max_associations}
    given |= {"tls": True} if tls else {}
    given |= {"classes": sop_class} if sop_class else {}
    show.outcome(
        Door(chosen(home)).act("pacs.set_peer", given | ({"services": service} if service else {})), json_wanted=json
    )


@app.command()
def remove_peer(title: str, home: Home = None, json: Json = False) -> None:
    """Take a peer off the list; it is refused from then on."""
    show.outcome(Door(chosen(home)).act("pacs.remove_peer", {"title": title}), json_wanted=json)


@app.command()
def studies(
    patient_id: Annotated[str | None, typer.Option(show_default=False)] = None,
    accession: Annotated[str | None, typer.Option(show_default=False)] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """List the studies as the console sees them, quarantined ones too."""
    found = Door(chosen(home)).view("pacs.studies", patient_id=patient_id, accession=accession)
    show.rows(
        found,
        {"patient_id": "Patient ID", "patient_name": "Name", "study_date": "Date", "accession": "Accession",
         "description": "Description", "modalities": "Mod.", "instances": "Images", "quarantined": "Quarantined",
         "study_uid": "Study UID"},
        json_wanted=json,
        none="No such study.",
    )  # fmt: skip


@app.command()
def settings(home: Home = None, json: Json = False) -> None:
    """List the settings of the PACS."""
    found = Door(chosen(home)).view("pacs.settings")
    show.rows(found, {"key": "Setting", "value": "Value"}, json_wanted=json)


@app.command()
def configure(
    setting: Annotated[list[str], typer.Argument(metavar="KEY=VALUE...")], home: Home = None, json: Json = False
) -> None:
    """Change settings of the PACS."""
    show.outcome(Door(chosen(home)).act("pacs.configure", parse_arguments(setting)), json_wanted=json)


@app.command()
def users(home: Home = None, json: Json = False) -> None:
    """List who may log in to the PACS."""
    found = Door(chosen(home)).view("pacs.users")
    columns = {"name": "User", "full_name": "Name", "passcode": "Passcode"}
    show.rows(found, columns, json_wanted=json, none="Nobody may log in.")


@app.command()
def set_user(
    user: str,
    passcode: Annotated[
        str | None, typer.Option(help="Without one the name alone lets in.", show_default=False)
    ] = None,
    full_name: Annotated[str, typer.Option()] = "",
    home: Home = None,
    json: Json = False,
) -> None:
    """Let somebody log in, or change the user of that name."""
    given = {"user": user, "passcode": passcode, "full_name": full_name}
    show.outcome(Door(chosen(home)).act("pacs.set_user", given), json_wanted=json)


@app.command()
def remove_user(user: str, home: Home = None, json: Json = False) -> None:
    """Let somebody log in no more."""
    show.outcome(Door(chosen(home)).act("pacs.remove_user", {"user": user}), json_wanted=json)
