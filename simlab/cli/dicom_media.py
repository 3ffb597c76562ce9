"""`simlab dicom import-media`, `export-media`, `deidentify`, `residue`: what leaves and enters by the workstation."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from simlab.cli import drive, show
from simlab.cli.door import Door
from simlab.cli.options import Home, Json, chosen, group
from simlab.errors import BadInput

WordsSeen = Annotated[
    bool, typer.Option("--words-seen", help="What looks like words in the pixels was looked at: it is nobody's name.")
]

_IMPORT_SECONDS = 1800.0
"""How long the lab may take over a full DVD."""

app = group("Discs at the workstation ADMIN.")


@app.command("import-media")
def import_media(
    disc: Annotated[str, typer.Argument(help="A folder with a DICOMDIR, or a disc's name in `media` of the home.")],
    study: Annotated[str, typer.Option(help="Only this Study Instance UID.", show_default=False)] = "",
    patient_id: Annotated[str, typer.Option(help="This hospital's number of the person.", show_default=False)] = "",
    issuer: Annotated[str, typer.Option(help="Who gave that number.", show_default=False)] = "",
    patient_name: Annotated[
        str, typer.Option(help="FAMILY^GIVEN, of somebody who is not known here.", show_default=False)
    ] = "",
    birth_date: Annotated[
        str | None, typer.Option(help="Likewise: 19570214, or '' where it is unknown.", show_default=False)
    ] = None,
    sex: Annotated[str | None, typer.Option(help="Likewise: F, M, O or ''.", show_default=False)] = None,
    accession: Annotated[str, typer.Option(help="Of the order to import it under.", show_default=False)] = "",
    to: Annotated[str, typer.Option(help="Send it on at once: PACS.", show_default=False)] = "",
    home: Home = None,
    json: Json = False,
) -> None:
    """Read a disc into the workstation, as it is or under an identity of this hospital.

    A patient's number or an order's accession is enough: name, birth date and sex are those of the record.
    """
    identity = {"patient_id": patient_id, "issuer": issuer, "patient_name": patient_name, "accession": accession}
    facts = {"birth_date": birth_date, "sex": sex}
    door = Door(chosen(home))
    door.get("/status")  # a lab that was killed leaves its card behind
    name, copied = _inserted(disc, chosen(home))
    said = {key: value for key, value in identity.items() if value}
    said |= {key: value for key, value in facts.items() if value is not None}
    given = {"disc": name, "study": study, "to": to, "identity": said}
    done: dict[str, Any] = {"data": {}}
    try:
        done = door.post("/act", seconds=_IMPORT_SECONDS, name="dicom.import_media", args=given)
    finally:
        if copied and not done["data"].get("images"):
            drive.eject(name, chosen(home))
    show.outcome(done, json_wanted=json)


@app.command("media")
def look_at_media(
    disc: Annotated[str, typer.Argument(help="A disc's name; without one all are listed.", show_default=False)] = "",
    home: Home = None,
    json: Json = False,
) -> None:
    """Say which discs there are, or what is on one and what its DICOMDIR says that is not so."""
    columns = {"patient_id": "Patient ID", "patient_name": "Name", "study_date": "Date", "accession": "Accession",
               "description": "Study", "images": "Images", "study_uid": "UID"}  # fmt: skip
    done = Door(chosen(home)).act("dicom.look_at_media", {"disc": disc})
    if not json:
        wrong = {**done["data"].get("damaged", {}), **done["data"].get("lies", {})}
        wrong |= dict.fromkeys(done["data"].get("unlisted", ()), "the DICOMDIR does not list it")
        if wrong:
            show.table([{"file": name, "what": what} for name, what in wrong.items()], {"file": "File", "what": "What"})
    show.outcome(done, json_wanted=json, columns=columns if disc else None)


@app.command("export-media")
def export_media(
    disc: Annotated[str, typer.Argument(help="The new disc's name.")],
    studies: Annotated[list[str], typer.Argument(help="Study Instance UIDs that the workstation holds.")],
    home: Home = None,
    json: Json = False,
) -> None:
    """Write studies of the workstation on a disc with a DICOMDIR; says which folder it is."""
    done = Door(chosen(home)).act("dicom.export_media", {"disc": disc, "studies": studies})
    show.outcome(done, json_wanted=json)


@app.command()
def deidentify(
    study: Annotated[str, typer.Argument(help="A study that the workstation holds.")],
    blank: Annotated[
        list[str] | None,
        typer.Option(metavar="LEFT,TOP,WIDTH,HEIGHT", help="Pixels to wipe in every image.", show_default=False),
    ] = None,
    outside_regions: Annotated[
        bool, typer.Option("--outside-regions", help="Wipe all beside the regions of ultrasound images.")
    ] = False,
    keep_private: Annotated[bool, typer.Option("--keep-private", help="Leave private elements in.")] = False,
    words_seen: WordsSeen = False,
    secret: Annotated[str, typer.Option(help="The same one, the same replacements.", show_default=False)] = "",
    home: Home = None,
    json: Json = False,
) -> None:
    """Make de-identified copies of a study, and look for what is left of the person in them."""
    given = {"study": study, "blank": [_box(text) for text in blank or []], "outside_regions": outside_regions,
             "keep_private": keep_private, "words_seen": words_seen, "secret": secret}  # fmt: skip
    show.outcome(Door(chosen(home)).act("dicom.deidentify", given), json_wanted=json)


@app.command()
def residue(
    study: Annotated[str, typer.Argument(help="The study that is to go out.")],
    of: Annotated[str, typer.Option(help="The study that it was made of.")],
    words_seen: WordsSeen = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Look in a study for names, numbers, dates and UIDs that another one has, in every element."""
    done = Door(chosen(home)).act(
        "dicom.check_residue", {"study": study, "of": of, **({"words_seen": True} if words_seen else {})}
    )
    found = done["data"].get("residue")
    if found and not json:
        columns = {"path": "Element", "vr": "VR", "what": "What", "value": "Value", "sop_uid": "Instance"}
        show.table(found, columns)
    show.outcome(done, json_wanted=json)


def _box(text: str) -> list[int]:
    parts = text.split(",")
    if len(parts) != 4 or not all(part.strip().isdecimal() for part in parts):
        raise BadInput(f"{text!r} is no region", place="--blank", remedy="Write LEFT,TOP,WIDTH,HEIGHT in pixels.")
    return [int(part) for part in parts]


def _inserted(disc: str, home: Path) -> tuple[str, bool]:
    """The name in the drive of what was typed, and whether it was copied there for this."""
    folder = Path(disc)
    if folder.name.upper() == "DICOMDIR" and os.path.isfile(folder):
        folder = folder.parent
    if os.path.isdir(folder):
        return drive.put(folder, home)
    if os.path.isfile(folder):
        raise BadInput("that is a file", place=disc, remedy="Name the folder that holds the DICOMDIR.")
    if folder.name != disc:
        raise BadInput("there is no such folder", place=disc, remedy="`simlab dicom media` lists what is in the drive.")
    return disc, False
