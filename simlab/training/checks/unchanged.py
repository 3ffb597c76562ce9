"""The check for collateral damage: which domain rows the trainee changed, beyond those that were meant."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

from pydantic import Field

from simlab import provenance
from simlab.training.checks.check import FAILED, PASSED, Check, Finding, Sight, word
from simlab.training.checks.matching import plain
from simlab.validation import Strict

SHOWN = 8


class Unchanged(Strict):
    """Nothing changed by the trainee, save what `except` names: ``ris.orders``, ``ris.orders/ACC1``, ``pacs.*``."""

    except_: list[str] = Field([], alias="except", description="system.table, or system.table/value of any column")
    systems: list[str] = Field([], description="look at these systems alone: pacs, ris, epr, engine, modality, viewer")


def look(params: Unchanged, sight: Sight, check: Check) -> Finding:
    """Judge the net effect on each row: what was changed and put back counts as unchanged."""
    rows: dict[tuple[str, str], list[Any]] = {}
    for change in sight.look.changes(after=sight.since.change):
        if change.actor == provenance.TRAINEE:
            rows.setdefault((change.table, change.key), []).append(change)
    damage = []
    for (table, key), changes in rows.items():
        system, _, thing = table.partition("_")
        if params.systems and system not in params.systems:
            continue
        if system == "desk" or changes[0].before == changes[-1].after:
            continue  # what the trainee says and asks at the desk changes nothing in the department
        values = {plain(value) for row in (changes[0].before, changes[-1].after) for value in (row or {}).values()}
        if not any(_named(one, f"{system}.{thing}", {key, *values}) for one in params.except_):
            damage.append((f"{system}.{thing} {key}", changes))
    allowed = f" but {', '.join(params.except_)}" if params.except_ else ""
    evidence = tuple(
        {"change": name, "before": changes[0].before, "after": changes[-1].after, "event": changes[-1].cause}
        for name, changes in damage[:SHOWN]
    )
    actual = ", ".join(name for name, _ in damage[:SHOWN]) or "nothing else"
    return Finding(FAILED if damage else PASSED, f"nothing changed{allowed}", f"changed: {actual}", evidence)


def _named(pattern: str, table: str, values: set[str]) -> bool:
    name, _, wanted = pattern.partition("/")
    if not fnmatchcase(table, name) and _singular(name) != table:
        return False
    return not wanted or any(fnmatchcase(value, wanted) for value in values)


def _singular(name: str) -> str:
    """Authors name views (ris.orders, pacs.studies); tables are named in the singular."""
    if name.endswith("ies"):
        return name[:-3] + "y"
    return name if name.endswith("series") else name.removesuffix("s")


word("lab.unchanged", Unchanged, look)
