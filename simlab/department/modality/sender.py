"""Sends a scanner's queue: when asked, and again and again in a thread of its own until it is empty."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from simlab import provenance
from simlab.department.modality.calls import Calls
from simlab.department.modality.outbox import BATCH, Outbox
from simlab.department.modality.settings import ModalitySettings
from simlab.errors import SimlabError

log = logging.getLogger(__name__)

_STORM_SECONDS = 0.2


class Sender:
    """Empties the `outbox` of one scanner; what the PACS does not take is tried again after `retry_seconds`."""

    def __init__(
        self, name: str, outbox: Outbox, calls: Calls, settings: Callable[[], ModalitySettings], retry_seconds: float
    ) -> None:
        self._name = name
        self._outbox = outbox
        self._calls = calls
        self._settings = settings
        self._retry_seconds = retry_seconds
        self._sending = threading.Lock()
        self._turn = threading.Condition()
        self._under_way = 0
        self._due: float | None = None
        self._closed = False
        self._retrier: threading.Thread | None = None

    def open(self) -> None:
        """Go on with what is queued."""
        self._closed = False
        self.retry_in()
        self._retrier = threading.Thread(target=self._retry, name=f"{self._name}-queue", daemon=True)
        self._retrier.start()

    def close(self) -> None:
        """Begin no further try."""
        with self._turn:
            self._closed, self._due = True, None
            self._turn.notify_all()

    def join(self) -> None:
        """Wait for the thread, half a second at most."""
        if self._retrier is not None:
            self._retrier.join(0.5)

    def busy(self) -> int:
        """Sends under way or due now; a queue that waits for its next try counts as idle."""
        with self._turn:
            due = self._due is not None and self._due <= time.monotonic() and self._retrier is not None
            return self._under_way + int(due)

    def drain(self) -> tuple[int, str]:
        """Send the whole queue once, batch by batch; gives how many were stored and what stopped the rest."""
        with self._turn:
            self._under_way += 1
        try:
            with self._sending:
                now = self._settings()
                sent, after, problem = 0, 0, ""
                most = 1 if "one_association_per_image" in now.quirks else BATCH
                while batch := self._outbox.next(after, most, one_series=now.store_as_it_goes):
                    after = batch[-1].id
                    try:
                        replies = self._calls.store(
                            self._calls.peer(now, "PACS"),
                            now.ae_title,
                            [waiting.instance for waiting in batch],
                            syntax="implicit" if "implicit_only" in now.quirks else now.transfer_syntax,
                        )
                    except SimlabError as error:
                        self._outbox.settle(batch, {}, str(error))
                        return sent, str(error)
                    stored = self._outbox.settle(batch, {reply.sop_uid: reply for reply in replies})
                    sent += stored
                    if stored < len(batch):
                        problem = self._outbox.problem()
                return sent, problem
        finally:
            with self._turn:
                self._under_way -= 1

    def retry_in(self, seconds: float | None = None) -> None:
        """Let the queue be tried again in `seconds` (by default the usual pause); never when it is empty."""
        waiting = self._outbox.waiting()
        if waiting and seconds is None and "retry_storm" in self._settings().quirks:
            seconds = _STORM_SECONDS
        with self._turn:
            pause = self._retry_seconds if seconds is None else seconds
            self._due = time.monotonic() + pause if waiting else None
            self._turn.notify_all()

    def _retry(self) -> None:
        while True:
            with self._turn:
                while not self._closed and (self._due is None or self._due > time.monotonic()):
                    self._turn.wait(None if self._due is None else self._due - time.monotonic())
                if self._closed:
                    return
                self._under_way += 1
                self._due = None
            try:
                with provenance.acting(provenance.MODALITY, self._outbox.cause()):
                    self.drain()
                self.retry_in()
            except Exception:  # a door to the world outside: the queue must outlive whatever goes wrong in one try
                log.exception("%s: sending the queue failed", self._name)
                with self._turn:
                    self._due = time.monotonic() + self._retry_seconds
            finally:
                with self._turn:
                    self._under_way -= 1
