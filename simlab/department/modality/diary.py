"""A scanner's diary of examinations: who lay on its table, which outlives the process that wrote it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from simlab.clock import Clock
from simlab.store import Store


class Entry:
    """One examination in the diary."""

    def __init__(self, number: int) -> None:
        self.number = number

    def made(self, tx: sqlite3.Connection, picked: str) -> None:
        """Its images are there, under the row `picked`; call it inside the transaction that holds them."""
        tx.execute("UPDATE modality_examination SET made=1, picked=? WHERE id=?", (picked, self.number))


class Diary:
    """The rows of one scanner in `modality_examination`; `made` is 0 until the images are there."""

    def __init__(self, system: str, store: Store, clock: Clock) -> None:
        self.system = system
        self._store = store
        self._clock = clock

    @contextmanager
    def entry(self, accession: str, picked: str) -> Iterator[Entry]:
        """Write an examination down before it begins, and strike it out when it comes to nothing.

        `accession` is whose patient lies there, `picked` under which row; a process that is killed leaves it open.
        """
        begun = self._clock.now().isoformat(timespec="seconds")
        with self._store.write() as tx:
            added = tx.execute(
                "INSERT INTO modality_examination (system, accession, picked, begun) VALUES (?, ?, ?, ?)",
                (self.system, accession, picked, begun),
            )
            number = int(added.lastrowid or 0)
        try:
            yield Entry(number)
        finally:
            self._strike(number)

    def _strike(self, number: int) -> None:
        with self._store.write() as tx:
            tx.execute("DELETE FROM modality_examination WHERE id=? AND made=0", (number,))

    def interrupted(self) -> list[tuple[str, str]]:
        """Strike out what an earlier process left open: accession and picked row of each, but for unscheduled ones."""
        with self._store.write() as tx:
            rows = tx.execute(
                "DELETE FROM modality_examination WHERE system=? AND made=0 RETURNING accession, picked", (self.system,)
            ).fetchall()
        return [(row["accession"], row["picked"]) for row in rows if row["accession"]]

    def examined(self) -> set[str]:
        """The rows whose patients were examined."""
        with self._store.read() as tx:
            rows = tx.execute(
                "SELECT picked FROM modality_examination WHERE system=? AND made=1 AND picked<>''", (self.system,)
            )
            return {str(row["picked"]) for row in rows}

    def patients(self) -> int:
        """How many were examined."""
        with self._store.read() as tx:
            found = tx.execute("SELECT count(*) FROM modality_examination WHERE system=? AND made=1", (self.system,))
            return int(found.fetchone()[0])
