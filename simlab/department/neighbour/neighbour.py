"""TERTIARY, the hospital next door: its small PACS answers, sends and fetches, under numbers of its own."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from pynetdicom.presentation import PresentationContext

from simlab import credentials
from simlab import journal as kinds
from simlab.blobs import Blobs
from simlab.clock import Clock
from simlab.config import Endpoint
from simlab.department.neighbour import peers, settings
from simlab.department.neighbour.holdings import Holdings
from simlab.department.neighbour.querying import Querying
from simlab.department.neighbour.receipting import Receipting
from simlab.department.neighbour.schema import SCHEMA
from simlab.department.neighbour.settings import ANYBODY, NAME, NeighbourSettings, NeighbourStage
from simlab.department.neighbour.views import SCENE
from simlab.dicom import client, contexts, rejection, statuses
from simlab.dicom.client import Peer
from simlab.dicom.operation import Caller, Reply, Request
from simlab.dicom.rejection import Rejection
from simlab.dicom.server import DicomServer, combine
from simlab.errors import BadInput, NotFound, SimlabError
from simlab.faults import FaultTable
from simlab.journal import Journal
from simlab.store import Store

_Answer = TypeVar("_Answer")
_QUERY = (contexts.PATIENT_FIND, contexts.STUDY_FIND, contexts.PATIENT_MOVE, contexts.STUDY_MOVE)
_GET = (contexts.PATIENT_GET, contexts.STUDY_GET)


class Neighbour:
    """The other hospital's PACS. Console methods give a JSON-able dictionary and raise SimlabErrors."""

    SCHEMA = SCHEMA

    def __init__(
        self, store: Store, journal: Journal, clock: Clock, faults: FaultTable, blobs: Blobs, certificates: Path
    ) -> None:
        store.install(SCHEMA)
        self._store = store
        self._journal = journal
        self._faults = faults
        self._certificates = certificates
        self._holdings = Holdings(store, blobs, clock)
        self._offer: list[PresentationContext] = []
        self.endpoints: dict[str, Endpoint] = {}
        self._receipting = Receipting(store, journal, clock, self.settings)
        querying = Querying(self._holdings, self.settings, self._peer)
        self._server = DicomServer(
            NAME,
            journal,
            faults,
            ae_title=lambda: self.settings().ae_title,
            contexts=lambda _caller: self._contexts(),
            handlers={
                "C-ECHO": lambda _request: Reply(statuses.SUCCESS),
                "C-STORE": self._on_store,
                "C-FIND": querying.find,
                "C-MOVE": querying.move,
                "C-GET": querying.get,
            },
            gate=self._gate,
        )

    def open(self, host: str, port: int) -> int:
        """Listen for DICOM; gives the real port, OSError when it cannot be had."""
        real = self._server.open(host, port)
        self.endpoints = {NAME: Endpoint(host, real, self.settings().ae_title)}
        self._receipting.open()
        return real

    def open_tls(self, host: str, port: int) -> int:
        """Listen over TLS too; gives the real port, OSError when it cannot be had."""
        real = self._server.open(host, port, self._credentials)
        self.endpoints[f"{NAME}_TLS"] = Endpoint(host, real, self.settings().ae_title)
        return real

    def close(self) -> None:
        """Stop listening and end every association; receipts that wait are sent by the next process."""
        self._receipting.close()
        self._server.close()

    def busy(self) -> int:
        """Operations that are being served, receipts on their way."""
        return self._server.operating + self._receipting.busy()

    def settings(self) -> NeighbourSettings:
        """The settings in force."""
        with self._store.read() as tx:
            return settings.load(tx)

    def stage(self, section: NeighbourStage) -> None:
        """Put a scene's rows in; inside the caller's write transaction, on empty tables."""
        now = settings.checked(section.settings)
        with self._store.write() as tx:
            settings.save(tx, now)
            for peer in section.peers:
                peers.save(tx, peers.checked(**peer))
            for instance in section.instances:
                self._holdings.keep(instance, now, SCENE, foreign=False)

    # The console

    def configure(self, /, **changes: Any) -> dict[str, Any]:
        """Change settings (see `NeighbourSettings`); BadInput for an unknown or bad one."""
        if not changes:
            known = ", ".join(NeighbourSettings.model_fields)
            raise BadInput("no setting was named", place=NAME, remedy=f"There are {known}.")
        with self._store.write() as tx:
            after = settings.checked({**settings.load(tx).model_dump(mode="json"), **changes})
            settings.save(tx, after)
            summary = ", ".join(f"{key}={getattr(after, key)}" for key in changes)
            self._journal.record(kinds.CONSOLE, NAME, f"configure: {summary}", {"method": "configure", "args": changes})
        return {"summary": summary, "settings": after.model_dump(mode="json")}

    def set_peer(self, title: str, host: str, port: int) -> dict[str, Any]:
        """Add a peer, or say where one listens; BadInput."""
        peer = peers.checked(title, host, port)
        summary = f"{title} at {host}:{port}"
        with self._store.write() as tx:
            peers.save(tx, peer)
            self._journal.record(kinds.CONSOLE, NAME, f"peer: {summary}", {"method": "set_peer", "title": title})
        return {"summary": summary}

    def remove_peer(self, title: str) -> dict[str, Any]:
        """Know a peer no more; NotFound."""
        with self._store.write() as tx:
            peers.remove(tx, title)
            self._journal.record(kinds.CONSOLE, NAME, f"peer removed: {title}", {"method": "remove_peer"})
        return {"summary": f"{title} is removed"}

    def send_receipt(self, study_uid: str) -> dict[str, Any]:
        """Send the receipt for what has come of a study once more; NotFound."""
        titles = self._receipting.again(study_uid)
        summary = f"receipt for {study_uid} goes to {titles}"
        self._journal.record(kinds.CONSOLE, NAME, summary, {"method": "send_receipt", "study_uid": study_uid})
        return {"summary": summary, "to": titles}

    def send(self, study_uid: str, to: str = "") -> dict[str, Any]:
        """C-STORE a study to a peer (the PACS) as the neighbour has it; NotFound, and what stops the association."""
        now = self.settings()
        instances = self._holdings.study(study_uid)
        replies = self._called(now, to, "C-STORE", lambda peer: client.store(peer, now.ae_title, instances))
        failed = [reply for reply in replies if not reply.stored]
        why = f"{failed[0].status} {failed[0].comment}".strip() if failed else ""
        summary = f"{len(replies) - len(failed)} of {len(replies)} images sent" + (f": {why}" if why else "")
        self._journal.record(kinds.CONSOLE, NAME, f"send: {summary}", {"method": "send", "study_uid": study_uid})
        return {"summary": summary, "sent": len(replies) - len(failed), "failed": len(failed), "problem": why}

    def find(self, level: str, keys: dict[str, str], to: str = "") -> dict[str, Any]:
        """Ask a peer (the PACS) by C-FIND; NotFound, and raises what stops the association."""
        now = self.settings()
        found = self._called(now, to, "C-FIND", lambda peer: client.find(peer, now.ae_title, "study", level, keys))
        summary = f"{len(found.rows)} matches, status {found.status} {found.comment}".strip()
        return {"summary": summary, "rows": list(found.rows), "status": found.status}

    def fetch(self, study_uid: str, source: str = "") -> dict[str, Any]:
        """Have a peer (the PACS) send a study here (C-MOVE); raises what stops the association.

        NotFound for an unknown peer, and for a study of which the peer has nothing to send: it answers success then.
        """
        now = self.settings()
        keys = {"StudyInstanceUID": study_uid}
        done = self._called(
            now, source, "C-MOVE", lambda peer: client.move(peer, now.ae_title, now.ae_title, "study", "STUDY", keys)
        )
        if done.status == "0000" and not (done.completed or done.failed or done.warning):
            raise NotFound(
                f"{source or now.pacs_title} has no study {study_uid} to send",
                place=NAME,
                remedy="`simlab neighbour find` says which it has.",
            )
        summary = f"{done.completed} images came, {done.failed} failed, status {done.status} {done.comment}".strip()
        counts = {"completed": done.completed, "failed": done.failed, "warning": done.warning}
        return {"summary": summary, "status": done.status, **counts}

    def _peer(self, title: str) -> Peer:
        with self._store.read() as tx:
            return peers.find(tx, settings.load(tx), title)

    def _called(self, now: NeighbourSettings, title: str, service: str, call: Callable[[Peer], _Answer]) -> _Answer:
        peer = self._peer(title)
        data = {
            "role": "scu", "service": service, "calling": now.ae_title, "called": peer.ae_title, "host": peer.host,
            "port": peer.port,
        }  # fmt: skip
        try:
            answer = call(peer)
        except SimlabError as error:
            self._journal.record(kinds.OPERATION, NAME, f"{service} to {peer}: {error.what}", {**data, "status": ""})
            raise
        self._journal.record(kinds.OPERATION, NAME, f"{service} to {peer}", {**data, "status": "0000"})
        return answer

    # The door

    def _contexts(self) -> list[PresentationContext]:
        if not self._offer:
            asked = contexts.supported([contexts.VERIFICATION, *_QUERY, *_GET])
            self._offer = combine(asked, contexts.storage(both_roles=True))
        return self._offer

    def _gate(self, caller: Caller) -> Rejection | None:
        callers = self.settings().callers
        return None if ANYBODY in callers or caller.calling in callers else rejection.CALLING_UNKNOWN

    def _credentials(self) -> ssl.SSLContext:
        now = self.settings()
        return credentials.shown(NAME, self._certificates, now.certificate, self._faults, mutual=now.tls_mutual)

    def _on_store(self, request: Request) -> Reply:
        instance = request.instance()
        header = instance.header()
        if header.sop_instance_uid != request.sop_instance:
            return Reply(0xA900, comment="SOP instance UID of data set and command differ")
        request.note |= {"study_uid": header.study_uid, "patient_id": header.patient_id, "accession": header.accession}
        with self._store.write() as tx:
            self._holdings.keep(instance, self.settings(), request.caller.calling, foreign=True)
            self._receipting.stored(tx, request.caller.calling, header.study_uid)
            request.record(statuses.SUCCESS)
        return Reply(statuses.SUCCESS)
