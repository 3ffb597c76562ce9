"""The durable transfer queue: one row for a study on its way to a destination, one for each of its instances."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from simlab import provenance
from simlab.department.pacs import sent
from simlab.department.pacs.routing import PRIORITIES
from simlab.errors import BadInput, NotFound

WAITING, SENDING, SENT, FAILED, HELD, CANCELLED = "waiting", "sending", "sent", "failed", "held", "cancelled"
"""What a transfer is. An instance of it is waiting, sent or failed."""

OPEN = (WAITING, SENDING, HELD)
"""Transfers that still have something to send."""


@dataclass(frozen=True)
class Transfer:
    """The transfer that is next at a destination, and for whom it is sent."""

    id: int
    study_uid: str
    destination: str
    attempts: int
    how: str
    rule: str
    actor: str
    cause: int | None


@dataclass(frozen=True)
class Reason:
    """Why something is sent: `how` of `simlab.department.pacs.sent`, the rule's name, its priority."""

    how: str
    rule: str = ""
    priority: str = "medium"


def queue(
    tx: sqlite3.Connection, study_uid: str, sop_uids: Iterable[str], destination: str, why: Reason, now: datetime
) -> int:
    """Line instances up; they join a transfer of the same study, rule and destination that has not ended yet."""
    who = provenance.current()
    row = tx.execute(
        "SELECT id FROM pacs_transfer WHERE study_uid=? AND destination=? AND how=? AND rule=? AND priority=? "
        "AND state IN ('waiting', 'sending', 'held') ORDER BY id DESC LIMIT 1",
        (study_uid, destination, why.how, why.rule, PRIORITIES[why.priority]),
    ).fetchone()
    if row is None:
        cursor = tx.execute(
            "INSERT INTO pacs_transfer (study_uid, destination, priority, state, how, rule, actor, cause, queued) "
            "VALUES (?, ?, ?, 'waiting', ?, ?, ?, ?, ?)",
            (
                study_uid,
                destination,
                PRIORITIES[why.priority],
                why.how,
                why.rule,
                who.actor,
                who.cause,
                now.isoformat(timespec="milliseconds"),
            ),
        )
        transfer = int(cursor.lastrowid or 0)
    else:
        transfer = int(row["id"])
    tx.executemany(
        "INSERT OR IGNORE INTO pacs_transfer_item (transfer, sop_uid, state) VALUES (?, ?, 'waiting')",
        ((transfer, sop_uid) for sop_uid in sop_uids),
    )
    return transfer


def went(tx: sqlite3.Connection, study_uid: str, destination: str) -> frozenset[str]:
    """Instances of a study that the destination has acknowledged, or that wait to go there."""
    rows = tx.execute(
        "SELECT sop_uid FROM pacs_sent WHERE study_uid=?1 AND destination=?2 UNION "
        "SELECT i.sop_uid FROM pacs_transfer t JOIN pacs_transfer_item i ON i.transfer = t.id "
        "WHERE t.study_uid=?1 AND t.destination=?2 AND i.state='waiting' AND t.state IN ('waiting', 'sending', 'held')",
        (study_uid, destination),
    )
    return frozenset(row["sop_uid"] for row in rows)


def destinations(tx: sqlite3.Connection) -> list[str]:
    """Destinations that something waits for."""
    rows = tx.execute("SELECT DISTINCT destination FROM pacs_transfer WHERE state IN ('waiting', 'sending')")
    return [row["destination"] for row in rows]


def running(tx: sqlite3.Connection, now: float) -> int:
    """Transfers that are being sent or are due at machine time `now`; what is held or waits for a retry rests."""
    row = tx.execute(
        "SELECT count(*) FROM pacs_transfer t LEFT JOIN pacs_lane l USING (destination) WHERE t.state='sending' OR "
        "(t.state='waiting' AND coalesce(l.held, 0) = 0 AND coalesce(l.next_try, 0) <= ?)",
        (now,),
    ).fetchone()
    return int(row[0])


def take_up(tx: sqlite3.Connection) -> None:
    """What was being sent when an earlier process ended waits again; what was acknowledged stays sent."""
    tx.execute("UPDATE pacs_transfer SET state='waiting' WHERE state='sending'")
    tx.execute("UPDATE pacs_lane SET next_try=0")


def lane(tx: sqlite3.Connection, destination: str) -> sqlite3.Row:
    """The state of the way to a destination: held, attempts, next_try (machine time), error."""
    tx.execute("INSERT OR IGNORE INTO pacs_lane (destination) VALUES (?)", (destination,))
    row: sqlite3.Row = tx.execute("SELECT * FROM pacs_lane WHERE destination=?", (destination,)).fetchone()
    return row


def begin(tx: sqlite3.Connection, destination: str) -> Transfer | None:
    """Mark the destination's next transfer as being sent: the highest priority first, then in order."""
    row = tx.execute(
        "SELECT id, study_uid, destination, attempts, how, rule, actor, cause FROM pacs_transfer "
        "WHERE destination=? AND state IN ('waiting', 'sending') ORDER BY priority DESC, id LIMIT 1",
        (destination,),
    ).fetchone()
    if row is None:
        return None
    tx.execute("UPDATE pacs_transfer SET state='sending' WHERE id=?", (row["id"],))
    return Transfer(*row)


