"""Who walks a pathway: somebody new, somebody who was here before, a second registration, a namesake, a stranger."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import NamedTuple

from simlab import people
from simlab.feed.journey import Journey
from simlab.feed.pathway import Cast
from simlab.feed.state import Life
from simlab.people import Person

_RETURNING = 400
"""How many of a pathway's former persons may come back."""
_CALLED = ("Alfa", "Bravo", "Charlie", "Delta", "Echo", "Foxtrot", "Golf", "Hotel", "India", "Juliett")

Former = dict[tuple[str, str], list[Life]]
"""Those whose pathway has ended, by pathway and part: they may come back."""


def cast(journey: Journey, former: Former) -> None:
    """Give the journey its persons."""
    for place, (name, part) in enumerate(journey.named.pathway.persons.items()):
        rng = journey.rng(f"person/{name}")
        back = former.get((journey.named.name, name))
        if back and part.returning and rng.random() < part.returning:
            journey.lives[name] = back.pop(rng.randrange(len(back)))
        else:
            journey.lives[name] = _new(journey, part, place, rng)


class Released(NamedTuple):
    """Who may come back from now on, and who no longer may in their stead."""

    part: str
    life: Life
    dropped: list[Life]


def release(journey: Journey, former: Former) -> list[Released]:
    """Let those whose journey has ended come back later."""
    found = []
    for name, part in journey.named.pathway.persons.items():
        life = journey.lives[name]
        if part.returning and not life.retired and life.died is None and life.visit is None:
            # Who was never told of is registered when they come back.
            life.known = life.known and not journey.quiet
            back = former.setdefault((journey.named.name, name), [])
            back.append(life)
            found.append(Released(name, life, back[:-_RETURNING]))
            del back[:-_RETURNING]
    return found


def _new(journey: Journey, part: Cast, place: int, rng: random.Random) -> Life:
    pathway = journey.named.pathway.number
    mrn = journey.numbers.hospital(pathway, journey.number, place)
    if part.same_as is not None:
        true = replace(journey.lives[part.same_as].true, mrn=mrn)
        # Whoever registers a second time did not find the first, and has no number to find it by.
        shown = _stranger(rng, true) if part.unknown else _slipped(rng, true, part)
        return Life(replace(shown, nhs_number=""), true)
    sex = rng.choices(list(part.sex), list(part.sex.values()))[0]
    if part.namesake_of is not None:
        true = people.namesake(rng, journey.lives[part.namesake_of].true)
    else:
        true = people.aged(rng, part.age, journey.now.date(), sex=sex)
    true = replace(true, mrn=mrn, nhs_number=journey.numbers.nhs(pathway, journey.number, place))
    return Life(_stranger(rng, true) if part.unknown else true, true, part.pregnant)


def _slipped(rng: random.Random, true: Person, part: Cast) -> Person:
    slip = rng.choice(part.slips) if part.slips else ""
    if slip == "given":
        return replace(true, given=people.person(rng, sex=true.sex).given)
    if slip == "birth_date":
        return replace(true, birth_date=people.transposed(true.birth_date))
    if slip == "sex":
        return replace(true, sex="M" if true.sex == "F" else "F")
    return people.moved(rng, true) if slip == "address" else true


def _stranger(rng: random.Random, true: Person) -> Person:
    what = "Female" if true.sex == "F" else "Male"
    return replace(
        true,
        family="Unknown",
        given=f"{what} {rng.choice(_CALLED)} {rng.randrange(10, 100)}",
        title="",
        birth_date="",
        nhs_number="",
        address="",
        postcode="",
        phone="",
        gp="",
    )
