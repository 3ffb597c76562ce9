"""Messages from what a person names on the command line: files, folders, stdin, the number of an event."""

from __future__ import annotations

import base64
import importlib
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from simlab.cli import files
from simlab.cli.door import Door
from simlab.cli.options import chosen
from simlab.errors import BadInput, NotFound

MAX_FILE = 64 * 1024 * 1024
"""Bytes of one file of messages."""


def contents(names: list[str], home: Path | None) -> Iterator[tuple[str, bytes]]:
    """Each source with its bytes: every file of a folder in the order of names, ``-`` for stdin, an event's message."""
    for name in names or ["-"]:
        if name == "-":
            yield "stdin", _stdin()
        elif Path(name).is_dir():
            found = sorted(p for p in Path(name).rglob("*") if p.is_file() and not p.name.startswith("."))
            if not found:
                raise BadInput("the folder holds no file", place=name, remedy="Name the folder with the messages.")
            for path in found:
                yield str(path), files.content(path, MAX_FILE)
        elif name.isdigit() and not Path(name).exists():
            yield f"event {name}", _event(name, home)
        else:
            yield name, files.content(name, MAX_FILE)


def messages(names: list[str], home: Path | None) -> Iterator[tuple[str, Any]]:
    """Every message of the sources with where it is from; the first that cannot be read is an error."""
    batch = importlib.import_module("simlab.hl7.batch")
    for place, data in contents(names, home):
        yield from batch.read(data, place)


def _stdin() -> bytes:
    if sys.stdin is not None and sys.stdin.isatty():
        raise BadInput("no file is named", place="stdin", remedy="Name a file or a folder, or pipe messages in.")
    return files.content("-", MAX_FILE)


def _event(number: str, home: Path | None) -> bytes:
    evidence = Door(chosen(home)).get(f"/events/{number}")["evidence"]
    if isinstance(evidence, dict) and (data := base64.b64decode(evidence["base64"])).startswith(b"MSH"):
        return data
    if not isinstance(evidence, str):
        raise BadInput("this event is no readable message", place=f"event {number}", remedy="`simlab hl7 show` lists.")
    return evidence.encode()


def shots(names: list[str], home: Path | None, charset: str = "") -> Iterator[Any]:
    """Every message of the sources as it goes on the wire, with how long after the first it was written (MSH-7).

    The bytes stay as they are, or are put into `charset`.
    """
    batch, volley = importlib.import_module("simlab.hl7.batch"), importlib.import_module("simlab.hl7.volley")
    first: datetime | None = None
    for name, data in contents(names, home):
        found = list(batch.messages(data))
        for number, one in enumerate(found, 1):
            where = name if len(found) == 1 else f"{name}, message {number}"
            if charset:
                one = _recoded(one, where, charset)
            sent = _written(one)
            first = first or sent
            due = (sent - first).total_seconds() if sent and first else 0.0
            yield volley.Shot(where, one, max(due, 0.0))


def _recoded(data: bytes, place: str, charset: str) -> bytes:
    batch, forms = importlib.import_module("simlab.hl7.batch"), importlib.import_module("simlab.hl7.forms")
    importlib.import_module("simlab.hl7.characters").codec(charset)
    [(_, message)] = batch.read(data, place)
    return bytes(forms.recoded(message, charset).data)


def _written(data: bytes) -> datetime | None:
    """MSH-7 of a message, None when it is no time."""
    fields = data[:2000].split(b"\r")[0].split(data[3:4] or b"|")
    digits = (fields[6] if len(fields) > 6 else b"")[:14].decode("latin-1")
    try:
        return datetime.strptime(digits, "%Y%m%d%H%M%S" if len(digits) == 14 else "%Y%m%d%H%M")
    except ValueError:
        return None


def journalled(system: str, direction: str, after: int, home: Path | None) -> Iterator[Any]:
    """Every message that a system of the lab received (``in``) or sent (``out``) behind event `after`, to send again.

    NotFound, with the systems that did, when it has none.
    """
    door, volley = Door(chosen(home)), importlib.import_module("simlab.hl7.volley")
    # What is sent again is journalled too: only what was there before is meant, or it would never end.
    until = int(door.get("/status")["last_event"])
    begun: datetime | None = None
    for event in _went_by(door, direction, after, until, system=system):
        at = datetime.fromisoformat(event["at"])
        begun = begun or at
        evidence = door.get(f"/events/{event['id']}")["evidence"]
        data = evidence.encode() if isinstance(evidence, str) else base64.b64decode(evidence["base64"])
        yield volley.Shot(f"event {event['id']}", data, max((at - begun).total_seconds(), 0.0))
    if begun is None:
        did = "received" if direction == "in" else "sent"
        others = Counter(event["system"] for event in _went_by(door, direction, after, until))
        told = ", ".join(f"{name} {count}" for name, count in sorted(others.items()))
        raise NotFound(
            f"{system} has {did} no message{f' behind event {after}' if after else ''}",
            place="journal",
            remedy=f"Messages were {did} by: {told}." if told else f"There no system has {did} any.",
        )


def _went_by(
    door: Door, direction: str, after: int, until: int, *, system: str | None = None
) -> Iterator[dict[str, Any]]:
    while True:
        events = door.get("/events", kinds="hl7.message", system=system, after=after, limit=500)["events"]
        for event in events:
            after = event["id"]
            if after > until:
                return
            if event["data"]["direction"] == direction:
                yield event
        if not events:
            return
