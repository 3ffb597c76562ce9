"""How long a person waits: help, a lab, an exercise, a check, the first screen."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from simlab.cli.session import background_lab
from tests.benchmarks.measure import Measure, median

EXERCISE = "two-numbers"
FIRST_SCREEN = b"two numbers"
"""Part of that exercise's title, which the first screen lists."""


def measures(folder: Path, *, quick: bool) -> Iterator[Measure]:
    """Start-up and the waits of the course."""
    times = 3 if quick else 7
    yield Measure("simlab --help", median(partial(_command, "--help"), times), "s", most=0.25)
    ready, stopped = _ready(folder, times)
    yield Measure("lab ready, new home, as a process", ready, "s", most=1.5)
    yield Measure("lab stopped", stopped, "s", most=2)
    home = folder / "course"
    with background_lab(home) as door:
        start = partial(door.post, "/training/start", id=EXERCISE, seed=1)
        yield Measure(f"staging {EXERCISE}", median(start, times), "s", most=0.5)
        check = partial(door.post, "/training/check", live=False)
        yield Measure("check at the control door", median(check, times), "s", most=0.2)
        yield Measure(
            "check as a command",
            median(partial(_command, "check", "--json", "--home", str(home)), times),
            "s",
            most=0.35,
        )
        yield Measure("first screen, lab running", _first_screen(home), "s", most=1.5)
    yield Measure("first screen, lab started too", _first_screen(folder / "cold"), "s", note="for comparison")


def _command(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "simlab", *arguments], check=True, stdout=subprocess.DEVNULL)


def _ready(folder: Path, times: int) -> tuple[float, float]:
    ready, stopped = [], []
    for number in range(times):
        began = time.perf_counter()
        with background_lab(folder / f"ready-{number}"):
            ready.append(time.perf_counter() - began)
            began = time.perf_counter()
        stopped.append(time.perf_counter() - began)
    return statistics.median(ready), statistics.median(stopped)


def _first_screen(home: Path, seconds: float = 15) -> float | None:
    """Seconds from starting `simlab` in a terminal of 120 x 40 to the first exercise on the screen."""
    try:
        import fcntl
        import pty
        import select
        import struct
        import termios
    except ImportError:
        return None
    controlling, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "simlab", "--home", str(home)],
        stdin=terminal, stdout=terminal, stderr=terminal, env=environment, start_new_session=True,
    )  # fmt: skip
    os.close(terminal)
    seen, taken = b"", None
    while taken is None and time.perf_counter() - began < seconds:
        if select.select([controlling], [], [], 0.05)[0]:
            try:
                seen += os.read(controlling, 65536)
            except OSError:
                break
            if FIRST_SCREEN in seen:
                taken = time.perf_counter() - began
    process.terminate()
    process.wait(10)
    os.close(controlling)
    return taken
