"""A feed to an MLLP address: in order, one message in flight; a receiver that is down is waited for."""

from __future__ import annotations

import threading
import time
import urllib.parse
from collections.abc import Callable
from contextlib import suppress

from simlab.errors import BadInput, SimlabError
from simlab.feed.dialect import Dialect
from simlab.feed.messages import event, wire
from simlab.feed.run import STOPPED, Answer
from simlab.feed.state import Happening
from simlab.hl7 import acknowledge
from simlab.hl7.errors import NoAck, Unreachable, WrongAck
from simlab.hl7.link import Link

NONE = "none"
ACK_SECONDS = 10.0
TRIES = 3
"""How often a message is sent that gets no right acknowledgement, or AR, before the feed goes on without."""
FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0


def address(text: str) -> tuple[str, int]:
    """Host and port of ``mllp://HOST:PORT``; BadInput for anything else."""
    remedy = "Write mllp://127.0.0.1:2575."
    with suppress(ValueError):
        parts = urllib.parse.urlsplit(text if "//" in text else f"mllp://{text}")
        if parts.scheme == "mllp" and parts.hostname and parts.port and parts.path in ("", "/"):
            return parts.hostname, parts.port
    raise BadInput(f"{text!r} is no MLLP address", place="to", remedy=remedy)


class LineSink:
    """Sends every message and gives what it was answered with: AA, AE, AR, or none after `TRIES` without an answer.

    While nobody listens at the address it waits, longer each time, and then sends the same message: none is left out
    and none overtakes another. `heard` is told in words of each change: down, back. Setting `stop` ends a wait.
    """

    def __init__(
        self,
        host: str,
        port: int,
        dialect: Dialect,
        stop: threading.Event | None = None,
        *,
        ack_seconds: float = ACK_SECONDS,
        heard: Callable[[str], None] = lambda _words: None,
    ) -> None:
        self._link = Link(host, port)
        self._dialect = dialect
        self._stop = stop or threading.Event()
        self._ack_seconds = ack_seconds
        self._heard = heard
        self.waited = 0.0
        self.repeated = 0

    def close(self) -> None:
        """Close the connection."""
        self._link.close()

    def take(self, happening: Happening) -> Answer | None:
        message = wire(happening, self._dialect)
        return None if message is None else Answer(self._deliver(message), event(message))

    def _deliver(self, message: bytes) -> str:
        tries, down_since = 0, None
        wait = FIRST_WAIT
        answer = NONE
        while not self._stop.is_set():
            try:
                answer = self._answer(message)
                if down_since is not None:
                    self._back(down_since)
                    down_since = None
            except Unreachable as error:
                if down_since is None:
                    down_since = time.monotonic()
                    self._heard(f"{error}: waiting for it")
                self._stop.wait(wait)
                wait = min(wait * 2, LONGEST_WAIT)
                continue
            tries += 1
            if answer not in (NONE, "AR") or tries >= TRIES:
                return answer
            self.repeated += 1
            self._stop.wait(min(FIRST_WAIT * tries, LONGEST_WAIT))
        return STOPPED

    def _back(self, since: float) -> None:
        down = time.monotonic() - since
        self.waited += down
        self._heard(f"{self._link.place} is there again after {down:.1f} s")

    def _answer(self, message: bytes) -> str:
        try:
            reply = self._link.exchange(message, self._ack_seconds).reply
            return acknowledge.read(reply).code.replace("C", "A", 1) if reply is not None else "AA"
        except (NoAck, WrongAck):
            return NONE
        except Unreachable:
            raise
        except SimlabError:
            return NONE
