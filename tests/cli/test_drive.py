"""`simlab dicom import-media FOLDER`: what is put into the drive, and what is refused before a byte is copied."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from simlab.cli import drive
from tests.cli.conftest import FakeLab, Ran, outcome

PREAMBLE = b"\0" * 128 + b"DICM"
Simlab = Callable[..., Ran]


@pytest.fixture
def cd(tmp_path: Path) -> Path:
    """A folder with a DICOM file two levels down, and a text."""
    (folder := tmp_path / "outside" / "IMAGES").mkdir(parents=True)
    (folder / "IM1").write_bytes(PREAMBLE + b"x" * 900)
    (tmp_path / "outside" / "README.TXT").write_text("Klinikum")
    return tmp_path / "outside"


@pytest.fixture
def ready(lab: FakeLab) -> FakeLab:
    """A lab that runs and imports whatever there is."""
    lab.home.joinpath("media").mkdir()
    lab.answers["GET /status"] = {"home": str(lab.home)}
    lab.answers["POST /act"] = outcome(summary="1 images imported", images=1)
    return lab


def in_drive(home: Path) -> list[str]:
    """Everything in the drive, what lies aside too."""
    return sorted(os.listdir(home / "media")) if (home / "media").exists() else []


def test_a_lab_is_looked_for_before_anything_is_copied(simlab: Simlab, tmp_path: Path, cd: Path) -> None:
    """Without one nothing comes into being, not even the drive."""
    ran = simlab("dicom", "import-media", str(cd))
    assert ran.code != 0 and "no lab is running" in ran.err
    assert not (tmp_path / "media").exists()


def test_a_lab_that_was_killed_gets_nothing_copied(simlab: Simlab, tmp_path: Path, cd: Path) -> None:
    """Its card is still there, and nobody answers."""
    (tmp_path / "lab.json").write_text('{"control": "http://127.0.0.1:9", "token": "x"}')
    ran = simlab("dicom", "import-media", str(cd))
    assert ran.code != 0 and "no lab is running" in ran.err
    assert in_drive(tmp_path) == []


def test_a_disc_is_copied_whole_without_its_links(simlab: Simlab, ready: FakeLab, cd: Path) -> None:
    """Files in their folders; what a link leads to stays where it is, and nothing is left aside."""
    (cd / "loop").symlink_to(cd)
    (cd / "passwd").symlink_to(cd / "README.TXT")
    assert simlab("dicom", "import-media", str(cd)).code == 0
    disc = ready.home / "media" / "outside"
    found = sorted(path.relative_to(disc).as_posix() for path in disc.rglob("*") if path.is_file())
    assert (found, in_drive(ready.home)) == (["IMAGES/IM1", "README.TXT"], ["outside"])


def test_a_read_only_disc_can_be_taken_out_again(simlab: Simlab, ready: FakeLab, cd: Path) -> None:
    """As a mounted CD is: its rights are not copied."""
    (cd / "IMAGES" / "IM1").chmod(0o444)
    (cd / "IMAGES").chmod(0o555)
    try:
        assert simlab("dicom", "import-media", str(cd)).code == 0
    finally:
        (cd / "IMAGES").chmod(0o755)
    assert os.access(ready.home / "media" / "outside" / "IMAGES", os.W_OK)
    drive.eject("outside", ready.home)
    assert in_drive(ready.home) == []


def refused(simlab: Simlab, lab: FakeLab, folder: Path, why: str) -> None:
    """The reason is said, the lab is not asked to import, and the drive is as it was."""
    before = in_drive(lab.home)
    ran = simlab("dicom", "import-media", str(folder))
    assert ran.code != 0 and why in ran.err
    assert (in_drive(lab.home), lab.acted()) == (before, [])


def test_a_folder_without_dicom_is_refused(simlab: Simlab, ready: FakeLab, tmp_path: Path) -> None:
    """An empty one, and a day of HL7."""
    (folder := tmp_path / "day").mkdir()
    refused(simlab, ready, folder, "no DICOM file")
    for number in range(3):
        (folder / f"{number}.hl7").write_text("MSH|^~\\&|A" + "x" * 200)
    refused(simlab, ready, folder, "no DICOM file")


def test_more_files_than_a_disc_has_are_refused(
    simlab: Simlab, ready: FakeLab, cd: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Folders count: a tree of empty ones never ends either."""
    monkeypatch.setattr(drive, "MOST_FILES", 3)
    assert simlab("dicom", "import-media", str(cd)).code == 0
    ready.asked.clear()
    (cd / "EMPTY").mkdir()
    refused(simlab, ready, cd, "more than 3 files")


