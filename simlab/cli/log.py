"""`simlab log`: the journal, as it stands or as it grows."""

from __future__ import annotations

import json as json_codec
import sys
from typing import Annotated, Any

import typer

from simlab.cli import show
from simlab.cli.door import Door
from simlab.cli.options import Home, Json, chosen
from simlab.errors import NotAllowed, NotFound


def log(
    event: Annotated[int | None, typer.Argument(help="One event, with its evidence.", show_default=False)] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
    system: Annotated[str | None, typer.Option(help="One system's own log.", show_default=False)] = None,
    kind: Annotated[str, typer.Option(help="For example dicom.operation,hl7.message.")] = "",
    limit: Annotated[int, typer.Option(help="How many of the latest.")] = 50,
    home: Home = None,
    json: Json = False,
) -> None:
    """Show what happened: associations, operations, messages, actions. JSON comes one event a line."""
    door = Door(chosen(home))
    if event is not None:
        _one(door.get(f"/events/{event}"), json=json)
        return
    if system is None and _own_logs_only(door):
        raise NotAllowed(
            "this exercise shows each system's own log",
            place="simlab log",
            remedy="Name one with --system, for example --system PACS.",
        )
    last = int(door.get("/status")["last_event"])
    shown: list[dict[str, Any]] = []
    after = 0
    while after < last:
        found = door.get("/events", after=after, limit=5000, kinds=kind, system=system)
        shown = (shown + found["events"])[-limit:]
        after = max(int(found["last"]), after + 1)
    _print(shown, json=json)
    while follow:
        found = door.get("/events", after=after, wait=10, kinds=kind, system=system)
        _print(found["events"], json=json)
        after = int(found["last"])


def _own_logs_only(door: Door) -> bool:
    try:
        attempt = door.get("/training/attempt")
    except NotFound:
        return False
    return bool(attempt) and attempt.get("logs") == "own"


def _print(events: list[dict[str, Any]], *, json: bool) -> None:
    for event in events:
        if json:
            typer.echo(json_codec.dumps(event, ensure_ascii=False))
        else:
            at = str(event["at"])[11:23]
            typer.echo(f"{event['id']:>6}  {at:<12}  {event['system']:<8} {event['actor']:<9} {event['summary']}")
    sys.stdout.flush()


def _one(event: dict[str, Any], *, json: bool) -> None:
    if json:
        show.as_json(event)
        return
    typer.echo(f"{event['id']}  {event['at']}  {event['system']}  {event['kind']}  {event['actor']}")
    typer.echo(event["summary"])
    for key, value in event["data"].items():
        typer.echo(f"  {key}: {value if isinstance(value, str | int) else json_codec.dumps(value, ensure_ascii=False)}")
    evidence = event.get("evidence")
    if isinstance(evidence, str):
        typer.echo("")
        typer.echo(evidence.replace("\r", "\n"))
    elif evidence:
        typer.echo(f"  evidence: {evidence.get('base64', '')}")
