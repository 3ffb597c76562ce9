"""Matching against an oracle that is slow, plain and written from the text of PS3.4 C.2.2.2 alone."""

from __future__ import annotations

import sqlite3
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from simlab.dicom import matching

LETTERS = "Aa^ ?*[]%_é山"


def wildcard(pattern: str, value: str) -> bool:
    """C.2.2.2.4, by trying every length that an asterisk may stand for."""
    if not pattern:
        return not value
    if pattern[0] == "*":
        return any(wildcard(pattern[1:], value[cut:]) for cut in range(len(value) + 1))
    return bool(value) and pattern[0] in ("?", value[0]) and wildcard(pattern[1:], value[1:])


def by_the_letter(value: str, key: str, vr: str) -> bool:
    """Whether the value matches the key, for the VRs below."""
    if not key or (vr == "LO" and set(key) == {"*"}):
        return True
    if vr == "UI":
        return value in key.split("\\")
    if vr == "DA":
        if "-" not in key:
            return value == key
        low, high = key.split("-")
        return value in (f"{year}{month:02}{day:02}" for year, month, day in product((2025, 2026), (1, 2), range(1, 29))
                         if (not low or f"{year}{month:02}{day:02}" >= low)
                         and (not high or f"{year}{month:02}{day:02}" <= high))  # fmt: skip
    return wildcard(key, value)


def in_sql(value: str, key: str, vr: str) -> bool:
    condition = matching.condition("v", vr, key)
    if condition is None:
        return True
    with sqlite3.connect(":memory:") as db:
        sql, values = condition
        (count,) = db.execute(f"SELECT count(*) FROM (SELECT ? AS v) WHERE {sql}", (value, *values)).fetchone()
    db.close()
    return bool(count)


@given(st.text(LETTERS, max_size=6), st.text(LETTERS, max_size=5))
def test_wildcards(value: str, key: str) -> None:
    """Any key of letters and wildcards, in the test of one value and in SQL."""
    key, wanted = key.strip(), by_the_letter(value.strip(), key.strip(), "LO")
    assert matching.matches(value.strip(), key, "LO") is wanted
    assert in_sql(value.strip(), key, "LO") is wanted


DAYS = st.builds(
    lambda year, month, day: f"{year}{month:02}{day:02}",
    st.sampled_from([2025, 2026]),
    st.integers(1, 2),
    st.integers(1, 28),
)


@given(DAYS, st.one_of(DAYS, st.tuples(DAYS | st.just(""), DAYS | st.just("")).map("-".join)))
def test_dates(value: str, key: str) -> None:
    """A day, and a range open at either end."""
    if key == "-":
        return
    wanted = by_the_letter(value, key, "DA")
    assert matching.matches(value, key, "DA") is wanted
    assert in_sql(value, key, "DA") is wanted


UIDS = st.sampled_from(["1.2", "1.2.3", "1.23", "2.25.1"])


@given(UIDS, st.lists(UIDS, max_size=4).map("\\".join))
def test_lists_of_uids(value: str, key: str) -> None:
    """One of a list, and never by the beginning alone."""
    wanted = by_the_letter(value, key, "UI")
    assert matching.matches(value, key, "UI") is wanted
    assert in_sql(value, key, "UI") is wanted
