"""`simlab studies`: the sample studies, without a lab: list, render, look, and what there is to find."""

from __future__ import annotations

import importlib
import shutil
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from simlab.cli import show
from simlab.cli.options import Json, group
from simlab.errors import BadInput

app = group("The sample studies: list them, write their files, look at them. No lab is needed.")

MAX_WIDTH = 1000
"""Letters: no terminal has more, and the picture grows with their square."""

Names = Annotated[list[str] | None, typer.Argument(help="Recipes, as `simlab studies list` names them.")]


def _modality(name: str) -> Any:
    """A module of the modality, which imports numpy and is loaded only by these commands."""
    return importlib.import_module(f"simlab.department.modality.{name}")


@app.command("list")
def list_studies(json: Json = False) -> None:
    """List the recipes: modality, images, what there is to find."""
    recipes = _modality("recipes")
    rows = [_row(recipes.named(name)) for name in recipes.names()]
    columns = {"name": "Recipe", "modality": "Mod.", "title": "Title", "series": "Series", "images": "Images",
               "finds": "To be found"}  # fmt: skip
    show.rows(rows, columns, json_wanted=json, none="There are no recipes.")


@app.command()
def truth(names: Names = None, json: Json = False) -> None:
    """Say what is to be found in the studies, and how large it is: what audits are marked against."""
    rows = [{"name": recipe.name, **row} for recipe in _chosen(names, everything=True) for row in recipe.truth()]
    columns = {"name": "Recipe", "finding": "Finding", "size_mm": "mm", "percent": "%", "side": "Side", "note": "Note"}
    show.rows(rows, columns, json_wanted=json, none="There is nothing to be found.")


@app.command()
def render(
    out: Annotated[Path, typer.Option("--out", help="Folder to write to; a folder in it for each recipe.")],
    names: Names = None,
    everything: Annotated[bool, typer.Option("--all", help="Every recipe.")] = False,
    dicomdir: Annotated[bool, typer.Option("--dicomdir", help="As on a CD, with a DICOMDIR.")] = False,
    json: Json = False,
) -> None:
    """Write the DICOM files of recipes for an invented person; the same bytes every time."""
    sampling = _modality("sampling")
    written: dict[str, int] = {}
    for recipe in _chosen(None if everything else names, everything=everything):
        written[recipe.name] = len(sampling.write(recipe, out / recipe.name, media=dicomdir))
    if json:
        show.as_json(written)
    else:
        for name, files in written.items():
            typer.echo(f"{name}: {files} files")


@app.command()
def preview(
    name: Annotated[str, typer.Argument(help="A recipe.")],
    image: Annotated[int, typer.Option(help="Which image, counted through the study; 0 shows several.")] = 0,
    frame: Annotated[int, typer.Option(help="Which frame of it.")] = 1,
    png: Annotated[Path | None, typer.Option(help="Write a PNG instead.", show_default=False)] = None,
    width: Annotated[int, typer.Option(help="Letters; by default the terminal's.", show_default=False)] = 0,
) -> None:
    """Show a recipe's pictures in the terminal, or write them as PNG."""
    contact_sheet, sampling = _modality("contact_sheet"), _modality("sampling")
    recipe = _modality("recipes").named(name)
    if not 0 <= width <= MAX_WIDTH:
        raise BadInput(f"{width} letters are no width", place=name, remedy=f"Say 1 to {MAX_WIDTH}.")
    instances = sampling.sample(recipe)
    room = width or min(shutil.get_terminal_size().columns, 160)
    if image:
        if not 1 <= image <= len(instances):
            raise BadInput(f"there is no image {image}", place=name, remedy=f"It has {len(instances)}.")
        picture = contact_sheet.shown(instances[image - 1], frame)
    else:
        # Four in a row are too small for a terminal of the usual width.
        across = 4 if png is not None or room > 120 else 2
        picture = contact_sheet.sheet(instances, 400, contact_sheet.telling(recipe), across)
    if png is not None:
        try:
            picture.save(png, "PNG")
        except (OSError, ValueError) as error:
            raise BadInput(f"the picture cannot be written ({error})", place=str(png)) from None
        typer.echo(f"{png}: {picture.width} × {picture.height}")
        return
    sys.stdout.write(contact_sheet.blocks(picture, max(room, 8)) + "\n")


def _chosen(names: list[str] | None, *, everything: bool) -> list[Any]:
    recipes = _modality("recipes")
    if not names and not everything:
        raise BadInput("no recipe was named", place="simlab studies", remedy="Name some, or say --all.")
    return [recipes.named(name) for name in names or recipes.names()]


def _row(recipe: Any) -> dict[str, Any]:
    finds = ", ".join(f"{row['finding']}{_size(row)}" for row in recipe.truth())
    return {"name": recipe.name, "modality": recipe.modality, "title": recipe.title,
            "series": len(recipe.series) + len(recipe.documents), "images": recipe.images, "finds": finds,
            "offered": recipe.offered, "digest": recipe.digest}  # fmt: skip


def _size(row: dict[str, Any]) -> str:
    if row["size_mm"]:
        return f" {row['size_mm']:g} mm"
    return f" {row['percent']:g} %" if row["percent"] else ""
