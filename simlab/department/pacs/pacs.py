"""The PACS: its door, its console, and the way of an instance into the archive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from pynetdicom.presentation import PresentationContext

from simlab.blobs import Blobs
from simlab.clock import Clock
from simlab.config import Endpoint
from simlab.department.pacs import archive, availability, commitment, query, repair
from simlab.department.pacs.availability import Availability
from simlab.department.pacs.commitment import Commitment
from simlab.department.pacs.console import Console
from simlab.department.pacs.notices import Notices
from simlab.department.pacs.peers import PeerEntry, checked_peer, find_peer, the_peer, write_peer
from simlab.department.pacs.retrieve import Retrieval
from simlab.department.pacs.schema import SCHEMA
from simlab.department.pacs.settings import checked_value, setting, write_settings
from simlab.department.pacs.stage import PacsStage
from simlab.dicom import contexts, header_rows, negotiation, statuses
from simlab.dicom.instance import Instance
from simlab.dicom.matching import fold
from simlab.dicom.negotiation import Rejection
from simlab.dicom.operation import Caller, Handler, Reply, Request
from simlab.dicom.server import DicomServer, combine
from simlab.faults import FaultTable
from simlab.journal import Journal
from simlab.store import Store

_SERVICE_OF = {
    "C-ECHO": "echo",
    "C-STORE": "store",
    "C-FIND": "query",
    "C-MOVE": "retrieve",
    "C-GET": "retrieve",
    "N-ACTION": "commit",
}
"""Which of a peer's services a DIMSE operation needs."""


