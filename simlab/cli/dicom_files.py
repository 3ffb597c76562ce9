"""`simlab dicom`, continued: look at DICOM files, their tags and what differs, without a lab."""

from __future__ import annotations

import importlib
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from simlab.cli import files, show
from simlab.cli.options import Json, settings
from simlab.errors import BadInput, SimlabError

app = typer.Typer(**settings())

MAX_FILE_BYTES = 1 << 30
RAMP = " .:-=+*#%@"

Files = Annotated[list[Path], typer.Argument(metavar="FILE...", help="DICOM files, or folders of them.")]
Frame = Annotated[int, typer.Option(help="Which frame.")]
Window = Annotated[
    str, typer.Option(metavar="NUMBER|CENTRE,WIDTH", help="Which of its windows, counted from 0, or one by hand.")
]
Inverse = Annotated[bool, typer.Option("--inverse", help="Black for white.")]
State = Annotated[
    Path | None,
    typer.Option("--pr", metavar="FILE", help="A presentation state to show it under.", show_default=False),
]
Zoom = Annotated[float, typer.Option(min=1, help="How many times larger than the whole; the middle is shown.")]


def _dicom(name: str) -> Any:
    """A module that imports pydicom or numpy, and is loaded only by these commands."""
    return importlib.import_module(f"simlab.{name}")


def _instances(paths: list[Path]) -> Iterator[tuple[Path, Any]]:
    """Every DICOM file with its instance; in a folder other files are passed over."""
    reading = _dicom("dicom.instance").Instance.from_part10
    for path, content in _contents(paths):
        yield path, reading(content, str(path))


def _contents(paths: list[Path]) -> Iterator[tuple[Path, bytes]]:
    """The files that are named, and every DICOM file of the folders but a DICOMDIR."""
    for path in paths:
        if not path.is_dir():
            yield path, files.content(path, MAX_FILE_BYTES)
            continue
        found = 0
        for file in sorted(one for one in path.rglob("*") if one.is_file()):
            content = files.content(file, MAX_FILE_BYTES)
            if content[128:132] != b"DICM" or file.name == "DICOMDIR":
                continue
            found += 1
            yield file, content
        if not found:
            raise BadInput("the folder has no DICOM files", place=str(path), remedy="Is the path right?")


def _state(path: Path | None) -> Any:
    """The presentation state of a file, none without one."""
    if path is None:
        return None
    content = files.content(path, MAX_FILE_BYTES)
    return _dicom("dicom.presentation").read(_dicom("dicom.instance").Instance.from_part10(content, str(path)))


def _meant(paths: list[Path], state: Any) -> Iterator[tuple[Path, Any]]:
    """The instances of files and folders; under a presentation state those of the folders that it is for."""
    named = set(state.images()) if state is not None else set()
    met = 0
    for path, instance in _instances(paths):
        if state is None or path in paths or instance.header().sop_instance_uid in named:
            met += 1
            yield path, instance
    if not met:
        raise BadInput("the presentation state is for no image here", remedy="Name the study that it belongs to.")


def _prepared(instance: Any, frame: int, state: Any) -> Any:
    if state is None:
        return _dicom("dicom.preview").prepare(instance, frame)
    return _dicom("dicom.presenting").prepare(instance, state, frame)


def _view(width: int, height: int, zoom: float, window: str, inverse: bool, aspect: float = 1.0) -> Any:
    looking = _dicom("lab.looking")
    return looking.view_of(width, height, zoom, 0.5, 0.5, window, inverse, aspect)


