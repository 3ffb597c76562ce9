"""How a hospital stands at a moment: who is in it and what is open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from simlab.feed.journey import Journey

_VISITS = {"I": "inpatients", "O": "attending", "E": "attending", "P": "announced"}
_OVER = ("CA", "DC")
_FINAL = ("F", "C", "X", "W")


def census(journeys: Iterable[Journey], now: datetime) -> Counter[str]:
    """Inpatients, attending, announced stays; appointments to come; orders open, of them booked; reports pending."""
    found: Counter[str] = Counter()
    for journey in journeys:
        visits = (life.visit for life in journey.lives.values() if not life.retired)
        found.update(_VISITS[visit.kind] for visit in visits if visit is not None)
        found["appointments"] += sum(one.start > now for one in journey.appointments.values())
        for order in (one for orders in journey.orders.values() for one in orders if one.state not in _OVER):
            if order.done is None:
                found["orders open"] += 1
                found["of them booked"] += order.state == "SC"
            elif order.reported not in _FINAL:
                found["reports pending"] += 1
    return found
