"""The vocabulary of a route's rules: one model a verb, the verb its first field."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from simlab.department.engine.conditions import Conditions, FieldPath, Test, Text
from simlab.hl7.characters import codec
from simlab.hl7.dictionary import SPOKEN
from simlab.hl7.errors import Hl7Error
from simlab.hl7.path import path

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_SEGMENT_START = re.compile(r"[A-Z][A-Z0-9]{2}[^A-Za-z0-9\s]")


def _template(text: str) -> str:
    if "\r" in text or "\n" in text:
        raise ValueError("a template has no line ends; add one segment a rule")
    for place in _PLACEHOLDER.findall(text):
        try:
            path(place)
        except Hl7Error as error:
            raise ValueError(f"{{{place}}} in a template: {error.what}. {error.remedy}") from None
    return text


class RuleOf(BaseModel):
    """What every rule may have: `if` (conditions without which it does nothing), `note` for people."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    when: Conditions = Field({}, alias="if")
    note: str = Field("", max_length=200)

    @property
    def verb(self) -> str:
        """The rule's verb, as it is written in YAML."""
        return next(name for name in type(self).model_fields if name not in RuleOf.model_fields)

    def as_json(self) -> dict[str, Any]:
        """The rule as it was written."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)


class Keep(RuleOf):
    """Only messages of which all these conditions hold go on; the others are filtered."""

    keep: Conditions = Field(min_length=1)


class Drop(RuleOf):
    """Messages of which all these conditions hold are filtered."""

    drop: Conditions = Field(min_length=1)


class Refuse(RuleOf):
    """Messages of which all these conditions hold become dead letters, `because` of what is said here."""

    refuse: Conditions = Field(min_length=1)
    because: str = Field(min_length=1, max_length=200)


class Set(RuleOf):
    """Write a `value` at a path, what stands at another one (`from`), or a `template` with ``{PID-3.1}`` in it."""

    set: FieldPath
    value: Text | None = None
    from_: FieldPath | None = Field(None, alias="from")
    template: str | None = Field(None, max_length=2000)
    every: bool = Field(False, description="in every segment of that name, not only the first")

    @field_validator("template")
    @classmethod
    def _readable(cls, text: str | None) -> str | None:
        return text if text is None else _template(text)

    @model_validator(mode="after")
    def _one_source(self) -> Set:
        if sum(given is not None for given in (self.value, self.from_, self.template)) != 1:
            raise ValueError("say one of: value, from, template")
        at = path(self.set)
        if at.segment == "MSH" and at.field <= 2:
            raise ValueError("MSH-1 and MSH-2 cannot be set: they are the separators of the whole message")
        if self.every and at.occurrence is not None:
            raise ValueError(f"{self.set} names one segment; leave its number out for `every`")
        return self


class Translate(RuleOf):
    """Replace the values at a path, in every segment and repetition, by those of a `table`."""

    translate: FieldPath
    table: dict[Text, Text] = Field(min_length=1, max_length=5000)
    otherwise: Literal["keep", "empty", "refuse"] = Field("keep", description="for a value that the table lacks")


class DropSegment(RuleOf):
    """Take out every segment of this name, or of these; ``Z*`` means all that begin with Z."""

    drop_segment: str | list[str] = Field(min_length=1)

    @property
    def names(self) -> list[str]:
        return [self.drop_segment] if isinstance(self.drop_segment, str) else self.drop_segment

    @model_validator(mode="after")
    def _not_the_head(self) -> DropSegment:
        for name in self.names:
            if not re.fullmatch(r"[A-Z][A-Z0-9]{2}|[A-Z][A-Z0-9]?\*", name):
                raise ValueError(f"{name!r} is no segment's name; write ZDS or Z*")
            if name == "MSH":
                raise ValueError("a message without MSH is none")
        return self


class AddSegment(RuleOf):
    """Add a segment, with ``{PID-3.1}`` in its text, behind the last segment named `after` (by default at the end)."""

    add_segment: str = Field(max_length=5000)
    after: str = ""

    @field_validator("add_segment")
    @classmethod
    def _readable(cls, text: str) -> str:
        if not _SEGMENT_START.match(text) or text.startswith("MSH"):
            raise ValueError("a segment begins with its name and the field separator, like ZXX|1")
        return _template(text)


class _Repetitions(RuleOf):
    def _one_field(self, place: str, conditions: dict[str, Test]) -> None:
        at = path(place)
        if at.repetition or at.component:
            raise ValueError(f"{place}: name the whole field, without a repetition or component")
        for one in conditions:
            within = path(one)
            if (within.segment, within.field) != (at.segment, at.field):
                raise ValueError(f"{one} is not within {place}")


class KeepRepetitions(_Repetitions):
    """Of a repeating field, keep the repetitions of which all conditions hold."""

    keep_repetitions: FieldPath
    where: dict[FieldPath, Test] = Field(min_length=1)

    @model_validator(mode="after")
    def _within(self) -> KeepRepetitions:
        self._one_field(self.keep_repetitions, self.where)
        return self


class DropRepetitions(_Repetitions):
    """Of a repeating field, take out the repetitions of which all conditions hold."""

    drop_repetitions: FieldPath
    where: dict[FieldPath, Test] = Field(min_length=1)

    @model_validator(mode="after")
    def _within(self) -> DropRepetitions:
        self._one_field(self.drop_repetitions, self.where)
        return self


class OrderRepetitions(_Repetitions):
    """Of a repeating field, put the repetitions of which all conditions hold `first`, the others behind them."""

    order_repetitions: FieldPath
    first: dict[FieldPath, Test] = Field(min_length=1)

    @model_validator(mode="after")
    def _within(self) -> OrderRepetitions:
        self._one_field(self.order_repetitions, self.first)
        return self


class Charset(RuleOf):
    """Convert to a character set of table 0211, MSH-18 and bytes; `only` one of the two makes the message lie."""

    charset: str
    only: Literal["label", "bytes"] | None = None
    replace: bool = Field(False, description="write ? for a letter that the character set lacks, do not refuse")

    @field_validator("charset")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            codec(name)
        except Hl7Error as error:
            raise ValueError(f"{error.what}. {error.remedy}") from None
        return name


class Version(RuleOf):
    """Write another version into MSH-12; nothing else changes."""

    version: Text = Field(pattern=r"^2\.\d(\.\d)?$")


class Convert(RuleOf):
    """Make it a message of another version (2.3, 2.3.1, 2.4, 2.5, 2.5.1), and, with `orders`, of ORM or OMI."""

    convert: Text
    orders: Literal["orm", "omi"] | None = None

    @field_validator("convert")
    @classmethod
    def _spoken(cls, version: str) -> str:
        if version not in SPOKEN:
            raise ValueError(f"there is no version {version!r} here; use {', '.join(SPOKEN)}")
        return version


class Split(RuleOf):
    """Make a message of each group that begins with this segment, what stands before the first one in all of them."""

    split: str = Field(pattern=r"^[A-Z][A-Z0-9]{2}$")


class LineEnds(RuleOf):
    """End segments with LF or CR LF, which is a fault on purpose; the last rule of a route."""

    line_ends: Literal["LF", "CRLF"]
