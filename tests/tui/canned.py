"""What the fake door answers: one morning in a small department, the same on every run."""

from __future__ import annotations

import base64
import math
from typing import Any

Rows = list[dict[str, Any]]

STUDY_1 = "2.25.311204519860217354109826735410982673541"
STUDY_2 = "2.25.118820734465920017364520918273645500172"
STUDY_3 = "2.25.274410023348871625340918273645546372819"


def exercises() -> Rows:
    rows = [
        ("first-contact", "The engineer says “it pings”", "dicom", "foundation", 10),
        ("rejected-association", "The scanner is refused since last night's upgrade", "dicom", "foundation", 15),
        ("find-without-number", "A clinic phones without a number", "query", "foundation", 15),
        ("send-to-theatre", "A prior for the theatre viewer", "query", "foundation", 15),
        ("todays-list", "CT asks for its list", "worklist", "foundation", 10),
        ("empty-room", "One room's worklist is empty", "worklist", "intermediate", 25),
        ("read-an-admission", "An admission and an order", "hl7", "foundation", 15),
        ("two-numbers", "One person, two numbers", "identity", "foundation", 20),
    ]
    return [
        {
            "id": id,
            "title": title,
            "track": track,
            "level": level,
            "minutes": minutes,
            "kind": "scenario",
            "competencies": ["cpsa:4", "ciip:F"],
            "prerequisites": ["first-contact"] if id != "first-contact" else [],
        }
        for id, title, track, level, minutes in rows
    ]


HISTORY: Rows = [
    {"attempt": "a1", "state": "submitted", "exercise": "first-contact", "earned": 10, "points": 10, "passed": True},
    {"attempt": "a2", "state": "submitted", "exercise": "send-to-theatre", "earned": 4, "points": 10, "passed": False},
]

BRIEF = """\
**Telephone, 07:40**, Sister Osei, theatre 3

> Mr Whitcombe is on the table at eight. The surgeon wants yesterday's hip *and* the one from before the fall on our
> viewer. There are two of that name, so please look twice.

The viewer in theatre is `THEATRE`.
"""


def attempt(opened: frozenset[str]) -> dict[str, Any]:
    return {
        "attempt": "att-7",
        "title": "A prior for the theatre viewer",
        "exercise": {"id": "send-to-theatre", "title": "A prior for the theatre viewer", "version": 1},
        "brief": BRIEF,
        "tasks": [
            {
                "id": "current",
                "title": "Yesterday's hip is in theatre",
                "points": 4,
                "question": None,
                "hints": [
                    _hint("current", 0, 0, "C-MOVE asks the archive to send; who receives?", opened),
                    _hint("current", 1, 1, "Query STUDY level by PatientID first.", opened),
                ],
            },
            {"id": "prior", "title": "So is the prior", "points": 4, "question": None, "hints": []},
            {
                "id": "birth-date",
                "title": "Which birth date is his?",
                "points": 2,
                "hints": [],
                "question": {
                    "kind": "choice",
                    "ask": "Which birth date has the man on the table?",
                    "options": {"a": "1951-04-12", "b": "1951-12-04"},
                },
            },
        ],
        "rights": {"epr.merge": "ask data-quality"},
        "logs": "own",
    }


def _hint(task: str, number: int, cost: float, text: str, opened: frozenset[str]) -> dict[str, Any]:
    return {"cost": cost, "text": text if f"{task}{number}" in opened else None}


def marks(moved: set[str], answered: bool, *, submitted: bool = False) -> dict[str, Any]:
    def check(id: str, study: str, message: str) -> dict[str, Any]:
        there = study in moved
        return {
            "id": id,
            "result": "passed" if there else "failed",
            "message": message,
            "guard": False,
            "expected": "3 instances at THEATRE",
            "actual": f"{3 if there else 0} instances",
            "evidence": [{"event": 12}] if there else [],
        }

    guard = {
        "id": "nobody-elses",
        "result": "passed",
        "message": "Images of another patient are in theatre.",
        "guard": True,
        "expected": "no other patient",
        "actual": "none",
        "evidence": [],
    }
    question: dict[str, Any] = {
        "id": "birth-date",
        "result": ("passed" if answered else "failed") if submitted else "skipped",
        "message": "Compare the request's birth date with both patients.",
        "guard": False,
        "expected": "",
        "actual": "a" if answered else "",
        "evidence": [],
    }
    tasks = [
        {
            "id": "current",
            "title": "Yesterday's hip is in theatre",
            "points": 4,
            "checks": [check("held", STUDY_1, "Yesterday's hip is not in theatre yet."), guard],
        },
        {
            "id": "prior",
            "title": "So is the prior",
            "points": 4,
            "checks": [check("prior-held", STUDY_2, "The prior is not in theatre yet.")],
        },
        {"id": "birth-date", "title": "Which birth date is his?", "points": 2, "checks": [question]},
    ]
    told: dict[str, Any] = {"tasks": tasks}
    if submitted:
        for task in tasks:
            task["earned"] = task["points"] if all(one["result"] == "passed" for one in task["checks"]) else 0  # type: ignore[attr-defined]
        told["points"] = 10
        told["earned"] = sum(task["earned"] for task in tasks)
        told["passed"] = told["earned"] == 10
    return told


