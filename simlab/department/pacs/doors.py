"""The DICOM doors of the PACS, plain and TLS: who gets in, what is offered to them, and what they may do."""

from __future__ import annotations

import ssl
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from pynetdicom.presentation import PresentationContext

from simlab import credentials
from simlab.clock import Clock
from simlab.department.pacs import users
from simlab.department.pacs.peers import PeerEntry, find_peer
from simlab.department.pacs.personality import PERSONALITIES, replies
from simlab.department.pacs.settings import setting
from simlab.dicom import contexts, rejection, statuses
from simlab.dicom.operation import Caller, Handler, Reply, Request
from simlab.dicom.rejection import Rejection
from simlab.dicom.server import DicomServer, combine
from simlab.faults import FaultTable
from simlab.journal import Journal
from simlab.store import Store

NAME = "PACS"

_SERVICE_OF = {
    "C-ECHO": "echo",
    "C-STORE": "store",
    "C-FIND": "query",
    "C-MOVE": "retrieve",
    "C-GET": "retrieve",
    "N-ACTION": "commit",
    "N-CREATE": "store",
}
"""Which of a peer's services a DIMSE operation needs."""

_ALWAYS = (contexts.VERIFICATION, contexts.STORAGE_COMMITMENT, contexts.INSTANCE_AVAILABILITY)

_FIRST_AND_LAST = (
    "SELECT (SELECT min(transfer_syntax) FROM pacs_instance WHERE sop_class=?), "
    "(SELECT max(transfer_syntax) FROM pacs_instance WHERE sop_class=?)"
)


class Doors:
    """One server with the archive's `handlers` behind it; `certificates` is the folder of its TLS certificates."""

    def __init__(
        self,
        store: Store,
        journal: Journal,
        clock: Clock,
        faults: FaultTable,
        handlers: Mapping[str, Handler],
        certificates: Path | None,
    ) -> None:
        self._store = store
        self._faults = faults
        self._certificates = certificates
        self._offers: dict[
            tuple[tuple[str, ...], tuple[str, ...], bool, tuple[str, ...]], list[PresentationContext]
        ] = {}
        self.server = DicomServer(
            NAME,
            journal,
            faults,
            ae_title=self.title,
            contexts=self._contexts,
            handlers={name: self._allowed(name, handler) for name, handler in handlers.items()},
            gate=self._gate,
            doorman=users.Doorman(store, clock),
            check_called=lambda: bool(self._setting("check_called")),
            max_associations=lambda: int(self._setting("max_associations")),
            caller_limit=self._caller_limit,
            grants=lambda: list(self._setting("extended_negotiation")),
            idle_seconds=lambda: int(self._setting("idle_seconds")),
            sent_in=self._sent_in,
        )

    def title(self) -> str:
        """The AE title now."""
        return str(self._setting("ae_title"))

    def open_tls(self, host: str, port: int) -> int:
        """Listen for DICOM over TLS and give the real port; OSError when it cannot be had."""
        return self.server.open(host, port, self._credentials)

    def _credentials(self) -> ssl.SSLContext:
        shown, mutual = str(self._setting("certificate")), bool(self._setting("tls_mutual"))
        return credentials.shown(NAME, self._certificates, shown, self._faults, mutual=mutual)

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
        refused, syntaxes = tuple(self._setting("refused_classes")), tuple(self._setting("refused_syntaxes"))
        peer = self._peer(caller)
        roles = bool(self._setting("role_selection"))
        key = (refused, syntaxes, roles, peer.offered_classes if peer else contexts.STORAGE_CLASSES)
        if key not in self._offers:
            self._offers[key] = combine(
                contexts.supported((*_ALWAYS, *contexts.QUERY_RETRIEVE)),
                contexts.storage(key[3], refused=refused, refused_syntaxes=syntaxes, both_roles=roles),
            )
        return self._offers[key]

    def _sent_in(self, classes: Collection[str]) -> dict[str, str]:
        """The transfer syntax of those classes of which everything held is in one, so that nothing need be decoded."""
        found = {}
        with self._store.read() as tx:
            for sop_class in classes:
                first, last = tx.execute(_FIRST_AND_LAST, (sop_class, sop_class)).fetchone()
                if first and first == last:
                    found[sop_class] = first
        return found

    def _gate(self, caller: Caller) -> Rejection | None:
        with self._store.read() as tx:
            if not setting(tx, "check_calling") or find_peer(tx, caller.calling):
                return None
        return rejection.CALLING_UNKNOWN

    def _allowed(self, operation: str, handler: Handler) -> Handler:
        service = _SERVICE_OF[operation]

        def checked(request: Request) -> Any:
            with self._store.read() as tx:
                peer = find_peer(tx, request.caller.calling)
                refused = setting(tx, "check_calling") and (peer is None or service not in peer.services)
                asks = service in ("query", "retrieve")
                personality = PERSONALITIES[str(setting(tx, "personality"))] if asks else None
            if refused:
                return Reply(statuses.NOT_AUTHORIZED, comment=f"{request.caller.calling} may not {service} here")
            if operation == "C-STORE" and peer and not peer.may_store(request.sop_class):
                return Reply(statuses.NOT_AUTHORIZED, comment=f"{peer.title} may not store objects of that class")
            answer = handler(request)
            return answer if personality is None else replies(personality, request, answer)

        return checked
