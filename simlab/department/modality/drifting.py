"""A scanner's own clock, which nobody has set for a while."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from simlab.clock import Clock, ClockState


class DriftingClock(Clock):
    """The hospital's clock, `drift` seconds ahead of itself."""

    def __init__(self, clock: Clock, drift: Callable[[], int]) -> None:
        super().__init__()
        self._clock = clock
        self._drift = drift

    def now(self) -> datetime:
        """The date and time as the scanner has it."""
        return self._clock.now() + timedelta(seconds=self._drift())

    def state(self) -> ClockState:
        """That of the hospital's clock."""
        return self._clock.state()
