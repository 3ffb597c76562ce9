"""Moves what was committed from SQLite's write-ahead log into the database while the writer goes on."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Callable

COMMITS = 256
"""Commits after which the log is looked after; it then holds some 10 MB of stored instances."""


class Checkpoints:
    """A thread that makes SQLite's checkpoints on a connection of its own.

    A checkpoint waits for the disk. Made by the writer, as SQLite does by itself, it held up one acknowledgement in a
    few hundred for 20 ms and more, a twentieth of the time of storing small objects.
    """

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connect = connect
        self._commits = 0
        self._due = threading.Event()
        self._closing = False
        self._thread: threading.Thread | None = None

    def committed(self) -> None:
        """A transaction was committed; called by the one writer."""
        self._commits += 1
        if self._commits % COMMITS:
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="store-checkpoints", daemon=True)
            self._thread.start()
        self._due.set()

    def close(self) -> None:
        """Make no more of them."""
        self._closing = True
        self._due.set()
        if self._thread is not None:
            self._thread.join(5)

    def _run(self) -> None:
        connection = self._connect()
        while True:
            self._due.wait()
            self._due.clear()
            if self._closing:
                break
            with contextlib.suppress(sqlite3.Error):  # a full disk: the writer meets it and says so
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        connection.close()
