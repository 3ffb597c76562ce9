"""The ordering half of `simlab epr`: exams asked for, and what came back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from simlab.cli import show
from simlab.cli.door import Door
from simlab.cli.options import Home, Json, chosen

Placer = Annotated[str, typer.Argument(metavar="PLACER", help="The order's placer number.")]
OnePatient = Annotated[str | None, typer.Argument(metavar="[PATIENT]", show_default=False)]
Reason = Annotated[str, typer.Option(show_default=False)]
Why = Annotated[str, typer.Argument(metavar="[REASON]", show_default=False)]
Start = Annotated[str, typer.Option(help="For example 2026-03-02T09:30.", show_default=False)]


def _act(home: Path | None, json: bool, name: str, **given: Any) -> None:
    show.outcome(Door(chosen(home)).act(name, given), json_wanted=json)


def order(
    patient: str,
    exam: str,
    description: Annotated[str, typer.Option(show_default=False)] = "",
    modality: Annotated[str, typer.Option(show_default=False)] = "",
    priority: Annotated[str, typer.Option(help="S, A, R, P, C or T.")] = "R",
    reason: Reason = "",
    referrer: Annotated[str, typer.Option(show_default=False)] = "",
    start: Start = "",
    step: Annotated[
        list[str] | None, typer.Option(help="OMI alone: a protocol of the exam; repeat it.", show_default=False)
    ] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Order an exam (ORM^O01 NW, or OMI^O23)."""
    given = {"description": description, "modality": modality, "priority": priority, "reason": reason,
             "referrer": referrer, "start": start or None, "steps": step or []}  # fmt: skip
    _act(home, json, "epr.order", patient=patient, exam=exam, **given)


def change_order(
    placer: Placer,
    start: Start = "",
    priority: Annotated[str, typer.Option(help="S, A, R, P, C or T.", show_default=False)] = "",
    reason: Reason = "",
    home: Home = None,
    json: Json = False,
) -> None:
    """Ask for another time or priority (XO)."""
    given = {"start": start or None, "priority": priority, "reason": reason}
    _act(home, json, "epr.change_order", placer=placer, **given)


def cancel_order(placer: Placer, reason: Why = "", home: Home = None, json: Json = False) -> None:
    """Cancel an order that has not begun (CA)."""
    _act(home, json, "epr.cancel_order", placer=placer, reason=reason)


def discontinue_order(placer: Placer, reason: Why = "", home: Home = None, json: Json = False) -> None:
    """Stop an order that has begun (DC)."""
    _act(home, json, "epr.discontinue_order", placer=placer, reason=reason)


def hold_order(
    placer: Placer,
    reason: Why = "",
    release: Annotated[bool, typer.Option(help="Let it go on (RL).")] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Have an order wait (HD), or go on."""
    _act(home, json, "epr.hold_order", placer=placer, release=release, reason=reason)


def orders(patient: OnePatient = None, home: Home = None, json: Json = False) -> None:
    """List the orders placed here, with what the RIS told of them."""
    found = Door(chosen(home)).view("epr.orders", patient_id=patient)
    columns = {"placer": "Placer", "patient_id": "Patient ID", "exam": "Exam", "state": "State", "status": "Status",
               "accession": "Accession", "start": "Start", "ordered": "Ordered"}  # fmt: skip
    show.rows(found, columns, json_wanted=json, none="No order.")


def results(
    patient: OnePatient = None,
    all_versions: Annotated[bool, typer.Option("--all", help="With the versions that were replaced.")] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """List the reports that came back."""
    found = Door(chosen(home)).view("epr.results", patient_id=patient)
    kept = [row for row in found if all_versions or row["current"]]
    columns = {"filed": "Filed", "accession": "Accession", "patient_id": "Patient ID", "exam": "Exam",
               "version": "Version", "status": "Status", "author": "By", "note": "Note", "text": "Text"}  # fmt: skip
    show.rows(kept, columns, json_wanted=json, none="No report.")


def appointments(patient: OnePatient = None, home: Home = None, json: Json = False) -> None:
    """List the appointments that the RIS told of."""
    found = Door(chosen(home)).view("epr.appointments", patient_id=patient)
    columns = {"start": "Start", "patient_id": "Patient ID", "exam": "Exam", "place": "Where", "state": "State",
               "filler": "Order"}  # fmt: skip
    show.rows(found, columns, json_wanted=json, none="No appointment.")


COMMANDS = (order, change_order, cancel_order, discontinue_order, hold_order, orders, results, appointments)
"""What `simlab epr` has beside the record itself."""
