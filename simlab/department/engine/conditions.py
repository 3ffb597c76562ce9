"""Conditions of the engine's rules: what must stand at which places of a message."""

from __future__ import annotations

import fnmatch
import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, model_validator

from simlab.department.engine.alone import read
from simlab.hl7.errors import Hl7Error
from simlab.hl7.message import Message
from simlab.hl7.path import path

MAX_LOOKED_AT = 200
"""Characters of a value that an expression is held against, so that none takes long."""

_SEGMENT = re.compile(r"[A-Z][A-Z0-9]{2}")
_OUTSIDE = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]")
_MOST_UNBOUNDED, _MOST_OPTIONAL = 2, 3


def _place(text: str) -> str:
    if not _SEGMENT.fullmatch(text):
        try:
            path(text)
        except Hl7Error as error:
            raise ValueError(f"{error.what}. {error.remedy}") from None
    return text


def _field(text: str) -> str:
    try:
        path(text)
    except Hl7Error as error:
        raise ValueError(f"{error.what}. {error.remedy}") from None
    return text


def _plain(value: object) -> object:
    """Numbers of YAML as the text that they are in a message."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return str(value)


def _expression(text: str) -> str:
    """An expression that cannot take for ever: nothing repeats a group, and few things repeat at all."""
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is no regular expression ({error})") from None
    bare = _OUTSIDE.sub("x", text)
    if re.search(r"\)[*+{]", bare):
        raise ValueError(f"{text!r} repeats a group, which can take for ever; repeat single characters")
    if len(re.findall(r"[*+{]", bare)) > _MOST_UNBOUNDED or bare.count("?") > _MOST_OPTIONAL:
        raise ValueError(f"{text!r} repeats too much; {_MOST_UNBOUNDED} repetitions are allowed")
    return text


Place = Annotated[str, AfterValidator(_place)]
"""A path (``PID-3.1``), or a segment's name alone (``ZDS``)."""
FieldPath = Annotated[str, AfterValidator(_field)]
"""A path of a field or a part of one."""
Text = Annotated[str, BeforeValidator(_plain)]
"""Text, or a number that is meant as text."""
Expression = Annotated[str, Field(max_length=200), AfterValidator(_expression)]


class Comparison(BaseModel):
    """One of: `equals`, `in`, `not` (none of these), `like` (``SM*``), `matches` (a regular expression), `missing`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    equals: Text | None = None
    in_: list[Text] | None = Field(None, alias="in")
    not_: Text | list[Text] | None = Field(None, alias="not")
    like: str | None = Field(None, max_length=200)
    matches: Expression | None = None
    missing: bool | None = None

    @model_validator(mode="after")
    def _one(self) -> Comparison:
        if len(self.model_fields_set) != 1:
            raise ValueError("say one of: equals, in, not, like, matches, missing")
        if self.like is not None and len(re.findall(r"\*+", self.like)) > _MOST_UNBOUNDED:
            raise ValueError(f"{self.like!r} has too many stars; {_MOST_UNBOUNDED} are allowed")
        return self

    def holds(self, values: list[str]) -> bool:
        """Whether it holds of the values found at a place: of any of them, but `not` and `missing` of all."""
        if self.missing is not None:
            return self.missing is not any(values)
        if self.not_ is not None:
            unwanted = [self.not_] if isinstance(self.not_, str) else self.not_
            return not any(value in unwanted for value in values)
        if self.in_ is not None:
            return any(value in self.in_ for value in values)
        if self.like is not None:
            return any(fnmatch.fnmatchcase(value[:MAX_LOOKED_AT], self.like) for value in values)
        if self.matches is not None:
            return any(re.search(self.matches, value[:MAX_LOOKED_AT]) for value in values)
        return self.equals in values


def _kind(given: object) -> str:
    return "values" if isinstance(given, list) else "comparison" if isinstance(given, dict | Comparison) else "value"


Test = Annotated[
    Annotated[Text, Tag("value")] | Annotated[list[Text], Tag("values")] | Annotated[Comparison, Tag("comparison")],
    Discriminator(_kind),
]
Conditions = dict[Place, Test]
"""Place → what must stand there: a value, one of a list of values, or a comparison. All of them must hold."""


def _holds(test: Test, values: list[str]) -> bool:
    if isinstance(test, Comparison):
        return test.holds(values)
    if isinstance(test, list):
        return any(value in test for value in values)
    return test in values


def at_places(message: Message, place: str) -> list[str]:
    """Every value at `place`, in any segment of that name and any repetition; a segment alone stands for its text."""
    if "-" not in place:
        return [segment.raw.decode("latin-1") for segment in message.named(place)]
    return message.all(place)


def unmet(conditions: Conditions, message: Message) -> str:
    """The first place whose condition does not hold of `message`, "" when all of them do; Hl7Error as `Message.all`."""
    for place, test in conditions.items():
        if not _holds(test, at_places(message, place)):
            return place
    return ""


def repetition_fits(conditions: dict[str, Test], message: Message, raw: bytes) -> bool:
    """Whether all conditions hold within one repetition of a field."""
    return all(
        _holds(test, [value] if (value := read(message, raw, place)) else []) for place, test in conditions.items()
    )
