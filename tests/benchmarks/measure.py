"""One measured number with its limit, and how times are taken."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Measure:
    """`value` in `unit` (s, MB, %, /s, x); `most` and `least` are the limits; None where there is none."""

    what: str
    value: float | None
    unit: str
    most: float | None = None
    least: float | None = None
    note: str = ""

    @property
    def holds(self) -> bool | None:
        """Whether the limit holds; None without a limit or a measurement."""
        if self.value is None or (self.most is None and self.least is None):
            return None
        return (self.most is None or self.value <= self.most) and (self.least is None or self.value >= self.least)

    def line(self) -> str:
        """The measure as a line of the table."""
        limit = f"<= {self.most:g} {self.unit}" if self.most is not None else ""
        limit = f">= {self.least:g} {self.unit}" if self.least is not None else limit
        value = "not measured" if self.value is None else f"{self.value:.3g} {self.unit}"
        verdict = {True: "holds", False: "DOES NOT HOLD", None: ""}[self.holds]
        return f"{self.what:<52} {value:>14}  {limit:<12} {verdict:<14} {self.note}".rstrip()


def median(call: Callable[[], object], times: int) -> float:
    """The median of so many runs of `call`, in seconds."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)
