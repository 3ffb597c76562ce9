"""Draws docs/gallery.md and its pictures from the sample studies: `python -m tests.gallery`."""

import hashlib
import io
from pathlib import Path

from PIL import Image

from simlab.department.modality import phantoms, recipes
from simlab.department.modality.contact_sheet import sheet, telling
from simlab.department.modality.recipe import Recipe
from simlab.department.modality.sampling import sample
from tests.modality.warnings import WARNINGS

DOCS = Path(__file__).resolve().parent.parent / "docs"
MOST_BYTES = 40 * 1024
_GROUPS = (
    ("Computed tomography", "CT"), ("Magnetic resonance", "MR"), ("Radiographs", "DX CR"), ("Mammograms", "MG"),
    ("Ultrasound", "US"), ("Fluoroscopy and angiography", "XA RF"), ("Nuclear medicine", "NM PT"), ("Documents", "OT"),
)  # fmt: skip


def drawn_by() -> str:
    """A digest of the sources that draw: with another, every picture is stale."""
    folder = Path(phantoms.__file__).parent
    whole = hashlib.sha256()
    for path in (*sorted(folder.glob("*.py")), folder.parent / "drawing.py", folder.parent / "contact_sheet.py"):
        whole.update(path.read_text("utf-8").encode())
    return whole.hexdigest()[:16]


def page(names: list[str]) -> str:
    """The page, with each recipe's digest beside its picture."""
    found = {name: recipes.named(name) for name in names}
    lines = [
        "# The sample studies",
        "",
        "Every recipe of `sample_studies/`, drawn by SimLab itself (`python -m tests.gallery` makes this page).",
        "Nobody was examined: all anatomy is arithmetic. `simlab studies preview NAME` shows them in the terminal,",
        "`simlab studies render --all --out DIR` writes their files, `simlab studies truth` says what there is",
        "to find.",
        "",
        "A finding can be asked for by name wherever a recipe is named: `us-aorta@aneurysm=52` has an aneurysm of",
        "52 mm, `ct-chest@nodule=12L` a nodule of 12 mm on the left, `us-carotid@stenosis=60%` a narrowing by 60 %.",
        "`dx-knee@left` is the other knee: limbs have both sides.",
    ]
    for title, modalities in _GROUPS:
        lines += ["", f"## {title}"]
        for name, recipe in found.items():
            if recipe.modality in modalities.split():
                lines += ["", *_entry(name, recipe)]
    lines += ["", "## What there is to find", "", "| Recipe | Finding | Size | Side | Where, or what is wrong |",
              "|---|---|---|---|---|"]  # fmt: skip
    for name, recipe in found.items():
        lines += [
            f"| `{name}` | {row['finding']} | {_size(row)} | {row['side']} | {row['note']} |" for row in recipe.truth()
        ]
    lines += ["", "## What the validator says", "",
              "`dciodvfy` finds no error in any of these objects. It warns of this, on purpose:", "",
              "| Warning | Why it stays |", "|---|---|"]  # fmt: skip
    lines += [f"| {warning.replace('|', chr(92) + '|')} | {reason} |" for warning, reason in WARNINGS.items()]
    return "\n".join([*lines, "", f"<!-- drawn by {drawn_by()} -->", ""])


def _entry(name: str, recipe: Recipe) -> list[str]:
    series = len(recipe.series)
    parts = [f"{recipe.images - len(recipe.documents)} images in {series} series" if series > 1 or recipe.images > 1
             else "one image"]  # fmt: skip
    parts += [f"{one.frames} frames" for one in recipe.series if one.frames > 1]
    parts += [f"compressed ({one.syntax})" for one in recipe.series[:1] if one.syntax != "native"]
    parts += [document.description.lower() for document in recipe.documents]
    asked = "" if recipe.offered else " Only when it is named."
    return [f"### `{name}`: {recipe.title}", "", f"{'; '.join(parts)}.{asked}".capitalize(), "",
            f"![{recipe.title}](gallery/{name}.png)", "", f"<!-- {name} {recipe.digest[:16]} -->"]  # fmt: skip


def _size(row: dict) -> str:
    if row["size_mm"]:
        return f"{row['size_mm']:g} mm"
    return f"{row['percent']:g} %" if row["percent"] else ""


def picture(recipe: Recipe) -> bytes:
    """The recipe's contact sheet as PNG of few shades, as large as the limit of bytes lets it be."""
    instances, keys = sample(recipe), telling(recipe)
    for height in (220, 180, 150, 125, 100, 80):
        whole = sheet(instances, height, keys)
        few = (
            whole.quantize(96, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
            if whole.mode == "RGB"
            else _even(whole)
        )
        file = io.BytesIO()
        few.save(file, "PNG", optimize=True)
        if len(file.getvalue()) <= MOST_BYTES:
            return file.getvalue()
    raise ValueError(f"{recipe.name} makes no picture of {MOST_BYTES} bytes")


def _even(grey: Image.Image, shades: int = 32) -> Image.Image:
    """Few greys at even distances: shades chosen by how often they come make dark spots where they are missing."""
    few = grey.point([round(level * (shades - 1) / 255) for level in range(256)]).convert("P")
    few.putpalette([round(level * 255 / (shades - 1)) for level in range(shades) for _colour in "RGB"])
    return few


def main() -> None:
    """Write the page and every picture; take away pictures of recipes that are no more."""
    folder = DOCS / "gallery"
    folder.mkdir(exist_ok=True)
    names = recipes.names()
    for path in folder.glob("*.png"):
        if path.stem not in names:
            path.unlink()
    for name in names:
        (folder / f"{name}.png").write_bytes(picture(recipes.named(name)))
    (DOCS / "gallery.md").write_text(page(names), "utf-8")


if __name__ == "__main__":
    main()
