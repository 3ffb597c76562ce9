"""The drive of the workstation: a foreign folder is looked over, and copied in beside the lab's own discs."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from simlab.errors import BadInput

MOST_BYTES = 4_700_000_000
"""What a disc holds: a DVD of one layer."""
MOST_FILES = 20_000
"""Files and folders of a disc."""
SPARE_BYTES = 256 * 1024 * 1024
"""What has to stay free on the disk of the lab's home."""
_ASIDE = ".new-"
_ABANDONED_SECONDS = 3600.0
_CHUNK = 1024 * 1024


def put(folder: Path, home: Path) -> tuple[str, bool]:
    """Put a folder into the drive; gives the disc's name there, and whether it was copied for this.

    A folder that lies in the drive already stays as it is. Raises BadInput before anything is copied where it is no
    disc: it holds no DICOM file, more than `MOST_FILES` or `MOST_BYTES`, or the lab's home. What fails leaves nothing.
    """
    source, drive = folder.resolve(), home.resolve() / "media"
    if source.parent == drive:
        return source.name, False
    if source == drive or drive.is_relative_to(source):
        raise BadInput(
            "that folder holds the lab's own home", place=str(folder), remedy="Name the folder that holds the DICOMDIR."
        )
    files = _looked_over(source)
    aside = _aside(drive, sum(size for _, size in files))
    try:
        _copy(source, [path for path, _ in files], aside)
        return _named(aside, drive, source.name), True
    except OSError as error:
        raise BadInput(f"the disc cannot be copied ({_why(error)})", place=str(folder)) from None
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def eject(name: str, home: Path) -> None:
    """Take a disc that was copied for an import out of the drive again."""
    shutil.rmtree(home / "media" / name, ignore_errors=True)


def _looked_over(source: Path) -> list[tuple[Path, int]]:
    """The plain files of a folder with their sizes; links are left alone, they lead anywhere."""
    files: list[tuple[Path, int]] = []
    seen = size = 0
    dicom = False
    try:
        for path, length in _entries(source):
            seen += 1
            size += length or 0
            if seen > MOST_FILES:
                raise _no_disc(source, f"there are more than {MOST_FILES} files")
            if size > MOST_BYTES:
                raise _no_disc(source, f"there are more than {MOST_BYTES / 1e9:.1f} GB")
            if length is not None:
                files.append((path, length))
                dicom = dicom or (length > 128 and _is_dicom(path))
    except OSError as error:
        raise BadInput(f"the folder cannot be read ({_why(error)})", place=str(error.filename or source)) from None
    if not dicom:
        raise _no_disc(source, "there is no DICOM file")
    return files


def _entries(source: Path) -> Iterator[tuple[Path, int | None]]:
    """Folders (without a size) and plain files below a folder."""
    waiting = [source]
    while waiting:
        for entry in os.scandir(waiting.pop()):
            if entry.is_dir(follow_symlinks=False):
                waiting.append(Path(entry.path))
                yield Path(entry.path), None
            else:
                found = entry.stat(follow_symlinks=False)
                if stat.S_ISREG(found.st_mode):
                    yield Path(entry.path), found.st_size


def _is_dicom(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(132)[128:] == b"DICM"


def _no_disc(source: Path, why: str) -> BadInput:
    return BadInput(f"that is no disc: {why}", place=str(source), remedy="Name the folder that holds the DICOMDIR.")


def _aside(drive: Path, size: int) -> Path:
    """A new folder in the drive that is no disc yet; raises BadInput when there is no room for so many bytes."""
    try:
        drive.mkdir(parents=True, exist_ok=True)
        for left in drive.glob(f"{_ASIDE}*"):  # of an import that was killed
            if time.time() - left.stat().st_mtime > _ABANDONED_SECONDS:
                shutil.rmtree(left, ignore_errors=True)
        free = shutil.disk_usage(drive).free
        if size + SPARE_BYTES > free:
            raise BadInput(
                f"there is no room for it: it has {size / 1e6:.0f} MB, and {free / 1e6:.0f} MB are free",
                place=str(drive),
                remedy="Make room on the disk of the lab's home.",
            )
        return Path(tempfile.mkdtemp(dir=drive, prefix=_ASIDE))
    except OSError as error:
        raise BadInput(f"the drive cannot be used ({_why(error)})", place=str(drive)) from None


def _copy(source: Path, files: list[Path], aside: Path) -> None:
    """Copy contents alone: what is read-only on a CD has to go from the drive again."""
    room = MOST_BYTES
    for path in files:
        target = aside / path.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        with path.open("rb") as taken, target.open("wb") as kept:
            while content := taken.read(_CHUNK):
                room -= len(content)  # a file may grow under one's hands
                if room < 0:
                    raise _no_disc(source, f"there are more than {MOST_BYTES / 1e9:.1f} GB")
                kept.write(content)


def _named(aside: Path, drive: Path, name: str) -> str:
    """Give what was copied a plain name that no disc has yet."""
    plain = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in name)
    stem = plain.strip("-")[:40] or "disc"
    aside.chmod(0o755)
    number = 1
    while True:
        disc = stem if number == 1 else f"{stem}-{number}"
        number += 1
        if (drive / disc).exists():
            continue
        try:
            aside.rename(drive / disc)
            return disc
        except OSError:
            if not (drive / disc).exists():  # else somebody took that name in this moment
                raise


def _why(error: OSError) -> str:
    return error.strerror or str(error)
