"""Pixel data by content: one file a digest, shared by every instance that shows the same pixels."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from simlab.errors import NotFound, NotKept


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
        path = self._path(digest)
        if path.exists():
            return digest
        try:
            path.parent.mkdir(exist_ok=True)
            handle, aside = tempfile.mkstemp(dir=path.parent, prefix=".new-")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(content)
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
