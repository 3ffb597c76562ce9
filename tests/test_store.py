"""The lab's database: transactions, recorded changes, and homes of another version."""

import sqlite3
import threading
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from simlab import provenance
from simlab.checkpoints import COMMITS
from simlab.clock import Clock
from simlab.errors import Unavailable
from simlab.journal import LAB, Journal
from simlab.store import Schema, Store
from tests.pacs.sink import until

SCHEMA = Schema("toy", 1, "CREATE TABLE IF NOT EXISTS toy_thing (name TEXT PRIMARY KEY, size INTEGER)", ("toy_thing",))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store with one table of things."""
    opened = Store(tmp_path / "lab.sqlite3", Clock())
    opened.install(SCHEMA)
    return opened


def things(store: Store) -> list[tuple[str, int]]:
    """All things."""
    with store.read() as tx:
        return [tuple(row) for row in tx.execute("SELECT name, size FROM toy_thing ORDER BY name")]


def test_a_failed_transaction_leaves_nothing(store: Store) -> None:
    """Neither the row nor what was to be told after the commit."""
    told: list[str] = []
    with pytest.raises(RuntimeError), store.write() as tx:
        tx.execute("INSERT INTO toy_thing VALUES ('a', 1)")
        store.after_commit(lambda: told.append("a"))
        raise RuntimeError
    assert (things(store), told) == ([], [])


def test_an_inner_transaction_belongs_to_the_outer(store: Store) -> None:
    """What an inner block wrote is undone when the outer one fails."""
    with pytest.raises(RuntimeError), store.write():
        with store.write() as tx:
            tx.execute("INSERT INTO toy_thing VALUES ('a', 1)")
        raise RuntimeError
    assert things(store) == []


def test_a_snapshot_does_not_see_what_comes_later(store: Store) -> None:
    """A reader goes on with what was there when it began."""
    with store.read() as look:
        assert look.execute("SELECT count(*) FROM toy_thing").fetchone()[0] == 0
        with store.write() as tx:
            tx.execute("INSERT INTO toy_thing VALUES ('a', 1)")
        assert look.execute("SELECT count(*) FROM toy_thing").fetchone()[0] == 0
    assert things(store) == [("a", 1)]


def test_a_row_change_names_actor_and_cause(store: Store) -> None:
    """Insert, update and delete are recorded with who did it and why; staging is not."""
    with provenance.acting(provenance.TRAINEE, 7), store.write() as tx:
        tx.execute("INSERT INTO toy_thing VALUES ('a', 1)")
        tx.execute("UPDATE toy_thing SET size = 2")
        tx.execute("DELETE FROM toy_thing")
    with provenance.acting(provenance.SCENE), store.write() as tx:
        tx.execute("INSERT INTO toy_thing VALUES ('b', 1)")
    with store.read() as tx:
        rows = [tuple(row) for row in tx.execute("SELECT op, key, actor, cause FROM lab_change ORDER BY id")]
    assert rows == [(op, "a", "trainee", 7) for op in ("INSERT", "UPDATE", "DELETE")]


def test_equal_rows_have_equal_digests(store: Store) -> None:
    """The digest depends on the rows, not on the order in which they came."""
    with store.write() as tx:
        tx.executemany("INSERT INTO toy_thing VALUES (?, ?)", [("a", 1), ("b", 2)])
    before = store.digest()
    with store.write() as tx:
        tx.execute("DELETE FROM toy_thing")
        tx.executemany("INSERT INTO toy_thing VALUES (?, ?)", [("b", 2), ("a", 1)])
    assert store.digest() == before


@pytest.mark.parametrize("other", [replace(SCHEMA, version=2), replace(SCHEMA, ddl=SCHEMA.ddl.replace("size", "mass"))])
def test_tables_of_another_version_are_refused(store: Store, other: Schema) -> None:
    """A home that another SimLab made is left alone, with the remedy."""
    store.close()
    again = Store(store.path, Clock())
    with pytest.raises(Unavailable, match="another version of SimLab"):
        again.install(other)
    again.close()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """Rubbish in the place of the database is an error that names it."""
    path = tmp_path / "lab.sqlite3"
    path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(Unavailable, match=r"lab\.sqlite3"):
        Store(path, Clock())


def test_the_journal_goes_on_counting_after_a_restart(store: Store) -> None:
    """Event ids are never used again."""
    first = Journal(store).record(LAB, "LAB", "one")
    store.close()
    again = Store(store.path, Clock())
    assert Journal(again).record(LAB, "LAB", "two") > first
    again.close()


def test_the_log_moves_into_the_database_while_the_lab_runs(store: Store, tmp_path: Path) -> None:
    """After so many commits the file itself, without its log, holds what was committed; the writer made none of it."""
    before = set(threading.enumerate())
    for number in range(COMMITS):
        with store.write() as tx:
            tx.execute("INSERT INTO toy_thing VALUES (?, 1)", (f"n{number}",))

    def moved() -> int:
        alone = tmp_path / "alone.sqlite3"
        alone.write_bytes(store.path.read_bytes())
        with closing(sqlite3.connect(alone)) as db, suppress(sqlite3.OperationalError):
            return int(db.execute("SELECT count(*) FROM toy_thing").fetchone()[0])
        return 0

    until(lambda: moved() == COMMITS)
    assert len(things(store)) == COMMITS
    store.close()
    assert [thread.name for thread in set(threading.enumerate()) - before if thread.name == "store-checkpoints"] == []


def test_an_open_lab_can_be_read_by_any_sqlite(store: Store) -> None:
    """The watching triggers live in the writer's connection alone."""
    with sqlite3.connect(store.path) as other:
        other.execute("INSERT INTO toy_thing VALUES ('c', 3)")
    other.close()
    assert things(store) == [("c", 3)]
