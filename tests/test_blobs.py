"""Pixel data: small in the row, large in a file, kept once, whole, and swept when nothing names it."""

import hashlib
import os
from pathlib import Path

import pytest

from simlab.blobs import SMALL, Blobs, digest
from simlab.errors import NotFound
from simlab.lab.home import Home
from simlab.lab.lab import running
from tests.lab.conftest import from_scene

LARGE = b"pixels" * SMALL


def files(folder: Path) -> list[Path]:
    """Every file below `folder`."""
    return [path for path in folder.rglob("*") if path.is_file()]


def test_equal_content_is_kept_once(tmp_path: Path) -> None:
    """Two puts of the same bytes give the same reference, the SHA-256, and one file."""
    blobs = Blobs(tmp_path)
    assert blobs.put(LARGE) == blobs.put(memoryview(LARGE)) == hashlib.sha256(LARGE).hexdigest()
    assert len(files(tmp_path)) == 1


@pytest.mark.parametrize("size", [0, 1, SMALL, SMALL + 1, 3 * SMALL])
def test_content_comes_back_on_both_sides_of_the_limit(tmp_path: Path, size: int) -> None:
    """What is small makes no file; both are had again, and told apart, by their references."""
    blobs, content = Blobs(tmp_path), bytes(n % 251 for n in range(size))
    kept = blobs.put(memoryview(content))
    assert blobs.get(kept) == content
    assert digest(kept) == hashlib.sha256(content).hexdigest()
    assert len(files(tmp_path)) == (size > SMALL)
    assert kept != blobs.put(b"x" + content)


def test_what_was_never_kept_is_not_found(tmp_path: Path) -> None:
    """An unknown digest is an error that names the folder."""
    with pytest.raises(NotFound):
        Blobs(tmp_path).get("0" * 64)


def test_a_sweep_leaves_what_is_named(tmp_path: Path) -> None:
    """Only the file that nothing names goes, and what a killed writer left."""
    blobs = Blobs(tmp_path)
    kept, lost = digest(blobs.put(LARGE)), digest(blobs.put(LARGE + b"lost"))
    (tmp_path / ".new-1-1").write_bytes(b"half")
    assert blobs.sweep({kept}) == 2
    assert blobs.get(kept) == LARGE
    with pytest.raises(NotFound):
        blobs.get(lost)


@pytest.mark.skipif(os.name != "posix", reason="asks the file system of a POSIX machine")
def test_a_power_cut_is_provided_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With `sync` the file and its folder are on the disk before `put` returns; without it neither is waited for."""
    synced: list[int] = []
    monkeypatch.setattr("simlab.blobs.os.fsync", lambda handle: synced.append(handle))
    Blobs(tmp_path / "process").put(LARGE)
    assert synced == []
    Blobs(tmp_path / "power", sync=True).put(LARGE)
    assert len(synced) == 2


def test_a_lab_that_opens_sweeps_its_pixels(tmp_path: Path) -> None:
    """A file that no image names is gone after a restart; every image still has its pixels."""
    home = Home(tmp_path / "home")
    with running(home) as lab:
        from_scene(lab)
        orphan = lab.blobs.put(LARGE)
        with lab.store.read() as tx:
            images = [row["sop_uid"] for row in tx.execute("SELECT sop_uid FROM pacs_instance")]
    with running(Home(home.path)) as lab:
        with pytest.raises(NotFound):
            lab.blobs.get(orphan)
        assert all(lab.pacs.load(sop_uid).pixels for sop_uid in images)
