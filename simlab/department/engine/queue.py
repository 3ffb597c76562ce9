"""The engine's durable queue: one row a message and route, in the order of their places by route."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from simlab.department.engine.line import Outcome
from simlab.department.engine.passage import Passage, through, wants
from simlab.department.engine.policy import BY_RECEIVER, BY_RULE, DELIVERED, ERROR, QUEUED
from simlab.department.engine.rulebook import compiled
from simlab.department.engine.standing import ways
from simlab.hl7 import courier, late
from simlab.hl7.message import Message
from simlab.hl7.record import message_type
from simlab.provenance import Provenance

SENDING = "sending"
RESENT = "resent"
DISCARDED = "discarded"
HELD = "held"
RUNNING = "running"
DISABLED = "disabled"

_PATIENT_PLACES = ("PID-3", "MRG-1")
_PLACE = "(SELECT coalesce(max(seq), 0) + 1 FROM sqlite_sequence WHERE name='engine_queue')"


@dataclass(frozen=True)
class Leg:
    """A message on a route: what its rules made of it, how often it goes out, and whether anything goes out now."""

    route: str
    running: bool
    copies: int
    passage: Passage


def legs(tx: sqlite3.Connection, message: Message) -> list[Leg]:
    """The routes that want `message`, in their order, each with what its rules make of it."""
    sending, kind = message.get("MSH-3.1"), message_type(message)
    return [
        Leg(way.name, way.state == RUNNING, way.policy.copies, through(way.name, compiled(way.rules), message))
        for way in ways(tx).values()
        if way.state != DISABLED and wants(way.sources, way.types, sending, kind)
    ]


def told(taken: list[Leg]) -> str:
    """What becomes of a message on its routes, in words."""
    queued = [leg.route for leg in taken if leg.passage.out]
    said = [f"queued for {', '.join(queued)}"] if queued else []
    said += [f"{leg.route} filters it ({leg.passage.filtered})" for leg in taken if leg.passage.filtered]
    said += [f"a dead letter of {leg.route} ({leg.passage.refused})" for leg in taken if leg.passage.refused]
    return "; ".join(said) or "taken; no route wants it"


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


def put(
    tx: sqlite3.Connection,
    route: str,
    message: int,
    now: datetime,
    who: Provenance,
    *,
    part: int = 0,
    made: bytes | None = None,
    edited: bytes | None = None,
    resent_from: int | None = None,
) -> int:
    """Queue a stored message for a route, behind what waits there."""
    cursor = tx.execute(
        "INSERT INTO engine_queue (route, message, part, place, made, edited, state, attempts, error, failed, "
        "next_try, actor, cause, queued, since, reason, resent_from) "
        f"VALUES (?, ?, ?, {_PLACE}, ?, ?, 'queued', 0, '', '', 0, ?, ?, ?, ?, '', ?)",
        (
            *(route, message, part, made, edited, who.actor, who.cause),
            *(now.isoformat(timespec="milliseconds"), time.time(), resent_from),
        ),
    )
    return int(cursor.lastrowid or 0)


def fail(tx: sqlite3.Connection, item: int, why: str, failed: str, now: datetime) -> None:
    """Make an item a dead letter."""
    tx.execute(
        "UPDATE engine_queue SET state='error', error=?, failed=?, done=? WHERE id=?",
        (why, failed, now.isoformat(timespec="milliseconds"), item),
    )


def enter(
    tx: sqlite3.Connection, taken: Sequence[Leg], message: int, data: bytes, now: datetime, who: Provenance
) -> None:
    """Queue what the routes' rules made of a stored message, a dead letter where they failed, and count it."""
    for leg in taken:
        for _ in range(leg.copies):
            for part, out in enumerate(leg.passage.out):
                put(tx, leg.route, message, now, who, part=part, made=None if out == data else out)
        if leg.passage.refused:
            fail(tx, put(tx, leg.route, message, now, who), leg.passage.refused, BY_RULE, now)
    count(tx, [leg.route for leg in taken if leg.passage.out], received=1)
    count(tx, [leg.route for leg in taken if leg.passage.filtered], received=1, filtered=1)
    count(tx, [leg.route for leg in taken if leg.passage.refused], received=1, failed=1)


def count(tx: sqlite3.Connection, routes: Sequence[str], ack: tuple[str, str] | None = None, **more: int) -> None:
    """Add to the tally of these routes; `ack` is the code of the last reply and when it came."""
    if not routes:
        return
    last = ", last_ack=?, last_ack_at=?" if ack else ""
    added = tx.execute(
        f"UPDATE engine_tally SET {', '.join(f'{name} = {name} + ?' for name in more)}{last} "
        f"WHERE route IN ({','.join('?' * len(routes))})",
        (*map(int, more.values()), *(ack or ()), *routes),
    ).rowcount
    if added < len(routes):
        for route in routes:
            if not tx.execute(
                "INSERT OR IGNORE INTO engine_tally VALUES (?, 0, 0, 0, 0, 0, '', NULL)", (route,)
            ).rowcount:
                continue
            count(tx, [route], ack, **more)


