"""Recipes: the YAML files of `sample_studies/` that say what an examination produces."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from simlab.config import course_folder
from simlab.department.modality.recipe import Recipe
from simlab.errors import BadInput, NotFound

_LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_ASKED = re.compile(r"([a-z]+)=(\d{1,3}(?:\.\d{1,2})?)(%?)([RL]?)")
_LARGEST = 256 * 1024  # bytes of one recipe


def parse(text: str, name: str, place: str) -> Recipe:
    """The recipe in `text`; raises BadInput with ``place:line`` for whatever cannot be accepted."""
    if len(text.encode()) > _LARGEST:
        raise BadInput(f"a recipe has at most {_LARGEST // 1024} KB", place=place, remedy="Make it shorter.")
    try:
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text, Loader=_LOADER)):
            raise BadInput("recipes have no YAML aliases", place=place, remedy="Write the values out.")
        node = yaml.compose(text, Loader=_LOADER)
        content = yaml.load(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise BadInput(f"this is not YAML ({error.problem})", place=f"{place}:{line}") from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise BadInput(f"this is not YAML ({error})", place=place) from None
    if not isinstance(content, dict):
        raise BadInput("a recipe is a mapping of names to values", place=f"{place}:1", remedy="Start with `title:`.")
    try:
        return Recipe(name=name, **content)
    except ValidationError as errors:
        # A misspelt key is also a missing one; the spelling mistake is the better news.
        first = min(errors.errors(), key=lambda error: error["type"] != "extra_forbidden")
        where = ".".join(map(str, first["loc"]))
        what = first["msg"].removeprefix("Value error, ")
        raise BadInput(
            f"{where}: {what}" if where else what,
            place=f"{place}:{_line(node, first['loc'])}",
            remedy=_REMEDY.get(first["type"], ""),
        ) from None
    except TypeError:
        raise BadInput("the keys of a recipe are words, and `name` is the file's own", place=f"{place}:1") from None


_REMEDY = {
    "extra_forbidden": "Take the key out, or look for a spelling mistake.",
    "missing": "Add it.",
}


def _line(node: Any, path: tuple[str | int, ...]) -> int:
    """The line on which the value at `path` stands (or as much of the path as is there)."""
    line = int(node.start_mark.line) + 1
    for step in path:
        if isinstance(node, yaml.MappingNode):
            found = [(key, value) for key, value in node.value if key.value == str(step)]
            if not found:
                return line
            line, node = found[0][0].start_mark.line + 1, found[0][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
    return line


def load(path: Path) -> Recipe:
    """The recipe in a file; its name is the file's."""
    try:
        return parse(path.read_text("utf-8"), path.stem, path.name)
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"the recipe cannot be read ({error})", place=path.name) from None


@lru_cache(maxsize=256)
def named(name: str) -> Recipe:
    """The recipe that ships as `name`; NotFound lists those there are.

    ``us-aorta@aneurysm=47`` or ``ct-chest@nodule=12L`` asks for a finding besides: its size in mm (with ``%`` what is
    narrowed), then its side; ``dx-knee@left`` for the other limb. Raises BadInput for what cannot be shown.
    """
    name, asked, findings = name.partition("@")
    if asked:
        return _left(named(name)) if findings == "left" else _with(named(name), findings)
    path = course_folder("sample_studies") / f"{name}.yaml"
    if not _NAME.fullmatch(name) or not path.is_file():
        raise NotFound(f"there is no recipe {name}", place="sample_studies", remedy=f"There are {', '.join(names())}.")
    return load(path)


def _left(recipe: Recipe) -> Recipe:
    if not recipe.exam.left:
        raise BadInput(
            f"{recipe.name} has no other side", place=recipe.name, remedy="Limbs have: dx-knee@left, dx-hand@left."
        )
    return recipe.on_side("L")


def _with(recipe: Recipe, findings: str) -> Recipe:
    """The recipe with the findings that ``kind=size,kind=size`` asks for in place of its own."""
    asked = []
    for part in findings.split(","):
        found = _ASKED.fullmatch(part)
        if not found:
            raise BadInput(
                f"{part!r} asks for no finding",
                place=recipe.name,
                remedy="Write for example aneurysm=47 or nodule=12L.",
            )
        kind, size, percent, side = found.groups()
        asked.append({"kind": kind, "percent" if percent else "size_mm": float(size), "side": side or None})
    try:
        return Recipe.model_validate({**recipe.model_dump(), "findings": asked})
    except ValidationError as errors:
        what = errors.errors()[0]["msg"].removeprefix("Value error, ")
        raise BadInput(what, place=f"{recipe.name}@{findings}", remedy="Ask for another finding.") from None


def names() -> list[str]:
    """The names of the recipes that ship."""
    return sorted(path.stem for path in course_folder("sample_studies").glob("*.yaml"))


def suiting(modality: str, code: str, description: str = "") -> Recipe:
    """The recipe for an examination: by its code, else by words of its description, else the modality's first.

    Raises NotFound when the modality has no recipe.
    """
    of_modality = [recipe for recipe in map(named, names()) if recipe.modality == modality and recipe.offered]
    if not of_modality:
        raise NotFound(
            f"no recipe makes {modality} images", place="sample_studies", remedy=f"There are {', '.join(names())}."
        )
    for recipe in of_modality:
        if code and recipe.exam.left and code == recipe.exam.left[0]:
            return recipe.on_side("L")
        if code and code in (recipe.exam.code, *recipe.exam.codes):
            return recipe
    words = set(re.findall(r"[a-z]+", description.lower()))
    found = next((recipe for recipe in of_modality if recipe.body_part.lower() in words), of_modality[0])
    return found.on_side("L") if found.laterality and words & {"left", "lt"} else found
