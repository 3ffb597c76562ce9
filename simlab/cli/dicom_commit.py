"""`simlab dicom commit`: the workstation asks an archive to commit to keeping a study."""

from __future__ import annotations

from typing import Annotated

import typer

from simlab.cli.dicom_peer import Asking, asks
from simlab.cli.options import group

app = group("Storage commitment from the workstation ADMIN.")


@asks(app)
def commit(
    asking: Asking,
    study_uid: Annotated[str, typer.Argument(help="A study that the workstation holds.")],
    wait: Annotated[float, typer.Option(help="Seconds to wait for the report.")] = 3.0,
) -> None:
    """Ask an archive to commit to keeping a study (N-ACTION), and wait for its report."""
    asking.act("dicom.commit", {"study": study_uid, "wait": wait})
