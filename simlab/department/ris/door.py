"""The RIS's DICOM door: C-ECHO, the worklist, performed steps, availability, for the calling AEs in its table."""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Iterator
from pathlib import Path

from simlab import credentials
from simlab.clock import Clock
from simlab.department.ris import settings, worklist
from simlab.department.ris.availability import Notified
from simlab.department.ris.mpps import PerformedSteps
from simlab.department.ris.settings import RisSettings
from simlab.department.ris.telling import Telling
from simlab.dicom import contexts, statuses
from simlab.dicom.operation import Caller, Handler, Reply, Request
from simlab.dicom.rejection import CALLING_UNKNOWN, Rejection
from simlab.dicom.server import DicomServer
from simlab.dicom.values import as_dataset
from simlab.faults import FaultTable
from simlab.journal import Journal
from simlab.store import Store

_OFFERED = (
    contexts.VERIFICATION,
    contexts.WORKLIST_FIND,
    contexts.PERFORMED_STEP,
    contexts.PERFORMED_STEP_RETRIEVE,
    contexts.INSTANCE_AVAILABILITY,
)


class Door:
    """Wires a `DicomServer` to the tables: who may call, what they see."""

    def __init__(
        self,
        system: str,
        store: Store,
        journal: Journal,
        clock: Clock,
        faults: FaultTable,
        telling: Telling,
        certificates: Path | None = None,
    ) -> None:
        self._system = system
        self._store = store
        self._faults = faults
        self._certificates = certificates
        steps = PerformedSteps(store, clock, telling)
        self._normalized: dict[tuple[str, str], tuple[str, Handler]] = {
            ("N-CREATE", contexts.PERFORMED_STEP): ("mpps", steps.create),
            ("N-SET", contexts.PERFORMED_STEP): ("mpps", steps.change),
            ("N-GET", contexts.PERFORMED_STEP_RETRIEVE): ("mpps", steps.get),
            ("N-CREATE", contexts.INSTANCE_AVAILABILITY): ("availability", Notified(store, clock).create),
        }
        self.server = DicomServer(
            system,
            journal,
            faults,
            ae_title=lambda: self._setting().ae_title,
            contexts=lambda _caller: contexts.supported(_OFFERED),
            handlers={
                "C-ECHO": self._echo,
                "C-FIND": self._find,
                **dict.fromkeys(("N-CREATE", "N-SET", "N-GET"), self._normal),
            },
            gate=self._gate,
            check_called=lambda: self._setting().check_called,
            max_associations=lambda: self._setting().max_associations,
            grants=lambda: self._setting().extended_negotiation,
        )

    def credentials(self) -> ssl.SSLContext:
        """What the TLS door shows and asks for; Unavailable without certificates."""
        now = self._setting()
        return credentials.shown(self._system, self._certificates, now.certificate, self._faults, mutual=now.tls_mutual)

    def _setting(self) -> RisSettings:
        with self._store.read() as tx:
            return settings.load(tx)

    def _services(self, caller: Caller) -> list[str] | None:
        with self._store.read() as tx:
            if not settings.load(tx).check_calling:
                return list(settings.SERVICES)
            return settings.services_of(tx, caller.calling)

    def _gate(self, caller: Caller) -> Rejection | None:
        return CALLING_UNKNOWN if self._services(caller) is None else None

    def _echo(self, request: Request) -> Reply:
        return Reply(statuses.SUCCESS)

    def _normal(self, request: Request) -> Reply | Iterable[Reply]:
        """A DIMSE-N request, by the class of its presentation context."""
        service, handler = self._normalized.get((request.service, request.context.abstract_syntax), ("", None))
        if handler is None:
            return Reply(statuses.UNRECOGNIZED_OPERATION, comment=f"{request.service} is not offered for that class")
        if service not in (self._services(request.caller) or ()):
            return Reply(statuses.NOT_AUTHORIZED, comment=f"{request.caller.calling} has no right to {service} here")
        return handler(request)

    def _find(self, request: Request) -> Iterator[Reply]:
        if "worklist" not in (self._services(request.caller) or ()):
            yield Reply(statuses.NOT_AUTHORIZED, comment=f"{request.caller.calling} may not ask for the worklist")
            return
        identifier = request.dataset()
        asked = worklist.wanted(identifier)
        # A snapshot is not held while answers go out: a slow client must not keep it open.
        with self._store.read() as tx:
            now = settings.load(tx)
            on = worklist.terms(request.options, identifier, now)
            term = now.character_sets.get(request.caller.calling, "")
            items = (worklist.zoned(item, on) for item in worklist.identifiers(tx))
            found = [item for item in items if worklist.answers(item, asked, on)]
        request.note.update(
            level="WORKLIST",
            matches=len(found),
            uids=[item["StudyInstanceUID"] for item in found],
            accessions=[item["AccessionNumber"] for item in found][:200],
        )
        for item in found:
            pending = statuses.PENDING_WARNING if worklist.strangers(item, asked) else statuses.PENDING
            yield Reply(pending, as_dataset(worklist.written(worklist.cut(item, asked) | on.named, term)))
