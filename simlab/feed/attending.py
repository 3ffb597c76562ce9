"""What happens to persons and their visits: registered, changed, admitted, moved, sent home, merged, linked."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

from simlab import people
from simlab.feed import deeds
from simlab.feed.journey import Journey
from simlab.feed.state import Appointment, Happening, Life, Visit
from simlab.people import Person


def identify(journey: Journey, deed: deeds.Identify, rng: random.Random) -> Iterator[Happening]:
    """Registered, unless the hospital knows them already."""
    life = journey.life(deed.who)
    if not life.known:
        life.known = True
        yield journey.tell("identify", life)


def amend(journey: Journey, deed: deeds.Amend, rng: random.Random) -> Iterator[Happening]:
    """A fact changes, or comes to be known."""
    life = journey.life(deed.who)
    before = life.person
    if deed.change == "identity":
        life.person = life.true
    else:
        if deed.change in ("surname", "address", "phone", "gp"):
            life.true = _lived(rng, life.true, deed.change)
        fact = {"surname": "family"}.get(deed.change, deed.change)
        changed = {fact: getattr(life.true, fact)}
        if deed.change == "address":
            changed |= {"postcode": life.true.postcode, "phone": life.true.phone}
        life.person = replace(before, **changed)
    kind = "update" if life.visit else "amend"
    yield journey.tell(kind, life, visit=life.visit, facts={"change": deed.change, "former_name": before.family})


def _lived(rng: random.Random, true: Person, change: str) -> Person:
    if change == "surname":
        return people.renamed(rng, true)
    other = people.moved(rng, true)
    if change == "address":
        return other
    return replace(true, phone=other.phone) if change == "phone" else replace(true, gp=people.person(rng).gp)


def _opened(journey: Journey, life: Life, deed: deeds.Visiting, kind: str, rng: random.Random) -> Visit:
    doctor = journey.doctor(rng, deed.specialty)
    specialty = journey.trust.specialties[journey.specialty]
    place = deed.place or {"E": "ED", "O": specialty.clinic}.get(kind, specialty.ward)
    bed = _bed(journey, place, rng) if kind == "I" else ""
    life.visit = Visit(journey.draw_number("visit"), kind, place, bed, specialty.code, doctor, journey.now)
    return life.visit


def _bed(journey: Journey, place: str, rng: random.Random) -> str:
    beds = journey.trust.wards.get(place, 0)
    return str(rng.randint(1, beds)) if beds else ""


def attend(journey: Journey, deed: deeds.Attend, rng: random.Random) -> Iterator[Happening]:
    """An attendance begins."""
    life = journey.life(deed.who)
    life.known = True
    yield journey.tell("attend", life, visit=_opened(journey, life, deed, deed.kind, rng))


def preadmit(journey: Journey, deed: deeds.Preadmit, rng: random.Random) -> Iterator[Happening]:
    """A stay is announced."""
    life = journey.life(deed.who)
    life.known = True
    visit = _opened(journey, life, deed, "P", rng)
    yield journey.tell("preadmit", life, visit=visit)


def admit(journey: Journey, deed: deeds.Admit, rng: random.Random) -> Iterator[Happening]:
    """A stay begins: on its own, as announced, or out of an attendance (then it is the same visit)."""
    life = journey.life(deed.who)
    life.known = True
    visit = life.visit
    if visit is None:
        visit = _opened(journey, life, deed, "I", rng)
        visit.admitted_as = "I"
        yield journey.tell("admit", life, visit=visit)
        return
    visit.admitted_as, announced = visit.kind, visit.kind == "P"
    doctor = journey.doctor(rng, deed.specialty)
    specialty = journey.trust.specialties[journey.specialty]
    visit.kind, visit.before, visit.bed_before = "I", "" if announced else visit.place, ""
    visit.place, visit.doctor, visit.service = deed.place or specialty.ward, doctor, specialty.code
    visit.bed = _bed(journey, visit.place, rng)
    if announced:
        visit.begun = journey.now
    yield journey.tell("admit" if announced else "become_inpatient", life, visit=visit)


def transfer(journey: Journey, deed: deeds.Transfer, rng: random.Random) -> Iterator[Happening]:
    """To another ward, and, where a specialty is named, to another consultant."""
    life = journey.life(deed.who)
    visit = life.visit
    if visit is None:
        return
    if deed.specialty is not None:
        visit.doctor = journey.doctor(rng, deed.specialty)
        visit.service = journey.trust.specialties[deed.specialty].code
    visit.before, visit.bed_before = visit.place, visit.bed
    visit.place = deed.place or journey.trust.specialties[journey.specialty].ward
    visit.bed = _bed(journey, visit.place, rng)
    yield journey.tell("transfer", life, visit=visit)


def discharge(journey: Journey, deed: deeds.Discharge, rng: random.Random) -> Iterator[Happening]:
    """The visit ends."""
    life = journey.life(deed.who)
    visit = life.visit
    if visit is None:
        return
    visit.ended, visit.disposition = journey.now, deed.to
    if deed.to == "died":
        life.died = journey.now
    yield journey.tell("discharge", life, visit=visit)
    life.visit = None
    journey.last_visits[id(life)] = visit


def undo(journey: Journey, deed: deeds.Undo, rng: random.Random) -> Iterator[Happening]:
    """What was told of the visit was wrong."""
    life = journey.life(deed.who)
    visit = journey.last_visits.get(id(life)) if deed.what == "discharge" else life.visit
    if visit is None:
        return
    if deed.what == "discharge":
        visit.ended, visit.disposition, life.visit, life.died = None, "", visit, None
    elif deed.what == "transfer":
        visit.place, visit.bed = visit.before, visit.bed_before
        visit.before = visit.bed_before = ""
    yield journey.tell(f"undo_{deed.what}", life, visit=visit)
    if deed.what in ("admit", "preadmit"):
        life.visit = None


def merge(journey: Journey, deed: deeds.Merge, rng: random.Random) -> Iterator[Happening]:
    """Two numbers become one: what belongs to the retired one goes over."""
    retired, survivor = journey.lives[deed.retire], journey.lives[deed.survive]
    if retired is survivor or retired.retired:
        return
    retired.retired = True
    survivor.visit = survivor.visit or retired.visit
    for order in (order for orders in journey.orders.values() for order in orders):
        if order.life is retired:
            order.life = survivor
    yield journey.tell("merge", survivor, visit=survivor.visit, other=retired, facts={"event": deed.event})


def link(journey: Journey, deed: deeds.Link, rng: random.Random) -> Iterator[Happening]:
    """Two records are linked, or parted; both stay."""
    one, other = (journey.lives[name] for name in deed.persons)
    yield journey.tell("unlink" if deed.apart else "link", one, visit=one.visit, other=other)


def appoint(journey: Journey, deed: deeds.Appoint, rng: random.Random) -> Iterator[Happening]:
    """An appointment is made, moved, changed or cancelled."""
    life = journey.life(deed.who)
    made = journey.appointments.get(deed.place)
    if made is None:
        if deed.event != "S12":
            return
        made = Appointment(journey.draw_number("appointment"), deed.place, journey.doctor(rng, None), journey.now)
        journey.appointments[deed.place] = made
    if deed.event in ("S12", "S13"):
        made.start = deed.at.end(rng, journey.now)
    yield journey.tell("appoint", life, appointment=made, facts={"event": deed.event})
    if deed.event == "S15":
        del journey.appointments[deed.place]