PATIENTS: Rows = [
    {"patient_id": "RXX4410082", "issuer": "RXX01", "name": "Whitcombe^Harold", "birth_date": "19510412", "sex": "M"},
    {"patient_id": "RXX4417720", "issuer": "RXX01", "name": "Whitcombe^Harold", "birth_date": "19511204", "sex": "M"},
    {"patient_id": "RXX4402915", "issuer": "RXX01", "name": "Núñez^Inés", "birth_date": "19880730", "sex": "F"},
]

STUDIES: Rows = [
    {
        "study_uid": STUDY_1,
        "patient_id": "RXX4410082",
        "issuer": "RXX01",
        "study_date": "20260301",
        "modalities": ["DX"],
        "description": "DX Hip",
        "accession": "RXX2603010017",
        "instances": 3,
    },
    {
        "study_uid": STUDY_2,
        "patient_id": "RXX4410082",
        "issuer": "RXX01",
        "study_date": "20251110",
        "modalities": ["DX"],
        "description": "DX Hip",
        "accession": "RXX2511100204",
        "instances": 3,
    },
    {
        "study_uid": STUDY_3,
        "patient_id": "RXX4417720",
        "issuer": "RXX01",
        "study_date": "20260227",
        "modalities": ["CT"],
        "description": "CT Chest",
        "accession": "RXX2602270088",
        "instances": 24,
    },
]


def find_rows(keys: dict[str, str]) -> Rows:
    wanted = keys.get("PatientID") or ""
    names = keys.get("PatientName", "").rstrip("*").casefold()
    people = {row["patient_id"]: row for row in PATIENTS}
    return [
        {
            "PatientName": people[row["patient_id"]]["name"],
            "PatientID": row["patient_id"],
            "PatientBirthDate": people[row["patient_id"]]["birth_date"],
            "StudyDate": row["study_date"],
            "ModalitiesInStudy": row["modalities"],
            "StudyDescription": row["description"],
            "AccessionNumber": row["accession"],
            "StudyInstanceUID": row["study_uid"],
        }
        for row in STUDIES
        if wanted in ("", row["patient_id"]) and people[row["patient_id"]]["name"].casefold().startswith(names)
    ]


ENDPOINTS = {
    "PACS": {"ae_title": "PACS", "host": "127.0.0.1", "port": 11112},
    "RIS": {"ae_title": "RIS", "host": "127.0.0.1", "port": 11113},
    "THEATRE": {"ae_title": "THEATRE", "host": "127.0.0.1", "port": 11121},
    "CT1": {"ae_title": "CT1", "host": "127.0.0.1", "port": 11131},
    "ADT": {"host": "127.0.0.1", "port": 2575},
}

PEERS: Rows = [
    {"title": "ADMIN", "host": "127.0.0.1", "port": 11119, "services": ["echo", "store", "find", "move", "get"]},
    {"title": "CT1", "host": "127.0.0.1", "port": 11131, "services": ["echo", "store"]},
    {"title": "THEATRE", "host": "127.0.0.1", "port": 11121, "services": ["echo"]},
]


AUDIT: Rows = [
    {
        "id": 1,
        "at": "2026-03-02T06:58:10",
        "user": "night",
        "event": "login",
        "action": "E",
        "summary": "night logs in",
    },
    {
        "id": 2,
        "at": "2026-03-02T07:02:31",
        "user": "night",
        "event": "query",
        "action": "E",
        "summary": "one study found",
    },
    {
        "id": 3,
        "at": "2026-03-02T07:31:05",
        "user": "modality",
        "event": "transferred",
        "action": "C",
        "summary": "3 in",
    },
]

