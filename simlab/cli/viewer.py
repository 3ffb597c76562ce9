"""`simlab viewer`: what the viewers hold, and room on their disks."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from simlab.cli import show
from simlab.cli.act import parse_arguments
from simlab.cli.door import Door
from simlab.cli.options import Home, Json, among, chosen, group

app = group("The viewers: ADMIN, THEATRE, CLINIC, MDTROOM.")

VIEWERS = ("ADMIN", "THEATRE", "CLINIC", "MDTROOM")
Which = Annotated[str, typer.Argument(help=f"{', '.join(VIEWERS)}.", callback=among("viewer", VIEWERS))]
Study = Annotated[str, typer.Option(help="Study Instance UID.", show_default=False)]


@app.command()
def holds(viewer: Which, study: Study = "", home: Home = None, json: Json = False) -> None:
    """List the images that a viewer holds."""
    columns = {"patient_id": "Patient ID", "patient_name": "Name", "modality": "Mod", "number": "No.",
               "source": "From", "received": "Received", "study_uid": "Study UID"}  # fmt: skip
    rows = Door(chosen(home)).view("viewer.holds", system=viewer, study_uid=study or None)
    show.rows(rows, columns, json_wanted=json, none=f"{viewer} holds nothing.")


@app.command()
def space(home: Home = None, json: Json = False) -> None:
    """Say how full the viewers are."""
    columns = {"system": "Viewer", "images": "Images", "studies": "Studies", "quota": "Quota", "oldest": "Oldest",
               "newest": "Newest"}  # fmt: skip
    show.rows(Door(chosen(home)).view("viewer.space"), columns, json_wanted=json, none="The viewers are empty.")


@app.command()
def purge(
    viewer: Which,
    study: Study = "",
    keep: Annotated[
        int | None, typer.Option(help="Delete the oldest until so many images stay; 0: all.", min=0, show_default=False)
    ] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Delete a study from a viewer, or its oldest ones."""
    given: dict[str, Any] = {"viewer": viewer}
    given |= {key: value for key, value in (("study", study), ("keep", keep)) if value not in ("", None)}
    show.outcome(Door(chosen(home)).act("viewer.purge", given), json_wanted=json)


@app.command()
def configure(
    viewer: Which,
    settings: Annotated[list[str], typer.Argument(metavar="NAME=VALUE...", help="quota_images=500, callers=…")],
    home: Home = None,
    json: Json = False,
) -> None:
    """Change settings of a viewer."""
    given = parse_arguments(settings, viewer=viewer)
    show.outcome(Door(chosen(home)).act("viewer.configure", given), json_wanted=json)
