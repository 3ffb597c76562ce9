"""How values are put into words: cells, dates, long identifiers, marks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

MARKS: dict[str, tuple[str, str]] = {
    "passed": ("✔", "done"),
    "failed": ("✗", "not yet"),
    "partly": ("◐", "partly"),
    "open": ("○", "open"),
    "answered": ("✎", "answered"),
    "skipped": ("–", "at submit"),
    "broken": ("!", "lab fault"),
}
"""State of a task or check → its sign and its word; the word makes colour unnecessary."""

LEVELS = {"foundation": "F", "intermediate": "I", "advanced": "A", "capstone": "C"}


def mark(state: str) -> str:
    """Sign and word of a state."""
    sign, word = MARKS.get(state, ("?", state))
    return f"{sign} {word}"


_CONTROL = {code: chr(0x2400 + code) for code in range(32) if chr(code) not in "\t\n"} | {0x7F: "␡"}
_CONTROL |= dict.fromkeys(range(0x80, 0xA0), "�")


def visible(text: str) -> str:
    """A text whose control characters are to be seen: what came over the wire must not steer the terminal."""
    return text.translate(_CONTROL)


def full(value: Any) -> str:
    """A value as it would be copied: nothing shortened."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and all(not isinstance(item, dict | list) for item in value):
        return "\\".join(full(item) for item in value)
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def short(value: Any, width: int = 26) -> str:
    """A value for a table cell; of a long one the beginning and the end, since UIDs differ at the end."""
    text = visible(" ".join(full(value).split()))
    if len(text) <= width:
        return text
    tail = (width - 1) // 2
    return f"{text[: width - 1 - tail]}…{text[-tail:]}"


def title(name: str) -> str:
    """A column or field name for people: snake case is opened, DICOM keywords stay as they are."""
    if "_" in name or name.islower():
        return name.replace("_", " ")
    return name


def moment(text: str) -> datetime | None:
    """An ISO date and time, or None when it is not one."""
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None


def time_of(text: str) -> str:
    """``07:40:12`` of an ISO date and time."""
    if text[10:11] == "T" and text[13:14] == text[16:17] == ":":
        return text[11:19]
    at = moment(text)
    return at.strftime("%H:%M:%S") if at else text


def size_note(count: int, noun: str) -> str:
    """``1 study``, ``3 studies``."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else noun if noun.endswith("s") else f"{noun}s"
    return f"{count} {noun if count == 1 else plural}"


def outcome(outcome: Mapping[str, Any]) -> str:
    """The outcome in a sentence, with the error's place and remedy where there is one."""
    error = outcome.get("error") or {}
    sign = "✔" if outcome.get("ok") else "✗"
    parts = [str(outcome.get("summary") or "")]
    if error:
        place = f"{error['place']}: " if error.get("place") else ""
        parts = [f"{place}{error.get('what', '')}".rstrip(".") + ".", str(error.get("remedy") or "")]
    return " ".join([sign, *(full(part) for part in parts if part)])