REPAIRS: Rows = [
    {
        "id": 1,
        "method": "move_study",
        "state": "done",
        "summary": "24 instances of 1 series go from RXX4410082 to RXX4417720",
        "actor": "night",
        "at": "2026-03-02T07:05:00",
        "changes": [{"table": "pacs_study", "op": "update", "before": {"patient_id": "RXX4410082"}, "after": {}}],
    }
]

TRANSFERS: Rows = [
    {
        "id": 4,
        "destination": "THEATRE",
        "state": "waiting",
        "sent": 0,
        "instances": 3,
        "failed": 0,
        "study_uid": STUDY_2,
    },
    {"id": 5, "destination": "CLINIC", "state": "failed", "sent": 1, "instances": 3, "failed": 2, "study_uid": STUDY_1},
]


def views(name: str, filters: dict[str, str]) -> Rows:
    fixed: dict[str, Rows] = {
        "pacs.patients": PATIENTS,
        "pacs.studies": STUDIES,
        "pacs.peers": PEERS,
        "pacs.settings": [{"key": "ae_title", "value": "PACS"}, {"key": "check_calling", "value": True}],
        "pacs.audit": AUDIT,
        "pacs.unmatched": [{**STUDIES[2], "patient_name": "Whitcombe^Harold", "reason": "no order with this number"}],
        "pacs.repairs": REPAIRS,
        "pacs.transfers": TRANSFERS,
        "ris.orders": [
            {
                "accession": "RXX2603020004",
                "patient_id": "RXX4402915",
                "patient_name": "Núñez^Inés",
                "exam": "CTCHE",
                "state": "booked",
                "start": "2026-03-02T09:15",
            }
        ],
        "engine.routes": [{"name": "ris-to-pacs", "state": "running", "waiting": 0, "destination": "127.0.0.1:2577"}],
        "engine.queue": [],
        "desk.inbox": [
            {
                "id": "m1",
                "arrived": "2026-03-02T07:40:00",
                "kind": "call",
                "sender": "Sister Osei, theatre 3",
                "subject": "Images for Mr Whitcombe",
                "text": "Two of that name; please look twice.",
            }
        ],
        "desk.colleagues": [{"who": "data-quality", "name": "Priya Raman", "role": "data quality officer"}],
        "desk.asked": [],
        "desk.tickets": [],
        "desk.escalations": [],
    }
    if name == "pacs.series":
        return [
            {
                "study_uid": filters["study_uid"],
                "series_uid": f"{filters['study_uid']}.1",
                "number": 1,
                "modality": "DX",
                "description": "AP pelvis",
                "instances": 3,
            }
        ]
    if name == "pacs.instances":
        return [
            {
                "study_uid": filters["study_uid"],
                "series_uid": filters.get("series_uid", f"{filters['study_uid']}.1"),
                "number": number,
                "sop_uid": f"{filters['study_uid']}.1.{number}",
                "rows": 64,
                "columns": 64,
            }
            for number in (1, 2, 3)
        ]
    rows = fixed.get(name, [])
    return [row for row in rows if all(str(row.get(key, value)) == value for key, value in filters.items())]


ADT = (
    "MSH|^~\\&|EPR|RXX01|ENGINE|RXX01|20260302071200||ADT^A08^ADT_A01|EPR000041|P|2.5.1\r"
    "EVN||20260302071200\r"
    "PID|1||RXX4410082^^^RXX01^MR~9990001235^^^NHS^NH||WHITCOMBE^HAROLD||19510412|M|||4 Quay Row^^Northmouth\r"
    "PV1|1|I|TH3\r"
)

EVENTS: Rows = [
    {
        "id": 8,
        "at": "2026-03-02T07:12:00.120",
        "attempt": "att-7",
        "system": "EPR",
        "kind": "hl7.message",
        "actor": "feed",
        "cause": None,
        "summary": "ADT^A08 EPR000041 to ENGINE: AA",
        "data": {"direction": "out", "type": "ADT^A08", "control_id": "EPR000041", "ack": "AA"},
    },
    {
        "id": 9,
        "at": "2026-03-02T07:12:00.310",
        "attempt": "att-7",
        "system": "ENGINE",
        "kind": "hl7.message",
        "actor": "feed",
        "cause": 8,
        "summary": "ADT^A08 EPR000041 from EPR: AA",
        "data": {
            "direction": "in",
            "type": "ADT^A08",
            "control_id": "EPR000041",
            "ack": "AA",
            "ack_message": "MSH|^~\\&|ENGINE|RXX01|EPR|RXX01|20260302071200||ACK^A08|E1|P|2.5.1\rMSA|AA|EPR000041\r",
        },
    },
    {
        "id": 10,
        "at": "2026-03-02T07:38:41.002",
        "attempt": "att-7",
        "system": "PACS",
        "kind": "dicom.association",
        "actor": "modality",
        "cause": None,
        "summary": "CT1 from 127.0.0.1 accepted, 2 contexts",
        "data": {"calling": "CT1", "called": "PACS", "result": "accepted"},
    },
    {
        "id": 11,
        "at": "2026-03-02T07:38:41.090",
        "attempt": "att-7",
        "system": "PACS",
        "kind": "dicom.operation",
        "actor": "modality",
        "cause": 10,
        "summary": "C-STORE CT image: 0000",
        "data": {"service": "C-STORE", "status": "0000"},
    },
]

