"""Probes: what only an independent client can show. They run before a check or submit, never for live marks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from pydantic import Field, model_validator

from simlab.training.checks.check import BROKEN, FAILED, PASSED, SKIPPED, Check, Finding, Sight, word
from simlab.training.checks.matching import plain
from simlab.training.validation import Strict

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


class Find(Strict):
    """What the PACS answers to a query by `calling`."""

    calling: str
    level: Literal["PATIENT", "STUDY", "SERIES", "IMAGE"] = "STUDY"
    root: Literal["study", "patient"] = "study"
    keys: dict[str, str]
    count: int


class Probe(Strict):
    """One of ``dicom.echo``, ``worklist`` or ``dicom.find``."""

    echo: Echo | None = Field(None, alias="dicom.echo")
    worklist: Worklist | None = None
    find: Find | None = Field(None, alias="dicom.find")

    @model_validator(mode="after")
    def _one(self) -> Probe:
        if sum(one is not None for one in (self.echo, self.worklist, self.find)) != 1:
            raise ValueError("write one of dicom.echo, worklist and dicom.find")
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
    outcome = act("dicom.worklist", {"to": "RIS", "calling": worklist.calling, "keys": worklist.keys})
    have = {plain(row.get("AccessionNumber")) for row in outcome.data.get("rows", ())}
    fine = (
        outcome.ok
        and (worklist.contains is None or worklist.contains in have)
        and (worklist.lacks is None or worklist.lacks not in have)
    )
    wanted = f"with {worklist.contains}" if worklist.contains else f"without {worklist.lacks}"
    actual = f"answered {', '.join(sorted(have)) or 'nothing'}" if outcome.ok else outcome.summary
    expected = f"{worklist.calling}'s own worklist query, answered {wanted}"
    return Finding(PASSED if fine else FAILED, expected, actual, ({"event": outcome.event},))


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
