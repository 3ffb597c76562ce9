"""The running department: every system of it, opened, staged, acted upon, looked at and closed as one."""

from __future__ import annotations

import base64
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any, Protocol

from pydantic import ValidationError

from simlab import journal as kinds
from simlab import provenance
from simlab.blobs import Blobs
from simlab.clock import Clock
from simlab.config import LOOPBACK, Endpoint
from simlab.department.desk import Desk
from simlab.department.engine import Engine
from simlab.department.epr import Epr
from simlab.department.modality import Modality, StudyFacts, render
from simlab.department.pacs import Pacs
from simlab.department.pacs.inbox import PacsInbox
from simlab.department.ris import Ris
from simlab.department.viewer import Viewer
from simlab.dicom import certificates, preview
from simlab.dicom.instance import Instance
from simlab.errors import BadInput, NotFound, NotKept, SimlabError, Unavailable
from simlab.faults import FaultTable, SystemClock
from simlab.journal import Journal
from simlab.lab.actions import ACTIONS, Outcome
from simlab.lab.home import Home
from simlab.lab.seating import Seating
from simlab.lab.snapshot import Snapshot, snapshot
from simlab.lab.staging import Staging
from simlab.lab.views import VIEWS
from simlab.store import Store

_log = logging.getLogger(__name__)

VIEWERS = ("ADMIN", "THEATRE", "CLINIC")
MODALITIES = ("CT1", "CT2", "US1")

_TICK = 1.0
"""Seconds between two looks at whether a call or mail is due."""

Guard = Callable[[str, Mapping[str, Any]], None]
"""Called with an action's name and arguments before a trainee's action; raises NotAllowed to stop it."""


class _System(Protocol):
    def busy(self) -> int: ...
    def close(self) -> None: ...


