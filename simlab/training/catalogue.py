"""The exercises there are, read quickly: headers only, nothing heavier than YAML imported."""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import Any

from simlab import config, yaml_source
from simlab.errors import BadInput, NotFound, SimlabError

LEVELS = ("foundation", "intermediate", "advanced", "capstone")
TRACKS = (
    "dicom", "query", "storage", "worklist", "hl7", "identity", "integration", "operations", "security", "exchange",
    "quality", "meeting", "capstone",
)  # fmt: skip
_BODY = re.compile(r"^(vars|scene|tasks|hints|rights|logs|release)\s*:", re.MULTILINE)
_SHOWN = ("id", "version", "title", "track", "level", "kind", "competencies", "role", "prerequisites", "aliases")


def folders(root: Path | None = None) -> list[Path]:
    """Every exercise package under `root` (the course by default), those that begin with ``_`` left out."""
    top = root or config.course_folder("exercises")
    if not top.is_dir():
        raise NotFound("there is no course folder", place=str(top), remedy="Name the folder that holds the tracks.")
    return sorted(
        path.parent
        for path in top.glob("*/*/exercise.yaml")
        if not path.parent.name.startswith("_") and not path.parent.parent.name.startswith("_")
    )


def header(folder: Path) -> dict[str, Any]:
    """The header of one package as plain values: only what stands before the vars, scene or tasks is parsed."""
    path = folder / "exercise.yaml"
    shown = f"{folder.name}/exercise.yaml"
    text = yaml_source.read_text(path, shown)
    body = _BODY.search(text)
    found = yaml_source.parse(text[: body.start()] if body else text, shown)
    if not isinstance(found, dict) or "id" not in found:
        found = yaml_source.parse(text, shown)
    if not isinstance(found, dict) or not isinstance(found.get("id"), str):
        raise BadInput("an exercise has no id", place=f"{shown}:1", remedy="Begin the file with its header.")
    time = found.get("time")
    minutes = time.get("expected_min") if isinstance(time, dict) else None
    return {**{key: found.get(key) for key in _SHOWN}, "minutes": minutes, "folder": str(folder)}


def exercises(root: Path | None = None) -> list[dict[str, Any]]:
    """All headers in course order; one that cannot be read stands there with its `error`."""
    rows = []
    for folder in folders(root):
        try:
            rows.append(header(folder))
        except SimlabError as error:
            rows.append({"id": folder.name, "track": folder.parent.name, "folder": str(folder), "error": str(error)})
    return sorted(rows, key=_order)


def _order(row: dict[str, Any]) -> tuple[int, int, str]:
    track, level = str(row.get("track")), str(row.get("level"))
    return (
        TRACKS.index(track) if track in TRACKS else len(TRACKS),
        LEVELS.index(level) if level in LEVELS else len(LEVELS),
        str(row["id"]),
    )


def find(wanted: str, root: Path | None = None) -> Path:
    """The folder of exercise `wanted`, by id or former id; NotFound names what is nearest."""
    packages = folders(root)
    for folder in packages:
        if folder.name == wanted:
            return folder
    for folder in packages:
        try:
            if wanted in (header(folder)["aliases"] or ()):
                return folder
        except SimlabError:
            continue
    near = difflib.get_close_matches(wanted, [folder.name for folder in packages], 1)
    remedy = f"Did you mean {near[0]}?" if near else "`simlab list` shows what there is."
    raise NotFound(f"there is no exercise {wanted!r}", remedy=remedy)
