"""A simulated scanner: asks its worklist, makes studies from recipes, sends them, and keeps what the PACS refuses."""

from __future__ import annotations

import logging
import threading
import time
import zlib
from collections.abc import Mapping
from typing import Any

from simlab import journal as kinds
from simlab import provenance
from simlab.blobs import Blobs
from simlab.clock import Clock
from simlab.config import Endpoint
from simlab.department.modality import examination, settings, worklist
from simlab.department.modality.calls import Calls, peers
from simlab.department.modality.outbox import Outbox
from simlab.department.modality.rendering import render
from simlab.department.modality.schema import SCHEMA
from simlab.department.modality.settings import ModalitySettings
from simlab.department.modality.stage import ModalityStage
from simlab.dicom import contexts
from simlab.dicom.rejection import CALLING_UNKNOWN, Rejection
from simlab.dicom.operation import Caller, Reply, Request
from simlab.dicom.server import DicomServer
from simlab.dicom.statuses import SUCCESS
from simlab.errors import BadInput, NotFound, SimlabError
from simlab.faults import FaultTable
from simlab.journal import Journal
from simlab.store import Store

log = logging.getLogger(__name__)

RETRY_SECONDS = 30.0
"""Machine time between two tries to send what the PACS did not take."""


class Modality:
    """One scanner. Images lie in its queue, durably, until the PACS has taken them."""

    SCHEMA = SCHEMA

    def __init__(
        self,
        name: str,
        store: Store,
        journal: Journal,
        clock: Clock,
        faults: FaultTable,
        blobs: Blobs,
        *,
        retry_seconds: float = RETRY_SECONDS,
    ) -> None:
        store.install(SCHEMA)
        self.name = name
        self.endpoints: dict[str, Endpoint] = {}
        self._store = store
        self._journal = journal
        self._clock = clock
        self._retry_seconds = retry_seconds
        self._outbox = Outbox(name, store, blobs, clock)
        self._calls = Calls(name, journal, faults)
        self._server = DicomServer(
            name,
            journal,
            faults,
            ae_title=lambda: self.settings().ae_title,
            contexts=lambda _caller: contexts.supported([contexts.VERIFICATION]),
            handlers={"C-ECHO": _echoed},
            gate=self._gate,
        )
        self._sending = threading.Lock()
        self._turn = threading.Condition()
        self._under_way = 0
        self._due: float | None = None
        self._closed = False
        self._retrier: threading.Thread | None = None

    # Opening and closing

    def open(self, host: str, port: int) -> int:
        """Listen, and go on with what is queued; gives the real port. Raises Unavailable when it is taken."""
        real = self._server.open(host, port)
        self.endpoints = {self.name: Endpoint(host, real, self.settings().ae_title)}
        self._closed = False
        self._retry_in(self._retry_seconds)
        self._retrier = threading.Thread(target=self._retry, name=f"{self.name}-queue", daemon=True)
        self._retrier.start()
        return real

    def close(self) -> None:
        """Stop; a send under way ends with its process, and its rest is still queued."""
        with self._turn:
            self._closed, self._due = True, None
            self._turn.notify_all()
        self._server.close()
        if self._retrier is not None:
            self._retrier.join(0.5)

    def busy(self) -> int:
        """Sends under way or due now; a queue that waits for its next try counts as idle."""
        with self._turn:
            due = self._due is not None and self._due <= time.monotonic() and self._retrier is not None
            return self._under_way + int(due)

    def stage(self, section: ModalityStage) -> None:
        """Settings and images for a scene; call it inside the scene's write transaction."""
        chosen = settings.checked(self.name, section.settings)
        queued, held = self._outbox.keep(section.queued), self._outbox.keep(section.held)
        with self._store.write() as tx:
            settings.save(tx, self.name, chosen)
            self._outbox.add(held, queued=False)
            self._outbox.add(queued, queued=True, error=section.queue_error)
            self._store.after_commit(lambda: self._retry_in(self._retry_seconds))

    def settings(self) -> ModalitySettings:
        """The settings in force."""
        with self._store.read() as tx:
            return settings.load(tx, self.name)

    # The console

    def configure(self, **changes: Any) -> dict[str, Any]:
        """Change settings (see `ModalitySettings`), and try at once to send what is queued.

        Raises BadInput for an unknown or bad one; then nothing is changed.
        """
        if not changes:
            raise BadInput(
                "no setting was named", place=self.name, remedy=f"There are {', '.join(ModalitySettings.model_fields)}."
            )
        with self._store.write() as tx:
            before = settings.load(tx, self.name).model_dump(mode="json")
            chosen = settings.checked(self.name, {**before, **changes})
            settings.save(tx, self.name, chosen, set(changes))
            after = chosen.model_dump(mode="json")
            changed = {key: [before[key], after[key]] for key in changes if before[key] != after[key]}
            told = ", ".join(f"{key} {old} → {new}" for key, (old, new) in changed.items()) or "nothing new"
            self._journal.record(kinds.CONSOLE, self.name, f"configured: {told}", {"changed": changed})
            self._store.after_commit(lambda: self._retry_in(0))
        return {"changed": changed, "settings": after}

    def echo(self, to: str = "PACS") -> dict[str, Any]:
        """C-ECHO from the scanner's own AE title to its ``PACS`` or ``RIS``; raises what stops the association."""
        now = self.settings()
        if to not in peers(now):
            raise BadInput(f"{to!r} is nobody the scanner knows", place=self.name, remedy="Say PACS or RIS.")
        peer = peers(now)[to]
        status = self._calls.echo(peer, now.ae_title)
        return {"status": status, "to": to, "called": peer.ae_title, "host": peer.host, "port": peer.port}

    def worklist(self) -> list[dict[str, str]]:
        """What the RIS offers to this scanner's own filter, earliest first; raises what stops the query."""
        now = self.settings()
        keys = worklist.query(now, self._clock.now().date())
        found = self._calls.worklist(peers(now)["RIS"], now.ae_title, keys)
        rows = [worklist.row(match) for match in found]
        return sorted(rows, key=lambda item: (item["date"], item["time"], item["accession"]))

    def scan(
        self,
        accession: str | None = None,
        recipe: str | None = None,
        *,
        typed: Mapping[str, str] | None = None,
        laterality: str | None = None,
    ) -> dict[str, Any]:
        """Examine the patient of a worklist item (without `accession` the first one) and send the images.

        `typed` examines without the worklist, with what the operator types in: ``patient_id`` and ``patient_name`` at
        least. Images the PACS does not take wait in the queue; that is no error here, `problem` says why.
        """
        now = self.settings()
        item = examination.typed_in(self.name, typed, accession) if typed is not None else self._picked(accession)
        made = examination.chosen(item, now, recipe, laterality)
        facts = examination.facts(item, now, self._clock.now())
        seed = zlib.crc32(f"{self.name}/{self._outbox.scans(facts.study_uid or '', facts.accession)}".encode())
        instances = render(made, facts, seed)
        study_uid = instances[0].header().study_uid
        kept = self._outbox.keep(instances)
        with self._store.write():
            self._outbox.add(kept, queued=True)
            self._journal.record(
                kinds.CONSOLE,
                self.name,
                f"scanned {facts.accession or 'without accession'}: {made.title}, {len(instances)} images",
                {"accession": facts.accession, "patient_id": facts.patient_id, "study_uid": study_uid,
                 "recipe": made.name, "instances": len(instances), "scheduled": typed is None},
            )  # fmt: skip
        sent = self.send()
        return {
            **sent,
            "summary": f"{made.title}: {len(instances)} images; {sent['summary']}",
            "accession": facts.accession,
            "patient_id": facts.patient_id,
            "study_uid": study_uid,
            "recipe": made.name,
            "instances": len(instances),
        }

    def send(self) -> dict[str, Any]:
        """Send what is queued now: `sent`, `waiting` (left in the queue), `problem` (why), `summary`."""
        sent, problem = self._drain()
        waiting = self._outbox.waiting()
        self._retry_in(self._retry_seconds)
        summary = f"{sent} sent" + (f", {waiting} waiting: {problem}" if waiting else "")
        return {"summary": summary, "sent": sent, "waiting": waiting, "problem": problem if waiting else ""}

    # How an examination comes about

    def _picked(self, accession: str | None) -> dict[str, str]:
        rows = self.worklist()
        for item in rows:
            if accession in (None, item["accession"]):
                return item
        shown = ", ".join(item["accession"] for item in rows) or "nothing"
        raise NotFound(
            f"the worklist of {self.name} does not offer {accession or 'anything'}; it shows {shown}",
            place=self.name,
            remedy="Follow the order from the RIS to this scanner's filter.",
        )

    # The queue

    def _drain(self) -> tuple[int, str]:
        """Send the whole queue once, batch by batch; gives how many were stored and what stopped the rest."""
        with self._turn:
            self._under_way += 1
        try:
            with self._sending:
                now = self.settings()
                sent, after, problem = 0, 0, ""
                while batch := self._outbox.next(after):
                    after = batch[-1].id
                    try:
                        replies = self._calls.store(
                            peers(now)["PACS"], now.ae_title, [waiting.instance for waiting in batch]
                        )
                    except SimlabError as error:
                        self._outbox.settle(batch, {}, str(error))
                        return sent, str(error)
                    stored = self._outbox.settle(batch, {reply.sop_uid: reply for reply in replies})
                    sent += stored
                    if stored < len(batch):
                        problem = self._outbox.problem()
                return sent, problem
        finally:
            with self._turn:
                self._under_way -= 1

    def _retry_in(self, seconds: float) -> None:
        """Let the queue be tried again in `seconds`, sooner than arranged or later; never when it is empty."""
        waiting = self._outbox.waiting()
        with self._turn:
            self._due = time.monotonic() + seconds if waiting else None
            self._turn.notify_all()

    def _retry(self) -> None:
        while True:
            with self._turn:
                while not self._closed and (self._due is None or self._due > time.monotonic()):
                    self._turn.wait(None if self._due is None else self._due - time.monotonic())
                if self._closed:
                    return
                self._under_way += 1
                self._due = None
            try:
                with provenance.acting(provenance.MODALITY, self._outbox.cause()):
                    self._drain()
                self._retry_in(self._retry_seconds)
            except Exception:  # a door to the world outside: the queue must outlive whatever goes wrong in one try
                log.exception("%s: sending the queue failed", self.name)
                with self._turn:
                    self._due = time.monotonic() + self._retry_seconds
            finally:
                with self._turn:
                    self._under_way -= 1

    # The door

    def _gate(self, caller: Caller) -> Rejection | None:
        return None if caller.calling in self.settings().accept else CALLING_UNKNOWN


def _echoed(_request: Request) -> Reply:
    return Reply(SUCCESS)
