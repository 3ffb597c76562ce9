"""Places in a message as people write them: PID-3, PID-3[2].4.1, OBX[2]-5."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from simlab.hl7.errors import Hl7Error

_PATH = re.compile(r"([A-Z][A-Z0-9]{2})(?:\[(\d{1,5})\])?-(\d{1,3})(?:\[(\d{1,5})\])?(?:\.(\d{1,3}))?(?:\.(\d{1,3}))?")


@dataclass(frozen=True)
class Path:
    """A place in a message: ``PID-3[2].4.1`` is segment PID, field 3, repetition 2, component 4, sub-component 1."""

    segment: str
    occurrence: int | None
    field: int
    repetition: int | None
    component: int | None
    subcomponent: int | None


@lru_cache(maxsize=1024)
def path(text: str) -> Path:
    """Read a path; Hl7Error when it is none."""
    match = _PATH.fullmatch(text)
    numbers = [int(n) if n else None for n in match.groups()[1:]] if match else [0]
    if match is None or 0 in numbers:
        raise Hl7Error(f"{text!r} is not a path", place=text, remedy="Write it like PID-3, PID-3[2].4.1 or OBX[2]-5.")
    return Path(match.group(1), numbers[0], int(match.group(3)), *numbers[2:])
