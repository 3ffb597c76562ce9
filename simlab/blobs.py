"""Pixel data: what is small stands in the row that names it, what is large in a file named by its digest."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Container
from contextlib import suppress
from pathlib import Path

from simlab.errors import NotFound, NotKept

Reference = str | bytes
"""What a row keeps of pixel data: the SHA-256 of a file, in hexadecimal, or small content itself. Equal contents have
equal references."""

SMALL = 16384
"""Bytes up to which content is its own reference: to make a file for 8 KB takes longer than all the rest of storing
them, and a row a few pages longer costs next to nothing."""

_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)


def digest(reference: Reference) -> str:
    """The SHA-256 of the content, by which people tell it apart."""
    return reference if isinstance(reference, str) else _sha256(reference)


def _sha256(content: bytes | memoryview) -> str:
    return hashlib.sha256(content).hexdigest()


class Blobs:
    """A folder of files named by what they hold, equal ones kept once; `sync` has each survive a power cut as well."""

    def __init__(self, folder: Path, *, sync: bool = False) -> None:
        self.folder = folder
        self._sync = sync
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise NotKept(error.strerror, folder) from error

    def put(self, content: bytes | memoryview) -> Reference:
        """Give the reference of `content`, whose file, if it needs one, is there by then whole.

        Raises NotKept when the disk does not take it.
        """
        if len(content) <= SMALL:
            return bytes(content)
        name = _sha256(content)
        path = os.path.join(self.folder, name)
        if os.path.exists(path):
            return name
        # Named by who writes: what a killed process left behind is swept.
        aside = os.path.join(self.folder, f".new-{os.getpid()}-{threading.get_ident()}")
        try:
            try:
                self._write(aside, content)
                os.replace(aside, path)
                if self._sync:
                    _sync_folder(self.folder)
            except OSError:
                with suppress(OSError):
                    os.unlink(aside)
                raise
        except OSError as error:
            raise NotKept(error.strerror, self.folder) from error
        return name

    def _write(self, path: str, content: bytes | memoryview) -> None:
        handle = os.open(path, _NEW_FILE, 0o600)
        try:
            left = memoryview(content)
            while left:
                left = left[os.write(handle, left) :]
            if self._sync:
                os.fsync(handle)
        finally:
            os.close(handle)

    def sweep(self, kept: Container[str]) -> int:
        """Remove every file whose digest is not among `kept`, and what killed writers left; gives how many went.

        Only while nobody puts anything in: a file is written before the row that names it.
        """
        gone = [path for path in self.folder.iterdir() if path.name not in kept]
        for path in gone:
            path.unlink(missing_ok=True)
        return len(gone)

    def get(self, reference: Reference) -> bytes:
        """The content of `reference`; NotFound when it was never kept."""
        if isinstance(reference, bytes):
            return reference
        try:
            with open(os.path.join(self.folder, reference), "rb", buffering=0) as file:
                return file.readall()
        except FileNotFoundError:
            raise NotFound(f"no pixel data {reference}", place=str(self.folder)) from None


def _sync_folder(folder: Path) -> None:
    # A renamed file is found again after a power cut once its folder is on the disk; Windows has no such call.
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
