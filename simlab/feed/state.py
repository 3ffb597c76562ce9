"""What the hospital knows while a feed runs: persons over their life, their visits, orders and appointments."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from simlab.feed.trust import Doctor, Exam
from simlab.people import Person


@dataclass
class Life:
    """A person as registered under one hospital number. `person` is what the hospital believes, `true` who it is."""

    person: Person
    true: Person
    pregnant: bool = False
    visit: Visit | None = None
    known: bool = False
    died: datetime | None = None
    retired: bool = False


@dataclass
class Visit:
    """A stay or attendance: patient class I, O, E or P (preadmit), and where; `before` is the place they came from."""

    number: str
    kind: str
    place: str
    bed: str
    service: str
    doctor: Doctor
    begun: datetime
    before: str = ""
    bed_before: str = ""
    ended: datetime | None = None
    disposition: str = ""
    admitted_as: str = ""


@dataclass
class Order:
    """An order for one exam, as far as it has come: `state` is ORC-5 (SC, IP, CM, CA, DC).

    `known_as` is the number that the receiver gave it.
    """

    placer: str
    group: str
    code: str
    exam: Exam
    life: Life
    visit: Visit | None
    requester: Doctor
    priority: str
    reason: str
    placed: datetime
    filler: str = ""
    accession: str = ""
    procedure: str = ""
    step: str = ""
    study_uid: str = ""
    start: datetime | None = None
    done: datetime | None = None
    state: str = ""
    abnormal: bool = False
    radiologist: Doctor | None = None
    report: tuple[str, ...] = ()
    reported: str = ""
    known_as: str = ""


@dataclass
class Appointment:
    """An appointment at a clinic."""

    number: str
    place: str
    doctor: Doctor
    start: datetime
    minutes: int = 20


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened: `kind` is the step's, or a finer one; `at` is hospital time; `control` names it."""

    kind: str
    at: datetime
    control: str
    pathway: str
    life: Life
    visit: Visit | None = None
    other: Life | None = None
    order: Order | None = None
    appointment: Appointment | None = None
    facts: dict[str, str] = field(default_factory=dict)
    values: tuple[tuple[str, ...], ...] = ()
