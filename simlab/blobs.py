"""Pixel data by content: one file a digest, shared by every instance that shows the same pixels."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Container
from pathlib import Path

from simlab.errors import NotFound, NotKept

_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)


class Blobs:
    """A folder of files named by the SHA-256 of what they hold; `sync` has each survive a power cut as well."""

    def __init__(self, folder: Path, *, sync: bool = False) -> None:
        self.folder = folder
        self._sync = sync
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise NotKept(error.strerror, folder) from error

    def _path(self, digest: str) -> Path:
        return self.folder / digest[:2] / digest[2:]

    def put(self, content: bytes | memoryview) -> str:
        """Keep `content` and give its digest; written aside and renamed, so that it is there whole or not at all.

        Raises NotKept when the disk does not take it.
        """
        digest = hashlib.sha256(content).hexdigest()
        folder = os.path.join(self.folder, digest[:2])
        path = os.path.join(folder, digest[2:])
        if os.path.exists(path):
            return digest
        # Named by who writes: what a killed process left behind is overwritten one day.
        aside = os.path.join(folder, f".new-{os.getpid()}-{threading.get_ident()}")
        try:
            try:
                handle = os.open(aside, _NEW_FILE, 0o600)
            except FileNotFoundError:
                os.makedirs(folder, exist_ok=True)
                handle = os.open(aside, _NEW_FILE, 0o600)
            try:
                with open(handle, "wb", buffering=0) as file:
                    written = 0
                    while written < len(content):
                        written += file.write(memoryview(content)[written:])
                    if self._sync:
                        os.fsync(file.fileno())
                os.replace(aside, path)
                if self._sync:
                    _sync_folder(folder)
            except OSError:
                os.unlink(aside)
                raise
        except OSError as error:
            raise NotKept(error.strerror, self.folder) from error
        return digest

    def sweep(self, kept: Container[str]) -> int:
        """Remove every file whose digest is not among `kept`, and what killed writers left; gives how many went.

        Only while nobody puts anything in: a file is written before the row that names it.
        """
        gone = 0
        for folder in self.folder.glob("??"):
            for path in folder.iterdir():
                if folder.name + path.name not in kept:
                    path.unlink(missing_ok=True)
                    gone += 1
        return gone

    def get(self, digest: str) -> bytes:
        """The content of `digest`; NotFound when it was never kept."""
        try:
            return self._path(digest).read_bytes()
        except FileNotFoundError:
            raise NotFound(f"no pixel data {digest}", place=str(self.folder)) from None


def _sync_folder(folder: str) -> None:
    # A renamed file is found again after a power cut once its folder is on the disk; Windows has no such call.
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
