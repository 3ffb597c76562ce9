"""The log of the PACS console: one event for every thing that an administrator does there."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

from simlab import journal as kinds
from simlab.journal import Journal
from simlab.store import Store


class Console:
    """Carries out what is done at the console, in one transaction with its event."""

    def __init__(self, store: Store, journal: Journal) -> None:
        self._store = store
        self._journal = journal

    def carry_out(
        self, method: str, act: Callable[[sqlite3.Connection], dict[str, Any]], **args: Any
    ) -> dict[str, Any]:
        """Do `act` and give what it gives, a JSON-able dictionary with a summary; a preview leaves no event."""
        with self._store.write() as tx:
            done = act(tx)
            if not done.get("preview"):
                self._journal.record(
                    kinds.CONSOLE,
                    "PACS",
                    f"{method}: {done['summary']}",
                    {"method": method, "args": args, "result": done},
                )
        return done
