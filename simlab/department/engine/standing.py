"""The routes as they stand: read for every message, changed a few times a day."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from simlab.department.engine.policy import Policy, policy
from simlab.remembered import remembered


class Way(NamedTuple):
    """A route as delivery needs it; `sources`, `types` and `rules` are the texts that the table keeps."""

    name: str
    state: str
    host: str
    port: int
    policy: Policy
    sources: str
    types: str
    rules: str


def ways(tx: sqlite3.Connection) -> dict[str, Way]:
    """Every route by its name, in their order."""
    return remembered(tx, _ways)


def _ways(tx: sqlite3.Connection) -> dict[str, Way]:
    rows = tx.execute(
        "SELECT name, state, host, port, policy, sources, types, rules FROM engine_route ORDER BY position, name"
    )
    return {
        name: Way(name, state, host, port, policy(manner), *texts) for name, state, host, port, manner, *texts in rows
    }
