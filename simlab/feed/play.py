"""A feed whose deeds are the lab's own actions."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

from simlab.feed.in_lab import DEEDS, Missing, Step
from simlab.feed.journey import ACCEPTED
from simlab.feed.plan import Plan
from simlab.feed.run import STOPPED, Answer, Feed, Keep, Pace, at_once
from simlab.feed.state import Happening, Order
from simlab.feed.summary import Summary

_IN_THE_DATABASE = ("epr.", "ris.")
"""Actions that write rows and queue messages, and do not wait for the wire."""
PATIENCE = 5.0
"""Seconds that an order is given to come from the EPR to the RIS before what the RIS does with it is left out."""
_LOOK = 0.02
NOT_THERE = "none"
_SCANNERS = ("CT1", "CT2", "MR1", "US1", "DX1", "MG1")


class Outcome(Protocol):
    """What performing an action gave."""

    @property
    def ok(self) -> bool: ...
    @property
    def data(self) -> dict[str, Any]: ...


class _Refused(Exception):
    """A deed in a transaction was refused: the transaction ends with it."""


Perform = Callable[[str, Mapping[str, Any]], Outcome]
Look = Callable[..., list[dict[str, Any]]]
"""A view by its name, with its filters: ``look("ris.orders", placer="P1")``."""


def play(
    plan: Plan, perform: Perform, look: Look, *, pace: Pace = at_once, patience: float = PATIENCE, images: bool = False
) -> Summary:
    """Run `plan` as actions of the EPR and the RIS; their systems have the state and send the messages.

    With `images`, an exam whose station is one of the lab's scanners is made there.
    """
    return Feed(plan, LabSink(perform, look, patience=patience, images=images), pace).run()


class LabSink:
    """Performs each happening. AA: all its actions were done; AE: one was refused; none: its order is not there.

    `known_as` has the EPR's numbers of orders by the feed's own. With `together`, a transaction, the deeds of EPR and
    RIS and what is kept of them are done as one. Once `stop` is set nothing more is performed.
    """

    def __init__(
        self,
        perform: Perform,
        look: Look,
        *,
        patience: float = PATIENCE,
        images: bool = False,
        stop: threading.Event | None = None,
        known_as: Mapping[str, str] | None = None,
        together: Callable[[], AbstractContextManager[object]] | None = None,
    ) -> None:
        self._perform = perform
        self.look = look
        self._patience = patience
        self._stop = stop or threading.Event()
        self.images = images
        self._together = together
        self._placers = dict(known_as or {})
        self._accessions: dict[str, str] = {}
        self._lost: set[str] = set()

    def take(self, happening: Happening) -> Answer | None:
        kept: list[Answer | None] = []
        self.whole(happening, kept.append)
        return kept[-1]

    def whole(self, happening: Happening, keep: Keep) -> None:
        """Do it and have its outcome kept: both or neither, where the deed is all in the lab's database."""
        if happening.order is not None:
            happening.order.known_as = self._placers.get(happening.order.placer, "")
        try:
            steps = DEEDS[happening.kind](self, happening)
        except Missing:
            keep(Answer(STOPPED if self._stop.is_set() else NOT_THERE, happening.kind))
            return
        if self._together and steps and all(name.startswith(_IN_THE_DATABASE) for name, _ in steps):
            try:
                with self._together():
                    answer = self._performed(happening, steps)
                    if answer.code != ACCEPTED:
                        raise _Refused
                    keep(answer)
                    return
            except _Refused:
                pass  # nothing of it has happened: it is refused once more, by itself
        keep(self._performed(happening, steps) if steps else None)

    def _performed(self, happening: Happening, steps: list[Step]) -> Answer:
        name = happening.kind
        for name, given in steps:
            if self._stop.is_set():
                return Answer(STOPPED, name)
            done = self._perform(name, given)
            if not done.ok:
                return Answer("AE", name)
            if happening.kind == "order" and happening.order is not None:
                happening.order.known_as = str(done.data["placer"])
                self._placers[happening.order.placer] = happening.order.known_as
        return Answer(ACCEPTED, name)

    def placer(self, order: Order) -> str:
        """The number that the EPR gave the order."""
        found = self._placers.get(order.placer)
        if found is None:
            raise Missing("the EPR has not taken the order", place=order.placer)
        return found

    def accession(self, order: Order) -> str:
        """The number that the RIS gave the order; waits for it once."""
        placer = self.placer(order)
        if placer not in self._accessions:
            until = time.monotonic() + (0.0 if placer in self._lost else self._patience)
            while not (rows := self.look("ris.orders", placer=placer)):
                if self._stop.is_set() or time.monotonic() >= until:
                    self._lost.add(placer)
                    raise Missing("the RIS has not got the order", place=placer)
                self._stop.wait(_LOOK)
            self._accessions[placer] = str(rows[0]["accession"])
        return self._accessions[placer]

    def state(self, accession: str) -> str:
        """How far the RIS has the order."""
        return str(self.look("ris.orders", accession=accession)[0]["state"])

    def scanner(self, accession: str) -> str:
        """The lab's scanner at which the exam is scheduled, or ""."""
        stations = [str(row["station_ae"]) for row in self.look("ris.steps", accession=accession)]
        return stations[0] if self.images and stations and stations[0] in _SCANNERS else ""
