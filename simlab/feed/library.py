"""The pathways there are: those that ship, and files of one's own; each read, checked, and every mistake located."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from simlab import yaml_source
from simlab.errors import BadInput, NotFound
from simlab.feed.pathway import Pathway, every
from simlab.feed.trust import PATHWAYS, Trust, folder, trust
from simlab.validation import Invalid, validated

_SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True)
class Named:
    """A pathway under the name of its file; `rate` is its own number of starts an hour, when one was given."""

    name: str
    pathway: Pathway
    rate: float | None = None


def names() -> list[str]:
    """The pathways that ship."""
    return sorted(path.stem for path in folder().glob("*.yaml") if not path.name.startswith("_"))


def find(wanted: str) -> Named:
    """A pathway by its name, or in a YAML file; NotFound, or BadInput with file, line and remedy."""
    if wanted.endswith(_SUFFIXES):
        return Named(Path(wanted).stem, read(Path(wanted), wanted))
    if wanted not in names():
        raise NotFound(
            f"there is no pathway {wanted[:60]!r}", remedy=f"There are: {', '.join(names())}; or give a YAML file."
        )
    return Named(wanted, read(folder() / f"{wanted}.yaml", f"{PATHWAYS}/{wanted}.yaml"))


def read(path: Path, shown: str) -> Pathway:
    """The pathway in a file, checked against the hospital's own wards, exams and panels."""
    return checked(yaml_source.read(path, shown), shown)


def checked(raw: object, shown: str) -> Pathway:
    """A pathway from located YAML; Invalid with everything that is wrong in it."""
    found = validated(Pathway, raw, f"{shown}:1")
    wrong = [
        BadInput(what, place=yaml_source.locate(raw, where) or shown, remedy=remedy)
        for where, what, remedy in (*_persons(found), *_steps(found, trust()))
    ]
    if wrong:
        raise Invalid(wrong)
    return found


_Finding = tuple[tuple[str | int, ...], str, str]


def _persons(pathway: Pathway) -> list[_Finding]:
    found: list[_Finding] = []
    earlier: list[str] = []
    for name, cast in pathway.persons.items():
        for key in ("same_as", "namesake_of"):
            other = getattr(cast, key)
            if other is not None and other not in earlier:
                remedy = f"Name one who stands before: {', '.join(earlier) or 'there is none'}."
                found.append((("persons", name, key), f"there is no person {other!r} before", remedy))
        earlier.append(name)
    return found


def _steps(pathway: Pathway, known: Trust) -> list[_Finding]:
    found: list[_Finding] = []
    ordered = {step.order.called for step, _ in every(pathway.steps) if step.order}

    def wrong(where: Sequence[str | int], what: str, there: Sequence[str]) -> None:
        found.append((tuple(where), what, f"There are: {', '.join(there) or 'none'}."))

    for step, path in every(pathway.steps):
        deed = getattr(step, step.kind)
        here = (*path, step.kind)
        for key in ("who", "retire", "survive"):
            name = getattr(deed, key, None)
            if name is not None and name not in pathway.persons:
                wrong((*here, key), f"there is no person {name!r}", list(pathway.persons))
        for name in getattr(deed, "persons", ()):
            if name not in pathway.persons:
                wrong((*here, "persons"), f"there is no person {name!r}", list(pathway.persons))
        place = getattr(deed, "place", None)
        if place is not None and place not in known.places:
            wrong((*here, "place"), f"the hospital has no place {place!r}", known.places)
        specialty = getattr(deed, "specialty", None)
        if specialty is not None and specialty not in known.specialties:
            wrong((*here, "specialty"), f"the hospital has no specialty {specialty!r}", list(known.specialties))
        for exam in getattr(deed, "exams", ()):
            if exam not in known.exams:
                wrong((*here, "exams"), f"the hospital has no exam {exam!r}", list(known.exams))
        if getattr(deed, "of", None) is not None and deed.of not in ordered:
            wrong((*here, "of"), f"no step orders {deed.of!r}", sorted(ordered))
        if step.result and step.result.panel not in known.panels:
            wrong((*here, "panel"), f"the laboratory has no panel {step.result.panel!r}", list(known.panels))
    return found


def together(pathways: Sequence[Named]) -> list[Named]:
    """`pathways`, fit to run beside one another; BadInput when none is named or two share a number or a name."""
    if not pathways:
        raise BadInput("no pathway is named", place="feed", remedy="`simlab feed list` names them; `all` runs all.")
    seen: dict[int, str] = {}
    for one in pathways:
        other = seen.setdefault(one.pathway.number, one.name)
        if other != one.name or sum(named.name == one.name for named in pathways) > 1:
            raise BadInput(
                f"{other} and {one.name} have the number {one.pathway.number} both",
                place="feed",
                remedy="Name each once, and give a pathway of your own a number that no other has.",
            )
    return list(pathways)
