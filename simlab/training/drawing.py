"""The ways to draw a variable from a seed: one model and one function a way."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import Field

from simlab import people, yaml_source
from simlab.errors import BadInput
from simlab.validation import Strict, validated

Value = Any
"""A drawn value: text, a number, or a mapping of attributes (a patient's)."""


class Patient(Strict):
    """A fictional person; attributes name, family, given, birth_date, sex, mrn, nhs_number, full_name, born_text…"""

    gen: Literal["patient"]
    sex: Literal["F", "M"] | None = None
    born: tuple[int, int] = (1930, 2005)


class Relative(Strict):
    """Somebody near to an earlier patient: same name, a twin, a former surname, a second number."""

    gen: Literal["namesake", "twin", "renamed", "renumbered"]
    of: dict[str, Any] = Field(description="an earlier patient: ${patient}")
    same_birth_date: bool = False


class Plain(Strict):
    """An identifier of the Trust: accession number, UID, hospital number, NHS number."""

    gen: Literal["accession", "uid", "mrn", "nhs_number"]


class Date(Strict):
    """A DICOM date between `from` and `to` days after the scene's today (negative: before)."""

    gen: Literal["date"]
    first: int = Field(alias="from")
    last: int = Field(alias="to")


class Time(Strict):
    """A time of day HH:MM between `from` and `to`, in steps of `step` minutes."""

    gen: Literal["time"]
    first: str = Field(alias="from", pattern=r"^\d\d:\d\d$")
    last: str = Field(alias="to", pattern=r"^\d\d:\d\d$")
    step: int = Field(15, ge=1)


class Int(Strict):
    """A whole number from `from` to `to`, both included."""

    gen: Literal["int"]
    first: int = Field(alias="from")
    last: int = Field(alias="to")


class Text(Strict):
    """Text by pattern: # stands for a digit, ? for a capital letter, all else for itself."""

    gen: Literal["text"]
    pattern: str = Field(min_length=1, max_length=64)


class Transposed(Strict):
    """A birth date with day and month exchanged (or a year later, where that is no date)."""

    gen: Literal["transposed"]
    of: str = Field(pattern=r"^\d{8}$")


class Pick(Strict):
    """One of a list; an item may be a mapping of attributes."""

    pick: list[Any] = Field(min_length=1)


class Case(Strict):
    """What belongs to the value of an earlier variable: ``{case: "${fault}", of: {wrong_port: 104, …}}``."""

    case: str | int | bool
    of: dict[str, Any]


class Given(Strict):
    """A value that is not drawn at all."""

    value: Any


def _person(rng: random.Random, spec: Patient, today: datetime) -> Value:
    return people.person(rng, sex=spec.sex, born=spec.born).as_dict()


def _relative(rng: random.Random, spec: Relative, today: datetime) -> Value:
    known = {field.name for field in fields(people.Person)}
    of = people.Person(**{key: value for key, value in spec.of.items() if key in known})
    if spec.gen == "namesake":
        return people.namesake(rng, of, same_birth_date=spec.same_birth_date).as_dict()
    way: dict[str, Callable[[random.Random, people.Person], people.Person]] = {
        "twin": people.twin,
        "renamed": people.renamed,
        "renumbered": people.renumbered,
    }
    return way[spec.gen](rng, of).as_dict()


def _plain(rng: random.Random, spec: Plain, today: datetime) -> Value:
    way: dict[str, Callable[[random.Random], str]] = {
        "accession": people.accession,
        "uid": lambda rng: f"2.25.{rng.getrandbits(120)}",  # PS3.5 B.2: a UUID-derived UID
        "mrn": people.hospital_number,
        "nhs_number": people.nhs_number,
    }
    return way[spec.gen](rng)


def _date(rng: random.Random, spec: Date, today: datetime) -> Value:
    return (today + timedelta(days=rng.randint(spec.first, spec.last))).strftime("%Y%m%d")


def _time(rng: random.Random, spec: Time, today: datetime) -> Value:
    first, last = (int(text[:2]) * 60 + int(text[3:]) for text in (spec.first, spec.last))
    minutes = rng.randrange(first, last + 1, spec.step)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _text(rng: random.Random, spec: Text, today: datetime) -> Value:
    drawn = {"#": "0123456789", "?": "ABCDEFGHJKLMNPRSTUVWXYZ"}
    return "".join(rng.choice(drawn[letter]) if letter in drawn else letter for letter in spec.pattern)


def _case(rng: random.Random, spec: Case, today: datetime) -> Value:
    if str(spec.case) not in spec.of:
        raise BadInput(f"no case for {spec.case!r}", remedy=f"There are cases for {', '.join(spec.of)}.")
    return spec.of[str(spec.case)]


_WAYS: dict[str, tuple[type[Strict], Callable[[random.Random, Any, datetime], Value]]] = {
    "patient": (Patient, _person),
    **dict.fromkeys(("namesake", "twin", "renamed", "renumbered"), (Relative, _relative)),
    **dict.fromkeys(("accession", "uid", "mrn", "nhs_number"), (Plain, _plain)),
    "date": (Date, _date),
    "time": (Time, _time),
    "int": (Int, lambda rng, spec, today: rng.randint(spec.first, spec.last)),
    "text": (Text, _text),
    "transposed": (Transposed, lambda rng, spec, today: people.transposed(spec.of)),
}
_KEYED: dict[str, tuple[type[Strict], Callable[[random.Random, Any, datetime], Value]]] = {
    "pick": (Pick, lambda rng, spec, today: rng.choice(spec.pick)),
    "case": (Case, _case),
    "value": (Given, lambda rng, spec, today: spec.value),
}
SPECS: tuple[type[Strict], ...] = (
    Patient, Relative, Plain, Date, Time, Int, Text, Transposed, Pick, Case, Given,
)  # fmt: skip


def draw(rng: random.Random, spec: Mapping[str, Any], today: datetime) -> Value:
    """Draw one variable as `spec` says; BadInput, located, for a spec that cannot be understood."""
    here = yaml_source.place(spec)
    keyed = next((key for key in _KEYED if key in spec), None)
    found = _KEYED[keyed] if keyed else _WAYS.get(str(spec.get("gen")))
    if found is None:
        known = ", ".join([f"gen: {name}" for name in _WAYS] + [f"{key}:" for key in _KEYED])
        raise BadInput("this variable cannot be drawn", place=here, remedy=f"Say one of {known}.")
    model, way = found
    checked = validated(model, spec, here)
    try:
        return way(rng, checked, today)
    except BadInput as error:
        raise BadInput(error.what, place=here, remedy=error.remedy) from None
    except (ValueError, TypeError) as error:
        raise BadInput(f"nothing can be drawn ({error})", place=here, remedy="Look at its bounds.") from None
