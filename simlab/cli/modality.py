"""`simlab modality`: what is done at a scanner's own console."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from simlab.cli import show
from simlab.cli.act import parse_arguments
from simlab.cli.door import Door
from simlab.cli.options import Home, Json, among, chosen, group

app = group("A scanner's own console.")

SCANNERS = ("CT1", "CT2", "MR1", "US1", "DX1", "MG1")
_known = among("scanner", SCANNERS)
Scanner = Annotated[str, typer.Argument(help=f"{', '.join(SCANNERS)}.", callback=_known)]
Which = Annotated[
    str | None, typer.Argument(help=f"{', '.join(SCANNERS)}; by default all.", callback=_known, show_default=False)
]
Accession = Annotated[str, typer.Option(help="By default the latest step.", show_default=False)]
Mpps = Annotated[str, typer.Option(help="The step's UID, as `simlab modality steps` lists it.", show_default=False)]
Study = Annotated[str, typer.Option(help="Study Instance UID.", show_default=False)]


def _act(home: Home, json: bool, name: str, columns: show.Columns | None = None, **given: Any) -> None:
    said = {key: value for key, value in given.items() if value not in (None, "")}
    show.outcome(Door(chosen(home)).act(name, said), json_wanted=json, columns=columns)


def _look(home: Home, json: bool, view: str, columns: show.Columns, none: str, **filters: Any) -> None:
    show.rows(Door(chosen(home)).view(view, **filters), columns, json_wanted=json, none=none)


@app.command()
def worklist(
    scanner: Scanner,
    dock: Annotated[bool, typer.Option("--dock", help="A mobile fetches its list anew.")] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Refresh the scanner's worklist with its own filter."""
    columns = {"date": "Date", "time": "Time", "patient_name": "Name", "patient_id": "Patient ID",
               "accession": "Accession", "description": "Step", "step_id": "Step ID"}  # fmt: skip
    _act(home, json, "modality.worklist", columns, modality=scanner, dock=dock or None)


@app.command()
def scan(
    scanner: Scanner,
    accession: Annotated[str, typer.Option(help="By default the first of the worklist.", show_default=False)] = "",
    recipe: Annotated[str, typer.Option(help="Sample study.", show_default=False)] = "",
    picked: Annotated[str, typer.Option(help="Accession of the wrong row, picked for it.", show_default=False)] = "",
    home: Home = None,
    json: Json = False,
) -> None:
    """Examine a patient and send the images."""
    _act(home, json, "modality.scan", modality=scanner, accession=accession, recipe=recipe, picked=picked)


@app.command()
def work(
    scanner: Scanner,
    patients: Annotated[int, typer.Option(help="How many; 0: everybody listed.")] = 0,
    home: Home = None,
    json: Json = False,
) -> None:
    """Have the radiographer examine the patients on the worklist."""
    _act(home, json, "modality.work", modality=scanner, patients=patients)


@app.command()
def configure(
    scanner: Scanner,
    settings: Annotated[
        list[str], typer.Argument(metavar="NAME=VALUE...", help="radiographer='at once', quirks=uid_reuse…")
    ],
    home: Home = None,
    json: Json = False,
) -> None:
    """Change the scanner's settings, its radiographer and its quirks among them."""
    given = parse_arguments(settings, modality=scanner)
    show.outcome(Door(chosen(home)).act("modality.configure", given), json_wanted=json)


@app.command()
def settings(scanner: Which = None, home: Home = None, json: Json = False) -> None:
    """List the settings in force."""
    columns = {"system": "Scanner", "key": "Setting", "value": "Value"}
    _look(home, json, "modality.config", columns, "There are none.", system=scanner)


@app.command()
def emergency(
    scanner: Scanner,
    patient_id: Annotated[str, typer.Option(help="What the operator types in.")],
    patient_name: Annotated[str, typer.Option(help="FAMILY^GIVEN.")] = "UNKNOWN^UNKNOWN",
    recipe: Annotated[str, typer.Option(help="Sample study.", show_default=False)] = "",
    home: Home = None,
    json: Json = False,
) -> None:
    """Examine somebody who stands in no worklist."""
    typed = {"patient_id": patient_id, "patient_name": patient_name}
    _act(home, json, "modality.scan", modality=scanner, recipe=recipe, typed=typed)


@app.command()
def correct(
    scanner: Scanner,
    identity: Annotated[list[str], typer.Argument(metavar="NAME=VALUE...", help="patient_id=…, patient_name=…")],
    study: Study = "",
    accession: str = "",
    home: Home = None,
    json: Json = False,
) -> None:
    """Correct patient or order in images the scanner holds, and send them again."""
    facts = dict(one.partition("=")[::2] for one in identity)
    _act(home, json, "modality.correct", modality=scanner, study=study, accession=accession, identity=facts)


