"""An exercise package: the models of its format, and how a folder becomes one variant that can be played and graded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from simlab import yaml_source
from simlab.config import LOOPBACK, SEATS
from simlab.errors import BadInput
from simlab.training import catalogue
from simlab.training.checks import Check, inside
from simlab.training.checks import parse as parse_check
from simlab.training.checks.answer import Answered, Question
from simlab.training.scene_model import Scene, SceneSource, use
from simlab.training.script import Script, read_script
from simlab.training.variant import Filler, clock_of, draw_all, given
from simlab.validation import Strict, validated
from simlab.yaml_source import YamlMap

SCHEMA_VERSION = 1
DEFAULT_SEATS: dict[str, dict[str, Any]] = {
    name: {"host": LOOPBACK, "port": seat.port, "ae_title": seat.title} for name, seat in SEATS.items()
}
_ID = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"


class Time(Strict):
    """Minutes of real time."""

    expected_min: int = Field(ge=1, le=600)
    limit_min: int | None = None


class Role(Strict):
    """Whose work this is: a support worker's career level, or a PACS administrator's tier."""

    scale: Literal["support-worker", "pacs"]
    level: int | None = None
    tier: int | None = None


class Header(Strict):
    """What an exercise is; these keys come first in exercise.yaml."""

    schema_: Literal[1] = Field(alias="schema")
    id: str = Field(pattern=_ID, description="never changes; add to aliases when renamed")
    version: int = Field(ge=1, description="pinned into every attempt")
    title: str = Field(min_length=3, max_length=80)
    track: str
    level: Literal["foundation", "intermediate", "advanced", "capstone"]
    kind: Literal["drill", "scenario", "meeting", "audit", "assessment"]
    competencies: list[str] = []
    role: Role | None = None
    prerequisites: list[str] = []
    aliases: list[str] = []
    time: Time


class Hint(Strict):
    """A hint to one task; hints of a task open in order, each says its cost in points first."""

    task: str
    cost: float = Field(0, ge=0)
    text: str = Field(min_length=3)


class Release(Strict):
    """What a trainee may see when: the marks' detail, and the author's solution."""

    feedback: Literal["at_once", "after_submit"] = "at_once"
    solution: Literal["after_pass", "after_submit", "never"] = "after_pass"


class Task(Strict):
    """Something to do or to answer. `points` are shared equally by the checks that are no guards."""

    id: str = Field(pattern=_ID)
    title: str = ""
    points: float = Field(gt=0)
    checks: Annotated[list[Any], BeforeValidator(lambda value: value if value is not None else [])] = []
    answer: Question | None = None


class Plan(Strict):
    """What is filled in for a variant: all of exercise.yaml but header, vars and scene."""

    tasks: list[Task] = Field(min_length=1)
    rights: dict[str, str] = Field({}, description="action (or pattern): whom to ask for it")
    logs: Literal["own", "wire"] = "own"
    hints: list[Hint] = []
    release: Release = Release()


@dataclass(frozen=True)
class Exercise:
    """A package as it lies in its folder, nothing drawn yet."""

    folder: Path
    source: YamlMap
    header: Header
    brief: str
    debrief: str
    solutions: tuple[Script, ...]
    mistakes: tuple[Script, ...]

    @property
    def id(self) -> str:
        return self.header.id


@dataclass(frozen=True)
class Variant:
    """An exercise as one trainee meets it."""

    exercise: Exercise
    seed: int
    values: Mapping[str, Any]
    plan: Plan
    checks: Mapping[str, tuple[Check, ...]]
    scene: Scene
    brief: str
    debrief: str
    used: frozenset[str] = field(default_factory=frozenset)

    def every_check(self) -> list[Check]:
        """All checks of all tasks, and those within them."""
        return [one for checks in self.checks.values() for check in checks for one in inside(check)]


def load(folder: Path) -> Exercise:
    """The package in `folder`; BadInput, with file and line, for whatever is wrong in it."""
    shown = f"{folder.name}/exercise.yaml"
    source = yaml_source.read(inside_package(folder, "exercise.yaml"), shown)
    if not isinstance(source, YamlMap):
        raise BadInput("an exercise is a mapping", place=f"{shown}:1", remedy="Begin with schema: 1.")
    parts = {*Header.model_fields, "schema", "vars", "scene", *Plan.model_fields} - {"schema_"}
    head = _part(source, lambda key: key not in ("vars", "scene") and key not in Plan.model_fields)
    for key in head:
        if key not in parts:
            known = ", ".join(sorted(parts))
            raise BadInput(f"unknown key {key!r}", place=yaml_source.place(source, key), remedy=f"Known: {known}.")
    header = validated(Header, head, f"{shown}:1")
    _check_header(header, folder, source)
    exercise = Exercise(
        folder=folder,
        source=source,
        header=header,
        brief=yaml_source.read_text(inside_package(folder, "brief.md"), f"{folder.name}/brief.md"),
        debrief=yaml_source.read_text(inside_package(folder, "debrief.md"), f"{folder.name}/debrief.md"),
        solutions=_scripts(folder, "solutions"),
        mistakes=_scripts(folder, "mistakes"),
    )
    if not exercise.solutions:
        raise BadInput("there is no solution", place=f"{folder.name}/solutions/", remedy="Write solutions/ref.yaml.")
    vary(exercise, 0)
    return exercise


def inside_package(folder: Path, name: str) -> Path:
    """A path in the package; BadInput when it leads out of it, by dots or by a link."""
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        remedy = "Keep everything of an exercise in its own folder."
        raise BadInput(f"{name} leads out of the package", place=folder.name, remedy=remedy)
    return path


def _part(source: YamlMap, wanted: Any) -> YamlMap:
    part = YamlMap(source.source, source.line)
    for key, value in source.items():
        if wanted(key):
            part.put(key, value, source.lines[key])
    return part


def _check_header(header: Header, folder: Path, source: YamlMap) -> None:
    if header.id != folder.name:
        raise BadInput(
            f"the id is {header.id}, the folder {folder.name}",
            place=yaml_source.place(source, "id"),
            remedy="Name the folder as the exercise.",
        )
    if header.track not in catalogue.TRACKS:
        raise BadInput(
            f"there is no track {header.track!r}",
            place=yaml_source.place(source, "track"),
            remedy=f"The tracks are: {', '.join(catalogue.TRACKS)}.",
        )


def _scripts(folder: Path, name: str) -> tuple[Script, ...]:
    paths = sorted((folder / name).glob("*.yaml")) if (folder / name).is_dir() else []
    return tuple(
        read_script(inside_package(folder, f"{name}/{path.name}"), f"{folder.name}/{name}/{path.name}")
        for path in paths
    )


def vary(exercise: Exercise, seed: int, seats: Mapping[str, Mapping[str, Any]] | None = None) -> Variant:
    """Draw the variables from `seed` and fill everything in; `seats` says where each system listens."""
    source = exercise.source
    now = clock_of(source.get("scene"))
    salt = f"{exercise.id}/{exercise.header.version}"
    values = draw_all(source.get("vars"), seed, salt, now, given(now, seats or DEFAULT_SEATS))
    filler = Filler(values)
    plan = validated(Plan, filler.fill(_part(source, lambda key: key in Plan.model_fields)), source.source)
    raw_scene = SceneSource(exercise.folder.parent.parent, filler)
    scene = use(raw_scene, filler.fill(source.get("scene")), f"{source.source}:{source.line}")
    variant = Variant(
        exercise=exercise,
        seed=seed,
        values=values,
        plan=plan,
        checks={task.id: _checks(task) for task in plan.tasks},
        scene=scene,
        brief=filler.text(exercise.brief, f"{exercise.folder.name}/brief.md"),
        debrief=filler.text(exercise.debrief, f"{exercise.folder.name}/debrief.md"),
        used=frozenset(filler.used),
    )
    _consistent(variant)
    for script in (*exercise.solutions, *exercise.mistakes):
        filler.used |= script.check(values)
    return Variant(**{**variant.__dict__, "used": frozenset(filler.used)})


def _checks(task: Task) -> tuple[Check, ...]:
    checks = [parse_check(raw) for raw in task.checks]
    if task.answer is not None:
        params = Answered(task=task.id, question=task.answer)
        checks.append(Check(word="answer", params=params, id="answer"))
    return tuple(checks)


def _consistent(variant: Variant) -> None:
    source = variant.exercise.source
    tasks = [task.id for task in variant.plan.tasks]
    for name in (name for name in tasks if tasks.count(name) > 1):
        raise BadInput(f"two tasks are called {name}", place=yaml_source.place(source, "tasks"), remedy="Rename one.")
    for task in variant.plan.tasks:
        checks = variant.checks[task.id]
        here = yaml_source.place(source, "tasks")
        if not any(not check.guard for check in checks):
            raise BadInput(
                f"task {task.id} has nothing that earns its points",
                place=here,
                remedy="Give it a check that is no guard, or an answer.",
            )
        ids = [check.id for check in checks]
        for name in (name for name in ids if ids.count(name) > 1):
            raise BadInput(f"task {task.id} has two checks {name}", place=here, remedy="Rename one.")
    for number, hint in enumerate(variant.plan.hints):
        if hint.task not in tasks:
            raise BadInput(
                f"a hint for no task: {hint.task}",
                place=yaml_source.locate(source, ("hints", number, "task")),
                remedy=f"The tasks are: {', '.join(tasks)}.",
            )
    known = {f"{task}/{check.id}" for task, checks in variant.checks.items() for check in checks}
    for script in variant.exercise.mistakes:
        for name in script.fails:
            if not resolve(name, known):
                raise BadInput(
                    f"it should fail {name!r}, which is no check",
                    place=script.place("fails"),
                    remedy=f"The checks are: {', '.join(sorted(known))}.",
                )
        if not script.fails:
            raise BadInput("a mistake names no check", place=script.place(), remedy="Say fails: [task/check].")


def resolve(name: str, known: set[str]) -> set[str]:
    """The checks (``task/check``) that `name` means: itself, or the check of that id in any task."""
    return {one for one in known if one == name or re.sub(r"^.*/", "", one) == name}
