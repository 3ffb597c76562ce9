"""The tutor: starts an attempt at an exercise, marks it, opens hints, grades it and tells the debrief."""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from simlab import journal as kinds
from simlab import provenance
from simlab.errors import BadInput, NotAllowed, NotFound, SimlabError, Unavailable
from simlab.lab.lab import Lab
from simlab.training import catalogue, grading, records, told
from simlab.training.checks import Sight, Since
from simlab.training.checks.rows import RowCheck, find
from simlab.training.exercise import Variant, load, vary
from simlab.training.records import Records
from simlab.training.scene import seats, staging

_log = logging.getLogger(__name__)

TRAINEE = "trainee"
_SEEDS = 1_000_000
_SETTLE = 2.0
"""Seconds that a check waits at most for messages that are on their way."""


@dataclass
class _Open:
    """The attempt that is open."""

    id: str
    variant: Variant
    since: Since
    baseline: dict[str, list[dict[str, Any]]]
    opened: dict[str, int]
    costs: dict[str, float]


class Tutor:
    """Guides one trainee through one attempt at a time in `lab`. Every method may be called from any thread."""

    def __init__(self, lab: Lab, *, url: str | None = None, person: str = TRAINEE, course: Path | None = None) -> None:
        self.lab = lab
        self.person = person
        self.records = Records(lab.home.path, url)
        self._course = course
        self._lock = threading.RLock()
        self._open: _Open | None = None
        lab.guard = self.guard
        self._reopen()

    # Starting and ending

    def start(self, id: str, seed: int | None = None) -> dict[str, Any]:
        """Stage an exercise and open an attempt at it; one that was open is given up. NotFound, BadInput."""
        if seed is not None and not (isinstance(seed, int) and 0 <= seed < 2**31):
            raise BadInput(f"the seed is {seed!r}", place="seed", remedy="Give a whole number from 0 up.")
        with self._lock:
            exercise = load(catalogue.find(str(id), self._course))
            drawn = secrets.randbelow(_SEEDS) if seed is None else seed
            variant = vary(exercise, drawn, seats(self.lab))
            scene = staging(variant.scene, self.lab, name=exercise.id)
            self.lab.stage(scene)  # all of it or, with an error, nothing: then the open attempt stays as it was
            self.abandon()
            since, baseline = self._begin(variant)
            header = exercise.header
            attempt = self.records.begin(
                self.person, header.id, header.version, header.title, drawn, self.lab.home.path,
                {"since": asdict(since), "baseline": baseline},
            )  # fmt: skip
            self._open = _Open(attempt, variant, since, baseline, {}, {})
            self.lab.begin_attempt(attempt)
            self._tell(f"attempt at {header.id} began", {"attempt": attempt, "seed": drawn})
            return self.attempt()

    def abandon(self) -> bool:
        """Give the open attempt up, without marks; False when none is open."""
        with self._lock:
            if self._open is None:
                return False
            self.records.abandon(self._open.id)
            self._tell("attempt given up", {"attempt": self._open.id})
            self._open = None
            self.lab.end_attempt()
            return True

    def reset(self) -> bool:
        """Put the department back to how the attempt began; it is judged from now on. False when none is open."""
        with self._lock:
            if self._open is None:
                return False
            now = self._open
            variant = vary(now.variant.exercise, now.variant.seed, seats(self.lab))
            self.lab.stage(staging(variant.scene, self.lab, name=variant.exercise.id))
            now.variant = variant
            now.since, now.baseline = self._begin(variant)
            self.records.begun_again(now.id, {"since": asdict(now.since), "baseline": now.baseline})
            self._tell("attempt began again", {"attempt": now.id})
            return True

    def trial(self) -> dict[str, Any]:
        """The marks that a submission would give now, nothing closed and nothing kept: for an author's proof."""
        with self._lock:
            return self._marks(self._now(), probes=True, graded=True)

    def variant(self) -> Variant:
        """The open attempt's variant, answers and all: for an author's proof, never for the door."""
        with self._lock:
            return self._now().variant

    def submit(self) -> dict[str, Any]:
        """Grade the open attempt for good and give its marks."""
        with self._lock:
            now = self._now()
            marks = self._marks(now, probes=True, graded=True)
            self.records.submit(now.id, marks)
            self._tell(f"attempt submitted: {marks['earned']:g} of {marks['points']:g}", {"attempt": now.id})
            self._open = None
            self.lab.end_attempt()
            return {"attempt": now.id, **marks}

    def close(self) -> None:
        """Let the records go; an open attempt stays open for the next start."""
        self.records.close()

    def _begin(self, variant: Variant) -> tuple[Since, dict[str, list[dict[str, Any]]]]:
        with self.lab.snapshot() as look:
            changes = look.changes()
            since = Since(self.lab.journal.last, changes[-1].id if changes else 0, look.now.isoformat())
            sight = Sight(look, since)
            baseline = {
                check.key: find(check.word, check.params, sight)
                for check in variant.every_check()
                if isinstance(check.params, RowCheck) and check.params.gone
            }
        return since, baseline

    def _reopen(self) -> None:
        """Take up the attempt that was open when the lab's last process ended."""
        attempt = self.lab.journal.attempt
        if attempt is None:
            return
        try:
            row = self.records.attempt(attempt)
        except NotFound as error:  # other records than those it was begun with
            _log.warning("%s", error)
            self.lab.end_attempt()
            return
        try:
            exercise = load(catalogue.find(row.exercise, self._course))
            if row.state != records.OPEN or exercise.header.version != row.version:
                raise NotFound(f"{row.exercise} has changed since version {row.version}")
            variant = vary(exercise, row.seed, seats(self.lab))
        except SimlabError as error:
            _log.warning("attempt %s cannot be taken up: %s", attempt, error)
            if row.state == records.OPEN:
                self.records.abandon(attempt)
            self.lab.end_attempt()
            return
        opened: dict[str, int] = {}
        costs: dict[str, float] = {}
        for hint in row.hints:
            opened[hint.task] = opened.get(hint.task, 0) + 1
            costs[hint.task] = costs.get(hint.task, 0) + hint.cost
        self._open = _Open(attempt, variant, Since(**row.began["since"]), row.began["baseline"], opened, costs)

    def _now(self) -> _Open:
        if self._open is None:
            raise NotFound("no attempt is open", remedy="Start one: `simlab list`, then `simlab start ID`.")
        return self._open

    def _tell(self, summary: str, data: Mapping[str, Any]) -> None:
        with provenance.acting(provenance.SYSTEM):
            self.lab.journal.record(kinds.TRAINING, "LAB", summary, data)

    # While it is open

    def guard(self, name: str, args: Mapping[str, Any]) -> None:
        """Stop an action of the trainee that the exercise leaves to a colleague: NotAllowed names whom to ask."""
        now = self._open
        for pattern, advice in now.variant.plan.rights.items() if now else ():
            if fnmatchcase(name, pattern):
                who = advice.removeprefix("ask ").strip()
                raise NotAllowed(
                    f"you have no right to {name} here", place=name, remedy=f"Ask {who} to do it (desk.ask)."
                )

    def attempt(self) -> dict[str, Any]:
        """The open attempt as a trainee may see it; NotFound when none is open."""
        with self._lock:
            now = self._now()
            return told.attempt(now.id, now.variant, now.opened)

    def hint(self, task: str) -> dict[str, Any]:
        """Open the next hint of a task; what it costs is taken from the task's points, unless it is solved already."""
        with self._lock:
            now = self._now()
            tasks = [one.id for one in now.variant.plan.tasks]
            if task not in tasks:
                raise NotFound(f"there is no task {task!r}", remedy=f"The tasks are: {', '.join(tasks)}.")
            hints = [hint for hint in now.variant.plan.hints if hint.task == task]
            number = now.opened.get(task, 0)
            if number >= len(hints):
                raise NotFound(f"task {task} has no further hint", remedy="Ask a colleague, or look at the logs.")
            marks = self._marks(now, probes=True, graded=False)
            wanted = [
                check["result"]
                for one in marks["tasks"]
                for check in one["checks"]
                if one["id"] == task and not check["guard"]
            ]
            cost = 0.0 if all(result == "passed" for result in wanted) else hints[number].cost
            self.records.open_hint(now.id, task, number, cost)
            now.opened[task] = number + 1
            now.costs[task] = now.costs.get(task, 0) + cost
            self._tell(f"hint {number + 1} of {task} opened", {"attempt": now.id, "cost": cost})
            left = len(hints) - number - 1
            return {"task": task, "number": number + 1, "cost": cost, "text": hints[number].text, "left": left}

    def check(self, live: bool = False) -> dict[str, Any]:
        """Marks as things stand. `live` runs no probes; answers are graded at submission alone."""
        with self._lock:
            now = self._now()
            marks = self._marks(now, probes=not live, graded=False)
            held_back = now.variant.plan.release.feedback == "after_submit"
            return {"attempt": now.id, **(grading.withheld if held_back else grading.unspoiled)(marks)}

    def _marks(self, now: _Open, *, probes: bool, graded: bool) -> dict[str, Any]:
        found = None
        if probes:
            try:
                self.lab.settle(_SETTLE)
            except Unavailable as error:
                _log.info("judged while %s", error)
            found = grading.probed(now.variant, self._probe)
        with self.lab.snapshot() as look:
            sight = Sight(look, now.since, probes=found, graded=graded, baseline=now.baseline)
            return grading.mark(now.variant, sight, now.costs)

    def _probe(self, name: str, args: Mapping[str, Any]) -> Any:
        return self.lab.perform(name, args, actor=provenance.PROBER)

    # Before and after

    def exercises(self) -> list[dict[str, Any]]:
        """Every exercise with its header and how far this person has come: untried, tried or passed."""
        best: dict[str, str] = {}
        for row in self.records.attempts(self.person):
            if row.passed or best.get(row.exercise) is None:
                best[row.exercise] = "passed" if row.passed else "tried"
        rows = catalogue.exercises(self._course)
        return [
            {
                **{key: value for key, value in row.items() if key != "folder"},
                "progress": best.get(row["id"], "untried"),
            }
            for row in rows
        ]

    def history(self) -> list[dict[str, Any]]:
        """This person's attempts, newest first."""
        return [told.history(row) for row in self.records.attempts(self.person)]

    def debrief(self, attempt: str | None = None) -> dict[str, Any]:
        """The debrief of a submitted attempt (by default the last): text, marks, the solution when released."""
        row = self.records.attempt(attempt or self.records.last_submitted(self.person))
        if row.state != records.SUBMITTED:
            raise NotAllowed(f"attempt {row.id} is {row.state}", remedy="The debrief follows submission.")
        exercise = load(catalogue.find(row.exercise, self._course))
        variant = vary(exercise, row.seed, seats(self.lab))
        return told.debrief(row, variant)
