"""What a lab costs while nobody does anything: processor and memory."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

from simlab.cli.session import background_lab
from tests.benchmarks.measure import Measure


def measures(folder: Path, *, quick: bool) -> Iterator[Measure]:
    """Share of one core and resident memory of a staged lab at rest (read from /proc)."""
    seconds = 4 if quick else 15
    with background_lab(folder / "idle") as door:
        process = Path(f"/proc/{door.card['pid']}")
        if not process.exists():
            yield Measure("idle lab: share of one core", None, "%", most=3, note="needs /proc")
            return
        time.sleep(2)
        before = _ticks(process)
        time.sleep(seconds)
        share = (_ticks(process) - before) / os.sysconf("SC_CLK_TCK") / seconds * 100
        yield Measure("idle lab: share of one core", share, "%", most=3)
        pages = int((process / "statm").read_text().split()[1])
        yield Measure("idle lab: memory", pages * os.sysconf("SC_PAGE_SIZE") / 2**20, "MB", most=250)


def _ticks(process: Path) -> int:
    fields = (process / "stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])
