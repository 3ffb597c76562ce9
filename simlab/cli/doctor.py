"""`simlab doctor`: what this computer has of what SimLab needs, and the remedy for what it lacks."""

from __future__ import annotations

import os
import platform
import shutil
import socket
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import typer

from simlab.cli import show
from simlab.cli.door import Door
from simlab.cli.options import Home, Json, chosen
from simlab.config import LOOPBACK, SEATS, course_folder
from simlab.errors import SimlabError

OK, NOTE, FAULT = "ok", "note", "fault"
SMALLEST, COMFORTABLE = (60, 18), (80, 24)
"""Columns and rows: below the first the screens only say that they need more."""

TOOLS = {
    "echoscu": ("DCMTK, a DICOM client of its own", "Debian: apt install dcmtk; macOS: brew install dcmtk"),
    "dciodvfy": ("dicom3tools, checks DICOM objects", "Debian: apt install dicom3tools"),
    "tmux": ("drives the terminal in tests", "Debian: apt install tmux; macOS: brew install tmux"),
}


@dataclass(frozen=True)
class Finding:
    """One thing looked at: `state` is ok, note (SimLab works, less well) or fault (it does not)."""

    what: str
    state: str
    found: str
    remedy: str = ""


def doctor(home: Home = None, json: Json = False) -> None:
    """Look at Python, ports, the lab's folder, the terminal and optional tools; exit code 1 on a fault."""
    place = chosen(home)
    findings = [_python(), _course(), _home(place), *_ports(place), *_terminal(), *_tools()]
    show.rows(
        [asdict(finding) for finding in findings],
        {"what": "What", "state": "", "found": "Found", "remedy": "Remedy"},
        json_wanted=json,
    )
    if any(finding.state == FAULT for finding in findings):
        raise typer.Exit(1)


def _python() -> Finding:
    return Finding("Python", OK, f"{platform.python_version()} on {platform.system()} {platform.machine()}")


def _course() -> Finding:
    count = len(list(course_folder("exercises").glob("[!_]*/*/exercise.yaml")))
    if count:
        return Finding("Exercises", OK, f"{count} in {course_folder('exercises')}")
    return Finding("Exercises", FAULT, "none", "Install SimLab again; its package should carry them.")


def _home(place: Path) -> Finding:
    existing = next(folder for folder in (place, *place.resolve().parents) if folder.exists())
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        return Finding(
            "Lab's folder", FAULT, f"{place}: {error.strerror}", "Name one of your own with --home or SIMLAB_HOME."
        )
    free = shutil.disk_usage(existing).free // 2**20
    if free < 500:
        return Finding("Lab's folder", NOTE, f"{place}, {free} MB left", "Make room, or choose another with --home.")
    return Finding("Lab's folder", OK, str(place))


def _ports(place: Path) -> Iterator[Finding]:
    own = set()
    try:
        own = {endpoint["port"] for endpoint in Door(place).get("/status", seconds=2)["endpoints"].values()}
        yield Finding("Lab", OK, "runs in this folder")
    except SimlabError:
        yield Finding("Lab", OK, "none runs in this folder", "`simlab` or `simlab up` starts it.")
    own |= {SEATS["CONTROL"].port} if own else set()
    taken = [f"{seat.port} ({name})" for name, seat in SEATS.items() if seat.port not in own and not _free(seat.port)]
    if taken:
        shown = ", ".join(taken[:3]) + (f" and {len(taken) - 3} others" if len(taken) > 3 else "")
        yield Finding("Ports", NOTE, f"taken: {shown}", "Those systems move; `simlab status` says where.")
    else:
        yield Finding("Ports", OK, "the usual ones are free" if not own else "the lab has the usual ones")


def _free(port: int) -> bool:
    with socket.socket() as probe:
        if os.name != "nt":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def _terminal() -> Iterator[Finding]:
    if not sys.stdout.isatty():
        yield Finding("Terminal", NOTE, "stdout is not one", "Run this where you want to use the screens.")
        return
    size = shutil.get_terminal_size()
    shown = f"{size.columns} x {size.lines}"
    if size.columns < SMALLEST[0] or size.lines < SMALLEST[1]:
        yield Finding("Terminal's size", FAULT, shown, f"Make it at least {SMALLEST[0]} x {SMALLEST[1]}.")
    elif size.columns < COMFORTABLE[0] or size.lines < COMFORTABLE[1]:
        yield Finding("Terminal's size", NOTE, shown, f"{COMFORTABLE[0]} x {COMFORTABLE[1]} or more reads better.")
    else:
        yield Finding("Terminal's size", OK, shown)
    yield _colours()
    yield Finding("Images", OK, image_protocol(dict(os.environ)))
    encoding = (sys.stdout.encoding or "").lower()
    if "utf" in encoding:
        yield Finding("Letters", OK, encoding)
    else:
        yield Finding("Letters", NOTE, encoding or "unknown", "Set PYTHONUTF8=1 or a UTF-8 locale.")


def _colours() -> Finding:
    if os.environ.get("NO_COLOR"):
        return Finding("Colours", OK, "off (NO_COLOR); everything can be read without")
    if os.environ.get("TERM") == "dumb":
        return Finding("Colours", FAULT, "TERM is dumb", "Use a terminal that can move its cursor, or set TERM.")
    if os.environ.get("COLORTERM", "").lower() in ("truecolor", "24bit") or os.environ.get("WT_SESSION"):
        return Finding("Colours", OK, "16 million")
    if "256" in os.environ.get("TERM", ""):
        return Finding("Colours", OK, "256", "COLORTERM=truecolor, if the terminal can do it, shows finer greys.")
    return Finding("Colours", NOTE, "16", "Try TERM=xterm-256color.")


def image_protocol(environment: dict[str, str]) -> str:
    """Which way of showing pictures this terminal says it has; every terminal has half-blocks."""
    program, term = environment.get("TERM_PROGRAM", ""), environment.get("TERM", "")
    if "KITTY_WINDOW_ID" in environment or term == "xterm-kitty" or program == "ghostty":
        return "kitty graphics (SimLab draws half-blocks)"
    if program in ("iTerm.app", "WezTerm"):
        return "iTerm2 images (SimLab draws half-blocks)"
    if term.startswith(("foot", "mlterm")) or "WT_SESSION" in environment:
        return "sixel (SimLab draws half-blocks)"
    return "half-blocks"


def _tools() -> Iterator[Finding]:
    # pynetdicom installs an `echoscu` of its own beside this Python: not an independent client.
    scripts = Path(sysconfig.get_path("scripts")).resolve()
    folders = os.pathsep.join(folder for folder in os.get_exec_path() if Path(folder).resolve() != scripts)
    for program, (what, remedy) in TOOLS.items():
        path = shutil.which(program, path=folders)
        yield Finding(program, OK, path) if path else Finding(program, NOTE, f"not there ({what})", remedy)
