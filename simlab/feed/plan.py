"""What a feed is to run: pathways, how often, from when and for how long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from simlab.errors import BadInput
from simlab.feed.library import Named, together
from simlab.feed.starts import FLAT, SHAPES

START = datetime(2026, 3, 2, 8, 0)
"""When a feed begins that is not told otherwise, so that the same seed gives the same bytes on any day."""
MOST = 1_000_000


@dataclass(frozen=True)
class Plan:
    """What to run: `hourly` starts of all pathways together, until `until` (hospital time) or `count` starts.

    The hospital is in the middle of its life when the feed begins: what began in the span `warm_up` before and is not
    over then is told first, all at once; who has come and gone in it is not told of.
    """

    pathways: Sequence[Named]
    seed: int
    hourly: float = 60.0
    begin: datetime = START
    duration: timedelta | None = None
    count: int | None = None
    shape: str = FLAT
    burst: int = 1
    warm_up: timedelta = timedelta()

    def __post_init__(self) -> None:
        together(self.pathways)
        if self.shape not in SHAPES:
            raise BadInput(f"there is no day {self.shape!r}", place="day", remedy=f"There are: {', '.join(SHAPES)}.")
        for name, value in (("count", self.count), ("burst", self.burst)):
            if value is not None and not 1 <= value <= MOST:
                raise BadInput(f"{name} is {value}", place=name, remedy=f"Give a number from 1 to {MOST}.")
