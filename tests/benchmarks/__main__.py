"""`make bench`: measures what must hold, on this machine, and prints it beside the limit."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from pathlib import Path

from tests.benchmarks import idle, start, traffic
from tests.benchmarks.measure import Measure


def main() -> int:
    """Measure everything; a limit that does not hold is shown, and is no failure of the run."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer repetitions")
    quick = parser.parse_args().quick
    print(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} processors", flush=True)
    with tempfile.TemporaryDirectory(prefix="simlab-bench-", ignore_cleanup_errors=True) as folder:
        measures: list[Measure] = []
        for part in (start, traffic, idle):
            for measure in part.measures(Path(folder), quick=quick):
                measures.append(measure)
                print(measure.line(), flush=True)
    missed = [measure.what for measure in measures if measure.holds is False]
    print(f"{len(missed)} of {len(measures)} do not hold: {', '.join(missed)}" if missed else "All limits hold.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
