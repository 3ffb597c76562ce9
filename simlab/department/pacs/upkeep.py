"""What the PACS does by itself as time goes on: archiving, clearing the cache, expiry, prefetching by the clock."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta

from simlab.clock import Clock
from simlab.department.pacs import places
from simlab.department.pacs.dispatch import Dispatch
from simlab.department.pacs.expiry import Expiry
from simlab.department.pacs.settings import setting
from simlab.department.pacs.space import Space
from simlab.store import Store

_log = logging.getLogger(__name__)

_TICK = 1.0
"""Seconds between two looks."""


class Upkeep:
    """A thread that looks at the hospital's clock now and then."""

    def __init__(self, store: Store, clock: Clock, space: Space, dispatch: Dispatch, expiry: Expiry) -> None:
        self._store = store
        self._clock = clock
        self._space = space
        self._dispatch = dispatch
        self._expiry = expiry
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._looked = clock.now()

    def open(self) -> None:
        """Begin to look."""
        self._closing.clear()
        self._looked = self._clock.now()
        self._expiry.forget()
        self._thread = threading.Thread(target=self._run, name="PACS-upkeep", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Look no more."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join(0.3)
            self._thread = None

    def _run(self) -> None:
        while not self._closing.wait(_TICK):
            try:
                self.look()
            except Exception:  # a door: the next look may go better
                if not self._closing.is_set():
                    _log.exception("PACS: upkeep")

    def look(self) -> None:
        """Do what is due now."""
        now, since = self._clock.now(), self._looked
        self._looked = now
        with self._store.read() as tx:
            tier, minutes = setting(tx, "archive_tier"), int(setting(tx, "archive_after_minutes"))
            moment = now - timedelta(minutes=minutes)
            due = bool(tier) and places.unarchived(tx, moment)
        if due:
            with self._store.write() as tx:
                places.archive_what_came_before(tx, moment, now)
        self._space.keep_below_the_mark()
        self._expiry.look(now, self._closing.is_set)
        if since < now:
            self._dispatch.prefetch_at(since, now)
