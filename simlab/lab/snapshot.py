"""One consistent look at the whole department: views, events and changes from the same read transaction."""

from __future__ import annotations

import inspect
import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from simlab.errors import BadInput, NotFound
from simlab.journal import Event, Journal
from simlab.store import Store

View = Callable[..., list[dict[str, Any]]]


@dataclass(frozen=True)
class Change:
    """One domain row that was inserted, updated or deleted, by whom and because of which event."""

    id: int
    at: str
    system: str
    table: str
    op: str
    key: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    actor: str
    cause: int | None


class Snapshot:
    """What a check may look at. It reads, never writes."""

    def __init__(self, tx: sqlite3.Connection, journal: Journal, views: Mapping[str, View], now: datetime) -> None:
        self._tx = tx
        self._journal = journal
        self._views = views
        self.now = now

    def view(self, name: str, /, **filters: Any) -> list[dict[str, Any]]:
        """The rows of one view (``pacs.studies``), narrowed by its filters; NotFound or BadInput by name."""
        view = self._views.get(name)
        if view is None:
            raise NotFound(f"there is no view {name}", remedy=f"There are: {', '.join(sorted(self._views))}.")
        known = list(inspect.signature(view).parameters)[1:]
        unknown = [key for key in filters if key not in known]
        if unknown:
            raise BadInput(f"view {name} has no filter {unknown[0]}", remedy=f"It has: {', '.join(known) or 'none'}.")
        return view(self._tx, **filters)

    def events(self, *, after: int = 0, attempt: str | None = None, limit: int = 100_000, **narrow: Any) -> list[Event]:
        """Journal events, oldest first; see `Journal.events` for `kinds` and `system`."""
        return self._journal.events(after=after, attempt=attempt, limit=limit, tx=self._tx, **narrow)

    def evidence(self, event_id: int) -> bytes | None:
        """The raw evidence of an event."""
        return self._journal.evidence(event_id)

    def changes(self, *, after: int = 0) -> list[Change]:
        """The recorded row changes newer than change `after`, oldest first."""
        rows = self._tx.execute("SELECT * FROM lab_change WHERE id > ? ORDER BY id", (after,)).fetchall()
        return [
            Change(
                id=row["id"],
                at=row["at"],
                system=row["system"],
                table=row["tbl"],
                op=row["op"],
                key=row["key"],
                before=json.loads(row["before"]) if row["before"] else None,
                after=json.loads(row["after"]) if row["after"] else None,
                actor=row["actor"],
                cause=row["cause"],
            )
            for row in rows
        ]


@contextmanager
def snapshot(store: Store, journal: Journal, views: Mapping[str, View]) -> Iterator[Snapshot]:
    """A snapshot for as long as the block lasts."""
    with store.read() as tx:
        yield Snapshot(tx, journal, views, store.clock.now())
