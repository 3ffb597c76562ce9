"""Worklists kept on mobiles and discs in the drive, made concrete from a scene."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from simlab.errors import BadInput
from simlab.training.scene_carried import SceneKeptList, SceneListed
from simlab.training.scene_model import Scene, SceneOrder, ScenePatient, moment


def kept_list(scene: Scene, scanner: str, patients: Mapping[str, ScenePatient], now: datetime) -> dict[str, Any] | None:
    """The list of a scanner as its staging section has it, None where the scene has none; BadInput."""
    for kept in scene.kept_lists:
        if kept.scanner == scanner:
            return {
                "taken": moment(kept.taken, now),
                "rows": [_row(scene, kept, row, patients, now) for row in kept.rows],
            }
    return None


def _row(
    scene: Scene, kept: SceneKeptList, listed: SceneListed, patients: Mapping[str, ScenePatient], now: datetime
) -> dict[str, str]:
    """What the scene knows of a row; what only the RIS knows (its UIDs, its rooms) the lab fills in."""
    order = next((one for one in scene.orders if one.accession == listed.accession), None)
    who = listed.patient or (order.patient if order else "")
    if who not in patients:
        raise BadInput(
            f"the kept list of {kept.scanner} speaks of a patient {who!r} who is not in the scene",
            place=listed.accession,
            remedy=f"Name one: {', '.join(sorted(patients)) or 'there are none'}.",
        )
    facts = patients[who].facts("RIS")
    due = moment(listed.start or (order.start if order else None), now)
    return {
        "accession": listed.accession,
        "patient_id": facts["mrn"],
        "issuer": facts["issuer"],
        "patient_name": facts["name"],
        "birth_date": facts["birth_date"],
        "sex": facts["sex"],
        "exam": listed.exam or (order.exam if order else ""),
        "date": due.strftime("%Y%m%d") if due else "",
        "time": due.strftime("%H%M%S") if due else "",
        **(_of_order(order) if order else {}),
        **listed.was,
    }


def _of_order(order: SceneOrder) -> dict[str, str]:
    known = {
        "referring": order.referrer,
        "physician": order.physician,
        "study_uid": order.study_uid,
        "step_id": order.step_id,
        "station_ae": order.station,
        "modality": order.modality,
    }
    return {name: value for name, value in known.items() if value}


def discs(scene: Scene, images: dict[str, list[Any]]) -> list[dict[str, Any]]:
    """The discs of a scene with the images on each, which are taken out of `images`."""
    return [{**disc.model_dump(), "instances": images.pop(disc.name, [])} for disc in scene.discs]
