"""A feed as one asks for it in words: rates, spans and addresses as text, made into a plan and led to its end."""

from __future__ import annotations

import secrets
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from contextlib import closing as closed
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from simlab.errors import BadInput
from simlab.feed import library
from simlab.feed.dialect import Dialect
from simlab.feed.file import FileSink
from simlab.feed.kept import StateBook
from simlab.feed.library import Named
from simlab.feed.line import LineSink, address
from simlab.feed.pace import MAX, Pace, speed
from simlab.feed.plan import START, Plan
from simlab.feed.run import Feed
from simlab.feed.spans import span
from simlab.feed.starts import FLAT, rate
from simlab.feed.state_file import StateFile
from simlab.feed.summary import Summary

ALL = "all"
WARM_UP = timedelta(days=1)
"""How long the hospital has been at work before a feed begins that is asked for no number of starts."""
_DAY = timedelta(days=1)
_LOOK = 0.2
_AT_ONCE = 500
"""Messages of a file that are kept together."""

Progress = Callable[[Summary], None]


@dataclass(frozen=True)
class Wanted:
    """What was asked for; a pathway may have a rate of its own: ``gp-chest-xray=20/h``."""

    pathways: Sequence[str]
    rate: str = "60/h"
    seed: int | None = None
    start: str = ""
    duration: str = ""
    count: int | None = None
    shape: str = FLAT
    burst: int = 1
    warm_up: str = ""

    def plan(self, begin: datetime | None = None) -> Plan:
        """The plan; BadInput names what cannot be. Without a seed one is drawn."""
        return Plan(
            [one for text in self.pathways for one in _named(text)],
            secrets.randbelow(10**9) if self.seed is None else self.seed,
            rate(self.rate),
            begin or _moment(self.start),
            span(self.duration, "duration") if self.duration else None,
            self.count,
            self.shape,
            self.burst,
            self._warmed(),
        )

    def _warmed(self) -> timedelta:
        if self.warm_up:
            return span(self.warm_up, "warm-up")
        return WARM_UP if self.count is None else timedelta()


def _named(text: str) -> list[Named]:
    name, given, own = text.partition("=")
    hourly = rate(own, name) if given else None
    found = library.names() if name == ALL else [name]
    return [replace(library.find(one), rate=hourly) for one in found]


def _moment(text: str) -> datetime:
    if not text:
        return START
    if text == "now":
        return datetime.now().replace(microsecond=0)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(f"{text!r} is no time", place="start", remedy="Write 2026-03-02T08:00, or now.") from None
    if found.tzinfo is not None or not 1970 <= found.year < 2100:
        raise BadInput(f"{text!r} is no local time from 1970 on", place="start", remedy="Write 2026-03-02T08:00.")
    return found.replace(microsecond=0)


def to_file(
    wanted: Wanted,
    out: str,
    form: str,
    dialect: Dialect,
    stop: threading.Event,
    progress: Progress,
    pace: str = MAX,
    state: str | None = None,
) -> dict[str, Any]:
    """Write a feed to a file (``-``: stdout); a day of it when nothing says how much. BadInput when it cannot be.

    With the `state` of an earlier run it goes on in that run's file, where that one stood.
    """
    speeded, plan = speed(pace), wanted.plan()
    if plan.duration is None and plan.count is None:
        plan = replace(plan, duration=_DAY)
    with ExitStack() as closing:
        kept = closing.enter_context(closed(StateFile(state))) if state else None
        if kept is not None and out == "-":
            raise BadInput("what is written to stdout cannot be gone on with", place="state", remedy="Use --out FILE.")
        plan = kept.agreed(plan, dialect, wanted) if kept is not None else plan
        try:
            if out == "-":
                file = sys.stdout.buffer
            else:
                opened = kept.file(Path(out)) if kept is not None else open(out, "wb")  # noqa: SIM115
                file = closing.enter_context(opened)
        except OSError as error:
            raise BadInput(
                f"the file cannot be written ({error.strerror})", place=out, remedy="Is the path right?"
            ) from None
        book = kept.book(every=_AT_ONCE, file=file) if kept is not None else None
        feed = Feed(plan, FileSink(file, dialect, form), Pace(_from(book, plan), speeded, stop), book)
        done = _lead(feed, stop, progress)
        file.flush()
    return done.as_json()


def to_address(
    wanted: Wanted,
    to: str,
    dialect: Dialect,
    stop: threading.Event,
    progress: Progress,
    heard: Callable[[str], None],
    *,
    pace: str = "1x",
    ack_seconds: float = 10.0,
    state: str | None = None,
) -> dict[str, Any]:
    """Send a feed to an MLLP address until it has ended or `stop` is set; with `state` it goes on where it stood."""
    speeded, plan = speed(pace), wanted.plan()
    host, port = address(to)
    with ExitStack() as closing:
        kept = closing.enter_context(closed(StateFile(state))) if state else None
        plan = kept.agreed(plan, dialect, wanted) if kept is not None else plan
        book = kept.book() if kept is not None else None
        sink = closing.enter_context(closed(LineSink(host, port, dialect, stop, ack_seconds=ack_seconds, heard=heard)))
        done = _lead(Feed(plan, sink, Pace(_from(book, plan), speeded, stop), book), stop, progress)
    return {**done.as_json(), "waited": round(sink.waited, 1), "repeated": sink.repeated}


def _from(book: StateBook | None, plan: Plan) -> datetime:
    """The hospital time that it is when the feed begins, or goes on."""
    position = book.value("position") if book is not None else None
    now = position["summary"]["now"] if position else ""
    return max(plan.begin, datetime.fromisoformat(now)) if now else plan.begin


def _lead(feed: Feed, stop: threading.Event, progress: Progress) -> Summary:
    """Run on a thread, so that Ctrl-C is heard at once, and tell of the progress meanwhile."""
    failed: list[BaseException] = []

    def run() -> None:
        try:
            feed.run()
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run, name="feed", daemon=True)
    thread.start()
    try:
        while thread.is_alive():
            thread.join(_LOOK)
            progress(feed.summary)
    except KeyboardInterrupt:
        stop.set()
        thread.join(ACK_GRACE)
    if failed:
        raise failed[0]
    return feed.summary


ACK_GRACE = 15.0
"""Seconds that a message in flight is given to be answered after Ctrl-C."""
