"""A simulated scanner: asks its worklist, makes studies from recipes, sends them, and keeps what the PACS refuses."""

from __future__ import annotations

import ssl
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pynetdicom.presentation import PresentationContext

from simlab import credentials
from simlab import journal as kinds
from simlab.blobs import Blobs
from simlab.clock import Clock
from simlab.config import Endpoint
from simlab.department.modality import settings
from simlab.department.modality.calls import Calls
from simlab.department.modality.drifting import DriftingClock
from simlab.department.modality.examining import Examining
from simlab.department.modality.outbox import Outbox
from simlab.department.modality.radiographer import AT_ONCE, Radiographer
from simlab.department.modality.safekeeping import Safekeeping
from simlab.department.modality.schema import SCHEMA
from simlab.department.modality.sender import Sender
from simlab.department.modality.settings import ModalitySettings
from simlab.department.modality.stage import ModalityStage
from simlab.department.modality.steps import COMPLETED, DISCONTINUED, Steps
from simlab.department.modality.works import AFTER_UPGRADE
from simlab.dicom import contexts, normalized
from simlab.dicom.operation import Caller, Reply, Request
from simlab.dicom.rejection import CALLING_UNKNOWN, Rejection
from simlab.dicom.server import DicomServer
from simlab.dicom.statuses import SUCCESS
from simlab.errors import BadInput
from simlab.faults import FaultTable
from simlab.journal import Journal
from simlab.store import Store

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
        certificates: Path | None = None,
    ) -> None:
        store.install(SCHEMA)
        self.name = name
        self.endpoints: dict[str, Endpoint] = {}
        self._store = store
        self._journal = journal
        self._clock = clock
        self._outbox = Outbox(name, store, blobs, clock)
        self._faults = faults
        self._certificates = certificates
        self._calls = Calls(name, journal, faults, certificates)
        self._sender = Sender(name, self._outbox, self._calls, self.settings, retry_seconds)
        own = DriftingClock(clock, lambda: self.settings().clock_drift)
        self._steps = Steps(name, store, own, self._calls)
        self._safekeeping = Safekeeping(name, store, journal, clock, self._calls)
        self._examining = Examining(
            name, store, journal, own, self._calls, self._outbox, self._steps, self._safekeeping, self.send
        )
        self._radiographer = Radiographer(name, own, self.settings, self._examining, self._steps, self._safekeeping)
        self._server = DicomServer(
            name,
            journal,
            faults,
            ae_title=lambda: self.settings().ae_title,
            contexts=lambda _caller: self._contexts(),
            handlers={"C-ECHO": _echoed, "N-EVENT-REPORT": self._safekeeping.hear},
            gate=self._gate,
        )

    # Opening and closing

    def open(self, host: str, port: int) -> int:
        """Listen, and go on with what is queued; gives the real port. Raises Unavailable when it is taken."""
        self._safekeeping.open()
        self._steps.open()
        real = self._server.open(host, port)
        self.endpoints = {self.name: Endpoint(host, real, self.settings().ae_title)}
        self._sender.open()
        self._radiographer.open()
        return real

    def open_tls(self, host: str, port: int) -> int:
        """Listen over TLS too; gives the real port, OSError when it cannot be had."""
        real = self._server.open(host, port, self._credentials)
        self.endpoints[f"{self.name}_TLS"] = Endpoint(host, real, self.settings().ae_title)
        return real

    def close(self) -> None:
        """Stop; a send under way ends with its process, and its rest is still queued."""
        self._radiographer.close()
        self._sender.close()
        self._server.close()
        self._sender.join()
        self._radiographer.join()

    def busy(self) -> int:
        """Sends under way or due now, reports being heard, patients examined; a queue that waits counts as idle."""
        return self._sender.busy() + self._server.operating + self._radiographer.busy()

    def rest(self) -> None:
        """Let the radiographer begin with nobody else, until `resume` or the next scene."""
        self._radiographer.rest()

    def resume(self) -> None:
        """Let the radiographer go on."""
        self._radiographer.call()

    def stage(self, section: ModalityStage) -> None:
        """Settings and images for a scene; call it inside the scene's write transaction."""
        chosen = settings.checked(self.name, section.settings)
        queued, held = self._outbox.keep(section.queued), self._outbox.keep(section.held)
        with self._store.write() as tx:
            settings.save(tx, self.name, chosen)
            if section.kept_list is not None:
                self._examining.keep_list(section.kept_list.rows, section.kept_list.taken)
            self._outbox.add(held, queued=False)
            self._outbox.add(queued, queued=True, error=section.queue_error)
            self._store.after_commit(self._sender.retry_in)
            self._store.after_commit(self._radiographer.call)

    def settings(self) -> ModalitySettings:
        """The settings in force."""
        with self._store.read() as tx:
            return settings.load(tx, self.name)

    # The console

    def configure(self, /, **changes: Any) -> dict[str, Any]:
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
            self._store.after_commit(lambda: self._sender.retry_in(0))
            self._store.after_commit(self._radiographer.call)
        return {"changed": changed, "settings": after}

    def echo(self, to: str = "PACS") -> dict[str, Any]:
        """C-ECHO from the scanner's own AE title to its ``PACS`` or ``RIS``; raises what stops the association."""
        now = self.settings()
        if to not in ("PACS", "RIS"):
            raise BadInput(f"{to!r} is nobody the scanner knows", place=self.name, remedy="Say PACS or RIS.")
        peer = self._calls.peer(now, to)
        status = self._calls.echo(peer, now.ae_title)
        return {"status": status, "to": to, "called": peer.ae_title, "host": peer.host, "port": peer.port}

    def worklist(self, *, dock: bool = False) -> list[dict[str, str]]:
        """What the RIS offers to this scanner's own filter, earliest first; raises what stops the query.

        `dock` has a mobile fetch its list anew.
        """
        return self._examining.worklist(self.settings(), dock=dock)

    def scan(
        self,
        accession: str | None = None,
        recipe: str | None = None,
        *,
        typed: Mapping[str, str] | None = None,
        laterality: str | None = None,
        picked: str | None = None,
    ) -> dict[str, Any]:
        """Examine the patient of a worklist item (without `accession` the first one) and send the images.

        `typed` examines without the worklist, with what the operator types in: ``patient_id`` and ``patient_name`` at
        least. `picked` is the accession number of the wrong row: that patient's name stands in the images. Images the
        PACS does not take wait in the queue; that is no error here, `problem` says why. With a step in progress it is
        that one's patient who is examined. Else, where the settings say so, a step is begun before and completed
        after, and the PACS is asked to commit to the images: `step` and `commitment` say what came of it.
        """
        return self._examining.scan(
            self.settings(), accession, recipe, typed=typed, laterality=laterality, picked=picked
        )

    def work(self, patients: int = 0) -> dict[str, Any]:
        """Have the radiographer examine who is listed, `patients` of them (0: all); see `Radiographer.work`."""
        now = self.settings()
        return self._radiographer.work(now.model_copy(update={"radiographer": AT_ONCE}), patients)

    def upgrade(self, version: str) -> dict[str, Any]:
        """Put new software on the scanner. It comes with settings of its own, and nobody is told of them."""
        with self._store.write() as tx:
            now = settings.load(tx, self.name)
            reset = settings.checked(self.name, {**now.model_dump(mode="json"), **AFTER_UPGRADE})
            settings.save(tx, self.name, reset, set(AFTER_UPGRADE))
            told = f"software {version} installed; self-test passed"
            self._journal.record(kinds.CONSOLE, self.name, told, {"console": "upgrade", "version": version})
        return {"version": version, "summary": told}

    def correct(self, study_uid: str, accession: str, identity: Mapping[str, str]) -> dict[str, Any]:
        """Rewrite the patient or order in held images and send them again under the same UIDs; see `Outbox.correct`."""
        changed = self._outbox.correct(study_uid, accession, identity)
        told = f"{len(changed)} images corrected: {', '.join(identity)}"
        facts = {"study_uid": study_uid, "accession": accession, "changed": dict(identity), "images": len(changed)}
        self._journal.record(kinds.CONSOLE, self.name, told, {"console": "correct", **facts})
        sent = self.send(changed)
        return {**sent, **facts, "summary": f"{told}; {sent['summary']}"}

    def start_step(self, accession: str | None = None, *, typed: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Tell the RIS that a step begins (MPPS N-CREATE), of a worklist item or unscheduled; see `Steps.start`."""
        now = self.settings()
        return self._steps.start(now, self._examining.item(now, accession, typed))

    def complete_step(self, accession: str = "", *, mpps_uid: str = "") -> dict[str, Any]:
        """Tell the RIS that a step is done, with its series (MPPS N-SET COMPLETED); see `Steps.end`."""
        return self._steps.end(self.settings(), COMPLETED, mpps_uid=mpps_uid, accession=accession)

    def discontinue_step(self, accession: str = "", *, mpps_uid: str = "", reason: str) -> dict[str, Any]:
        """Tell the RIS that a step was broken off and why, by a code of CID 9301 (MPPS N-SET DISCONTINUED)."""
        return self._steps.end(self.settings(), DISCONTINUED, mpps_uid=mpps_uid, accession=accession, reason=reason)

    def commit(self, study_uid: str = "", accession: str = "", *, wait: float = 3.0) -> dict[str, Any]:
        """Ask the PACS to commit to held images and wait for its report; see `Safekeeping.ask`."""
        return self._safekeeping.ask(self.settings(), study_uid, accession, wait=wait)

    def free(self, study_uid: str = "", accession: str = "") -> dict[str, Any]:
        """Delete held images that the PACS has committed to; see `Safekeeping.free`."""
        return self._safekeeping.free(self.settings(), study_uid, accession)

    def send(self, again: Sequence[str] = ()) -> dict[str, Any]:
        """Send what is queued now: `sent`, `waiting` (left in the queue), `problem` (why), `summary`.

        `again` are SOP instance UIDs of held images to send once more. Raises NotFound for one that is not held.
        """
        if again:
            self._outbox.again(again)
        sent, problem = self._sender.drain()
        waiting = self._outbox.waiting()
        self._sender.retry_in()
        summary = f"{sent} sent" + (f", {waiting} waiting: {problem}" if waiting else "")
        return {"summary": summary, "sent": sent, "waiting": waiting, "problem": problem if waiting else ""}

    # The door

    def _credentials(self) -> ssl.SSLContext:
        now = self.settings()
        return credentials.shown(self.name, self._certificates, now.certificate, self._faults, mutual=now.tls_mutual)

    def _contexts(self) -> list[PresentationContext]:
        if "no_role_selection" in self.settings().quirks:
            return contexts.supported([contexts.VERIFICATION, contexts.STORAGE_COMMITMENT])
        roles = normalized.reversed_roles(contexts.STORAGE_COMMITMENT)
        return [*contexts.supported([contexts.VERIFICATION]), roles]

    def _gate(self, caller: Caller) -> Rejection | None:
        return None if caller.calling in self.settings().accept else CALLING_UNKNOWN


def _echoed(_request: Request) -> Reply:
    return Reply(SUCCESS)