class Pacs:
    """The archive of the department. Console methods give a JSON-able dictionary and raise SimlabErrors."""

    SCHEMA = SCHEMA

    def __init__(self, store: Store, journal: Journal, clock: Clock, faults: FaultTable, blobs: Blobs) -> None:
        self._store = store
        self._journal = journal
        self._clock = clock
        self._blobs = blobs
        store.install(SCHEMA)
        self._console = Console(store, journal).carry_out
        self._retrieval = Retrieval(store, blobs, clock)
        self._notices = Notices(
            store, journal, clock, {commitment.KIND: commitment.write, availability.KIND: availability.write}
        )
        self._availability = Availability(store, self._notices)
        self._offers: dict[tuple[tuple[str, ...], ...], list[PresentationContext]] = {}
        self.endpoints: dict[str, Endpoint] = {}
        handlers: dict[str, Handler] = {
            "C-ECHO": lambda _request: Reply(statuses.SUCCESS),
            "C-STORE": self._on_store,
            "C-FIND": lambda request: query.find(store, request),
            "C-MOVE": self._retrieval.move,
            "C-GET": self._retrieval.get,
            "N-ACTION": Commitment(store, self._notices).asked,
        }
        self.server = DicomServer(
            "PACS",
            journal,
            faults,
            ae_title=lambda: str(self._setting("ae_title")),
            contexts=self._contexts,
            handlers={name: self._allowed(name, handler) for name, handler in handlers.items()},
            gate=self._gate,
            check_called=lambda: bool(self._setting("check_called")),
            max_associations=lambda: int(self._setting("max_associations")),
            caller_limit=self._caller_limit,
        )

    def open(self, host: str, port: int) -> int:
        """Listen for DICOM; gives the real port, OSError when it cannot be had."""
        real = self.server.open(host, port)
        self._notices.open()
        self.endpoints = {"PACS": Endpoint(host, real, str(self._setting("ae_title")))}
        return real

    def close(self) -> None:
        """Stop listening and end every association."""
        self._availability.close()
        self._notices.close()
        self.server.close()

    def busy(self) -> int:
        """Operations that are being served, and notices on their way."""
        return self.server.operating + self._notices.busy()

    # The door

    def _setting(self, key: str) -> Any:
        with self._store.read() as tx:
            return setting(tx, key)

    def _peer(self, caller: Caller) -> PeerEntry | None:
        with self._store.read() as tx:
            return find_peer(tx, caller.calling)

    def _caller_limit(self, caller: Caller) -> int:
        peer = self._peer(caller)
        return peer.max_associations if peer else 0

    def _contexts(self, caller: Caller) -> list[PresentationContext]:
        refused = tuple(self._setting("refused_classes"))
        peer = self._peer(caller)
        key = (refused, peer.offered_classes if peer else contexts.STORAGE_CLASSES)
        if key not in self._offers:
            self._offers[key] = combine(
                contexts.supported((contexts.VERIFICATION, contexts.STORAGE_COMMITMENT, *contexts.QUERY_RETRIEVE)),
                contexts.storage(key[1], refused=refused, both_roles=True),
            )
        return self._offers[key]

    def _gate(self, caller: Caller) -> Rejection | None:
        with self._store.read() as tx:
            if not setting(tx, "check_calling") or find_peer(tx, caller.calling):
                return None
        return negotiation.CALLING_UNKNOWN

    def _allowed(self, operation: str, handler: Handler) -> Handler:
        service = _SERVICE_OF[operation]

        def checked(request: Request) -> Any:
            with self._store.read() as tx:
                peer = find_peer(tx, request.caller.calling)
                refused = setting(tx, "check_calling") and (peer is None or service not in peer.services)
            if refused:
                return Reply(statuses.NOT_AUTHORIZED, comment=f"{request.caller.calling} may not {service} here")
            return handler(request)

        return checked

    def _on_store(self, request: Request) -> Reply:
        instance = request.instance()
        header = instance.header()
        peer = self._peer(request.caller)
        if peer and not peer.may_store(request.sop_class):
            return Reply(statuses.NOT_AUTHORIZED, comment=f"{peer.title} may not store objects of that class here")
        if (header.sop_class_uid, header.sop_instance_uid) != (request.sop_class, request.sop_instance):
            raise archive.NotForArchive("SOP class or instance UID of data set and command differ")
        archive.check(header)
        request.note |= {"study_uid": header.study_uid, "patient_id": header.patient_id, "accession": header.accession}
        pixels = None if instance.pixels is None else self._blobs.put(instance.pixels)
        # Index and journal commit together, before success is promised.
        with self._store.write() as tx:
            filed = archive.file(tx, instance, pixels, request.caller.calling, self._clock.now())
            request.note |= {"new": filed.new, "filed_under": filed.patient_id}
            if filed.new:
                self._availability.stored(tx, header.study_uid)
            if filed.conflict:
                request.note["conflict"] = filed.conflict
            request.record(statuses.SUCCESS)
        return Reply(statuses.SUCCESS)

    # Looking

    def load(self, sop_uid: str) -> Instance:
        """An instance as a retrieval would send it; raises NotFound."""
        return self._retrieval.load(sop_uid)

    def header_rows(self, sop_uid: str) -> list[dict[str, Any]]:
        """The elements of an instance for the tag browser: tag, vr, name, value, depth."""
        return header_rows.rows(self.load(sop_uid))

    # The console

    def set_peer(
        self,
        title: str,
        host: str,
        port: int,
        services: list[str] | None = None,
        *,
        classes: Sequence[str] = (),
        max_associations: int = 0,
    ) -> dict[str, Any]:
        """Register a peer or change it; `services` of echo, store, query, retrieve, destination, all when None.

        `classes` are the SOP classes it may store, none meaning all of the standard; `max_associations` 0 no limit.
        """
        peer = checked_peer(title, host, port, services, classes, max_associations)

        def act(tx: Any) -> dict[str, Any]:
            write_peer(tx, peer)
            self._notices.look_again(tx)
            return {"summary": f"{peer.title} at {peer.host}:{peer.port}", **asdict(peer)}

        given = {"services": services, "classes": list(classes), "max_associations": max_associations}
        return self._console("set_peer", act, title=title, host=host, port=port, **given)

    def resend_report(self, transaction_uid: str) -> dict[str, Any]:
        """Try anew to deliver a commitment report that could not be; raises NotFound."""

        def act(tx: Any) -> dict[str, Any]:
            row = self._notices.again(tx, commitment.KIND, transaction_uid)
            return {"summary": f"report to {row['title']} is tried again", "transaction_uid": transaction_uid}

        return self._console("resend_report", act, transaction_uid=transaction_uid)

    def remove_peer(self, title: str) -> dict[str, Any]:
        """Take a peer off the table; raises NotFound."""

        def act(tx: Any) -> dict[str, Any]:
            peer = the_peer(tx, title)
            tx.execute("DELETE FROM pacs_peer WHERE title=?", (peer.title,))
            return {"summary": f"{peer.title} removed", "title": peer.title}

        return self._console("remove_peer", act, title=title)

    def configure(self, **settings: Any) -> dict[str, Any]:
        """Change settings; raises BadInput that lists those there are."""
        checked = {key: checked_value(key, value) for key, value in settings.items()}

        def act(tx: Any) -> dict[str, Any]:
            write_settings(tx, checked)
            return {"summary": ", ".join(f"{k}={v}" for k, v in checked.items()) or "nothing", "settings": checked}

        return self._console("configure", act, **settings)

    def merge_patients(
        self, retire_id: str, retire_issuer: str, survive_id: str, survive_issuer: str, *, preview: bool = False
    ) -> dict[str, Any]:
        """Merge one number into another, who may be new to the archive.

        Raises `repair.PatientUnknown` for an unknown retired number (its `elsewhere` lists other authorities that
        know it), `repair.CannotMerge` for a merge that makes no sense; both carry ack_code AE.
        """

        def act(tx: Any) -> dict[str, Any]:
            retired = repair.find_number(tx, retire_id, retire_issuer)
            return repair.merge(tx, retired, survive_id, survive_issuer, preview=preview)

        args = {
            "retire_id": retire_id,
            "retire_issuer": retire_issuer,
            "survive_id": survive_id,
            "survive_issuer": survive_issuer,
        }
        return self._console("merge_patients", act, **args)

    def move_study(self, study_uid: str, patient_id: str, issuer: str = "", *, preview: bool = False) -> dict[str, Any]:
        """Move a study to another patient that the archive knows."""
        return self._console(
            "move_study",
            lambda tx: repair.move(tx, study_uid, patient_id, issuer, preview=preview),
            study_uid=study_uid,
            patient_id=patient_id,
            issuer=issuer,
        )

    def quarantine(self, study_uid: str, *, release: bool = False, reason: str = "") -> dict[str, Any]:
        """Hide a study from query and retrieve, or show it again."""
        return self._console(
            "quarantine",
            lambda tx: repair.quarantine(tx, study_uid, release=release, reason=reason),
            study_uid=study_uid,
            release=release,
            reason=reason,
        )

    def update_patient(self, patient_id: str, issuer: str, **demographics: str) -> dict[str, Any]:
        """Change name (as PN), birth_date, sex of a known patient; empty values change nothing."""
        return self._console(
            "update_patient",
            lambda tx: repair.update(tx, repair.find_number(tx, patient_id, issuer), demographics),
            patient_id=patient_id,
            issuer=issuer,
            **demographics,
        )

    # Staging

    def stage(self, section: PacsStage) -> None:
        """Put a scene's rows in; inside the caller's write transaction, on empty tables."""
        with self._store.write() as tx:
            write_settings(tx, section.settings)
            for peer in section.peers:
                entry = (peer.title, peer.host, peer.port, peer.services, peer.classes, peer.max_associations)
                write_peer(tx, checked_peer(*entry))
            for patient in section.patients:
                tx.execute(
                    "INSERT INTO pacs_patient VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        patient.patient_id,
                        patient.issuer,
                        patient.name,
                        fold(patient.name),
                        patient.birth_date,
                        patient.sex,
                        patient.merged_into,
                        patient.merged_issuer if patient.merged_into is None else patient.merged_issuer or "",
                    ),
                )
            now = self._clock.now()
            for instance in section.instances:
                pixels = None if instance.pixels is None else self._blobs.put(instance.pixels)
                archive.file(tx, instance, pixels, "SCENE", now)
            for study_uid in section.quarantined:
                repair.quarantine(tx, study_uid, release=False, reason="")
