"""`simlab engine`: the interface engine's routes and queues."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from simlab.cli import files, show
from simlab.cli.door import Door
from simlab.cli.options import Home, Json, chosen, group

MAX_FILE = 16 * 1024 * 1024
"""Bytes of a message file."""

app = group("The interface engine.")


@app.command()
def routes(home: Home = None, json: Json = False) -> None:
    """List the routes."""
    found = Door(chosen(home)).view("engine.routes")
    show.rows(
        found,
        {"name": "Route", "sources": "From", "types": "Types", "host": "Host", "port": "Port", "state": "State",
         "waiting": "Waiting", "errors": "Errors"},
        json_wanted=json,
    )  # fmt: skip


@app.command()
def queue(
    route: Annotated[str | None, typer.Option(show_default=False)] = None,
    state: Annotated[str | None, typer.Option(help="queued, sending, delivered, error.", show_default=False)] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """List what is queued, was delivered or was refused."""
    found = Door(chosen(home)).view("engine.queue", route=route, state=state)
    show.rows(
        found,
        {"id": "Item", "route": "Route", "type": "Type", "control_id": "Control ID", "patient_ids": "Patients",
         "state": "State", "attempts": "Tries", "error": "Says"},
        json_wanted=json,
        none="The queue is empty.",
    )  # fmt: skip


@app.command()
def hold(route: str, home: Home = None, json: Json = False) -> None:
    """Hold a route; its messages wait."""
    show.outcome(Door(chosen(home)).act("engine.hold", {"route": route}), json_wanted=json)


@app.command()
def release(route: str, home: Home = None, json: Json = False) -> None:
    """Let a held route run."""
    show.outcome(Door(chosen(home)).act("engine.release", {"route": route}), json_wanted=json)


@app.command()
def resend(
    item: int,
    message: Annotated[Path | None, typer.Option(help="A file with the edited message.", show_default=False)] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Queue an item again, as it was or edited."""
    given: dict[str, object] = {"item": item}
    if message is not None:
        given["message"] = files.text(message, MAX_FILE)
    show.outcome(Door(chosen(home)).act("engine.resend", given), json_wanted=json)


@app.command()
def discard(item: int, reason: str, home: Home = None, json: Json = False) -> None:
    """Take an item out of its queue for good."""
    show.outcome(Door(chosen(home)).act("engine.discard", {"item": item, "reason": reason}), json_wanted=json)
