"""A hospital's day through EPR, engine, RIS and PACS, with faults on the way and kills; then everything is counted."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from simlab.cli.door import Door
from simlab.errors import SimlabError
from simlab.feed import library
from simlab.feed.plan import Plan
from simlab.feed.play import play
from simlab.feed.summary import Summary

BEGIN = datetime(2026, 3, 2, 7, 40)
PATIENCE = 300.0
"""Seconds after the last deed within which everything must have come to its end."""

SCENE = """
use: [_lib/empty]
engine:
  routes:
  - {{name: epr-to-ris, sources: [EPR], types: [ADT, ORM, OMI], at: RIS_HL7, {manner}}}
  - name: ris-to-pacs
    sources: [RIS]
    types: [ADT, ORM, OMI, ORU]
    at: PACS_HL7
    {lines}
    rules:
    - {{drop: {{MSH-5: EPR, MSH-9.1: ORM}}}}
  - name: ris-to-epr
    sources: [RIS]
    types: [ORM, ORU, SIU]
    at: EPR_HL7
    {lines}
    rules:
    - {{keep: {{MSH-5: EPR}}}}
  - {{name: others-to-epr, sources: [LAB, DIARY], types: [ORU, SIU], at: EPR_HL7, {manner}}}
faults:
{faults}
"""
_MANNER = {"ack_seconds": 0.25, "first_seconds": 0.02, "longest_seconds": 0.5}
_EFFECTS = {
    "none": {"none": True},
    "again": {"code": "AR", "text": "not now"},
    "other": {"control_id": "X"},
    "late": {"delay": 0.3},
    "no": {"code": "AE", "text": "a fault says no"},
}
SHARE = 0.002
"""Of each of the five faults at a door: one message in a hundred is struck, at its first delivery."""


def scene(seed: int) -> str:
    """The department of the day, one per cent of the messages to RIS, PACS and EPR struck once."""
    faults = [
        {"id": f"{name}-{system}", "point": "ack", "system": system, "effect": effect, "share": SHARE, "each": 1,
         "seed": seed}
        for system in ("RIS", "PACS", "EPR")
        for name, effect in _EFFECTS.items()
    ]  # fmt: skip
    manner = ", ".join(f"{name}: {value}" for name, value in _MANNER.items())
    lines = "\n    ".join(f"{name}: {value}" for name, value in _MANNER.items())
    return SCENE.format(manner=manner, lines=lines, faults="\n".join(f"- {json.dumps(one)}" for one in faults))


@dataclass
class _Outcome:
    ok: bool
    data: dict[str, Any]


@dataclass
class Lab:
    """A lab in a process of its own that is killed now and then, and what the feed does in it."""

    home: Path
    random: Random
    kill_after: list[int]
    done: int = 0
    lost: int = 0
    kills: int = 0
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    _door: Door | None = field(default=None, repr=False)

    def start(self) -> None:
        """Start it, again after a kill; returns when the doors are open."""
        command = [sys.executable, "-m", "simlab", "up", "--home", str(self.home), "--ports", "auto"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        assert self._process.stdout.readline(), "the lab does not start"
        self._door = Door(self.home)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            if self._process.stdout is not None:
                self._process.stdout.close()

    @property
    def door(self) -> Door:
        assert self._door is not None
        return self._door

    def perform(self, name: str, given: Mapping[str, Any]) -> _Outcome:
        """Do one action. When the lab dies over it nobody knows whether it was done; the person goes on."""
        self.done += 1
        if self.kill_after and self.done >= self.kill_after[0]:
            self.kill_after.pop(0)
            self.kills += 1
            assert self._process is not None
            threading.Timer(self.random.uniform(0, 0.01), self._process.kill).start()
        try:
            outcome = self.door.act(name, given)
        except SimlabError:
            self._again()
            return _Outcome(False, {})
        return _Outcome(bool(outcome["ok"]), dict(outcome.get("data") or {}))

    def look(self, view: str, **filters: Any) -> list[dict[str, Any]]:
        try:
            return self.door.view(view, **filters)
        except SimlabError:
            self._again()
            return self.door.view(view, **filters)

    def _again(self) -> None:
        self.lost += 1
        self.stop()
        self.start()


@contextmanager
def a_lab(home: Path, seed: int, kill_after: list[int]) -> Iterator[Lab]:
    lab = Lab(home, Random(seed), kill_after)
    lab.start()
    try:
        lab.door.post("/stage", scene=scene(seed))
        yield lab
    finally:
        lab.stop()


def day_stands(folder: Path, patients: int, seed: int, kills: int = 3) -> str:
    """Play `patients` starts of all pathways; assert that every message is accounted for, and tell the counts."""
    with a_lab(folder / "day", seed, [patients * 8 * (n + 1) // (kills + 1) for n in range(kills)]) as lab:
        plan = Plan(
            [library.find(name) for name in library.names()], seed, hourly=patients / 10, begin=BEGIN,
            duration=timedelta(hours=240), count=patients,
        )  # fmt: skip
        began = time.monotonic()
        told = play(plan, lab.perform, lab.look, patience=20.0)
        played = time.monotonic() - began
        settle(lab)
        lab.door.act("engine.requeue", {})
        settle(lab)
        assert lab.door.stop()
        assert lab.kills == kills
        with closing(sqlite3.connect(lab.home / "lab.sqlite3")) as database:
            counts = accounted(database)
            agreed(database)
    return _words(told, counts, played, time.monotonic() - began, lab.lost)


def settle(lab: Lab) -> None:
    """Wait until nothing is on its way any more."""
    until = time.monotonic() + PATIENCE
    while True:
        waiting = sum(int(row["waiting"]) for row in lab.look("engine.statistics"))
        boxes = [row for view in ("epr.outbox", "ris.outbox") for row in lab.look(view, state="queued")]
        if not waiting and not boxes and not lab.look("epr.outbox", state="sending"):
            return
        assert time.monotonic() < until, f"{waiting} messages wait in the engine, {len(boxes)} in outboxes"
        time.sleep(0.1)


def accounted(database: sqlite3.Connection) -> Counter[str]:
    """Every message sent came to an end that is written down, and none was applied twice."""
    ends: Counter[str] = Counter(row[0] for row in database.execute("SELECT state FROM engine_queue"))
    assert set(ends) <= {"delivered", "resent"}, ends
    reached = _column(database, "SELECT control_id FROM engine_message")
    for box in ("epr_outbox", "ris_outbox"):
        states = _column(database, f"SELECT DISTINCT state FROM {box}")
        assert states <= {"delivered"}, (box, states)
        missing = _column(database, f"SELECT control_id FROM {box}") - reached
        assert not missing, f"{len(missing)} messages of {box} never reached the engine"
    applied: Counter[tuple[str, str]] = Counter()
    for system, data in database.execute("SELECT system, data FROM journal_event WHERE kind = 'hl7.message'"):
        facts = json.loads(data)
        if facts["direction"] == "in" and system != "ENGINE" and not facts.get("replayed"):
            applied[(system, facts["control_id"])] += 1
    twice = [key for key, times in applied.items() if times > 1]
    assert not twice, f"applied twice: {twice[:5]}"
    delivered = "SELECT m.control_id FROM engine_queue q JOIN engine_message m ON m.id = q.message WHERE q.state = "
    lost = _column(database, f"{delivered}'delivered'")
    lost -= _column(database, "SELECT control_id FROM hl7_taken WHERE door <> 'ADT'")
    assert not lost, f"{len(lost)} messages count as delivered, and no door has taken them"
    ends["faults"] = database.execute("SELECT count(*) FROM fault_struck").fetchone()[0]
    ends["messages"] = len(reached)
    return ends


def _column(database: sqlite3.Connection, query: str) -> set[str]:
    return {str(row[0]) for row in database.execute(query)}


def agreed(database: sqlite3.Connection) -> None:
    """EPR, RIS and PACS tell the same of patients, survivors and orders."""
    facts = "patient_id, name, birth_date, sex, coalesce(merged_into, '')"
    epr = set(database.execute(f"SELECT {facts} FROM epr_patient"))
    ris = set(database.execute(f"SELECT {facts} FROM ris_patient"))
    assert epr == ris, f"EPR alone: {sorted(epr - ris)[:3]}, RIS alone: {sorted(ris - epr)[:3]}"
    survivors = dict(database.execute("SELECT patient_id, coalesce(merged_into, '') FROM epr_patient"))
    for number, into in database.execute("SELECT patient_id, coalesce(merged_into, '') FROM pacs_patient"):
        assert survivors[number] == into, f"the PACS has {number} as {into or 'alive'}"
    orders = dict(database.execute("SELECT placer, state FROM epr_order"))
    held = dict(database.execute("SELECT placer, state FROM ris_order"))
    assert set(orders) == set(held), "orders differ between EPR and RIS"
    ended = {"performed", "cancelled", "discontinued"}
    odd = {p: (s, held[p]) for p, s in orders.items() if (s in ended or held[p] in ended) and s != held[p]}
    assert not odd, f"orders that ended differently: {dict(list(odd.items())[:5])}"
    ours = {row[0] for row in database.execute("SELECT accession FROM ris_order")}
    assert ours == {row[0] for row in database.execute("SELECT accession FROM pacs_order")}


def _words(told: Summary, counts: Counter[str], played: float, whole: float, lost: int) -> str:
    return (
        f"{told.begun} pathways, {told.patients} patients, {told.messages} deeds ({dict(told.answers)}), "
        f"{lost} lost to a kill; {counts['messages']} messages, {counts['delivered']} deliveries, "
        f"{counts['resent']} sent again, {counts['faults']} faults; {played:.0f} s played, {whole:.0f} s in all"
    )
