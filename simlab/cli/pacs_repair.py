"""`simlab pacs`, continued: repair of identity and approval."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from simlab.cli import show
from simlab.cli.door import Door
from simlab.cli.options import Home, Json, chosen, group

app = group("The PACS console: repair of identity.")

Issuer = Annotated[str, typer.Option(help="Assigning authority of the number.")]
Preview = Annotated[bool, typer.Option("--preview", help="Say what would happen, and change nothing.")]
Study = Annotated[str, typer.Argument(help="Study Instance UID.")]
Several = Annotated[list[str] | None, typer.Option(help="Repeat for several.", show_default=False)]


def _act(home: Home, json: bool, name: str, **given: Any) -> None:
    show.outcome(Door(chosen(home)).act(name, given), json_wanted=json)


@app.command()
def merge(
    retire: Annotated[str, typer.Argument(help="The number that ends.")],
    survive: Annotated[str, typer.Argument(help="The number that stays.")],
    retire_issuer: Issuer = "",
    survive_issuer: Issuer = "",
    preview: Preview = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Merge one patient number into another."""
    given = {"retire": retire, "survive": survive, "retire_issuer": retire_issuer, "survive_issuer": survive_issuer}
    _act(home, json, "pacs.merge_patients", **given, preview=preview)


@app.command()
def unmerge(
    patient_id: Annotated[str, typer.Argument(help="The number that was retired.")],
    study: Annotated[
        list[str] | None, typer.Option(help="A later study that goes home too.", show_default=False)
    ] = None,
    issuer: Issuer = "",
    preview: Preview = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Take a wrong merge apart: every study that it moved goes home."""
    given = {"patient": patient_id, "issuer": issuer, "studies": study or []}
    _act(home, json, "pacs.unmerge_patients", **given, preview=preview)


@app.command()
def move_study(
    study_uid: Study,
    patient_id: str,
    issuer: Issuer = "",
    preview: Preview = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Move a study to another patient."""
    _act(home, json, "pacs.move_study", study=study_uid, patient=patient_id, issuer=issuer, preview=preview)


@app.command()
def split(
    study_uid: Study,
    series: Several = None,
    instance: Several = None,
    patient: Annotated[str, typer.Option(help="Whose the new study is; by default the same patient's.")] = "",
    issuer: Issuer = "",
    into: Annotated[str, typer.Option(help="Study UID that takes them; by default a new one.")] = "",
    preview: Preview = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Take series or instances out of a study into another."""
    given = {"study": study_uid, "series": series or [], "instances": instance or [], "into": into}
    _act(home, json, "pacs.split_study", **given, patient=patient, issuer=issuer, preview=preview)


@app.command()
def reconcile(
    study_uid: Study,
    accession: str,
    patient: Annotated[str, typer.Option(help="The order's patient, when the PACS was not told of it.")] = "",
    issuer: Issuer = "",
    patient_name: Annotated[str, typer.Option(help="FAMILY^GIVEN, for somebody new to the archive.")] = "",
    description: Annotated[str, typer.Option(help="The procedure.")] = "",
    adopt_uid: Annotated[bool, typer.Option("--adopt-uid", help="Take the order's Study UID.")] = False,
    order_study: Annotated[str, typer.Option(help="The order's Study UID.")] = "",
    preview: Preview = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """File an unmatched study under the order that it was made for."""
    given = {"study": study_uid, "accession": accession, "patient": patient, "issuer": issuer, "adopt_uid": adopt_uid}
    given |= {"patient_name": patient_name, "description": description, "order_study": order_study}
    _act(home, json, "pacs.reconcile", **given, preview=preview)


@app.command()
def correct(
    level: Annotated[str, typer.Argument(help="patient, study or series")],
    uid: Annotated[str, typer.Argument(help="Its UID, or the patient's number.")],
    values: Annotated[list[str], typer.Argument(metavar="KEYWORD=VALUE...")],
    issuer: Issuer = "",
    preview: Preview = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Correct attributes: StudyDescription=…, Laterality=R, PatientName=…"""
    facts = {key: value for key, _, value in (one.partition("=") for one in values)}
    _act(home, json, "pacs.correct", level=level, uid=uid, issuer=issuer, values=facts, preview=preview)


@app.command()
def quarantine(
    study_uid: Study,
    release: Annotated[bool, typer.Option("--release", help="Show it again.")] = False,
    reason: Annotated[str, typer.Option()] = "",
    preview: Preview = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Hide a study from query and retrieve, or release it."""
    _act(home, json, "pacs.quarantine", study=study_uid, release=release, reason=reason, preview=preview)


@app.command()
def reject(
    study_uid: Study,
    code: Annotated[str, typer.Argument(help="113001 quality, 113037 safety, 113038 worklist entry, 113039 retention")],
    series: Several = None,
    instance: Several = None,
    preview: Preview = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Reject a study, or parts of it, with a rejection note."""
    given = {"study": study_uid, "code": code, "series": series or [], "instances": instance or []}
    _act(home, json, "pacs.reject", **given, preview=preview)


@app.command()
def delete_study(
    study_uid: Study, reason: str, preview: Preview = False, home: Home = None, json: Json = False
) -> None:
    """Delete a study that is quarantined and rejected, once somebody else approves."""
    _act(home, json, "pacs.delete_study", study=study_uid, reason=reason, preview=preview)


@app.command()
def undo(repair: int, preview: Preview = False, home: Home = None, json: Json = False) -> None:
    """Put back what a repair changed."""
    _act(home, json, "pacs.undo", repair=repair, preview=preview)


@app.command()
def approve(
    request: int,
    decline: Annotated[bool, typer.Option("--decline", help="Refuse it.")] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Approve a repair that somebody else asked for."""
    _act(home, json, "pacs.approve", request=request, decline=decline)


@app.command()
def mark_reported(
    study_uid: Study,
    status: Annotated[str, typer.Argument(help="P preliminary, F final, C corrected, W withdrawn")] = "F",
    home: Home = None,
    json: Json = False,
) -> None:
    """Say that a study has a report, or none any more."""
    _act(home, json, "pacs.mark_reported", study=study_uid, status=status)


@app.command()
def note_order(
    accession: str,
    values: Annotated[list[str], typer.Argument(metavar="FIELD=VALUE...", help="patient, issuer, study, description")],
    home: Home = None,
    json: Json = False,
) -> None:
    """Tell the PACS of an order that no message brought."""
    facts = {key: value for key, _, value in (one.partition("=") for one in values)}
    _act(home, json, "pacs.note_order", **{**facts, "accession": accession})


@app.command()
def settle_duplicate(
    duplicate: int,
    admit: Annotated[bool, typer.Option("--admit", help="File it under UIDs of its own.")] = False,
    preview: Preview = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Discard a duplicate, or admit it."""
    _act(home, json, "pacs.settle_duplicate", duplicate=duplicate, admit=admit, preview=preview)