@app.command("show")
def show_files(
    what: Files,
    frame: Frame = 1,
    window: Window = "0",
    zoom: Zoom = 1.0,
    inverse: Inverse = False,
    pr: State = None,
    width: Annotated[int, typer.Option(help="Letters; by default the terminal's.", show_default=False)] = 0,
    letters: Annotated[bool, typer.Option("--letters", help="Letters instead of coloured half-blocks.")] = False,
    sixel: Annotated[bool, typer.Option("--sixel", help="Pixels, for a terminal that draws sixels.")] = False,
    json: Json = False,
) -> None:
    """Show the pictures of files in the terminal, and whose they are. JSON says only the latter."""
    preview, annotation = _dicom("dicom.preview"), _dicom("dicom.annotation")
    room = max(width or min(shutil.get_terminal_size().columns, 100), 8)
    state = _state(pr)
    told = []
    for path, instance in _meant(what, state):
        try:
            shown = _prepared(instance, frame, state)
            facts, number, frames = shown.facts, shown.frame.number, shown.frame.frames
        except preview.NoPreview as error:
            if len(what) == 1 and not what[0].is_dir():
                raise
            shown, facts, number, frames = None, instance.dataset(), 1, 1
            typer.echo(f"{path}: no picture, {error.what}", err=True)
        corners = annotation.corners(facts, number, frames)
        if json:
            told.append({"file": str(path), **corners, "edges": annotation.edges(facts, number)})
            continue
        if shown is not None:
            plain = letters or "NO_COLOR" in os.environ
            _print_picture(
                preview, shown, room, zoom, window, inverse, "sixel" if sixel else "letters" if plain else ""
            )
        typer.echo(f"{path}")
        for lines in corners.values():
            if lines:
                typer.echo("  " + "  ".join(lines))
    if json:
        show.as_json(told)