MOVE_EVENT = {
    "id": 12,
    "at": "2026-03-02T07:44:10.500",
    "attempt": "att-7",
    "system": "PACS",
    "kind": "dicom.operation",
    "actor": "trainee",
    "cause": None,
    "summary": "C-MOVE to THEATRE: 0000, 3 completed",
    "data": {"service": "C-MOVE", "destination": "THEATRE", "status": "0000", "completed": 3, "failed": 0},
}

HEADER: Rows = [
    {"tag": "(0008,0016)", "vr": "UI", "name": "SOP Class UID", "value": "1.2.840.10008.5.1.4.1.1.1.1", "depth": 0},
    {"tag": "(0008,0050)", "vr": "SH", "name": "Accession Number", "value": "RXX2603010017", "depth": 0},
    {"tag": "(0010,0010)", "vr": "PN", "name": "Patient's Name", "value": "Whitcombe^Harold", "depth": 0},
    {"tag": "(0010,0020)", "vr": "LO", "name": "Patient ID", "value": "RXX4410082", "depth": 0},
    {"tag": "(0040,0275)", "vr": "SQ", "name": "Request Attributes Sequence", "value": "1 item", "depth": 0},
    {"tag": "(0040,1001)", "vr": "SH", "name": "Requested Procedure ID", "value": "RP17", "depth": 1},
]


def preview(width: int = 64) -> dict[str, Any]:
    """A bright ring on a dark ground, with a fainter disc inside."""
    middle = (width - 1) / 2
    grey = bytearray()
    for y in range(width):
        for x in range(width):
            away = math.hypot(x - middle, y - middle) / middle
            grey.append(230 if 0.7 < away < 0.85 else 110 if away < 0.35 else 60 if away < 0.7 else 10)
    return {"width": width, "height": width, "rows": base64.b64encode(bytes(grey)).decode()}


def _schema(required: tuple[str, ...], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(required), "properties": properties, "additionalProperties": False}


_TEXT = {"type": "string"}
ACTIONS: Rows = [
    {
        "name": "dicom.echo",
        "doc": "Ask whether a peer's DICOM service answers (C-ECHO, PS3.4 A).",
        "schema": _schema((), to={"type": "string", "default": "PACS"}),
    },
    {
        "name": "pacs.set_peer",
        "doc": "Register a peer, or change the one of that title.",
        "schema": _schema(
            ("title", "port"),
            title=_TEXT,
            host={"type": "string", "default": "127.0.0.1"},
            port={"type": "integer"},
            services={"anyOf": [{"type": "array", "items": _TEXT}, {"type": "null"}], "default": None},
        ),
    },
    {
        "name": "pacs.configure",
        "doc": "Change settings of the PACS.",
        "schema": {"type": "object", "properties": {}, "additionalProperties": True},
    },
    {
        "name": "pacs.move_study",
        "doc": "Move one study to another patient.",
        "schema": _schema(
            ("study", "patient"), study=_TEXT, patient=_TEXT, preview={"type": "boolean", "default": False}
        ),
    },
    {"name": "desk.ask", "doc": "Ask a colleague.", "schema": _schema(("who", "text"), who=_TEXT, text=_TEXT)},
    {
        "name": "engine.hold",
        "doc": "Hold a route: its messages wait in the queue.",
        "schema": _schema(("route",), route=_TEXT),
    },
]

DEBRIEF = """\
## What happened

C-MOVE does not fetch: it asks the archive to *send*, and the archive looks the destination up in its own list.

## On Monday

Read the counts of the final response; `0000` with nothing completed means that nothing matched.
"""