def waiting(tx: sqlite3.Connection, route: str, most: int) -> list[sqlite3.Row]:
    """The items at the head of a route's queue, with the bytes that go out and their control IDs."""
    return tx.execute(
        "SELECT q.id, q.actor, q.cause, q.attempts, q.next_try, coalesce(q.edited, q.made, m.data) AS data, "
        "m.control_id FROM engine_queue q JOIN engine_message m ON m.id = q.message "
        "WHERE q.route=? AND q.state='queued' ORDER BY q.place LIMIT ?",
        (route, most),
    ).fetchall()


def settle(tx: sqlite3.Connection, route: str, outcomes: Sequence[Outcome]) -> set[int]:
    """Write what came of attempts; the items of those that were not written before, and are still there."""
    values = [
        (
            *(one.parcel.id, one.parcel.attempts, one.verdict.state, one.verdict.failed, one.verdict.next_try),
            *("" if one.verdict.state == DELIVERED else one.delivery.text, one.delivery.ack),
            None if one.verdict.state == QUEUED else one.at,
            one.machine if one.verdict.state == DELIVERED else None,
        )
        for one in outcomes
    ]
    written = {
        row[0]
        for row in tx.execute(
            "WITH came (item, before, to_state, by, due, why, reply, at, machine) AS "
            f"(VALUES {', '.join(['(?, ?, ?, ?, ?, ?, ?, ?, ?)'] * len(values))}) "
            "UPDATE engine_queue SET state=to_state, attempts=attempts + 1, error=why, failed=by, ack=reply, "
            "next_try=due, done=at, took=machine - since FROM came "
            "WHERE id=item AND attempts=before AND state IN ('queued', 'sending') RETURNING id",
            [value for row in values for value in row],
        )
    }
    made = [one for one in outcomes if one.parcel.id in written]
    if made:
        states = [one.verdict.state for one in made]
        last = next(((one.delivery.said.code, one.at) for one in reversed(made) if one.delivery.said), None)
        tally = {"delivered": DELIVERED, "failed": ERROR, "retries": QUEUED}
        count(tx, [route], last, **{name: states.count(state) for name, state in tally.items()})
    return written


def hear(tx: sqlite3.Connection, links: str, answer: Message, now: datetime, *, only: str = "") -> str:
    """Give a late acknowledgement to the item it is for, and say to which; AE and AR make it a dead letter.

    `links` is how the names of the engine's links begin, `only` the one route that is looked at. An item that is in
    flight hears of it when that ends.
    """
    found = late.heard(tx, links + only, answer, whole=bool(only))
    if found is None:
        return "a reply to nothing sent from here"
    result, text = late.judged(answer)
    at = now.isoformat(timespec="milliseconds")
    route, item = found[0].removeprefix(links), found[1]
    row = tx.execute("SELECT state FROM engine_queue WHERE id=?", (item,)).fetchone()
    if row and row["state"] in (QUEUED, DELIVERED):
        dead = result == courier.ERROR
        tx.execute(
            "UPDATE engine_queue SET state=?, error=?, failed=?, done=? WHERE id=?",
            (ERROR if dead else DELIVERED, text if dead else "", BY_RECEIVER if dead else "", at, item),
        )
        moved = int(not dead and row["state"] == QUEUED) - int(dead and row["state"] == DELIVERED)
        count(tx, [route], (answer.get("MSA-1"), at), delivered=moved, failed=dead)
    return f"the late reply to item {item} of {route}"


def prune(tx: sqlite3.Connection, before: datetime, most: int) -> int:
    """Take delivered items that were done `before`, at most so many, out of the queue; the journal has them still."""
    gone = tx.execute(
        "DELETE FROM engine_queue WHERE id IN (SELECT id FROM engine_queue WHERE state='delivered' AND done < ? "
        "ORDER BY id LIMIT ?)",
        (before.isoformat(timespec="milliseconds"), most),
    ).rowcount
    tx.execute("DELETE FROM hl7_awaited WHERE link LIKE 'ENGINE %' AND item NOT IN (SELECT id FROM engine_queue)")
    tx.execute(
        "DELETE FROM engine_message WHERE id IN (SELECT id FROM engine_message WHERE received < ? "
        "AND id NOT IN (SELECT message FROM engine_queue) ORDER BY id LIMIT ?)",
        (before.isoformat(timespec="milliseconds"), most),
    )
    return gone
