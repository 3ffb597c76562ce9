"""A feed at work: pathways begin, walk on side by side in time, and what happens goes to one place in order."""

from __future__ import annotations

import heapq
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

from simlab.feed import persons
from simlab.feed.acts import ACTS
from simlab.feed.book import MEANT, SAID, UNTOLD, Begun, Book, Stood
from simlab.feed.census import census
from simlab.feed.journey import ACCEPTED, Journey, Walk, walk
from simlab.feed.library import Named
from simlab.feed.numbers import Numbers
from simlab.feed.plan import Plan
from simlab.feed.starts import Start, shared, starts
from simlab.feed.state import Happening
from simlab.feed.summary import Summary
from simlab.feed.trust import trust

STOPPED = "stopped"
"""What a sink gives when the feed was told to stop while it waited for the receiver."""


class Answer(NamedTuple):
    """What came of telling a happening: `code` AA, AE, AR, none or `STOPPED`; `told` is what was sent (ADT^A28)."""

    code: str
    told: str


class Sink(Protocol):
    """Where happenings go. `take` gives None for what is told nobody.

    One that can do the deed and keep its outcome as one has `whole` beside: it calls `keep` once, with the answer.
    """

    def take(self, happening: Happening) -> Answer | None: ...


Keep = Callable[[Answer | None], None]
Pace = Callable[[datetime], bool]
"""Waits until it is that moment; False when the feed is to stop."""


def at_once(moment: datetime) -> bool:
    """No waiting."""
    return True


class _Deaf:
    """Hears nothing."""

    def take(self, happening: Happening) -> Answer | None:
        return None


class _Ended(Book):
    """Which journeys have ended."""

    def __init__(self) -> None:
        self.found: set[tuple[str, int]] = set()

    def ended(self, journey: Journey, released: Sequence[persons.Released]) -> None:
        self.found.add((journey.named.name, journey.number))


class _Branch:
    """A walk under way; `parent` waits until all of its branches have ended. `untold` happened, and is told next."""

    __slots__ = ("journey", "open", "parent", "untold", "walk")

    def __init__(self, journey: Journey, steps: Walk, parent: _Branch | None = None) -> None:
        self.journey = journey
        self.walk = steps
        self.parent = parent
        self.open = 0
        self.untold: Happening | None = None