def waiting(tx: sqlite3.Connection, transfer: int, limit: int) -> list[str]:
    """The transfer's next instances."""
    rows = tx.execute(
        "SELECT sop_uid FROM pacs_transfer_item WHERE transfer=? AND state='waiting' ORDER BY id LIMIT ?",
        (transfer, limit),
    )
    return [row["sop_uid"] for row in rows]


def settle(tx: sqlite3.Connection, transfer: Transfer, sop_uid: str, error: str, now: datetime) -> bool:
    """Write what became of an instance, sent when no `error`; False when the transfer was stopped meanwhile."""
    settled = tx.execute(
        "UPDATE pacs_transfer_item SET state=?, error=? WHERE transfer=? AND sop_uid=? AND state='waiting'",
        (FAILED if error else SENT, error, transfer.id, sop_uid),
    ).rowcount
    if settled and not error:
        sent.note(tx, [sop_uid], transfer.destination, transfer.how, now)
    row = tx.execute(
        "SELECT t.state, coalesce(l.held, 0) AS held FROM pacs_transfer t LEFT JOIN pacs_lane l USING (destination) "
        "WHERE t.id=?",
        (transfer.id,),
    ).fetchone()
    return row is not None and row["state"] == SENDING and not row["held"]


def finish(tx: sqlite3.Connection, transfer: int, now: datetime) -> str:
    """End a transfer of which nothing waits any more, sent or failed; else let it wait. Gives its state."""
    row = tx.execute(
        "SELECT t.state, count(*) FILTER (WHERE i.state='waiting') AS waiting, max(i.error) AS error "
        "FROM pacs_transfer t JOIN pacs_transfer_item i ON i.transfer = t.id WHERE t.id=?",
        (transfer,),
    ).fetchone()
    if row is None or row["state"] != SENDING:
        return str(row["state"]) if row and row["state"] else CANCELLED
    state = WAITING if row["waiting"] else FAILED if row["error"] else SENT
    tx.execute(
        "UPDATE pacs_transfer SET state=?, error=?, done=? WHERE id=?",
        (state, row["error"], None if state == WAITING else now.isoformat(timespec="milliseconds"), transfer),
    )
    return state


def put_off(tx: sqlite3.Connection, transfer: Transfer, error: str, next_try: float, *, count: bool) -> None:
    """Have the whole lane wait until machine time `next_try`, so that what is behind does not overtake."""
    tx.execute(
        "UPDATE pacs_transfer SET state='waiting', attempts=attempts + ?, error=? WHERE id=? AND state='sending'",
        (int(count), error, transfer.id),
    )
    tx.execute(
        "UPDATE pacs_lane SET attempts=attempts + 1, next_try=?, error=? WHERE destination=?",
        (next_try, error, transfer.destination),
    )


def give_up(tx: sqlite3.Connection, transfer: Transfer, error: str, now: datetime) -> None:
    """Count what still waits of a transfer as failed."""
    tx.execute(
        "UPDATE pacs_transfer_item SET state='failed', error=? WHERE transfer=? AND state='waiting'",
        (error, transfer.id),
    )
    tx.execute("UPDATE pacs_transfer SET attempts=attempts + 1 WHERE id=?", (transfer.id,))
    finish(tx, transfer.id, now)


def clear_lane(tx: sqlite3.Connection, destination: str) -> None:
    """The destination takes what it is sent again."""
    tx.execute("UPDATE pacs_lane SET attempts=0, next_try=0, error='' WHERE destination=?", (destination,))


def the_transfer(tx: sqlite3.Connection, transfer: int) -> sqlite3.Row:
    """A transfer's row; NotFound."""
    row: sqlite3.Row | None = tx.execute("SELECT * FROM pacs_transfer WHERE id=?", (transfer,)).fetchone()
    if row is None:
        raise NotFound(f"there is no transfer {transfer}", place="PACS", remedy="`pacs.transfers` lists them.")
    return row


def retry(tx: sqlite3.Connection, transfer: int) -> sqlite3.Row:
    """Have what failed or was cancelled of a transfer sent again, now; what was acknowledged is not. BadInput."""
    row = the_transfer(tx, transfer)
    if row["state"] == SENT:
        raise BadInput(
            f"transfer {transfer} was sent already", place=row["destination"], remedy="Forward the study anew."
        )
    tx.execute(
        "UPDATE pacs_transfer_item SET state='waiting', error='' WHERE transfer=? AND state='failed'", (transfer,)
    )
    if row["state"] != SENDING:
        tx.execute("UPDATE pacs_transfer SET state='waiting', attempts=0, error='', done=NULL WHERE id=?", (transfer,))
    clear_lane(tx, row["destination"])
    return row


def change(tx: sqlite3.Connection, transfer: int, state: str, now: datetime) -> sqlite3.Row:
    """Hold, release or cancel one transfer that has not ended; BadInput for one that has."""
    row = the_transfer(tx, transfer)
    if row["state"] not in OPEN:
        raise BadInput(f"transfer {transfer} is {row['state']} already", place=row["destination"])
    done = now.isoformat(timespec="milliseconds") if state == CANCELLED else None
    tx.execute("UPDATE pacs_transfer SET state=?, done=? WHERE id=?", (state, done, transfer))
    return row
