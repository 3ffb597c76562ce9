"""Numbers that nobody else is given: drawn from the seed, yet never twice in a run, whatever runs beside."""

from __future__ import annotations

import hashlib
import math

from simlab.people import nhs_check

JOURNEYS = 99_991
"""How many starts of one pathway have numbers of their own. A prime, lest numbers of one kind end alike."""
_OF_EACH = 97
"""Numbers of one kind for one start of a pathway."""
_PATHWAYS = 40
_LONG = 10**12
_MRN_LEAST, _MRN_COUNT = 10_000_000, 90_000_000
_PERSONS = 4
"""Persons of one start."""
_NHS_STEMS = 100_000
_NHS_EACH = 9
_NHS_PATHWAY = _NHS_STEMS * _NHS_EACH // _PATHWAYS // 2 - 1
"""Starts of one pathway whose persons (two of each) have an NHS number: there are only 900,000 fictional ones."""


class Numbers:
    """The numbers of one run. Each is a permutation of (pathway, start, place), keyed by seed and kind."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._keys: dict[tuple[str, int], tuple[int, int]] = {}
        self._tag = _digits(seed, "control") % 36**4

    def long(self, kind: str, pathway: int, journey: int, place: int) -> str:
        """Twelve digits, for visits, placer and filler orders, accessions, appointments."""
        return f"{self._permuted(kind, _LONG, (pathway * JOURNEYS + journey) * _OF_EACH + place):012d}"

    def hospital(self, pathway: int, journey: int, person: int) -> str:
        """A hospital number of eight digits."""
        plain = ((pathway - 1) * JOURNEYS + journey) * _PERSONS + person
        return str(_MRN_LEAST + self._permuted("hospital", _MRN_COUNT, plain))

    def nhs(self, pathway: int, journey: int, person: int) -> str:
        """An NHS number from the range that nobody is given; "" where the range is used up."""
        if journey >= _NHS_PATHWAY or person > 1:
            return ""
        plain = ((pathway - 1) * _NHS_PATHWAY + journey) * 2 + person
        stem, rank = divmod(self._permuted("nhs", _NHS_STEMS * _NHS_EACH, plain), _NHS_EACH)
        # Of the ten numbers with the same first eight digits, at most one has no check digit.
        return _numbered(f"999{stem:05d}")[rank]

    def control(self, pathway: int, journey: int, message: int) -> str:
        """MSH-10, 16 characters: which message it is can be read from it."""
        return f"{_base36(self._tag)}{pathway:02d}{journey:05d}M{message:04d}"

    def _permuted(self, kind: str, size: int, number: int) -> int:
        key = self._keys.get((kind, size))
        if key is None:
            factor = _digits(self._seed, f"{kind}/factor") % size
            while math.gcd(factor, size) != 1:
                factor += 1
            key = self._keys[kind, size] = (factor, _digits(self._seed, f"{kind}/offset") % size)
        return (number * key[0] + key[1]) % size


def _numbered(stem: str) -> list[str]:
    full = ((f"{stem}{digit}", nhs_check(f"{stem}{digit}")) for digit in range(10))
    return [f"{nine}{check}" for nine, check in full if check is not None]


def _digits(seed: int, what: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}/{what}".encode()).digest()[:8], "big")


def _base36(number: int) -> str:
    letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    text = ""
    for _ in range(4):
        number, rest = divmod(number, 36)
        text = letters[rest] + text
    return text
