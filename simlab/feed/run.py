"""A feed at work: pathways begin, walk on side by side in time, and what happens goes to one place in order."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

from simlab.errors import BadInput
from simlab.feed import persons
from simlab.feed.acts import ACTS
from simlab.feed.journey import ACCEPTED, Journey, Walk, walk
from simlab.feed.library import Named, together
from simlab.feed.numbers import Numbers
from simlab.feed.starts import FLAT, SHAPES, Start, shared, starts
from simlab.feed.state import Happening
from simlab.feed.trust import trust

START = datetime(2026, 3, 2, 8, 0)
"""When a feed begins that is not told otherwise, so that the same seed gives the same bytes on any day."""
MOST = 1_000_000
STOPPED = "stopped"
"""What a sink gives when the feed was told to stop while it waited for the receiver."""


@dataclass(frozen=True)
class Plan:
    """What to run: `hourly` starts of all pathways together, until `until` (hospital time) or `count` starts."""

    pathways: Sequence[Named]
    seed: int
    hourly: float = 60.0
    begin: datetime = START
    duration: timedelta | None = None
    count: int | None = None
    shape: str = FLAT
    burst: int = 1

    def __post_init__(self) -> None:
        together(self.pathways)
        if self.shape not in SHAPES:
            raise BadInput(f"there is no day {self.shape!r}", place="day", remedy=f"There are: {', '.join(SHAPES)}.")
        for name, value in (("count", self.count), ("burst", self.burst)):
            if value is not None and not 1 <= value <= MOST:
                raise BadInput(f"{name} is {value}", place=name, remedy=f"Give a number from 1 to {MOST}.")


@dataclass
class Summary:
    """What a feed has done so far; `now` is hospital time."""

    seed: int
    begun_at: str
    now: str = ""
    begun: int = 0
    ended: int = 0
    under_way: int = 0
    patients: int = 0
    messages: int = 0
    types: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    pathways: Counter[str] = field(default_factory=Counter)
    finished: bool = False

    def as_json(self) -> dict[str, Any]:
        """The same as plain values."""
        return {name: dict(value) if isinstance(value, Counter) else value for name, value in vars(self).items()}


class Answer(NamedTuple):
    """What came of telling a happening: `code` AA, AE, AR, none or `STOPPED`; `told` is what was sent (ADT^A28)."""

    code: str
    told: str


class Sink(Protocol):
    """Where happenings go. `take` gives None for what is told nobody."""

    def take(self, happening: Happening) -> Answer | None: ...


Pace = Callable[[datetime], bool]
"""Waits until it is that moment; False when the feed is to stop."""


def at_once(moment: datetime) -> bool:
    """No waiting."""
    return True


class _Branch:
    """A walk under way; `parent` waits until all of its branches have ended."""

    __slots__ = ("journey", "open", "parent", "walk")

    def __init__(self, journey: Journey, steps: Walk, parent: _Branch | None = None) -> None:
        self.journey = journey
        self.walk = steps
        self.parent = parent
        self.open = 0


class Feed:
    """One run of a plan. `run` goes through all of it; `summary` may be read meanwhile."""

    def __init__(self, plan: Plan, sink: Sink, pace: Pace = at_once) -> None:
        self.plan = plan
        self.summary = Summary(plan.seed, plan.begin.isoformat())
        self._sink = sink
        self._pace = pace
        self._numbers = Numbers(plan.seed)
        self._former: persons.Former = {}
        self._seen: set[str] = set()
        self._heap: list[tuple[datetime, str, int, int, Start | _Branch]] = []
        self._order = 0

    def run(self) -> Summary:
        """Everything there is, in hospital time; ends early when the pace says so."""
        plan, summary = self.plan, self.summary
        end = plan.begin + plan.duration if plan.duration is not None else None
        streams = {
            named.name: starts(plan.seed, named, hourly, plan.begin, shape=plan.shape, burst=plan.burst)
            for named, hourly in shared(plan.pathways, plan.hourly)
        }
        for stream in streams.values():
            self._announce(stream)
        while self._heap:
            moment, _, _, _, due = heapq.heappop(self._heap)
            if (end is not None and moment > end) or not self._pace(moment):
                break
            summary.now = moment.isoformat()
            if isinstance(due, Start):
                if plan.count is not None and summary.begun >= plan.count:
                    continue
                self._announce(streams[due.named.name])
                due = self._begin(due)
            due.journey.now = moment
            if not self._lead(due):
                break
        else:
            summary.finished = True
        if end is not None and (not self._heap or moment > end):
            summary.finished = True
            summary.now = end.isoformat()
        return summary

    def _announce(self, stream: Iterator[Start]) -> None:
        start = next(stream, None)
        if start is not None:
            self._push(start.at, start.named.name, start.number, start)

    def _push(self, moment: datetime, name: str, number: int, what: Start | _Branch) -> None:
        self._order += 1
        heapq.heappush(self._heap, (moment, name, number, self._order, what))

    def _begin(self, start: Start) -> _Branch:
        journey = Journey(self.plan.seed, start.named, start.number, trust(), self._numbers, start.at)
        persons.cast(journey, self._former)
        self.summary.begun += 1
        self.summary.under_way += 1
        self.summary.pathways[start.named.name] += 1
        return _Branch(journey, walk(journey, ACTS))

    def _lead(self, branch: _Branch) -> bool:
        """Go on with a branch until it waits, parts or ends; False when the feed is to stop."""
        journey, answer = branch.journey, ""
        while True:
            try:
                met = branch.walk.send(answer or None)  # type: ignore[arg-type]  # a new generator takes only None
            except StopIteration:
                return self._end(branch)
            if isinstance(met, Happening):
                told = self._tell(met)
                if told is None:
                    return False
                answer = told
            elif isinstance(met, datetime):
                self._push(met, journey.named.name, journey.number, branch)
                return True
            else:
                branch.open = len(met)
                for steps in met:
                    self._push(journey.now, journey.named.name, journey.number, _Branch(journey, steps, branch))
                return True

    def _tell(self, happening: Happening) -> str | None:
        answer = self._sink.take(happening)
        if answer is None:
            return ACCEPTED
        if answer.code == STOPPED:
            return None
        summary = self.summary
        self._seen.add(happening.life.person.mrn)
        summary.patients = len(self._seen)
        summary.messages += 1
        summary.types[answer.told] += 1
        summary.answers[answer.code] += 1
        return answer.code

    def _end(self, branch: _Branch) -> bool:
        parent = branch.parent
        if parent is not None:
            parent.open -= 1
            if not parent.open:
                self._push(branch.journey.now, branch.journey.named.name, branch.journey.number, parent)
            return True
        self.summary.under_way -= 1
        self.summary.ended += 1
        persons.release(branch.journey, self._former)
        return True
