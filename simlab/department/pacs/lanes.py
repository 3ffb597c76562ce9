"""Lanes: a thread for each peer that something is to be sent to, so that none waits behind another's dead one."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable

log = logging.getLogger(__name__)

_REST_SECONDS = 2.0
"""How long a lane rests after its work could not even be looked at."""
_CLOSE_SECONDS = 0.3


class Lanes:
    """Threads over a durable queue. `waiting` names the lanes that something waits in.

    `look` does the next thing of one lane, and gives the seconds until it wants to look again: 0 at once, None when it
    is woken. What it raises lets that lane rest for a moment; the queue is durable, and the next look may go better.
    """

    def __init__(self, name: str, waiting: Callable[[], Iterable[str]], look: Callable[[str], float | None]) -> None:
        self._name = name
        self._waiting = waiting
        self._look = look
        self._lock = threading.Lock()
        self._woken: dict[str, threading.Event] = {}
        self._threads: list[threading.Thread] = []
        self._closed = threading.Event()
        self._closed.set()

    @property
    def closed(self) -> bool:
        """Whether nothing more is to be begun."""
        return self._closed.is_set()

    def open(self) -> None:
        """Begin to work, first at what an earlier process left."""
        self._closed = threading.Event()
        self.wake()

    def close(self) -> None:
        """Begin nothing more; a thread that a peer keeps waiting ends when that lets it."""
        self._closed.set()
        with self._lock:
            for event in self._woken.values():
                event.set()
            threads, self._threads = self._threads, []
            self._woken.clear()
        end = time.monotonic() + _CLOSE_SECONDS
        for thread in threads:
            thread.join(max(end - time.monotonic(), 0))

    def wake(self) -> None:
        """See that every lane something waits in has its thread, and have each look at its queue."""
        if self.closed:
            return
        wanted = self._waiting()
        with self._lock:
            if self.closed:
                return
            for lane in wanted:
                if lane not in self._woken:
                    self._woken[lane] = threading.Event()
                    thread = threading.Thread(
                        target=self._run,
                        args=(lane, self._woken[lane], self._closed),
                        name=f"{self._name} {lane}",
                        daemon=True,
                    )
                    self._threads.append(thread)
                    thread.start()
            for event in self._woken.values():
                event.set()

    def _run(self, lane: str, woken: threading.Event, closed: threading.Event) -> None:
        while not closed.is_set():
            woken.clear()
            try:
                pause = self._look(lane)
            except Exception:  # a door to the world outside: the thread must outlive whatever goes wrong in one look
                if closed.is_set():  # the store was closed under us
                    return
                log.exception("%s %s rests for a moment", self._name, lane)
                closed.wait(_REST_SECONDS)
                continue
            if pause is None or pause > 0:
                woken.wait(pause)
