"""`simlab ris`: what is done at the RIS console."""

from __future__ import annotations

from typing import Annotated

import typer

from simlab.cli import ris_tables, show
from simlab.cli.act import parse_arguments
from simlab.cli.door import Door
from simlab.cli.options import Home, Json, chosen, group

app = group("The RIS console.")
app.add_typer(ris_tables.app)


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


@app.command()
def mpps(
    accession: Annotated[str | None, typer.Option(show_default=False)] = None,
    status: Annotated[
        str | None, typer.Option(help="IN PROGRESS, COMPLETED or DISCONTINUED.", show_default=False)
    ] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """List the performed steps that modalities have told of."""
    found = Door(chosen(home)).view("ris.mpps", accession=accession, status=status)
    show.rows(
        found,
        {"begun": "Begun", "source": "From", "accession": "Accession", "patient_id": "Patient ID",
         "patient_name": "Name", "status": "Status", "reason": "Reason", "ended": "Ended", "instances": "Images",
         "conflict": "Conflict", "mpps_uid": "UID"},
        json_wanted=json,
        none="No performed step.",
    )  # fmt: skip


@app.command()
def correct_step(
    mpps_uid: Annotated[str, typer.Argument(help="As `simlab ris mpps` lists it.")],
    accession: Annotated[str, typer.Option(help="The order that it belongs to.", show_default=False)] = "",
    status: Annotated[str, typer.Option(help="COMPLETED or DISCONTINUED.", show_default=False)] = "",
    reason: Annotated[str, typer.Option(help="Code of CID 9301, for DISCONTINUED.", show_default=False)] = "",
    home: Home = None,
    json: Json = False,
) -> None:
    """Set a performed step right that the modality may no longer change."""
    given = {"mpps": mpps_uid, "accession": accession, "status": status, "reason": reason}
    show.outcome(Door(chosen(home)).act("ris.correct_step", given), json_wanted=json)


@app.command()
def reports(
    accession: Annotated[str | None, typer.Option(show_default=False)] = None, home: Home = None, json: Json = False
) -> None:
    """List every version of every report."""
    found = Door(chosen(home)).view("ris.reports", accession=accession)
    columns = {"accession": "Accession", "version": "Version", "status": "Status", "patient_id": "Patient ID",
               "author": "By", "at": "At", "reason": "Reason", "text": "Text"}  # fmt: skip
    show.rows(found, columns, json_wanted=json, none="Nothing has been reported.")


@app.command()
def report(
    accession: str,
    text: str,
    preliminary: Annotated[bool, typer.Option(help="P, to be made final later.")] = False,
    author: Annotated[str, typer.Option(show_default=False)] = "",
    home: Home = None,
    json: Json = False,
) -> None:
    """Write the report of an exam (ORU^R01)."""
    given = {"accession": accession, "text": text, "status": "P" if preliminary else "F", "author": author}
    show.outcome(Door(chosen(home)).act("ris.report", given), json_wanted=json)


@app.command()
def correct_report(
    accession: str,
    text: str,
    reason: Annotated[str, typer.Option(show_default=False)] = "",
    home: Home = None,
    json: Json = False,
) -> None:
    """Replace what a final report says (C)."""
    given = {"accession": accession, "text": text, "reason": reason}
    show.outcome(Door(chosen(home)).act("ris.correct_report", given), json_wanted=json)


@app.command()
def withdraw_report(
    accession: str,
    reason: str,
    wrong_patient: Annotated[bool, typer.Option(help="It was posted to the wrong patient (W).")] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Take a report back."""
    given = {"accession": accession, "reason": reason, "wrong_patient": wrong_patient}
    show.outcome(Door(chosen(home)).act("ris.withdraw_report", given), json_wanted=json)


@app.command()
def perform(accession: str, home: Home = None, json: Json = False) -> None:
    """Close an order whose exam was done, where no scanner tells of it."""
    show.outcome(Door(chosen(home)).act("ris.perform", {"accession": accession}), json_wanted=json)


@app.command()
def cancel(
    accession: str,
    reason: str,
    begun: Annotated[bool, typer.Option(help="It has begun: discontinue it.")] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Cancel an order, or stop one that has begun."""
    name = "ris.discontinue" if begun else "ris.cancel_order"
    show.outcome(Door(chosen(home)).act(name, {"accession": accession, "reason": reason}), json_wanted=json)


@app.command()
def hold(
    accession: str,
    release: Annotated[bool, typer.Option(help="Let it go on.")] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Have an order wait, or go on."""
    name = "ris.release_order" if release else "ris.hold_order"
    show.outcome(Door(chosen(home)).act(name, {"accession": accession}), json_wanted=json)


@app.command()
def unmerge(
    patient: Annotated[str, typer.Argument(help="The number that was retired.")],
    order: Annotated[
        list[str] | None, typer.Option(help="A later order that is this patient's too; repeat it.", show_default=False)
    ] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Take a wrong merge apart, here alone: there is no message for it."""
    given = {"patient": patient, "orders": order or []}
    show.outcome(Door(chosen(home)).act("ris.unmerge_patients", given), json_wanted=json)


@app.command()
def configure(
    setting: Annotated[list[str], typer.Argument(metavar="KEY=VALUE…", help="forward_orders=true …")],
    home: Home = None,
    json: Json = False,
) -> None:
    """Change settings: what its worklist shows, where its messages go."""
    show.outcome(Door(chosen(home)).act("ris.configure", parse_arguments(setting)), json_wanted=json)


@app.command()
def resend(
    item: Annotated[int, typer.Argument(help="Its number in the outbox.")],
    home: Home = None,
    json: Json = False,
) -> None:
    """Send a message of the outbox again, under the same control ID."""
    show.outcome(Door(chosen(home)).act("ris.resend", {"item": item}), json_wanted=json)
