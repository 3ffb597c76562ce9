"""From a worklist item, or what the operator types in, to the facts and the recipe of an examination."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from simlab.department.modality import recipes, typing_in
from simlab.department.modality.recipe import Recipe
from simlab.department.modality.rendering import StudyFacts
from simlab.department.modality.settings import ModalitySettings
from simlab.errors import BadInput

_NEEDED = frozenset({"patient_id", "patient_name"})
_ANYBODYS = frozenset({"OT", "SC"})
"""Modalities of recipes that any scanner can make, such as a secondary capture."""
_ROOMS = (frozenset({"DX", "CR"}),)
"""Modalities whose examinations are made in the same room."""
_TYPED = _NEEDED | {"birth_date", "sex", "issuer", "description", "referring"}


def typed_in(system: str, typed: Mapping[str, str], accession: str | None) -> dict[str, str]:
    """An item that stands in no worklist; BadInput when it lacks a patient or says what nobody types."""
    unknown = ", ".join(sorted(set(typed) - _TYPED))
    missing = ", ".join(sorted(key for key in _NEEDED if not str(typed.get(key, "")).strip()))
    if unknown or missing:
        raise BadInput(
            f"{unknown} cannot be typed in" if unknown else f"an unscheduled patient lacks {missing}",
            place=system,
            remedy=f"It takes {', '.join(sorted(_TYPED))}; patient_id and patient_name are needed.",
        )
    for key, value in typed.items():
        typing_in.check(system, key, str(value))
    typing_in.check(system, "accession", accession or "")
    return {**{key: str(value) for key, value in typed.items()}, "accession": accession or ""}


def chosen(item: Mapping[str, str], settings: ModalitySettings, recipe: str | None, laterality: str | None) -> Recipe:
    """The recipe named, else the one that suits the item; of side `laterality` when given.

    Raises NotFound for an unknown recipe, BadInput for one of another kind of scanner, or a side that it has not.
    """
    made = (
        recipes.named(recipe)
        if recipe
        else recipes.suiting(
            item.get("modality") or settings.modality, item.get("exam", ""), item.get("description", "")
        )
    )
    if recipe and not _makes(settings.modality, made.modality):
        raise BadInput(
            f"{made.name} is {made.modality}, and {settings.station_name} is set up for {settings.modality}",
            place="recipe",
            remedy="Name one of its own, or none (see the sample studies).",
        )
    if laterality is None:
        return made
    if laterality not in ("R", "L") or made.laterality is None:
        raise BadInput(
            f"{laterality!r} is no side of {made.name}", place="laterality", remedy="Say R or L, or nothing."
        )
    return made.on_side("R" if laterality == "R" else "L")


def _makes(scanner: str, modality: str) -> bool:
    return modality in {scanner, *_ANYBODYS} or any({scanner, modality} <= room for room in _ROOMS)


def facts(item: Mapping[str, str], settings: ModalitySettings, moment: datetime, mpps_uid: str = "") -> StudyFacts:
    """What goes into the images: the item's identity, the scanner's own name, the moment, the performed step."""
    return StudyFacts(
        patient_id=item["patient_id"],
        patient_name=item["patient_name"],
        issuer=item.get("issuer", ""),
        birth_date=item.get("birth_date", ""),
        sex=item.get("sex", ""),
        accession=item["accession"],
        study_uid=item.get("study_uid") or None,
        study_date=f"{moment:%Y%m%d}",
        study_time=f"{moment:%H%M%S}",
        referring=item.get("referring", ""),
        description=item.get("description") or item.get("procedure") or None,
        station_name=settings.station_name,
        ae_title=settings.ae_title,
        institution=settings.institution,
        study_id=(item.get("procedure_id") or item["accession"])[:16],
        procedure_id=item.get("procedure_id", ""),
        step_id=item.get("step_id", ""),
        mpps_uid=mpps_uid,
        character_set=settings.character_set,
    )
