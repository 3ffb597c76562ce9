"""One thread that serves many connections, and relief for it when one of them takes long.

With a thread for each connection, threads wake one another for every message; with one thread for all, a slow message
keeps everybody waiting. So one thread is on duty and serves whoever has something to say; a second looks every few
milliseconds whether the first still hangs on the same connection, and then takes the duty over. Whoever comes back
from a long piece of work gives its connection back, and ends.
"""

from __future__ import annotations

import contextlib
import logging
import os
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

_log = logging.getLogger(__name__)

PATIENCE = 0.005
"""Seconds that one connection may hold the thread on duty before it is relieved."""

LINGER = 80e-6 if (os.cpu_count() or 1) > 1 else 0.0
"""Seconds that the thread on duty goes on looking after it served somebody, before it sleeps.

A peer that waits for each answer sends its next message within that time, and a thread that sleeps on an idle core
takes about as long to wake. With one core it would only keep the peer from working.
"""


class Served(Protocol):
    """A connection of a rota. One thread at a time calls `ready` or `expire`, which may take their time."""

    fd: int
    deadline: float  # by time.monotonic(): when `expire` is due

    def ready(self) -> bool:
        """Something came, or the end: read without waiting, and do what it asks. False when the connection is over."""

    def expire(self) -> bool:
        """The deadline has passed. False when the connection is over."""

    def close(self) -> None:
        """It is over: close the socket. Called once."""


class Rota:
    """Serves the connections that it took on, until `stop`. Its threads begin with the first of them."""

    def __init__(self, name: str, *, patience: float = PATIENCE, linger: float = LINGER) -> None:
        self._name = name
        self._patience = patience
        self._linger = linger
        self._lock = threading.Lock()
        self._joining: deque[Served] = deque()
        self._members: dict[int, Served] = {}
        self._selector = selectors.DefaultSelector()
        self._bell, self._listening = socket.socketpair()
        self._bell.setblocking(False)
        self._listening.setblocking(False)
        self._selector.register(self._listening, selectors.EVENT_READ)
        self._on_duty: threading.Thread | None = None
        self._watched = False  # a thread looks whether the one on duty is held up
        self._attending: Served | None = None
        self._turn = 0
        self._soonest = float("inf")
        self._dozing = False
        self._stir = threading.Event()
        self._stopped = threading.Event()

    def take_on(self, served: Served) -> None:
        """Serve this connection too; RuntimeError when there is no thread at all to be had, or after `stop`."""
        with self._lock:
            if self._stopped.is_set():
                raise RuntimeError(f"{self._name} has stopped")
            if self._on_duty is None:
                first = self._thread("duty", self._serve)
                self._on_duty = first
                try:
                    first.start()
                except RuntimeError:
                    self._on_duty = None
                    raise
            self._watch()
            self._joining.append(served)
        self._ring()

    def stop(self) -> None:
        """Close what nobody works for now; the rest is closed when its work is done."""
        with self._lock:
            self._stopped.set()
            nobody = self._on_duty is None
        self._stir.set()
        self._ring()
        if nobody:
            self._end()

    def _thread(self, part: str, work: Callable[[], None]) -> threading.Thread:
        return threading.Thread(target=work, name=f"{self._name}-{part}", daemon=True)

    def _watch(self) -> None:
        """See that there is relief. Where there are no more threads nobody relieves this one, until the next call."""
        if not self._watched:
            with contextlib.suppress(RuntimeError):
                self._thread("relief", self._relieve).start()
                self._watched = True

    def _ring(self) -> None:
        with contextlib.suppress(OSError):  # full: it rings already; closed: nobody listens any more
            self._bell.send(b"\0")

    def _serve(self) -> None:
        """What the thread on duty does, until it is relieved or everything ends."""
        until = 0.0
        while not self._stopped.is_set():
            events = self._selector.select(0)
            while not events and time.perf_counter() < until:  # the finer clock of the two on Windows
                events = self._selector.select(0)
            if not events:
                events = self._selector.select(max(0.0, min(self._soonest - time.monotonic(), 3600.0)))
            for key, _mask in events:
                if key.data is None:
                    self._welcome()
                elif not self._attend(key.data, key.data.ready):
                    return
            if time.monotonic() >= self._soonest and not self._expire():
                return
            until = time.perf_counter() + self._linger
        self._end()

    def _attend(self, served: Served, work: Callable[[], bool]) -> bool:
        """Do a connection's work; False when somebody else took the duty over meanwhile."""
        self._turn += 1
        self._attending = served
        if self._dozing:
            self._stir.set()
        try:
            goes_on = work()
        except Exception:  # a door: what goes wrong with one connection must not close it to the others
            _log.exception("%s: a connection failed", self._name)
            goes_on = False
        with self._lock:
            relieved = self._on_duty is not threading.current_thread()
            if not relieved:
                self._attending = None
            elif goes_on and not self._stopped.is_set():
                self._joining.append(served)
                self._ring()
                return False
        if relieved:
            served.close()
            return False
        if not goes_on:
            self._leave(served)
            served.close()
        elif served.deadline < self._soonest:
            self._soonest = served.deadline
        return True

    def _relieve(self) -> None:
        """What the other thread does: look whether the one on duty is held up, and if it is, take over."""
        while not self._stopped.is_set():
            if self._attending is None:
                self._dozing = True
                if self._attending is None:  # looked at again: who began meanwhile did not see the doze
                    self._stir.wait()
                self._dozing = False
                self._stir.clear()
            turn = self._turn
            self._stopped.wait(self._patience)
            with self._lock:
                held = self._attending
                if held is None or self._turn != turn or self._stopped.is_set():
                    continue
                self._on_duty = threading.current_thread()
                self._attending = None
                self._leave(held)
                self._watched = False
                self._watch()
            self._serve()
            return

    def _welcome(self) -> None:
        with contextlib.suppress(OSError):
            self._listening.recv(4096)
        while self._joining:
            served = self._joining.popleft()
            self._members[served.fd] = served
            self._selector.register(served.fd, selectors.EVENT_READ, served)
            self._soonest = min(self._soonest, served.deadline)

    def _leave(self, served: Served) -> None:
        del self._members[served.fd]
        self._selector.unregister(served.fd)

    def _expire(self) -> bool:
        """Tell those whose deadline has passed; False when the duty was taken over meanwhile."""
        now = time.monotonic()
        for served in list(self._members.values()):
            if served.deadline <= now and not self._attend(served, served.expire):
                return False
        self._soonest = min((one.deadline for one in self._members.values()), default=float("inf"))
        return True

    def _end(self) -> None:
        self._welcome()
        for served in list(self._members.values()):
            self._leave(served)
            served.close()
        self._selector.close()
        self._bell.close()
        self._listening.close()
