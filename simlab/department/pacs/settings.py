"""The PACS's settings and its table of peers: who may call, who may be sent to."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from simlab.errors import BadInput, NotFound

Value = str | int | bool | list[str]

DEFAULTS: dict[str, Value] = {
    "ae_title": "PACS",
    "check_called": True,
    "check_calling": True,
    "max_associations": 50,
    "case_insensitive_pn": False,
    "combined_datetime": False,
    "default_issuer": "",
    "refused_classes": [],
}
"""Every setting with what it is until somebody changes it. `default_issuer` is the assigning authority of patient IDs
that come without one; `refused_classes` are SOP class UIDs the archive does not take."""

SERVICES = ("echo", "store", "query", "retrieve")
"""What a peer may be allowed to do; whoever has an address may also be a move destination."""


@dataclass(frozen=True)
class PeerEntry:
    """A row of the table of peers."""

    title: str
    host: str
    port: int
    services: tuple[str, ...]


def setting(tx: sqlite3.Connection, key: str) -> Any:
    """A setting's value now."""
    row = tx.execute("SELECT value FROM pacs_setting WHERE key=?", (key,)).fetchone()
    return json.loads(row["value"]) if row else DEFAULTS[key]


def write_settings(tx: sqlite3.Connection, changes: dict[str, Any]) -> dict[str, Value]:
    """Check and keep `changes`; raises BadInput that lists what may be set."""
    checked = {key: checked_value(key, value) for key, value in changes.items()}
    for key, value in checked.items():
        tx.execute("INSERT OR REPLACE INTO pacs_setting VALUES (?, ?)", (key, json.dumps(value)))
    return checked


def checked_value(key: str, value: Any) -> Value:
    """`value` in the type of the setting, text as a command line gives it included."""
    if key not in DEFAULTS:
        raise BadInput(f"the PACS has no setting {key}", place=key, remedy=f"It has: {', '.join(DEFAULTS)}.")
    default = DEFAULTS[key]
    if isinstance(default, bool):
        if str(value).lower() in ("true", "on", "yes", "1", "false", "off", "no", "0"):
            return str(value).lower() in ("true", "on", "yes", "1")
        raise BadInput(f"{value!r} is neither on nor off", place=key, remedy="Write true or false.")
    if isinstance(default, int):
        if str(value).isdigit() and 1 <= int(value) <= 10000:
            return int(value)
        raise BadInput(f"{value!r} is no number from 1 to 10000", place=key, remedy="Write a number.")
    if isinstance(default, list):
        parts = value if isinstance(value, list) else str(value).replace(",", " ").split()
        return [str(part) for part in parts]
    return checked_title(str(value)) if key == "ae_title" else str(value)


def checked_title(title: str) -> str:
    """An AE title without padding; raises BadInput when it is none (PS3.5 6.2: 1 to 16 characters, no backslash)."""
    plain = title.strip(" ")
    if not plain or len(plain) > 16 or not plain.isascii() or not plain.isprintable() or "\\" in plain:
        raise BadInput(
            f"{title!r} is no AE title", remedy="Write 1 to 16 plain characters; upper and lower case differ."
        )
    return plain


def checked_peer(title: str, host: str, port: int, services: list[str] | None) -> PeerEntry:
    """A peer's entry; raises BadInput for what cannot be one."""
    wanted = list(SERVICES) if services is None else services
    for service in wanted:
        if service not in SERVICES:
            raise BadInput(f"{service!r} is no service", remedy=f"Choose from {', '.join(SERVICES)}.")
    if not 1 <= int(port) <= 65535:
        raise BadInput(f"{port} is no port", place=title, remedy="A port is a number from 1 to 65535.")
    if not host.strip() or any(c.isspace() for c in host.strip()):
        raise BadInput(f"{host!r} is no host", place=title, remedy="Write a name or an IP address.")
    return PeerEntry(checked_title(title), host.strip(), int(port), tuple(wanted))


def write_peer(tx: sqlite3.Connection, peer: PeerEntry) -> None:
    tx.execute(
        "INSERT INTO pacs_peer VALUES (?, ?, ?, ?) ON CONFLICT (title) DO UPDATE SET "
        "host=excluded.host, port=excluded.port, services=excluded.services",
        (peer.title, peer.host, peer.port, json.dumps(peer.services)),
    )


def find_peer(tx: sqlite3.Connection, title: str) -> PeerEntry | None:
    """The peer of that AE title, letter by letter."""
    row = tx.execute("SELECT * FROM pacs_peer WHERE title=?", (title.strip(" "),)).fetchone()
    return PeerEntry(row["title"], row["host"], row["port"], tuple(json.loads(row["services"]))) if row else None


def the_peer(tx: sqlite3.Connection, title: str) -> PeerEntry:
    """The peer of that AE title; NotFound lists those there are."""
    peer = find_peer(tx, title)
    if peer is None:
        known = [row["title"] for row in tx.execute("SELECT title FROM pacs_peer ORDER BY title")]
        raise NotFound(
            f"the PACS has no peer {title}", place="PACS", remedy=f"Its peers: {', '.join(known) or 'none'}."
        )
    return peer
