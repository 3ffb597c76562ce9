"""Merging two numbers of one person, and taking a wrong merge apart again."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from simlab.department.pacs.archive import survivor
from simlab.department.pacs.repair.patients import (
    CannotMerge,
    Done,
    Number,
    PatientUnknown,
    counts,
    filing,
    find_number,
    patient,
    shown,
    studies_of,
)
from simlab.errors import BadInput

MERGE = "merge_patients"


def merge(tx: sqlite3.Connection, retired: Number, survive_id: str, survive_issuer: str, *, preview: bool) -> Done:
    """File everything of `retired` under the survivor, who may be new; the retired number is remembered."""
    try:
        target = find_number(tx, survive_id, survive_issuer)
        known = True
    except PatientUnknown as error:
        if error.elsewhere:
            raise
        target, known = (survive_id, survive_issuer or retired[1]), False
    if target == retired:
        raise CannotMerge(f"{shown(retired)} cannot be merged into itself", remedy="Name two numbers.")
    in_force = survivor(tx, *target)
    if survivor(tx, *retired) == in_force and in_force != retired:
        return Done(_merged(retired, target, {"studies": 0, "series": 0, "instances": 0}, preview, "merged already"))
    if in_force != target:
        raise CannotMerge(
            f"{shown(target)} is itself retired, into {shown(in_force)}",
            remedy="Merge into the number that is in force.",
        )
    moved = counts(tx, "s.patient_id=? AND s.issuer=?", retired)
    studies = studies_of(tx, retired)
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
    touches = (patient(retired), patient(target), *map(filing, studies))
    return Done({**_merged(retired, target, moved, preview, ""), "moved": list(studies)}, studies, touches, target[0])


def _merged(retired: Number, target: Number, moved: dict[str, int], preview: bool, already: str) -> dict[str, Any]:
    verb = "go" if preview else "went"
    summary = (
        f"{moved['instances']} instances of {moved['series']} series in {moved['studies']} studies {verb} "
        f"from {shown(retired)} to {shown(target)}"
    )
    return {
        "summary": f"{shown(retired)} is {already} into {shown(target)}" if already else summary,
        "retired": retired[0],
        "retired_issuer": retired[1],
        "survivor": target[0],
        "survivor_issuer": target[1],
        **moved,
    }


def unmerge(tx: sqlite3.Connection, number: Number, named: list[str], *, preview: bool) -> Done:
    """Bring home every study that the last merge of `number` took away, by the record of that merge.

    What came after the merge stays where it is, unless it is `named`; a study that was moved on since stays too.
    """
    row = tx.execute("SELECT * FROM pacs_patient WHERE patient_id=? AND issuer=?", number).fetchone()
    if row["merged_into"] is None:
        raise BadInput(f"{shown(number)} is not merged into another number", remedy="Look at `simlab pacs repairs`.")
    source = (row["merged_into"], row["merged_issuer"])
    record = merge_of(tx, number)
    if record is None:
        raise BadInput(
            f"no record of how {shown(number)} was merged",
            place="PACS",
            remedy="Move its studies one by one, by other evidence (move-study).",
        )
    taken = [c for c in json.loads(record["changes"]) if c["table"] == "pacs_study" and c["op"] == "UPDATE"]
    home, elsewhere = [], []
    for change in taken:
        study_uid = change["before"]["study_uid"]
        now = tx.execute("SELECT patient_id, issuer FROM pacs_study WHERE study_uid=?", (study_uid,)).fetchone()
        if now is not None and survivor(tx, *source) == (now["patient_id"], now["issuer"]):
            home.append(study_uid)
            tx.execute(
                "UPDATE pacs_study SET patient_id=?, issuer=?, coerced=? WHERE study_uid=?",
                (*number, change["before"]["coerced"], study_uid),
            )
        else:
            elsewhere.append(study_uid)
    for study_uid in named:
        if study_uid in home:
            continue
        if study_uid not in studies_of(tx, survivor(tx, *source)):
            raise BadInput(
                f"{shown(source)} has no such study", place=study_uid, remedy="Name studies of that patient."
            )
        home.append(study_uid)
        tx.execute("UPDATE pacs_study SET patient_id=?, issuer=?, coerced=1 WHERE study_uid=?", (*number, study_uid))
    tx.execute("UPDATE pacs_patient SET merged_into=NULL, merged_issuer=NULL WHERE patient_id=? AND issuer=?", number)
    _forget(tx, record, source)
    tx.execute("UPDATE pacs_repair SET state='undone' WHERE id=?", (record["id"],))
    moved = counts(tx, "s.study_uid IN (SELECT value FROM json_each(?))", (json.dumps(home),))
    verb = "go" if preview else "went"
    summary = (
        f"{moved['instances']} instances of {moved['series']} series in {moved['studies']} studies {verb} home "
        f"from {shown(source)} to {shown(number)}"
    )
    data = {
        "summary": summary + (f"; {len(elsewhere)} moved on since, left there" if elsewhere else ""),
        "number": number[0],
        "issuer": number[1],
        "was_merged_into": source[0],
        "home": home,
        "moved_on": elsewhere,
        "merge": record["id"],
        **moved,
    }
    return Done(data, tuple(home), (patient(number), *map(filing, home)), number[0])


def merge_of(tx: sqlite3.Connection, number: Number) -> sqlite3.Row | None:
    """The record of the merge that retired `number`, unless it was undone."""
    row: sqlite3.Row | None = tx.execute(
        "SELECT * FROM pacs_repair WHERE method=? AND state='done' AND json_extract(result, '$.retired')=? "
        "AND json_extract(result, '$.retired_issuer')=? ORDER BY id DESC LIMIT 1",
        (MERGE, *number),
    ).fetchone()
    return row


def _forget(tx: sqlite3.Connection, record: sqlite3.Row, source: Number) -> None:
    """Remove a survivor whom the archive knows from the merge alone."""
    made = any(c["op"] == "INSERT" and c["table"] == "pacs_patient" for c in json.loads(record["changes"]))
    if made and not studies_of(tx, source):
        tx.execute("DELETE FROM pacs_patient WHERE patient_id=? AND issuer=?", source)
