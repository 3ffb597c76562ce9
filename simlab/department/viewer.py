"""A viewer, a place that images are sent to: THEATRE, CLINIC, and the trainee's own workstation ADMIN."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, InstanceOf
from pynetdicom.presentation import PresentationContext

from simlab import journal as kinds
from simlab.blobs import Blobs
from simlab.clock import Clock
from simlab.config import SEATS, Endpoint
from simlab.dicom import commitment, contexts, normalized, rejection, statuses
from simlab.dicom.instance import Instance
from simlab.dicom.operation import Caller, Reply, Request
from simlab.dicom.rejection import Rejection
from simlab.dicom.server import DicomServer, combine
from simlab.errors import BadInput, NotFound
from simlab.faults import FaultTable
from simlab.journal import Journal
from simlab.store import Schema, Store

SCHEMA = Schema(
    system="viewer",
    version=1,
    ddl="""
    CREATE TABLE IF NOT EXISTS viewer_instance (
        system TEXT NOT NULL, sop_uid TEXT NOT NULL, study_uid TEXT NOT NULL, series_uid TEXT NOT NULL,
        patient_id TEXT NOT NULL, patient_name TEXT NOT NULL, accession TEXT NOT NULL, modality TEXT NOT NULL,
        number INTEGER, transfer_syntax TEXT NOT NULL, head BLOB NOT NULL, pixels TEXT, source TEXT NOT NULL,
        received TEXT NOT NULL, file TEXT NOT NULL, PRIMARY KEY (system, sop_uid));
    CREATE INDEX IF NOT EXISTS viewer_by_study ON viewer_instance (system, study_uid);
    CREATE TABLE IF NOT EXISTS viewer_setting (
        system TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (system, key))
    """,
    domain=("viewer_instance", "viewer_setting"),
    volatile=("received",),
)

ANYBODY = "*"
_BESIDES = [
    *contexts.supported([contexts.VERIFICATION]),
    normalized.reversed_roles(contexts.STORAGE_COMMITMENT),
]
_LISTS = ("callers", "refused_syntaxes")


class ViewerStage(BaseModel):
    """What a scene gives a viewer: its AE title, who may call it (``*``: anybody), the transfer syntaxes it does not
    take (UIDs or `contexts.FAMILIES`), what it holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ae_title: str | None = None
    callers: list[str] | None = None
    refused_syntaxes: list[str] | None = None
    instances: list[InstanceOf[Instance]] = []


