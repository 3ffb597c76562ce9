"""The file that a feed by itself keeps its state in: one SQLite file, of one feed, for one process at a time."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from simlab.errors import BadInput, NotKept, Unavailable
from simlab.feed.dialect import Dialect
from simlab.feed.kept import SCHEMA, StateBook
from simlab.feed.plan import Plan
from simlab.feed.trust import trust

_ANOTHER = "Give the same again, or another file."
_TIME = "now"


class Asked(Protocol):
    """What a person said of seed and beginning."""

    @property
    def seed(self) -> int | None: ...
    @property
    def start(self) -> str: ...


class StateFile:
    """Opens it, or makes it; Unavailable when another process has it, BadInput when it is something else."""

    def __init__(self, path: str) -> None:
        self._path = path
        try:
            self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=0)
            try:
                self._prepare()
            except BaseException:
                self._connection.close()
                raise
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise Unavailable("another feed has the file open", place=path, remedy="End that one first.") from None
            raise BadInput(f"no state can be kept there ({error})", place=path, remedy="Is the path right?") from None
        except sqlite3.DatabaseError as error:
            raise BadInput(f"that is no state of a feed ({error})", place=path, remedy="Name another file.") from None

    def _prepare(self) -> None:
        # Held until it is closed, so that no two feeds go on from one place.
        self._connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        tables = {row[0] for row in self._connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if alien := sorted(tables - {*SCHEMA.tables, "sqlite_sequence"}):
            raise BadInput(f"that is no state of a feed (it has {alien[0]})", place=self._path, remedy=_ANOTHER)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        with self.write() as tx:
            if tx.execute("PRAGMA user_version").fetchone()[0] not in (0, SCHEMA.version):
                raise BadInput("another version of SimLab made the file", place=self._path, remedy=_ANOTHER)
            for statement in filter(str.strip, SCHEMA.ddl.split(";")):
                tx.execute(statement)
            tx.execute(f"PRAGMA user_version={SCHEMA.version}")

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One transaction, committed on leaving."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield self._connection
            self._connection.execute("COMMIT")
        except BaseException as error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            if isinstance(error, sqlite3.OperationalError):
                raise NotKept(error, self._path) from error
            if type(error) is sqlite3.DatabaseError:
                raise BadInput(f"the feed's state is damaged ({error})", place=self._path, remedy=_ANOTHER) from None
            raise

    def close(self) -> None:
        """Close it; it is complete without."""
        self._connection.close()

    def agreed(self, plan: Plan, dialect: Dialect, asked: Asked) -> Plan:
        """The plan to go on with: the file's own seed and beginning where none was asked for.

        BadInput when the feed in the file is another than `plan`. How long it runs may differ.
        """
        book = StateBook(self.write)
        kept = book.value("feed")
        if kept is not None:
            seed = kept["seed"] if asked.seed is None else plan.seed
            begin = datetime.fromisoformat(kept["begin"]) if asked.start == _TIME else plan.begin
            plan = replace(plan, seed=seed, begin=begin)
        now = identity(plan, dialect)
        for key, value in (kept or now).items():
            if now[key] != value:
                raise BadInput(
                    f"the feed in it has another {key}: {_shown(value)}, not {_shown(now[key])}",
                    place=self._path,
                    remedy=_ANOTHER,
                )
        if kept is None:
            book.put("feed", now)
        return plan

    def book(self, *, every: int = 1, file: BinaryIO | None = None) -> StateBook:
        """The feed's book; with `file`, how long that is goes with what is kept."""
        if file is None:
            return StateBook(self.write, every=every)

        def place() -> dict[str, Any]:
            file.flush()
            return {"file": str(Path(file.name).resolve()), "length": file.tell()}

        return StateBook(self.write, every=every, place=place)

    def file(self, path: Path) -> BinaryIO:
        """The file to write to, without what was written after the state was last kept; a new one under a new name."""
        position = StateBook(self.write).value("position") or {}
        if position.get("file") != str(path.resolve()):
            return path.open("wb")
        file = path.open("r+b")
        if file.seek(0, 2) < position["length"]:
            file.close()
            raise BadInput("the file is shorter than the feed left it", place=str(path), remedy="Name another file.")
        file.seek(position["length"])
        file.truncate()
        return file


def identity(plan: Plan, dialect: Dialect) -> dict[str, Any]:
    """What must be the same for a feed to go on: anything that its bytes hang on."""
    digest = hashlib.sha256(trust().model_dump_json().encode())
    rates = {}
    for one in plan.pathways:
        digest.update(one.pathway.model_dump_json().encode())
        rates[one.name] = one.rate
    return {
        "pathways": rates,
        "rate": plan.hourly,
        "seed": plan.seed,
        "begin": plan.begin.isoformat(),
        "day": plan.shape,
        "burst": plan.burst,
        "warm-up": plan.warm_up.total_seconds(),
        "dialect": asdict(dialect),
        "text of its pathways": digest.hexdigest()[:16],
    }


def _shown(value: object) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, dict) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
