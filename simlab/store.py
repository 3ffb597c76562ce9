"""The lab's database: one SQLite file, one writer, a table prefix a system, and a record of every domain row change."""

from __future__ import annotations

import hashlib
import json
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from simlab import provenance
from simlab.checkpoints import Checkpoints
from simlab.clock import Clock
from simlab.errors import NotKept, Unavailable
from simlab.remembered import Memory, Transaction
from simlab.watching import touch, watch

_GROUND = """
CREATE TABLE IF NOT EXISTS lab_schema (system TEXT PRIMARY KEY, version INTEGER NOT NULL, ddl TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS lab_state (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS lab_change (
    id INTEGER PRIMARY KEY, at TEXT NOT NULL, system TEXT NOT NULL, tbl TEXT NOT NULL, op TEXT NOT NULL,
    key TEXT NOT NULL, before TEXT, after TEXT, actor TEXT NOT NULL, cause INTEGER);
"""


_DISK = frozenset(
    (
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
    )
)


def _of_the_disk(error: sqlite3.Error) -> bool:
    """Whether the file or its disk is to blame, not the statement."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DISK


@dataclass(frozen=True)
class Schema:
    """One system's tables. Every table's name starts with ``{system}_``.

    `domain` tables hold what the exercises are about: their row changes are recorded with actor and cause.
    `other` tables (queues, counters, caches) are replaced on reset but not recorded.
    `volatile` columns (time stamps, row numbers) are left out of the digest.
    `remembered` are those domain tables that `remembered.remembered` may be asked about.
    """

    system: str
    version: int
    ddl: str
    domain: tuple[str, ...]
    other: tuple[str, ...] = ()
    volatile: tuple[str, ...] = ()
    remembered: tuple[str, ...] = ()

    @property
    def tables(self) -> tuple[str, ...]:
        return self.domain + self.other


class _Writing(AbstractContextManager[sqlite3.Connection]):
    """What `with store.write()` enters and leaves; one object does for all, since a store keeps how deep it is in."""

    def __init__(self, begin: Callable[[], sqlite3.Connection], end: Callable[[BaseException | None], None]) -> None:
        self._begin = begin
        self._end = end

    def __enter__(self) -> sqlite3.Connection:
        return self._begin()

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _where: TracebackType | None
    ) -> None:
        self._end(error)


class Store:
    """Transactions on the lab's one database file. Survives ``kill -9`` (WAL; `durability="power"` adds FULL)."""

    def __init__(self, path: Path, clock: Clock, *, durability: str = "process") -> None:
        self.path = path
        self.clock = clock
        self.schemas: dict[str, Schema] = {}
        self._lock = threading.RLock()
        self._depth = 0
        self._after: list[Callable[[], None]] = []
        self._readers: queue.LifoQueue[Transaction] = queue.LifoQueue()
        self._memory = Memory()
        self._checkpoints = Checkpoints(self._connect)
        self._writing = _Writing(self._begin, self._end)
        self._synchronous = "FULL" if durability == "power" else "NORMAL"
        try:
            self._writer = self._connect()
            self._writer.executescript(_GROUND)
        except sqlite3.Error as error:
            raise Unavailable(
                f"the lab's database cannot be opened ({error})",
                place=str(path),
                remedy="Choose another folder with --home, or move this one away.",
            ) from error
        self._writer.writes = True
        self._writer.create_function("lab_actor", 0, lambda: provenance.current().actor)
        self._writer.create_function("lab_cause", 0, lambda: provenance.current().cause)
        self._writer.create_function("lab_touch", 0, self._memory.touch)

    def _connect(self) -> Transaction:
        connection = sqlite3.connect(
            self.path, isolation_level=None, check_same_thread=False, timeout=10, factory=Transaction
        )
        connection.memory = self._memory
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(f"PRAGMA synchronous={self._synchronous}")
        connection.execute("PRAGMA foreign_keys=ON")
        # The writer makes a checkpoint itself only where `Checkpoints` does not come to it; the usual is 1,000 pages.
        connection.execute("PRAGMA wal_autocheckpoint=16000")
        connection.create_function("lab_now", 0, lambda: self.clock.now().isoformat(timespec="milliseconds"))
        return connection

    def install(self, schema: Schema) -> None:
        """Create the system's tables when they are not there, and watch its domain tables."""
        try:
            with self.write() as tx:
                self._install(tx, schema)
        except sqlite3.Error as error:
            raise self._foreign(schema.system, str(error)) from error
        self.schemas[schema.system] = schema

    def _install(self, tx: sqlite3.Connection, schema: Schema) -> None:
        found = tx.execute("SELECT version, ddl FROM lab_schema WHERE system=?", (schema.system,)).fetchone()
        if found and (found["version"], found["ddl"]) != (schema.version, schema.ddl):
            raise self._foreign(schema.system, f"schema {found['version']}; this SimLab writes {schema.version}")
        for statement in filter(str.strip, schema.ddl.split(";")):
            tx.execute(statement)
        tx.execute("INSERT OR REPLACE INTO lab_schema VALUES (?, ?, ?)", (schema.system, schema.version, schema.ddl))
        for table in schema.domain:
            watch(tx, schema.system, table)
        for table in schema.remembered:
            touch(tx, table)

    def _foreign(self, system: str, why: str) -> Unavailable:
        return Unavailable(
            f"the tables of {system} were made by another version of SimLab ({why})",
            place=str(self.path),
            remedy="Open the lab with the SimLab that made it, or choose a new folder with --home.",
        )

    def write(self) -> AbstractContextManager[sqlite3.Connection]:
        """One write transaction; inside another one of the same thread it joins that.

        Nothing inside may wait for the wire. Committed on leaving, rolled back on any exception.
        """
        return self._writing

    def _begin(self) -> sqlite3.Connection:
        self._lock.acquire()
        if not self._depth:
            try:
                self._writer.execute("BEGIN IMMEDIATE")
            except BaseException as error:
                try:
                    self._roll_back(error)
                finally:
                    self._lock.release()
                raise
            self._writer.generation = self._memory.generation
        self._depth += 1
        return self._writer

    def _end(self, error: BaseException | None) -> None:
        after: list[Callable[[], None]] = []
        try:
            if self._depth > 1:
                return
            if error is not None:
                self._roll_back(error)
                return
            try:
                self._writer.execute("COMMIT")
                self._memory.settle(committed=True)
                self._checkpoints.committed()
            except BaseException as failure:
                self._roll_back(failure)
                raise
            after, self._after = self._after, []
        finally:
            self._depth -= 1
            self._lock.release()
        for call in after:
            call()

    def _roll_back(self, error: BaseException) -> None:
        """Undo the transaction that `error` ended; NotKept in its place where the disk is to blame."""
        self._after.clear()
        self._memory.settle(committed=False)
        # SQLite itself rolls back when the disk is full, and a COMMIT that failed leaves the transaction open.
        with suppress(sqlite3.Error):
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
        if isinstance(error, sqlite3.Error) and _of_the_disk(error):
            raise NotKept(error, self.path) from error

    def after_commit(self, call: Callable[[], None]) -> None:
        """Have `call` run once the open write transaction is committed (never when it rolls back)."""
        self._after.append(call)

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """One read-only snapshot; writers do not disturb it."""
        try:
            connection = self._readers.get_nowait()
        except queue.Empty:
            connection = self._another_reader()
        connection.generation = self._memory.generation
        try:
            connection.execute("BEGIN")
        except sqlite3.Error as error:
            connection.close()
            raise self._unreadable(error) from error
        try:
            yield connection
        finally:
            connection.execute("ROLLBACK")
            self._readers.put(connection)

    def _unreadable(self, error: sqlite3.Error) -> Unavailable:
        return Unavailable(
            f"the lab's database cannot be read ({error})",
            place=str(self.path),
            remedy="The process may have too many files open: close connections and try again.",
        )

    def _another_reader(self) -> Transaction:
        try:
            connection = self._connect()
            connection.execute("PRAGMA query_only=ON")
        except sqlite3.Error as error:
            raise self._unreadable(error) from error
        return connection

    def get_state(self, key: str) -> str | None:
        """A small value of the lab itself (clock, scene, attempt)."""
        with self.read() as tx:
            row = tx.execute("SELECT value FROM lab_state WHERE key=?", (key,)).fetchone()
        return row["value"] if row else None

    def set_state(self, key: str, value: str | None) -> None:
        with self.write() as tx:
            if value is None:
                tx.execute("DELETE FROM lab_state WHERE key=?", (key,))
            else:
                tx.execute("INSERT OR REPLACE INTO lab_state VALUES (?, ?)", (key, value))

    def clear(self) -> None:
        """Empty every system's tables (the journal and the record of changes stay). Call inside `write`."""
        with self.write() as tx:
            for schema in self.schemas.values():
                for table in reversed(schema.tables):
                    tx.execute(f"DELETE FROM {table}")

    def digest(self, *, systems: Iterable[str] | None = None) -> str:
        """A hash over the domain rows, without their volatile columns: equal digests, equal departments."""
        sha = hashlib.sha256()
        with self.read() as tx:
            for system in sorted(systems or self.schemas):
                schema = self.schemas[system]
                for table in sorted(schema.domain):
                    rows = tx.execute(f"SELECT * FROM {table}").fetchall()
                    lines = sorted(
                        json.dumps([(k, repr(v)) for k, v in dict(r).items() if k not in schema.volatile]) for r in rows
                    )
                    sha.update("\n".join([table, *lines]).encode())
        return sha.hexdigest()

    def close(self) -> None:
        """Close every connection; the file is complete without any of them."""
        self._checkpoints.close()
        with self._lock:
            self._writer.close()
        while True:
            try:
                self._readers.get_nowait().close()
            except queue.Empty:
                return
