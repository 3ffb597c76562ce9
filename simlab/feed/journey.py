"""One start of a pathway: its persons, what has come of them, and the walk through its steps."""

from __future__ import annotations

import random
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from simlab.feed.deeds import Deed
from simlab.feed.library import Named
from simlab.feed.numbers import Numbers
from simlab.feed.pathway import Choice, Step
from simlab.feed.state import Appointment, Happening, Life, Order, Visit
from simlab.feed.trust import Doctor, Trust

ACCEPTED = "AA"
"""What a message is taken to be answered with where nobody answers: in a file."""

Walk = Generator["datetime | Happening | list[Walk]", str, None]
"""Gives moments to wait for, happenings (and is sent the answer), and branches that go on by themselves."""


@dataclass
class Journey:
    """Start number `number` of `named`; `now` is set by whoever leads the walk. Nobody is told of a `quiet` one."""

    seed: int
    named: Named
    number: int
    trust: Trust
    numbers: Numbers
    now: datetime
    lives: dict[str, Life] = field(default_factory=dict)
    orders: dict[str, list[Order]] = field(default_factory=dict)
    appointments: dict[str, Appointment] = field(default_factory=dict)
    last_visits: dict[int, Visit] = field(default_factory=dict)
    specialty: str = ""
    branches: int = 1
    messages: int = 0
    quiet: bool = False
    _counts: dict[str, int] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """What all of its draws are keyed by: nothing that runs beside it."""
        return f"{self.seed}/{self.named.name}/{self.number}"

    def rng(self, branch: str) -> random.Random:
        """The draws of one branch."""
        return random.Random(f"{self.key}/{branch}")

    def life(self, name: str | None) -> Life:
        """A person of the pathway, by default the first; a merged number's survivor."""
        return self.lives[name or next(iter(self.named.pathway.persons))]

    def draw_number(self, kind: str) -> str:
        """The next number of its kind."""
        place = self._counts[kind] = self._counts.get(kind, -1) + 1
        return self.numbers.long(kind, self.named.pathway.number, self.number, place)

    def doctor(self, rng: random.Random, specialty: str | None) -> Doctor:
        """A consultant of the specialty, which stays the journey's until another is named."""
        self.specialty = specialty or self.specialty or next(iter(self.trust.specialties))
        return rng.choice(self.trust.specialties[self.specialty].consultants)

    def tell(
        self,
        kind: str,
        life: Life,
        *,
        visit: Visit | None = None,
        other: Life | None = None,
        order: Order | None = None,
        appointment: Appointment | None = None,
        facts: dict[str, str] | None = None,
        values: tuple[tuple[str, ...], ...] = (),
    ) -> Happening:
        """A happening of this journey, now."""
        self.messages += 1
        control = self.numbers.control(self.named.pathway.number, self.number, self.messages)
        return Happening(
            kind, self.now, control, self.named.name, life, visit, other, order, appointment, facts or {}, values
        )


Act = Callable[[Journey, "Deed", random.Random], Iterator[Happening]]


@dataclass
class _Branch:
    """What a branch draws from, and what its last message was answered with."""

    rng: random.Random
    ack: str = ACCEPTED


def walk(journey: Journey, acts: dict[str, Act]) -> Walk:
    """The whole pathway, from its first step."""
    return _steps(journey, acts, journey.named.pathway.steps, _Branch(journey.rng("0")))


def _steps(journey: Journey, acts: dict[str, Act], steps: list[Step], branch: _Branch) -> Walk:
    for step in steps:
        kind = step.kind
        act = acts.get(kind)
        if act is not None:
            for happening in act(journey, getattr(step, kind), branch.rng):
                branch.ack = yield happening
        elif step.wait is not None:
            yield step.wait.end(branch.rng, journey.now)
        elif step.await_exam is not None:
            yield max([journey.now, *(one.start for one in journey.orders.get(step.await_exam.of, ()) if one.start)])
        elif step.parallel is not None:
            first = journey.branches
            journey.branches += len(step.parallel)
            yield [
                _steps(journey, acts, inner, _Branch(journey.rng(f"{first + number}"), branch.ack))
                for number, inner in enumerate(step.parallel.values())
            ]
        elif step.by_ack is not None:
            answered = next((listed for code, listed in step.by_ack.items() if code == branch.ack), [])
            yield from _steps(journey, acts, answered, branch)
        else:
            yield from _steps(journey, acts, _chosen(step, branch.rng), branch)


def _chosen(step: Step, rng: random.Random) -> list[Step]:
    left = rng.random()
    choices: list[Choice] = [*(step.either or ()), *([step.sometimes] if step.sometimes else ())]
    for choice in choices:
        left -= choice.share
        if left < 0:
            return choice.steps
    return []
