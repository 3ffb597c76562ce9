"""The audit trail of the PACS: who did what to whose images, shaped as DICOM PS3.15 A.5 has it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from simlab import provenance

QUERY, BEGIN_TRANSFER, TRANSFERRED, ACCESSED, DELETED, PATIENT_RECORD, PROCEDURE_RECORD, LOGIN, ALERT = (
    "query", "begin transfer", "transferred", "accessed", "deleted", "patient record", "procedure record", "login",
    "alert",
)  # fmt: skip

EVENTS = {
    QUERY: ("110112", "Query"),
    BEGIN_TRANSFER: ("110102", "Begin Transferring DICOM Instances"),
    TRANSFERRED: ("110104", "DICOM Instances Transferred"),
    ACCESSED: ("110103", "DICOM Instances Accessed"),
    DELETED: ("110105", "DICOM Study Deleted"),
    PATIENT_RECORD: ("110110", "Patient Record"),
    PROCEDURE_RECORD: ("110111", "Procedure Record"),
    LOGIN: ("110114", "User Authentication"),
    ALERT: ("110113", "Security Alert"),
}
"""Event identifications of PS3.15 A.5.3 (codes of DCM)."""

CREATE, READ, UPDATE, DELETE, EXECUTE = "C", "R", "U", "D", "E"
SUCCESS, MINOR_FAILURE = "0", "4"

_SEPARATOR = "\\"


def write(
    tx: sqlite3.Connection,
    at: datetime,
    event: str,
    action: str,
    summary: str,
    *,
    patients: Sequence[str] = (),
    studies: Sequence[str] = (),
    user: str = "",
    ae: str = "",
    host: str = "",
    outcome: str = SUCCESS,
) -> int:
    """Add an entry about `patients` (numbers) and `studies` (UIDs); the user is whoever acts now, unless said."""
    user = user or provenance.current().actor
    message = _message(at, event, action, summary, patients, studies, user, ae, host, outcome)
    cursor = tx.execute(
        "INSERT INTO pacs_audit (at, event, action, outcome, user, ae, patient_id, study_uid, summary, message) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            at.isoformat(timespec="seconds"),
            event,
            action,
            outcome,
            user,
            ae,
            _SEPARATOR.join(dict.fromkeys(patients)),
            _SEPARATOR.join(dict.fromkeys(studies)),
            summary,
            json.dumps(message, ensure_ascii=False),
        ),
    )
    return int(cursor.lastrowid or 0)


def _message(
    at: datetime,
    event: str,
    action: str,
    summary: str,
    patients: Sequence[str],
    studies: Sequence[str],
    user: str,
    ae: str,
    host: str,
    outcome: str,
) -> dict[str, Any]:
    code, meaning = EVENTS[event]
    who: dict[str, Any] = {"UserID": user, "UserIsRequestor": True}
    if ae:
        who["AlternativeUserID"] = f"AETITLES={ae}"
    if host:
        who |= {"NetworkAccessPointID": host, "NetworkAccessPointTypeCode": "2"}
    objects = [_object("1", "1", "2", "Patient Number", number) for number in patients]
    objects += [_object("2", "3", "110180", "Study Instance UID", uid) for uid in studies]
    return {
        "EventIdentification": {
            "EventActionCode": action,
            "EventDateTime": at.isoformat(timespec="seconds"),
            "EventOutcomeIndicator": outcome,
            "EventID": {"csd-code": code, "codeSystemName": "DCM", "originalText": meaning},
            "EventOutcomeDescription": summary,
        },
        "ActiveParticipant": [
            who,
            {"UserID": "PACS", "UserIsRequestor": False, "RoleIDCode": {"csd-code": "110152", "codeSystemName": "DCM"}},
        ],
        "AuditSourceIdentification": {"AuditSourceID": "PACS"},
        "ParticipantObjectIdentification": objects,
    }


def _object(kind: str, role: str, code: str, meaning: str, value: str) -> dict[str, Any]:
    """Type and role codes of PS3.15 A.5.2: 1/1 a patient, 2/3 a report or study."""
    return {
        "ParticipantObjectTypeCode": kind,
        "ParticipantObjectTypeCodeRole": role,
        "ParticipantObjectIDTypeCode": {"csd-code": code, "originalText": meaning},
        "ParticipantObjectID": value,
    }


def entries(
    tx: sqlite3.Connection,
    patient_id: str | None = None,
    study_uid: str | None = None,
    user: str | None = None,
    ae: str | None = None,
    event: str | None = None,
    action: str | None = None,
    since: str | None = None,
    until: str | None = None,
    limit: int = -1,
) -> list[dict[str, Any]]:
    """The audit trail, oldest first; `since` and `until` are times (2026-03-02T07:40) or the beginning of them. With
    `limit` the last so many entries."""
    where, values = ["1"], []  # type: tuple[list[str], list[str | int]]
    for column, wanted in (("patient_id", patient_id), ("study_uid", study_uid)):
        if wanted is not None:
            where.append(f"instr('\\' || {column} || '\\', '\\' || ? || '\\')")
            values.append(wanted)
    for column, exact in (("user", user), ("ae", ae), ("event", event), ("action", action)):
        if exact is not None:
            where.append(f"{column} = ?")
            values.append(exact)
    if since is not None:
        where.append("at >= ?")
        values.append(since)
    if until is not None:
        where.append("at <= ? || 'Z'")
        values.append(until)
    rows = tx.execute(
        f"SELECT * FROM pacs_audit WHERE {' AND '.join(where)} ORDER BY id DESC LIMIT CAST(? AS INTEGER)",
        [*values, limit],
    ).fetchall()
    return [
        {
            **dict(row),
            "patients": row["patient_id"].split(_SEPARATOR) if row["patient_id"] else [],
            "studies": row["study_uid"].split(_SEPARATOR) if row["study_uid"] else [],
            "message": json.loads(row["message"]),
        }
        for row in reversed(rows)
    ]
