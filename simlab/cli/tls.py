"""`simlab tls`: the lab's own certificates, for its TLS door and for any DICOM client."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from simlab import certificates
from simlab.cli import show
from simlab.cli.options import Home, Json, chosen, group
from simlab.lab.home import Home as LabHome

app = group("The lab's own certificates: a test CA and what it signed.")


@app.command()
def make(
    again: Annotated[bool, typer.Option("--again", help="Make new ones where there are some.")] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Make the test CA and all certificates; the PACS shows them from the next TLS connection on."""
    folder = LabHome(chosen(home)).certificates
    if again or not certificates.present(folder):
        certificates.make(folder)
    _show(folder, json)


@app.command("list")
def list_certificates(home: Home = None, json: Json = False) -> None:
    """List the certificates and what each is for."""
    _show(LabHome(chosen(home)).certificates, json)


def _show(folder: Path, json: bool) -> None:
    about = {certificates.CA: "the test CA: what both sides trust", **certificates.CERTIFICATES}
    found = [
        {"name": name, "about": text, "file": str(folder / f"{name}.pem")}
        for name, text in about.items()
        if (folder / f"{name}.pem").is_file()
    ]
    columns = {"name": "Certificate", "about": "What it is", "file": "File"}
    show.rows(found, columns, json_wanted=json, none="There are none yet: `simlab tls make` makes them.")
