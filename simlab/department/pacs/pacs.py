"""The PACS: its door, its console, and the way of an instance into the archive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from simlab.blobs import Blobs, Reference
from simlab.clock import Clock
from simlab.config import Endpoint
from simlab.department.pacs import (
    archive,
    availability,
    commitment,
    duplicates,
    history,
    query,
    reject,
    users,
    visibility,
)
from simlab.department.pacs.audited import Arrivals, audited
from simlab.department.pacs.availability import Availability
from simlab.department.pacs.commitment import Commitment
from simlab.department.pacs.console import Console
from simlab.department.pacs.dispatch import Dispatch
from simlab.department.pacs.doors import Doors
from simlab.department.pacs.expiry import Expiry
from simlab.department.pacs.notices import Notices
from simlab.department.pacs.peers import checked_peer, the_peer, write_peer
from simlab.department.pacs.receipts import Receipts
from simlab.department.pacs.rejection_notes import RejectionNotes
from simlab.department.pacs.repair import Repairs
from simlab.department.pacs.retention import StillKept
from simlab.department.pacs.retrieve import Retrieval
from simlab.department.pacs.schema import SCHEMA
from simlab.department.pacs.settings import checked_value, write_settings
from simlab.department.pacs.shelf import Shelf
from simlab.department.pacs.space import Space
from simlab.department.pacs.stage import PacsStage
from simlab.department.pacs.upkeep import Upkeep
from simlab.dicom import statuses, tags
from simlab.dicom.instance import Instance
from simlab.dicom.matching import fold
from simlab.dicom.operation import Handler, Reply, Request
from simlab.faults import FaultTable
from simlab.journal import Journal
from simlab.store import Store


class Pacs:
    """The archive of the department. Console methods give a JSON-able dictionary and raise SimlabErrors."""

    SCHEMA = SCHEMA

    def __init__(
        self,
        store: Store,
        journal: Journal,
        clock: Clock,
        faults: FaultTable,
        blobs: Blobs,
        certificates: Path | None = None,
    ) -> None:
        self._store = store
        self._faults = faults
        self._journal = journal
        self._clock = clock
        self._blobs = blobs
        store.install(SCHEMA)
        self._console = Console(store, journal).carry_out
        self.repairs = Repairs(store, journal, clock, blobs)
        self.space = Space(store, journal, clock)
        shelf = Shelf(store, blobs, clock, self.space, faults)
        self.dispatch = Dispatch(store, journal, clock, shelf, certificates)
        self._expiry = Expiry(store, self.repairs)
        self._upkeep = Upkeep(store, clock, self.space, self.dispatch, self._expiry)
        self._retrieval = Retrieval(store, clock, shelf, certificates)
        writers = {commitment.KIND: commitment.write, availability.KIND: availability.write}
        self._notices = Notices(store, journal, clock, writers, certificates)
        self._arrivals = Arrivals(store, clock)
        self._rejections = RejectionNotes(store, clock)
        self._availability = Availability(store, self._notices)
        self.endpoints: dict[str, Endpoint] = {}
        handlers: dict[str, Handler] = {
            "C-ECHO": lambda _request: Reply(statuses.SUCCESS),
            "C-STORE": self._on_store,
            "C-FIND": audited(store, clock, lambda request: query.find(store, request)),
            "C-MOVE": audited(store, clock, self._retrieval.move),
            "C-GET": audited(store, clock, self._retrieval.get),
            "N-ACTION": Commitment(store, self._notices).asked,
            "N-CREATE": Receipts(store, clock).create,
        }
        self._doors = Doors(store, journal, clock, faults, handlers, certificates)
        self.server = self._doors.server

    def open(self, host: str, port: int) -> int:
        """Listen for DICOM; gives the real port, OSError when it cannot be had."""
        real = self.server.open(host, port)
        self.dispatch.carriers.open()
        self._upkeep.open()
        self._notices.open()
        self.endpoints = {"PACS": Endpoint(host, real, self._doors.title())}
        return real

    def open_tls(self, host: str, port: int) -> int:
        """Listen for DICOM over TLS too; gives the real port, OSError when it cannot be had."""
        real = self._doors.open_tls(host, port)
        self.endpoints["PACS_TLS"] = Endpoint(host, real, self._doors.title())
        return real

    def close(self) -> None:
        """Stop listening and end every association."""
        self._upkeep.close()
        self.dispatch.carriers.close()
        self._availability.forget()
        self._notices.close()
        self.server.close()

    def busy(self) -> int:
        """Operations that are being served, notices and transfers on their way."""
        return self.server.operating + self._notices.busy() + self.dispatch.carriers.busy()

    # The archive

    def _on_store(self, request: Request) -> Reply:
        if self._faults.standing("PACS", "full"):
            return Reply(statuses.OUT_OF_RESOURCES, comment="no room left in the archive")
        instance = request.instance()
        header = instance.header()
        if (header.sop_class_uid, header.sop_instance_uid) != (request.sop_class, request.sop_instance):
            raise archive.NotForArchive("SOP class or instance UID of data set and command differ")
        archive.check(header)
        request.note |= {"study_uid": header.study_uid, "patient_id": header.patient_id, "accession": header.accession}
        pixels = None if instance.pixels is None else self._blobs.put(instance.pixels)
        note = reject.read_note(instance) if header.sop_class_uid == reject.KEY_OBJECT_SELECTION else None
        try:
            self._keep(request, instance, pixels, note)
        except archive.OtherContent as error:
            with self._store.write() as tx:
                given = (error.what, request.caller.calling, self._clock.now())
                request.note["duplicate"] = duplicates.keep(tx, instance, pixels, *given)
            raise
        except StillKept as error:
            self._rejections.refused(request, header, error)
            raise
        return Reply(statuses.SUCCESS)

    def _keep(self, request: Request, instance: Instance, pixels: Reference | None, note: reject.Note | None) -> None:
        header = instance.header()
        # Index and journal commit together, before success is promised.
        with self._store.write() as tx:
            filed = archive.file(tx, instance, pixels, request.caller.calling, self._clock.now())
            request.note |= {"new": filed.new, "filed_under": filed.patient_id}
            if filed.new:
                self.space.admit(tx, instance.size)
                if not self._rejections.arrived(tx, request, header):
                    self.dispatch.arrived(tx, header, request.caller.calling, filed.patient_id, filed.issuer)
                self._availability.stored(tx, header.study_uid)
                self._arrivals.arrived(request, header.study_uid, filed.patient_id)
            if note is not None:
                request.note["rejected"] = self._rejections.taken(tx, request, header, note)
            if filed.conflict:
                request.note["conflict"] = filed.conflict
            request.record(statuses.SUCCESS)

    # Looking

    def load(self, sop_uid: str) -> Instance:
        """An instance as a retrieval would send it; raises NotFound."""
        return self._retrieval.load(sop_uid)

    def header_rows(self, sop_uid: str) -> list[dict[str, Any]]:
        """The elements of an instance for the tag browser: tag, vr, name, value, depth."""
        return tags.rows(self.load(sop_uid))

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
        tls: bool = False,
    ) -> dict[str, Any]:
        """Register a peer or change it; `services` of echo, store, query, retrieve, destination, all when None.

        `classes` are the SOP classes it may store, none meaning all of the standard; `max_associations` 0 no limit.
        With `tls` the PACS calls it over TLS: for retrievals, transfers and commitment reports.
        """
        peer = checked_peer(title, host, port, services, classes, max_associations, tls)

        def act(tx: Any) -> dict[str, Any]:
            write_peer(tx, peer)
            self._notices.look_again(tx)
            self.dispatch.look_again(tx, peer.title)
            return {"summary": f"{peer.title} at {peer.host}:{peer.port}", **asdict(peer)}

        given = {"services": services, "classes": list(classes), "max_associations": max_associations, "tls": tls}
        return self._console("set_peer", act, title=title, host=host, port=port, **given)

    def resend_report(self, transaction_uid: str) -> dict[str, Any]:
        """Try anew to deliver a commitment report that could not be; raises NotFound."""

        def act(tx: Any) -> dict[str, Any]:
            row = self._notices.again(tx, commitment.KIND, transaction_uid)
            return {"summary": f"report to {row['title']} is tried again", "transaction_uid": transaction_uid}

        return self._console("resend_report", act, transaction_uid=transaction_uid)

    def set_user(self, name: str, passcode: str | None = None, full_name: str = "") -> dict[str, Any]:
        """Let a user log in, with a passcode or by name alone; raises BadInput. No passcode reaches the journal."""
        return self._console(
            "set_user",
            lambda tx: users.set_user(tx, name, passcode, full_name),
            name=name,
            full_name=full_name,
            passcode=bool(passcode),
        )

    def remove_user(self, name: str) -> dict[str, Any]:
        """Let a user log in no more; raises NotFound."""
        return self._console("remove_user", lambda tx: users.remove_user(tx, name), name=name)

    def remove_peer(self, title: str) -> dict[str, Any]:
        """Take a peer off the table; raises NotFound."""

        def act(tx: Any) -> dict[str, Any]:
            peer = the_peer(tx, title)
            tx.execute("DELETE FROM pacs_peer WHERE title=?", (peer.title,))
            self._store.after_commit(self._notices.wake)
            return {"summary": f"{peer.title} removed", "title": peer.title}

        return self._console("remove_peer", act, title=title)

    def configure(self, /, **settings: Any) -> dict[str, Any]:
        """Change settings; raises BadInput that lists those there are."""
        checked = {key: checked_value(key, value) for key, value in settings.items()}

        def act(tx: Any) -> dict[str, Any]:
            write_settings(tx, checked)
            if "show_quality_rejected" in checked:
                visibility.refresh_rejected(tx)
            return {"summary": ", ".join(f"{k}={v}" for k, v in checked.items()) or "nothing", "settings": checked}

        return self._console("configure", act, **settings)

    # Staging

    def stage(self, section: PacsStage) -> None:
        """Put a scene's rows in; inside the caller's write transaction, on empty tables."""
        with self._store.write() as tx:
            write_settings(tx, section.settings)
            for peer in section.peers:
                write_peer(tx, checked_peer(**dict(peer)))
            for user in section.users:
                users.set_user(tx, user.name, user.passcode, user.full_name)
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
            history.play(tx, section, self.repairs, self._blobs, self._clock.now())
            self.space.stage(tx, section)
            self.dispatch.stage(tx, section)
            self._store.after_commit(self._availability.forget)
            self._store.after_commit(self._expiry.forget)
