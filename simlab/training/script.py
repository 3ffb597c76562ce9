"""A list of steps, a solution or a mistake: how it is read, filled in as it goes, and played on a lab."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from pydantic import Field

from simlab import yaml_source
from simlab.errors import BadInput
from simlab.training.checks.matching import narrowed
from simlab.training.variant import Filler
from simlab.validation import Strict, validated
from simlab.yaml_source import YamlList, YamlMap

_STEP_KEYS = ("look", "expect", "see", "keep", "when")


class See(Strict):
    """Rows of a view to take values from: ``see: {view: engine.queue, query: {…}}``."""

    view: str
    query: dict[str, Any] = {}


class _StepExtras(Strict):
    look: bool = Field(False, description="it only reads: leaving it out may cost nothing")
    expect: Literal["success", "failure"] = "success"
    see: See | None = None
    keep: dict[str, str] = Field({}, description="variable: path in the outcome's data, or column of the row seen")


class _Head(Strict):
    about: str = ""
    fails: list[str] = Field([], description="checks that a mistake must fail: task/check, or check")
    steps: Any = None


@dataclass(frozen=True)
class Step:
    """One step filled in: an action with its arguments, or rows to see."""

    name: str
    args: dict[str, Any]
    place: str
    expect: str
    see: See | None
    keep: Mapping[str, str]


@dataclass(frozen=True)
class Played:
    """What a step gave."""

    step: Step
    ok: bool
    summary: str


class Player(Protocol):
    """What a script is played on."""

    def act(self, name: str, args: Mapping[str, Any]) -> Any: ...

    def rows(self, view: str) -> list[dict[str, Any]]: ...


@dataclass(frozen=True)
class Script:
    """A solution or a mistake, as it stands in its file."""

    name: str
    source: Any
    about: str
    fails: tuple[str, ...]

    def place(self, key: str | None = None) -> str:
        return yaml_source.place(self.source, key)

    def _raw_steps(self) -> Any:
        return self.source.get("steps") if isinstance(self.source, YamlMap) else self.source

    def applies(self, values: Mapping[str, Any]) -> bool:
        """Whether the script's `when` fits this variant."""
        return Filler(values).wanted(self.source)

    def check(self, values: Mapping[str, Any]) -> set[str]:
        """Fill every step in without playing; gives the variables used, raises BadInput for what cannot be."""
        filler = Filler(dict(values))
        filler.wanted(self.source)
        for _ in self.steps(filler, keep=lambda step: dict.fromkeys(step.keep, "")):
            pass
        return filler.used

    def steps(self, filler: Filler, keep: Callable[[Step], Mapping[str, Any]]) -> Iterator[Step]:
        """The steps of this variant, each filled in with what those before it kept."""
        raw = self._raw_steps()
        if not isinstance(raw, YamlList):
            raise BadInput("there is no list of steps", place=self.place(), remedy="Write steps: and a list under it.")
        values = dict(filler.values)
        filler.values = values
        for item, line in zip(raw, raw.lines, strict=True):
            if filler.wanted(item):  # what a skipped step would keep is not there to be filled in
                step = _step(filler.fill(item), f"{raw.source}:{line}")
                yield step
                values.update(keep(step))

    def written(self, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The actions of this variant for reading; what only a run can know shows as the variable's name."""
        filler = Filler(values)
        steps = self.steps(filler, keep=lambda step: {name: f"<{name}>" for name in step.keep})
        return [{step.name: step.args} for step in steps if step.name]

    def play(self, values: Mapping[str, Any], player: Player) -> list[Played]:
        """Do the steps in order on `player`; stops after the first that does not go as it says."""
        played: list[Played] = []
        kept: dict[str, Any] = {}
        for step in self.steps(Filler(values), keep=lambda _: kept):
            kept.clear()
            if step.see is not None:
                rows = narrowed(player.rows(step.see.view), step.see.query)
                kept.update({name: rows[-1].get(column) for name, column in step.keep.items()} if rows else {})
                played.append(Played(step, bool(rows), f"{len(rows)} rows of {step.see.view}"))
            else:
                outcome = player.act(step.name, step.args)
                if outcome.ok:
                    kept.update({name: _dig(outcome.data, path, step) for name, path in step.keep.items()})
                played.append(Played(step, outcome.ok == (step.expect == "success"), outcome.summary))
            if not played[-1].ok:
                break
        return played


def _dig(data: Any, path: str, step: Step) -> Any:
    for part in path.split("."):
        try:
            data = data[int(part)] if isinstance(data, list) else data[part]
        except (KeyError, IndexError, ValueError, TypeError):
            raise BadInput(f"the outcome of {step.name} has no {path}", place=step.place) from None
    return data


def _step(filled: Any, place: str) -> Step:
    if not isinstance(filled, YamlMap):
        raise BadInput("a step is not a mapping", place=place, remedy="Write action: {argument: value}.")
    extras = {key: filled[key] for key in _STEP_KEYS if key in filled}
    names = [key for key in filled if key not in extras]
    checked = validated(_StepExtras, extras, place)
    if len(names) != (0 if checked.see else 1):
        remedy = "Write action: {argument: value}, or see: {view: …}."
        raise BadInput(
            "a step is one action", place=yaml_source.place(filled, names[-1] if names else None), remedy=remedy
        )
    if checked.see:
        return Step("", {}, place, checked.expect, checked.see, checked.keep)
    args = filled[names[0]] or {}
    if "." not in names[0] or not isinstance(args, dict):
        remedy = "Write it as the action is called: dicom.echo: {to: PACS}."
        raise BadInput(f"{names[0]!r} is no action with arguments", place=place, remedy=remedy)
    return Step(names[0], _plain(args), place, checked.expect, None, checked.keep)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value


def read_script(path: Path, shown: str) -> Script:
    """The script in one file: a bare list of steps, or about, fails, when and steps."""
    source = yaml_source.read(path, shown)
    if isinstance(source, YamlList):
        return Script(path.stem, source, "", ())
    if not isinstance(source, YamlMap):
        raise BadInput("a script is a list of steps", place=f"{shown}:1", remedy="Write one action a line.")
    plain = YamlMap(source.source, source.line)
    for key, value in source.items():
        if key != "when":
            plain.put(key, value, source.lines[key])
    head = validated(_Head, plain, f"{shown}:1")
    return Script(path.stem, source, head.about, tuple(head.fails))
