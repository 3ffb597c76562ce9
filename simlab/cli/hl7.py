"""`simlab hl7`: send, read, judge and change HL7 messages; put together from the modules beside it."""

from __future__ import annotations

from typing import Annotated

import typer

from simlab.cli import files, hl7_change, hl7_read, show
from simlab.cli.door import Door
from simlab.cli.options import Home, Json, chosen, group
from simlab.errors import BadInput

app = group("Send HL7 messages, read those that went by, judge and change those in files.")

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


def _content(file: str) -> bytes:
    return files.content(file, MAX_FILE)


def _text(content: bytes, place: str) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise BadInput(
            "the message is not UTF-8", place=place, remedy="Convert it, and set MSH-18 to UNICODE UTF-8."
        ) from None


for _name, _command in (
    ("show", hl7_read.show_messages),
    ("validate", hl7_read.validate),
    ("diff", hl7_read.diff),
    ("get", hl7_change.get),
    ("set", hl7_change.set_values),
    ("convert", hl7_change.convert),
):
    app.command(_name)(_command)
