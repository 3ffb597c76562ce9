"""The RIS's DICOM door: C-ECHO and the worklist's C-FIND, for the calling AEs in its table."""

from __future__ import annotations

from collections.abc import Iterator

from simlab.department.ris import settings, worklist
from simlab.department.ris.settings import RisSettings
from simlab.dicom import contexts, statuses
from simlab.dicom.rejection import CALLING_UNKNOWN, Rejection
from simlab.dicom.operation import Caller, Reply, Request
from simlab.dicom.server import DicomServer
from simlab.dicom.values import as_dataset
from simlab.faults import FaultTable
from simlab.journal import Journal
from simlab.store import Store


class Door:
    """Wires a `DicomServer` to the tables: who may call, what they see."""

    def __init__(self, system: str, store: Store, journal: Journal, faults: FaultTable) -> None:
        self._store = store
        self.server = DicomServer(
            system,
            journal,
            faults,
            ae_title=lambda: self._setting().ae_title,
            contexts=lambda _caller: contexts.supported((contexts.VERIFICATION, contexts.WORKLIST_FIND)),
            handlers={"C-ECHO": self._echo, "C-FIND": self._find},
            gate=self._gate,
            check_called=lambda: self._setting().check_called,
            max_associations=lambda: self._setting().max_associations,
        )

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

    def _find(self, request: Request) -> Iterator[Reply]:
        if "worklist" not in (self._services(request.caller) or ()):
            yield Reply(statuses.NOT_AUTHORIZED, comment=f"{request.caller.calling} may not ask for the worklist")
            return
        asked = worklist.wanted(request.dataset())
        # A snapshot is not held while answers go out: a slow client must not keep it open.
        with self._store.read() as tx:
            fold = settings.load(tx).case_insensitive_pn
            found = [item for item in worklist.identifiers(tx) if worklist.answers(item, asked, insensitive=fold)]
        request.note.update(
            level="WORKLIST",
            matches=len(found),
            uids=[item["StudyInstanceUID"] for item in found],
            accessions=[item["AccessionNumber"] for item in found][:200],
        )
        for item in found:
            pending = statuses.PENDING_WARNING if worklist.strangers(item, asked) else statuses.PENDING
            yield Reply(pending, as_dataset(worklist.cut(item, asked)))
