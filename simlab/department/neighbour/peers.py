"""Whom the neighbour knows: the PACS of this hospital by its settings, others by a table."""

from __future__ import annotations

import sqlite3
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from simlab.config import LOOPBACK
from simlab.department.neighbour.settings import NAME, NeighbourSettings, Title
from simlab.dicom.client import Peer
from simlab.errors import BadInput, NotFound


class NeighbourPeer(BaseModel):
    """A line of the table: an AE title and where it listens."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Title
    host: Annotated[str, Field(min_length=1, max_length=255)] = LOOPBACK
    port: Annotated[int, Field(ge=1, le=65535)] = 104


def checked(title: str, host: str, port: int) -> NeighbourPeer:
    """A line that can be kept; BadInput names what is wrong with it."""
    try:
        return NeighbourPeer(title=title, host=host, port=port)
    except ValidationError as errors:
        first = errors.errors()[0]
        raise BadInput(
            f"{first['loc'][0]}: {first['msg'].lower()}", place=NAME, remedy="Nothing was changed."
        ) from None


def save(tx: sqlite3.Connection, peer: NeighbourPeer) -> None:
    """Write a line in place of that of the same title."""
    tx.execute("INSERT OR REPLACE INTO neighbour_peer VALUES (?, ?, ?)", (peer.title, peer.host, peer.port))


def remove(tx: sqlite3.Connection, title: str) -> None:
    """Take a line away; NotFound."""
    if not tx.execute("DELETE FROM neighbour_peer WHERE title=?", (title,)).rowcount:
        raise NotFound(f"{NAME} has no peer {title}", place=NAME, remedy="Look at its peers.")


def known(tx: sqlite3.Connection, now: NeighbourSettings) -> dict[str, Peer]:
    """Everybody by title."""
    found = {row["title"]: Peer(row["title"], row["host"], row["port"]) for row in
             tx.execute("SELECT * FROM neighbour_peer ORDER BY title")}  # fmt: skip
    return {now.pacs_title: Peer(now.pacs_title, now.pacs_host, now.pacs_port), **found}


def find(tx: sqlite3.Connection, now: NeighbourSettings, title: str) -> Peer:
    """The peer of that title, the PACS without one; NotFound lists them."""
    peers = known(tx, now)
    if (title or now.pacs_title) not in peers:
        raise NotFound(f"{NAME} knows nobody called {title}", place=NAME, remedy=f"It knows {', '.join(peers)}.")
    return peers[title or now.pacs_title]