class Viewer:
    """One viewer. `folder` is where it also writes what it receives, as DICOM files (the workstation does).

    Console methods give a JSON-able dictionary and raise SimlabErrors.
    """

    SCHEMA = SCHEMA

    def __init__(
        self,
        name: str,
        store: Store,
        journal: Journal,
        clock: Clock,
        faults: FaultTable,
        blobs: Blobs,
        folder: Path | None = None,
    ) -> None:
        self.name = name
        self._store = store
        self._journal = journal
        self._clock = clock
        self._blobs = blobs
        self._folder = folder
        store.install(SCHEMA)
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        seat = SEATS.get(name)
        self._defaults: dict[str, Any] = {
            "ae_title": seat.title if seat else name,
            "callers": ["PACS", "ADMIN"],
            "refused_syntaxes": [],
        }
        self._offers: dict[tuple[str, ...], list[PresentationContext]] = {}
        self.endpoints: dict[str, Endpoint] = {}
        self.server = DicomServer(
            name,
            journal,
            faults,
            ae_title=lambda: str(self.setting("ae_title")),
            contexts=lambda _caller: self._contexts(),
            handlers={
                "C-ECHO": lambda _request: Reply(statuses.SUCCESS),
                "C-STORE": self._on_store,
                "N-EVENT-REPORT": _heard,
            },
            gate=self._gate,
        )

    def open(self, host: str, port: int) -> int:
        """Listen for DICOM; gives the real port, OSError when it cannot be had."""
        real = self.server.open(host, port)
        self.endpoints = {self.name: Endpoint(host, real, str(self.setting("ae_title")))}
        return real

    def close(self) -> None:
        """Stop listening and end every association."""
        self.server.close()

    def busy(self) -> int:
        """Operations that are being served."""
        return self.server.operating

    def setting(self, key: str) -> Any:
        """A setting's value now: ``ae_title``, ``callers`` or ``refused_syntaxes``."""
        with self._store.read() as tx:
            row = tx.execute("SELECT value FROM viewer_setting WHERE system=? AND key=?", (self.name, key)).fetchone()
        return json.loads(row["value"]) if row else self._defaults[key]

    def _contexts(self) -> list[PresentationContext]:
        refused = tuple(self.setting("refused_syntaxes"))
        if refused not in self._offers:
            storage = contexts.storage(refused_syntaxes=refused)
            self._offers[refused] = combine(_BESIDES, storage)
        return self._offers[refused]

    def _gate(self, caller: Caller) -> Rejection | None:
        callers = self.setting("callers")
        return None if ANYBODY in callers or caller.calling in callers else rejection.CALLING_UNKNOWN

    def _on_store(self, request: Request) -> Reply:
        instance = request.instance()
        header = instance.header()
        if header.sop_instance_uid != request.sop_instance:
            return Reply(0xA900, comment="SOP instance UID of data set and command differ")
        request.note |= {"study_uid": header.study_uid, "patient_id": header.patient_id, "accession": header.accession}
        self._keep(instance, request.caller.calling, lambda: request.record(statuses.SUCCESS))
        return Reply(statuses.SUCCESS)

    def receive(self, instance: Instance) -> int:
        """Take an instance that came by C-GET; gives the status to answer."""
        self._keep(instance, "C-GET", lambda: 0)
        return statuses.SUCCESS

    def _keep(self, instance: Instance, source: str, record: Callable[[], int]) -> None:
        header = instance.header()
        pixels = None if instance.pixels is None else self._blobs.put(instance.pixels)
        file = ""
        if self._folder is not None:
            # A UID from the wire is never used as a path.
            file = f"{hashlib.sha256(header.sop_instance_uid.encode()).hexdigest()[:32]}.dcm"
            _write_whole(self._folder / file, instance.part10())
        with self._store.write() as tx:
            tx.execute(
                "INSERT OR REPLACE INTO viewer_instance VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    self.name,
                    header.sop_instance_uid,
                    header.study_uid,
                    header.series_uid,
                    header.patient_id,
                    header.patient_name,
                    header.accession,
                    header.modality,
                    header.instance_number,
                    instance.transfer_syntax,
                    instance.head,
                    pixels,
                    source,
                    self._clock.now().isoformat(timespec="milliseconds"),
                    file,
                ),
            )
            record()

    def instances(self, study_uid: str | None = None) -> list[Instance]:
        """What it holds, of one study or all; raises NotFound for a study it does not hold."""
        with self._store.read() as tx:
            rows = tx.execute(
                "SELECT transfer_syntax, head, pixels FROM viewer_instance WHERE system=?1 "
                "AND (?2 IS NULL OR study_uid=?2) ORDER BY series_uid, number, sop_uid",
                (self.name, study_uid),
            ).fetchall()
        if study_uid is not None and not rows:
            raise NotFound(f"{self.name} holds no study {study_uid}", place=self.name, remedy="Fetch it first.")
        return [
            Instance(
                row["transfer_syntax"],
                bytes(row["head"]),
                None if row["pixels"] is None else self._blobs.get(row["pixels"]),
            )
            for row in rows
        ]

    def files(self) -> list[dict[str, Any]]:
        """The files it wrote: path, SOP instance UID, study UID, patient ID; none without a folder."""
        if self._folder is None:
            return []
        with self._store.read() as tx:
            rows = tx.execute(
                "SELECT file, sop_uid, study_uid, patient_id FROM viewer_instance WHERE system=? AND file<>'' "
                "ORDER BY received, sop_uid",
                (self.name,),
            ).fetchall()
        return [{**dict(row), "path": str(self._folder / row["file"])} for row in rows]

    def configure(self, **settings: Any) -> dict[str, Any]:
        """Change ``ae_title``, ``callers`` (AE titles, or ``*``) or ``refused_syntaxes``; raises BadInput that lists
        the settings."""
        checked = self._checked(settings)
        with self._store.write() as tx:
            self._write_settings(tx, checked)
            summary = ", ".join(f"{key}={value}" for key, value in checked.items()) or "nothing"
            self._journal.record(
                kinds.CONSOLE, self.name, f"configure: {summary}", {"method": "configure", "args": settings}
            )
        return {"summary": summary, "settings": checked}

    def _checked(self, settings: dict[str, Any]) -> dict[str, Any]:
        for key in settings:
            if key not in self._defaults:
                raise BadInput(
                    f"{self.name} has no setting {key}", place=key, remedy=f"It has: {', '.join(self._defaults)}."
                )
        checked = dict(settings)
        if "ae_title" in checked:
            title = str(checked["ae_title"]).strip(" ")
            if not title or len(title) > 16 or not title.isascii() or not title.isprintable() or "\\" in title:
                raise BadInput(f"{title!r} is no AE title", place="ae_title", remedy="Write 1 to 16 plain characters.")
            checked["ae_title"] = title
        for key in set(_LISTS) & set(checked):
            given = checked[key]
            checked[key] = list(given) if isinstance(given, list) else str(given).replace(",", " ").split()
        return checked

    def _write_settings(self, tx: sqlite3.Connection, settings: dict[str, Any]) -> None:
        for key, value in settings.items():
            tx.execute("INSERT OR REPLACE INTO viewer_setting VALUES (?, ?, ?)", (self.name, key, json.dumps(value)))

    def stage(self, section: ViewerStage) -> None:
        """Put a scene's rows in; inside the caller's write transaction, on empty tables."""
        given = {key: getattr(section, key) for key in self._defaults}
        with self._store.write() as tx:
            self._write_settings(tx, self._checked({k: v for k, v in given.items() if v is not None}))
            for instance in section.instances:
                self._keep(instance, "SCENE", lambda: 0)


