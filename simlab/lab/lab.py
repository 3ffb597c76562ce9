"""The running department: every system of it, opened, staged, acted upon, looked at and closed as one."""

from __future__ import annotations

import base64
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from pydantic import ValidationError

from simlab import journal as kinds
from simlab import provenance
from simlab.config import LOOPBACK
from simlab.department.modality import StudyFacts, render
from simlab.dicom import preview
from simlab.dicom.instance import Instance
from simlab.errors import BadInput, NotFound, SimlabError, Unavailable
from simlab.lab import discs, kept_list
from simlab.lab.actions import ACTIONS, Outcome
from simlab.lab.home import Home
from simlab.lab.looking import Looking
from simlab.lab.snapshot import Snapshot, snapshot
from simlab.lab.staging import Staging
from simlab.lab.systems import Systems
from simlab.lab.views import VIEWS
from simlab.validation import remedy

_log = logging.getLogger(__name__)

Guard = Callable[[str, Mapping[str, Any]], None]
"""Called with an action's name and arguments before a trainee's action; raises NotAllowed to stop it."""


class Lab(Systems):
    """One department. Closed, it is a folder; open, it listens on every door. See docs/architecture.md."""

    def __init__(self, home: Home, *, durability: str = "process") -> None:
        super().__init__(home, self._carry_out, self.perform, self.look, durability=durability)
        self.guard: Guard | None = None
        self._staged: Staging | None = None
        self._staging = threading.RLock()
        self.looking = Looking(self.pacs.load)

    # Staging

    def stage(self, staging: Staging) -> None:
        """Replace the whole department by a scene, in one transaction; the journal goes on."""
        self.feed.close()
        with self._staging, provenance.acting(provenance.SCENE), self._scanners_resting():
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
                        modality.stage(kept_list.completed(tx, name, staging.modalities[name]))
                self.neighbour.stage(staging.neighbour)
                self.desk.stage(staging.desk)
                self.journal.record(kinds.LAB, "LAB", f"scene {staging.name} staged", {"scene": staging.name})
            self.faults.reload()
            discs.lay_out(self.store, self.home.media, staging.discs)
            if staging.feed is not None:
                self.feed.start(staging.feed)
        self._staged = staging

    @contextmanager
    def _scanners_resting(self) -> Iterator[None]:
        """Nobody is on a table while the patients of one scene give way to those of another."""
        for modality in self.modalities.values():
            modality.rest()
        try:
            yield
        finally:
            for modality in self.modalities.values():
                modality.resume()

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
                f"{field}: {first['msg'][:1].lower()}{first['msg'][1:]}",
                place=name,
                remedy=f"{remedy(first['type'])} It takes: {', '.join(kind.model_fields) or 'no arguments'}.".lstrip(),
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

    # Looking

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """One consistent look at everything."""
        return snapshot(self.store, self.journal, VIEWS)

    def look(self, view: str, **filters: str) -> list[dict[str, Any]]:
        """The rows of one view now."""
        with self.snapshot() as look:
            return look.view(view, **filters)

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
