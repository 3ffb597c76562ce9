"""Time zones of queries: dates and times moved from one offset from UTC to another (PS3.4 C.2.2.2, K.4.1.1.3)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

_OFFSET = re.compile(r"([+-])(0\d|1[0-4])([0-5]\d)")


def is_offset(text: str) -> bool:
    """Whether `text` is an offset from UTC as (0008,0201) has it: ``+0100``."""
    return _OFFSET.fullmatch(text) is not None


def minutes(offset: str) -> int:
    """An offset as minutes ahead of UTC; 0 for what is none."""
    found = _OFFSET.fullmatch(offset)
    return 0 if found is None else int(found[1] + "1") * (int(found[2]) * 60 + int(found[3]))


def moved(date: str, time: str, shift: int) -> tuple[str, str]:
    """A DA and a TM so many minutes later; as they are unless both are there, since a day alone has no zone."""
    if not (shift and date and time):
        return date, time
    digits, _, fraction = time.partition(".")
    try:
        moment = datetime.strptime(date + digits.ljust(6, "0")[:6], "%Y%m%d%H%M%S") + timedelta(minutes=shift)
    except (ValueError, OverflowError):
        return date, time
    return f"{moment:%Y%m%d}", f"{moment:%H%M%S}" + (f".{fraction}" if fraction else "")
