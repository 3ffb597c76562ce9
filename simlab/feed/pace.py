"""How fast a feed goes: as hospital time passes, faster than that, or as fast as it can."""

from __future__ import annotations

import re
import threading
import time
from datetime import datetime

from simlab.errors import BadInput

MAX = "max"
_SPEED = re.compile(r"(\d+(?:\.\d+)?)x?")
_LOOK = 0.5


def speed(text: str) -> float:
    """Hospital seconds in a real one, from ``10x``; 0 for ``max``. BadInput for anything else."""
    if text == MAX:
        return 0.0
    found = _SPEED.fullmatch(text)
    value = float(found.group(1)) if found else 0.0
    if not 0 < value <= 1e6:
        raise BadInput(f"{text!r} is no speed", place="speed", remedy="Write 1x, 10x or max.")
    return value


class Pace:
    """Lets `speed` hospital seconds pass in a real one from `begin` on (0: all at once), until `stop` is set."""

    def __init__(self, begin: datetime, speed: float, stop: threading.Event) -> None:
        self._begin = begin
        self._speed = speed
        self._stop = stop
        self._started = time.monotonic()

    def __call__(self, moment: datetime) -> bool:
        while self._speed and not self._stop.is_set():
            due = self._started + (moment - self._begin).total_seconds() / self._speed
            left = due - time.monotonic()
            if left <= 0:
                break
            self._stop.wait(min(left, _LOOK))
        return not self._stop.is_set()
