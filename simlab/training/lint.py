"""Reads every package and every shared scene without a lab, and says what is wrong in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from simlab import config, yaml_source
from simlab.errors import BadInput, SimlabError
from simlab.feed.library import read as read_pathway
from simlab.feed.trust import PATHWAYS
from simlab.feed.trust import read as read_trust
from simlab.lab.actions import ACTIONS
from simlab.training import catalogue
from simlab.training.exercise import Exercise, Variant, load, vary
from simlab.training.scene import Blueprint, read_scene, staging
from simlab.training.variant import Filler

SEEDS = 20
"""Variants of each exercise that are filled in, so that every `when` is met."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, where, and what to do about it."""

    place: str
    what: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.place}: {self.what}" + (f" {self.remedy}" if self.remedy else "")


def lint(ids: Iterable[str] = (), *, course: Path | None = None) -> list[Problem]:
    """Every problem of the exercises named (of the whole course by default), none of them twice."""
    root = course or config.course_folder("exercises")
    wanted = list(ids)
    folders = [catalogue.find(one, course) for one in wanted] if wanted else catalogue.folders(course)
    found: dict[Problem, None] = {}
    for folder in folders:
        found.update(dict.fromkeys(_package(folder)))
    if not wanted:
        for path in sorted((root / "_lib").rglob("*.yaml")):
            found.update(dict.fromkeys(_pathway(path) if path.parent.name == PATHWAYS else _library(path)))
    return list(found)


def _pathway(path: Path) -> Iterator[Problem]:
    try:
        read_trust(path) if path.name.startswith("_") else read_pathway(path, f"{PATHWAYS}/{path.name}")
    except SimlabError as error:
        yield from _told(error, f"_lib/{PATHWAYS}/{path.name}")


def _library(path: Path) -> Iterator[Problem]:
    try:
        staging(read_scene(path, Blueprint()), Blueprint(), name=path.stem)
    except SimlabError as error:
        yield from _told(error, f"_lib/{path.name}")


def _package(folder: Path) -> Iterator[Problem]:
    try:
        exercise = load(folder)
    except SimlabError as error:
        yield from _told(error, folder.name)
        return
    used: set[str] = set()
    for seed in range(SEEDS):
        try:
            variant = vary(exercise, seed)
            staging(variant.scene, Blueprint(), name=exercise.id)
        except SimlabError as error:
            yield from _told(error, f"{folder.name} (seed {seed})")
            return
        used |= variant.used
        yield from _actions(variant)
        if not any(script.applies(variant.values) for script in exercise.solutions):
            yield Problem(f"{folder.name}/solutions", f"no solution applies to seed {seed}.", "Widen a `when`.")
    yield from _unused(exercise, used)


def _unused(exercise: Exercise, used: set[str]) -> Iterator[Problem]:
    specs = exercise.source.get("vars") or {}
    for name in specs:
        inside = any(f"${{{name}" in str(spec) for spec in specs.values())
        if name not in used and not inside:
            place = yaml_source.place(specs, name)
            yield Problem(place, f"variable {name} is never used.", "Use it, or take it away.")


def _actions(variant: Variant) -> Iterator[Problem]:
    exercise = variant.exercise
    for script in (*exercise.solutions, *exercise.mistakes):
        if script.applies(variant.values):
            for step in script.steps(Filler(variant.values), keep=lambda step: dict.fromkeys(step.keep, "1")):
                if step.name:
                    yield from _action(step.name, step.args, step.place)
    place = yaml_source.place(exercise.source, "rights")
    for pattern in variant.plan.rights:
        if not any(fnmatchcase(name, pattern) for name in ACTIONS):
            yield Problem(place, f"rights name {pattern}, which is no action.", "`simlab act --list` names them.")
    for colleague in variant.scene.colleagues:
        for rule in colleague.get("rules") or () if isinstance(colleague, Mapping) else ():
            for does in rule.get("does") or ():
                for name, args in does.items():
                    yield from _action(name, args or {}, yaml_source.place(does))


def _action(name: str, args: Mapping[str, Any], place: str) -> Iterator[Problem]:
    action = ACTIONS.get(name)
    if action is None:
        yield Problem(place, f"there is no action {name}.", "`simlab act --list` names them all.")
        return
    if action.model_config.get("extra") != "allow":
        for key in args:
            if key not in action.model_fields:
                known = ", ".join(action.model_fields)
                yield Problem(place, f"{name} takes no {key}.", f"It takes: {known}.")
    for key, one in action.model_fields.items():
        if one.is_required() and key not in args:
            yield Problem(place, f"{name} needs {key}.", "Add it.")


def _told(error: SimlabError, place: str) -> Iterator[Problem]:
    several = getattr(error, "problems", None) or [error]
    for one in several:
        yield (
            Problem(one.place or place, one.what + ".", one.remedy)
            if isinstance(one, BadInput)
            else Problem(place, str(one))
        )
