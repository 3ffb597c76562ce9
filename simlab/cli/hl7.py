"""`simlab hl7`: send HL7 messages, and read those that went by with their fields named."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Annotated, Any

import typer

from simlab.cli import files, show
from simlab.cli.door import Door
from simlab.cli.options import Home, Json, chosen, group
from simlab.errors import BadInput

app = group("Send HL7 messages and read those that went by.")

MAX_FILE = 16 * 1024 * 1024
"""Bytes of one message file."""


@app.command()
def send(
    file: Annotated[str, typer.Argument(help="A message, one segment a line; - for stdin.")],
    to: Annotated[str, typer.Option(help="ADT (the engine), RIS_HL7 or PACS_HL7.")] = "ADT",
    host: Annotated[str | None, typer.Option(show_default=False)] = None,
    port: Annotated[int | None, typer.Option(show_default=False)] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Send one message over MLLP and print the acknowledgement."""
    given = {"message": _text(_content(file), file), "to": to, "host": host, "port": port}
    done = Door(chosen(home)).act("hl7.send", {name: value for name, value in given.items() if value is not None})
    show.outcome(done, json_wanted=json)


@app.command("show")
def show_message(
    what: Annotated[str, typer.Argument(help="An event's number, or a message file; nothing: list the messages.")] = "",
    home: Home = None,
    json: Json = False,
) -> None:
    """List the messages that went by, or show one field by field."""
    if not what:
        found = Door(chosen(home)).get("/events", kinds="hl7.message", limit=5000)["events"]
        show.rows(
            [{**event["data"], **event} for event in found],
            {"id": "Event", "at": "At", "system": "System", "direction": "", "type": "Type",
             "control_id": "Control ID", "ack": "Ack", "text": "Says"},
            json_wanted=json,
            none="No message has gone by yet.",
        )  # fmt: skip
        return
    if what.isdigit() and not Path(what).exists():
        evidence = Door(chosen(home)).get(f"/events/{what}")["evidence"]
        if not isinstance(evidence, str):
            raise BadInput(
                "this event is no readable message", place=f"event {what}", remedy="`simlab hl7 show` lists."
            )
        content = evidence.encode()
    else:
        content = _content(what)
    rows = _fields(content.replace(b"\r\n", b"\r").replace(b"\n", b"\r"))
    show.rows(rows, {"path": "Field", "name": "Name", "value": "Value"}, json_wanted=json)


def _content(file: str) -> bytes:
    return files.content(file, MAX_FILE)


def _text(content: bytes, place: str) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise BadInput(
            "the message is not UTF-8", place=place, remedy="Convert it, and set MSH-18 to UNICODE UTF-8."
        ) from None


def _fields(content: bytes) -> list[dict[str, Any]]:
    # The dictionaries of HL7 take a while to load: only this command pays for them.
    message = importlib.import_module("simlab.hl7.message")
    dictionary = importlib.import_module("simlab.hl7.dictionary")
    parsed = message.parse(content)
    rows = []
    for path, _, value in parsed.fields():
        segment, _, rest = path.partition("-")
        number = rest.split("[")[0].split(".")[0]
        name = dictionary.field_name(segment.split("[")[0], int(number)) if number.isdigit() else ""
        rows.append({"path": path, "name": name, "value": value})
    return rows
