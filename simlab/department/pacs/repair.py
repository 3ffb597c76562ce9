"""Repair of identity at the archive: merge two numbers, move a study, update a person, set a study apart."""

from __future__ import annotations

import sqlite3
from typing import Any

from simlab.department.pacs.archive import survivor
from simlab.dicom.matching import fold
from simlab.errors import BadInput, NotFound

Number = tuple[str, str]
"""A patient ID and its assigning authority."""

DEMOGRAPHICS = ("name", "birth_date", "sex")


class PatientUnknown(NotFound):
    """A number that the archive does not know; `elsewhere` are the authorities under which it does know it."""

    ack_code = "AE"

    def __init__(self, patient_id: str, issuer: str, elsewhere: tuple[str, ...]) -> None:
        under = f" under the authority {issuer}" if issuer else ""
        if elsewhere:
            named = ", ".join(authority or "none" for authority in elsewhere)
            remedy = f"The number is known under: {named}. Name the authority it belongs to."
        else:
            remedy = "Check the number; the archive knows only patients it has images of."
        super().__init__(f"no patient {patient_id}{under}", place="PACS", remedy=remedy)
        self.patient_id = patient_id
        self.elsewhere = elsewhere


class CannotMerge(BadInput):
    """A merge that makes no sense as it is asked for."""

    ack_code = "AE"


def find_number(tx: sqlite3.Connection, patient_id: str, issuer: str) -> Number:
    """The patient of that number; without an authority the only one of it. Raises PatientUnknown, CannotMerge."""
    rows = tx.execute("SELECT issuer FROM pacs_patient WHERE patient_id=? ORDER BY issuer", (patient_id,)).fetchall()
    issuers = [row["issuer"] for row in rows]
    if issuer in issuers:
        return patient_id, issuer
    if issuer or not issuers:
        raise PatientUnknown(patient_id, issuer, tuple(issuers))
    if len(issuers) > 1:
        raise CannotMerge(
            f"the number {patient_id} is known under {len(issuers)} authorities: {', '.join(issuers)}",
            place="PACS",
            remedy="Name the authority.",
        )
    return patient_id, issuers[0]


def counts(tx: sqlite3.Connection, where: str, values: tuple[str, ...]) -> dict[str, int]:
    """How many studies, series and instances a condition on `s` covers."""
    row = tx.execute(
        "SELECT count(DISTINCT s.study_uid) AS studies, count(DISTINCT e.series_uid) AS series, "
        "count(i.sop_uid) AS instances FROM pacs_study s LEFT JOIN pacs_series e USING (study_uid) "
        f"LEFT JOIN pacs_instance i USING (series_uid) WHERE {where}",
        values,
    ).fetchone()
    return dict(row)


def _shown(number: Number) -> str:
    return f"{number[0]}^{number[1]}" if number[1] else number[0]


def merge(
    tx: sqlite3.Connection, retired: Number, survive_id: str, survive_issuer: str, *, preview: bool
) -> dict[str, Any]:
    """File everything of `retired` under the survivor, who may be new; the retired number is remembered."""
    try:
        target = find_number(tx, survive_id, survive_issuer)
        known = True
    except PatientUnknown as error:
        if error.elsewhere:
            raise
        target, known = (survive_id, survive_issuer or retired[1]), False
    if target == retired:
        raise CannotMerge(f"{_shown(retired)} cannot be merged into itself", remedy="Name two numbers.")
    in_force = survivor(tx, *target)
    if survivor(tx, *retired) == in_force and in_force != retired:
        return _merged(retired, target, {"studies": 0, "series": 0, "instances": 0}, preview, "merged already")
    if in_force != target:
        raise CannotMerge(
            f"{_shown(target)} is itself retired, into {_shown(in_force)}",
            remedy="Merge into the number that is in force.",
        )
    moved = counts(tx, "s.patient_id=? AND s.issuer=?", retired)
    if not preview:
        if not known:
            tx.execute(
                "INSERT INTO pacs_patient SELECT ?, ?, name, name_fold, birth_date, sex, NULL, NULL "
                "FROM pacs_patient WHERE patient_id=? AND issuer=?",
                (*target, *retired),
            )
        tx.execute(
            "UPDATE pacs_study SET patient_id=?, issuer=?, coerced=1 WHERE patient_id=? AND issuer=?",
            (*target, *retired),
        )
        tx.execute(
            "UPDATE pacs_patient SET merged_into=?, merged_issuer=? WHERE patient_id=? AND issuer=?",
            (*target, *retired),
        )
    return _merged(retired, target, moved, preview, "")


