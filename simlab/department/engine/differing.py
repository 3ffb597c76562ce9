"""What differs between a message as it came and as it goes out, place by place."""

from __future__ import annotations

from simlab.hl7.errors import Hl7Error
from simlab.hl7.message import parse
from simlab.hl7.record import shown

Difference = dict[str, str]


def differences(before: bytes, after: bytes) -> list[Difference]:
    """Each place whose text differs, with its `before` and `after` ("" where it is not there)."""
    if before == after:
        return []
    try:
        old, new = _by_place(before), _by_place(after)
    except Hl7Error:
        return [{"path": "", "before": shown(before), "after": shown(after)}]
    rows = [
        {"path": place, "before": old.get(place, ""), "after": new.get(place, "")}
        for place in dict.fromkeys((*old, *new))
        if old.get(place) != new.get(place)
    ]
    return rows or [{"path": "", "before": shown(before), "after": shown(after)}]


def _by_place(data: bytes) -> dict[str, str]:
    return {field.path: field.value for field in parse(data).fields(deep=True)}