class Feed:
    """One run of a plan. `run` goes through all of it; `summary` may be read meanwhile.

    With a `book` that an earlier run has filled it goes on where that one stood.
    """

    def __init__(self, plan: Plan, sink: Sink, pace: Pace = at_once, book: Book | None = None) -> None:
        self.plan = plan
        self.summary = Summary(plan.seed, plan.begin.isoformat())
        self._sink = sink
        self._pace = pace
        self._book = book or Book()
        self._numbers = Numbers(plan.seed)
        self._former: persons.Former = {}
        self._seen: set[str] = set()
        self._drawn: Counter[str] = Counter()
        self._warm = False
        self._over: set[tuple[str, int]] = set()
        self._open: dict[tuple[str, int], Journey] = {}
        self._echo: deque[str] | None = None
        self._heap: list[tuple[datetime, str, int, int, Start | _Branch]] = []
        self._order = 0
        self._first = plan.begin - plan.warm_up

    def run(self) -> Summary:
        """Everything there is, in hospital time; ends early when the pace says so."""
        plan, summary = self.plan, self.summary
        end = plan.begin + plan.duration if plan.duration is not None else None
        stood = self._book.stood()
        if stood is not None:
            summary.restore(stood.summary)
            summary.finished = False
        self._warm = bool(plan.warm_up) and (not summary.now or datetime.fromisoformat(summary.now) <= plan.begin)
        self._over = self._rehearsed() if self._warm else set()
        if stood is not None:
            self._restore(stood)
        streams = {
            named.name: starts(plan.seed, named, hourly, self._first, shape=plan.shape, burst=plan.burst)
            for named, hourly in shared(plan.pathways, plan.hourly)
        }
        for name, stream in streams.items():
            for _ in range(self._drawn[name]):
                next(stream)
            self._announce(stream)
        stopped = False
        while self._heap:
            moment, _, _, _, due = heapq.heappop(self._heap)
            if self._warm and moment > plan.begin:
                self._begins()
            if end is not None and moment > end:
                break
            if not self._pace(moment):
                stopped = True
                break
            summary.now = moment.isoformat()
            if isinstance(due, Start):
                if not self._warm and plan.count is not None and summary.begun - summary.before >= plan.count:
                    continue
                self._announce(streams[due.named.name])
                due = self._begin(due)
            due.journey.now = moment
            if not self._lead(due):
                stopped = True
                break
        if not stopped:
            summary.finished = True
            summary.now = end.isoformat() if end is not None else summary.now
        self._book.keep(self._position)
        return summary

    def _rehearsed(self) -> set[tuple[str, int]]:
        """The journeys of the warm-up that are over when the feed begins, were every message accepted."""
        ended, plan = _Ended(), self.plan
        past = replace(plan, begin=self._first, duration=plan.warm_up, count=None, warm_up=timedelta())
        Feed(past, _Deaf(), self._pace, ended).run()
        return ended.found

    def _begins(self) -> None:
        self._warm = False
        self.summary.before = self.summary.begun
        self.summary.stands = census(self._open.values(), self.plan.begin)
        self._open.clear()

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
        self._drawn[start.named.name] += 1
        self._admit(journey)
        self._book.begun(journey)
        if not journey.quiet:
            self.summary.begun += 1
            self.summary.under_way += 1
            self.summary.pathways[start.named.name] += 1
        return _Branch(journey, walk(journey, ACTS))

    def _admit(self, journey: Journey) -> None:
        key = (journey.named.name, journey.number)
        journey.quiet = key in self._over
        if self._warm and not journey.quiet:
            self._open[key] = journey

    def _restore(self, stood: Stood) -> None:
        """Have the journeys that were under way come to where they were, by the answers they had."""
        self._drawn, self._seen, self._former = stood.drawn, stood.seen, stood.former
        named = {one.name: one for one in self.plan.pathways}
        waiting = []
        for begun in stood.under_way:
            waiting += self._again(begun, named[begun.pathway])
        self._heap = waiting
        heapq.heapify(self._heap)

    def _again(self, begun: Begun, named: Named) -> list[tuple[datetime, str, int, int, Start | _Branch]]:
        journey = Journey(self.plan.seed, named, begun.number, trust(), self._numbers, begun.at, begun.lives)
        self._admit(journey)
        self._heap, self._echo = [], deque(begun.answers)
        self._lead(_Branch(journey, walk(journey, ACTS)))
        while self._heap and self._echo:
            moment, _, _, _, due = heapq.heappop(self._heap)
            if isinstance(due, _Branch):
                journey.now = moment
                self._lead(due)
        self._echo = None
        return self._heap

    def _lead(self, branch: _Branch) -> bool:
        """Go on with a branch until it waits, parts or ends; False when the feed is to stop."""
        journey, answer = branch.journey, ""
        met: Happening | datetime | list[Walk] | None = branch.untold
        branch.untold = None
        while True:
            try:
                if met is None:
                    met = branch.walk.send(answer or None)  # type: ignore[arg-type]  # a new generator takes only None
            except StopIteration:
                return self._end(branch)
            if isinstance(met, Happening):
                if self._echo is not None and not self._echo:
                    branch.untold = met
                    # It was about to be told: before the branches beside it that wait for the same moment.
                    heapq.heappush(self._heap, (journey.now, journey.named.name, journey.number, 0, branch))
                    return True
                told = self._tell(journey, met)
                if told is None:
                    return False
                met, answer = None, told
            elif isinstance(met, datetime):
                self._push(met, journey.named.name, journey.number, branch)
                return True
            else:
                branch.open = len(met)
                for steps in met:
                    self._push(journey.now, journey.named.name, journey.number, _Branch(journey, steps, branch))
                return True

    def _tell(self, journey: Journey, happening: Happening) -> str | None:
        """The answer; None when the feed is to stop."""
        if self._echo is not None:
            return MEANT[self._echo.popleft()]
        kept: list[Answer | None] = []

        def keep(answer: Answer | None) -> None:
            kept.append(answer)
            if answer is None or answer.code != STOPPED:
                self._keep(journey, happening, answer)

        whole = getattr(self._sink, "whole", None)
        if journey.quiet:
            keep(None)
        elif whole is not None:
            whole(happening, keep)
        else:
            keep(self._sink.take(happening))
        answer = kept[-1]
        return ACCEPTED if answer is None else None if answer.code == STOPPED else answer.code

    def _keep(self, journey: Journey, happening: Happening, answer: Answer | None) -> None:
        summary = self.summary
        if answer is not None:
            self._seen.add(happening.life.person.mrn)
            summary.patients = len(self._seen)
            summary.messages += 1
            summary.types[answer.told] += 1
            summary.answers[answer.code] += 1
        self._book.told(journey, happening, SAID[answer.code] if answer is not None else UNTOLD, self._position)

    def _position(self) -> dict[str, Any]:
        return {"summary": self.summary.as_json(), "drawn": dict(self._drawn)}

    def _end(self, branch: _Branch) -> bool:
        parent, journey = branch.parent, branch.journey
        if parent is not None:
            parent.open -= 1
            if not parent.open:
                self._push(journey.now, journey.named.name, journey.number, parent)
            return True
        if not journey.quiet:
            self.summary.under_way -= 1
            self.summary.ended += 1
        self._open.pop((journey.named.name, journey.number), None)
        self._book.ended(journey, persons.release(journey, self._former))
        return True
