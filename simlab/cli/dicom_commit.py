"""`simlab dicom commit`: the workstation asks an archive to commit to keeping a study."""

from __future__ import annotations

from typing import Annotated

import typer

from simlab.cli import show
from simlab.cli.door import Door
from simlab.cli.options import Home, Json, chosen, group

app = group("Storage commitment from the workstation ADMIN.")


@app.command()
def commit(
    study_uid: Annotated[str, typer.Argument(help="A study that the workstation holds.")],
    peer: Annotated[str, typer.Option("--peer", help="The archive to ask.")] = "PACS",
    wait: Annotated[float, typer.Option(help="Seconds to wait for the report.")] = 3.0,
    home: Home = None,
    json: Json = False,
) -> None:
    """Ask an archive to commit to keeping a study (N-ACTION), and wait for its report."""
    given = {"study": study_uid, "to": peer, "wait": wait}
    show.outcome(Door(chosen(home)).act("dicom.commit", given), json_wanted=json)
