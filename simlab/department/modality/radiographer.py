"""A scripted radiographer: works off a scanner's worklist, and clears up after each patient."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from simlab import provenance
from simlab.clock import Clock
from simlab.department.modality.examining import Examining
from simlab.department.modality.safekeeping import Safekeeping
from simlab.department.modality.settings import ModalitySettings
from simlab.department.modality.steps import COMPLETED, Steps
from simlab.errors import SimlabError

_log = logging.getLogger(__name__)
Row = dict[str, Any]
ABSENT = "absent"
AT_ONCE = "at once"
_LONGEST_EXAMINATION = 10.0
"""Seconds that a new scene waits for the patient on the table."""


class Radiographer:
    """Whoever stands at one scanner. A thread of its own works while the settings have somebody there."""

    def __init__(
        self,
        system: str,
        clock: Clock,
        settings: Callable[[], ModalitySettings],
        examining: Examining,
        steps: Steps,
        safekeeping: Safekeeping,
    ) -> None:
        self.system = system
        self._clock = clock
        self._settings = settings
        self._examining = examining
        self._steps = steps
        self._safekeeping = safekeeping
        self._hands = threading.RLock()
        self._turn = threading.Condition()
        self._closed = True
        self._called = True
        self._working = False
        self._resting = False
        self._thread: threading.Thread | None = None

    def open(self) -> None:
        """Begin the day."""
        self._closed = False
        self._thread = threading.Thread(target=self._day, name=f"{self.system}-radiographer", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Examine nobody else."""
        with self._turn:
            self._closed = True
            self._turn.notify_all()

    def join(self) -> None:
        """Wait for the thread, half a second at most."""
        if self._thread is not None:
            self._thread.join(0.5)

    def rest(self) -> None:
        """Begin with nobody else until the next `call`, and wait for whoever is being examined."""
        with self._turn:
            self._resting = True
        if self._hands.acquire(timeout=_LONGEST_EXAMINATION):
            self._hands.release()

    def call(self) -> None:
        """Look at the settings, and at the worklist, now."""
        with self._turn:
            self._called, self._resting = True, False
            self._turn.notify_all()

    def busy(self) -> int:
        """1 while somebody is being examined or will be at once."""
        with self._turn:
            return int(
                self._working or (self._called and self._thread is not None and not self._closed and not self._resting)
            )

    def work(self, now: ModalitySettings, most: int = 0) -> Row:
        """Examine who stands on the worklist, `most` patients (0: all), then clear up; raises what stops the query.

        `examined` are their accession numbers, `left` who could not be examined and why.
        """
        with self._hands:
            resumed = self._examining.resume(now)
            done: list[str] = [one["accession"] for one in resumed if "study_uid" in one]
            left: list[Row] = [one for one in resumed if "study_uid" not in one]
            examined = self._examining.examined()
            rows = [row for row in self._examining.worklist(now) if self._may(now, row, examined)]
            for place, row in enumerate(rows):
                if self._closed or self._resting or (most and len(done) >= most):
                    break
                accession = row["accession"]
                number = self._examining.patients() + 1
                slipped = bool(now.slips and number % now.slips == 0 and len(rows) > 1)
                picked = rows[(place + 1) % len(rows)]["accession"] if slipped else None
                if picked in examined:
                    picked = None
                try:
                    self._examining.scan(now, accession, picked=picked)
                except SimlabError as error:
                    left.append({"accession": accession, "problem": str(error)})
                    continue
                examined.add(picked or accession)
                done.append(accession)
            if not self._resting:
                self.clear_up(now)
        summary = f"{len(done)} patients examined" + (f", {len(left)} not" if left else "")
        return {"examined": done, "left": left, "summary": summary}

    def clear_up(self, now: ModalitySettings) -> None:
        """End the steps that are left open, ask for what is not committed to yet, and free what is."""
        self._try(partial(self._steps.settle, now))
        late = timedelta(minutes=now.late_minutes) if "late_n_set" in now.quirks else timedelta(0)
        for mpps_uid, begun in self._steps.open_with_images():
            if datetime.fromisoformat(begun) + late <= self._clock.now():
                self._try(partial(self._steps.end, now, COMPLETED, mpps_uid=mpps_uid))
        if now.commit:
            for study_uid in self._safekeeping.unasked():
                self._try(partial(self._safekeeping.ask, now, study_uid))
        if now.free_after_commit:
            for study_uid in self._safekeeping.freeable():
                self._try(partial(self._safekeeping.free, now, study_uid))

    def _may(self, now: ModalitySettings, row: dict[str, str], examined: set[str]) -> bool:
        if row["accession"] in examined:
            return False
        if now.radiographer != "on time":
            return True
        due = f"{row['date']}{row['time'].ljust(6, '0')[:6]}" <= f"{self._clock.now():%Y%m%d%H%M%S}"
        return due and row["status"] in ("", "ARRIVED")

    def _try(self, deed: Callable[[], object]) -> None:
        try:
            deed()
        except SimlabError as error:  # it stands in the log of the call; the next round tries again
            _log.info("%s: %s", self.system, error)

    def _day(self) -> None:
        while True:
            with self._turn:
                self._working = False
                if not self._closed and (self._resting or not self._called):
                    self._turn.wait(None if self._resting else self._pause())
                if self._closed:
                    return
                if self._resting:
                    continue
                self._called, self._working = False, True
            try:
                now = self._settings()
                with provenance.acting(provenance.MODALITY):
                    if now.radiographer != ABSENT:
                        self.work(now)
                    elif "late_n_set" in now.quirks:
                        self.clear_up(now)
            except SimlabError as error:
                _log.info("%s: %s", self.system, error)
            except Exception:  # a door to the world outside: tomorrow somebody stands here again
                if not self._closed:
                    _log.exception("%s: the radiographer", self.system)

    def _pause(self) -> float | None:
        try:
            now = self._settings()
        except Exception:  # as above; while the store closes that is nothing to tell of
            if not self._closed:
                _log.exception("%s: the radiographer's settings", self.system)
            return None
        return now.poll_seconds if now.radiographer != ABSENT or "late_n_set" in now.quirks else None
