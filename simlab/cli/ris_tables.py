"""The tables behind `simlab ris`: patients, steps, exams, who may call, settings, the outbox, the downtime log."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from simlab.cli import show
from simlab.cli.door import Door
from simlab.cli.options import LIMIT, Home, Json, Limit, OfPatient, OutboxState, chosen

app = typer.Typer()

Start = Annotated[str | None, typer.Option(help="For example 2026-03-02T09:30.", show_default=False)]
Text = Annotated[str | None, typer.Option(show_default=False)]


def _act(home: Path | None, json: bool, name: str, **given: Any) -> None:
    told = {key: value for key, value in given.items() if value is not None}
    show.outcome(Door(chosen(home)).act(name, told), json_wanted=json)


def _list(home: Path | None, json: bool, view: str, columns: show.Columns, none: str, **filters: Any) -> None:
    show.rows(Door(chosen(home)).view(view, **filters), columns, json_wanted=json, none=none)


@app.command()
def order(
    patient: str,
    exam: str,
    when: Start = None,
    reason: Text = None,
    referrer: Text = None,
    accession: Annotated[str | None, typer.Option(help="By default the RIS gives one.", show_default=False)] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Make an order that nobody placed elsewhere; with --when it is booked."""
    _act(home, json, "ris.create_order", patient=patient, exam=exam, when=when, reason=reason, referrer=referrer,
         accession=accession)  # fmt: skip


@app.command()
def reschedule(
    accession: str,
    start: Start = None,
    station: Annotated[str | None, typer.Option(help="Station AE title.", show_default=False)] = None,
    modality: Text = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Give a booked order another time or station."""
    _act(home, json, "ris.reschedule", accession=accession, start=start, station=station, modality=modality)


@app.command()
def steps(accession: Text = None, station: Text = None, home: Home = None, json: Json = False) -> None:
    """List the scheduled steps in every state, also those that no modality is shown."""
    columns = {"start": "Start", "station_ae": "Station", "modality": "Mod.", "accession": "Accession",
               "step_id": "Step ID", "description": "Step", "state": "State"}  # fmt: skip
    _list(home, json, "ris.steps", columns, "Nothing is scheduled.", accession=accession, station=station)


@app.command()
def patients(
    patient: Annotated[str | None, typer.Argument(show_default=False)] = None, home: Home = None, json: Json = False
) -> None:
    """List the patients that the RIS knows."""
    columns = {"patient_id": "Patient ID", "issuer": "Authority", "name": "Name", "birth_date": "Born", "sex": "Sex",
               "merged_into": "Merged into"}  # fmt: skip
    _list(home, json, "ris.patients", columns, "No patient.", patient_id=patient)


@app.command()
def merge(
    retire: Annotated[str, typer.Argument(help="The number that goes.")],
    survive: Annotated[str, typer.Argument(help="The number that stays.")],
    home: Home = None,
    json: Json = False,
) -> None:
    """Merge one number into another, in the RIS and what it tells of it."""
    _act(home, json, "ris.merge_patients", retire=retire, survive=survive)


@app.command()
def exams(home: Home = None, json: Json = False) -> None:
    """List the exams, and where each is done."""
    columns = {"code": "Code", "description": "Exam", "modality": "Mod.", "station_ae": "Station"}
    _list(home, json, "ris.exams", columns, "No exam.")


@app.command("map-exam")
def map_exam(code: str, station: str, home: Home = None, json: Json = False) -> None:
    """Have an exam done on another station."""
    _act(home, json, "ris.map_exam", code=code, station=station)


@app.command()
def peers(home: Home = None, json: Json = False) -> None:
    """List who may call the RIS, and for what."""
    columns = {"title": "AE title", "host": "Host", "port": "Port", "services": "Services"}
    _list(home, json, "ris.peers", columns, "Nobody may call.")


@app.command("set-peer")
def set_peer(
    title: str,
    port: int,
    host: Annotated[str, typer.Option()] = "127.0.0.1",
    home: Home = None,
    json: Json = False,
) -> None:
    """Add or change who may call the RIS."""
    _act(home, json, "ris.set_peer", title=title, host=host, port=port)


@app.command("remove-peer")
def remove_peer(title: str, home: Home = None, json: Json = False) -> None:
    """Let a peer call the RIS no more."""
    _act(home, json, "ris.remove_peer", title=title)


@app.command("downtime")
def downtime(
    accession: Annotated[str | None, typer.Argument(show_default=False)] = None,
    text: Annotated[str | None, typer.Argument(help="What is written down.", show_default=False)] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Show the downtime log; with a text, write an order's entry into it."""
    if text is not None:
        _act(home, json, "ris.log_downtime", accession=accession, text=text)
        return
    columns = {"at": "At", "accession": "Accession", "text": "Entry"}
    _list(home, json, "ris.downtime", columns, "Nothing was written down in a downtime.", accession=accession)


@app.command()
def settings(home: Home = None, json: Json = False) -> None:
    """List every setting with its value in force."""
    _list(home, json, "ris.settings", {"key": "Setting", "value": "Value"}, "No setting.")


@app.command()
def outbox(
    state: OutboxState = None,
    patient: OfPatient = None,
    limit: Limit = LIMIT,
    home: Home = None,
    json: Json = False,
) -> None:
    """List the messages that the RIS sends, with the numbers that `resend` takes."""
    show.newest(
        *(Door(chosen(home)), "ris.outbox", show.OUTBOX),
        limit=limit,
        json_wanted=json,
        none="No such message." if state or patient else "The RIS has nothing to send on.",
        state=state,
        patient_id=patient,
    )
