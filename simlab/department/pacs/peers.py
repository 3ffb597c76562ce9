"""The PACS's table of peers: who may call and for what, who may be sent to."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from simlab import credentials
from simlab.department.pacs.settings import checked_title
from simlab.dicom.client import Peer
from simlab.dicom.contexts import STORAGE_CLASSES
from simlab.dicom.uids import is_uid
from simlab.errors import BadInput, NotFound
from simlab.remembered import remembered

SERVICES = ("echo", "store", "commit", "query", "retrieve", "destination")
"""What a peer may be allowed to do; `commit` is to ask for storage commitment, a `destination` may be sent to."""

STANDARD = "standard"
"""Stands for every storage class of the standard in a peer's list of classes."""

_STANDARD = frozenset(STORAGE_CLASSES)
_MOST_ASSOCIATIONS = 10_000


@dataclass(frozen=True)
class PeerEntry:
    """A row of the table of peers.

    `classes` are the SOP classes that it may store, private ones among them; none means those of the standard.
    `max_associations` is how many it may hold at once, 0 as many as the PACS has. With `tls` it is called over TLS.
    """

    title: str
    host: str
    port: int
    services: tuple[str, ...] = SERVICES
    classes: tuple[str, ...] = ()
    max_associations: int = 0
    tls: bool = False

    def may_store(self, sop_class: str) -> bool:
        """Whether it may store objects of that class."""
        if not self.classes:
            return sop_class in _STANDARD
        return sop_class in self.classes or (STANDARD in self.classes and sop_class in _STANDARD)

    @property
    def offered_classes(self) -> tuple[str, ...]:
        """The storage classes to negotiate with it.

        Who retrieves with C-GET needs a context for whatever the archive holds, so such a peer is offered all of them,
        and what it may not store is refused when it tries.
        """
        if not self.classes:
            return STORAGE_CLASSES
        wide = STANDARD in self.classes or "retrieve" in self.services
        named = tuple(uid for uid in self.classes if uid != STANDARD)
        return tuple(dict.fromkeys((*(STORAGE_CLASSES if wide else ()), *named)))


def checked_peer(
    title: str,
    host: str,
    port: int,
    services: Sequence[str] | None,
    classes: Sequence[str] = (),
    max_associations: int = 0,
    tls: bool = False,
) -> PeerEntry:
    """A peer's entry; raises BadInput for what cannot be one."""
    wanted = SERVICES if services is None else services
    for service in wanted:
        if service not in SERVICES:
            raise BadInput(f"{service!r} is no service", remedy=f"Choose from {', '.join(SERVICES)}.")
    for uid in classes:
        if uid != STANDARD and not is_uid(uid):
            raise BadInput(f"{uid!r} is no SOP class UID", place=title, remedy=f"Write UIDs, or {STANDARD}.")
    if not 1 <= int(port) <= 65535:
        raise BadInput(f"{port} is no port", place=title, remedy="A port is a number from 1 to 65535.")
    if not host.strip() or any(c.isspace() for c in host.strip()):
        raise BadInput(f"{host!r} is no host", place=title, remedy="Write a name or an IP address.")
    if not 0 <= max_associations <= _MOST_ASSOCIATIONS:
        raise BadInput(f"{max_associations} is no number of associations", place=title, remedy="0 sets no limit.")
    plain = (checked_title(title), host.strip(), int(port))
    return PeerEntry(*plain, tuple(wanted), tuple(classes), max_associations, tls)


def write_peer(tx: sqlite3.Connection, peer: PeerEntry) -> None:
    tx.execute(
        "INSERT INTO pacs_peer (title, host, port, services, classes, max_associations, tls) "
        "VALUES (?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (title) DO UPDATE SET host=excluded.host, port=excluded.port, services=excluded.services, "
        "classes=excluded.classes, max_associations=excluded.max_associations, tls=excluded.tls",
        (
            peer.title,
            peer.host,
            peer.port,
            json.dumps(peer.services),
            json.dumps(peer.classes),
            peer.max_associations,
            int(peer.tls),
        ),
    )


def find_peer(tx: sqlite3.Connection, title: str) -> PeerEntry | None:
    """The peer of that AE title, letter by letter."""
    return remembered(tx, _peers).get(title.strip(" "))


def _peers(tx: sqlite3.Connection) -> dict[str, PeerEntry]:
    found = {}
    for row in tx.execute("SELECT * FROM pacs_peer"):
        services, classes = (tuple(json.loads(row[column])) for column in ("services", "classes"))
        limits = (row["max_associations"], bool(row["tls"]))
        found[row["title"]] = PeerEntry(row["title"], row["host"], row["port"], services, classes, *limits)
    return found


def the_peer(tx: sqlite3.Connection, title: str) -> PeerEntry:
    """The peer of that AE title; NotFound lists those there are."""
    peer = find_peer(tx, title)
    if peer is None:
        known = [row["title"] for row in tx.execute("SELECT title FROM pacs_peer ORDER BY title")]
        raise NotFound(
            f"the PACS has no peer {title}", place="PACS", remedy=f"Its peers: {', '.join(known) or 'none'}."
        )
    return peer


def find_destination(tx: sqlite3.Connection, title: str) -> PeerEntry | None:
    """The peer of that AE title, if it may be sent to."""
    peer = find_peer(tx, title)
    return peer if peer and "destination" in peer.services else None


def address(peer: PeerEntry, certificates: Path | None) -> Peer:
    """How to call a peer. Over TLS it is verified against the CA in `certificates` and shown the `client` one there.

    Raises Unavailable when the certificates are missing.
    """
    if not peer.tls:
        return Peer(peer.title, peer.host, peer.port)
    return Peer(peer.title, peer.host, peer.port, credentials.calling("PACS", certificates))