def _write_whole(path: Path, content: bytes) -> None:
    handle, aside = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    os.replace(aside, path)


def _heard(request: Request) -> Reply:
    """A commitment report for whoever asked from this workstation; its event says what it holds."""
    report = commitment.heard(request)
    return report if isinstance(report, Reply) else Reply(statuses.SUCCESS)


def holds(
    tx: sqlite3.Connection, system: str | None = None, study_uid: str | None = None, patient_id: str | None = None
) -> list[dict[str, Any]]:
    """The instances that viewers hold."""
    rows = tx.execute(
        "SELECT system, sop_uid, study_uid, series_uid, patient_id, patient_name, accession, modality, number, source, "
        "received FROM viewer_instance WHERE (?1 IS NULL OR system=?1) AND (?2 IS NULL OR study_uid=?2) "
        "AND (?3 IS NULL OR patient_id=?3) ORDER BY system, study_uid, series_uid, number, sop_uid",
        (system, study_uid, patient_id),
    )
    return [dict(row) for row in rows]


def settings(tx: sqlite3.Connection, system: str | None = None) -> list[dict[str, Any]]:
    """The settings that somebody changed or a scene gave."""
    rows = tx.execute("SELECT * FROM viewer_setting WHERE (?1 IS NULL OR system=?1) ORDER BY system, key", (system,))
    return [{**dict(row), "value": json.loads(row["value"])} for row in rows]


VIEWS: dict[str, Callable[..., list[dict[str, Any]]]] = {"holds": holds, "settings": settings}
