"""Commands that run, stop and look at the lab as a whole."""

from __future__ import annotations

import _thread
import gc
import importlib
import os
import sys
import threading
from pathlib import Path
from typing import Annotated, Any

import typer

from simlab.cli import files, show
from simlab.cli.door import Door
from simlab.cli.options import Home, Json, chosen
from simlab.config import LOOPBACK
from simlab.errors import BadInput, Unavailable

PORTS = ("standard", "auto")
DURABILITIES = ("process", "power")
_LARGEST_SCENE = 1_000_000
"""Bytes of a scene in a file."""


def up(
    home: Home = None,
    scene: Annotated[
        str | None, typer.Option(help="Scene to stage: small-hospital, empty, or a YAML file.", show_default=False)
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = LOOPBACK,
    ports: Annotated[str, typer.Option(help="standard: the usual ports where free; auto: any free ones.")] = PORTS[0],
    durability: Annotated[
        str, typer.Option(help="process: what is acknowledged survives kill -9; power: a power cut as well.")
    ] = DURABILITIES[0],
    json: Annotated[bool, typer.Option("--json", help="As without: the card is JSON in any case.")] = False,
    attached: Annotated[bool, typer.Option("--attached", hidden=True)] = False,
) -> None:
    """Run the lab here; prints one line of JSON when every door is open. Ctrl-C stops it."""
    if ports not in PORTS:
        raise BadInput(f"--ports is {ports!r}", remedy="Say standard or auto.")
    if durability not in DURABILITIES:
        raise BadInput(f"--durability is {durability!r}", remedy="Say process or power.")
    if attached:
        threading.Thread(target=_stop_with_parent, name="parent", daemon=True).start()
    # What is imported now stays for good: to look through it for garbage is a seventh of the start.
    gc.disable()
    # Pulls in the whole department: only this command pays for it.
    process = importlib.import_module("simlab.cli.process")
    raise typer.Exit(process.run_lab(chosen(home), host=host, ports=ports, scene=scene, durability=durability))


def _stop_with_parent() -> None:
    # Whoever started this lab holds the other end of stdin; it closes even when they are killed.
    try:
        # Past sys.stdin's buffer: a thread that holds its lock would crash the interpreter when it ends.
        while os.read(sys.stdin.fileno(), 4096):
            pass
    except (OSError, ValueError, AttributeError):
        return
    _thread.interrupt_main()


def down(home: Home = None, json: Json = False) -> None:
    """Stop the lab of this home."""
    door = Door(chosen(home))
    if not door.stop():
        raise Unavailable(
            "the lab is still closing after 10 s",
            place=str(door.home),
            remedy=f"Its process is {door.card.get('pid')}.",
        )
    if json:
        show.as_json({"stopped": True, "home": str(door.home)})
    else:
        typer.echo("The lab is stopped.")


def status(home: Home = None, json: Json = False) -> None:
    """Say what runs, and where every system listens."""
    found: dict[str, Any] = Door(chosen(home)).get("/status", seconds=10)
    if json:
        show.as_json(found)
        return
    typer.echo(f"SimLab {found['version']}, process {found['pid']}, home {found['home']}")
    typer.echo(f"Hospital time {str(found['clock']).replace('T', ' ')}, scene {found['scene']}")
    if found.get("attempt"):
        typer.echo(f"Open attempt {found['attempt']}")
    typer.echo("")
    places = [
        {"system": name, "protocol": "DICOM" if place.get("ae_title") else "HL7", **place}
        for name, place in found["endpoints"].items()
    ]
    show.table(
        places, {"system": "System", "protocol": "Speaks", "ae_title": "AE title", "host": "Host", "port": "Port"}
    )


def reset(home: Home = None, json: Json = False) -> None:
    """Put the department back to how the open attempt, or else the scene, began."""
    done = Door(chosen(home)).post("/reset")
    if json:
        show.as_json(done)
    else:
        typer.echo("The department is as it was at the start.")


def stage(
    scene: Annotated[str, typer.Argument(help="a scene of the library (situations/01-called-title), or a YAML file")],
    home: Home = None,
    json: Json = False,
) -> None:
    """Replace the whole department by a scene, outside any exercise; an open attempt is given up."""
    given = files.text(scene, _LARGEST_SCENE) if Path(scene).suffix in (".yaml", ".yml") else scene
    done = Door(chosen(home)).post("/stage", scene=given)
    if json:
        show.as_json(done)
    else:
        typer.echo(f"The department is as the scene {done['scene']} has it.")
