"""`simlab hl7`, continued: get and set values of messages in files, and put them into another form."""

from __future__ import annotations

import importlib
import json as json_text
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from simlab.cli import hl7_sources, show
from simlab.cli.hl7_read import Sources
from simlab.cli.options import Home, Json
from simlab.errors import BadInput

ENVELOPE = ("FHS", "BHS", "BTS", "FTS")
Out = Annotated[str, typer.Option("--out", help="Write there; else to stdout.", show_default=False)]


def get(
    place: Annotated[str, typer.Argument(metavar="PATH", help="PID-3[2].4.1, OBX[2]-5, MSH-10")],
    what: Sources = None,
    first: Annotated[bool, typer.Option("--first", help="Only the first value of each message.")] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Print every value at a path, one a line; exit code 1 when there is none."""
    rows = []
    for where, message in hl7_sources.messages(what or [], home):
        values = [message.get(place)] if first else message.all(place)
        rows.append({"from": where, "path": place, "values": [value for value in values if value]})
    if json:
        show.as_json(rows)
    else:
        for row in rows:
            for value in row["values"]:
                typer.echo(value)
    if not any(row["values"] for row in rows):
        raise typer.Exit(1)


def set_values(
    file: Annotated[str, typer.Argument(help="A file, a folder, - or the number of an event.")],
    changes: Annotated[list[str] | None, typer.Argument(metavar="[PATH=VALUE]...")] = None,
    add: Annotated[list[str] | None, typer.Option(help="PATH=VALUE as one more repetition.")] = None,
    insert: Annotated[list[str] | None, typer.Option(help="A whole segment, put at the end.")] = None,
    delete: Annotated[list[str] | None, typer.Option(help="A segment to take out: ZDS, OBX[2].")] = None,
    raw: Annotated[bool, typer.Option("--raw", help="The values hold delimiters that are meant.")] = False,
    out: Out = "",
    home: Home = None,
) -> None:
    """Change values, repetitions and segments of every message in a file or folder, and keep every other byte."""
    if not (changes or add or insert or delete):
        raise BadInput("nothing is to be changed", place=file, remedy="Give PATH=VALUE, --add, --insert or --delete.")
    batch = importlib.import_module("simlab.hl7.batch")
    written: list[bytes] = []
    for place, data in hl7_sources.contents([file], home):
        done = []
        for _, message in batch.read(data, place):
            for path, value in map(_pair, changes or []):
                message = message.set(path, value, raw=raw)
            for path, value in map(_pair, add or []):
                message = message.add_repetition(path, value, raw=raw)
            for segment in insert or []:
                message = message.insert(segment)
            for segment in delete or []:
                message = message.delete(segment)
            done.append(message)
        whole, notes = _counted(data)
        _noted(place, notes)
        if written and not written[-1].endswith((b"\r", b"\n")):
            written.append(b"\r")
        written.append(whole.rewritten(done))
    _write(b"".join(written), out)


def _counted(data: bytes) -> tuple[Any, tuple[str, ...]]:
    """The file taken apart, its counts put right, and what was wrong: the envelope of a batch is written again."""
    opened = importlib.import_module("simlab.hl7.batch").opened(data)
    found: tuple[Any, tuple[str, ...]] = importlib.import_module("simlab.hl7.envelope").counted(opened)
    return found


def _noted(place: str, notes: Iterable[str]) -> None:
    for note in notes:
        typer.echo(f"{place}: {note}", err=True)


def _pair(text: str) -> tuple[str, str]:
    path, mark, value = text.partition("=")
    if not mark:
        raise BadInput(f"{text!r} is no change", place=text, remedy="Write it like PID-5.1=SMITH.")
    return path, value


def convert(
    what: Sources = None,
    to: Annotated[str, typer.Option(help="er7 (segments a line), json or mllp (frames).")] = "er7",
    charset: Annotated[str, typer.Option(help="Another one: 8859/1, 'UNICODE UTF-8', 'ASCII~ISO IR87'.")] = "",
    version: Annotated[str, typer.Option(help="Another version; what it lacks is left out and told on stderr.")] = "",
    orders: Annotated[str, typer.Option(help="Imaging orders as orm (ORM^O01 and ZDS) or omi (OMI^O23).")] = "",
    line_ends: Annotated[str, typer.Option(help="cr, lf or crlf, for er7.")] = "cr",
    out: Out = "",
    home: Home = None,
) -> None:
    """Put messages into another form; JSON made here is read here again, to the same bytes."""
    batch, forms = (importlib.import_module(f"simlab.hl7.{name}") for name in ("batch", "forms"))
    if to not in ("er7", "json", "mllp") or line_ends not in forms.LINE_ENDS:
        raise BadInput("there is no such form", place="convert", remedy="Use er7, json or mllp; cr, lf or crlf.")
    done: list[Any] = []
    sources = list(hl7_sources.contents(what or [], home))
    for place, data in sources:
        for where, piece in _pieces(data, place):
            if isinstance(piece, list):
                if to == "mllp" and piece:
                    names = ", ".join(line[:3].decode() for line in piece)
                    typer.echo(f"{where}: {names} left out, a frame holds one message", err=True)
                done.append(piece)
                continue
            done.append(_converted(piece, where, charset, version, orders))
    if to == "json":
        rows = [
            {"envelope": [line.decode("latin-1") for line in one]} if isinstance(one, list) else forms.as_json(one)
            for one in done
            if one
        ]
        _write(f"{json_text.dumps(rows, ensure_ascii=False, indent=1)}\n".encode(), out)
        return
    wide = {one.form for one in done if not isinstance(one, list)}
    if len(wide) > 1 or (to == "mllp" and any(wide)):
        raise BadInput(
            "UTF-16 and UTF-32 stand neither in frames nor beside other character sets",
            place="convert",
            remedy="Give --charset 'UNICODE UTF-8'.",
        )
    form = batch.Form(framed=to == "mllp", line_end=forms.LINE_ENDS[line_ends], wide=next(iter(wide), ""))
    if len(sources) == 1 and not _is_json(sources[0][1]) and batch.form_of(sources[0][1]) == form:
        messages = [one for one in done if not isinstance(one, list)]
        _write(_counted(sources[0][1])[0].rewritten(messages), out)
        return
    _write(batch.written(done, form), out)


def _is_json(data: bytes) -> bool:
    return data.lstrip()[:1] in (b"[", b"{")


def _converted(message: Any, where: str, charset: str, version: str, orders: str) -> Any:
    if charset:
        message = importlib.import_module("simlab.hl7.forms").recoded(message, charset)
    if version or orders:
        converted = importlib.import_module("simlab.hl7.conversion").converted
        message, notes = converted(message, version or message.version, orders=orders)
        _noted(where, map(str, notes))
    return message


def _pieces(data: bytes, place: str) -> Iterator[tuple[str, Any]]:
    """The messages of a source with where each is from, and between them the segments of envelopes as lists."""
    if _is_json(data):
        yield from _from_json(data, place)
        return
    found = list(importlib.import_module("simlab.hl7.batch").read(data, place))
    file, notes = _counted(data)
    _noted(place, notes)
    envelopes = file.envelopes()
    for number, (where, message) in enumerate(found):
        yield place, envelopes[number]
        yield where, message
    yield place, envelopes[-1]


def _from_json(data: bytes, place: str) -> Iterator[tuple[str, Any]]:
    message_of = importlib.import_module("simlab.hl7.forms").message_of
    try:
        value = json_text.loads(data)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"not JSON ({error})", place=place, remedy="Messages begin with MSH.") from None
    for one in value if isinstance(value, list) else [value]:
        held = one.get("envelope") if isinstance(one, dict) else None
        if held is None:
            yield place, message_of(one)
        elif isinstance(held, list) and all(isinstance(line, str) and line[:3] in ENVELOPE for line in held):
            yield place, [line.encode("latin-1", "replace") for line in held]
        else:
            raise BadInput("this is no envelope", place=place, remedy=f"A list of segments {', '.join(ENVELOPE)}.")


def _write(data: bytes, out: str) -> None:
    if not out:
        typer.echo(data, nl=False)
        return
    try:
        Path(out).write_bytes(data)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BadInput(f"the file cannot be written ({reason})", place=out, remedy="Name another file.") from None
