"""The lab process: lab, training and control door put together, run in the foreground until told to stop."""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simlab import __version__, provenance
from simlab import journal as kinds
from simlab.config import LOOPBACK, SEATS, Endpoint
from simlab.errors import BadInput, NotFound, NotKept, Unavailable
from simlab.lab.actions import ACTIONS
from simlab.lab.door import Call, Door, evidence_body
from simlab.lab.home import Home
from simlab.lab.lab import Lab
from simlab.training.scene import load_scene
from simlab.yaml_source import read_text

if sys.platform != "win32":
    import resource

if TYPE_CHECKING:
    from simlab.training.attempt import Tutor

DEFAULT_SCENE = "small-hospital"
_MOST = 2**63 - 1
"""The largest number that the database takes."""
_FILES = 4096
"""Open files that the lab asks for."""
_POLL = 0.5
"""Seconds between two looks of a waiting client at whether the lab is closing."""


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
        self.door = Door(self._calls())
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

    # What the door serves

    def _calls(self) -> dict[tuple[str, str], Call]:
        return {
            ("GET", "/status"): self._status,
            ("GET", "/actions"): _actions,
            ("POST", "/act"): self._act,
            ("GET", "/view/{view}"): lambda view, **filters: self._view(view, filters),
            ("GET", "/events"): self._events,
            ("GET", "/events/{event_id}"): self._event,
            ("GET", "/header"): lambda sop_uid: {"rows": self.lab.pacs.header_rows(sop_uid)},
            ("GET", "/preview"): self._preview,
            ("POST", "/stage"): self.stage,
            ("POST", "/reset"): self.reset,
            ("POST", "/stop"): self._stop,
            ("POST", "/training/start"): lambda id, seed=None: self.tutor.start(id, seed),
            ("GET", "/training/exercises"): lambda: self.tutor.exercises(),
            ("GET", "/training/history"): lambda: self.tutor.history(),
            ("GET", "/training/attempt"): lambda: self.tutor.attempt(),
            ("POST", "/training/check"): lambda live=False: self.tutor.check(live),
            ("POST", "/training/hint"): lambda task: self.tutor.hint(task),
            ("POST", "/training/submit"): lambda: self.tutor.submit(),
            ("GET", "/training/debrief"): lambda attempt=None: self.tutor.debrief(attempt),
        }

    def _status(self) -> dict[str, Any]:
        scene = self.lab.store.get_state("scene") or ""
        return {
            **self.card(secret=False),
            "clock": self.lab.clock.now().isoformat(timespec="seconds"),
            # A scene from a file is kept as its text.
            "scene": "from a file" if "\n" in scene else scene,
            "attempt": self.lab.journal.attempt,
            "last_event": self.lab.journal.last,
        }

    def _act(self, name: str, args: dict[str, Any] | None = None) -> dict[str, Any]:
        if not isinstance(name, str) or not isinstance(args or {}, dict):
            raise BadInput("name must be text and args an object", place="/act")
        if self.lab.journal.attempt is not None:
            # An attempt that an earlier process left open has rights that bind.
            self._call_tutor().result()
        return self.lab.perform(name, args or {}).as_json()

    def _view(self, view: str, filters: dict[str, str]) -> dict[str, Any]:
        with self.lab.snapshot() as look:
            return {"rows": look.view(view, **filters)}

    def _events(
        self,
        after: str = "0",
        wait: str = "0",
        limit: str = "500",
        kinds: str = "",
        system: str = "",
        attempt: str = "",
    ) -> dict[str, Any]:
        newer_than, seconds = _number("after", after), min(_number("wait", wait), 60)
        most = min(max(_number("limit", limit), 1), 5000)
        until = time.monotonic() + seconds
        journal = self.lab.journal
        while not self.stopping.is_set() and time.monotonic() < until:
            if journal.wait(newer_than, min(_POLL, max(0.0, until - time.monotonic()))):
                break
        events = journal.events(
            after=newer_than,
            attempt=attempt or None,
            kinds=tuple(filter(None, kinds.split(","))),
            system=system or None,
            # A probe is the grader's own look: no part of what the department's logs show.
            without=provenance.PROBER,
            limit=most,
        )
        last = events[-1].id if len(events) >= most else max(journal.last, newer_than)
        return {"events": [event.as_json() for event in events], "last": last}

    def _event(self, event_id: str) -> dict[str, Any]:
        number = _number("event", event_id)
        found = self.lab.journal.events(after=number - 1, limit=1)
        if not found or found[0].id != number:
            raise NotFound(f"there is no event {number}")
        return {**found[0].as_json(), "evidence": evidence_body(self.lab.journal.evidence(number))}

    def _preview(self, sop_uid: str, width: str = "64", frame: str = "1") -> dict[str, Any]:
        return self.lab.preview(sop_uid, min(_number("width", width), 1024), _number("frame", frame))

    def _stop(self) -> dict[str, Any]:
        self.stopping.set()
        return {"stopping": True}


def _endpoint(endpoint: Endpoint) -> dict[str, Any]:
    place = {"host": endpoint.host, "port": endpoint.port}
    return {"ae_title": endpoint.ae_title, **place} if endpoint.ae_title else place


def _actions() -> list[dict[str, Any]]:
    return [
        {"name": name, "doc": (action.__doc__ or "").strip(), "schema": action.model_json_schema()}
        for name, action in ACTIONS.items()
    ]


def _number(name: str, text: str | int | float) -> int:
    try:
        return min(max(0, int(float(text))), _MOST)
    except (ValueError, TypeError, OverflowError):
        raise BadInput(f"{name} must be a number, not {str(text)[:64]!r}", place=name) from None


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
        print(json.dumps(running.card(secret=False)), flush=True)
        while not running.stopping.wait(_POLL):
            pass
    sys.stdout.flush()
    return 0
