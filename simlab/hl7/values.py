"""Whether a value is what its primitive data type says: dates, times, numbers, escape sequences, check digits."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from simlab.hl7.characters import Separators


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with a value: the rule, what, and the remedy."""

    rule: str
    what: str
    remedy: str


_TIME = r"(?:[01]\d|2[0-3])(?:[0-5]\d(?:[0-5]\d(?:\.\d{1,4})?)?)?"
_ZONE = r"(?:[+-](?:0\d|1[0-4])[0-5]\d)?"
_DATE = re.compile(r"\d{4}(?:\d\d(?:\d\d)?)?")
_TIME_OF_DAY = re.compile(_TIME + _ZONE)
_DATE_TIME = re.compile(rf"(\d{{4}}(?:\d\d(?:\d\d)?)?)({_TIME})?{_ZONE}")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)")
_SEQUENCE = re.compile(r"\d{1,4}")


@lru_cache(maxsize=8192)
def _calendar(digits: str) -> bool:
    try:
        date(int(digits[:4]), int(digits[4:6] or 1), int(digits[6:8] or 1))
    except ValueError:
        return False
    return True


def a_date(text: str) -> Complaint | None:
    """DT: YYYY[MM[DD]] (HL7 v2.5.1 ch. 2.A.21)."""
    if _DATE.fullmatch(text) and _calendar(text):
        return None
    return Complaint("type.date", f"{text[:40]!r} is no date", "Write it YYYYMMDD.")


def a_time(text: str) -> Complaint | None:
    """TM: HH[MM[SS[.SSSS]]][+/-ZZZZ] (ch. 2.A.75)."""
    if _TIME_OF_DAY.fullmatch(text):
        return None
    return Complaint("type.time", f"{text[:40]!r} is no time of day", "Write it HHMM or HHMMSS.")


def a_date_time(text: str) -> Complaint | None:
    """TS and DTM: YYYY[MM[DD[HH[MM[SS[.SSSS]]]]]][+/-ZZZZ] (ch. 2.A.22)."""
    match = _DATE_TIME.fullmatch(text)
    if match and _calendar(match[1]) and (not match[2] or len(match[1]) == 8):
        return None
    return Complaint("type.date", f"{text[:40]!r} is no date and time", "Write it YYYYMMDD or YYYYMMDDHHMMSS.")


def a_number(text: str) -> Complaint | None:
    """NM: digits with an optional sign and point (ch. 2.A.47)."""
    if _NUMBER.fullmatch(text):
        return None
    return Complaint("type.number", f"{text[:40]!r} is no number", "Write digits, a point and a sign alone.")


def a_sequence(text: str) -> Complaint | None:
    """SI: a non-negative integer (ch. 2.A.69)."""
    if _SEQUENCE.fullmatch(text):
        return None
    return Complaint("type.sequence", f"{text[:40]!r} is no sequence number", "Write an integer from 0 to 9999.")


PRIMITIVES: dict[str, Callable[[str], Complaint | None]] = {
    "DT": a_date,
    "TM": a_time,
    "DTM": a_date_time,
    "NM": a_number,
    "SI": a_sequence,
}
"""The primitive data types whose values can be wrong by themselves; ST, TX, FT take any text."""

_FORMATTING = re.compile(r"\.(?:br|sp\d*|fi|nf|in[+-]?\d+|ti[+-]?\d+|sk\d+|ce)")
_LETTERS = frozenset("FSTREHN")
_HEX = re.compile(r"X(?:[0-9A-Fa-f]{2})+|C[0-9A-Fa-f]{4}|M[0-9A-Fa-f]{4}(?:[0-9A-Fa-f]{2})?")


def escapes(text: str, marks: Separators) -> Iterator[Complaint]:
    """What is wrong with the escape sequences in a text (ch. 2.7)."""
    parts = text.split(marks.escape)
    for body in parts[1 : len(parts) - (len(parts) % 2 == 0) : 2]:
        known = body in _LETTERS or _FORMATTING.fullmatch(body) or _HEX.fullmatch(body) or body.startswith("Z")
        if not (known or (body == "P" and marks.truncation)):
            shown = f"{marks.escape}{body[:20]}{marks.escape}"
            remedy = f"Write a lone {marks.escape} as {marks.escape}E{marks.escape}."
            yield Complaint("escape.unknown", f"{shown!r} is no escape sequence", remedy)
    if len(parts) % 2 == 0:
        remedy = f"Write {marks.escape} as {marks.escape}E{marks.escape}."
        yield Complaint("escape.unbalanced", f"a {marks.escape} begins no escape sequence", remedy)


def mod_10(number: str) -> str:
    """The check digit of scheme M10 (HL7 v2.5.1 ch. 2.A.14): of 12345 it is 5."""
    backwards = number[::-1]
    doubled = str(int(backwards[::2]) * 2)
    return str(-sum(int(digit) for digit in doubled + backwards[1::2]) % 10)


def mod_11(number: str) -> str:
    """The check digit of scheme M11 (ch. 2.A.14): of 1234567 it is 4."""
    total = sum(int(digit) * (2 + place % 6) for place, digit in enumerate(reversed(number)))
    return str((11 - (total % 11 or 1)) % 10)


_SCHEMES = {"M10": mod_10, "M11": mod_11}


def check_digit(number: str, digit: str, scheme: str) -> Complaint | None:
    """Whether `digit` (CX-2) belongs to `number` (CX-1) by `scheme` (CX-3); no complaint of a scheme not known here."""
    made = _SCHEMES.get(scheme)
    if made is None or not digit or not (number.isascii() and number.isdigit()):
        return None
    if made(number) == digit:
        return None
    return Complaint(
        "check-digit", f"{digit[:8]!r} is not the {scheme} check digit of {number[:30]}", "Look for a digit mistyped."
    )


def nhs_number(text: str) -> bool:
    """Whether ten digits end with the right modulus 11 check digit (NHS Data Dictionary, NHS NUMBER)."""
    if len(text) != 10 or not (text.isascii() and text.isdigit()):
        return False
    check = -sum(int(digit) * (10 - place) for place, digit in enumerate(text[:9])) % 11
    return check != 10 and int(text[9]) == check
