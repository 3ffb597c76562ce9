"""What happens to exams and tests: ordered, scheduled, done, cancelled, reported, corrected."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta

from simlab.feed import deeds
from simlab.feed.journey import Journey
from simlab.feed.state import Happening, Order
from simlab.feed.trust import Doctor
from simlab.people import TRUST

NORMAL = "normal"
_NORMAL_SHARE = 0.6
_OVER = ("CA", "DC")


def order(journey: Journey, deed: deeds.OrderExams, rng: random.Random) -> Iterator[Happening]:
    """One order an exam, all of one group when there are several."""
    life = journey.life(deed.who)
    group = journey.draw_number("group") if len(deed.exams) > 1 else ""
    reason = rng.choice(deed.reason) if deed.reason else ""
    placed = journey.orders[deed.called] = []
    for code in deed.exams:
        made = Order(
            placer=f"P{journey.draw_number('placer')}",
            group=f"G{group}" if group else "",
            code=code,
            exam=journey.trust.exams[code],
            life=life,
            visit=life.visit,
            requester=life.visit.doctor if life.visit else practitioner(life.person.gp),
            priority=deed.priority,
            reason=reason,
            placed=journey.now,
            abnormal=rng.random() >= _NORMAL_SHARE,
        )
        placed.append(made)
        yield journey.tell("order", life, visit=life.visit, order=made)


def practitioner(gp: str) -> Doctor:
    """A general practitioner from ``Dr B Smith``."""
    title, _, rest = gp.partition(" ")
    initial, _, family = rest.partition(" ")
    return Doctor(id="", family=family or "Practitioner", given=initial, title=title or "Dr")


def _each(journey: Journey, deed: deeds.OfOrder) -> Iterator[Order]:
    """The orders of that name that still stand."""
    return (one for one in journey.orders.get(deed.of, ()) if one.state not in _OVER)


def _tell(journey: Journey, kind: str, one: Order, **facts: str) -> Happening:
    return journey.tell(kind, one.life, visit=one.visit, order=one, facts=facts)


def schedule(journey: Journey, deed: deeds.Schedule, rng: random.Random) -> Iterator[Happening]:
    """The RIS numbers the exam and gives it a time; several exams follow one another."""
    start = deed.at.end(rng, journey.now)
    for one in _each(journey, deed):
        again = bool(one.accession)
        if not again:
            _number(journey, one, rng)
        one.start, one.state = start, "SC"
        start += timedelta(minutes=one.exam.minutes)
        yield _tell(journey, "reschedule" if again else "schedule", one)


def _number(journey: Journey, one: Order, rng: random.Random) -> None:
    """The department takes the order into its books."""
    number = journey.draw_number("accession")
    one.accession, one.filler = f"RXX{number}", f"F{number}"
    one.procedure, one.step = f"R{number}", f"S{number}"
    one.study_uid = f"2.25.{rng.getrandbits(120) | 1 << 119}"


def cancel(journey: Journey, deed: deeds.Cancel, rng: random.Random) -> Iterator[Happening]:
    """The order is withdrawn, by the requester or by the department."""
    for one in list(_each(journey, deed)):
        if deed.by == "RIS" and not one.filler:
            _number(journey, one, rng)
        one.state = deed.control
        yield _tell(journey, "cancel", one, control=deed.control, by=deed.by)


def arrive(journey: Journey, deed: deeds.Arrive, rng: random.Random) -> Iterator[Happening]:
    """The person is there."""
    for one in _each(journey, deed):
        yield _tell(journey, "arrive", one)


def begin(journey: Journey, deed: deeds.Begin, rng: random.Random) -> Iterator[Happening]:
    """The exam is in progress."""
    for one in _each(journey, deed):
        one.state = "IP"
        yield _tell(journey, "begin", one)


def perform(journey: Journey, deed: deeds.Perform, rng: random.Random) -> Iterator[Happening]:
    """The exam is done."""
    for one in _each(journey, deed):
        one.state, one.done = "CM", journey.now
        yield _tell(journey, "perform", one)


def report(journey: Journey, deed: deeds.Report, rng: random.Random) -> Iterator[Happening]:
    """A report of each exam that was done, in another's words when it corrects one."""
    for one in _each(journey, deed):
        if one.done is None and not one.reported and deed.status not in ("X", "W"):
            continue
        one.radiologist = one.radiologist or rng.choice(journey.trust.radiologists)
        if deed.status in ("P", "F", "C"):
            one.report = _words(one, deed, rng)
        one.reported = deed.status
        yield journey.tell("report", one.life, visit=one.visit, order=one, facts={"status": deed.status})


def _words(one: Order, deed: deeds.Report, rng: random.Random) -> tuple[str, ...]:
    if deed.status == "F" and one.report and deed.finding is None:
        return one.report
    texts = one.exam.reports
    others = [name for name in texts if name != NORMAL]
    found = deed.finding if deed.finding in texts else None
    if found is None:
        found = rng.choice(others) if others and (one.abnormal or deed.status == "C") else NORMAL
    words = tuple(line for line in rng.choice(texts[found]).splitlines() if line)
    return ("CORRECTED REPORT", *words) if deed.status == "C" else words


def result(journey: Journey, deed: deeds.Result, rng: random.Random) -> Iterator[Happening]:
    """The laboratory's values: code, name, value, units, range and flag of each test."""
    life = journey.life(deed.who)
    panel = journey.trust.panels[deed.panel]
    off = rng.random() < deed.abnormal
    values = []
    for code, assay in panel.tests.items():
        low, high = assay.normal
        wrong = off and rng.random() < 0.5
        number = round(rng.uniform(*(assay.abnormal if wrong else assay.normal)), assay.digits)
        flag = "L" if number < low else "H" if number > high else "N"
        values.append((code, assay.name, f"{number:.{assay.digits}f}", assay.units, f"{low:g}-{high:g}", flag))
    facts = {
        "panel": deed.panel,
        "description": panel.description,
        "number": f"L{journey.draw_number('sample')}",
        "authority": TRUST,
    }
    yield journey.tell("result", life, visit=life.visit, facts=facts, values=tuple(values))
