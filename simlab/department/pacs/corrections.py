"""Attributes that were corrected below the patient: what may be, where it stands, what goes out."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass
from datetime import datetime

from simlab.dicom.instance import Instance
from simlab.errors import BadInput

STUDY, SERIES = "study", "series"


@dataclass(frozen=True)
class Attribute:
    """An attribute that may be corrected: at which level, in which column of the index, of which VR."""

    level: str
    column: str
    vr: str
    values: tuple[str, ...] = ()


CORRECTABLE = {
    "PatientName": Attribute("patient", "name", "PN"),
    "PatientBirthDate": Attribute("patient", "birth_date", "DA"),
    "PatientSex": Attribute("patient", "sex", "CS", ("F", "M", "O", "")),
    "StudyDate": Attribute(STUDY, "study_date", "DA"),
    "StudyTime": Attribute(STUDY, "study_time", "TM"),
    "AccessionNumber": Attribute(STUDY, "accession", "SH"),
    "StudyID": Attribute(STUDY, "study_id", "SH"),
    "StudyDescription": Attribute(STUDY, "description", "LO"),
    "ReferringPhysicianName": Attribute(STUDY, "referring", "PN"),
    "SeriesDescription": Attribute(SERIES, "description", "LO"),
    "BodyPartExamined": Attribute(SERIES, "body_part", "CS"),
    "Laterality": Attribute(SERIES, "laterality", "CS", ("L", "R", "B", "U", "")),
}
"""What an administrator may correct. UIDs, numbers and everything that describes the acquisition are not among it."""

_LENGTHS = {"SH": 16, "LO": 64, "CS": 16, "PN": 194}
"""Characters that a value may have (PS3.5 6.2; PN: three groups of 64)."""


def checked(keyword: str, value: str, level: str) -> str:
    """`value` as it may stand for `keyword` of that level; BadInput says what may stand there."""
    attribute = CORRECTABLE.get(keyword)
    if attribute is None or attribute.level != level:
        known = ", ".join(name for name, one in CORRECTABLE.items() if one.level == level)
        raise BadInput(f"{keyword} of a {level} is not corrected here", place=keyword, remedy=f"These are: {known}.")
    value = value.strip()
    if attribute.vr == "CS":
        value = value.upper()
    wrong = ""
    if attribute.values and value not in attribute.values:
        wrong = f"Write one of {', '.join(one or 'nothing' for one in attribute.values)}."
    elif attribute.vr == "DA" and value and not _moment(value, "%Y%m%d", r"\d{8}"):
        wrong = "Write YYYYMMDD."
    elif attribute.vr == "TM" and value and not _moment(value[:6], "%H%M%S", r"\d{6}"):
        wrong = "Write HHMMSS."
    elif attribute.vr == "CS" and not re.fullmatch(r"[A-Z0-9_ ]*", value):
        wrong = "Write capitals, digits, blanks and underscores."
    elif "\\" in value or not value.isprintable():
        wrong = "Write one value, without backslashes and control characters."
    elif len(value) > _LENGTHS.get(attribute.vr, 14):
        wrong = f"Write {_LENGTHS.get(attribute.vr, 14)} characters at most."
    if wrong:
        raise BadInput(f"{value!r} is no {keyword}", place=keyword, remedy=wrong)
    return value


def _moment(text: str, form: str, shape: str) -> bool:
    try:
        return re.fullmatch(shape, text) is not None and datetime.strptime(text, form) is not None
    except ValueError:
        return False


def put(tx: sqlite3.Connection, level: str, uid: str, values: dict[str, str]) -> None:
    """Have everything under `uid` go out with these values from now on."""
    tx.executemany(
        "INSERT INTO pacs_correction VALUES (?, ?, ?, ?) ON CONFLICT (level, uid, keyword) "
        "DO UPDATE SET value=excluded.value",
        [(level, uid, keyword, value) for keyword, value in values.items()],
    )


def copy(tx: sqlite3.Connection, level: str, uid: str, to: str) -> None:
    """Give `to` the corrections of `uid`."""
    tx.execute(
        "INSERT OR IGNORE INTO pacs_correction SELECT level, ?, keyword, value FROM pacs_correction "
        "WHERE level=? AND uid=?",
        (to, level, uid),
    )


def mark(tx: sqlite3.Connection, study_uid: str) -> None:
    """Set the study's `corrected` as its corrections have it now."""
    tx.execute(
        "UPDATE pacs_study AS s SET corrected = NOT corrected WHERE study_uid=? AND corrected <> EXISTS ("
        "SELECT 1 FROM pacs_correction c WHERE (c.level='study' AND c.uid = s.study_uid) OR (c.level='series' "
        "AND c.uid IN (SELECT e.series_uid FROM pacs_series e WHERE e.study_uid = s.study_uid)))",
        (study_uid,),
    )


def standing(tx: sqlite3.Connection, study_uid: str, series_uid: str) -> dict[str, str]:
    """What an instance of that series goes out with, keyword to value; the series has the last word."""
    rows = tx.execute(
        "SELECT keyword, value FROM pacs_correction WHERE (level='study' AND uid=?) OR (level='series' AND uid=?) "
        "ORDER BY level='series'",
        (study_uid, series_uid),
    )
    return {row["keyword"]: row["value"] for row in rows}


def fitted(changes: dict[str, str], instance: Instance) -> dict[str, str]:
    """`changes` in the words of this instance: a side stands in Image Laterality where the image has that."""
    if "Laterality" not in changes:
        return changes
    ds = instance.dataset()
    if "ImageLaterality" not in ds:
        return changes
    kept = {key: value for key, value in changes.items() if key != "Laterality" or key in ds}
    return kept | {"ImageLaterality": changes["Laterality"]}
