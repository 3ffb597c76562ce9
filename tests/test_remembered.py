"""What is remembered of a table is what the table says, whoever writes it and however that ends."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from simlab.clock import Clock
from simlab.remembered import remembered
from simlab.store import Schema, Store

SCHEMA = Schema(
    "toy",
    1,
    "CREATE TABLE IF NOT EXISTS toy_setting (key TEXT PRIMARY KEY, value INTEGER)",
    ("toy_setting",),
    remembered=("toy_setting",),
)
reads: list[int] = []


def settings(tx: sqlite3.Connection) -> dict[str, int]:
    """All settings, as the table has them."""
    reads.append(1)
    return dict(tx.execute("SELECT key, value FROM toy_setting").fetchall())


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store with one setting."""
    reads.clear()
    opened = Store(tmp_path / "lab.sqlite3", Clock())
    opened.install(SCHEMA)
    with opened.write() as tx:
        tx.execute("INSERT INTO toy_setting VALUES ('a', 1)")
    return opened


def seen(store: Store) -> dict[str, int]:
    """The settings as a new snapshot has them."""
    with store.read() as tx:
        return remembered(tx, settings)


def test_a_table_is_read_once(store: Store) -> None:
    """However often it is asked for, by readers and by the writer."""
    assert [seen(store) for _ in range(3)] == [{"a": 1}] * 3
    with store.write() as tx:
        assert remembered(tx, settings) == {"a": 1}
    assert len(reads) == 1


@pytest.mark.parametrize(
    ("sql", "then"),
    [
        ("INSERT INTO toy_setting VALUES ('b', 2)", {"a": 1, "b": 2}),
        ("INSERT OR REPLACE INTO toy_setting VALUES ('a', 2)", {"a": 2}),
        ("UPDATE toy_setting SET value=3", {"a": 3}),
        ("DELETE FROM toy_setting", {}),
    ],
)
def test_every_kind_of_write_is_noticed(store: Store, sql: str, then: dict[str, int]) -> None:
    """In the transaction itself at once, for others when it is committed."""
    seen(store)
    with store.write() as tx:
        tx.execute(sql)
        assert remembered(tx, settings) == then
        assert seen(store) == {"a": 1}
    assert seen(store) == then


def test_a_reset_is_noticed(store: Store) -> None:
    """Emptying every table is a write like any other."""
    seen(store)
    store.clear()
    assert seen(store) == {}


def test_what_is_rolled_back_was_never_there(store: Store) -> None:
    """Neither for the next transaction nor for readers, even if it was read meanwhile."""
    with pytest.raises(RuntimeError), store.write() as tx:
        tx.execute("UPDATE toy_setting SET value=2")
        assert remembered(tx, settings) == {"a": 2}
        raise RuntimeError
    assert seen(store) == {"a": 1}
    with store.write() as tx:
        assert remembered(tx, settings) == {"a": 1}


def test_an_old_snapshot_is_not_taken_for_the_news(store: Store) -> None:
    """A reader that began before a write and asks after it leaves nothing behind that is out of date."""
    with store.read() as old:
        old.execute("SELECT count(*) FROM toy_setting").fetchone()
        with store.write() as tx:
            tx.execute("UPDATE toy_setting SET value=2")
        remembered(old, settings)
    assert seen(store) == {"a": 2}


def test_readers_and_a_writer_at_once_end_up_agreed(store: Store) -> None:
    """Values never run backwards, and after the last write every reader sees it."""
    backwards: list[tuple[int, int]] = []
    done = threading.Event()

    def watch() -> None:
        last = 0
        while not done.is_set():
            now = seen(store)["a"]
            if now < last:
                backwards.append((last, now))
            last = now

    watchers = [threading.Thread(target=watch) for _ in range(3)]
    for watcher in watchers:
        watcher.start()
    for value in range(2, 200):
        with store.write() as tx:
            tx.execute("UPDATE toy_setting SET value=?", (value,))
        assert seen(store) == {"a": value}
    done.set()
    for watcher in watchers:
        watcher.join(5)
    assert backwards == []


def test_a_connection_of_no_store_is_asked_itself() -> None:
    """Nothing is remembered of a database that nobody watches."""
    with sqlite3.connect(":memory:") as tx:
        tx.execute("CREATE TABLE toy_setting (key TEXT, value INTEGER)")
        assert remembered(tx, settings) == {}
        tx.execute("INSERT INTO toy_setting VALUES ('a', 1)")
        assert remembered(tx, settings) == {"a": 1}
