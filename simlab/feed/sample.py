"""One start of a pathway as a table: what is told, when, by whom and of whom."""

from __future__ import annotations

from typing import Any

from simlab.feed.dialect import Dialect
from simlab.feed.library import Named
from simlab.feed.messages import TABLE, event, wire
from simlab.feed.plan import Plan
from simlab.feed.run import Answer, Feed
from simlab.feed.state import Happening


class _Table:
    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def take(self, it: Happening) -> Answer | None:
        message = wire(it, Dialect())
        if message is None:
            return None
        told = event(message)
        self.rows.append(
            {
                "at": it.at.isoformat(sep=" ", timespec="minutes"),
                "sender": it.facts.get("by", TABLE[it.kind].sender),
                "told": told,
                "what": it.kind.replace("_", " "),
                "patient": f"{it.life.person.mrn} {it.life.person.family.upper()} {it.life.person.given}",
                "about": _about(it),
            }
        )
        return Answer("AA", told)


def _about(it: Happening) -> str:
    if it.kind in ("merge", "link", "unlink") and it.other is not None:
        return f"{it.other.person.mrn}"
    if it.order is not None:
        return " ".join(filter(None, (it.order.code, it.facts.get("status"), it.facts.get("control"))))
    if it.values:
        return it.facts["panel"]
    if it.appointment is not None:
        return f"{it.appointment.place} {it.appointment.start:%Y-%m-%d %H:%M}"
    return it.facts.get("change") or (it.visit.place if it.visit else "")


def told(named: Named, seed: int) -> list[dict[str, Any]]:
    """What the first start with that seed sends, a row a message."""
    table = _Table()
    Feed(Plan([named], seed, count=1), table).run()
    return table.rows
