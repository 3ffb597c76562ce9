"""What a route's courier has in hand: messages read ahead, the one in flight, and outcomes that are not written yet."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass

from simlab.department.engine.policy import Verdict
from simlab.hl7.courier import Delivery, Parcel

AHEAD = 64
"""Messages read out of the queue at once."""
BACKLOG = AHEAD
"""Messages that must wait before outcomes are written together; with fewer each is written before the next goes out."""
TOGETHER = 16
"""Outcomes written together at most: so many messages of a route can a kill let go out twice, under their MSH-10."""
RUSH = 400
"""Messages a second that come in, beyond which couriers send `TOGETHER` at once, and then rest."""
REST_SECONDS = 0.03


class Rush:
    """Whether messages come in so fast that deliveries stand back.

    Threads that take turns for every message do less between them than threads that work one after the other.
    """

    def __init__(self) -> None:
        self._last = deque([0.0] * 8, maxlen=8)

    def taken(self) -> None:
        """A message has come in."""
        self._last.append(time.monotonic())

    def on(self) -> bool:
        """Whether the last eight came in a rush that is not over."""
        return time.monotonic() - self._last[0] < 8 / RUSH


@dataclass(frozen=True)
class Outcome:
    """What came of an attempt, and when (`at`: hospital time as it is written, `machine`: `time.time`)."""

    parcel: Parcel
    delivery: Delivery
    verdict: Verdict
    at: str
    machine: float


class Line:
    """The hand of one route's courier. That thread alone puts in and takes out; who holds the store's writer looks on.

    `stale`: what was read ahead may have changed since; set within a write transaction, it makes the courier read
    again, in one of its own, before another message goes out.
    """

    def __init__(self, route: str) -> None:
        self.route = route
        self.ahead: deque[Parcel] = deque()
        self.outcomes: list[Outcome] = []
        self.in_flight: int | None = None
        self.stale = False
        self.sent = 0
        """Messages since the courier rested."""
        self.backlog = False
        """Whether so many waited behind what was read ahead that outcomes may be written together."""
        self.look = True
        """Whether something may have come into the queue, or come due, since it was found empty."""
        self.adrift = True
        """Whether an item may be marked as in flight that is not: an earlier process was killed, or we broke off."""

    def next(self) -> Parcel | None:
        """The next message, which is in flight from now on; None when the queue must be read."""
        self.adrift |= self.in_flight is not None
        if not self.ahead:
            self.in_flight = None
            return None
        parcel = self.ahead.popleft()
        self.in_flight = parcel.id
        # In this order: whoever changes the queue sets `stale` first and looks then for what is in flight.
        if not self.stale:
            return parcel
        self.in_flight, self.adrift = None, True
        self.ahead.clear()
        return None

    def done(self, outcome: Outcome) -> bool:
        """Take what came of the message in flight; whether outcomes must be written before the next one goes."""
        self.outcomes.append(outcome)
        self.sent += 1
        self.in_flight = None
        if not self.backlog or not self.ahead or outcome.verdict.next_try or outcome.verdict.failed:
            return True
        return len(self.outcomes) >= TOGETHER
