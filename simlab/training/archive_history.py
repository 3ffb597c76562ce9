"""What a scene tells the PACS of the time before it: merges, orders, reports, entries of the audit trail."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from simlab.errors import BadInput
from simlab.training.scene_archive import SceneAudit, SceneMerge
from simlab.training.scene_model import Scene, ScenePatient, moment


def told(scene: Scene, patients: Mapping[str, ScenePatient], now: datetime) -> dict[str, Any]:
    """The sections of the PACS's staging; BadInput for a patient who is not in the scene."""
    return {
        "merges": [_merge(merge, patients, now) for merge in scene.archive.merges],
        "audit": [_audit(entry, patients, now) for entry in scene.archive.audit],
        "orders": _orders(scene, patients),
        "reported": {study.study_uid: study.reported for study in scene.studies if study.reported and study.study_uid},
    }


def _merge(merge: SceneMerge, patients: Mapping[str, ScenePatient], now: datetime) -> dict[str, Any]:
    retired = _facts(merge.retire, patients)
    return {
        "retire": retired["mrn"],
        "survive": _facts(merge.survive, patients)["mrn"],
        "issuer": retired["issuer"],
        "at": moment(merge.at, now),
    }


def _audit(entry: SceneAudit, patients: Mapping[str, ScenePatient], now: datetime) -> dict[str, Any]:
    row: dict[str, Any] = entry.model_dump(exclude={"patient", "at"})
    number = _facts(entry.patient, patients)["mrn"] if entry.patient else ""
    return {**row, "patient_id": number, "at": moment(entry.at, now)}


def _facts(name: str, patients: Mapping[str, ScenePatient]) -> dict[str, str]:
    if name not in patients:
        raise BadInput(f"archive speaks of a patient {name!r} who is not in the scene", place="archive")
    return patients[name].facts("PACS")


def _orders(scene: Scene, patients: Mapping[str, ScenePatient]) -> dict[str, dict[str, str]]:
    """The orders that the PACS was told of: the scene's, and those that its studies were made for."""
    found: dict[str, dict[str, str]] = {}
    for study in scene.studies:
        if study.accession and not study.unordered:
            found[study.accession] = {**_identity(patients[study.patient]), "status": "performed"}
    for order in scene.orders:
        if order.state == "requested":
            continue
        status = "cancelled" if order.state == "cancelled" else "scheduled"
        more = {"study_uid": order.study_uid, "referring": order.referrer, "status": status}
        found[order.accession] = {**_identity(patients[order.patient]), **more}
    return found


def _identity(patient: ScenePatient) -> dict[str, str]:
    facts = patient.facts("PACS")
    return {
        "patient_id": facts["mrn"],
        "issuer": facts["issuer"],
        "patient_name": facts["name"],
        "birth_date": facts["birth_date"],
        "sex": facts["sex"],
    }
