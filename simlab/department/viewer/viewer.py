"""A viewer, a place that images are sent to: THEATRE, CLINIC, MDTROOM, and the trainee's own workstation ADMIN."""

from __future__ import annotations

import hashlib
import os
import ssl
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pynetdicom.presentation import PresentationContext

from simlab import credentials
from simlab import journal as kinds
from simlab.blobs import Blobs
from simlab.clock import Clock
from simlab.config import Endpoint
from simlab.department.viewer import settings
from simlab.department.viewer.disk import Disk
from simlab.department.viewer.schema import SCHEMA
from simlab.department.viewer.settings import ANYBODY, ViewerStage
from simlab.dicom import commitment, contexts, normalized, rejection, statuses
from simlab.dicom.instance import Instance
from simlab.dicom.operation import Caller, Reply, Request
from simlab.dicom.rejection import Rejection
from simlab.dicom.server import DicomServer, combine
from simlab.errors import NotFound
from simlab.faults import FaultTable
from simlab.journal import Journal
from simlab.store import Store

_BESIDES = [
    *contexts.supported([contexts.VERIFICATION]),
    normalized.reversed_roles(contexts.STORAGE_COMMITMENT),
]


class Viewer:
    """One viewer. `folder` is where it also writes what it receives, as DICOM files (the workstation does).

    `certificates` is the folder of those for its TLS door.

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
        certificates: Path | None = None,
    ) -> None:
        self.name = name
        self._store = store
        self._journal = journal
        self._clock = clock
        self._blobs = blobs
        self._folder = folder
        self._disk = Disk(name, store, journal, folder)
        self._faults = faults
        self._certificates = certificates
        store.install(SCHEMA)
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
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

    def open_tls(self, host: str, port: int) -> int:
        """Listen for DICOM over TLS too; gives the real port, OSError when it cannot be had."""
        real = self.server.open(host, port, self._credentials)
        self.endpoints[f"{self.name}_TLS"] = Endpoint(host, real, str(self.setting("ae_title")))
        return real

    def close(self) -> None:
        """Stop listening and end every association."""
        self.server.close()

    def busy(self) -> int:
        """Operations that are being served."""
        return self.server.operating

    def setting(self, key: str) -> Any:
        """A setting's value now (see `settings.defaults`)."""
        with self._store.read() as tx:
            return settings.setting(tx, self.name, key)

    def _credentials(self) -> ssl.SSLContext:
        mutual = bool(self.setting("tls_mutual"))
        return credentials.shown(
            self.name, self._certificates, str(self.setting("certificate")), self._faults, mutual=mutual
        )

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
        if not self._disk.room_for(header.sop_instance_uid, header.study_uid):
            return Reply(statuses.OUT_OF_RESOURCES, comment=f"{self.name} is full")
        self._keep(instance, request.caller.calling, lambda: request.record(statuses.SUCCESS))
        return Reply(statuses.SUCCESS)

    def receive(self, instance: Instance, source: str = "C-GET") -> int:
        """Take an instance that came otherwise than by C-STORE; gives the status to answer."""
        header = instance.header()
        if not self._disk.room_for(header.sop_instance_uid, header.study_uid):
            return statuses.OUT_OF_RESOURCES
        self._keep(instance, source, lambda: 0)
        return statuses.SUCCESS

    def purge(self, study_uid: str = "", keep: int = 0) -> dict[str, Any]:
        """Delete a study, or without one the oldest studies until at most `keep` images are left; NotFound."""
        return self._disk.purge(study_uid, keep)

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

    def configure(self, /, **changes: Any) -> dict[str, Any]:
        """Change settings (see `ViewerStage`); raises BadInput that lists them."""
        checked = settings.checked(self.name, changes)
        with self._store.write() as tx:
            settings.write(tx, self.name, checked)
            summary = ", ".join(f"{key}={value}" for key, value in checked.items()) or "nothing"
            self._journal.record(
                kinds.CONSOLE, self.name, f"configure: {summary}", {"method": "configure", "args": changes}
            )
        return {"summary": summary, "settings": checked}

    def stage(self, section: ViewerStage) -> None:
        """Put a scene's rows in; inside the caller's write transaction, on empty tables."""
        given = section.model_dump(exclude={"instances"}, exclude_none=True)
        with self._store.write() as tx:
            settings.write(tx, self.name, settings.checked(self.name, given))
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
