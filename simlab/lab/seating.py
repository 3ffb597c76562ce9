"""Which door gets which port: the one it had last time, else its standard one, else any that is free."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
from collections.abc import Callable

from simlab import provenance
from simlab.config import SEATS, Endpoint
from simlab.errors import Unavailable
from simlab.store import Store

Opener = Callable[[str, int], int]
"""Binds host and port (0: any free one), serves, and gives the real port; OSError when it cannot."""

_ADDRESSES = (
    ("pacs_peer", "port"),
    ("ris_peer", "port"),
    ("engine_route", "port"),
    ("neighbour_peer", "port"),
)
"""Columns that hold a port of the lab."""
_SETTINGS = (
    ("modality_config", "key", "value"),
    ("ris_setting", "key", "value"),
    ("epr_setting", "key", "value"),
    ("pacs_setting", "key", "value"),
    ("neighbour_setting", "key", "value"),
)
"""Tables of settings, with their columns of names and values; a name that ends in ``port`` holds a port."""


class Seating:
    """Ports on `host`. `ports`: ``standard`` (the well-known ones where free) or ``auto`` (any free ones)."""

    def __init__(self, store: Store, host: str, ports: str) -> None:
        self.endpoints: dict[str, Endpoint] = {}
        self._store = store
        self._host = host
        self._standard = ports == "standard"
        try:
            socket.getaddrinfo(host or None, 1 if host else None)
        except (OSError, ValueError) as error:
            raise Unavailable(
                f"{host[:100]!r} is no address to listen on ({getattr(error, 'strerror', None) or error})",
                place="--host",
                remedy="Write an address of this machine: 127.0.0.1 is always one.",
            ) from None
        self._before: dict[str, int] = json.loads(store.get_state("ports") or "{}")

    def port(self, name: str) -> int:
        """The port to open door `name` on; 0 stands for any free one."""
        wanted = self._before.get(name) or (SEATS[name].port if self._standard else 0)
        return wanted if wanted and _free(self._host, wanted) else 0

    def take(self, name: str, port: int) -> None:
        """Door `name` listens on `port`."""
        self.endpoints[name] = Endpoint(self._host, port, SEATS[name].title)

    def open(self, name: str, opener: Opener) -> None:
        """Open door `name` by `opener`; Unavailable when there is no port for it."""
        try:
            self.take(name, opener(self._host, self.port(name)))
        except OSError as error:
            raise Unavailable(
                f"{name} cannot listen ({error.strerror})",
                place=self._host,
                remedy="Free a port, or choose another address with --host.",
            ) from error

    def remember(self) -> None:
        """Keep the ports for the next start; addresses that pointed at a door that had to move follow it."""
        now = {name: endpoint.port for name, endpoint in self.endpoints.items()}
        moved = [(now[name], port) for name, port in self._before.items() if now.get(name, port) != port]
        with provenance.acting(provenance.SCENE), self._store.write() as tx:
            for table, column in _ADDRESSES:
                _follow(tx, table, column, "1", moved)
            for table, key, value in _SETTINGS:
                _follow(tx, table, value, f"{key} LIKE '%port'", moved)
            tx.execute("INSERT OR REPLACE INTO lab_state VALUES ('ports', ?)", (json.dumps(now),))


def _follow(tx: sqlite3.Connection, table: str, column: str, which: str, moved: list[tuple[int, int]]) -> None:
    if moved:
        cases = " ".join(f"WHEN CAST({column} AS TEXT) = '{old}' THEN '{new}'" for new, old in moved)
        tx.execute(f"UPDATE {table} SET {column} = CASE {cases} ELSE {column} END WHERE {which}")


def _free(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as trial:
        if os.name == "posix":
            # There, it only passes over what an earlier lab's closed connections left behind.
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError:
            return False
    return True
