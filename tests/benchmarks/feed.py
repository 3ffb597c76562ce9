"""What a feed makes in a second: messages in a file, messages answered on a port, deeds in a lab."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from simlab import provenance
from simlab.feed import library
from simlab.feed.dialect import Dialect
from simlab.feed.file import FileSink
from simlab.feed.line import LineSink
from simlab.feed.plan import Plan
from simlab.feed.play import play
from simlab.feed.run import Feed, Sink
from simlab.feed.summary import Summary
from simlab.hl7.acknowledge import acknowledge
from simlab.hl7.mllp import MllpServer
from simlab.lab.home import Home
from simlab.lab.lab import running
from simlab.training.scene import load_scene
from tests.benchmarks.measure import Measure

_NOW = datetime(2026, 3, 2)


def measures(folder: Path, *, quick: bool) -> Iterator[Measure]:
    """All pathways at once, building included."""
    starts = 300 if quick else 2000
    for form in ("text", "mllp"):
        with (folder / f"feed.{form}").open("wb") as file:
            used = time.process_time()
            done, seconds = _run(starts, FileSink(file, Dialect(), form))
            used = time.process_time() - used
        least = 3000 if form == "text" else None
        note = f"{_note(done)}; {done.messages / used:.0f} a second of processor time"
        yield Measure(f"feed to a file ({form})", done.messages / seconds, "/s", least=least, note=note)
    server = MllpServer("BENCH", lambda data, _caller: acknowledge(data, now=_NOW))
    port = server.open("127.0.0.1", 0)
    sink = LineSink("127.0.0.1", port, Dialect())
    try:
        done, seconds = _run(starts // 3, sink)
    finally:
        sink.close()
        server.close()
    yield Measure("feed to an MLLP port, each answered", done.messages / seconds, "/s", note=_note(done))
    yield _in_lab(folder / "feed-lab", starts // 10)


def _run(starts: int, sink: Sink) -> tuple[Summary, float]:
    plan = _plan(starts)
    began = time.perf_counter()
    done = Feed(plan, sink).run()
    return done, time.perf_counter() - began


def _plan(starts: int) -> Plan:
    return Plan([library.find(name) for name in library.names()], 1, count=starts)


def _in_lab(home: Path, starts: int) -> Measure:
    with running(Home(home)) as lab:
        lab.stage(load_scene("empty", lab))
        began = time.perf_counter()
        done = play(_plan(starts), lambda name, given: lab.perform(name, given, actor=provenance.FEED), lab.look)
        lab.settle(60)
        seconds = time.perf_counter() - began
        sent = len(lab.look("engine.queue"))
    note = f"{done.messages} deeds, {sent} messages delivered by the engine"
    return Measure("feed in a lab, all messages delivered", done.messages / seconds, "/s", note=note)


def _note(done: Summary) -> str:
    return f"{done.messages} messages of {done.patients} patients"
