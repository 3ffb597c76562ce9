"""Rules that send studies on by themselves: routes for what arrives, prefetches of what went before."""

from __future__ import annotations

import fnmatch
import json
import re
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from simlab.department.pacs.archive import survivor
from simlab.errors import BadInput, NotFound
from simlab.remembered import remembered

ROUTE, PREFETCH = "route", "prefetch"

MATCHABLE = (
    "modality",
    "calling",
    "station",
    "body_part",
    "referring",
    "description",
    "series_description",
    "sop_class",
    "patient_id",
    "accession",
)
"""What a rule may look at: facts of an arriving instance, or as many of them as an order message tells."""

PRIORITIES = {"low": 0, "medium": 1, "high": 2}
"""The priorities of PS3.7 9.3.1.1 in the order they are sent."""

_CLOCK_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


class Rule(BaseModel):
    """One rule, as data.

    It holds for what fits all of `match`, attribute by attribute (see `MATCHABLE`), each with one pattern or several,
    ``*`` and ``?`` in them, upper and lower case alike. A route sends what arrives to `destinations`. A prefetch sends
    the patient's earlier studies, at most the `last` few of the last `years`, that are of the `same` modality or body
    part, `on` an order message, on arrival of a study's first image, or at a time of day (``05:00``) for the orders
    of that day.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    name: str = Field(min_length=1, max_length=64)
    kind: Literal["route", "prefetch"] = "route"
    enabled: bool = True
    match: dict[str, list[str]] = {}
    destinations: tuple[str, ...] = Field(min_length=1)
    priority: Literal["low", "medium", "high"] = "medium"
    on: str = "order"
    same: tuple[Literal["modality", "body_part"], ...] = ("body_part",)
    last: int = Field(3, ge=1, le=100)
    years: int = Field(5, ge=1, le=100)

    @field_validator("match", mode="before")
    @classmethod
    def _patterns(cls, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        for attribute in value:
            if attribute not in MATCHABLE:
                raise ValueError(f"a rule cannot look at {attribute}, only at {', '.join(MATCHABLE)}")
        return {attribute: [one] if isinstance(one, str) else one for attribute, one in value.items()}

    @model_validator(mode="after")
    def _occasion(self) -> Rule:
        if self.on not in ("order", "arrival") and not _CLOCK_TIME.fullmatch(self.on):
            raise ValueError(f"{self.on!r} is no occasion: write order, arrival or a time as 05:00")
        return self

    def fits(self, facts: Mapping[str, str]) -> bool:
        """Whether the rule speaks of something with these facts."""
        return all(
            any(fnmatch.fnmatchcase(facts.get(attribute, "").upper(), pattern.upper()) for pattern in patterns)
            for attribute, patterns in self.match.items()
        )


@dataclass(frozen=True)
class Expected:
    """What is known of an examination to come: `study_uid` when it has begun, `procedure` in the order's words."""

    patient_id: str
    issuer: str = ""
    study_uid: str = ""
    accession: str = ""
    modality: str = ""
    body_part: str = ""
    procedure: str = ""
    referring: str = ""

    @property
    def facts(self) -> dict[str, str]:
        """What a rule may look at."""
        return {
            "modality": self.modality,
            "body_part": self.body_part,
            "description": self.procedure,
            "referring": self.referring,
            "accession": self.accession,
            "patient_id": self.patient_id,
        }


def checked_rule(given: Mapping[str, Any]) -> Rule:
    """A rule out of what somebody wrote; raises BadInput that names the first thing wrong."""
    try:
        return Rule(**given)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "rule"
        raise BadInput(first["msg"].removeprefix("Value error, "), place=place, remedy="Write the rule anew.") from None


def write_rule(tx: sqlite3.Connection, rule: Rule) -> None:
    tx.execute(
        "INSERT OR REPLACE INTO pacs_rule (name, kind, enabled, rule) VALUES (?, ?, ?, ?)",
        (rule.name, rule.kind, int(rule.enabled), rule.model_dump_json()),
    )


def remove_rule(tx: sqlite3.Connection, name: str) -> None:
    """Take a rule away; NotFound lists those there are."""
    if not tx.execute("DELETE FROM pacs_rule WHERE name=?", (name,)).rowcount:
        known = [row["name"] for row in tx.execute("SELECT name FROM pacs_rule ORDER BY name")]
        raise NotFound(f"the PACS has no rule {name}", place="PACS", remedy=f"Its rules: {', '.join(known) or 'none'}.")


def rules(tx: sqlite3.Connection, kind: str) -> list[Rule]:
    """The enabled rules of a kind by name."""
    return [rule for rule in remembered(tx, _enabled) if rule.kind == kind]


def _enabled(tx: sqlite3.Connection) -> list[Rule]:
    rows = tx.execute("SELECT rule FROM pacs_rule WHERE enabled=1 ORDER BY name")
    return [Rule(**json.loads(row["rule"])) for row in rows]


def expected(tx: sqlite3.Connection, *, accession: str | None = None, day: str | None = None) -> list[Expected]:
    """What the PACS has been told will be made: the order of that number, or those for that day (DA)."""
    rows = tx.execute(
        "SELECT * FROM pacs_order WHERE status<>'cancelled' AND (?1 IS NULL OR accession=?1) "
        "AND (?2 IS NULL OR substr(scheduled, 1, 8)=?2) ORDER BY scheduled, accession",
        (accession, day),
    )
    found = []
    for row in rows:
        patient_id, issuer = survivor(tx, row["patient_id"], row["issuer"])
        found.append(
            Expected(
                patient_id,
                issuer,
                study_uid=row["study_uid"],
                accession=row["accession"],
                modality=row["modality"],
                procedure=row["description"],
                referring=row["referring"],
            )
        )
    return found


def priors(tx: sqlite3.Connection, rule: Rule, expected: Expected, today: date) -> list[str]:
    """The Study Instance UIDs that a prefetch rule wants for an examination, the newest first."""
    rows = tx.execute(
        "SELECT s.study_uid, group_concat(DISTINCT e.modality) AS modalities, "
        "group_concat(DISTINCT upper(e.body_part)) AS parts FROM pacs_study s JOIN pacs_series e USING (study_uid) "
        "WHERE s.patient_id=? AND s.issuer=? AND s.study_uid<>? AND s.hidden=0 AND s.study_date>=? "
        "GROUP BY s.study_uid ORDER BY s.study_date DESC, s.study_time DESC, s.study_uid",
        (expected.patient_id, expected.issuer, expected.study_uid, _years_before(today, rule.years)),
    )
    found = [row["study_uid"] for row in rows if _alike(rule, expected, row)]
    return found[: rule.last]


def _alike(rule: Rule, expected: Expected, row: sqlite3.Row) -> bool:
    modalities, parts = (frozenset(filter(None, (row[name] or "").split(","))) for name in ("modalities", "parts"))
    if "modality" in rule.same and expected.modality not in modalities:
        return False
    if "body_part" not in rule.same:
        return True
    # An order seldom codes the body part; then the procedure's words must name it.
    words = frozenset(re.findall(r"\w+", expected.procedure.upper()))
    return expected.body_part.upper() in parts or bool(parts & words)


def _years_before(today: date, years: int) -> str:
    return f"{max(1, today.year - years):04}{today:%m%d}"


def due(rule: Rule, since: datetime, now: datetime) -> bool:
    """Whether a rule's time of day lies in the time after `since` up to `now`."""
    if not _CLOCK_TIME.fullmatch(rule.on):
        return False
    hour, minute = (int(part) for part in rule.on.split(":"))
    moment = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return since < moment <= now
