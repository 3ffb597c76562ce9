"""When pathways begin: at random at a rate, in bursts, and more of them in office hours where the day has a shape."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from simlab.errors import BadInput
from simlab.feed.library import Named
from simlab.feed.numbers import JOURNEYS

FLAT = "flat"
OFFICE = "office"
_OFFICE_HOURS = (
    *(0.3, 0.2, 0.2, 0.2, 0.2, 0.3, 0.5, 0.9, 1.5, 2.2, 2.4, 2.2),
    *(1.9, 2.0, 2.1, 2.0, 1.7, 1.3, 1.0, 0.8, 0.7, 0.6, 0.5, 0.3),
)
SHAPES: dict[str, tuple[float, ...]] = {FLAT: (1.0,) * 24, OFFICE: _OFFICE_HOURS}
"""How busy each hour of the day is, beside the average; `office` is busiest between 9 and 17."""
_RATE = re.compile(r"(\d+(?:\.\d+)?)(?:/([smhd]))?")
_PER_HOUR = {"s": 3600.0, "m": 60.0, "h": 1.0, "d": 1 / 24}


def rate(text: str, place: str = "rate") -> float:
    """Starts an hour, from ``60/h``, ``2/m``, ``500/d`` or ``60``; BadInput for anything else."""
    found = _RATE.fullmatch(text.strip())
    value = float(found.group(1)) * _PER_HOUR[found.group(2) or "h"] if found else 0.0
    if not 0 < value <= 1e7:
        raise BadInput(f"{text!r} is no rate", place=place, remedy="Write 60/h, 2/m or 500/d.")
    return value


@dataclass(frozen=True)
class Start:
    """The `number`-th start of a pathway; they sort by time."""

    at: datetime
    number: int
    named: Named


def shared(pathways: Sequence[Named], together: float) -> list[tuple[Named, float]]:
    """Each pathway with its rate: its own, or its share by weight of the starts that all the others have together."""
    weights = sum(one.pathway.weight for one in pathways if one.rate is None)
    return [(one, one.rate if one.rate is not None else together * one.pathway.weight / weights) for one in pathways]


def starts(seed: int, named: Named, hourly: float, begin: datetime, *, shape: str, burst: int) -> Iterator[Start]:
    """The starts of one pathway, in time: a Poisson process, `burst` at once; the same whatever runs beside it."""
    rng = random.Random(f"{seed}/{named.name}/starts")
    hours = SHAPES[shape]
    moment, left = begin, 0.0
    number = 0
    while number < JOURNEYS:
        left = rng.expovariate(hourly / burst)  # hours at average business
        while True:
            busy = hours[moment.hour] * 24 / sum(hours)
            turn = moment.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
            room = (turn - moment).total_seconds() / 3600 * busy
            if left <= room:
                moment += timedelta(hours=left / busy)
                break
            left -= room
            moment = turn
        for _ in range(min(burst, JOURNEYS - number)):
            yield Start(moment.replace(microsecond=0), number, named)
            number += 1