@app.command()
def upgrade(scanner: Scanner, version: str = "5.0", home: Home = None, json: Json = False) -> None:
    """Install new software on the scanner."""
    _act(home, json, "modality.upgrade", modality=scanner, version=version)


@app.command()
def start(
    scanner: Scanner,
    accession: Annotated[str, typer.Option(help="By default the first of the worklist.", show_default=False)] = "",
    home: Home = None,
    json: Json = False,
) -> None:
    """Tell the RIS that an examination begins (MPPS N-CREATE)."""
    _act(home, json, "modality.start_step", modality=scanner, accession=accession)


@app.command()
def complete(
    scanner: Scanner, accession: Accession = "", mpps: Mpps = "", home: Home = None, json: Json = False
) -> None:
    """Tell the RIS that an examination is done (MPPS N-SET COMPLETED)."""
    _act(home, json, "modality.complete_step", modality=scanner, accession=accession, mpps=mpps)


@app.command()
def discontinue(
    scanner: Scanner,
    reason: Annotated[str, typer.Option(help="Code of CID 9301; 110514 is a wrong worklist entry.")] = "110513",
    accession: Accession = "",
    mpps: Mpps = "",
    home: Home = None,
    json: Json = False,
) -> None:
    """Tell the RIS that an examination was broken off (MPPS N-SET DISCONTINUED)."""
    _act(home, json, "modality.discontinue_step", modality=scanner, accession=accession, mpps=mpps, reason=reason)


@app.command()
def send(
    scanner: Scanner,
    again: Annotated[
        list[str] | None, typer.Option(help="Instance UID of a held image to send once more.", show_default=False)
    ] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Send what waits in the scanner's queue now."""
    _act(home, json, "modality.send", modality=scanner, again=again or None)


@app.command()
def queue(scanner: Which = None, study: Study = "", home: Home = None, json: Json = False) -> None:
    """List the images that wait to be sent, and what the last try came to."""
    columns = {"system": "Scanner", "accession": "Accession", "patient_name": "Name", "queued_at": "Queued",
               "attempts": "Tries", "last_error": "Last try", "sop_uid": "Instance UID"}  # fmt: skip
    _look(home, json, "modality.queue", columns, "Nothing waits to be sent.", system=scanner, study_uid=study or None)


@app.command()
def echo(
    scanner: Scanner,
    to: Annotated[str, typer.Option(help="PACS or RIS.")] = "PACS",
    home: Home = None,
    json: Json = False,
) -> None:
    """Ask from the scanner whether the PACS or the RIS answers (C-ECHO)."""
    _act(home, json, "modality.echo", modality=scanner, to=to)


@app.command()
def commit(scanner: Scanner, study: Study = "", accession: str = "", home: Home = None, json: Json = False) -> None:
    """Ask the PACS to commit to keeping the scanner's images."""
    _act(home, json, "modality.commit", modality=scanner, study=study, accession=accession)


@app.command()
def free(scanner: Scanner, study: Study = "", accession: str = "", home: Home = None, json: Json = False) -> None:
    """Delete images from the scanner's disk that the PACS has committed to."""
    _act(home, json, "modality.free", modality=scanner, study=study, accession=accession)


@app.command()
def steps(scanner: Which = None, home: Home = None, json: Json = False) -> None:
    """List the steps that scanners have told the RIS of."""
    columns = {"system": "Scanner", "accession": "Accession", "patient_name": "Name", "status": "Status",
               "begun": "Begun", "ended": "Ended", "images": "Images", "mpps_uid": "UID"}  # fmt: skip
    _look(home, json, "modality.steps", columns, "No step was begun.", system=scanner)


@app.command()
def commitments(scanner: Which = None, home: Home = None, json: Json = False) -> None:
    """List what the PACS was asked to keep; event 1 is its promise, 2 a failure."""
    columns = {"system": "Scanner", "accession": "Accession", "asked": "Asked", "event": "Event", "images": "Images",
               "reported": "Reported", "failed": "Failed", "transaction_uid": "Transaction"}  # fmt: skip
    _look(home, json, "modality.commitments", columns, "Nothing was asked for.", system=scanner)


@app.command()
def held(scanner: Which = None, study: Study = "", home: Home = None, json: Json = False) -> None:
    """List the images on scanners' own disks."""
    columns = {"system": "Scanner", "accession": "Accession", "patient_id": "Patient ID", "study_uid": "Study UID",
               "sent_at": "Sent", "committed": "Committed", "sop_uid": "Instance UID"}  # fmt: skip
    _look(home, json, "modality.held", columns, "No scanner holds anything.", system=scanner, study_uid=study or None)
