"""How an author's value is compared with what stands in a row."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Any

from simlab.errors import BadInput
from simlab.training.checks.check import Looking, Rows

COMPARISONS = ("not", "like", "min", "max", "contains", "exactly", "any")
_DAYS = {"today": 0, "tomorrow": 1, "yesterday": -1}


def fits(actual: Any, wanted: Any) -> bool:
    """Whether `actual` is what the author `wanted`.

    A plain value is equal as text; a list means any of them; nothing (null) means empty. A mapping compares: ``not``,
    ``like`` (with * and ?), ``min``/``max``, and for lists ``contains`` and ``exactly`` (order left aside).
    """
    if isinstance(wanted, Mapping):
        return all(_compare(name, actual, value) for name, value in wanted.items())
    if isinstance(wanted, list):
        return any(fits(actual, one) for one in wanted)
    if wanted is None:
        return actual in (None, "", [], {})
    return plain(actual) == plain(wanted)


def plain(value: Any) -> str:
    """A value as it is compared: text, trimmed; booleans as true and false, as YAML and JSON have them."""
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value).strip()


def _listed(value: Any) -> list[str]:
    items = value if isinstance(value, (list, tuple)) else [] if value in (None, "") else [value]
    return [plain(item) for item in items]


def _compare(name: str, actual: Any, wanted: Any) -> bool:
    if name == "not":
        return not fits(actual, wanted)
    if name == "like":
        return fnmatchcase(plain(actual).casefold(), plain(wanted).casefold())
    if name in ("min", "max"):
        if plain(actual) == "":
            return False
        left, right = _ordered(actual, wanted)
        return bool(left >= right if name == "min" else left <= right)
    if name == "contains":
        if isinstance(actual, str) and not isinstance(wanted, list):
            return plain(wanted).casefold() in actual.casefold()
        return set(_listed(wanted)) <= set(_listed(actual))
    if name == "exactly":
        return sorted(_listed(wanted)) == sorted(_listed(actual))
    if name == "any":
        return bool(set(_listed(wanted)) & set(_listed(actual)))
    raise BadInput(f"there is no comparison {name!r}", remedy=f"There are: {', '.join(COMPARISONS)}.")


def _ordered(actual: Any, wanted: Any) -> tuple[Any, Any]:
    try:
        return float(actual), float(wanted)
    except (TypeError, ValueError):
        return plain(actual), plain(wanted)


def cell(row: Mapping[str, Any], column: str) -> Any:
    """What stands in a column; ``keys.StudyDate`` looks into a column that is a mapping. None when there is nothing."""
    found: Any = row
    for name in (column,) if column in row else column.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def narrowed(rows: Rows, query: Mapping[str, Any]) -> Rows:
    """The rows in which every column of `query` fits; BadInput when no row has such a column at all."""
    for column in query:
        if rows and not any(column.split(".")[0] in row for row in rows):
            known = ", ".join(sorted({key for row in rows for key in row}))
            raise BadInput(f"no row has a column {column!r}", remedy=f"There are: {known}.")
    return [row for row in rows if all(fits(cell(row, column), wanted) for column, wanted in query.items())]


def dated(query: Mapping[str, Any], look: Looking) -> dict[str, Any]:
    """`query` with the words today, tomorrow and yesterday as DICOM dates by the hospital's clock."""
    return {
        name: (look.now + timedelta(days=_DAYS[value])).strftime("%Y%m%d")
        if isinstance(value, str) and value in _DAYS
        else value
        for name, value in query.items()
    }


def said(query: Mapping[str, Any]) -> str:
    """A query as a person reads it: accession RXX1, status 0000 or 0001."""
    return ", ".join(f"{name} {_said(value)}" for name, value in query.items())


def _said(value: Any) -> str:
    if isinstance(value, Mapping):
        return " and ".join(f"{name} {_said(one)}" for name, one in value.items())
    if isinstance(value, list):
        return " or ".join(_said(one) for one in value)
    return "empty" if value is None else plain(value)
