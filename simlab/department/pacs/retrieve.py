"""C-MOVE and C-GET at the archive: choose the instances, send them, count what became of each (PS3.4 C.4.2, C.4.3)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pydicom.dataset import Dataset

from simlab.clock import Clock
from simlab.department.pacs import archive, sent
from simlab.department.pacs.archive import Held
from simlab.department.pacs.identifier import COLUMNS, scope
from simlab.department.pacs.peers import address, find_destination
from simlab.department.pacs.personality import PERSONALITIES
from simlab.department.pacs.settings import setting
from simlab.department.pacs.shelf import Shelf
from simlab.dicom import client, extended, statuses
from simlab.dicom.dimse import Command
from simlab.dicom.instance import Instance
from simlab.dicom.operation import UIDS_KEPT, Reply, Request
from simlab.errors import BadInput, NotFound, SimlabError
from simlab.store import Store


@dataclass
class _Count:
    """Sub-operations of one retrieval; `notes` keeps which of them were acknowledged."""

    remaining: int
    notes: sent.Notes
    completed: int = 0
    failed: int = 0
    warning: int = 0
    failed_uids: list[str] = field(default_factory=list)
    why: str = ""
    told: set[str] = field(default_factory=set)

    def add(self, sop_uid: str, status: int | None, comment: str = "") -> None:
        self.remaining -= 1
        self.told.add(sop_uid)
        if status is not None and statuses.is_done(status):
            self.notes.add(sop_uid)
        if status == statuses.SUCCESS:
            self.completed += 1
        elif status is not None and statuses.is_warning(status):
            self.warning += 1
        else:
            self.failed += 1
            self.failed_uids.append(sop_uid)
            self.why = self.why or comment or (statuses.words(status) if status is not None else "")

    def command(self, *, final: bool) -> Command:
        """The counts; the final response has no Remaining unless it was cancelled (PS3.4 C.4.2.1.6)."""
        counts: Command = {} if final else {"NumberOfRemainingSuboperations": min(self.remaining, 0xFFFF)}
        counts["NumberOfCompletedSuboperations"] = min(self.completed, 0xFFFF)
        counts["NumberOfFailedSuboperations"] = min(self.failed, 0xFFFF)
        counts["NumberOfWarningSuboperations"] = min(self.warning, 0xFFFF)
        return counts

    def status(self) -> int:
        """PS3.4 C.4.2.2.1: B000 when some failed or warned, a failure when all failed."""
        if self.failed and not self.completed and not self.warning:
            return statuses.CANNOT_PERFORM_SUBOPERATIONS
        return statuses.SUBOPERATIONS_FAILED if self.failed or self.warning else statuses.SUCCESS

    def final(self, request: Request, status: int) -> Reply:
        """The last response, and its facts for the event."""
        request.note |= {
            "completed": self.completed,
            "failed": self.failed,
            "warning": self.warning,
            "failed_uids": self.failed_uids[:UIDS_KEPT],
        }
        identifier: Dataset | None = None
        if self.failed_uids:
            identifier = Dataset()
            identifier.FailedSOPInstanceUIDList = self.failed_uids
        cancelled = status == statuses.CANCELLED
        return Reply(status, identifier, self.why, extra=self.command(final=not cancelled))


class Retrieval:
    """Serves C-MOVE and C-GET out of the archive; `certificates` is the folder of those for TLS."""

    def __init__(self, store: Store, clock: Clock, shelf: Shelf, certificates: Path | None) -> None:
        self._store = store
        self._certificates = certificates
        self._clock = clock
        self._shelf = shelf

    def _chosen(self, request: Request) -> list[Held]:
        identifier = request.dataset()
        with self._store.read() as tx:
            personality = PERSONALITIES[str(setting(tx, "personality"))]
            where = scope(
                request.sop_class,
                identifier,
                retrieve=True,
                relational=personality.relational or extended.RELATIONAL in request.options,
                patient_in_study_root=personality.patient_in_study_root,
                whole_archive=personality.whole_archive,
                nothing_without_parents=personality.nothing_without_parents,
            )
            chosen = archive.select(tx, [(COLUMNS[level], values) for level, values in where.unique.items()])
        request.note |= {"level": where.level, "uids": [held.sop_uid for held in chosen[:UIDS_KEPT]]}
        return chosen

    def load(self, sop_uid: str) -> Instance:
        """An instance under its effective identity; raises NotFound."""
        return self._shelf.load(sop_uid)

    def _fetch(self, request: Request, count: _Count, chosen: list[Held]) -> list[Held]:
        """Those that can be sent, recalled where need be; the others are counted as failed."""
        ready, missing = self._shelf.fetch([held.sop_uid for held in chosen], request.cancelled)
        for sop_uid, why in missing.items():
            count.add(sop_uid, None, why)
        return ready

    def _count(self, chosen: list[Held], destination: str, how: str) -> _Count:
        return _Count(len(chosen), sent.Notes(self._store, self._clock, destination, how))

    def _outgoing(self, ready: list[Held], destination: str, count: _Count, going: deque[str]) -> Iterator[Instance]:
        for held in ready:
            try:
                instance = self._shelf.outgoing(held.sop_uid, destination)
                instance.header()
            except (BadInput, NotFound) as error:  # this one cannot be sent; the others may
                count.add(held.sop_uid, None, error.what)
                continue
            going.append(held.sop_uid)
            yield instance

    def move(self, request: Request) -> Iterator[Reply]:
        """Send what the identifier names to the move destination."""
        destination = request.message.text("MoveDestination")
        request.note["destination"] = destination
        chosen = self._chosen(request)
        with self._store.read() as tx:
            peer, title = find_destination(tx, destination), setting(tx, "ae_title")
        if peer is None:
            yield Reply(statuses.DESTINATION_UNKNOWN, comment=f"{destination} is no peer that may be sent to")
            return
        count = self._count(chosen, peer.title, sent.MOVE)
        if not chosen:
            yield count.final(request, statuses.SUCCESS)
            return
        ready = self._fetch(request, count, chosen)
        originator = (request.caller.calling, request.message_id)
        going = deque[str]()
        pending: Reply | None = None
        try:
            with client.storing(
                address(peer, self._certificates),
                title,
                self._outgoing(ready, peer.title, count, going),
                client.propose_for((held.sop_class, held.transfer_syntax) for held in ready),
                originator=originator,
                priority=request.message.number("Priority"),
            ) as sending:
                while sending.send():
                    if pending is not None:
                        yield pending  # how far it is, while the destination works on the next one
                    reply = sending.reply()
                    # As it is held: a fault may have damaged the UID that went out.
                    count.add(going.popleft(), int(reply.status, 16) if reply.status else None, reply.comment)
                    if count.remaining and request.cancelled():
                        break
                    pending = Reply(statuses.PENDING, extra=count.command(final=False)) if count.remaining else None
        except SimlabError as error:
            request.note["destination_error"] = str(error)
            for held in ready:
                if held.sop_uid not in count.told:
                    count.add(held.sop_uid, None, error.what)
        finally:
            count.notes.write()
        # What is left was given up in the middle of a recall.
        yield count.final(request, statuses.CANCELLED if count.remaining else count.status())

    def get(self, request: Request) -> Iterator[Reply]:
        """Send what the identifier names back on the same association."""
        chosen = self._chosen(request)
        count = self._count(chosen, request.caller.calling, sent.GET)
        try:
            ready, going = self._fetch(request, count, chosen), deque[str]()
            outgoing = self._outgoing(ready, request.caller.calling, count, going)
            for status, comment in request.store_each(outgoing):
                count.add(going.popleft(), status, comment)
                if count.remaining and request.cancelled():
                    break
                if count.remaining:
                    yield Reply(statuses.PENDING, extra=count.command(final=False))
        finally:
            count.notes.write()
        yield count.final(request, statuses.CANCELLED if count.remaining else count.status())
