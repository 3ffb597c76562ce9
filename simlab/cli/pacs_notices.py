"""`simlab pacs`, continued: what the archive has to tell others, commitment reports and availability."""

from __future__ import annotations

from typing import Annotated

import typer

from simlab.cli import show
from simlab.cli.door import Door
from simlab.cli.options import Home, Json, chosen, group

app = group("The PACS console: commitment and availability.")


@app.command()
def commitments(
    requestor: Annotated[str | None, typer.Option(help="AE title of who asked.", show_default=False)] = None,
    study_uid: Annotated[str | None, typer.Option(show_default=False)] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """List the requests for storage commitment, and whether their reports were delivered."""
    found = Door(chosen(home)).view("pacs.commitments", requestor=requestor, study_uid=study_uid)
    show.rows(
        found,
        {"requestor": "Requestor", "requested": "Requested", "references": "Images", "event": "Event",
         "failed": "Failed", "reasons": "Reasons", "state": "Report", "attempts": "Tries", "error": "Problem",
         "transaction_uid": "Transaction"},
        json_wanted=json,
        none="Nobody asked for commitment.",
    )  # fmt: skip


@app.command()
def resend_report(
    transaction: Annotated[str, typer.Argument(help="Transaction UID.")], home: Home = None, json: Json = False
) -> None:
    """Try anew to deliver a commitment report that could not be."""
    show.outcome(Door(chosen(home)).act("pacs.resend_report", {"transaction": transaction}), json_wanted=json)


@app.command()
def receipts(
    study_uid: Annotated[str | None, typer.Option(show_default=False)] = None, home: Home = None, json: Json = False
) -> None:
    """List what went to those who owe receipts, and for how much of it one came."""
    found = Door(chosen(home)).view("pacs.receipts", study_uid=study_uid)
    show.rows(
        found,
        {"destination": "Destination", "state": "Receipt", "patient_id": "Patient ID", "sent": "Sent",
         "receipted": "Receipted", "missing": "Missing", "last_sent": "Last sent", "last_receipt": "Last receipt",
         "study_uid": "Study UID"},
        json_wanted=json,
        none="Nothing went to anybody who owes a receipt.",
    )  # fmt: skip


@app.command()
def availability(
    study_uid: Annotated[str | None, typer.Option(show_default=False)] = None, home: Home = None, json: Json = False
) -> None:
    """List the availability notifications that were sent or wait."""
    found = Door(chosen(home)).view("pacs.availability", study_uid=study_uid)
    show.rows(
        found,
        {"at": "Since", "destination": "Destination", "state": "State", "attempts": "Tries", "error": "Problem",
         "notified": "Notified", "study_uid": "Study UID"},
        json_wanted=json,
        none="No notification.",
    )  # fmt: skip
