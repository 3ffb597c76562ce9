"""Places in a message as people write them: PID-3, PID-3[2].4.1, OBX[2]-5, and OBX[2] for a whole segment."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from simlab.hl7.errors import Hl7Error

_SEGMENT = r"([A-Za-z][A-Za-z0-9]{2})(?:\[(\d{1,5})\])?"
_PATH = re.compile(_SEGMENT + r"-(\d{1,3})(?:\[(\d{1,5})\])?(?:\.(\d{1,3}))?(?:\.(\d{1,3}))?")
_WHOLE = re.compile(_SEGMENT)


@dataclass(frozen=True)
class Path:
    """A place in a message: ``PID-3[2].4.1`` is segment PID, field 3, repetition 2, component 4, sub-component 1."""

    segment: str
    occurrence: int | None
    field: int
    repetition: int | None = None
    component: int | None = None
    subcomponent: int | None = None


@lru_cache(maxsize=1024)
def path(text: str) -> Path:
    """Read a path; Hl7Error when it is none."""
    match = _PATH.fullmatch(text)
    numbers = [int(n) if n else None for n in match.groups()[1:]] if match else [0]
    if match is None or 0 in numbers:
        raise Hl7Error(f"{text!r} is not a path", place=text, remedy="Write it like PID-3, PID-3[2].4.1 or OBX[2]-5.")
    return Path(match.group(1), numbers[0], int(match.group(3)), *numbers[2:])


@lru_cache(maxsize=1024)
def whole_segment(text: str) -> tuple[str, int]:
    """The name and occurrence of ``OBX[2]`` (``OBX`` is the first); Hl7Error when it names no segment."""
    match = _WHOLE.fullmatch(text)
    if match is None or match.group(2) in ("0", "00", "000", "0000", "00000"):
        raise Hl7Error(f"{text!r} is not a segment", place=text, remedy="Write it like PID, ZDS or OBX[2].")
    return match.group(1), int(match.group(2) or 1)
