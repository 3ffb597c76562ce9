"""The feed of a lab: pathways played in the background as actions of the actor `feed`."""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from simlab import provenance
from simlab.clock import Clock
from simlab.errors import BadInput, SimlabError
from simlab.feed import pace
from simlab.feed.play import LabSink, Look, Outcome
from simlab.feed.run import Feed, Plan
from simlab.feed.session import Wanted
from simlab.store import Store
from simlab.validation import Strict

_log = logging.getLogger(__name__)

STATE = "feed"
"""Where the store keeps how far the feed is, for whoever looks."""
_LOOK = 0.2
_KEEP_EVERY = 1.0
_CLOSE = 2.0


class FeedStage(Strict):
    """A feed as an action or a scene asks for it."""

    pathways: list[Annotated[str, Field(pattern=r"^[a-z0-9-]+(=[0-9./smhd]+)?$")]] = Field(
        min_length=1, description="names of `simlab feed list`, or all; NAME=20/h"
    )
    rate: str = Field("60/h", description="starts of all pathways together: 60/h, 2/m, 500/d")
    speed: str = Field("1x", description="beside the hospital's clock; max: no waiting")
    seed: int | None = Field(None, ge=0, lt=2**63, description="the same seed, the same people and deeds")
    duration: str = Field("", description="of hospital time: 8h")
    count: int | None = Field(None, description="so many starts, each to its end")
    shape: str = Field("flat", description="flat, or office: busier from 9 to 17")
    burst: int = Field(1, description="so many starts at once")
    images: bool = Field(False, description="exams at the lab's scanners are made there, images and all")

    def plan(self, begin: datetime) -> Plan:
        """The plan from `begin` on; BadInput names what cannot be."""
        asked = self.model_dump(exclude={"speed", "images"})
        return Wanted(**asked).plan(begin)


@dataclass
class _Run:
    feed: Feed
    stop: threading.Event
    thread: threading.Thread


class LabFeed:
    """At most one feed at a time; it ends when its pathways do, on `stop`, with the next scene, and with the lab."""

    def __init__(self, store: Store, clock: Clock, perform: Callable[..., Outcome], look: Look) -> None:
        self._store = store
        self._clock = clock
        self._perform = perform
        self._look = look
        self._lock = threading.Lock()
        self._run: _Run | None = None
        self._kept = 0.0
        with store.read() as tx:
            rows = shown(tx)
        if rows and rows[0]["running"]:  # the process that ran it is gone
            store.set_state(STATE, json.dumps({**rows[0], "running": False}))

    def start(self, asked: FeedStage) -> dict[str, Any]:
        """Begin; gives the plan's seed. BadInput when one runs already, or for a plan that cannot be."""
        with self._lock:
            if self._run is not None and self._run.thread.is_alive():
                raise BadInput("a feed is running", place="feed", remedy="`simlab feed stop` ends it.")
            begin = self._clock.now().replace(microsecond=0)
            speed = pace.speed(asked.speed)
            if speed and not self._clock.state()["speed"]:
                raise BadInput(
                    "the hospital's clock stands still", place="feed", remedy="Use --speed max, or let it run."
                )
            stop = threading.Event()
            sink = LabSink(self._act, self._look, images=asked.images, stop=stop)
            feed = Feed(asked.plan(begin), sink, _ByClock(self._clock, begin, speed, stop))
            thread = threading.Thread(target=self._lead, args=(feed,), name="feed", daemon=True)
            self._run = _Run(feed, stop, thread)
            self._keep(running=True)
            thread.start()
            return {"seed": feed.plan.seed, "pathways": [one.name for one in feed.plan.pathways]}

    def stop(self) -> dict[str, Any]:
        """End the feed that runs; what it has done stays done. BadInput when none runs."""
        if not self._end():
            raise BadInput("no feed is running", place="feed", remedy="`simlab feed run all` starts one.")
        return self.state()

    def close(self) -> None:
        """End the feed, if one runs."""
        self._end()

    def state(self) -> dict[str, Any]:
        """How far the feed is, or the last one was; empty when there was none."""
        run = self._run
        if run is None:
            return {}
        return {"running": run.thread.is_alive() and not run.stop.is_set(), **run.feed.summary.as_json()}

    def _end(self) -> bool:
        with self._lock:
            run = self._run
            if run is None or not run.thread.is_alive():
                return False
            run.stop.set()
        if run.thread is not threading.current_thread():
            run.thread.join(_CLOSE)
        return True

    def _act(self, name: str, given: Mapping[str, Any]) -> Outcome:
        done = self._perform(name, given, actor=provenance.FEED)
        if time.monotonic() - self._kept > _KEEP_EVERY:
            self._keep(running=True)
        return done

    def _lead(self, feed: Feed) -> None:
        try:
            feed.run()
        except SimlabError as error:
            _log.warning("the feed ended: %s", error)
        except Exception:  # a door: the lab goes on without its feed
            _log.exception("the feed")
        finally:
            self._keep(running=False)

    def _keep(self, *, running: bool) -> None:
        self._kept = time.monotonic()
        try:
            self._store.set_state(STATE, json.dumps({**self.state(), "running": running}))
        except Exception:
            _log.exception("the feed's state")


def shown(tx: sqlite3.Connection) -> list[dict[str, Any]]:
    """How far the feed is, to the second, or how far the last one came; no row when there was none."""
    row = tx.execute("SELECT value FROM lab_state WHERE key=?", (STATE,)).fetchone()
    return [json.loads(row["value"])] if row else []


class _ByClock:
    """A pace by the hospital's clock, `speed` times as fast; 0: at once."""

    def __init__(self, clock: Clock, begin: datetime, speed: float, stop: threading.Event) -> None:
        self._clock = clock
        self._begin = begin
        self._speed = speed
        self._stop = stop

    def __call__(self, moment: datetime) -> bool:
        due = (moment - self._begin).total_seconds() / self._speed if self._speed else 0.0
        while not self._stop.is_set() and (self._clock.now() - self._begin).total_seconds() < due:
            self._stop.wait(_LOOK)
        return not self._stop.is_set()