def _print_picture(preview: Any, shown: Any, room: int, zoom: float, window: str, inverse: bool, way: str) -> None:
    if way == "sixel":
        picture = preview.draw(shown, _view(room * 8, room * 8, zoom, window, inverse))
        drawn = _dicom("sixel").sixels(picture.width, picture.height, picture.samples, picture.rows)
        sys.stdout.write(drawn + "\n")
        return
    aspect = 2.0 if way == "letters" else 1.0
    picture = preview.draw(shown, _view(room, round(room / aspect), zoom, window, inverse, aspect))
    wide, step = picture.width * picture.samples, picture.samples
    rows = [picture.rows[at : at + wide] for at in range(0, len(picture.rows), wide)]
    if way == "letters":
        for row in rows:
            greys = [sum(row[at : at + step]) // step for at in range(0, wide, step)]
            typer.echo("".join(RAMP[grey * (len(RAMP) - 1) // 255] for grey in greys).rstrip())
        return
    for upper, lower in zip(rows[::2], [*rows[1::2], bytes(wide)], strict=False):
        cells = [f"{_ink(38, upper[at : at + step])}{_ink(48, lower[at : at + step])}▀" for at in range(0, wide, step)]
        sys.stdout.write("".join(cells) + "\x1b[0m\n")


def _ink(what: int, sample: bytes) -> str:
    red, green, blue = sample if len(sample) == 3 else sample * 3
    return f"\x1b[{what};2;{red};{green};{blue}m"


@app.command()
def dump(
    what: Files,
    search: Annotated[str, typer.Option(help="Words that a tag, its name, VR, value or meaning has.")] = "",
    private: Annotated[bool, typer.Option("--private", help="Private elements only.")] = False,
    json: Json = False,
) -> None:
    """Print the elements of files: tag, VR, name, value, meaning; items of sequences indented.

    Of a damaged file those before the damage, and exit code 1.
    """
    tags, reading = _dicom("dicom.tags"), _dicom("dicom.salvage").read
    found: dict[str, list[dict[str, Any]]] = {}
    damaged: dict[str, SimlabError] = {}
    for file, content in _contents(what):
        instance, damage = reading(content, str(file))
        found[str(file)] = tags.filtered(tags.rows(instance), search, private=private)
        if damage:
            damaged[str(file)] = damage
    if json:
        show.as_json([{"file": path, "rows": rows, "damage": damaged[path].what if path in damaged else ""}
                      for path, rows in found.items()])  # fmt: skip
    for number, (path, rows) in enumerate(() if json else found.items()):
        if len(found) > 1:
            typer.echo(f"{chr(10) if number else ''}{path}:")
        for row in rows:
            said = f"  ({row['meaning']})" if row["meaning"] else ""
            value = " ".join(str(row["value"]).split())
            typer.echo(f"{row['tag']} {row['vr']:<2} {'  ' * row['depth']}{row['name']}: {value}{said}".rstrip(": "))
        if not rows:
            typer.echo("No element fits." if search or private else "It has no elements.")
        if path in damaged:
            typer.echo(f"error: {damaged[path]}", err=True)
    if damaged:
        raise typer.Exit(1)


@app.command()
def diff(
    one: Annotated[Path, typer.Argument(help="A DICOM file, or a folder of them.")],
    other: Annotated[Path, typer.Argument(help="Another; of two folders files of one SOP Instance UID are compared.")],
    without: Annotated[
        list[str] | None, typer.Option(help="A keyword or (gggg,eeee) not to compare.", show_default=False)
    ] = None,
    json: Json = False,
) -> None:
    """Say how two files or folders differ, element by element and in their pixels; exit code 1 when they do."""
    compare = _dicom("dicom.difference").difference
    before, after = dict(_instances([one])), dict(_instances([other]))
    results: list[dict[str, Any]] = []
    if one.is_dir() or other.is_dir():
        mine, theirs = _by_uid(before), _by_uid(after)
        for uid in sorted({*mine, *theirs}):
            names = {
                "one": str(mine[uid][0]) if uid in mine else "",
                "other": str(theirs[uid][0]) if uid in theirs else "",
            }
            rows = compare(mine[uid][1], theirs[uid][1], without or ()) if uid in mine and uid in theirs else []
            if rows or not all(names.values()):
                results.append({"sop_uid": uid, **names, "rows": rows})
    else:
        rows = compare(next(iter(before.values())), next(iter(after.values())), without or ())
        results = [{"one": str(one), "other": str(other), "rows": rows}] if rows else []
    if json:
        show.as_json(results)
    else:
        _print_differences(results)
    if results:
        raise typer.Exit(1)


def _by_uid(found: dict[Path, Any]) -> dict[str, tuple[Path, Any]]:
    return {instance.header().sop_instance_uid: (path, instance) for path, instance in found.items()}


def _print_differences(results: list[dict[str, Any]]) -> None:
    if not results:
        typer.echo("They are the same.")
    for result in results:
        if not (result["one"] and result["other"]):
            typer.echo(f"{result['one'] or result['other']}: only in the {'first' if result['one'] else 'second'}")
            continue
        typer.echo(f"{result['one']} → {result['other']}")
        show.table(result["rows"], {"place": "Tag", "vr": "VR", "name": "Name", "before": "Before", "after": "After"})


@app.command()
def png(
    what: Files,
    out: Annotated[Path, typer.Option("--out", help="The PNG, or a folder for several.")] = Path("."),
    frame: Frame = 1,
    window: Window = "0",
    zoom: Zoom = 1.0,
    inverse: Inverse = False,
    pr: State = None,
    size: Annotated[int, typer.Option(help="Pixels of the longer side; by default the image's own.")] = 0,
    json: Json = False,
) -> None:
    """Write the pictures of files as PNG, as they are windowed."""
    preview, pillow = _dicom("dicom.preview"), importlib.import_module("PIL.Image")
    state = _state(pr)
    found = list(_meant(what, state))
    single = len(found) == 1 and out.suffix.lower() == ".png"
    written: list[str] = []
    for path, instance in found:
        try:
            shown = _prepared(instance, frame, state)
        except preview.NoPreview as error:
            if len(found) == 1:
                raise
            typer.echo(f"{path}: no picture, {error.what}", err=True)
            continue
        high, wide = shown.values.shape[:2]
        longer = min(size or max(wide, round(high * shown.aspect)), preview.MOST_PIXELS)
        picture = preview.draw(shown, _view(longer, longer, zoom, window, inverse))
        name = out if single else out / f"{instance.header().sop_instance_uid}.png"
        try:
            name.parent.mkdir(parents=True, exist_ok=True)
            mode = "L" if picture.samples == 1 else "RGB"
            pillow.frombytes(mode, (picture.width, picture.height), picture.rows).save(name, "PNG")
        except (OSError, ValueError) as error:
            raise SimlabError(f"the picture cannot be written ({error})", place=str(name)) from None
        written.append(str(name))
        if not json:
            typer.echo(f"{name}: {picture.width} × {picture.height}")
    if json:
        show.as_json(written)
