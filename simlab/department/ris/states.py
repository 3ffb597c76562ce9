"""The life of an order and of its scheduled steps: which state may follow which."""

from __future__ import annotations

from simlab.errors import BadInput

REQUESTED = "requested"
HELD = "held"
VETTED = "vetted"
BOOKED = "booked"
ARRIVED = "arrived"
IN_PROGRESS = "in_progress"
PERFORMED = "performed"
CANCELLED = "cancelled"
DISCONTINUED = "discontinued"

TRANSITIONS: dict[str, tuple[str, ...]] = {
    HELD: (VETTED, BOOKED, CANCELLED),
    REQUESTED: (VETTED, HELD, CANCELLED),
    VETTED: (BOOKED, HELD, CANCELLED),
    BOOKED: (ARRIVED, HELD, CANCELLED),
    # Back to booked: somebody was marked as arrived who was not there.
    ARRIVED: (IN_PROGRESS, PERFORMED, BOOKED, CANCELLED),
    IN_PROGRESS: (PERFORMED, DISCONTINUED),
    PERFORMED: (),
    CANCELLED: (),
    DISCONTINUED: (),
}
STATES = tuple(TRANSITIONS)
OPEN = (HELD, REQUESTED, VETTED, BOOKED, ARRIVED)
"""Nothing has been done yet: station, time and exam may still change."""

STEP_STATUS: dict[str, str] = {
    HELD: "SCHEDULED",
    REQUESTED: "SCHEDULED",
    VETTED: "SCHEDULED",
    BOOKED: "SCHEDULED",
    ARRIVED: "ARRIVED",
    IN_PROGRESS: "STARTED",
    PERFORMED: "DEPARTED",
    CANCELLED: "DEPARTED",
    DISCONTINUED: "DEPARTED",
}
"""Scheduled Procedure Step Status (0040,0020), PS3.3 C.4.10."""

FROM_HL7: dict[str, str] = {
    "SC": BOOKED,
    "IP": IN_PROGRESS,
    "CM": PERFORMED,
    "CA": CANCELLED,
    "DC": DISCONTINUED,
    "HD": HELD,
}
"""Order status ORC-5 (HL7 table 0038)."""

TO_HL7: dict[str, str] = {**{state: status for status, state in FROM_HL7.items()}, ARRIVED: "SC"}
"""ORC-5 by state; what is only requested or vetted has none. That the patient is here changes nothing of it."""

_REMEDIES: dict[tuple[str, str], str] = {
    (REQUESTED, BOOKED): "Vet it first.",
    (HELD, ARRIVED): "Release it first.",
    (REQUESTED, ARRIVED): "Vet and book it first.",
    (VETTED, ARRIVED): "Book it first.",
    (BOOKED, IN_PROGRESS): "Mark the patient as arrived first.",
    (BOOKED, PERFORMED): "Mark the patient as arrived first.",
    (IN_PROGRESS, CANCELLED): "It has begun: discontinue it.",
}


def check(accession: str, now: str, to: str) -> None:
    """Raise BadInput, with what to do instead, unless an order may go from state `now` to `to`."""
    if to in TRANSITIONS[now]:
        return
    following = " or ".join(TRANSITIONS[now])
    remedy = f"It can become {following}." if following else "That is final; make a new order."
    raise BadInput(f"it is {now}, it cannot become {to}", place=accession, remedy=_REMEDIES.get((now, to), remedy))
