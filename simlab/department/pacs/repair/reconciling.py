"""Reconciling a study with the order that it was made for (IHE RAD Patient Information Reconciliation)."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

from simlab.department.pacs import corrections, orders
from simlab.department.pacs.archive import survivor
from simlab.department.pacs.repair import correcting, moving
from simlab.department.pacs.repair.patients import Done, PatientUnknown, find_number, held, shown, the_study
from simlab.dicom.matching import fold
from simlab.errors import BadInput

FACTS = ("patient_id", "issuer", "patient_name", "birth_date", "sex", "description", "referring", "study_uid")
"""What the administrator may say of the order; the rest is taken from the order as the PACS was told of it."""


def reconcile(
    tx: sqlite3.Connection, study_uid: str, accession: str, facts: Mapping[str, str], adopt_uid: bool, *, preview: bool
) -> Done:
    """File a study under the patient and the accession number of an order.

    The facts come from the caller, or from the order message that the PACS has seen; it asks no other system. The
    images keep their Study Instance UID and the order remembers it, unless `adopt_uid` has them take the order's.
    """
    study = the_study(tx, study_uid)
    accession = corrections.checked("AccessionNumber", accession, corrections.STUDY)
    if not accession:
        raise BadInput("no accession number", place="accession", remedy="Look the order up in the RIS.")
    told = orders.find(tx, accession) or {}
    order = {name: facts.get(name) or str(told.get(name, "")) for name in FACTS}
    if not order["patient_id"]:
        raise BadInput(
            f"the PACS has been told of no order {accession}",
            place="PACS",
            remedy="Look it up in the RIS and give the patient number with it.",
        )
    orders.note(tx, accession, {**order, "status": str(told.get("status", "")) or "console"})
    was, became = (study["patient_id"], study["issuer"]), _patient(tx, order)
    done: list[Done] = []
    if was != became:
        done.append(moving.move(tx, study_uid, *became, preview=preview))
    wanted = {"AccessionNumber": accession}
    wanted |= {"StudyDescription": order["description"]} if order["description"] else {}
    wanted |= {"ReferringPhysicianName": order["referring"]} if order["referring"] else {}
    wanted = {key: value for key, value in wanted.items() if study[corrections.CORRECTABLE[key].column] != value}
    if wanted:
        done.append(correcting.correct(tx, corrections.STUDY, study_uid, wanted, preview=preview))
    now_uid = study_uid
    if adopt_uid and order["study_uid"] and order["study_uid"] != study_uid:
        series = [
            r["series_uid"] for r in tx.execute("SELECT series_uid FROM pacs_series WHERE study_uid=?", (study_uid,))
        ]
        done.append(moving.split(tx, study_uid, series, (), order["study_uid"], became, preview=preview))
        now_uid = order["study_uid"]
    tx.execute("UPDATE pacs_order SET performed_study=? WHERE accession=?", (now_uid, accession))
    moved = held(tx, now_uid)
    verb = "go" if preview else "went"
    data: dict[str, Any] = {
        "summary": f"{moved['instances']} instances of {moved['series']} series {verb} from "
        f"{shown(was)}, accession {study['accession'] or 'none'}, to {shown(became)}, accession {accession}",
        "study_uid": now_uid,
        "was_study_uid": study_uid,
        "accession": accession,
        "from": was[0],
        "to": became[0],
        "to_issuer": became[1],
        "corrected": wanted,
        **moved,
    }
    touches = {touch for one in done for touch in one.touches} | {f"order {accession}"}
    studies = {study for one in done for study in one.studies} | {study_uid}
    return Done(data, tuple(sorted(studies)), tuple(sorted(touches)), became[0])


def _patient(tx: sqlite3.Connection, order: Mapping[str, str]) -> tuple[str, str]:
    """The order's patient; one whom the archive has not met yet needs a name."""
    try:
        return survivor(tx, *find_number(tx, order["patient_id"], order["issuer"]))
    except PatientUnknown as error:
        if error.elsewhere or not order["patient_name"]:
            raise
    number = (order["patient_id"], order["issuer"])
    name = corrections.checked("PatientName", order["patient_name"], "patient")
    birth = corrections.checked("PatientBirthDate", order["birth_date"], "patient")
    sex = corrections.checked("PatientSex", order["sex"], "patient")
    tx.execute(
        "INSERT INTO pacs_patient VALUES (?, ?, ?, ?, ?, ?, NULL, NULL)", (*number, name, fold(name), birth, sex)
    )
    return number
