"""Modality Performed Procedure Step at the RIS: N-CREATE, N-SET, and N-GET of its Retrieve class (PS3.4 F.7, F.8)."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from simlab.clock import Clock
from simlab.department.ris import performed, settings
from simlab.department.ris.performed import DISCONTINUED, IN_PROGRESS, Link
from simlab.department.ris.telling import Telling
from simlab.dicom import contexts, statuses
from simlab.dicom.operation import Reply, Request
from simlab.dicom.scan import Malformed
from simlab.dicom.uids import is_uid, uid
from simlab.dicom.values import as_dataset, as_values, tag_of
from simlab.errors import BadInput
from simlab.store import Store

Attributes = dict[str, Any]

NEEDED = (
    "ScheduledStepAttributesSequence",
    "PerformedProcedureStepID",
    "PerformedStationAETitle",
    "PerformedProcedureStepStartDate",
    "PerformedProcedureStepStartTime",
    "Modality",
)
"""Type 1 at N-CREATE, beside the status (PS3.4 table F.7.2-1)."""
NEEDED_AT_END = ("PerformedProcedureStepEndDate", "PerformedProcedureStepEndTime", "PerformedSeriesSequence")
"""Type 1 for the final state (PS3.4 table F.7.2-1)."""
FIXED = frozenset(
    {
        *NEEDED,
        "PatientName",
        "PatientID",
        "IssuerOfPatientID",
        "PatientBirthDate",
        "PatientSex",
        "ReferencedPatientSequence",
        "PerformedStationName",
        "PerformedLocation",
        "StudyID",
    }
)
"""What N-SET may not touch (PS3.4 table F.7.2-1); it is left as it was."""

NO_LONGER = 0xA710
"""Error ID: the performed step may no longer be updated (PS3.4 F.7.2.2.2)."""
_LARGEST = 4 << 20
_NOT_KEPT = ("SpecificCharacterSet",)


class PerformedSteps:
    """Serves N-CREATE, N-SET and N-GET on the table `ris_mpps`."""

    def __init__(self, store: Store, clock: Clock, telling: Telling) -> None:
        self._store = store
        self._clock = clock
        self._telling = telling

    def create(self, request: Request) -> Reply:
        """A step has begun: IN PROGRESS is the only status that it may begin with (PS3.4 F.7.2.1.2)."""
        said = _read(request)
        if isinstance(said, Reply):
            return said
        status = said.get("PerformedProcedureStepStatus")
        if status != IN_PROGRESS:
            if not status:
                given = "PerformedProcedureStepStatus" in said
                return _lacking("PerformedProcedureStepStatus", statuses.MISSING_VALUE if given else None)
            return _refused(statuses.INVALID_VALUE, "PerformedProcedureStepStatus", f"it begins {IN_PROGRESS}")
        with self._store.write() as tx:
            request.sop_instance = request.sop_instance or uid("mpps", self._clock.now().isoformat(), _count(tx))
            if not is_uid(request.sop_instance):
                return Reply(statuses.INVALID_ARGUMENT, comment="the SOP instance UID is no UID")
            if _find(tx, request.sop_instance) is not None:
                return Reply(statuses.DUPLICATE_INSTANCE, comment="this performed step exists already")
            refused = _strict(tx, request, said, NEEDED)
            if refused is not None:
                return refused
            tx.execute(
                "INSERT INTO ris_mpps (mpps_uid, status, source, begun, attributes) VALUES (?, ?, ?, ?, ?)",
                (request.sop_instance, status, request.caller.calling, self._clock.now().isoformat(timespec="seconds"),
                 json.dumps(said, ensure_ascii=False)),
            )  # fmt: skip
            odd = performed.begin(tx, request.sop_instance, links(said), _text(said, "PatientID"))
            tx.execute("UPDATE ris_mpps SET conflict=? WHERE mpps_uid=?", ("; ".join(odd), request.sop_instance))
            request.note |= {"step_status": status, "accessions": accessions(tx, request.sop_instance)}
            self._telling.changed(tx, request.note["accessions"])
            if odd:
                request.note["conflict"] = "; ".join(odd)
            request.record(statuses.SUCCESS)
        return Reply(statuses.SUCCESS)

    def change(self, request: Request) -> Reply:
        """Attributes of a step in progress, or its end: after that only the RIS itself may correct it."""
        said = _read(request)
        if isinstance(said, Reply):
            return said
        with self._store.write() as tx:
            row = _find(tx, request.sop_instance)
            if row is None:
                return Reply(statuses.NO_SUCH_INSTANCE, comment="no such performed step")
            request.note["accessions"] = accessions(tx, request.sop_instance)
            if row["status"] != IN_PROGRESS:
                request.note["step_status"] = row["status"]
                return Reply(
                    statuses.PROCESSING_FAILURE,
                    comment="Performed Procedure Step Object may no longer be updated",
                    extra={"ErrorID": NO_LONGER},
                )
            status = said.get("PerformedProcedureStepStatus", IN_PROGRESS)
            if status not in performed.STATUSES:
                return _refused(statuses.INVALID_VALUE, "PerformedProcedureStepStatus", "no status of a step")
            after = {**json.loads(row["attributes"]), **{key: said[key] for key in said if key not in FIXED}}
            refused = _strict(tx, request, after, NEEDED_AT_END) if status != IN_PROGRESS else None
            if refused is not None:
                return refused
            ignored = sorted(set(said) & FIXED)
            if ignored:
                request.note["ignored"] = ignored
            tx.execute(
                "UPDATE ris_mpps SET status=?, attributes=?, ended=? WHERE mpps_uid=?",
                (status, json.dumps(after, ensure_ascii=False),
                 "" if status == IN_PROGRESS else self._clock.now().isoformat(timespec="seconds"),
                 request.sop_instance),
            )  # fmt: skip
            if status != IN_PROGRESS:
                code, meaning = reason(after)
                performed.end(tx, request.sop_instance, status, code, f"{code} {meaning}".strip())
                self._telling.changed(tx, request.note["accessions"])
                if status == DISCONTINUED:
                    request.note["reason"] = f"{code} {meaning}".strip()
            request.note["step_status"] = status
            request.record(statuses.SUCCESS)
        return Reply(statuses.SUCCESS)

    def get(self, request: Request) -> Reply:
        """The attributes asked for, all without a list; 0001 when some are not there (PS3.4 F.8.2)."""
        with self._store.read() as tx:
            row = _find(tx, request.sop_instance)
        if row is None:
            return Reply(statuses.NO_SUCH_INSTANCE, comment="no such performed step")
        held: Attributes = json.loads(row["attributes"])
        asked = request.message.command.get("AttributeIdentifierList")
        if isinstance(asked, tuple) and asked:
            by_tag = {tag_of(name): name for name in held}
            found = {by_tag[tag]: held[by_tag[tag]] for tag in asked if tag in by_tag}
            missing = len(asked) - len(found)
        else:
            found, missing = held, 0
        return Reply(statuses.ATTRIBUTES_NOT_SUPPORTED if missing else statuses.SUCCESS, as_dataset(found))


def links(said: Mapping[str, Any]) -> list[Link]:
    """What a performed step's attributes say it is for."""
    items = said.get("ScheduledStepAttributesSequence")
    return [
        Link(_text(item, "ScheduledProcedureStepID"), _text(item, "AccessionNumber"), _text(item, "StudyInstanceUID"))
        for item in (items if isinstance(items, list) else ())
    ]


