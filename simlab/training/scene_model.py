"""A scene as a trainer writes it: who there is, what was ordered and made, and what is set up wrongly."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, NaiveDatetime, model_validator

from simlab import config, yaml_source
from simlab.errors import BadInput
from simlab.lab.feed import FeedStage
from simlab.people import TRUST
from simlab.training.scene_archive import SceneArchive
from simlab.training.scene_carried import SceneCarried
from simlab.training.variant import CLOCK_YEARS, Filler
from simlab.validation import Strict, validated
from simlab.yaml_source import YamlMap

MAX_DEPTH = 4
"""How deep scenes may use one another."""
_PERSON = ("name", "birth_date", "sex", "mrn", "issuer", "nhs_number", "address", "phone")
_WHEN = re.compile(
    r"(?:(\d{4}-\d\d-\d\d|\d{8}|[-+]\d+d|today|yesterday|tomorrow)[ T]?)?(?:(\d\d):?(\d\d)(?::?(\d\d))?)?"
)
_NAMED_DAYS = {"today": 0, "yesterday": -1, "tomorrow": 1}

Knower = Literal["EPR", "RIS", "PACS"]


class ScenePatient(Strict):
    """A patient. `person: ${patient}` gives all the facts of a drawn one; what is written beside it wins."""

    id: str = Field(description="what orders and studies of the scene call this patient")
    name: str = Field(description="DICOM PN: FAMILY^GIVEN^^TITLE")
    birth_date: str = Field("", pattern=r"^(\d{8})?$")
    sex: Literal["F", "M", "O", ""] = ""
    mrn: str
    issuer: str = TRUST
    nhs_number: str = ""
    address: str = ""
    phone: str = ""
    known_to: list[Knower] = ["EPR", "RIS", "PACS"]
    differs: dict[Knower, dict[str, str]] = Field({}, description="facts that one system has otherwise")
    retired_into: dict[Knower, str] = Field(
        {}, description="system: the patient of the scene who survived a merge there"
    )

    @model_validator(mode="before")
    @classmethod
    def _from_person(cls, value: Any) -> Any:
        if not isinstance(value, Mapping) or "person" not in value:
            return value
        person = value["person"]
        if not isinstance(person, Mapping):
            raise ValueError("person is a drawn patient, whole: ${patient}")
        merged = YamlMap(getattr(value, "source", ""), getattr(value, "line", 0))
        for name in _PERSON:
            if name in person:
                merged.put(name, person[name], merged.line)
        for key, item in value.items():
            if key != "person":
                merged.put(key, item, getattr(value, "lines", {}).get(key, merged.line))
        return merged

    def facts(self, system: Knower) -> dict[str, str]:
        """What `system` has of this patient."""
        return {**{name: str(getattr(self, name)) for name in _PERSON}, **self.differs.get(system, {})}


class SceneOrder(Strict):
    """An order in the RIS with its scheduled step; an empty station follows the exam's mapping."""

    accession: str
    patient: str
    exam: str
    start: str | None = Field(None, description="09:30 (today), -1d 09:30, or 2026-03-02T09:30")
    state: str = "booked"
    placer: str = ""
    reason: str = ""
    referrer: str = ""
    priority: str = "ROUTINE"
    station: str = ""
    modality: str = ""
    physician: str = ""
    study_uid: str = ""
    step_id: str = ""


class ScenePerformed(Strict):
    """A performed step that a scanner has begun for an order and told the RIS of (MPPS), and not ended."""

    mpps_uid: str
    accession: str
    scanner: str
    begun: str = Field("07:00", description="as an order's start")


class SceneStudy(Strict):
    """A study made from a recipe, and where its images are: in the PACS, at viewers, in a scanner's queue."""

    recipe: str
    patient: str
    accession: str = ""
    study_uid: str = ""
    when: str = Field("-1d 10:15", alias="made", description="as an order's start")
    description: str | None = None
    referring: str = ""
    station: str = Field("", description="the scanner that made it; by default one of its modality")
    where: list[str] = Field(["PACS"], alias="in", description="PACS, a viewer, a scanner (its queue), a disc")
    sent: list[str] = Field([], description="scanners that still hold all of it and count it as sent")
    labelled: dict[str, str] = Field({}, description="facts that the images carry otherwise than the patient has them")
    images: int | None = Field(None, ge=1, description="the first so many images alone")
    quarantined: bool = False
    reported: Literal["", "P", "F", "C"] = Field("", description="the report that the PACS knows of: P, F or C")
    unordered: bool = Field(False, description="the PACS was told of no order for it: it is on the unmatched list")


