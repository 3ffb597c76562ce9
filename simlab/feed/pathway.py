"""A pathway as its YAML says it: the persons, and the steps that happen to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from simlab.feed.deeds import (
    Admit,
    Amend,
    Appoint,
    Arrive,
    Attend,
    Begin,
    Cancel,
    Discharge,
    Identify,
    Link,
    Merge,
    Name,
    OfOrder,
    OrderExams,
    Perform,
    Preadmit,
    Report,
    Result,
    Schedule,
    Transfer,
    Undo,
    with_item,
)  # fmt: skip
from simlab.feed.spans import Delay
from simlab.validation import Late

Share = Annotated[float, Field(gt=0, le=1)]
Slip = Literal["given", "birth_date", "sex", "address"]


class Cast(Late):
    """Who a person of the pathway is."""

    age: tuple[int, int] = (18, 90)
    sex: dict[Literal["F", "M"], Share] = {"F": 0.5, "M": 0.5}
    returning: float = Field(0.0, ge=0, le=1, description="share of those who were here before on this pathway")
    unknown: bool = Field(False, description="nobody knows who it is until `amend: identity`")
    pregnant: bool = False
    same_as: str | None = Field(None, description="a second registration of that person")
    slips: list[Slip] = Field([], description="what the second registration has wrong; one of them is drawn")
    namesake_of: str | None = Field(None, description="somebody else of that name")

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        if isinstance(value, Mapping) and isinstance(value.get("sex"), str):
            value = with_item(value, "sex", {value["sex"]: 1.0})
        return value

    @model_validator(mode="after")
    def _sensible(self) -> Cast:
        if not 0 <= self.age[0] <= self.age[1] <= 110:
            raise ValueError("age is two numbers of years between 0 and 110, the smaller first")
        if not self.sex:
            raise ValueError("sex is F, M, or a share of each")
        return self


class Choice(Late):
    """One way on, and its share."""

    share: Share
    steps: list[Step]


class Step(Late):
    """One thing that happens, or decides what does: a mapping with one key."""

    identify: Identify | None = None
    amend: Amend | None = None
    attend: Attend | None = None
    preadmit: Preadmit | None = None
    admit: Admit | None = None
    transfer: Transfer | None = None
    discharge: Discharge | None = None
    undo: Undo | None = None
    merge: Merge | None = None
    link: Link | None = None
    order: OrderExams | None = None
    cancel: Cancel | None = None
    schedule: Schedule | None = None
    arrive: Arrive | None = None
    begin: Begin | None = None
    perform: Perform | None = None
    report: Report | None = None
    result: Result | None = None
    appoint: Appoint | None = None
    wait: Delay | None = None
    await_exam: OfOrder | None = Field(None, description="wait for the time that the exam is scheduled at")
    either: list[Choice] | None = Field(None, description="one of them, by its share; what is left does nothing")
    sometimes: Choice | None = None
    by_ack: dict[Literal["AA", "AE", "AR", "none"], list[Step]] | None = Field(
        None, description="by what the last message of this branch was answered with"
    )
    parallel: dict[str, list[Step]] | None = Field(
        None, min_length=1, description="departments at the same time; goes on after all"
    )

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {value: {}}
        if isinstance(value, Mapping):
            for key in [key for key, item in value.items() if item is None]:
                value = with_item(value, key, {})
        return value

    @model_validator(mode="after")
    def _one(self) -> Step:
        if len(self.model_fields_set) != 1:
            raise ValueError("a step is one thing: write each as an item of its own")
        if self.either and sum(choice.share for choice in self.either) > 1.000001:
            raise ValueError("the shares are more than 1 together")
        return self

    @property
    def kind(self) -> str:
        """The name of what it does."""
        return next(iter(self.model_fields_set))

    @property
    def inner(self) -> Iterator[list[Step]]:
        """The lists of steps inside it."""
        for choice in (*(self.either or ()), *([self.sometimes] if self.sometimes else ())):
            yield choice.steps
        yield from (self.by_ack or {}).values()
        yield from (self.parallel or {}).values()


class Pathway(Late):
    """A pathway. Its `number` heads the numbers of its patients, so no two pathways of one run may share it."""

    title: str
    about: str = ""
    number: int = Field(ge=1, le=40)
    weight: float = Field(1.0, gt=0, le=1000, description="its share of the starts, beside the other pathways'")
    persons: Annotated[dict[Name, Cast], Field(min_length=1, max_length=4)]
    steps: Annotated[list[Step], Field(min_length=1)]


def every(steps: list[Step], path: tuple[str | int, ...] = ("steps",)) -> Iterator[tuple[Step, tuple[str | int, ...]]]:
    """All steps, however deep, each with its path in the YAML."""
    for number, step in enumerate(steps):
        here = (*path, number)
        yield step, here
        for choice, one in enumerate(step.either or ()):
            yield from every(one.steps, (*here, "either", choice, "steps"))
        if step.sometimes:
            yield from every(step.sometimes.steps, (*here, "sometimes", "steps"))
        for code, listed in (step.by_ack or {}).items():
            yield from every(listed, (*here, "by_ack", code))
        for name, listed in (step.parallel or {}).items():
            yield from every(listed, (*here, "parallel", name))
