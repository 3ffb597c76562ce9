r"""Attribute matching (PS3.4 C.2.2.2): single value, list of UID, universal, wildcard, range, sequence.

Twice, with the same meaning: as an SQL condition for an indexed column, and as a test of one value.
"""

from __future__ import annotations

import json
import unicodedata
from copy import deepcopy
from typing import Any

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

WILDCARD_VRS = frozenset({"AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"})
"""PS3.4 C.2.2.2.4: wildcards are meant in these only."""
RANGE_VRS = frozenset({"DA", "TM", "DT"})

Condition = tuple[str, list[Any]]
"""SQL with its values."""


def fold(text: str) -> str:
    """`text` without case and accents, for the case-insensitive matching of names (PS3.4 C.2.2.2.1.1)."""
    plain = unicodedata.normalize("NFKD", text)
    return "".join(c for c in plain if not unicodedata.combining(c)).casefold()


def key_of(value: object) -> str:
    r"""A key's value as text, several values parted by ``\``."""
    if value is None:
        return ""
    if isinstance(value, (list, tuple, MultiValue)):
        return "\\".join(str(part) for part in value)
    return str(value)


def is_universal(key: str, vr: str) -> bool:
    """Whether the key matches everything (PS3.4 C.2.2.2.3, C.2.2.2.4: only asterisks)."""
    return not key or (vr in WILDCARD_VRS and not key.strip("*"))


def _has_wildcard(key: str, vr: str) -> bool:
    return vr in WILDCARD_VRS and ("*" in key or "?" in key)


def _name_key(key: str) -> str:
    return key.rstrip("^") if not key.endswith("*") else key


def bounds(key: str, vr: str) -> tuple[str, str] | None:
    """The ends of a range key, each empty when open; None when `key` is no range. Times are padded to seconds."""
    if vr not in RANGE_VRS or "-" not in key:
        return None
    low, _, high = key.partition("-")
    if vr == "TM":
        return _pad(low.strip(), "000000") if low.strip() else "", _pad(high.strip(), "995959") if high.strip() else ""
    return low.strip(), high.strip()


def _pad(time: str, filler: str) -> str:
    digits = time.replace(":", "").partition(".")[0][:6]
    return digits + filler[len(digits) :]


def condition(column: str, vr: str, key: str, *, insensitive: bool = False) -> Condition | None:
    """The SQL condition that `column` matches `key`, None when everything does.

    With `insensitive` the column holds text that went through `fold`.
    """
    if is_universal(key, vr):
        return None
    if vr == "UI":
        uids = [part.strip() for part in key.split("\\") if part.strip()]
        return f"{column} IN (SELECT value FROM json_each(?))", [json.dumps(uids)]
    if vr in RANGE_VRS:
        return _range_condition(column, vr, key)
    if vr == "PN":
        return _name_condition(column, fold(key) if insensitive else key)
    if _has_wildcard(key, vr):
        return f"{column} GLOB ?", [_glob(key)]
    return f"{column} = ?", [key]


def _range_condition(column: str, vr: str, key: str) -> Condition:
    value = f"substr({column} || '000000', 1, 6)" if vr == "TM" else column
    ends = bounds(key, vr)
    if ends is None:
        return f"({column} <> '' AND {value} = ?)", [_pad(key, "000000") if vr == "TM" else key]
    clauses, values = [f"{column} <> ''"], []
    for end, sign in zip(ends, (">=", "<="), strict=True):
        if end:
            clauses.append(f"{value} {sign} ?")
            values.append(end)
    return f"({' AND '.join(clauses)})", list(values)


def _name_condition(column: str, key: str) -> Condition:
    # A name has up to three groups parted by "="; the key may mean the whole name or any one of them.
    pattern = _glob(_name_key(key))
    ways = (pattern, pattern + "=*", "*=" + pattern, "*=" + pattern + "=*")
    clause = " OR ".join(f"rtrim({column}, '^') GLOB ?" for _ in ways)
    return f"({clause})", list(ways)


def _glob(key: str) -> str:
    return key.replace("[", "[[]")