class Lab:
    """One department. Closed, it is a folder; open, it listens on every door. See docs/architecture.md."""

    def __init__(self, home: Home, *, durability: str = "process") -> None:
        self.home = home
        self.clock = Clock()
        self.store = Store(home.database, self.clock, durability=durability)
        self.journal = Journal(self.store)
        self.faults = FaultTable(self.store, self.journal)
        self.blobs = Blobs(home.blobs)
        self.pacs = Pacs(*self._ground("PACS"), self.blobs, home.certificates)
        self.pacs_inbox = PacsInbox(self.pacs, *self._ground("PACS"))
        self.ris = Ris(*self._ground("RIS"))
        self.epr = Epr(*self._ground("EPR"))
        self.engine = Engine(*self._ground("ENGINE"))
        self.viewers = {
            name: Viewer(name, *self._ground(name), self.blobs, folder=home.workstation if name == "ADMIN" else None)
            for name in VIEWERS
        }
        self.modalities = {name: Modality(name, *self._ground(name), self.blobs) for name in MODALITIES}
        self.desk = Desk(self.store, self.journal, self.clock, self._carry_out)
        self.guard: Guard | None = None
        self.endpoints: dict[str, Endpoint] = {}
        self._staged: Staging | None = None
        self._staging = threading.RLock()
        self._closing = threading.Event()
        self._restore()

    def _ground(self, system: str) -> tuple[Store, Journal, Clock, FaultTable]:
        return self.store, self.journal, SystemClock(self.clock, self.faults, system), self.faults

    def _restore(self) -> None:
        kept = self.store.get_state("clock")
        if kept:
            self.clock.restore(json.loads(kept))
        self.journal.attempt = self.store.get_state("attempt")

    # Opening and closing

    def open(self, host: str = LOOPBACK, *, ports: str = "auto") -> dict[str, Endpoint]:
        """Open every door and give where each listens; Unavailable names the door that cannot be opened."""
        if not certificates.present(self.home.certificates):
            certificates.make(self.home.certificates)
        seating = Seating(self.store, host, ports)
        try:
            seating.open("PACS", self.pacs.open)
            seating.open("PACS_TLS", self.pacs.open_tls)
            seating.open("PACS_HL7", self.pacs_inbox.open)
            ris = self.ris.open(host, seating.port("RIS"), seating.port("RIS_HL7"))
            for name, endpoint in ris.items():
                seating.take(name, endpoint.port)
            seating.open("ADT", self.engine.open)
            for name, viewer in self.viewers.items():
                seating.open(name, viewer.open)
            for name, modality in self.modalities.items():
                seating.open(name, modality.open)
            self.epr.open()
        except BaseException:
            self.close()
            raise
        threading.Thread(target=self._tick, name="desk-clock", daemon=True).start()
        self.endpoints = seating.endpoints
        seating.remember()
        return self.endpoints

    def close(self) -> None:
        """Close every door; what was acknowledged is already safe."""
        self._closing.set()
        with suppress(NotKept):
            self.store.set_state("clock", json.dumps(self.clock.state()))
        closing = [
            threading.Thread(target=close, name="closing")
            for close in (self.pacs_inbox.close, *(system.close for system in self._systems()))
        ]
        for thread in closing:
            thread.start()
        for thread in closing:
            thread.join(2)
        self.store.close()

    def _systems(self) -> list[_System]:
        return [*self.modalities.values(), *self.viewers.values(), self.epr, self.engine, self.ris, self.pacs]

    def endpoint(self, name: str) -> Endpoint:
        """Where a system listens, with its usual AE title; NotFound lists the systems there are."""
        if name not in self.endpoints:
            raise NotFound(f"there is no system {name}", remedy=f"There are: {', '.join(sorted(self.endpoints))}.")
        return self.endpoints[name]

    # Staging

    def stage(self, staging: Staging) -> None:
        """Replace the whole department by a scene, in one transaction; the journal goes on."""
        with self._staging, provenance.acting(provenance.SCENE):
            with self.store.write() as tx:
                self.store.clear()
                if staging.clock is not None:
                    self.clock.set(staging.clock, speed=staging.speed)
                tx.execute("INSERT OR REPLACE INTO lab_state VALUES ('clock', ?)", (json.dumps(self.clock.state()),))
                self.faults.declare(staging.faults)
                self.pacs.stage(staging.pacs)
                self.ris.stage(staging.ris)
                self.epr.stage(staging.epr)
                self.engine.stage(staging.engine)
                for name, viewer in self.viewers.items():
                    if name in staging.viewers:
                        viewer.stage(staging.viewers[name])
                for name, modality in self.modalities.items():
                    if name in staging.modalities:
                        modality.stage(staging.modalities[name])
                self.desk.stage(staging.desk)
                self.journal.record(kinds.LAB, "LAB", f"scene {staging.name} staged", {"scene": staging.name})
            self.faults.reload()
        self._staged = staging

    def restage(self) -> bool:
        """Stage the last scene of this process again; False when it has staged none."""
        if self._staged is None:
            return False
        self.stage(self._staged)
        return True

    def preview(self, sop_uid: str, width: int, frame: int = 1) -> dict[str, Any]:
        """A frame of an archived instance as rows of 8-bit grey, at most `width` pixels wide, base64."""
        columns, lines, rows = preview.grey(self.pacs.load(sop_uid), width, frame)
        return {"width": columns, "height": lines, "rows": base64.b64encode(rows).decode()}

    def render(self, recipe: str, facts: Mapping[str, Any], seed: int = 0) -> list[Instance]:
        """The images of a sample study for a person; `facts` are those of `StudyFacts`. BadInput, NotFound."""
        unknown = [name for name in facts if name not in StudyFacts.__dataclass_fields__]
        if unknown:
            known = ", ".join(StudyFacts.__dataclass_fields__)
            raise BadInput(f"images carry no fact {unknown[0]!r}", place=recipe, remedy=f"There are: {known}.")
        return render(recipe, StudyFacts(**facts), seed)

    def begin_attempt(self, attempt: str) -> None:
        """Events from now on belong to `attempt`."""
        self.store.set_state("attempt", attempt)
        self.journal.attempt = attempt

    def end_attempt(self) -> None:
        """Events from now on belong to no attempt."""
        self.store.set_state("attempt", None)
        self.journal.attempt = None

    # Acting

    def perform(
        self, name: str, args: Mapping[str, Any], *, actor: str = provenance.TRAINEE, cause: int | None = None
    ) -> Outcome:
        """Do one action. An outcome that is not `ok` says why; BadInput only for an unknown action or bad arguments."""
        kind = ACTIONS.get(name)
        if kind is None:
            raise NotFound(f"there is no action {name}", remedy="`simlab act --list` names them all.")
        try:
            action = kind.model_validate(dict(args))
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"]) or name
            raise BadInput(
                f"{field}: {first['msg'].lower()}",
                place=name,
                remedy=f"It takes: {', '.join(kind.model_fields) or 'no arguments'}.",
            ) from None
        with provenance.acting(actor, cause):
            event = self.journal.record(kinds.ACTION, "ADMIN", name, {"name": name, "args": action.for_journal()})
        with provenance.acting(actor, event):
            try:
                if self.guard is not None and actor == provenance.TRAINEE:
                    self.guard(name, args)
                result = action.perform(self)
                outcome = Outcome(result.ok, name, result.summary, result.data, event)
            except SimlabError as error:
                reason = {"what": error.what, "place": error.place, "remedy": error.remedy}
                outcome = Outcome(False, name, str(error), {}, event, reason)
            self.journal.record(
                kinds.OUTCOME, "ADMIN", outcome.summary, {"name": name, "ok": outcome.ok, "error": outcome.error}
            )
        return outcome

    def _carry_out(self, actions: Sequence[Mapping[str, Any]]) -> None:
        """What a scripted colleague does: the same actions, with the colleague as actor and the trainee's as cause."""
        cause = provenance.current().cause
        for step in actions:
            for name, args in step.items():
                outcome = self.perform(name, args or {}, actor=provenance.COLLEAGUE, cause=cause)
                if not outcome.ok:
                    raise SimlabError(outcome.summary)

    def _tick(self) -> None:
        while not self._closing.wait(_TICK):
            try:
                self.desk.tick()
            except Exception:
                _log.exception("the desk's clock")

    # Looking

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """One consistent look at everything."""
        return snapshot(self.store, self.journal, VIEWS)

    def digest(self) -> str:
        """A hash of all domain rows: equal digests, equal departments."""
        return self.store.digest()

    def settle(self, timeout: float = 10.0) -> None:
        """Wait until no message is on its way (held queues count as idle); Unavailable after `timeout` seconds."""
        systems = self._systems()
        until = time.monotonic() + timeout
        quiet = 0
        while quiet < 2:
            busy = [type(system).__name__ for system in systems if system.busy()]
            quiet = 0 if busy else quiet + 1
            if time.monotonic() > until:
                raise Unavailable(
                    f"still busy after {timeout:g} s: {', '.join(busy)}", remedy="Look at the engine's queues."
                )
            time.sleep(0.005)


@contextmanager
def running(home: Home, *, host: str = LOOPBACK, ports: str = "auto") -> Iterator[Lab]:
    """A lab in `home`, open for as long as the block lasts."""
    home.take()
    try:
        lab = Lab(home)
        try:
            lab.open(host, ports=ports)
            yield lab
        finally:
            lab.close()
    finally:
        home.leave()
