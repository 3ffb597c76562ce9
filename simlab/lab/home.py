"""A lab's home: the folder that holds everything of one lab, and the lock that makes one process its owner."""

from __future__ import annotations

import contextlib
import json
import logging
import logging.handlers
import os
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from simlab.errors import NotKept, Unavailable


class Home:
    """`<home>/`: ``lab.sqlite3``, ``blobs/``, ``workstation/``, ``tls/``, ``log/``, ``lab.json`` while the lab runs."""

    def __init__(self, path: Path) -> None:
        try:
            self.path = path.expanduser().resolve()
        except (OSError, RuntimeError, ValueError) as error:
            raise Unavailable(
                f"the lab's home cannot be found ({getattr(error, 'strerror', None) or error})",
                place=str(path),
                remedy="Write the folder out: --home /PATH.",
            ) from None
        self._lock = FileLock(self.path / "lab.lock", thread_local=False)

    @property
    def database(self) -> Path:
        return self.path / "lab.sqlite3"

    @property
    def blobs(self) -> Path:
        return self.path / "blobs"

    @property
    def workstation(self) -> Path:
        return self.path / "workstation"

    @property
    def media(self) -> Path:
        """The folder of discs, a folder each."""
        return self.path / "media"

    @property
    def certificates(self) -> Path:
        """The folder of the TLS certificates."""
        return self.path / "tls"

    @property
    def card(self) -> Path:
        """The file that tells clients where the lab is and how to be let in."""
        return self.path / "lab.json"

    def take(self) -> None:
        """Make this process the owner; Unavailable when another one is, or the folder cannot be written."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self.workstation.mkdir(exist_ok=True)
            (self.path / "log").mkdir(exist_ok=True)
            self._lock.acquire(timeout=0)
        except Timeout:
            raise Unavailable(
                "a lab already runs in this home",
                place=str(self.path),
                remedy="Use it, stop it with `simlab down`, or choose another folder with --home.",
            ) from None
        except OSError as error:
            raise Unavailable(
                f"the lab's home cannot be written ({error.strerror})",
                place=str(self.path),
                remedy="Choose a folder of your own with --home or SIMLAB_HOME.",
            ) from error

    def announce(self, card: dict[str, Any]) -> None:
        """Write `lab.json`, readable by its owner only where the system knows such a thing."""
        aside = self.card.with_suffix(".new")
        try:
            handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(card, file, indent=1)
            aside.replace(self.card)
        except OSError as error:
            raise NotKept(error.strerror, self.card) from error

    def leave(self) -> None:
        """Give the home back."""
        with contextlib.suppress(OSError):  # a folder in its place is not ours to remove
            self.card.unlink(missing_ok=True)
        self._lock.release()

    def log_to_file(self) -> logging.Handler:
        """Send everything that is logged to `<home>/log/lab.log` (1 MB, three kept), nothing to the terminal."""
        path = self.path / "log" / "lab.log"
        try:
            handler = logging.handlers.RotatingFileHandler(path, maxBytes=1_000_000, backupCount=3, encoding="utf-8")
        except OSError as error:
            raise NotKept(error.strerror, path) from error
        # A log that cannot be written must not fill the terminal instead.
        logging.raiseExceptions = False
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        root = logging.getLogger()
        root.addHandler(handler)
        root.setLevel(logging.WARNING)
        return handler
