"""Discs: written as a CD is, read by another program, and read when they are odd, damaged or hostile."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread

from simlab.department.modality import StudyFacts, render
from simlab.dicom import media
from simlab.errors import BadInput
from tests.tools import need

FACTS = StudyFacts("RXX9", "Núñez^Ann", "20260301", "101500", accession="A9")


@pytest.fixture
def disc(tmp_path: Path) -> Path:
    media.write(tmp_path / "disc", [*render("ct-head", FACTS, 1), *render("us-carotid", FACTS, 2)], label="RXX_9")
    return tmp_path / "disc"


def key(instance: Any) -> Any:
    return instance.header().sop_instance_uid


def test_what_is_written_is_read_again_byte_for_byte(disc: Path) -> None:
    """Every instance, compressed ones and documents included."""
    made = sorted([*render("ct-head", FACTS, 1), *render("us-carotid", FACTS, 2)], key=key)
    found = media.read(disc)
    assert [(one.transfer_syntax, one.encoded) for one in sorted(found.instances, key=key)] == [
        (one.transfer_syntax, one.encoded) for one in made
    ]
    assert (found.damaged, found.unlisted, found.directory) == ({}, [], True)


def test_dcmtk_reads_the_directory(disc: Path) -> None:
    """The File-set ID, and a record for each image."""
    told = subprocess.run([need("dcmdump"), str(disc / "DICOMDIR")], capture_output=True, text=True, check=True).stdout
    assert "[RXX_9]" in told
    assert told.count("(0004,1500)") == len(media.read(disc).instances)


def test_a_disc_is_written_once(disc: Path) -> None:
    """A folder with something in it is left as it is."""
    before = sorted(disc.rglob("*"))
    with pytest.raises(BadInput, match="something on that disc"):
        media.write(disc, render("us-aorta", FACTS, 3))
    assert sorted(disc.rglob("*")) == before


def test_missing_damaged_and_unlisted_files_are_named(disc: Path) -> None:
    """What the directory lists and cannot be had, and what it does not list, are told apart; the rest is read."""
    files = sorted(path for path in disc.rglob("*") if path.is_file() and path.name != "DICOMDIR")
    extra = files[0].read_bytes()
    files[0].unlink()
    files[1].write_bytes(files[1].read_bytes()[:200])
    (disc / "STRAY").write_bytes(extra)
    (disc / "README.TXT").write_text("See our viewer")
    found = media.read(disc)
    gone, cut = (path.relative_to(disc).as_posix() for path in files[:2])
    assert (found.damaged[gone], set(found.damaged)) == ("the file is missing", {gone, cut})
    assert found.unlisted == ["STRAY"]
    assert len(found.instances) == len(files) - 2


def test_without_a_directory_every_dicom_file_is_read(disc: Path) -> None:
    """Other files do not matter, and there is nothing that would list them."""
    count = len(media.read(disc).instances)
    (disc / "DICOMDIR").unlink()
    (disc / "AUTORUN.INF").write_text("[autorun]")
    found = media.read(disc)
    assert (len(found.instances), found.damaged, found.directory) == (count, {}, False)


def test_a_directory_cannot_lead_out_of_the_disc(disc: Path, tmp_path: Path) -> None:
    """A record that names ../secret is a missing file, whatever lies there."""
    (tmp_path / "SECRET").write_bytes(next(path for path in disc.rglob("*") if path.is_file()).read_bytes())
    ds = dcmread(disc / "DICOMDIR")
    listed = [record for record in ds.DirectoryRecordSequence if "ReferencedFileID" in record]
    listed[0].ReferencedFileID = ["..", "SECRET"]
    ds.save_as(disc / "DICOMDIR")
    found = media.read(disc)
    assert found.damaged == {"../SECRET": "the file is missing"}
    assert len(found.unlisted) == 1


@pytest.mark.parametrize("content", [b"", b"\0" * 128 + b"DICM", b"\0" * 128 + b"DICM\2\0\0\0UL\4\0\xff\xff\xff\xff"])
def test_a_damaged_directory_is_refused(disc: Path, content: bytes) -> None:
    """BadInput; nothing hangs, nothing is read beside it."""
    (disc / "DICOMDIR").write_bytes(content)
    with pytest.raises(BadInput):
        if media.read(disc).instances == []:
            raise BadInput("nothing is listed")


def test_no_disc_is_no_disc(tmp_path: Path) -> None:
    """An absent and an empty folder."""
    for place in (tmp_path / "none", tmp_path):
        with pytest.raises(BadInput):
            media.read(place)
