"""Probes: what only an independent client can show. They run before a check or submit, never for live marks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from pydantic import Field, model_validator

from simlab.training.checks.check import BROKEN, FAILED, PASSED, SKIPPED, Check, Finding, Sight, word
from simlab.training.checks.matching import plain
from simlab.validation import Strict

Act = Callable[[str, Mapping[str, Any]], Any]
"""Performs an action as the prober and gives its outcome (ok, summary, data, error, event)."""


class Echo(Strict):
    """Whether `to` answers a C-ECHO from calling AE title `calling`, or refuses it."""

    to: str = "PACS"
    calling: str
    title: str | None = Field(None, description="called AE title; by default the system's own")
    expect: Literal["success", "refused"] = "success"


class Worklist(Strict):
    """What the RIS answers to the worklist query of the room `calling`."""

    calling: str
    keys: dict[str, Any] = Field({}, description="matching keys, those of the step in ScheduledProcedureStepSequence")
    contains: str | None = Field(None, description="an accession number that must be answered")
    lacks: str | None = Field(None, description="an accession number that must not be answered")


class Room(Strict):
    """What a scanner shows when it refreshes its own worklist, with its own filter."""

    modality: str
    contains: str | None = Field(None, description="an accession number that must be shown")
    lacks: str | None = Field(None, description="an accession number that must not be shown")


class Find(Strict):
    """What the PACS answers to a query by `calling`."""

    calling: str
    level: Literal["PATIENT", "STUDY", "SERIES", "IMAGE"] = "STUDY"
    root: Literal["study", "patient"] = "study"
    keys: dict[str, str]
    count: int


class Probe(Strict):
    """One of ``dicom.echo``, ``worklist``, ``room`` or ``dicom.find``."""

    echo: Echo | None = Field(None, alias="dicom.echo")
    worklist: Worklist | None = None
    room: Room | None = None
    find: Find | None = Field(None, alias="dicom.find")

    @model_validator(mode="after")
    def _one(self) -> Probe:
        if sum(one is not None for one in (self.echo, self.worklist, self.room, self.find)) != 1:
            raise ValueError("write one of dicom.echo, worklist, room and dicom.find")
        return self

    @property
    def key(self) -> str:
        """Equal probes are run once."""
        return self.model_dump_json()


def run(probe: Probe, act: Act) -> Finding:
    """Probe through `act` and judge the outcome; what cannot be reached at all is broken only when an answer is due."""
    try:
        if probe.echo:
            return _echo(probe.echo, act)
        if probe.worklist:
            return _worklist(probe.worklist, act)
        if probe.room:
            return _room(probe.room, act)
        assert probe.find is not None
        return _find(probe.find, act)
    except Exception as error:  # a grader's fault must never count for or against a trainee
        return Finding(BROKEN, actual=f"{type(error).__name__}: {error}")


def _echo(echo: Echo, act: Act) -> Finding:
    args = {"to": echo.to, "calling": echo.calling} | ({"title": echo.title} if echo.title else {})
    outcome = act("dicom.echo", args)
    refused = not outcome.ok and "reject" in f"{outcome.summary}".lower()
    fine = outcome.ok if echo.expect == "success" else refused
    expected = f"{echo.to} answers {echo.calling}" if echo.expect == "success" else f"{echo.to} refuses {echo.calling}"
    return Finding(PASSED if fine else FAILED, expected, outcome.summary, ({"event": outcome.event},))


def _worklist(worklist: Worklist, act: Act) -> Finding:
    keys = {"AccessionNumber": "", **worklist.keys}
    outcome = act("dicom.worklist", {"to": "RIS", "calling": worklist.calling, "keys": keys})
    return _offered(worklist, f"{worklist.calling}'s own worklist query, answered", outcome, "AccessionNumber")


def _room(room: Room, act: Act) -> Finding:
    outcome = act("modality.worklist", {"modality": room.modality})
    return _offered(room, f"{room.modality}'s own list", outcome, "accession")


def _offered(wanted: Worklist | Room, asked: str, outcome: Any, column: str) -> Finding:
    have = {plain(row.get(column)) for row in outcome.data.get("rows", ())}
    fine = (
        outcome.ok
        and (wanted.contains is None or wanted.contains in have)
        and (wanted.lacks is None or wanted.lacks not in have)
    )
    words = [f"with {wanted.contains}"] * bool(wanted.contains) + [f"without {wanted.lacks}"] * bool(wanted.lacks)
    actual = f"answered {', '.join(sorted(have)) or 'nothing'}" if outcome.ok else outcome.summary
    return Finding(PASSED if fine else FAILED, f"{asked} {' and '.join(words)}", actual, ({"event": outcome.event},))


def _find(find: Find, act: Act) -> Finding:
    args = {"to": "PACS", "calling": find.calling, "level": find.level, "root": find.root, "keys": find.keys}
    outcome = act("dicom.find", args)
    many = len(outcome.data.get("rows", ()))
    actual = f"{many} matches" if outcome.ok else outcome.summary
    fine = outcome.ok and many == find.count
    expected = f"{find.count} matches for {find.calling}"
    return Finding(PASSED if fine else FAILED, expected, actual, ({"event": outcome.event},))


def look(params: Probe, sight: Sight, check: Check) -> Finding:
    """What the probe found when it was run before this look; skipped when none was run."""
    if sight.probes is None:
        return Finding(SKIPPED, actual="looked at when you check")
    return sight.probes[params.key]


word("probe", Probe, look)
