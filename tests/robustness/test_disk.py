"""A home that the lab cannot use or keep writing to: one line that says so, nothing lost, and on it goes afterwards."""

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from simlab.blobs import SMALL, Blobs
from simlab.cli.process import process
from simlab.clock import Clock
from simlab.errors import NotKept, SimlabError, Unavailable
from simlab.lab.home import Home
from simlab.lab.lab import Lab, running
from simlab.store import Schema, Store
from tests.tools import need

PAGES = "PRAGMA max_page_count={}"


def a_file(name: str) -> Callable[[Path], None]:
    return lambda home: (home / name).write_text("x") and None


def a_folder(name: str) -> Callable[[Path], None]:
    return lambda home: (home / name).mkdir()


def rubbish(home: Path) -> None:
    (home / "lab.sqlite3").write_bytes(bytes(range(256)) * 40)


def another_version(home: Path) -> None:
    store = Store(home / "lab.sqlite3", Clock())
    store.install(Schema("pacs", 99, "CREATE TABLE pacs_other (id INTEGER)", ("pacs_other",)))
    store.close()


def fill(lab: Lab) -> None:
    """Take the database's last room, down to what a small event needs."""
    with lab.store.write() as tx:
        tx.execute(PAGES.format(1))
    for size in (10_000, 500, 10):
        with pytest.raises(NotKept, match="full"):
            for _ in range(2000):
                lab.journal.record("lab", "LAB", "x" * size)


@pytest.mark.parametrize(
    "spoil",
    [rubbish, another_version, a_folder("lab.sqlite3"), a_file("blobs"), a_file("log"), a_folder("lab.json")],
    ids=["rubbish", "another version", "database a folder", "blobs a file", "log a file", "card a folder"],
)
def test_a_spoilt_home_is_named(tmp_path, spoil):
    """`up` in it: exit code 1 and one line with the place and the remedy, nobody is asked to report a bug."""
    spoil(tmp_path)
    command = [sys.executable, "-m", "simlab", "up", "--home", str(tmp_path), "--ports", "auto", "--scene", "empty"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert str(tmp_path) in done.stderr
    assert "--home" in done.stderr and "report" not in done.stderr


def test_a_full_disk_refuses_and_goes_on(tmp_path):
    """While the database cannot grow, actions and associations are refused in words; with room again, all is well."""
    with process(tmp_path / "home", ports="auto", scene="empty") as running:
        lab = running.lab
        place = lab.endpoints["PACS"]
        echo = [need("echoscu"), "-aet", "ADMIN", "-aec", "PACS", place.host, str(place.port)]
        fill(lab)
        with pytest.raises(NotKept, match=r"lab\.sqlite3"):
            lab.perform("pacs.set_peer", {"title": "T" * 16, "host": "h" * 10_000, "port": 9})
        assert subprocess.run(echo, capture_output=True, timeout=20).returncode != 0
        with lab.store.write() as tx:
            tx.execute(PAGES.format(1_000_000))
        assert subprocess.run(echo, capture_output=True, timeout=20).returncode == 0
        assert lab.perform("pacs.set_peer", {"title": "LATER", "port": 9}).ok
    log = (tmp_path / "home" / "log" / "lab.log").read_text(encoding="utf-8")
    assert "Traceback" not in log


def test_a_full_disk_keeps_nobody_from_leaving(tmp_path):
    """The lab closes, though it cannot write down that it did."""
    with process(tmp_path / "home", ports="auto", scene="empty") as running:
        fill(running.lab)
    assert not (tmp_path / "home" / "lab.json").exists()


def test_a_transaction_that_failed_leaves_the_next_one_free(tmp_path):
    """After a full disk the writer is not stuck in a transaction that never ended."""
    store = Store(tmp_path / "lab.sqlite3", Clock())
    with store.write() as tx:
        tx.execute("CREATE TABLE kept (text TEXT)")
        tx.execute(PAGES.format(1))
    with pytest.raises(NotKept), store.write() as tx:
        tx.execute("INSERT INTO kept VALUES (?)", ("x" * 1_000_000,))
    with store.write() as tx:
        tx.execute(PAGES.format(1_000_000))
    with store.write() as tx:
        tx.execute("INSERT INTO kept VALUES ('y')")
    with store.read() as tx:
        assert [row[0] for row in tx.execute("SELECT text FROM kept")] == ["y"]
    store.close()


def test_pixels_that_do_not_fit_leave_nothing_behind(tmp_path, monkeypatch):
    """A blob that cannot be written is refused with C-STORE's status A700, and its half file is gone."""

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    blobs = Blobs(tmp_path / "blobs")
    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(NotKept) as refused:
        blobs.put(b"pixels" * SMALL)
    assert refused.value.dicom_status == 0xA700
    assert not [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]


def test_a_lab_that_cannot_open_its_home_gives_it_back(tmp_path):
    """After a start that failed, the home is free for the next one."""
    (tmp_path / "lab.sqlite3").mkdir()
    with pytest.raises(Unavailable), running(Home(tmp_path)):
        pass
    (tmp_path / "lab.sqlite3").rmdir()
    with running(Home(tmp_path)) as lab:
        assert isinstance(lab, Lab)


def test_a_scene_that_is_refused_closes_what_was_opened(tmp_path):
    """A process that stops over its scene leaves no door open and no card."""
    with pytest.raises(SimlabError, match="nosuch"), process(tmp_path / "home", ports="auto", scene="nosuch"):
        pass
    assert not (tmp_path / "home" / "lab.json").exists()
    with process(tmp_path / "home", ports="auto", scene="empty") as running:
        assert running.lab.endpoints
