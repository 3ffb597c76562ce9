"""The author's proof: an exercise is played on a real lab, untouched, solved, done wrongly and reset."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simlab.errors import SimlabError
from simlab.lab.home import Home
from simlab.lab.lab import Lab, running
from simlab.training import catalogue
from simlab.training.attempt import Tutor
from simlab.training.checks import BROKEN, FAILED, PASSED
from simlab.training.exercise import resolve
from simlab.training.script import Script

SEEDS = 3
CLAIMS = ("untouched", "solutions", "mistakes", "reset")


@dataclass
class Proof:
    """What was shown of one exercise over all seeds: how often each claim was tried, and every shortfall."""

    exercise: str
    seeds: int
    tried: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CLAIMS, 0))
    shortfalls: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        return not self.shortfalls and all(self.tried.values())

    def as_json(self) -> dict[str, Any]:
        return {
            "exercise": self.exercise,
            "seeds": self.seeds,
            "ok": self.ok,
            "tried": self.tried,
            "shortfalls": self.shortfalls,
            "seconds": round(self.seconds, 2),
        }


def verify(
    ids: Iterable[str] = (),
    *,
    seeds: int = SEEDS,
    course: Path | None = None,
    tell: Callable[[str], None] = print,
) -> list[Proof]:
    """Prove exercises (all by default) over seeds 1 to `seeds`; `tell` gets the table line by line.

    Claims: the untouched scene earns nothing and no check but a guard passes; every solution earns full points,
    nothing broken; every mistake fails the checks that it names; reset, and staging twice, give the same department.
    """
    wanted = list(ids) or [folder.name for folder in catalogue.folders(course)]
    tell(f"{'exercise':<24} seeds untouched solutions mistakes reset      s  result")
    proofs = []
    with lab_of_proof() as lab:
        tutor = Tutor(lab, url="sqlite://", person="author", course=course)
        for name in wanted:
            proofs.append(prove(tutor, name, seeds))
            for line in told(proofs[-1]):
                tell(line)
        tutor.close()
    return proofs


@contextmanager
def lab_of_proof() -> Iterator[Lab]:
    """A lab of its own, in a temporary home, on free ports."""
    with (
        tempfile.TemporaryDirectory(prefix="simlab-verify-", ignore_cleanup_errors=True) as folder,
        running(Home(Path(folder) / "lab")) as lab,
    ):
        yield lab


def told(proof: Proof) -> list[str]:
    """A proof as a row of the table, with its shortfalls under it."""
    tried = proof.tried
    row = (
        f"{proof.exercise:<24} {proof.seeds:>5} {tried['untouched']:>9} {tried['solutions']:>9} {tried['mistakes']:>8} "
        f"{tried['reset']:>5}  {proof.seconds:>5.1f}  {'proved' if proof.ok else 'FALLS SHORT'}"
    )
    missing = [f"nothing was tried for: {claim}" for claim, count in tried.items() if not count]
    return [row, *(f"    {line}" for line in [*proof.shortfalls, *missing])] if not proof.ok else [row]


def prove(tutor: Tutor, name: str, seeds: int) -> Proof:
    """Prove one exercise on the tutor's lab."""
    proof = Proof(name, seeds)
    began = time.monotonic()
    for seed in range(1, seeds + 1):
        try:
            _Seed(tutor, proof, seed).prove()
        except SimlabError as error:
            proof.shortfalls.append(f"seed {seed}: {error}")
    proof.seconds = time.monotonic() - began
    tutor.abandon()
    return proof


class _Seed:
    """The proof of one variant; also the player of its scripts."""

    def __init__(self, tutor: Tutor, proof: Proof, seed: int) -> None:
        self.tutor = tutor
        self.proof = proof
        self.seed = seed

    def act(self, name: str, args: Mapping[str, Any]) -> Any:
        outcome = self.tutor.lab.perform(name, args)
        self.tutor.lab.settle()
        return outcome

    def rows(self, view: str) -> list[dict[str, Any]]:
        with self.tutor.lab.snapshot() as look:
            return look.view(view)

    def prove(self) -> None:
        lab, tutor = self.tutor.lab, self.tutor
        tutor.start(self.proof.exercise, self.seed)
        lab.settle()
        began = lab.digest()
        self._untouched()
        variant = tutor.variant()
        solved = False
        for script in variant.exercise.solutions:
            if script.applies(variant.values):
                solved = True
                self._again(began, f"reset before solution {script.name}")
                self._solution(script)
        if not solved:
            self._short("solutions", "no solution applies to this variant")
        for script in variant.exercise.mistakes:
            if script.applies(variant.values):
                self._again(began, f"reset before mistake {script.name}")
                self._mistake(script)
        tutor.start(self.proof.exercise, self.seed)
        lab.settle()
        self._count("reset")
        if lab.digest() != began:
            self._short("reset", "staging twice gives two different departments")

    def _again(self, began: str, what: str) -> None:
        self.tutor.reset()
        self.tutor.lab.settle()
        self._count("reset")
        if self.tutor.lab.digest() != began:
            self._short("reset", f"{what} gives another department than the start")

    def _untouched(self) -> None:
        self._count("untouched")
        marks = self.tutor.trial()
        if marks["earned"]:
            self._short("untouched", f"it earns {marks['earned']:g} points")
        for name, check in _checks(marks):
            if check["result"] == BROKEN:
                self._short("untouched", f"{name} is broken: {check['actual']}")
            elif check["result"] == PASSED and not check["guard"]:
                self._short("untouched", f"{name} passes already: {check['actual']}")
            elif check["result"] == FAILED and check["guard"]:
                self._short("untouched", f"guard {name} is broken already: {check['actual']}")

    def _solution(self, script: Script) -> None:
        self._count("solutions")
        if not self._played(script):
            return
        marks = self.tutor.trial()
        if marks["earned"] != marks["points"] or not marks["passed"]:
            self._short("solutions", f"{script.name} earns {marks['earned']:g} of {marks['points']:g}")
        for name, check in _checks(marks):
            if check["result"] != PASSED:
                found = f"expected {check['expected']}; found {check['actual']}"
                self._short("solutions", f"{script.name}: {name} {check['result']}: {found}")

    def _mistake(self, script: Script) -> None:
        self._count("mistakes")
        if not self._played(script):
            return
        marks = self.tutor.trial()
        results = {name: check["result"] for name, check in _checks(marks)}
        for wanted in script.fails:
            for name in resolve(wanted, set(results)):
                if results[name] != FAILED:
                    self._short("mistakes", f"{script.name}: {name} {results[name]}, it should fail")
        if marks["earned"] >= marks["points"]:
            self._short("mistakes", f"{script.name} gets full points")

    def _played(self, script: Script) -> bool:
        played = script.play(self.tutor.variant().values, self)
        if played and not played[-1].ok:
            step = played[-1].step
            self._short("steps", f"{script.name}: {step.place} {step.name or 'see'} did not go: {played[-1].summary}")
            return False
        return bool(played) or script.name == "nothing"

    def _count(self, claim: str) -> None:
        self.proof.tried[claim] += 1

    def _short(self, claim: str, what: str) -> None:
        self.proof.shortfalls.append(f"seed {self.seed}, {claim}: {what}")


def _checks(marks: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for task in marks["tasks"]:
        for check in task["checks"]:
            yield f"{task['id']}/{check['id']}", check
