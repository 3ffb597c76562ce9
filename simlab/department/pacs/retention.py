"""How long studies must be kept: rules as data, and what they say of each study today."""

from __future__ import annotations

import fnmatch
import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from simlab.department.pacs.settings import setting
from simlab.dicom import statuses
from simlab.errors import BadInput, NotFound


class StillKept(BadInput):
    """A study that a retention rule keeps; who asks over DICOM is refused as one who may not."""

    dicom_status = statuses.NOT_AUTHORIZED


REPORTED, UNREPORTED = "reported", "unreported"


class RetentionRule(BaseModel):
    """One rule: studies of these `modalities` (patterns; none: all) and this `status` are kept for `keep_days`.

    The days count from the study's date; without them it is kept for ever. `until_age` keeps the images of children at
    least until that birthday.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    name: str = Field(min_length=1, max_length=64)
    modalities: tuple[str, ...] = ()
    status: Literal["any", "reported", "unreported"] = "any"
    keep_days: int | None = Field(None, ge=0, le=100_000)
    until_age: int | None = Field(None, ge=1, le=120)

    def fits(self, modalities: Iterable[str], status: str) -> bool:
        """Whether the rule speaks of a study: one series of a modality is enough."""
        if self.status not in ("any", status):
            return False
        return not self.modalities or any(
            fnmatch.fnmatchcase(modality, pattern) for modality in modalities for pattern in self.modalities
        )


@dataclass(frozen=True)
class Standing:
    """What retention says of a study: kept until a day (None: for ever), by which rule, and whether it may go today."""

    until: date | None
    rule: str
    may_go: bool


def checked_rule(given: Mapping[str, Any]) -> RetentionRule:
    """A rule out of what somebody wrote; raises BadInput that names the first thing wrong."""
    try:
        return RetentionRule(**given)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "rule"
        raise BadInput(first["msg"], place=place, remedy="Write the rule anew.") from None


def write_rule(tx: sqlite3.Connection, rule: RetentionRule) -> None:
    tx.execute("INSERT OR REPLACE INTO pacs_retention (name, rule) VALUES (?, ?)", (rule.name, rule.model_dump_json()))


def remove_rule(tx: sqlite3.Connection, name: str) -> None:
    """Take a rule away; NotFound lists those there are."""
    if not tx.execute("DELETE FROM pacs_retention WHERE name=?", (name,)).rowcount:
        known = [row["name"] for row in tx.execute("SELECT name FROM pacs_retention ORDER BY name")]
        raise NotFound(f"there is no retention rule {name}", place="PACS", remedy=f"There are: {', '.join(known)}.")


def rules(tx: sqlite3.Connection) -> list[RetentionRule]:
    """The rules by name."""
    rows = tx.execute("SELECT rule FROM pacs_retention ORDER BY name")
    return [RetentionRule(**json.loads(row["rule"])) for row in rows]


_STUDIES = (
    "SELECT s.study_uid, s.patient_id, s.issuer, s.study_date, s.accession, s.description, s.report, p.birth_date, "
    "group_concat(DISTINCT e.modality) AS modalities, count(i.sop_uid) AS instances, "
    "coalesce(sum(i.size), 0) AS bytes FROM pacs_study s "
    "JOIN pacs_patient p ON p.patient_id = s.patient_id AND p.issuer = s.issuer "
    "LEFT JOIN pacs_series e USING (study_uid) LEFT JOIN pacs_instance i USING (series_uid) "
)


def standings(
    tx: sqlite3.Connection, today: date, study_uid: str | None = None
) -> list[tuple[dict[str, Any], Standing]]:
    """Every study (or one) with its facts and its standing, the oldest first."""
    known, default = rules(tx), int(setting(tx, "retention_days"))
    where, values = ("WHERE s.study_uid=? ", (study_uid,)) if study_uid is not None else ("", ())
    rows = tx.execute(f"{_STUDIES}{where}GROUP BY s.study_uid ORDER BY s.study_date, s.study_uid", values)
    found = []
    for row in rows:
        facts = dict(row)
        facts["modalities"] = sorted((facts["modalities"] or "").split(","))
        facts["status"] = REPORTED if facts.pop("report") else UNREPORTED
        found.append((facts, _standing(facts, known, default, today)))
    return found


HINDRANCES = {
    "it is in quarantine": "SELECT 1 FROM pacs_study WHERE study_uid=? AND quarantined=1",
    "it is on its way to a destination": (
        "SELECT 1 FROM pacs_transfer WHERE study_uid=? AND state IN ('waiting', 'sending', 'held')"
    ),
    "a request about it waits for approval": (
        "SELECT 1 FROM pacs_request r, json_each(r.studies) s WHERE s.value=? AND r.state='waiting'"
    ),
    "another object of a UID of it waits to be settled": (
        "SELECT 1 FROM pacs_duplicate d JOIN pacs_instance i USING (sop_uid) JOIN pacs_series e USING (series_uid) "
        "WHERE e.study_uid=? AND d.state='waiting'"
    ),
}
"""What keeps a study from going by itself although the policy lets it: somebody is at work on it."""


def hindrance(tx: sqlite3.Connection, study_uid: str) -> str:
    """What keeps a study beside the policy; nothing when nothing does."""
    for what, statement in HINDRANCES.items():
        if tx.execute(f"{statement} LIMIT 1", (study_uid,)).fetchone() is not None:
            return what
    return ""


def let_go(tx: sqlite3.Connection, study_uid: str, today: date) -> None:
    """Raise StillKept when a rule holds the study still; where no rule speaks of it the administrator decides."""
    for _facts, standing in standings(tx, today, study_uid):
        if standing.rule and not standing.may_go:
            until = f"until {standing.until.isoformat()}" if standing.until else "for ever"
            raise StillKept(
                f"the retention rule {standing.rule} keeps the study {until}",
                place=study_uid,
                remedy="It may go when that has passed; `pacs.retention` says when.",
            )


def _standing(facts: Mapping[str, Any], known: Iterable[RetentionRule], default: int, today: date) -> Standing:
    fitting = [rule for rule in known if rule.fits(facts["modalities"], facts["status"])]
    if not fitting and not default:
        return Standing(None, "", False)
    made = _day(facts["study_date"])
    # Where several rules speak of a study, the one that keeps it longest has its way. An undated study never goes.
    longest = Standing(made and made + timedelta(days=default), "", False)
    for number, rule in enumerate(fitting):
        until = _until(rule, made, _day(facts["birth_date"]))
        if number == 0 or (longest.until is not None and (until is None or until > longest.until)):
            longest = Standing(until, rule.name, False)
    may_go = longest.until is not None and longest.until <= today
    return Standing(longest.until, longest.rule, may_go)


def _until(rule: RetentionRule, made: date | None, born: date | None) -> date | None:
    if made is None or rule.keep_days is None:
        return None
    until = made + timedelta(days=rule.keep_days)
    if rule.until_age is not None and born is not None:
        until = max(until, date(min(born.year + rule.until_age, date.max.year), born.month, min(born.day, 28)))
    return until


def _day(text: str) -> date | None:
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        return None
