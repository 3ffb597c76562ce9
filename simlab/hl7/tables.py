"""The tables of HL7 v2: which codes a version knows, from hl7apy, and what the department's codes mean, from YAML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml

from simlab.hl7 import dictionary


@dataclass(frozen=True)
class Table:
    """One table: its codes, and of those that the department meets, the meaning.

    `open` tables may hold codes of a site's own: they have placeholders (``NNxxx``, ``99zzz``), or none are listed.
    """

    number: str
    name: str
    codes: frozenset[str] = frozenset()
    meanings: Mapping[str, str] = field(default_factory=dict)
    open: bool = False


OPEN = frozenset({"0203", "0396", "0074", "0361", "0362", "0363", "0300"})
"""Tables that the standard lists codes of and lets sites add to: identifier types, coding systems, sections, places."""


@lru_cache(maxsize=1)
def _meanings() -> dict[str, dict[str, Any]]:
    text = resources.files("simlab.hl7").joinpath("tables.yaml").read_text(encoding="utf-8")
    loaded: dict[str, dict[str, Any]] = yaml.safe_load(text)
    return loaded


@lru_cache(maxsize=1024)
def table(number: str, version: str = dictionary.DEFAULT_VERSION) -> Table:
    """Table `number` (``0001``) as `version` has it; without codes when nothing is known of it."""
    name, codes = dictionary.table_codes(number, version)
    own = _meanings().get(number, {})
    meanings: dict[str, str] = {**own.get("values", {}), **own.get("more", {})}
    known = frozenset(codes or own.get("values", {})) | frozenset(own.get("more", {}))
    return Table(number, own.get("name") or name, known, meanings, number in OPEN)


def meaning(number: str, code: str, version: str = dictionary.DEFAULT_VERSION) -> str:
    """What a code means, in words; "" when that is not told here."""
    return table(number, version).meanings.get(code, "") if number else ""


def told() -> tuple[str, ...]:
    """The numbers of the tables whose meanings are told here."""
    return tuple(_meanings())


def added(number: str) -> tuple[str, ...]:
    """The codes of a table that stand here and not in hl7apy's list."""
    return tuple(_meanings().get(number, {}).get("more", {}))
