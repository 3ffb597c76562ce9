"""A receiving system for tests: takes messages over MLLP and answers as told."""

import contextlib
import time
from datetime import datetime
from typing import Any

from simlab.clock import Clock
from simlab.faults import FaultTable
from simlab.hl7.acknowledge import acknowledge
from simlab.hl7.errors import Hl7Error
from simlab.hl7.mllp import MllpServer
from simlab.hl7.partner import Partner, behaviour
from simlab.journal import Journal
from simlab.store import Store


class Peer:
    """Remembers what came; `answers` maps a control ID to the codes it gets, one after the other, then AA."""

    def __init__(self, answers=None, port=0):
        self.answers = answers or {}
        self.got: list[str] = []
        self.messages: list[bytes] = []
        self.callers = []
        self._server = MllpServer("PEER", self._take)
        self.port = self._server.open("127.0.0.1", port)

    def _take(self, data, caller):
        control_id = data.split(b"\r")[0].split(b"|")[9].decode()
        self.got.append(control_id)
        self.messages.append(data)
        self.callers.append(caller.provenance)
        codes = self.answers.get(control_id) or ["AA"]
        code = codes.pop(0)
        if code == "silent":
            return None
        error = None if code == "AA" else Hl7Error("no such thing", place="PID-3", code="204", ack=code)
        return acknowledge(data, now=datetime(2026, 3, 2), error=error)

    def close(self):
        self._server.close()


@contextlib.contextmanager
def peer(answers=None, port=0):
    """A `Peer` for the length of the block."""
    opened = Peer(answers, port)
    try:
        yield opened
    finally:
        opened.close()


class Ground:
    """Store, journal, clock and faults in a folder."""

    def __init__(self, folder):
        self.clock = Clock()
        self.store = Store(folder / "lab.sqlite3", self.clock)
        self.journal = Journal(self.store)
        self.faults = FaultTable(self.store, self.journal)

    @property
    def parts(self) -> tuple[Any, Any, Any, Any]:
        return self.store, self.journal, self.clock, self.faults

    def view(self, views, name, **filters):
        with self.store.read() as tx:
            return views[name](tx, **filters)

    def messages(self, system):
        """The journalled HL7 events of `system`."""
        return self.journal.events(kinds=("hl7.message",), system=system)


def eventually(claim, seconds=5.0):
    """Wait until `claim()` is true; fails after `seconds`."""
    until = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < until, "it did not come true in time"
        time.sleep(0.01)


@contextlib.contextmanager
def partner(name):
    """A badly behaved receiver, by the name of its behaviour, and its port."""
    made = Partner(behaviour(name))
    made.port = made.open("127.0.0.1", 0)
    try:
        yield made
    finally:
        made.close()
