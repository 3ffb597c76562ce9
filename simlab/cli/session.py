"""A session at the terminal: a lab started in the background when none runs, and the screens on top of it."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from simlab.cli.door import Door, NoLab
from simlab.cli.options import chosen
from simlab.errors import Unavailable

READY_SECONDS = 30.0
"""How long a lab may take to open its doors before it is given up."""


class Background:
    """A lab in a process of its own. It stops when this process ends, however that happens, unless `keep`."""

    def __init__(
        self,
        home: Path,
        *,
        ports: str = "standard",
        scene: str | None = None,
        keep: bool = False,
        durability: str = "process",
    ) -> None:
        command = [sys.executable, "-m", "simlab", "up", "--home", str(home), "--ports", ports]
        command += ["--durability", durability]
        command += ["--scene", scene] if scene else []
        command += [] if keep else ["--attached"]
        self.home = home
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the lab
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL if keep else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            # Ctrl-C in the terminal is the terminal's, not the lab's.
            start_new_session=os.name != "nt",
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )

    def door(self) -> Door:
        """Wait until the lab is ready and give its door; Unavailable says why it did not become so."""
        assert self._process.stdout is not None
        watchdog = threading.Timer(READY_SECONDS, self._process.kill)
        watchdog.start()
        try:
            card = self._process.stdout.readline()
        finally:
            watchdog.cancel()
        if not card.strip():
            self._process.wait(5)
            self._errors.seek(0)
            said = self._errors.read().decode("utf-8", "replace").strip().removeprefix("error: ")
            raise Unavailable(
                said or f"the lab did not open its doors within {READY_SECONDS:g} s",
                remedy="" if said else f"See {self.home / 'log' / 'lab.log'}.",
            )
        return Door(self.home)

    def stop(self) -> None:
        """Stop the lab and wait for its end, at most five seconds."""
        _close(self._process.stdin)
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(5)
        _close(self._process.stdout)
        self._errors.close()


def _close(stream: IO[bytes] | None) -> None:
    if stream is not None:
        with suppress(OSError):
            stream.close()


@contextmanager
def background_lab(
    home: Path, *, ports: str = "auto", scene: str | None = None, durability: str = "process"
) -> Iterator[Door]:
    """The door of a lab that runs for as long as the block lasts."""
    lab = Background(home, ports=ports, scene=scene, durability=durability)
    try:
        yield lab.door()
    finally:
        lab.stop()


def open_terminal(home: Path | None, *, keep: bool = False) -> int:
    """Open the screens on the lab of `home`, started first when none runs; gives the exit code."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Unavailable(
            "the screens need a terminal",
            remedy="Without one use `simlab up`, `simlab demo` or the other commands: `simlab --help`.",
        )
    place = chosen(home)
    try:
        door, lab = Door(place), None
        door.get("/status", seconds=5)
    except NoLab:
        # The lab opens its doors while the screens are imported.
        door, lab = None, Background(place, keep=keep)
    try:
        graphics: Any = importlib.import_module("simlab.tui.graphics")
        with ThreadPoolExecutor(1, "terminal") as asking:
            # A terminal that does not answer is waited for while the screens are imported.
            drawn_by = asking.submit(graphics.ask)
            terminal: Any = importlib.import_module("simlab.tui.app")
        if door is None:
            assert lab is not None
            door = lab.door()
        address = str(door.card["control"]), str(door.card["token"])
        return int(terminal.run(*address, place / "lab.json", drawn_by.result()) or 0)
    finally:
        if lab is not None and not keep:
            lab.stop()
