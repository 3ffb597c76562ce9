"""Correcting attributes: a person's demographics, a study's and a series' description, date, side and the like."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from simlab.department.pacs import corrections
from simlab.department.pacs.archive import survivor
from simlab.department.pacs.corrections import CORRECTABLE, STUDY
from simlab.department.pacs.repair.patients import Done, Number, held, patient, shown, studies_of, the_study
from simlab.dicom.matching import fold
from simlab.errors import BadInput, NotFound

DEMOGRAPHICS = ("name", "birth_date", "sex")


def update(tx: sqlite3.Connection, number: Number, demographics: Mapping[str, str]) -> Done:
    """Change name, birth date or sex of the patient in force for `number`; studies go out under it from now on."""
    for key in demographics:
        if key not in DEMOGRAPHICS:
            raise BadInput(f"a patient has no {key} here", place=key, remedy=f"It has: {', '.join(DEMOGRAPHICS)}.")
    who = survivor(tx, *number)
    row = tx.execute("SELECT * FROM pacs_patient WHERE patient_id=? AND issuer=?", who).fetchone()
    changed = {key: value for key, value in demographics.items() if value and row[key] != value}
    for key, value in changed.items():
        tx.execute(f"UPDATE pacs_patient SET {key}=? WHERE patient_id=? AND issuer=?", (value, *who))
    if "name" in changed:
        tx.execute("UPDATE pacs_patient SET name_fold=? WHERE patient_id=? AND issuer=?", (fold(changed["name"]), *who))
    studies = studies_of(tx, who)
    if changed:
        tx.execute("UPDATE pacs_study SET coerced=1 WHERE patient_id=? AND issuer=? AND coerced=0", who)
    data = {
        "summary": f"{shown(who)}: {', '.join(changed) or 'nothing'} changed",
        "patient_id": who[0],
        "issuer": who[1],
        "changed": changed,
    }
    touches = (patient(who), *(f"filing of {study_uid}" for study_uid in studies)) if changed else ()
    return Done(data, studies, touches, who[0])


def correct_patient(tx: sqlite3.Connection, number: Number, values: Mapping[str, str]) -> Done:
    """Change what `CORRECTABLE` has of a patient, by DICOM's keywords."""
    facts = {CORRECTABLE[key].column: corrections.checked(key, value, "patient") for key, value in values.items()}
    if not any(facts.values()):
        raise BadInput("a patient's facts are not corrected to nothing", place="PACS", remedy="Give the right value.")
    return update(tx, number, facts)


def correct(tx: sqlite3.Connection, level: str, uid: str, values: Mapping[str, str], *, preview: bool) -> Done:
    """Change attributes of a study or a series; every instance of it goes out with them from now on."""
    if not values:
        raise BadInput("nothing is to be corrected", place=uid, remedy="Say StudyDescription=CT Head, for instance.")
    study_uid = uid if level == STUDY else _study_of_series(tx, uid)
    study = the_study(tx, study_uid)
    wanted = {key: corrections.checked(key, value, level) for key, value in values.items()}
    table, key_column = ("pacs_study", "study_uid") if level == STUDY else ("pacs_series", "series_uid")
    row = tx.execute(f"SELECT * FROM {table} WHERE {key_column}=?", (uid,)).fetchone()
    before = {key: str(row[CORRECTABLE[key].column]) for key in wanted}
    changed = {key: value for key, value in wanted.items() if value != before[key]}
    if not changed:
        raise BadInput("the attributes have these values already", place=uid, remedy="Nothing needs correcting.")
    for key, value in changed.items():
        tx.execute(f"UPDATE {table} SET {CORRECTABLE[key].column}=? WHERE {key_column}=?", (value, uid))
        if level == STUDY:
            # Series that joined this study from another one carry its attributes as their own corrections.
            tx.execute(
                "UPDATE pacs_correction SET value=? WHERE level='series' AND keyword=? AND uid IN "
                "(SELECT series_uid FROM pacs_series WHERE study_uid=?)",
                (value, key, uid),
            )
    corrections.put(tx, level, uid, changed)
    corrections.mark(tx, study_uid)
    verb = "become" if preview else "became"
    said = ", ".join(f"{key} {before[key] or 'nothing'} {verb} {value or 'nothing'}" for key, value in changed.items())
    data = {
        "summary": f"{said} in {held(tx, study_uid)['instances'] if level == STUDY else _many(tx, uid)} instances",
        "level": level,
        "uid": uid,
        "study_uid": study_uid,
        "before": {key: before[key] for key in changed},
        "after": changed,
    }
    return Done(data, (study_uid,), tuple(f"{key} of {uid}" for key in changed), study["patient_id"])


def _study_of_series(tx: sqlite3.Connection, series_uid: str) -> str:
    row = tx.execute("SELECT study_uid FROM pacs_series WHERE series_uid=?", (series_uid,)).fetchone()
    if row is None:
        raise NotFound(f"the PACS holds no series {series_uid}", place="PACS", remedy="Look at the study's series.")
    return str(row["study_uid"])


def _many(tx: sqlite3.Connection, series_uid: str) -> int:
    return int(tx.execute("SELECT count(*) FROM pacs_instance WHERE series_uid=?", (series_uid,)).fetchone()[0])