class ScenePeer(Strict):
    """A line of a system's peer table; `at` names the system that listens there."""

    system: Literal["PACS", "RIS", "TERTIARY"]
    title: str
    at: str | None = None
    host: str | None = None
    port: int | None = None
    services: list[str] | None = None
    classes: list[str] | None = Field(None, description="PACS: SOP classes it may store; `standard` for all of those")
    max_associations: int | None = Field(None, description="PACS: how many it may hold at once")
    tls: bool | None = Field(None, description="PACS: it calls this peer over TLS")
    absent: bool = Field(False, description="take the line of a used scene away")


class SceneUser(Strict):
    """Somebody who may log in to the PACS, by name alone when there is no passcode."""

    name: str = Field(min_length=1, max_length=64)
    passcode: str | None = None
    full_name: str = ""


class SceneExam(Strict):
    """An exam of the RIS and the station that it goes to."""

    code: str
    description: str = ""
    modality: str
    station: str
    body_part: str = ""


class SceneEngine(Strict):
    """The interface engine: routes and queued messages (see the engine's staging section), `at` for host and port."""

    settings: dict[str, Any] = {}
    routes: list[Any] = []
    queue: list[Any] = []


class Scene(SceneCarried):
    """What the department looks like. `use` lays this scene over others: same name wins, the rest adds up."""

    clock: NaiveDatetime | None = Field(None, ge=datetime(CLOCK_YEARS.start, 1, 1), lt=datetime(CLOCK_YEARS.stop, 1, 1))
    speed: float = Field(1.0, ge=0, le=86400, allow_inf_nan=False)
    use: list[str] = []
    patients: list[ScenePatient] = []
    orders: list[SceneOrder] = []
    performed: list[ScenePerformed] = []
    studies: list[SceneStudy] = []
    exams: list[SceneExam] = []
    peers: list[ScenePeer] = []
    users: list[SceneUser] = Field([], description="who may log in to the PACS")
    settings: dict[str, dict[str, Any]] = Field({}, description="by system: PACS, RIS, EPR, CT1, THEATRE…")
    engine: SceneEngine = SceneEngine()
    archive: SceneArchive = SceneArchive()
    faults: list[Any] = []
    feed: FeedStage | None = Field(None, description="what goes on in the background from the start, by the seed 0")
    inbox: list[Any] = []
    colleagues: list[Any] = []

    def over(self, below: Scene) -> Scene:
        """This scene laid over `below`."""
        settings = {name: {**below.settings.get(name, {}), **self.settings.get(name, {})} for name in
                    {**below.settings, **self.settings}}  # fmt: skip
        engine = SceneEngine(
            settings={**below.engine.settings, **self.engine.settings},
            routes=_laid(below.engine.routes, self.engine.routes, "name"),
            queue=[*below.engine.queue, *self.engine.queue],
        )
        archive = SceneArchive(
            rules=_laid(below.archive.rules, self.archive.rules, "name"),
            retention=_laid(below.archive.retention, self.archive.retention, "name"),
            archived=_laid(below.archive.archived, self.archive.archived, "study_uid"),
            transfers=[*below.archive.transfers, *self.archive.transfers],
            held=[*below.archive.held, *self.archive.held],
            merges=[*below.archive.merges, *self.archive.merges],
            audit=[*below.archive.audit, *self.archive.audit],
        )
        return Scene(
            clock=self.clock or below.clock,
            speed=self.speed,
            use=[],
            patients=_laid(below.patients, self.patients, "id"),
            orders=_laid(below.orders, self.orders, "accession"),
            performed=_laid(below.performed, self.performed, "mpps_uid"),
            studies=[*below.studies, *self.studies],
            exams=_laid(below.exams, self.exams, "code"),
            peers=[peer for peer in _laid(below.peers, self.peers, "system", "title") if not peer.absent],
            users=_laid(below.users, self.users, "name"),
            settings=settings,
            engine=engine,
            archive=archive,
            **self.carried_over(below),
            faults=_laid(below.faults, self.faults, "id"),
            feed=self.feed or below.feed,
            inbox=_laid(below.inbox, self.inbox, "id"),
            colleagues=_laid(below.colleagues, self.colleagues, "who"),
        )


