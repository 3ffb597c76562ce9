"""`make bench`: measures what must hold, on this machine, beside its limits and beside other archives."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from pathlib import Path

from tests.benchmarks import (
    beside,
    crowd,
    exam_day,
    feed,
    hl7_codec,
    hl7_wire,
    idle,
    looking,
    rendering,
    start,
    traffic,
)
from tests.benchmarks.measure import Measure

PARTS = {
    "start": start,
    "traffic": traffic,
    "idle": idle,
    "crowd": crowd,
    "hl7_codec": hl7_codec,
    "hl7_wire": hl7_wire,
    "feed": feed,
    "rendering": rendering,
    "looking": looking,
    "exam_day": exam_day,
}


def main() -> int:
    """Measure everything; a limit that does not hold is shown, and is no failure of the run."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer repetitions and smaller archives")
    parser.add_argument("part", nargs="*", help=f"only these: {', '.join(PARTS)}, beside")
    chosen = parser.parse_args()
    print(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} processors", flush=True)
    parts = chosen.part or [*PARTS, "beside"]
    with tempfile.TemporaryDirectory(prefix="simlab-bench-", ignore_cleanup_errors=True) as folder:
        _limits(Path(folder), [name for name in parts if name != "beside"], chosen.quick)
        if "beside" in parts:
            _ratios(Path(folder), chosen.quick)
    return 0


def _limits(folder: Path, parts: list[str], quick: bool) -> None:
    measures: list[Measure] = []
    for name in parts:
        for measure in PARTS[name].measures(folder, quick=quick):
            measures.append(measure)
            print(measure.line(), flush=True)
    missed = [measure.what for measure in measures if measure.holds is False]
    if measures:
        print(f"{len(missed)} of {len(measures)} do not hold: {', '.join(missed)}" if missed else "All limits hold.")


def _ratios(folder: Path, quick: bool) -> None:
    print(f"\n{beside.HEAD}", flush=True)
    for row in beside.rows(folder, quick=quick):
        print(row.line(), flush=True)
    print(beside.FOOT)


if __name__ == "__main__":
    sys.exit(main())
