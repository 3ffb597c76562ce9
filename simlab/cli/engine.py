"""`simlab engine`: the interface engine's queues, and what is done with the messages in them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from simlab.cli import engine_routes, files, show
from simlab.cli.door import Door
from simlab.cli.editor import edited
from simlab.cli.options import LIMIT, Home, Json, Limit, chosen, group
from simlab.errors import BadInput, NotFound

MAX_FILE = 16 * 1024 * 1024
"""Bytes of a message file."""

app = group("The interface engine.")
app.add_typer(engine_routes.app)

Item = Annotated[int, typer.Argument(help="The item's number, as `simlab engine queue` lists it.")]
OneRoute = Annotated[str | None, typer.Argument(help="Only this route.", show_default=False)]
State = Annotated[
    Literal["queued", "sending", "delivered", "error", "resent", "discarded"] | None,
    typer.Option(help="Only these.", show_default=False),
]
Rules = Annotated[bool, typer.Option("--rules", help="Put the originals through the route's rules as they are now.")]


def _act(home: Path | None, json: bool, name: str, **given: Any) -> None:
    told = {key: value for key, value in given.items() if value is not None}
    show.outcome(Door(chosen(home)).act(name, told), json_wanted=json)


@app.command()
def queue(
    route: Annotated[str | None, typer.Option(show_default=False)] = None,
    state: State = None,
    limit: Limit = LIMIT,
    home: Home = None,
    json: Json = False,
) -> None:
    """List what is queued, was delivered or was refused, in the order in which it goes out."""
    door = Door(chosen(home))
    show.newest(
        door,
        "engine.queue",
        {"id": "Item", "route": "Route", "type": "Type", "control_id": "Control ID", "patient_ids": "Patients",
         "state": "State", "attempts": "Tries", "later": "Later", "error": "Says"},
        limit=limit,
        json_wanted=json,
        none="No such item." if state else "The queue is empty.",
        at_none=lambda: engine_routes.must_exist(door, route),
        route=route,
        state=state,
    )  # fmt: skip


@app.command()
def dead(route: OneRoute = None, limit: Limit = LIMIT, home: Home = None, json: Json = False) -> None:
    """List the dead letters: who failed them, with what words, and how many seconds ago they came."""
    door = Door(chosen(home))
    show.newest(
        door,
        "engine.dead",
        {"id": "Item", "route": "Route", "type": "Type", "control_id": "Control ID", "age": "Age",
         "failed": "By", "attempts": "Tries", "error": "Says"},
        limit=limit,
        json_wanted=json,
        none="No dead letters.",
        at_none=lambda: engine_routes.must_exist(door, route),
        route=route,
    )  # fmt: skip


@app.command()
def messages(
    type: Annotated[str | None, typer.Option(help="ADT^A40 …", show_default=False)] = None,
    limit: Limit = LIMIT,
    home: Home = None,
    json: Json = False,
) -> None:
    """List the messages that the engine took, with the numbers that `try` takes."""
    show.newest(
        Door(chosen(home)),
        "engine.messages",
        {"id": "Number", "received": "Received", "sending": "From", "type": "Type", "control_id": "Control ID",
         "patient_ids": "Patients"},
        limit=limit,
        json_wanted=json,
        none="The engine took no message yet.",
        type=type,
    )  # fmt: skip


@app.command("show")
def show_item(item: Item, home: Home = None, json: Json = False) -> None:
    """Show what goes out of an item, its reply, and where it differs from the message as it came in."""
    door = Door(chosen(home))
    row = _item(door, item)
    changes = door.view("engine.changes", item=item)
    if json:
        show.as_json({**row, "changes": changes})
        return
    typer.echo(_lines(row["message"]))
    if row["ack"]:
        typer.echo(_lines(row["ack"]))
    if row.get("answer"):
        typer.echo(_lines(row["answer"]))
    if changes:
        show.table(changes, {"path": "Place", "before": "Came in", "after": "Goes out"})


@app.command()
def resend(
    item: Item,
    message: Annotated[Path | None, typer.Option(help="A file with the edited message.", show_default=False)] = None,
    rules: Rules = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Queue an item again, as it was, edited, or through the rules as they are now."""
    text = files.text(message, MAX_FILE) if message is not None else None
    _act(home, json, "engine.resend", item=item, message=text, rules=rules)


@app.command()
def edit(
    item: Item,
    file: Annotated[str, typer.Argument(help="The edited message (- for stdin); without it $EDITOR opens.")] = "",
    home: Home = None,
    json: Json = False,
) -> None:
    """Edit the message of an item and queue that; the original is kept."""
    if file:
        text = files.text(file, MAX_FILE)
    else:
        before = _lines(_item(Door(chosen(home)), item)["message"])
        text = edited(before + "\n", ".hl7")
        if text.strip() == before.strip():
            raise BadInput("the message was not changed", place=f"item {item}", remedy="Save it with a change.")
    _act(home, json, "engine.resend", item=item, message=text)


@app.command()
def requeue(route: OneRoute = None, rules: Rules = False, home: Home = None, json: Json = False) -> None:
    """Queue all dead letters again, of one route or of all."""
    _act(home, json, "engine.requeue", route=route, rules=rules)


@app.command()
def move(
    item: Item,
    before: Annotated[int | None, typer.Option(help="This item; without it, behind all.", show_default=False)] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Put a waiting item in front of another one of its route, or behind all."""
    _act(home, json, "engine.move", item=item, before=before)


@app.command()
def discard(item: Item, reason: str, home: Home = None, json: Json = False) -> None:
    """Take an item out of its queue for good."""
    _act(home, json, "engine.discard", item=item, reason=reason)


def _item(door: Door, item: int) -> dict[str, Any]:
    found = door.view("engine.queue", id=item)
    if not found:
        raise NotFound(f"there is no item {item}", remedy="`simlab engine queue` lists them.")
    return found[0]


def _lines(message: str) -> str:
    return message.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
