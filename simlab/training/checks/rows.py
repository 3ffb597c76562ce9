"""Checks that look at rows: the state words read a view, the wire words read the attempt's events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import Field, field_validator

from simlab import journal
from simlab.training.checks.check import FAILED, PASSED, Check, Finding, Rows, Sight, word
from simlab.training.checks.matching import COMPARISONS, cell, dated, fits, narrowed, plain, said
from simlab.validation import Strict

SHOWN = 20
"""Rows and values that a finding quotes at most."""


@dataclass(frozen=True)
class Source:
    """Where a word's rows come from: a view and the filters handed on to it, or events of one kind.

    `key` is the column that `contains` and `exactly` speak of.
    """

    thing: str
    key: str
    view: str = ""
    filters: tuple[str, ...] = ()
    kind: str = ""

    def rows(self, query: Mapping[str, Any], sight: Sight) -> Rows:
        """The rows that fit `query`, seen now."""
        query = dated(query, sight.look)
        if self.kind:
            of_kind = [row for row in sight.events() if row["kind"] == self.kind]
            return [row for row in of_kind if all(fits(cell(row, name), wanted) for name, wanted in query.items())]
        handed = {name: query[name] for name in self.filters if isinstance(query.get(name), (str, int))}
        rest = {name: value for name, value in query.items() if name not in handed}
        return narrowed(sight.look.view(self.view, **handed), rest)


SOURCES: dict[str, Source] = {
    "pacs.study": Source("study in the PACS", "study_uid", view="pacs.studies"),
    "pacs.series": Source("series in the PACS", "series_uid", view="pacs.series", filters=("study_uid",)),
    "pacs.instance": Source("instance in the PACS", "sop_uid", view="pacs.instances", filters=("study_uid",)),
    "pacs.patient": Source("patient of the PACS", "patient_id", view="pacs.patients"),
    "pacs.user": Source("user of the PACS", "name", view="pacs.users"),
    "pacs.peer": Source("peer of the PACS", "title", view="pacs.peers"),
    "pacs.unmatched": Source("unmatched study in the PACS", "study_uid", view="pacs.unmatched"),
    "pacs.order": Source("order that the PACS was told of", "accession", view="pacs.orders"),
    "pacs.duplicate": Source("duplicate at the PACS", "sop_uid", view="pacs.duplicates"),
    "pacs.repair": Source("repair in the PACS", "method", view="pacs.repairs", filters=("study_uid",)),
    "pacs.request": Source("repair waiting for approval", "method", view="pacs.requests", filters=("study_uid",)),
    "pacs.rejection": Source("rejected instance", "sop_uid", view="pacs.rejections", filters=("study_uid",)),
    "pacs.sent": Source("copy sent on", "destination", view="pacs.sent", filters=("study_uid", "patient_id")),
    "pacs.audit": Source("entry of the audit trail", "user", view="pacs.audit", filters=("study_uid", "patient_id")),
    "pacs.transfer": Source("transfer of the PACS", "study_uid", view="pacs.transfers", filters=("study_uid",)),
    "pacs.rule": Source("routing or prefetch rule of the PACS", "name", view="pacs.rules"),
    "pacs.retention": Source("study's retention", "study_uid", view="pacs.retention", filters=("study_uid",)),
    "pacs.retention_rule": Source("retention rule of the PACS", "name", view="pacs.retention_rules"),
    "pacs.space": Source("room in the PACS", "name", view="pacs.space"),
    "pacs.place": Source("place of a study in the PACS", "study_uid", view="pacs.places", filters=("study_uid",)),
    "pacs.setting": Source("setting of the PACS", "key", view="pacs.settings"),
    "pacs.commitment": Source("request for commitment", "transaction_uid", view="pacs.commitments"),
    "pacs.availability": Source("availability notification", "study_uid", view="pacs.availability"),
    "ris.patient": Source("patient of the RIS", "patient_id", view="ris.patients"),
    "ris.order": Source("order in the RIS", "accession", view="ris.orders"),
    "ris.step": Source("step in the RIS", "accession", view="ris.steps"),
    "ris.worklist": Source("worklist item", "accession", view="ris.worklist", filters=("station", "modality", "date")),
    "ris.exam": Source("exam of the RIS", "code", view="ris.exams"),
    "ris.peer": Source("peer of the RIS", "title", view="ris.peers"),
    "ris.setting": Source("setting of the RIS", "key", view="ris.settings"),
    "ris.mpps": Source("performed step in the RIS", "accession", view="ris.mpps"),
    "ris.availability": Source("availability noted in the RIS", "study_uid", view="ris.availability"),
    "ris.downtime": Source("downtime entry", "accession", view="ris.downtime"),
    "epr.patient": Source("patient of the EPR", "patient_id", view="epr.patients"),
    "viewer.holds": Source("instance at a viewer", "study_uid", view="viewer.holds", filters=("system",)),
    "modality.config": Source("setting of a modality", "key", view="modality.config", filters=("system",)),
    "modality.held": Source("instance on a modality's disk", "study_uid", view="modality.held", filters=("system",)),
    "modality.step": Source("step of a modality", "accession", view="modality.steps", filters=("system",)),
    "modality.commitment": Source(
        "commitment asked for by a modality", "transaction_uid", view="modality.commitments", filters=("system",)
    ),
    "modality.queue": Source("instance in a modality's queue", "study_uid", view="modality.queue", filters=("system",)),
    "engine.queue": Source("message in the engine", "control_id", view="engine.queue"),
    "engine.route": Source("route of the engine", "name", view="engine.routes"),
    "engine.rule": Source("rule of a route", "route", view="engine.rules", filters=("route",)),
    "engine.dead": Source("dead letter", "control_id", view="engine.dead", filters=("route",)),
    "engine.statistics": Source("route in numbers", "route", view="engine.statistics", filters=("route",)),
    "engine.setting": Source("setting of the engine", "key", view="engine.settings"),
    "desk.ticket": Source("ticket", "to", view="desk.tickets"),
    "desk.asked": Source("question to a colleague", "who", view="desk.asked"),
    "desk.event": Source("event at the desk", "who", kind=journal.DESK),
    "dicom.association": Source("association", "calling", kind=journal.ASSOCIATION),
    "dicom.operation": Source("DICOM operation", "service", kind=journal.OPERATION),
    "hl7.message": Source("HL7 message", "control_id", kind=journal.MESSAGE),
    "console.change": Source("console action", "system", kind=journal.CONSOLE),
}


class RowCheck(Strict):
    """Rows that fit `query`: that there are some (or `count` of them, or none: `gone`), and what they hold."""

    query: dict[str, Any] = Field({}, description="column: value; a list means any of them; {like: 'SM*'}, {min: 2}…")
    is_: dict[str, Any] | None = Field(None, alias="is", description="what every such row must hold")
    contains: Any = Field(None, description="values of the key column that must be among the rows")
    exactly: list[Any] | None = Field(None, description="the key column's values, no more and no fewer")
    count: int | dict[str, int] | None = Field(None, description="how many: a number, or {min: 1, max: 2}")
    gone: bool = Field(False, description="no such row any more; there was one when the attempt began")
    none: bool = Field(False, description="no such row, whether or not there ever was one")

    @field_validator("query", "is_")
    @classmethod
    def _known_comparisons(cls, value: dict[str, Any] | None) -> dict[str, Any] | None:
        for wanted in (value or {}).values():
            unknown = [name for name in wanted if name not in COMPARISONS] if isinstance(wanted, Mapping) else []
            if unknown:
                raise ValueError(f"there is no comparison {unknown[0]!r}, only {', '.join(COMPARISONS)}")
        return value

    @field_validator("count")
    @classmethod
    def _known_bounds(cls, value: int | dict[str, int] | None) -> int | dict[str, int] | None:
        if isinstance(value, dict) and not set(value) <= {"min", "max"}:
            raise ValueError("count is a number, or has min and max")
        return value


def find(name: str, params: RowCheck, sight: Sight) -> Rows:
    """The rows that a row check speaks of."""
    return SOURCES[name].rows(params.query, sight)


def judge(params: RowCheck, sight: Sight, check: Check) -> Finding:
    """Look at the rows now and say whether they are as wanted."""
    source = SOURCES[check.word]
    found = find(check.word, params, sight)
    asked = f"{source.thing} with {said(params.query)}" if params.query else source.thing
    for wrong in _wrongs(params, source, found, sight, check, asked):
        return Finding(FAILED, wrong[0], wrong[1], _evidence(source, found))
    wanted = "none" if params.gone or params.none else said(params.is_ or {}) or "there"
    return Finding(PASSED, f"{asked}: {wanted}", f"{len(found)} found", _evidence(source, found))


def _wrongs(
    params: RowCheck, source: Source, found: Rows, sight: Sight, check: Check, asked: str
) -> list[tuple[str, str]]:
    if params.gone or params.none:
        if found:
            return [(f"no {asked}", f"{len(found)} still there")]
        if params.gone and not sight.baseline.get(check.key):
            return [(f"{asked}, there at the start and gone now", "it was not there at the start")]
        return []
    wrong = []
    low, high = _bounds(params)
    if not low <= len(found) <= (high if high is not None else len(found)):
        many = f"{low}" if low == high else f"at least {low}" if high is None else f"{low} to {high}"
        wrong.append((f"{many} {asked}", f"{len(found)} found"))
    for column, wanted in (params.is_ or {}).items():
        others = [row for row in found if not fits(cell(row, column), wanted)]
        if others:
            values = sorted({plain(cell(row, column)) or "nothing" for row in others})[:SHOWN]
            wrong.append((f"{asked}: {said({column: wanted})}", f"{column} {', '.join(values)}"))
    have = {plain(row.get(source.key)) for row in found}
    wanted_keys = params.contains if isinstance(params.contains, list) else [params.contains]
    missing = [] if params.contains is None else [plain(one) for one in wanted_keys if plain(one) not in have]
    if missing:
        wrong.append((f"{asked}, among them {', '.join(missing)}", _values(have)))
    if params.exactly is not None and have != {plain(one) for one in params.exactly}:
        wrong.append((f"{asked}, exactly {_values({plain(one) for one in params.exactly})}", _values(have)))
    return wrong


def _bounds(params: RowCheck) -> tuple[int, int | None]:
    if isinstance(params.count, dict):
        return params.count.get("min", 0), params.count.get("max")
    if params.count is not None:
        return params.count, params.count
    if params.exactly is not None:
        return 0, None
    return 1, None


def _values(values: set[str]) -> str:
    return ", ".join(sorted(values)[:SHOWN]) or "none"


def _evidence(source: Source, found: Rows) -> tuple[dict[str, Any], ...]:
    if source.kind:
        return tuple({"event": row["id"]} for row in found[:SHOWN])
    return tuple({"view": source.view, "row": row} for row in found[:SHOWN])


for _name in SOURCES:
    word(_name, RowCheck, judge)
