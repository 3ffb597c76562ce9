"""Pixel data by content: one file a digest, shared by every instance that shows the same pixels."""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path

from simlab.errors import NotFound, NotKept

_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)


class Blobs:
    """A folder of files named by the SHA-256 of what they hold."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
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
                os.replace(aside, path)
            except OSError:
                os.unlink(aside)
                raise
        except OSError as error:
            raise NotKept(error.strerror, self.folder) from error
        return digest

    def get(self, digest: str) -> bytes:
        """The content of `digest`; NotFound when it was never kept."""
        try:
            return self._path(digest).read_bytes()
        except FileNotFoundError:
            raise NotFound(f"no pixel data {digest}", place=str(self.folder)) from None
