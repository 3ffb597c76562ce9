"""The sample studies as a list: what a scanner can be asked for, and what there is to find in it."""

from __future__ import annotations

import sqlite3
from typing import Any

from simlab.department.modality import recipes


def shown(tx: sqlite3.Connection, modality: str | None = None) -> list[dict[str, Any]]:
    """Every recipe by name; `truth` is what is to be found, a row a finding, `finds` the same in words."""
    found = [recipes.named(name) for name in recipes.names()]
    return [
        {
            "name": one.name,
            "modality": one.modality,
            "title": one.title,
            "series": len(one.series) + len(one.documents),
            "images": one.images,
            "finds": ", ".join(map(_told, one.truth())),
            "truth": one.truth(),
        }
        for one in found
        if modality in (None, one.modality)
    ]


def _told(finding: dict[str, Any]) -> str:
    sizes = (("size_mm", "mm"), ("percent", "%"))
    size = next((f"{finding[name]:g} {unit}" for name, unit in sizes if finding.get(name)), "")
    return " ".join(filter(None, (finding.get("side"), finding["finding"], size)))
