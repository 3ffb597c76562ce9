"""Recipes: the YAML files of `sample_studies/` that say what an examination produces."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydicom.datadict import tag_for_keyword

from simlab.config import course_folder
from simlab.department.modality.attributes import KINDS
from simlab.department.modality.phantoms import PHANTOMS
from simlab.errors import BadInput, NotFound

_LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_LARGEST = 256 * 1024  # bytes of one recipe

Attributes = dict[str, str | int | float | tuple[str | int | float, ...]]
Text = Annotated[str, Field(max_length=64)]
Code = Annotated[str, Field(pattern=r"^[A-Z0-9]{1,16}$")]
Side = Literal["R", "L"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _keywords(attributes: Attributes) -> Attributes:
    for keyword in attributes:
        if tag_for_keyword(keyword) is None:
            raise ValueError(f"{keyword} is not the keyword of a DICOM attribute")
    return attributes


class Exam(_Part):
    """The examination's code in the hospital's list, its name, other codes that mean the same.

    `left` is the code and name of the same examination of the left side.
    """

    code: Code
    meaning: Text
    codes: tuple[str, ...] = ()
    left: tuple[Code, Text] | None = None


class Window(_Part):
    """The grey window that shows the image best, in stored units after rescaling."""

    center: float
    width: Annotated[float, Field(gt=1)]


class Series(_Part):
    """One series: `images` slices of `phantom`, or views when the orientation is `view`.

    The first slice lies at `start_mm` along the normal of the orientation (PS3.3 C.7.6.2.1.1), each further one
    `gap_mm` on, back when negative.
    """

    number: Annotated[int, Field(ge=1, le=9999)]
    description: Text
    phantom: str
    images: Annotated[int, Field(ge=1, le=500)] = 1
    orientation: Literal["axial", "coronal", "sagittal", "view"] = "axial"
    size: tuple[Annotated[int, Field(ge=16, le=1024)], Annotated[int, Field(ge=16, le=1024)]] = (256, 256)
    spacing_mm: Annotated[float, Field(gt=0)] = 1.0
    gap_mm: float = 5.0
    start_mm: float = 0.0
    window: Window
    attributes: Attributes = {}

    _known_keywords = field_validator("attributes")(_keywords)

    @field_validator("phantom")
    @classmethod
    def _known_phantom(cls, name: str) -> str:
        if name not in PHANTOMS:
            raise ValueError(f"there is no phantom {name}; there are {', '.join(sorted(PHANTOMS))}")
        return name


class Recipe(_Part):
    """An examination: its modality, exam code, body part and series. `size` is columns by rows.

    `attributes` are DICOM keywords with values, over the modality's own (`attributes.KINDS`). With a `laterality` the
    phantoms show that side, and a radiograph bears its letter.
    """

    name: str
    title: Text
    modality: str
    body_part: Annotated[str, Field(pattern=r"^[A-Z0-9_ ]{1,16}$")]
    region: tuple[str, str, str] | None = None
    exam: Exam
    protocol: Text
    laterality: Side | None = None
    seed: int = 1
    attributes: Attributes = {}
    series: Annotated[tuple[Series, ...], Field(min_length=1)]

    _known_keywords = field_validator("attributes")(_keywords)

    @field_validator("modality")
    @classmethod
    def _known_modality(cls, modality: str) -> str:
        if modality not in KINDS:
            raise ValueError(f"there is no modality {modality} here; there are {', '.join(sorted(KINDS))}")
        return modality

    @model_validator(mode="after")
    def _distinct_series(self) -> Recipe:
        numbers = [series.number for series in self.series]
        if len(set(numbers)) < len(numbers):
            raise ValueError(f"two series have the same number ({', '.join(map(str, numbers))})")
        return self

    @property
    def images(self) -> int:
        """How many instances the examination makes."""
        return sum(series.images for series in self.series)

    @property
    def digest(self) -> str:
        """The same for recipes that make the same images."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    def on_side(self, side: Side) -> Recipe:
        """The same examination of the other limb: phantoms mirrored, letter and attributes changed."""
        exam = self.exam
        if side == "L" and exam.left:
            exam = exam.model_copy(update={"code": exam.left[0], "meaning": exam.left[1]})
        return self.model_copy(update={"laterality": side, "exam": exam})


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
    """The recipe that ships as `name`; NotFound lists those there are."""
    path = course_folder("sample_studies") / f"{name}.yaml"
    if not _NAME.fullmatch(name) or not path.is_file():
        raise NotFound(f"there is no recipe {name}", place="sample_studies", remedy=f"There are {', '.join(names())}.")
    return load(path)


def names() -> list[str]:
    """The names of the recipes that ship."""
    return sorted(path.stem for path in course_folder("sample_studies").glob("*.yaml"))


def suiting(modality: str, code: str, description: str = "") -> Recipe:
    """The recipe for an examination: by its code, else by words of its description, else the modality's first.

    Raises NotFound when the modality has no recipe.
    """
    of_modality = [recipe for recipe in map(named, names()) if recipe.modality == modality]
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
