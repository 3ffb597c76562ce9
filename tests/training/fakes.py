"""A snapshot made by hand, for checks without a lab."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from simlab.journal import Event


@dataclass
class FakeSnapshot:
    """Views, events and changes as given."""

    views: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    happened: list[Event] = field(default_factory=list)
    changed: list[Any] = field(default_factory=list)
    now: datetime = datetime(2026, 3, 2, 8, 0)

    def view(self, name: str, /, **filters: Any) -> list[dict[str, Any]]:
        rows = self.views[name]
        return [row for row in rows if all(row.get(key) == value for key, value in filters.items())]

    def events(self, *, after: int = 0) -> list[Event]:
        return [event for event in self.happened if event.id > after]

    def changes(self, *, after: int = 0) -> list[Any]:
        return [change for change in self.changed if change.id > after]


def event(
    number: int, kind: str, actor: str = "trainee", system: str = "PACS", at: str = "08:00", **data: Any
) -> Event:
    return Event(number, f"2026-03-02T{at}:00", "a", system, kind, actor, None, kind, data)


def change(number: int, table: str, key: str, before: Any, after: Any, actor: str = "trainee") -> Any:
    return SimpleNamespace(id=number, table=table, key=key, before=before, after=after, actor=actor, cause=None)
