"""Moving images to where they belong: a whole study to another patient, chosen series or instances to another study."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

from simlab.department.pacs import corrections, visibility
from simlab.department.pacs.archive import survivor
from simlab.department.pacs.repair.patients import (
    Done,
    Number,
    counts,
    filing,
    find_number,
    held,
    shown,
    the_study,
    told,
)
from simlab.dicom.uids import is_uid, uid
from simlab.errors import BadInput, NotFound

_STUDY_COLUMNS = {
    one.column: keyword for keyword, one in corrections.CORRECTABLE.items() if one.level == corrections.STUDY
}
"""What images take over from a study that they join: column and keyword."""


def move(tx: sqlite3.Connection, study_uid: str, patient_id: str, issuer: str, *, preview: bool) -> Done:
    """File one study under another patient, who must be known."""
    study = the_study(tx, study_uid)
    source = (study["patient_id"], study["issuer"])
    target = survivor(tx, *find_number(tx, patient_id, issuer))
    if source == target:
        raise BadInput(f"the study is {shown(target)}'s already", place=study_uid, remedy="Nothing needs moving.")
    tx.execute("UPDATE pacs_study SET patient_id=?, issuer=?, coerced=1 WHERE study_uid=?", (*target, study_uid))
    moved = held(tx, study_uid)
    data = {
        "summary": told(moved, preview, shown(source), shown(target)),
        "study_uid": study_uid,
        "from": source[0],
        "from_issuer": source[1],
        "to": target[0],
        "to_issuer": target[1],
        **moved,
    }
    return Done(data, (study_uid,), (filing(study_uid),), target[0])


def split(
    tx: sqlite3.Connection,
    study_uid: str,
    series: Sequence[str],
    instances: Sequence[str],
    into: str,
    target: Number | None,
    *,
    preview: bool,
) -> Done:
    """Take chosen series and instances out of a study, into a new one or into one that is held.

    A series that goes whole keeps its UID; of one that goes in part, the part gets a new one. SOP instance UIDs stay:
    the pixels are the same, and references to them hold.
    """
    study = the_study(tx, study_uid)
    chosen = _chosen(tx, study_uid, series, instances)
    if into and not is_uid(into):
        raise BadInput(f"{into!r} is no UID", remedy="Leave it out to have one made.")
    new_uid = into or uid("split", study_uid, *sorted(sop for sops in chosen.values() for sop in sops))
    if new_uid == study_uid:
        raise BadInput("the images are in that study already", place=study_uid, remedy="Name another study.")
    owner = survivor(tx, *target) if target else None
    owner = _prepare(tx, study, new_uid, owner)
    touches = [filing(study_uid), filing(new_uid)]
    for series_uid, sops in chosen.items():
        touches += [f"series {series_uid}", *(f"instance {sop}" for sop in sops)]
        _rehome(tx, series_uid, sops, new_uid)
    corrections.mark(tx, new_uid)
    left = held(tx, study_uid)
    if not left["instances"]:
        tx.execute("DELETE FROM pacs_study WHERE study_uid=?", (study_uid,))
    else:
        visibility.refresh(tx, study_uid)
    visibility.refresh(tx, new_uid)
    moved = {"studies": 1, "series": len(chosen), "instances": sum(map(len, chosen.values()))}
    source = (study["patient_id"], study["issuer"])
    data = {
        "summary": f"{told(moved, preview, shown(source), shown(owner))}, study {new_uid}; "
        f"{left['instances']} instances of {left['series']} series stay",
        "study_uid": study_uid,
        "new_study_uid": new_uid,
        "from": source[0],
        "to": owner[0],
        "to_issuer": owner[1],
        **moved,
    }
    return Done(data, (study_uid, new_uid), tuple(touches), owner[0])


def _chosen(
    tx: sqlite3.Connection, study_uid: str, series: Sequence[str], instances: Sequence[str]
) -> dict[str, list[str]]:
    """The chosen instances by series; BadInput, NotFound for what is not in the study."""
    if not series and not instances:
        raise BadInput("nothing is chosen", place=study_uid, remedy="Name series or instances of the study.")
    rows = tx.execute(
        "SELECT i.sop_uid, i.series_uid FROM pacs_instance i JOIN pacs_series e USING (series_uid) "
        "WHERE e.study_uid=? ORDER BY e.number, i.series_uid, i.number, i.sop_uid",
        (study_uid,),
    ).fetchall()
    strangers = {*series, *instances} - {row["series_uid"] for row in rows} - {row["sop_uid"] for row in rows}
    if strangers:
        raise NotFound(f"the study has no {sorted(strangers)[0]}", place=study_uid, remedy="Look at its series.")
    found: dict[str, list[str]] = {}
    for row in rows:
        if row["series_uid"] in series or row["sop_uid"] in instances:
            found.setdefault(row["series_uid"], []).append(row["sop_uid"])
    return found


def _prepare(tx: sqlite3.Connection, study: sqlite3.Row, new_uid: str, owner: Number | None) -> Number:
    """Make the study that takes the images, like the one they leave, unless it is held; give whose it is."""
    there = tx.execute("SELECT patient_id, issuer, coerced FROM pacs_study WHERE study_uid=?", (new_uid,)).fetchone()
    if there is not None:
        now = (there["patient_id"], there["issuer"])
        if owner and owner != now:
            raise BadInput(
                f"study {new_uid} is {shown(now)}'s, not {shown(owner)}'s", place="PACS", remedy="Move the study first."
            )
        if not there["coerced"]:
            tx.execute("UPDATE pacs_study SET coerced=1 WHERE study_uid=?", (new_uid,))
        return now
    was = (study["patient_id"], study["issuer"])
    owner = owner or was
    names = [name for name in study.keys() if name not in ("hidden", "corrected")]  # noqa: SIM118
    row = {name: study[name] for name in names} | {"study_uid": new_uid, "patient_id": owner[0], "issuer": owner[1]}
    row["coerced"] = int(owner != was or study["coerced"])
    marks = ", ".join(f":{name}" for name in names)
    tx.execute(f"INSERT INTO pacs_study ({', '.join(names)}) VALUES ({marks})", row)
    corrections.copy(tx, corrections.STUDY, study["study_uid"], new_uid)
    return owner


def _rehome(tx: sqlite3.Connection, series_uid: str, sops: list[str], new_study: str) -> None:
    whole = counts(tx, "e.series_uid=?", (series_uid,))["instances"] == len(sops)
    changed = {"StudyInstanceUID": new_study}
    study = the_study(tx, new_study)
    changed |= {keyword: str(study[column]) for column, keyword in _STUDY_COLUMNS.items() if study[column]}
    if whole:
        new_series = series_uid
        tx.execute("UPDATE pacs_series SET study_uid=? WHERE series_uid=?", (new_study, series_uid))
    else:
        new_series = uid("split", new_study, series_uid)
        changed["SeriesInstanceUID"] = new_series
        tx.execute(
            "INSERT OR IGNORE INTO pacs_series SELECT ?, ?, modality, number, description, body_part, laterality, "
            "hidden FROM pacs_series WHERE series_uid=?",
            (new_series, new_study, series_uid),
        )
        corrections.copy(tx, corrections.SERIES, series_uid, new_series)
        tx.execute(
            "UPDATE pacs_instance SET series_uid=? WHERE sop_uid IN (SELECT value FROM json_each(?))",
            (new_series, json.dumps(sops)),
        )
    corrections.put(tx, corrections.SERIES, new_series, changed)
