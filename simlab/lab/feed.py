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
from simlab.feed.dialect import Dialect
from simlab.feed.kept import SCHEMA, StateBook
from simlab.feed.plan import Plan
from simlab.feed.play import LabSink, Look, Outcome
from simlab.feed.run import Feed
from simlab.feed.session import Wanted
from simlab.feed.state_file import identity
from simlab.store import Store
from simlab.validation import Strict

_log = logging.getLogger(__name__)

STATE = "feed"
"""Where the store keeps how far the feed is, for whoever looks."""
_LOOK = 0.2
_KEEP_EVERY = 1.0
_CLOSE = 2.0
WARM_UP = "4h"
"""Less than a feed to a port has: what happened before is done here, deed by deed."""
_START = "`simlab feed run all` starts one."
_ASKED, _BEGUN, _FEED, _WANTED = "asked", "begun", "feed", "wanted"
"""Under which the feed's book keeps what was asked for, when, its identity, and whether it is to go on."""


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
    warm_up: str = Field("", description="how long the hospital was at work before: 24h; by default 4h, with count 0s")
    images: bool = Field(False, description="exams at the lab's scanners are made there, images and all")

    def plan(self, begin: datetime) -> Plan:
        """The plan from `begin` on; BadInput names what cannot be."""
        asked = self.model_dump(exclude={"speed", "images"})
        asked["warm_up"] = self.warm_up or (WARM_UP if self.count is None else "")
        return Wanted(**asked).plan(begin)


@dataclass
class _Run:
    feed: Feed
    stop: threading.Event
    thread: threading.Thread


class LabFeed:
    """At most one feed at a time; it ends when its pathways do, on `stop`, and with the next scene.

    Its state lies in the lab's database: a lab that is opened again, killed or closed before, goes on with its feed.
    """

    def __init__(self, store: Store, clock: Clock, perform: Callable[..., Outcome], look: Look) -> None:
        self._store = store
        self._clock = clock
        self._perform = perform
        self._look = look
        self._lock = threading.Lock()
        self._run: _Run | None = None
        self._kept = 0.0
        store.install(SCHEMA)
        self._book = StateBook(store.write)
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
            plan = asked.plan(begin)
            self._check_clock(asked)
            fixed = asked.model_copy(update={"seed": plan.seed})
            self._book = StateBook(self._store.write)
            with self._store.write():
                self._book.clear()
                self._book.put(_ASKED, fixed.model_dump())
                self._book.put(_BEGUN, begin.isoformat())
                self._book.put(_FEED, identity(plan, Dialect()))
            return self._run_on(fixed, plan)

    def resume(self) -> dict[str, Any]:
        """Go on with the feed where it stood; BadInput when one runs, none is kept, or it has come to its end."""
        with self._lock:
            if self._run is not None and self._run.thread.is_alive():
                raise BadInput("a feed is running", place="feed", remedy="`simlab feed stop` ends it.")
            self._book = StateBook(self._store.write)
            kept, position = self._book.value(_ASKED), self._book.value("position") or {}
            if kept is None:
                raise BadInput("there is no feed to go on with", place="feed", remedy=_START)
            if position.get("summary", {}).get("finished"):
                raise BadInput("the feed has come to its end", place="feed", remedy=_START)
            asked = FeedStage.model_validate(kept)
            plan = asked.plan(datetime.fromisoformat(self._book.value(_BEGUN)))
            if identity(plan, Dialect()) != self._book.value(_FEED):
                raise BadInput("its pathways are no longer what they were", place="feed", remedy=_START)
            self._check_clock(asked)
            return self._run_on(asked, plan)

    def wake(self) -> None:
        """Go on with the feed that ran when the lab's last process ended, if one did."""
        if self._book.value(_WANTED):
            try:
                self.resume()
            except SimlabError as error:
                _log.warning("the feed does not go on: %s", error)

    def _check_clock(self, asked: FeedStage) -> None:
        if pace.speed(asked.speed) and not self._clock.state()["speed"]:
            raise BadInput("the hospital's clock stands still", place="feed", remedy="Use --speed max, or let it run.")

    def _run_on(self, asked: FeedStage, plan: Plan) -> dict[str, Any]:
        stop = threading.Event()
        sink = LabSink(
            self._act,
            self._look,
            images=asked.images,
            stop=stop,
            known_as=self._book.known_as(),
            together=self._store.write,
        )
        feed = Feed(plan, sink, _ByClock(self._clock, plan.begin, pace.speed(asked.speed), stop), self._book)
        thread = threading.Thread(target=self._lead, args=(feed,), name="feed", daemon=True)
        self._run = _Run(feed, stop, thread)
        self._book.put(_WANTED, True)
        self._keep(running=True)
        thread.start()
        return {"seed": plan.seed, "pathways": [one.name for one in plan.pathways]}

    def stop(self) -> dict[str, Any]:
        """End the feed that runs; what it has done stays done, and `resume` goes on. BadInput when none runs."""
        if not self._end():
            raise BadInput("no feed is running", place="feed", remedy=_START)
        self._book.put(_WANTED, False)
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
            if feed.run().finished:
                self._book.put(_WANTED, False)
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
