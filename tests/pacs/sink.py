"""A destination for what the PACS sends on, that takes what it is told to take."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from simlab.clock import Clock
from simlab.dicom import contexts
from simlab.dicom.operation import Reply, Request
from simlab.dicom.server import DicomServer
from simlab.faults import FaultTable
from simlab.journal import Journal
from simlab.store import Store

HOST = "127.0.0.1"


def until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    """Wait for a condition; AssertionError when it does not come about."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.01)


class Sink:
    """A C-STORE SCP that notes every SOP instance UID it is sent, in order; `judge` gives the status for each."""

    def __init__(self, folder: Path, name: str = "SINK") -> None:
        self.name = name
        self.asked: list[str] = []
        self.taken: list[str] = []
        self.judge: Callable[[str], int] = lambda _uid: 0
        self._folder = folder / f"sink-{name}"
        self._folder.mkdir(exist_ok=True)
        self._server: DicomServer | None = None
        self._store: Store | None = None

    def open(self, port: int = 0) -> int:
        """Listen, on a free port unless one is named."""
        clock = Clock()
        self._store = Store(self._folder / "sink.sqlite3", clock)
        journal = Journal(self._store)
        self._server = DicomServer(
            self.name,
            journal,
            FaultTable(self._store, journal),
            ae_title=lambda: self.name,
            contexts=lambda _caller: contexts.storage(),
            handlers={"C-STORE": self._on_store},
        )
        return self._server.open(HOST, port)

    def close(self) -> None:
        if self._server is not None and self._store is not None:
            self._server.close()
            self._store.close()
            self._server = None

    def _on_store(self, request: Request) -> Reply:
        self.asked.append(request.sop_instance)
        status = self.judge(request.sop_instance)
        if status == 0:
            self.taken.append(request.sop_instance)
        return Reply(status)
