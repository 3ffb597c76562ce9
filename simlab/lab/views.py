"""Every read-only view of the department by its name (`pacs.studies`)."""

from __future__ import annotations

from collections.abc import Mapping

from simlab.department import desk, engine, epr, modality, neighbour, pacs, ris, viewer
from simlab.hl7 import policy
from simlab.lab import feed, recipes
from simlab.lab.snapshot import View

_SYSTEMS: dict[str, Mapping[str, View]] = {
    "pacs": pacs.VIEWS,
    "ris": ris.VIEWS,
    "epr": epr.VIEWS,
    "engine": engine.VIEWS,
    "viewer": viewer.VIEWS,
    "modality": modality.VIEWS,
    "neighbour": neighbour.VIEWS,
    "desk": desk.VIEWS,
    "hl7": policy.VIEWS,
    "lab": {"feed": feed.shown, "recipes": recipes.shown},
}

VIEWS: dict[str, View] = {
    f"{system}.{name}": view for system, views in _SYSTEMS.items() for name, view in views.items()
}
