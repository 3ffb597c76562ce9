"""What tables say that are read for every message and written once a day: read once, and again after each write."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from typing import Any, TypeVar

Read = TypeVar("Read")


class Memory:
    """What was read out of the remembered tables of one store since they were last written."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[Callable[..., Any], Any] = {}
        self.generation = 0
        """How often the tables were written."""
        self.touched = False
        """Whether the open write transaction has written them."""

    def touch(self) -> None:
        """A row is being written; called by a trigger."""
        self.touched = True

    def settle(self, *, committed: bool) -> None:
        """The write transaction has ended."""
        if self.touched and committed:
            with self._lock:
                self.generation += 1
                self._kept.clear()
        self.touched = False

    def recall(self, tx: Transaction, read: Callable[[sqlite3.Connection], Read]) -> Read:
        """What `read` gave before, or gives now."""
        if self.touched and tx.writes:
            return read(tx)
        if read in self._kept:
            kept: Read = self._kept[read]
            return kept
        found = read(tx)
        with self._lock:
            # A snapshot from before the last write must not pass for what holds after it.
            if tx.generation == self.generation:
                self._kept[read] = found
        return found


class Transaction(sqlite3.Connection):
    """A connection of a store: its memory, how new its snapshot is, whether it is the one that writes."""

    memory: Memory | None = None
    generation = 0
    writes = False


def remembered(tx: sqlite3.Connection, read: Callable[[sqlite3.Connection], Read]) -> Read:
    """What `read(tx)` gives, remembered until the next write to one of the tables that schemas list as `remembered`.

    `read`, a function of a module, looks at such tables alone; everyone is given the same object, which nobody changes.
    A transaction that has written the tables sees what it wrote; another thread's snapshot may see what is newer than
    the snapshot.
    """
    if not isinstance(tx, Transaction) or tx.memory is None:
        return read(tx)
    return tx.memory.recall(tx, read)
