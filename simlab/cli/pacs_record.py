"""`simlab pacs`, continued: the lists that repairs begin and end with, from the unmatched to the audit trail."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from simlab.cli import show
from simlab.cli.door import Door
from simlab.cli.options import LIMIT, Home, Json, Limit, chosen, group

app = group("The PACS console: what is on record.")

Wanted = Annotated[str | None, typer.Option(show_default=False)]


def _list(home: Home, json: bool, view: str, columns: show.Columns, none: str, **filters: Any) -> None:
    show.rows(Door(chosen(home)).view(view, **filters), columns, json_wanted=json, none=none)


@app.command()
def unmatched(home: Home = None, json: Json = False) -> None:
    """List the studies that no order explains."""
    columns = {"patient_id": "Patient ID", "patient_name": "Name", "study_date": "Date", "accession": "Accession",
               "description": "Description", "reason": "Why", "study_uid": "Study UID"}  # fmt: skip
    _list(home, json, "pacs.unmatched", columns, "Every study matches an order.")


@app.command()
def orders(accession: Wanted = None, patient: Wanted = None, home: Home = None, json: Json = False) -> None:
    """List the orders that the PACS was told of."""
    columns = {"accession": "Accession", "patient_id": "Patient ID", "patient_name": "Name", "status": "State",
               "description": "Description", "performed_study": "Performed as"}  # fmt: skip
    _list(home, json, "pacs.orders", columns, "The PACS was told of no order.", accession=accession, patient_id=patient)


@app.command()
def duplicates(home: Home = None, json: Json = False) -> None:
    """List the objects that were refused because their UID was taken."""
    columns = {"id": "No.", "state": "State", "what": "What", "patient_id": "Patient ID", "source": "From",
               "held_patient_id": "Held for", "held_source": "Held from", "sop_uid": "SOP Instance UID"}  # fmt: skip
    _list(home, json, "pacs.duplicates", columns, "No duplicate was sent.")


@app.command()
def repairs(study: Wanted = None, home: Home = None, json: Json = False) -> None:
    """List the repairs on record."""
    columns = {"id": "No.", "at": "When", "actor": "Who", "method": "What", "state": "State", "summary": "Summary"}
    _list(home, json, "pacs.repairs", columns, "No repair is on record.", study_uid=study)


@app.command()
def requests(home: Home = None, json: Json = False) -> None:
    """List the repairs that wait, or waited, for a second person."""
    columns = {"id": "No.", "at": "When", "actor": "Who", "state": "State", "decided_by": "By", "summary": "Summary"}
    _list(home, json, "pacs.requests", columns, "No repair waits for approval.")


@app.command()
def rejections(study: Wanted = None, home: Home = None, json: Json = False) -> None:
    """List the rejected instances."""
    columns = {"code": "Code", "reason": "Reason", "hidden": "Hidden", "sop_uid": "SOP Instance UID"}
    _list(home, json, "pacs.rejections", columns, "Nothing is rejected.", study_uid=study)


@app.command()
def sent(
    study: Wanted = None, patient: Wanted = None, limit: Limit = LIMIT, home: Home = None, json: Json = False
) -> None:
    """Say where studies have gone: every copy sent on."""
    columns = {"last": "When", "destination": "To", "instances": "Images", "how": "How", "actor": "By",
               "patient_id": "Patient ID", "study_uid": "Study UID"}  # fmt: skip
    show.newest(
        *(Door(chosen(home)), "pacs.sent", columns),
        limit=limit,
        json_wanted=json,
        none="Nothing was sent on.",
        study_uid=study,
        patient_id=patient,
    )


@app.command()
def audit(
    patient: Wanted = None,
    study: Wanted = None,
    user: Wanted = None,
    ae: Wanted = None,
    event: Wanted = None,
    since: Annotated[str | None, typer.Option(help="2026-03-02 or 2026-03-02T07:40", show_default=False)] = None,
    until: Wanted = None,
    limit: Limit = LIMIT,
    home: Home = None,
    json: Json = False,
) -> None:
    """Search the audit trail."""
    columns = {"at": "When", "user": "Who", "ae": "AE", "event": "Event", "patient_id": "Patient", "summary": "Summary"}
    show.newest(
        *(Door(chosen(home)), "pacs.audit", columns),
        limit=limit,
        json_wanted=json,
        none="No such entry.",
        patient_id=patient,
        study_uid=study,
        user=user,
        ae=ae,
        event=event,
        since=since,
        until=until,
    )
