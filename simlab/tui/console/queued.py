"""The engine's queues and rules as a person reads them: what goes next, and when a rule does what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simlab.tui.client import Rows

ALWAYS = "always"

_TESTS = {"equals": "is", "in": "is", "not": "is not", "like": "is like", "matches": "matches"}


def in_order(rows: Rows) -> Rows:
    """What waits, by route in the order in which it goes out.

    `next` is its place in that order, `ahead` the item before it and `first` that of the route, for changing the order.
    """
    found: Rows = []
    by_route: dict[str, Rows] = {}
    for row in sorted(rows, key=lambda row: (str(row["route"]), int(row["place"]), int(row["id"]))):
        by_route.setdefault(str(row["route"]), []).append(row)
    for waiting in by_route.values():
        ahead: int | None = None
        # What is on its way already keeps its place.
        first = next((row["id"] for row in waiting if row["state"] == "queued"), None)
        for place, row in enumerate(waiting, 1):
            behind = row["state"] == "queued" and ahead is not None
            found.append({"next": place, **row, "ahead": ahead if behind else None, "first": first if behind else None})
            ahead = row["id"] if row["state"] == "queued" else None
    return found


def newest_first(rows: Rows) -> Rows:
    """What went through, the last first."""
    return sorted(rows, key=lambda row: (int(row["place"]), int(row["id"])), reverse=True)


def read_rules(rows: Rows) -> Rows:
    """Each rule with `when` it does something, `what` that is, and `to` what or with what."""
    return [{**row, **rule_words(row["rule"])} for row in rows]


def rule_words(rule: Mapping[str, Any]) -> dict[str, str]:
    """A rule as it is written in YAML, in words."""
    when = conditions(rule.get("if") or {})
    match rule:
        case {"keep": holds}:
            what, to = "only these go on", conditions(holds)
        case {"drop": holds}:
            when, what, to = _both(when, conditions(holds)), "is filtered", "nobody"
        case {"refuse": holds, "because": why}:
            when, what, to = _both(when, conditions(holds)), "becomes a dead letter", f"because: {why}"
        case {"set": path}:
            every = " everywhere" if rule.get("every") else ""
            what, to = f"set {path}{every}", _source(rule)
        case {"translate": path, "table": table}:
            pairs = ", ".join(f"{old} → {new}" for old, new in table.items())
            rest = f"; else {rule['otherwise']}" if "otherwise" in rule else ""
            what, to = f"translate {path}", pairs + rest
        case {"add_segment": text}:
            what, to = f"add a segment after {rule.get('after') or 'the last'}", str(text)
        case {"drop_segment": names}:
            what, to = "take out segments", _listed(names)
        case {"keep_repetitions": path}:
            what, to = f"of {path} keep", conditions(rule.get("where") or {})
        case {"drop_repetitions": path}:
            what, to = f"of {path} take out", conditions(rule.get("where") or {})
        case {"order_repetitions": path}:
            what, to = f"of {path} put first", conditions(rule.get("first") or {})
        case {"charset": name}:
            what = {"label": "call the character set", "bytes": "convert the bytes only"}.get(
                str(rule.get("only")), "convert to"
            )
            to = str(name)
        case {"version": version}:
            what, to = "set MSH-12", str(version)
        case {"convert": version}:
            orders = f", orders as {str(rule['orders']).upper()}" if rule.get("orders") else ""
            what, to = "convert to version", f"{version}{orders}"
        case {"split": segment}:
            what, to = "split", f"one message for each {segment}"
        case {"line_ends": ends}:
            what, to = "end segments with", str(ends)
        case _:
            first = next((name for name in rule if name not in ("if", "note")), "")
            what, to = first.replace("_", " "), _listed(rule.get(first, ""))
    words = f"{'' if when == ALWAYS else f'when {when}: '}{what}: {to}"
    return {"when": when, "what it does": what, "to": to, "in words": words}


def conditions(holds: Mapping[str, Any]) -> str:
    """Conditions in words: ``PID-3.4 is RXX01 and PV1 is there``."""
    return " and ".join(f"{path} {_test(test)}" for path, test in holds.items()) or ALWAYS


def _test(test: Any) -> str:
    if not isinstance(test, Mapping):
        return f"is {_listed(test)}"
    if "missing" in test:
        return "is missing" if test["missing"] else "is there"
    return " and ".join(f"{_TESTS.get(name, name)} {_listed(value)}" for name, value in test.items())


def _both(one: str, other: str) -> str:
    return " and ".join(part for part in (one, other) if part != ALWAYS) or ALWAYS


def _source(rule: Mapping[str, Any]) -> str:
    if "from" in rule:
        return f"what stands in {rule['from']}"
    text = str(rule.get("template", rule.get("value", "")))
    return text or "(empty)"


def _listed(value: Any) -> str:
    if isinstance(value, list):
        return " or ".join(map(_listed, value))
    return str(value) if str(value) else "(empty)"