def date_time_condition(date: str, time: str, date_key: str, time_key: str) -> Condition | None:
    """One range over date and time together (PS3.4 C.2.2.2.5.3), for who negotiated it; None when it is no range."""
    days, times = bounds(date_key, "DA"), bounds(time_key, "TM")
    if days is None or times is None:
        return None
    moment = f"{date} || substr({time} || '000000', 1, 6)"
    clauses, values = [f"{date} <> ''"], []
    for day, hour, sign, rest in zip(days, times, (">=", "<="), ("000000", "995959"), strict=True):
        if day:
            clauses.append(f"{moment} {sign} ?")
            values.append(day + (hour or rest))
    return f"({' AND '.join(clauses)})", list(values)


def fits_wildcard(pattern: str, text: str) -> bool:
    """Wildcard match without backtracking over more than the last asterisk: a hostile key costs no time."""
    at = where = mark = 0
    star = -1
    while at < len(text):
        if where < len(pattern) and pattern[where] == "*":
            star, mark = where, at
            where += 1
        elif where < len(pattern) and pattern[where] in ("?", text[at]):
            where += 1
            at += 1
        elif star >= 0:
            mark += 1
            where, at = star + 1, mark
        else:
            return False
    return not pattern[where:].strip("*")


def matches(value: object, key: object, vr: str, *, insensitive: bool = False) -> bool:
    """Whether one attribute's `value` matches `key`, with the same meaning as `condition`."""
    wanted = key_of(key)
    if is_universal(wanted, vr):
        return True
    if isinstance(value, (list, tuple, MultiValue)):
        return any(matches(part, key, vr, insensitive=insensitive) for part in value)
    have = key_of(value)
    if vr == "UI":
        return have in [part.strip() for part in wanted.split("\\")]
    if vr in RANGE_VRS:
        return _in_range(have, wanted, vr)
    if vr == "PN":
        have, wanted = (fold(have), fold(wanted)) if insensitive else (have, wanted)
        pattern = _name_key(wanted)
        return any(fits_wildcard(pattern, part.rstrip("^")) for part in (have, *have.split("=")))
    if _has_wildcard(wanted, vr):
        return fits_wildcard(wanted, have)
    return have == wanted


def _in_range(have: str, wanted: str, vr: str) -> bool:
    if not have:
        return False
    value = _pad(have, "000000") if vr == "TM" else have
    ends = bounds(wanted, vr)
    if ends is None:
        return value == (_pad(wanted, "000000") if vr == "TM" else wanted)
    low, high = ends
    return (not low or value >= low) and (not high or value <= high)


def matches_dataset(item: Dataset, keys: Dataset, *, insensitive: bool = False) -> bool:
    """Whether `item` matches every key, sequences included (PS3.4 C.2.2.2.6: one item must match the key's item)."""
    for element in keys:
        if element.keyword in ("SpecificCharacterSet", "QueryRetrieveLevel", "TimezoneOffsetFromUTC"):
            continue
        if element.VR == "SQ":
            wanted = element.value[0] if element.value else None
            if wanted is None or not len(wanted):
                continue
            present = item[element.tag].value if element.tag in item else []
            blank = Dataset()
            if not any(matches_dataset(entry, wanted, insensitive=insensitive) for entry in present or [blank]):
                return False
        else:
            value = item[element.tag].value if element.tag in item else None
            if not matches(value, element.value, element.VR, insensitive=insensitive):
                return False
    return True


def answer(item: Dataset, keys: Dataset) -> Dataset:
    """What a C-FIND response shows of `item`: the attributes asked for, empty where there is none (PS3.4 C.4.1.3.2)."""
    found = Dataset()
    for element in keys:
        tag = element.tag
        if element.keyword == "SpecificCharacterSet":
            continue
        if element.VR == "SQ":
            wanted = element.value[0] if element.value else Dataset()
            present = item[tag].value if tag in item else []
            entries = [answer(entry, wanted) if len(wanted) else deepcopy(entry) for entry in present]
            found.add(DataElement(tag, "SQ", entries))
        elif tag in item:
            found.add(deepcopy(item[tag]))
        else:
            found.add(DataElement(tag, element.VR, None))
    return found
