"""Messages from plain values: admissions and updates, merges, orders and reports, as UK hospitals write them."""

from simlab.hl7.build_adt import LINKS, MERGES, PERSONS, STRUCTURES, adt, link, merge, move, renumber
from simlab.hl7.build_orders import Order, Step, omi, orm, orr, siu
from simlab.hl7.build_results import WITHDRAWN, oru
from simlab.hl7.build_values import (
    DELETED,
    Header,
    Identifier,
    Patient,
    Raw,
    Visit,
    composite,
    message,
    person,
    pid,
    pv1,
    repeated,
    segment,
    timestamp,
)

__all__ = [
    "DELETED", "LINKS", "MERGES", "PERSONS", "STRUCTURES", "WITHDRAWN", "Header", "Identifier", "Order", "Patient",
    "Raw", "Step", "Visit", "adt", "composite", "link", "merge", "message", "move", "omi", "orm", "orr", "oru",
    "person", "pid", "pv1", "renumber", "repeated", "segment", "siu", "timestamp",
]  # fmt: skip
