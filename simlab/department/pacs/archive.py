"""The archive itself: takes instances in, finds them again, hands them out under their effective identity."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from simlab.blobs import Blobs, Reference
from simlab.department.pacs import corrections, visibility
from simlab.department.pacs.settings import setting
from simlab.dicom import statuses
from simlab.dicom.header import Header
from simlab.dicom.instance import Instance
from simlab.dicom.matching import fold
from simlab.dicom.uids import is_uid
from simlab.errors import BadInput, NotFound


class NotForArchive(BadInput):
    """An instance that lacks what the index needs (PS3.4 B.2.3: A900, the data set does not match the SOP class)."""

    dicom_status = 0xA900


class OtherContent(BadInput):
    """A SOP instance UID that is held already with other content: the first is kept, the second refused."""

    dicom_status = statuses.OTHER_CONTENT_HELD


@dataclass(frozen=True)
class Filed:
    """What became of an instance: `new` or there before, and the number it was filed under when not its own."""

    new: bool
    patient_id: str
    issuer: str
    conflict: str = ""


def survivor(tx: sqlite3.Connection, patient_id: str, issuer: str) -> tuple[str, str]:
    """The number that is in force for a number: itself, or the one it was merged into."""
    seen = set()
    while (patient_id, issuer) not in seen:
        seen.add((patient_id, issuer))
        row = tx.execute(
            "SELECT merged_into, merged_issuer FROM pacs_patient "
            "WHERE patient_id=? AND issuer=? AND merged_into IS NOT NULL",
            (patient_id, issuer),
        ).fetchone()
        if row is None:
            break
        patient_id, issuer = row["merged_into"], row["merged_issuer"]
    return patient_id, issuer


def check(header: Header) -> None:
    """Whether the index can hold it; raises NotForArchive that names the attribute."""
    for keyword, value in (
        ("SOPInstanceUID", header.sop_instance_uid),
        ("StudyInstanceUID", header.study_uid),
        ("SeriesInstanceUID", header.series_uid),
        ("SOPClassUID", header.sop_class_uid),
    ):
        if not is_uid(value):
            raise NotForArchive(
                f"{keyword} is {'no UID' if value else 'missing'}", place=keyword, remedy="Mend it at the sender."
            )


def file(
    tx: sqlite3.Connection, instance: Instance, pixels: Reference | None, source: str, received: datetime
) -> Filed:
    """Index `instance`, whose pixel data is kept as `pixels`, inside the caller's write transaction.

    The same instance again changes nothing. Raises NotForArchive, OtherContent.
    """
    header = instance.header()
    check(header)
    held = tx.execute(
        "SELECT i.pixels, i.sop_class, i.series_uid, i.stored_series, e.study_uid, i.stored_study, s.patient_id, "
        "i.stored_patient_id, s.issuer FROM pacs_instance i JOIN pacs_series e USING (series_uid) "
        "JOIN pacs_study s USING (study_uid) WHERE sop_uid=?",
        (header.sop_instance_uid,),
    ).fetchone()
    if held is not None:
        what = _difference(held, header, pixels)
        if what:
            raise OtherContent(
                f"SOP instance UID held already with {what}",
                place=header.sop_instance_uid,
                remedy="Two objects share one UID: find the sender that made it twice.",
            )
        return Filed(False, held["patient_id"], held["issuer"])
    own_id, own_issuer = header.patient_id, header.issuer or setting(tx, "default_issuer")
    patient_id, issuer = survivor(tx, own_id, own_issuer)
    series = tx.execute("SELECT study_uid, hidden FROM pacs_series WHERE series_uid=?", (header.series_uid,)).fetchone()
    study_uid = header.study_uid if series is None else _home(tx, series["study_uid"], header)
    study = tx.execute("SELECT patient_id, issuer, hidden FROM pacs_study WHERE study_uid=?", (study_uid,)).fetchone()
    conflict = ""
    if study is None:
        tx.execute(
            "INSERT OR IGNORE INTO pacs_patient (patient_id, issuer, name, name_fold, birth_date, sex) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (patient_id, issuer, header.patient_name, fold(header.patient_name), header.birth_date, header.sex),
        )
        tx.execute(
            "INSERT INTO pacs_study (study_uid, patient_id, issuer, study_date, study_time, accession, study_id, "
            "description, referring, coerced) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                header.study_uid,
                patient_id,
                issuer,
                header.study_date,
                header.study_time,
                header.accession,
                header.study_id,
                header.study_description,
                header.referring_physician,
                int((patient_id, issuer) != (own_id, own_issuer)),
            ),
        )
    elif study_uid != header.study_uid:
        patient_id, issuer = study["patient_id"], study["issuer"]
    elif (study["patient_id"], study["issuer"]) != (patient_id, issuer):
        # One study UID under two patients: the study stays whose it is, and the event says so.
        conflict = f"the study belongs to {study['patient_id']}, the instance says {own_id}"
        patient_id, issuer = study["patient_id"], study["issuer"]
    if series is None:
        tx.execute(
            "INSERT INTO pacs_series VALUES (?, ?, ?, ?, ?, ?, ?, 0)",
            (
                header.series_uid,
                header.study_uid,
                header.modality,
                header.series_number,
                header.series_description,
                header.body_part,
                header.laterality,
            ),
        )
    tx.execute(
        "INSERT INTO pacs_instance VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?)",
        (
            header.sop_instance_uid,
            header.series_uid,
            header.sop_class_uid,
            header.instance_number,
            header.rows,
            header.columns,
            header.frames,
            instance.transfer_syntax,
            instance.size,
            source,
            received.isoformat(timespec="milliseconds"),
            own_id,
            own_issuer,
            header.study_uid,
            header.series_uid,
            instance.head,
            pixels,
        ),
    )
    if (study is not None and study["hidden"]) or (series is not None and series["hidden"]):
        visibility.refresh(tx, study_uid)
    return Filed(True, patient_id, issuer, conflict)


def _difference(held: sqlite3.Row, header: Header, pixels: Reference | None) -> str:
    """What sets an object apart from the one of its UID that is held, "" when it is that one.

    It may come as it came first, or as it was sent out since.
    """
    if held["pixels"] != pixels:
        return "other pixels"
    if (
        held["sop_class"] != header.sop_class_uid
        or header.series_uid not in (held["series_uid"], held["stored_series"])
        or header.study_uid not in (held["study_uid"], held["stored_study"])
    ):
        return "other study, series or class"
    if header.patient_id not in (held["patient_id"], held["stored_patient_id"]):
        return f"another patient, {held['stored_patient_id'] or 'none'}"
    return ""


def _home(tx: sqlite3.Connection, study_uid: str, header: Header) -> str:
    """The study of a series that is held: its own, or the one it was moved to since; raises NotForArchive."""
    if study_uid != header.study_uid:
        moved = "SELECT 1 FROM pacs_instance WHERE series_uid=? AND stored_study=? LIMIT 1"
        if tx.execute(moved, (header.series_uid, header.study_uid)).fetchone() is None:
            raise NotForArchive(
                "the series is held already in another study", place=header.series_uid, remedy="Mend it at the sender."
            )
    return study_uid


_LOAD = (
    "SELECT i.*, e.study_uid, s.coerced, s.corrected, p.patient_id, p.issuer, p.name, p.birth_date, p.sex "
    "FROM pacs_instance i JOIN pacs_series e USING (series_uid) JOIN pacs_study s USING (study_uid) "
    "JOIN pacs_patient p ON p.patient_id = s.patient_id AND p.issuer = s.issuer WHERE i.sop_uid=?"
)


def load(tx: sqlite3.Connection, blobs: Blobs, sop_uid: str, moment: datetime, system: str) -> Instance:
    """An instance under its effective identity: as it came unless its study was repaired since.

    Raises NotFound.
    """
    row = tx.execute(_LOAD, (sop_uid,)).fetchone()
    if row is None:
        raise NotFound(f"the PACS holds no instance {sop_uid}", place="PACS", remedy="Query it for what it holds.")
    pixels = None if row["pixels"] is None else blobs.get(row["pixels"])
    instance = Instance(row["transfer_syntax"], bytes(row["head"]), pixels)
    if not row["coerced"] and not row["corrected"]:
        return instance
    identity: dict[str, str] = {}
    if row["coerced"]:
        identity |= {
            "PatientID": row["patient_id"],
            "PatientName": row["name"],
            "PatientBirthDate": row["birth_date"],
            "PatientSex": row["sex"],
        }
        if row["issuer"]:
            identity["IssuerOfPatientID"] = row["issuer"]
    if row["corrected"]:
        identity |= corrections.fitted(corrections.standing(tx, row["study_uid"], row["series_uid"]), instance)
    return instance.with_identity(identity, moment=moment, system=system)


@dataclass(frozen=True)
class Held:
    """What must be known of an instance before it is sent."""

    sop_uid: str
    sop_class: str
    transfer_syntax: str


def select(tx: sqlite3.Connection, unique: Sequence[tuple[str, list[str]]]) -> list[Held]:
    """The instances under unique keys (column, values), in order of series and instance; none that is hidden."""
    where, values = ["s.quarantined = 0", "i.hidden = 0"], []
    for column, wanted in unique:
        where.append(f"{column} IN (SELECT value FROM json_each(?))")
        values.append(json.dumps(wanted))
    rows = tx.execute(
        "SELECT i.sop_uid, i.sop_class, i.transfer_syntax FROM pacs_instance i JOIN pacs_series e USING (series_uid) "
        f"JOIN pacs_study s USING (study_uid) WHERE {' AND '.join(where)} "
        "ORDER BY s.study_date, s.study_uid, e.number, e.series_uid, i.number, i.sop_uid",
        values,
    )
    return [Held(*row) for row in rows]
