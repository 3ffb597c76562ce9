"""What a door took before: duplicates by MSH-3, MSH-4 and MSH-10, remembered over a restart."""

from __future__ import annotations

import hashlib
import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta

from simlab.hl7.message import Message

_PRUNE_EVERY = 256  # messages between two looks at what is too old


@dataclass(frozen=True)
class Before:
    """What is remembered under a message's identifiers: the answers it got, or that another message `used` them."""

    found: bool = False
    accept: bytes | None = None
    ack: bytes | None = None
    used: bool = False


@dataclass(frozen=True)
class Key:
    """By what a message is known again at a door: its identifiers, and its content."""

    door: str
    application: str
    facility: str
    control_id: str
    digest: bytes


def key(door: str, message: Message) -> Key:
    """The key of `message` at `door`."""
    digest = hashlib.sha256(_content(message)).digest()
    return Key(door, message.get("MSH-3"), message.get("MSH-4"), message.get("MSH-10"), digest)


def _content(message: Message) -> bytes:
    """The message without its sequence number, which is another one when it is sent again later.

    Some senders leave out the CR behind the last segment; it makes no other message.
    """
    header = message.segments[0].fields
    if len(header) <= 13 or not header[13]:
        return message.data.rstrip(b"\r")
    first, end, rest = message.data.partition(b"\r")
    separator = first[3:4]
    fields = first.split(separator)
    fields[12] = b""
    return (separator.join(fields).rstrip(separator) + end + rest).rstrip(b"\r")


def before(tx: sqlite3.Connection, key: Key) -> Before:
    """Whether this very message was taken before, or another one under the same identifiers."""
    rows = tx.execute(
        "SELECT digest, accept, ack FROM hl7_taken WHERE control_id=? AND door=? AND application=? AND facility=?",
        (key.control_id, key.door, key.application, key.facility),
    ).fetchall()
    for row in rows:
        if row["digest"] == key.digest:
            return Before(True, row["accept"], row["ack"])
    return Before(used=bool(rows))


def remember(
    tx: sqlite3.Connection, key: Key, accept: bytes | None, ack: bytes | None, now: datetime, days: int
) -> None:
    """Keep the answers to a message; what is older than so many `days` is forgotten now and then."""
    cursor = tx.execute(
        "INSERT INTO hl7_taken (door, application, facility, control_id, digest, accept, ack, at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (key.door, key.application, key.facility, key.control_id, key.digest, accept, ack, _at(now)),
    )
    if int(cursor.lastrowid or 0) % _PRUNE_EVERY == 0:
        forget(tx, key.door, now, days)


def forget(tx: sqlite3.Connection, door: str, now: datetime, days: int) -> int:
    """Forget what `door` took more than so many days ago; how many that were."""
    try:
        limit = now - timedelta(days=days)
    except OverflowError:  # a clock that a scene set to the beginning of the calendar
        return 0
    return tx.execute("DELETE FROM hl7_taken WHERE door=? AND at < ?", (door, _at(limit))).rowcount


def _at(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")