def reason(said: Mapping[str, Any]) -> tuple[str, str]:
    """Code and meaning of the reason for which a step was discontinued."""
    items = said.get("PerformedProcedureStepDiscontinuationReasonCodeSequence")
    item = items[0] if isinstance(items, list) and items else {}
    return _text(item, "CodeValue"), _text(item, "CodeMeaning")


def _read(request: Request) -> Attributes | Reply:
    if request.sop_class != request.context.abstract_syntax or request.sop_class != contexts.PERFORMED_STEP:
        return Reply(statuses.NO_SUCH_CLASS, comment="SOP class and presentation context differ")
    if len(request.data) > _LARGEST:
        return Reply(statuses.PROCESSING_FAILURE, comment=f"more than {_LARGEST >> 20} MiB")
    try:
        said = as_values(request.dataset())
        as_dataset(said)
    except Malformed as error:
        return Reply(statuses.PROCESSING_FAILURE, comment=error.what)
    except BadInput as error:
        return Reply(statuses.INVALID_VALUE, comment=f"{error.place}: {error.what}")
    return {name: value for name, value in said.items() if name not in _NOT_KEPT}


def _strict(tx: sqlite3.Connection, request: Request, said: Mapping[str, Any], needed: tuple[str, ...]) -> Reply | None:
    """What lacks is noted, or refused where the RIS is set to be strict."""
    lacking = [name for name in needed if not said.get(name)]
    lacking += ["StudyInstanceUID" for link in links(said) if not link.study_uid][:1]
    if not lacking:
        return None
    request.note["lacking"] = lacking
    if not settings.load(tx).mpps_strict:
        return None
    return _lacking(lacking[0], statuses.MISSING_VALUE if lacking[0] in said else None)


