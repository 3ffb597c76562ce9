"""What the control door of a lab process serves, by method and path."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

from simlab import provenance
from simlab.errors import BadInput, NotFound
from simlab.lab.actions import ACTIONS
from simlab.lab.door import Call, evidence_body
from simlab.lab.looking import ROWS, view_of

if TYPE_CHECKING:
    from simlab.cli.process import Process
    from simlab.training.attempt import Tutor

POLL = 0.5
"""Seconds between two looks of somebody who waits at whether the lab is closing."""
_MOST = 2**63 - 1
"""The largest number that the database takes."""


class Calls:
    """The calls that one lab process answers; its tutor is asked for only when a call needs it."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._lab = process.lab

    def _tutor(self) -> Tutor:
        return self._process.tutor

    def served(self) -> dict[tuple[str, str], Call]:
        """Every call by method and path."""
        tutor = self._tutor
        return {
            ("GET", "/status"): self._status,
            ("GET", "/actions"): _actions,
            ("POST", "/act"): self._act,
            ("GET", "/view/{view}"): lambda view, **filters: self._view(view, filters),
            ("GET", "/events"): self._events,
            ("GET", "/events/{event_id}"): self._event,
            ("GET", "/header"): lambda sop_uid: {"rows": self._lab.pacs.header_rows(sop_uid)},
            ("GET", "/preview"): self._preview,
            ("GET", "/image"): self._image,
            ("GET", "/presentation"): self._lab.looking.presentation,
            ("GET", "/tags"): self._lab.looking.tags,
            ("GET", "/difference"): self._lab.looking.difference,
            ("POST", "/stage"): self._process.stage,
            ("POST", "/reset"): self._process.reset,
            ("POST", "/stop"): self._stop,
            ("POST", "/training/start"): lambda id, seed=None: tutor().start(id, seed),
            ("GET", "/training/exercises"): lambda: tutor().exercises(),
            ("GET", "/training/history"): lambda: tutor().history(),
            ("GET", "/training/attempt"): lambda: tutor().attempt(),
            ("POST", "/training/check"): lambda live=False: tutor().check(live),
            ("POST", "/training/hint"): lambda task: tutor().hint(task),
            ("POST", "/training/submit"): lambda: tutor().submit(),
            ("GET", "/training/debrief"): lambda attempt=None: tutor().debrief(attempt),
        }

    def _status(self) -> dict[str, Any]:
        scene = self._lab.store.get_state("scene") or ""
        return {
            **self._process.card(secret=False),
            "clock": self._lab.clock.now().isoformat(timespec="seconds"),
            # A scene from a file is kept as its text.
            "scene": "from a file" if "\n" in scene else scene,
            "attempt": self._lab.journal.attempt,
            "last_event": self._lab.journal.last,
        }

    def _act(self, name: str, args: dict[str, Any] | None = None) -> dict[str, Any]:
        if not isinstance(name, str) or not isinstance(args or {}, dict):
            raise BadInput("name must be text and args an object", place="/act")
        if self._lab.journal.attempt is not None:
            # An attempt that an earlier process left open has rights that bind.
            self._tutor()
        return self._lab.perform(name, args or {}).as_json()

    def _view(self, view: str, filters: dict[str, str]) -> dict[str, Any]:
        with self._lab.snapshot() as look:
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
        journal = self._lab.journal
        while not self._process.stopping.is_set() and time.monotonic() < until:
            if journal.wait(newer_than, min(POLL, max(0.0, until - time.monotonic()))):
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
        found = self._lab.journal.events(after=number - 1, limit=1)
        if not found or found[0].id != number:
            raise NotFound(f"there is no event {number}")
        return {**found[0].as_json(), "evidence": evidence_body(self._lab.journal.evidence(number))}

    def _preview(self, sop_uid: str, width: str = "64", frame: str = "1") -> dict[str, Any]:
        return self._lab.preview(sop_uid, min(_number("width", width), 1024), _number("frame", frame))

    def _image(
        self,
        sop_uid: str,
        frame: str = "1",
        width: str = "512",
        height: str = "512",
        zoom: str = "1",
        x: str = "0.5",
        y: str = "0.5",
        window: str = "",
        inverse: str = "",
        aspect: str = "1",
        form: str = ROWS,
        state: str = "",
    ) -> dict[str, Any]:
        parts = {"zoom": zoom, "x": x, "y": y, "aspect": aspect}
        real = {name: _real(name, text) for name, text in parts.items()}
        view = view_of(
            _number("width", width),
            _number("height", height),
            window=str(window),
            inverse=str(inverse).lower() in ("1", "true", "yes"),
            **real,
        )
        return self._lab.looking.picture(sop_uid, _number("frame", frame), view, form, state)

    def _stop(self) -> dict[str, Any]:
        self._process.stopping.set()
        return {"stopping": True}


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


def _real(name: str, text: str | int | float) -> float:
    try:
        value = float(text)
    except (ValueError, TypeError):
        value = math.nan
    if not math.isfinite(value):
        raise BadInput(f"{name} must be a number, not {str(text)[:64]!r}", place=name)
    return value
