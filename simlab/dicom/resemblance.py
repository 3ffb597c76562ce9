"""Fuzzy matching of names: whether one person's name resembles another (PS3.4 C.2.2.2.1.1 leaves the way to the SCP).

Case and accents aside, names are taken as words in any order, and each word of the key must resemble one of the name:
it is the same, fits as a wildcard, or differs by a slip of the keyboard: a letter too many, too few, wrong, or two
exchanged. Words of three letters must sound alike too (Soundex), those of eight letters may differ by two slips, and so
may shorter ones that sound alike.
"""

from __future__ import annotations

import re
from functools import lru_cache

from simlab.dicom.matching import fits_wildcard, fold

_BETWEEN = re.compile(r"[\^=\s\-',.]+")
_SOUNDS = {
    letter: digit
    for digit, letters in enumerate(("BFPV", "CGJKQSXZ", "DT", "L", "MN", "R"), 1)
    for letter in letters.lower()
}
_SHORTEST = 3
"""Letters that a word must have before a slip is forgiven in it."""


def resembles(name: str, key: str) -> bool:
    """Whether `name` resembles the PN `key`; an empty key is like every name."""
    words = _words(name)
    return all(any(_alike(word, wanted) for word in words) for wanted in _words(key) if wanted.strip("*"))


@lru_cache(maxsize=4096)
def _words(name: str) -> tuple[str, ...]:
    return tuple(word for word in _BETWEEN.split(fold(name)) if word)


def _alike(word: str, wanted: str) -> bool:
    if word == wanted:
        return True
    if "*" in wanted or "?" in wanted:
        return fits_wildcard(wanted, word)
    if min(len(wanted), len(word)) < _SHORTEST:
        return False
    slips = _slips(word, wanted)
    sounds = soundex(word) == soundex(wanted) != ""
    if len(wanted) == _SHORTEST:
        return sounds and slips <= 1
    return slips <= (2 if sounds or len(wanted) >= 8 else 1)


def soundex(word: str) -> str:
    """The Soundex code of a word in small letters; empty for what is not written in the Latin alphabet."""
    if not (word.isascii() and word.isalpha()):
        return ""
    code, last = word[0], _SOUNDS.get(word[0])
    for letter in word[1:]:
        digit = _SOUNDS.get(letter)
        if digit and digit != last:
            code += str(digit)
        if letter not in "hw":  # they do not part letters of one sound
            last = digit
    return code[:4].ljust(4, "0")


def _slips(one: str, other: str) -> int:
    """Letters to put in, leave out, change or exchange to make `other` of `one` (Damerau and Levenshtein)."""
    if abs(len(one) - len(other)) > 2 or max(len(one), len(other)) > 64:
        return 3
    before: list[int] = []
    above = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        row = [i]
        for j, b in enumerate(other, 1):
            best = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and b == one[i - 2]:
                best = min(best, before[j - 2] + 1)
            row.append(best)
        before, above = above, row
    return above[-1]
