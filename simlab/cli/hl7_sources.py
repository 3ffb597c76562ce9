"""Messages from what a person names on the command line: files, folders, stdin, the number of an event."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from simlab.cli import files
from simlab.cli.door import Door
from simlab.cli.options import chosen
from simlab.errors import BadInput

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
    if not isinstance(evidence, str):
        raise BadInput("this event is no readable message", place=f"event {number}", remedy="`simlab hl7 show` lists.")
    return evidence.encode()
