"""What differs between a message as it came and as it goes out, place by place."""

from __future__ import annotations

from simlab.hl7.difference import difference
from simlab.hl7.errors import Hl7Error
from simlab.hl7.message import parse
from simlab.hl7.record import shown

Difference = dict[str, str]


def differences(before: bytes, after: bytes) -> list[Difference]:
    """Each place whose text differs, with its `before` and `after` ("" where it is not there)."""
    if before == after:
        return []
    try:
        found = difference(parse(before), parse(after))
    except Hl7Error:
        found = []
    rows = [{"path": one.path, "before": one.before or "", "after": one.after or ""} for one in found]
    return rows or [{"path": "", "before": shown(before), "after": shown(after)}]