def _laid(below: list[Any], above: list[Any], *keys: str) -> list[Any]:
    def key(item: Any) -> tuple[Any, ...]:
        return tuple(item.get(name) if isinstance(item, Mapping) else getattr(item, name, None) for name in keys)

    replaced = {key(item): item for item in above}
    kept = [replaced.pop(key(item), item) for item in below]
    return [*kept, *(item for item in above if key(item) in replaced)]


@dataclass
class SceneSource:
    """Where used scenes are looked for, and what fills their variables in."""

    root: Path
    filler: Filler

    def read(self, name: str, where: str) -> Any:
        """The raw scene ``_lib/name``, filled in; it must lie in the library of `root` or of the course."""
        if not re.fullmatch(r"_lib/[a-z0-9-]+", name):
            raise BadInput(f"{name!r} is no scene of the library", place=where, remedy="Write _lib/small-hospital.")
        for root in (self.root, config.course_folder("exercises")):
            path = root / f"{name}.yaml"
            if path.is_file():
                return self.filler.fill(yaml_source.read(path, f"{name}.yaml"))
        raise BadInput(f"there is no scene {name}", place=where, remedy="`simlab author lint` lists the library.")


def use(source: SceneSource, raw: Any, where: str, depth: int = 0) -> Scene:
    """The scene in `raw` over all those that it uses; BadInput, located, for what is wrong in any of them."""
    scene = validated(Scene, raw if raw is not None else {}, where)
    if depth > MAX_DEPTH:
        raise BadInput("scenes use one another in a circle", place=where, remedy="Take one `use` away.")
    below = Scene()
    for name in scene.use:
        here = yaml_source.place(raw, "use") or where
        below = use(source, source.read(name, here), f"{name}.yaml:1", depth + 1).over(below)
    whole = scene.over(below)
    _consistent(scene, {patient.id for patient in whole.patients}, raw, where)
    return whole


def _consistent(scene: Scene, known: set[str], raw: Any, where: str) -> None:
    for section, key in (("orders", "start"), ("studies", "made")):
        for number, item in enumerate(getattr(scene, section)):
            if item.patient not in known:
                raise BadInput(
                    f"{section} speak of a patient {item.patient!r} who is not in the scene",
                    place=yaml_source.locate(raw, (section, number, "patient")) or where,
                    remedy=f"There are: {', '.join(sorted(known)) or 'none'}.",
                )
            start = item.start if isinstance(item, SceneOrder) else item.when
            moment(start, datetime(2026, 1, 1), yaml_source.locate(raw, (section, number, key)) or where)


def moment(text: str | None, now: datetime, where: str = "scene") -> datetime | None:
    """The date and time that `text` means by the scene's clock; BadInput when it means none."""
    if text is None:
        return None
    found = _WHEN.fullmatch(text.strip())
    if not found or not text.strip():
        remedy = "Write 09:30, -1d 09:30 or 2026-03-02T09:30."
        raise BadInput(f"{text!r} is no time", place=where, remedy=remedy)
    day, hour, minute, second = found.groups()
    try:
        if day is None or day in _NAMED_DAYS:
            date = now + timedelta(days=_NAMED_DAYS.get(day or "today", 0))
        elif day.endswith("d"):
            date = now + timedelta(days=int(day[:-1]))
        else:
            date = datetime.fromisoformat(day)
        return date.replace(hour=int(hour or 0), minute=int(minute or 0), second=int(second or 0), microsecond=0)
    except (ValueError, OverflowError):
        raise BadInput(f"{text!r} is no time", place=where, remedy="There is no such day or hour.") from None
