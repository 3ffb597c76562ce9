"""How long things take: spans of time as text (``20m``, ``5m..2h``) and the delays drawn from them."""

from __future__ import annotations

import math
import random
import re
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from simlab.errors import BadInput
from simlab.validation import Late

_UNITS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}
_PART = re.compile(r"(\d+(?:\.\d+)?)([wdhms])")
_SPAN = re.compile(r"(?:\d+(?:\.\d+)?[wdhms])+")
_LONGEST = 366 * 86400.0


def seconds(text: object) -> float:
    """The seconds of ``90s``, ``1h30m``, ``2d``, at most a year; ValueError for anything else."""
    if not isinstance(text, str) or not _SPAN.fullmatch(text):
        raise ValueError(f"{text!r} is no span of time: write 45s, 20m, 1h30m or 2d")
    found = sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))
    if found > _LONGEST:
        raise ValueError(f"{text} is longer than a year")
    return found


def span(text: str, place: str) -> timedelta:
    """A span of time that a person gave; BadInput names `place`."""
    try:
        return timedelta(seconds=seconds(text))
    except ValueError as error:
        raise BadInput(str(error), place=place) from None


def _whole(value: object) -> object:
    return seconds(value) if isinstance(value, str) else value


Seconds = Annotated[float, BeforeValidator(_whole), Field(ge=0, le=_LONGEST)]
"""A span as text, kept in seconds."""


class Delay(Late):
    """A wait: ``20m``, ``5m..40m`` (evenly between), or one of the distributions below; never less than nothing.

    `mean` alone is exponential, with `spread` normal; `median` with `factor` is log-normal (two thirds lie between
    median / factor and median * factor). `until` is the next time the clock shows that, `after` so many days on.
    """

    between: tuple[Seconds, Seconds] | None = None
    mean: Seconds | None = None
    spread: Seconds | None = None
    median: Seconds | None = None
    factor: float = Field(1.5, gt=1, le=10)
    least: Seconds = 0.0
    most: Seconds = _LONGEST
    until: str | None = Field(None, pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    after: tuple[int, int] = Field((0, 0), description="days, from and to")
    working_days: bool = Field(False, description="with `until`: never on a Saturday or Sunday")

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        low, _, high = value.partition("..")
        return {"between": [low, high or low]}

    @model_validator(mode="after")
    def _one(self) -> Delay:
        given = [name for name in ("between", "mean", "median", "until") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError("a wait is a span (20m, 5m..40m), or has one of mean, median, until")
        if self.between and self.between[0] > self.between[1]:
            raise ValueError("the shorter span comes first")
        if self.spread is not None and self.mean is None:
            raise ValueError("spread goes with mean")
        if not 0 <= self.after[0] <= self.after[1] <= 366:
            raise ValueError("after is two numbers of days, the smaller first, at most 366")
        return self

    def end(self, rng: random.Random, now: datetime) -> datetime:
        """When a wait that begins `now` is over, to the second."""
        if self.until is not None:
            return self._next(rng, now)
        return now + timedelta(seconds=round(min(max(self._drawn(rng), self.least), self.most)))

    def _drawn(self, rng: random.Random) -> float:
        if self.between is not None:
            return rng.uniform(*self.between)
        if self.median is not None:
            return self.median * math.exp(rng.gauss(0.0, math.log(self.factor)))
        if self.spread is not None:
            return rng.gauss(self.mean or 0.0, self.spread)
        return rng.expovariate(1.0 / self.mean) if self.mean else 0.0

    def _next(self, rng: random.Random, now: datetime) -> datetime:
        hour, _, minute = (self.until or "").partition(":")
        then = now.replace(hour=int(hour), minute=int(minute), second=0, microsecond=0)
        then += timedelta(days=rng.randint(*self.after))
        while then < now or (self.working_days and then.weekday() >= 5):
            then += timedelta(days=1)
        return then