def test_more_than_a_dvd_holds_is_refused(
    simlab: Simlab, ready: FakeLab, cd: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All files together, beside a true image; the last byte that fits is taken."""
    assert drive.MOST_BYTES == 4_700_000_000
    monkeypatch.setattr(drive, "MOST_BYTES", 1100)
    (cd / "film.iso").write_bytes(b"x" * 61)
    refused(simlab, ready, cd, "more than 0.0 GB")
    (cd / "film.iso").write_bytes(b"x" * 60)
    assert simlab("dicom", "import-media", str(cd)).code == 0


def test_a_file_that_grows_while_it_is_copied_is_no_way_round(
    simlab: Simlab, ready: FakeLab, cd: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is copied is counted, not what was listed."""
    monkeypatch.setattr(drive, "MOST_BYTES", 1000)
    listed = drive._entries
    monkeypatch.setattr(drive, "_entries", lambda source: ((path, size and 200) for path, size in listed(source)))
    refused(simlab, ready, cd, "more than 0.0 GB")


def test_what_there_is_no_room_for_is_refused(
    simlab: Simlab, ready: FakeLab, cd: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk of the home is asked first, and some of it is left for the lab."""
    monkeypatch.setattr(drive, "SPARE_BYTES", 10**18)
    refused(simlab, ready, cd, "no room")


def test_a_folder_that_holds_the_lab_is_refused(simlab: Simlab, ready: FakeLab, cd: Path) -> None:
    """The home, what is above it, and the drive itself; a link to it is no way round."""
    (ready.home / "way").symlink_to(ready.home.parent)
    for folder in (ready.home, ready.home.parent, Path("/"), ready.home / "media", ready.home / "way"):
        refused(simlab, ready, folder, "the lab's own home")


def test_a_disc_in_the_drive_is_not_copied_again(simlab: Simlab, ready: FakeLab, cd: Path) -> None:
    """Named by its path it is imported where it lies, and stays when that fails."""
    cd.rename(ready.home / "media" / "outside")
    ready.answers["POST /act"] = outcome(ok=False, summary="the disc has no study 2.25.1")
    assert simlab("dicom", "import-media", str(ready.home / "media" / "outside")).code == 1
    assert (in_drive(ready.home), ready.acted()[0][1]["disc"]) == (["outside"], "outside")


@pytest.mark.parametrize(
    "answer",
    [outcome(ok=False, summary="the DICOMDIR cannot be read"), (503, {"error": {"what": "the lab stops"}})],
)  # fmt: skip
def test_an_import_that_fails_leaves_nothing_in_the_drive(
    simlab: Simlab, ready: FakeLab, cd: Path, answer: object
) -> None:
    """Whether the department says no or the lab gives none."""
    ready.answers["POST /act"] = answer
    assert simlab("dicom", "import-media", str(cd)).code != 0
    assert (in_drive(ready.home), len(ready.acted())) == ([], 1)


def test_a_disc_that_was_read_in_part_stays(simlab: Simlab, ready: FakeLab, cd: Path) -> None:
    """Somebody wants to look at what is wrong with it."""
    ready.answers["POST /act"] = outcome(ok=False, summary="1 images imported, 1 missing", images=1)
    assert simlab("dicom", "import-media", str(cd)).code == 1
    assert in_drive(ready.home) == ["outside"]


def test_what_a_killed_import_left_goes_with_the_next(simlab: Simlab, ready: FakeLab, cd: Path) -> None:
    """An hour later; one that is being copied now is left alone."""
    for name, age in ((".new-old", 7200.0), (".new-now", 0.0)):
        (ready.home / "media" / name).mkdir()
        then = (ready.home / "media" / name).stat().st_mtime - age
        os.utime(ready.home / "media" / name, (then, then))
    assert simlab("dicom", "import-media", str(cd)).code == 0
    assert in_drive(ready.home) == [".new-now", "outside"]


def test_a_dicomdir_is_named_for_its_disc(simlab: Simlab, ready: FakeLab, cd: Path) -> None:
    """Pointing at the directory file is pointing at the disc; any other file is said to be none."""
    (cd / "DICOMDIR").write_bytes(PREAMBLE)
    assert simlab("dicom", "import-media", str(cd / "DICOMDIR")).code == 0
    assert in_drive(ready.home) == ["outside"]
    ready.asked.clear()
    refused(simlab, ready, cd / "README.TXT", "is a file")
    refused(simlab, ready, cd / "nothing", "there is no such folder")
