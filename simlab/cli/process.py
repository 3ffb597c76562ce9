"""The lab process: lab, training and control door put together, run in the foreground until told to stop."""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simlab import __version__
from simlab import journal as kinds
from simlab.cli.calls import POLL, Calls
from simlab.config import LOOPBACK, SEATS, Endpoint
from simlab.errors import NotKept, Unavailable
from simlab.lab.door import Door
from simlab.lab.home import Home
from simlab.lab.lab import Lab
from simlab.training.scene import load_scene
from simlab.yaml_source import read_text

if sys.platform != "win32":
    import resource

if TYPE_CHECKING:
    from simlab.training.attempt import Tutor

DEFAULT_SCENE = "small-hospital"
_FILES = 4096
"""Open files that the lab asks for."""


class Process:
    """One lab with its tutor and its door. `close` may be called from any thread, once."""

    def __init__(
        self,
        home: Home,
        *,
        host: str = LOOPBACK,
        ports: str = "standard",
        scene: str | None = None,
        durability: str = "process",
    ) -> None:
        self.home = home
        self.stopping = threading.Event()
        self.lab = Lab(home, durability=durability)
        self.lab.open(host, ports=ports)
        self._loading = ThreadPoolExecutor(1, "tutor")
        self._tutor: Future[Tutor] | None = None
        self._tutor_lock = threading.Lock()
        self.door = Door(Calls(self).served())
        try:
            if scene is not None or self.lab.store.get_state("scene") is None:
                self.stage(scene or DEFAULT_SCENE)
            try:
                self.door.open(host, SEATS["CONTROL"].port if ports == "standard" else 0)
            except Unavailable:
                self.door.open(host, 0)
            self._call_tutor()
            self.lab.journal.record(kinds.LAB, "LAB", "lab started", self.card(secret=False))
        except BaseException:
            self.door.close()
            self._loading.shutdown()
            self.lab.close()
            raise

    @property
    def tutor(self) -> Tutor:
        """The tutor, once it is there; whatever kept the records from opening is raised here."""
        return self._call_tutor().result()

    def _call_tutor(self) -> Future[Tutor]:
        # The records' SQLAlchemy takes longer to import than every door takes to open: nobody need wait for it.
        with self._tutor_lock:
            if self._tutor is None:
                self._tutor = self._loading.submit(self._load_tutor)
            return self._tutor

    def _load_tutor(self) -> Tutor:
        attempt: Any = importlib.import_module("simlab.training.attempt")
        tutor: Tutor = attempt.Tutor(self.lab, person=os.environ.get("SIMLAB_PERSON") or attempt.TRAINEE)
        return tutor

    def card(self, *, secret: bool = True) -> dict[str, Any]:
        """What `up` prints and `lab.json` holds; the token only with `secret`."""
        card: dict[str, Any] = {
            "home": str(self.home.path),
            "pid": os.getpid(),
            "endpoints": {name: _endpoint(endpoint) for name, endpoint in self.lab.endpoints.items()},
            "control": self.door.url,
            "version": __version__,
        }
        return {**card, "token": self.door.token} if secret else card

    def stage(self, scene: str) -> dict[str, Any]:
        """Stage a scene by name, path or YAML text, outside any exercise; an open attempt is given up first."""
        staging = load_scene(scene, self.lab)
        if self.lab.journal.attempt is not None:
            self.tutor.abandon()
        self.lab.stage(staging)
        self.lab.store.set_state("scene", scene)
        return {"scene": staging.name}

    def reset(self) -> dict[str, Any]:
        """Put the department back to how the open attempt, or else the scene, began."""
        if self.lab.journal.attempt is not None and self.tutor.reset():
            return {"reset": "attempt"}
        return self.stage(self.lab.store.get_state("scene") or DEFAULT_SCENE)

    def close(self) -> None:
        """Close the door first, then the department."""
        self.stopping.set()
        with suppress(NotKept):  # a full disk keeps nobody from leaving
            self.lab.journal.record(kinds.LAB, "LAB", "lab stopped")
        self.door.close()
        if self._call_tutor().exception() is None:
            self.tutor.close()
        self._loading.shutdown()
        self.lab.close()


def _endpoint(endpoint: Endpoint) -> dict[str, Any]:
    place = {"host": endpoint.host, "port": endpoint.port}
    return {"ae_title": endpoint.ae_title, **place} if endpoint.ae_title else place


@contextmanager
def process(
    home: Path,
    *,
    host: str = LOOPBACK,
    ports: str = "standard",
    scene: str | None = None,
    durability: str = "process",
) -> Iterator[Process]:
    """A lab process inside this one, announced in its home's `lab.json`, for as long as the block lasts."""
    place = Home(home)
    place.take()
    try:
        handler = place.log_to_file()
        running = Process(place, host=host, ports=ports, scene=scene, durability=durability)
        try:
            place.announce(running.card())
            yield running
        finally:
            running.close()
            with suppress(OSError):  # its last lines, on a full disk
                handler.close()
    finally:
        place.leave()


def _allow_files() -> None:
    # macOS gives a program 256 files, fewer than the connections that all doors together may hold.
    if sys.platform != "win32":
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
        if soft != resource.RLIM_INFINITY and soft < wanted:
            with suppress(ValueError, OSError):
                resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def run_lab(
    home: Path,
    *,
    host: str = LOOPBACK,
    ports: str = "standard",
    scene: str | None = None,
    durability: str = "process",
) -> int:
    """Run the lab until SIGTERM, Ctrl-C or `simlab down`; its card is one line of JSON once every door is open."""
    if scene is not None and Path(scene).suffix in (".yaml", ".yml"):
        scene = read_text(Path(scene), scene)
    _allow_files()
    with process(home, host=host, ports=ports, scene=scene, durability=durability) as running:

        def stop(*_: object) -> None:
            running.stopping.set()

        for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), stop)
        gc.freeze()
        gc.enable()
        print(json.dumps(running.card(secret=False)), flush=True)
        while not running.stopping.wait(POLL):
            pass
    sys.stdout.flush()
    return 0
