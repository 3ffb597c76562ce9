"""What a scanner's console takes of what is typed in about a patient or an order."""

from __future__ import annotations

from datetime import datetime

from simlab.errors import BadInput

_LONGEST = {"accession": 16}
"""Letters (PS3.5 6.2): an accession number is a SH; what is not named here is a LO, or a component of a PN."""
_LETTERS = 64
_SEXES = ("M", "F", "O")
"""PS3.3 C.7.1.1, Patient's Sex; unknown is left empty."""


def check(place: str, key: str, value: str) -> None:
    """Raises BadInput for a text that is too long or has a backslash, for a date that is none, for a sex that is none.

    An empty text is unknown.
    """
    longest = _LONGEST.get(key, _LETTERS)
    remedy = ""
    if len(value) > longest or "\\" in value or not value.isprintable():
        remedy = f"At most {longest} letters on one line, and no backslash."
    elif key == "birth_date" and value and not _is_date(value):
        remedy = "A date is written YYYYMMDD, 19610203; leave it empty where it is not known."
    elif key == "sex" and value not in ("", *_SEXES):
        remedy = f"Say {', '.join(_SEXES)}, or nothing where it is not known."
    if remedy:
        raise BadInput(f"{key}: no console takes {value[:40]!r}", place=place, remedy=remedy)


def _is_date(value: str) -> bool:
    try:
        return len(value) == 8 and value.isascii() and value.isdigit() and bool(datetime.strptime(value, "%Y%m%d"))
    except ValueError:
        return False
