"""The engine's durable queue: one row a message and route, first in first out by route."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime

from simlab.hl7.courier import Delivery
from simlab.hl7.message import Message
from simlab.hl7.record import message_type
from simlab.provenance import Provenance

QUEUED = "queued"
SENDING = "sending"
DELIVERED = "delivered"
ERROR = "error"
RESENT = "resent"
DISCARDED = "discarded"
HELD = "held"
RUNNING = "running"

_PATIENT_PLACES = ("PID-3", "MRG-1")


def matches(route: sqlite3.Row, sending: str, kind: str) -> bool:
    """Whether a route takes messages of application `sending` (MSH-3) and type `kind` (``ADT^A40``)."""
    sources, types = json.loads(route["sources"]), json.loads(route["types"])
    return (not sources or sending in sources) and (not types or kind in types or kind.split("^")[0] in types)


def routes_for(tx: sqlite3.Connection, message: Message) -> list[str]:
    """The names of the routes that take `message`, in their order."""
    sending, kind = message.get("MSH-3.1"), message_type(message)
    rows = tx.execute("SELECT * FROM engine_route ORDER BY position, name")
    return [row["name"] for row in rows if matches(row, sending, kind)]


def earlier(tx: sqlite3.Connection, message: Message) -> list[sqlite3.Row]:
    """Messages taken before under the same MSH-3, MSH-4 and MSH-10."""
    return tx.execute(
        "SELECT * FROM engine_message WHERE control_id=? AND sending=? AND facility=? ORDER BY id",
        (message.get("MSH-10"), message.get("MSH-3.1"), message.get("MSH-4.1")),
    ).fetchall()


def keep(tx: sqlite3.Connection, message: Message, ack: bytes | None, now: datetime) -> int:
    """Store a message and the acknowledgement it got."""
    numbers = [one for place in _PATIENT_PLACES for one in message.all(place)]
    cursor = tx.execute(
        "INSERT INTO engine_message (received, sending, facility, control_id, type, patient_ids, data, ack) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            now.isoformat(timespec="milliseconds"),
            message.get("MSH-3.1"),
            message.get("MSH-4.1"),
            message.get("MSH-10"),
            message_type(message),
            json.dumps(numbers, ensure_ascii=False),
            message.data,
            ack,
        ),
    )
    return int(cursor.lastrowid or 0)


def put(tx: sqlite3.Connection, route: str, message: int, now: datetime, who: Provenance) -> int:
    """Queue a stored message for a route, behind what waits there."""
    cursor = tx.execute(
        "INSERT INTO engine_queue (route, message, state, attempts, error, next_try, actor, cause, queued, reason) "
        "VALUES (?, ?, 'queued', 0, '', 0, ?, ?, ?, '')",
        (route, message, who.actor, who.cause, now.isoformat(timespec="milliseconds")),
    )
    return int(cursor.lastrowid or 0)


def again(tx: sqlite3.Connection, item: sqlite3.Row, edited: bytes | None, now: datetime, who: Provenance) -> int:
    """Queue a finished item once more, as a new one behind what waits; an error counts as dealt with."""
    number = put(tx, item["route"], item["message"], now, who)
    tx.execute("UPDATE engine_queue SET edited=?, resent_from=? WHERE id=?", (edited, item["id"], number))
    tx.execute("UPDATE engine_queue SET state='resent' WHERE id=? AND state='error'", (item["id"],))
    return number


def first(tx: sqlite3.Connection, route: str) -> sqlite3.Row | None:
    """The item at the head of a route's queue, with its message's data and control ID."""
    row: sqlite3.Row | None = tx.execute(
        "SELECT q.*, coalesce(q.edited, m.data) AS data, m.control_id FROM engine_queue q "
        "JOIN engine_message m ON m.id = q.message WHERE q.route=? AND q.state='queued' ORDER BY q.id LIMIT 1",
        (route,),
    ).fetchone()
    return row


def settle(tx: sqlite3.Connection, item: int, delivery: Delivery, state: str, next_try: float, now: datetime) -> None:
    """Write what came of an attempt; nothing when the item is no longer the one in flight (the scene was reset)."""
    tx.execute(
        "UPDATE engine_queue SET state=?, attempts=attempts + 1, error=?, ack=?, next_try=?, done=? "
        "WHERE id=? AND state='sending'",
        (
            state,
            "" if state == DELIVERED else delivery.text,
            delivery.ack,
            next_try,
            None if state == QUEUED else now.isoformat(timespec="milliseconds"),
            item,
        ),
    )
