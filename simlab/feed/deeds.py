"""What the steps of a pathway do, each as its YAML says it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from simlab.feed.spans import Delay
from simlab.validation import Late
from simlab.yaml_source import YamlMap

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$", max_length=32)]
Fact = Literal["surname", "address", "phone", "gp", "birth_date", "identity", "nhs_number"]


def with_item(value: Mapping[str, Any], key: str, item: Any) -> Mapping[str, Any]:
    """`value` with another `item` under `key`; located YAML keeps its lines."""
    if not isinstance(value, YamlMap):
        return {**value, key: item}
    changed = YamlMap(value.source, value.line)
    for name, old in value.items():
        changed.put(name, item if name == key else old, value.lines.get(name, value.line))
    return changed


class Deed(Late):
    """What a step does; `SHORT` is the field that a bare word stands for: ``transfer: AMU``."""

    SHORT: ClassVar[str] = "who"

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {} if value is None else {cls.SHORT: value} if isinstance(value, str) else value


class OfPerson(Deed):
    who: Name | None = Field(None, description="by default the pathway's first person")


class Identify(OfPerson):
    """The person is registered with demographics alone (A28)."""


class Amend(OfPerson):
    """Facts of the person change: A31, or A08 during a visit."""

    SHORT: ClassVar[str] = "change"
    change: Fact


class Visiting(OfPerson):
    SHORT: ClassVar[str] = "place"
    place: str | None = Field(None, description="ward or clinic; by default the specialty's own")
    specialty: str | None = None


class Attend(Visiting):
    """The person comes as an outpatient (O) or in an emergency (E): A04."""

    kind: Literal["O", "E"] = "O"


class Preadmit(Visiting):
    """A stay is announced (A05)."""


class Admit(Visiting):
    """The person is admitted (A01), or, during an emergency visit, becomes an inpatient (A06)."""


class Transfer(Visiting):
    """To another ward (A02)."""


class Discharge(OfPerson):
    """The stay or attendance ends (A03)."""

    to: Literal["home", "elsewhere", "died"] = "home"
    SHORT: ClassVar[str] = "to"


class Undo(OfPerson):
    """The last admission (A11), transfer (A12), discharge (A13) or announcement (A38) was none."""

    SHORT: ClassVar[str] = "what"
    what: Literal["admit", "transfer", "discharge", "preadmit"]


class Merge(Deed):
    """Two numbers of one person become one."""

    retire: Name
    survive: Name
    event: Literal["A40", "A34", "A18"] = "A40"


class Link(Deed):
    """Two records of one person are linked (A24), or no longer (A37); both stay."""

    persons: tuple[Name, Name]
    apart: bool = False


class OrderExams(OfPerson):
    """Exams are ordered, each with an order of its own."""

    SHORT: ClassVar[str] = "exams"
    exams: Annotated[list[str], Field(min_length=1)]
    called: Name = Field("exam", alias="as", description="what later steps call these orders")
    priority: Literal["S", "A", "R", "P", "C", "T"] = "R"
    reason: list[str] = Field([], description="one of them is drawn")
    portable: bool = False

    @model_validator(mode="before")
    @classmethod
    def _one_exam(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"exams": [value]}
        if isinstance(value, Mapping) and isinstance(value.get("exams"), str):
            return with_item(value, "exams", [value["exams"]])
        return value


class OfOrder(Deed):
    SHORT: ClassVar[str] = "of"
    of: Name = "exam"


class Cancel(OfOrder):
    """The order is cancelled: CA, or DC (discontinued) once the exam has begun."""

    control: Literal["CA", "DC"] = "CA"
    by: Literal["EPR", "RIS"] = "EPR"


class Schedule(OfOrder):
    """The RIS gives the exam its time; again: another one."""

    at: Delay = Delay(between=(0.0, 0.0))


class Arrive(OfOrder):
    """The person is there for the exam."""


class Begin(OfOrder):
    """The exam begins."""


class Perform(OfOrder):
    """The exam is done."""


class Report(OfOrder):
    """A report: P preliminary, F final, C corrected, X withdrawn, W for the wrong patient."""

    status: Literal["P", "F", "C", "X", "W"] = "F"
    finding: str | None = Field(None, description="which of the exam's texts; by default normal or not, as drawn")


class Result(OfPerson):
    """The laboratory's results of a panel."""

    SHORT: ClassVar[str] = "panel"
    panel: str
    abnormal: float = Field(0.3, ge=0, le=1)


class Appoint(OfPerson):
    """An appointment is made (S12), moved (S13), changed (S14) or cancelled (S15)."""

    SHORT: ClassVar[str] = "place"
    place: str = Field(description="the clinic")
    event: Literal["S12", "S13", "S14", "S15"] = "S12"
    at: Delay = Delay(between=(0.0, 0.0))