def _lacking(keyword: str, status: int | None) -> Reply:
    return _refused(status or statuses.MISSING_ATTRIBUTE, keyword, "it is needed")


def _refused(status: int, keyword: str, why: str) -> Reply:
    return Reply(status, comment=f"{keyword}: {why}", extra={"AttributeIdentifierList": (tag_of(keyword),)})


def _find(tx: sqlite3.Connection, mpps_uid: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = tx.execute("SELECT * FROM ris_mpps WHERE mpps_uid=?", (mpps_uid,)).fetchone()
    return row


def _count(tx: sqlite3.Connection) -> int:
    return int(tx.execute("SELECT count(*) FROM ris_mpps").fetchone()[0])


def accessions(tx: sqlite3.Connection, mpps_uid: str) -> list[str]:
    """The orders that a performed step is for."""
    rows = tx.execute("SELECT DISTINCT accession FROM ris_mpps_step WHERE mpps_uid=? ORDER BY 1", (mpps_uid,))
    return [row["accession"] for row in rows if row["accession"]]


def _text(values: Mapping[str, Any], keyword: str) -> str:
    found = values.get(keyword)
    return "" if found is None or isinstance(found, list) else str(found)


def rows(
    tx: sqlite3.Connection, mpps_uid: str | None = None, accession: str | None = None, status: str | None = None
) -> list[dict[str, Any]]:
    """Performed steps: whose, what for, how far, and what does not agree with what was scheduled."""
    found = tx.execute(
        "SELECT * FROM ris_mpps m WHERE (?1 IS NULL OR mpps_uid=?1) AND (?2 IS NULL OR status=?2) AND (?3 IS NULL OR "
        "EXISTS (SELECT 1 FROM ris_mpps_step l WHERE l.mpps_uid=m.mpps_uid AND l.accession=?3)) ORDER BY begun, rowid",
        (mpps_uid, status, accession),
    ).fetchall()
    return [_row(tx, row) for row in found]


def _row(tx: sqlite3.Connection, row: sqlite3.Row) -> dict[str, Any]:
    said = json.loads(row["attributes"])
    linked = tx.execute("SELECT * FROM ris_mpps_step WHERE mpps_uid=? ORDER BY position", (row["mpps_uid"],)).fetchall()
    series = [one for one in said.get("PerformedSeriesSequence") or () if isinstance(one, Mapping)]
    images = sum(
        len(one.get(name) or ())
        for one in series
        for name in ("ReferencedImageSequence", "ReferencedNonImageCompositeSOPInstanceSequence")
    )
    code, meaning = reason(said)
    return {
        "mpps_uid": row["mpps_uid"],
        "status": row["status"],
        "source": row["source"],
        "patient_id": _text(said, "PatientID"),
        "patient_name": _text(said, "PatientName"),
        "modality": _text(said, "Modality"),
        "station_ae": _text(said, "PerformedStationAETitle"),
        "performed_id": _text(said, "PerformedProcedureStepID"),
        "scheduled": any(one["step_id"] for one in linked),
        "accession": linked[0]["accession"] if linked else "",
        "step_id": linked[0]["step_id"] if linked else "",
        "study_uid": linked[0]["study_uid"] if linked else "",
        "accessions": [one["accession"] for one in linked],
        "begun": row["begun"],
        "ended": row["ended"],
        "series": len(series),
        "series_uids": [_text(one, "SeriesInstanceUID") for one in series],
        "instances": images,
        "reason_code": code if row["status"] == DISCONTINUED else "",
        "reason": meaning if row["status"] == DISCONTINUED else "",
        "conflict": row["conflict"],
        "corrected": row["corrected"],
    }
