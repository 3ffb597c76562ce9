"""Deterministic UIDs under 2.25 (PS3.5 B.2): the same seed and names give the same UID."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache

_VALID = re.compile(r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))+")


def uid(*parts: object) -> str:
    """A UID drawn from `parts` (a seed, an accession number, a series and an instance number, …)."""
    digest = hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).digest()
    return f"2.25.{int.from_bytes(digest[:16], 'big')}"


@lru_cache(maxsize=1024)
def is_uid(text: str) -> bool:
    """Whether `text` is a UID by PS3.5 9.1: at most 64 characters, components without leading zeros."""
    return len(text) <= 64 and _VALID.fullmatch(text) is not None
