"""A situation worth teaching: a scene of the library that says what is wrong, how it shows and how it is mended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import Field

from simlab import config, yaml_source
from simlab.errors import BadInput, NotFound
from simlab.training.scene import SITUATIONS, Blueprint, Place, variables
from simlab.training.script import Played, Player, Script
from simlab.validation import Strict, validated


class About(Strict):
    """What a scene file says under `situation`; `happens` and `repair` are lists of steps as in a solution."""

    title: str
    fault: str = Field(description="what is wrong, and where")
    symptom: str = Field(description="what an independent client shows")
    happens: list[Any] = Field([], description="what people do in all innocence, so that the fault shows")
    repair: list[Any] = Field(min_length=1)
    overdone: str = Field(description="the repair that goes too far")


@dataclass(frozen=True)
class Situation:
    """One situation: its scene's `name` in the library, what it says, its repair, and what can be filled in."""

    name: str
    about: About
    begin: Script
    script: Script
    values: Mapping[str, Any]

    def happen(self, player: Player) -> list[Played]:
        """Do what makes the fault show; stops after the first step that does not go as it should."""
        return self.begin.play(self.values, player)

    def repair(self, player: Player) -> list[Played]:
        """Do the repair; stops after the first step that does not go as it should."""
        return self.script.play(self.values, player)


def names() -> list[str]:
    """The scenes of all situations, in their order."""
    folder = config.course_folder("exercises") / "_lib" / SITUATIONS
    return [f"{SITUATIONS}/{path.stem}" for path in sorted(folder.glob("*.yaml"))]


def read(name: str, place: Place | None = None) -> Situation:
    """A situation by its scene's name, its variables filled in for `place`; NotFound, BadInput."""
    if name not in names():
        raise NotFound(f"there is no situation {name!r}", remedy="docs/situations.md lists them.")
    shown = f"_lib/{name}.yaml"
    raw = yaml_source.read(config.course_folder("exercises") / "_lib" / f"{name}.yaml", shown)
    if not isinstance(raw, dict) or "situation" not in raw:
        raise BadInput("the scene says nothing of its situation", place=shown, remedy="Write situation: and its parts.")
    said = raw["situation"]
    about = validated(About, said, f"{shown}:1")
    begin = Script(name, said.get("happens", yaml_source.YamlList(shown, 1)), about.title, ())
    script = Script(name, said["repair"], about.title, ())
    return Situation(name, about, begin, script, variables(raw, place or Blueprint(), shown))
