"""The lab's clock: hospital time, which a scene can set, freeze and speed up.

Dates, schedules, expiry and retry back-off follow this clock; socket and ACK time-outs follow `time.monotonic`.
"""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta
from typing import TypedDict


class ClockState(TypedDict):
    """What must be kept to go on after a restart."""

    hospital: str
    machine: float
    speed: float


class Clock:
    """Local hospital time, without a zone (DICOM DA/TM and HL7 TS are local unless an offset is given)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._hospital = datetime.now()
        self._machine = time.time()
        self._speed = 1.0

    def now(self) -> datetime:
        """The hospital's date and time."""
        with self._lock:
            try:
                return self._hospital + timedelta(seconds=(time.time() - self._machine) * self._speed)
            except OverflowError:
                # A fast clock that was left alone for long; the calendar ends here.
                return datetime.max

    def set(self, moment: datetime, *, speed: float = 1.0) -> None:
        """Make it `moment` now; `speed` hospital seconds pass in a real one, 0 freezes the clock."""
        if speed < 0:
            raise ValueError("a clock does not run backwards")
        with self._lock:
            self._hospital, self._machine, self._speed = moment, time.time(), speed

    def state(self) -> ClockState:
        """What `restore` needs to let the clock go on as if it had never stopped."""
        with self._lock:
            return {"hospital": self._hospital.isoformat(), "machine": self._machine, "speed": self._speed}

    def restore(self, state: ClockState) -> None:
        """Go on from a `state` that an earlier process kept."""
        with self._lock:
            self._hospital = datetime.fromisoformat(state["hospital"])
            self._machine, self._speed = state["machine"], state["speed"]