def _merged(retired: Number, target: Number, moved: dict[str, int], preview: bool, already: str) -> dict[str, Any]:
    verb = "go" if preview else "went"
    summary = (
        f"{moved['instances']} instances of {moved['series']} series in {moved['studies']} studies {verb} "
        f"from {_shown(retired)} to {_shown(target)}"
    )
    return {
        "summary": f"{_shown(retired)} is {already} into {_shown(target)}" if already else summary,
        "retired": retired[0],
        "retired_issuer": retired[1],
        "survivor": target[0],
        "survivor_issuer": target[1],
        "preview": preview,
        **moved,
    }


def move(tx: sqlite3.Connection, study_uid: str, patient_id: str, issuer: str, *, preview: bool) -> dict[str, Any]:
    """File one study under another patient, who must be known."""
    study = the_study(tx, study_uid)
    source = (study["patient_id"], study["issuer"])
    target = survivor(tx, *find_number(tx, patient_id, issuer))
    if source == target:
        raise BadInput(f"the study is {_shown(target)}'s already", place=study_uid, remedy="Nothing needs moving.")
    moved = counts(tx, "s.study_uid=?", (study_uid,))
    if not preview:
        tx.execute("UPDATE pacs_study SET patient_id=?, issuer=?, coerced=1 WHERE study_uid=?", (*target, study_uid))
    verb = "go" if preview else "went"
    return {
        "summary": f"{moved['instances']} instances of {moved['series']} series {verb} "
        f"from {_shown(source)} to {_shown(target)}",
        "study_uid": study_uid,
        "from": source[0],
        "from_issuer": source[1],
        "to": target[0],
        "to_issuer": target[1],
        "preview": preview,
        **moved,
    }


def update(tx: sqlite3.Connection, number: Number, demographics: dict[str, str]) -> dict[str, Any]:
    """Change name, birth date or sex of the patient in force for `number`; studies go out under it from now on."""
    for key in demographics:
        if key not in DEMOGRAPHICS:
            raise BadInput(f"a patient has no {key} here", place=key, remedy=f"It has: {', '.join(DEMOGRAPHICS)}.")
    patient = survivor(tx, *number)
    row = tx.execute("SELECT * FROM pacs_patient WHERE patient_id=? AND issuer=?", patient).fetchone()
    changed = {key: value for key, value in demographics.items() if value and row[key] != value}
    for key, value in changed.items():
        tx.execute(f"UPDATE pacs_patient SET {key}=? WHERE patient_id=? AND issuer=?", (value, *patient))
    if "name" in changed:
        tx.execute(
            "UPDATE pacs_patient SET name_fold=? WHERE patient_id=? AND issuer=?", (fold(changed["name"]), *patient)
        )
    if changed:
        tx.execute("UPDATE pacs_study SET coerced=1 WHERE patient_id=? AND issuer=? AND coerced=0", patient)
    return {
        "summary": f"{_shown(patient)}: {', '.join(changed) or 'nothing'} changed",
        "patient_id": patient[0],
        "issuer": patient[1],
        "changed": changed,
    }


def quarantine(tx: sqlite3.Connection, study_uid: str, *, release: bool, reason: str) -> dict[str, Any]:
    """Hide a study from query and retrieve, or show it again."""
    study = the_study(tx, study_uid)
    if bool(study["quarantined"]) != release:
        state = "in quarantine already" if not release else "not in quarantine"
        raise BadInput(f"the study is {state}", place=study_uid, remedy="Nothing needs doing.")
    tx.execute(
        "UPDATE pacs_study SET quarantined=?, quarantine_reason=? WHERE study_uid=?",
        (int(not release), "" if release else reason, study_uid),
    )
    held = counts(tx, "s.study_uid=?", (study_uid,))
    verb = "released from quarantine" if release else "set apart in quarantine"
    return {
        "summary": f"{held['instances']} instances of {held['series']} series {verb}",
        "study_uid": study_uid,
        "quarantined": not release,
        "reason": reason,
        **held,
    }


def the_study(tx: sqlite3.Connection, study_uid: str) -> sqlite3.Row:
    """The study's row; NotFound."""
    row: sqlite3.Row | None = tx.execute("SELECT * FROM pacs_study WHERE study_uid=?", (study_uid,)).fetchone()
    if row is None:
        raise NotFound(f"the PACS holds no study {study_uid}", place="PACS", remedy="Query it for what it holds.")
    return row
