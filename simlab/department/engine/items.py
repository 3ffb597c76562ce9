"""The console of the queue: send again, edit, move, discard, requeue what lies dead."""

from __future__ import annotations

import sqlite3
from functools import partial
from typing import Any

from simlab import journal as kinds
from simlab import provenance
from simlab.clock import Clock
from simlab.department.engine import queue
from simlab.department.engine.delivery import NAME, Deliveries
from simlab.department.engine.passage import Passage, through
from simlab.department.engine.policy import BY_RULE, ERROR, QUEUED
from simlab.department.engine.routes import the
from simlab.department.engine.rulebook import compiled
from simlab.errors import BadInput, NotFound
from simlab.hl7.message import from_text, parse
from simlab.journal import Journal
from simlab.store import Store


class Items:
    """Operations on queued messages. Each gives a JSON-able dictionary and raises SimlabErrors."""

    def __init__(self, store: Store, journal: Journal, clock: Clock, deliveries: Deliveries) -> None:
        self._store = store
        self._journal = journal
        self._clock = clock
        self._deliveries = deliveries

    def resend(self, item: int, message: str | None = None, *, rules: bool = False) -> dict[str, Any]:
        """Send an item (again), with the edited text `message` where given; the original stays on record.

        One that waits keeps its place in the queue and is tried at once; a finished one is queued anew at the end.
        With `rules`, and always where a rule had failed, the message as it came in goes through the route's rules as
        they are now. A held route stays held.
        """
        edited = from_text(message).data if message is not None else None
        with self._store.write() as tx:
            row = self._item(tx, item)
            if row["state"] == queue.SENDING:
                raise BadInput("it is being sent now", place=f"item {item}", remedy="Wait for its acknowledgement.")
            if edited is not None:
                done, numbers = "queued with an edited text", [self._again(tx, row, row["made"], edited)]
            elif rules or row["failed"] == BY_RULE:
                done, numbers = self._rework(tx, row)
            else:
                done, numbers = "queued", [self._again(tx, row, row["made"], row["edited"])]
            words = f"item {item} of {row['route']} {done}"
            state = the(tx, row["route"])["state"]
            if state != queue.RUNNING and numbers:
                words += f"; the route is {state}"
            self._store.after_commit(partial(self._deliveries.wake, row["route"]))
            data = {"do": "resend", "item": (numbers or [item])[0], "from": item, "route": row["route"]}
            return self._console(words, {**data, "edited": edited is not None, "rules": rules}, evidence=edited)

    def _again(self, tx: sqlite3.Connection, row: sqlite3.Row, made: bytes | None, edited: bytes | None) -> int:
        """Queue an item with these bytes: in its place when it waits, else anew; a dead letter counts as dealt with."""
        who = provenance.current()
        if row["state"] == QUEUED:
            tx.execute(
                "UPDATE engine_queue SET made=?, edited=?, next_try=0, actor=?, cause=? WHERE id=?",
                (made, edited, who.actor, who.cause, row["id"]),
            )
            return int(row["id"])
        tx.execute("UPDATE engine_queue SET state='resent' WHERE id=? AND state='error'", (row["id"],))
        return queue.put(
            tx, row["route"], row["message"], self._clock.now(), who,
            part=row["part"], made=made, edited=edited, resent_from=row["id"],
        )  # fmt: skip

    def _rework(self, tx: sqlite3.Connection, row: sqlite3.Row) -> tuple[str, list[int]]:
        """Put an item's original through the route's rules again; what was done, and the items that came of it."""
        place = f"item {row['id']}"
        passage = _passage(tx, row)
        if passage.refused:
            raise BadInput(passage.refused, place=place, remedy="Mend the rule, or edit the message and send that.")
        if passage.filtered:
            self._discard(tx, row["id"], f"filtered: {passage.filtered}")
            return f"discarded: its rules filter it now ({passage.filtered})", []
        data = bytes(row["data"])
        made = [None if out == data else out for out in passage.out]
        if row["failed"] != BY_RULE:
            if row["part"] >= len(made):
                raise BadInput(
                    f"the rules make {len(made)} messages of the original now, this is number {row['part'] + 1}",
                    place=place,
                    remedy="Discard it, or edit it and send that.",
                )
            return "queued, through the rules as they are now", [self._again(tx, row, made[row["part"]], None)]
        who, now = provenance.current(), self._clock.now()
        tx.execute("UPDATE engine_queue SET state='resent' WHERE id=?", (row["id"],))
        numbers = [
            queue.put(tx, row["route"], row["message"], now, who, part=part, made=one, resent_from=row["id"])
            for part, one in enumerate(made)
        ]
        return "queued, through the rules as they are now", numbers

    def requeue(self, route: str | None = None, *, rules: bool = False) -> dict[str, Any]:
        """Queue every dead letter (of `route`) again, oldest first; what its rules still refuse stays there."""
        with self._store.write() as tx:
            if route is not None:
                the(tx, route)
            self._deliveries.pause(tx, route)
            rows = tx.execute(
                f"{_ITEM} WHERE q.state='error' AND (? IS NULL OR q.route=?) ORDER BY q.place", (route, route)
            ).fetchall()
            again, left = 0, 0
            for row in rows:
                try:
                    if rules or row["failed"] == BY_RULE:
                        again += len(self._rework(tx, row)[1])
                    else:
                        self._again(tx, row, row["made"], row["edited"])
                        again += 1
                except BadInput as error:
                    tx.execute("UPDATE engine_queue SET error=? WHERE id=?", (error.what, row["id"]))
                    left += 1
            for name in {row["route"] for row in rows}:
                self._store.after_commit(partial(self._deliveries.wake, name))
            where = f" of {route}" if route else ""
            words = f"{again} dead letters{where} queued again" + (
                f", {left} stay: their rules still fail" * bool(left)
            )
            return self._console(words, {"do": "requeue", "route": route, "queued": again, "left": left})

    def move(self, item: int, before: int | None = None) -> dict[str, Any]:
        """Put a waiting item in front of another one of its route, or behind all (`before` None)."""
        with self._store.write() as tx:
            row = self._item(tx, item)
            waiting = tx.execute(
                "SELECT id, place FROM engine_queue WHERE route=? AND state='queued' ORDER BY place", (row["route"],)
            ).fetchall()
            order = [one["id"] for one in waiting]
            for one in (item, *([before] if before is not None else [])):
                if one not in order:
                    raise BadInput(
                        f"item {one} does not wait on {row['route']}",
                        place=f"item {item}",
                        remedy="Only waiting items of one route change places.",
                    )
            if before != item:
                order.remove(item)
                order.insert(len(order) if before is None else order.index(before), item)
            for number, place in zip(order, (one["place"] for one in waiting), strict=True):
                tx.execute("UPDATE engine_queue SET place=? WHERE id=? AND place <> ?", (place, number, place))
            where = f"before item {before}" if before is not None else "behind all others"
            self._store.after_commit(partial(self._deliveries.wake, row["route"]))
            return self._console(
                f"item {item} of {row['route']} moved {where}",
                {"do": "move", "item": item, "before": before, "route": row["route"]},
            )

    def discard(self, item: int, reason: str) -> dict[str, Any]:
        """Take an item out of the queue for good; it stays on record with the reason."""
        if not reason.strip():
            raise BadInput("no reason given", place=f"item {item}", remedy="Say why the message is not delivered.")
        with self._store.write() as tx:
            row = self._item(tx, item)
            if row["state"] not in (QUEUED, ERROR):
                raise BadInput(
                    f"it is {row['state']}", place=f"item {item}", remedy="Only what waits can be discarded."
                )
            self._discard(tx, item, reason)
            self._store.after_commit(partial(self._deliveries.wake, row["route"]))
            return self._console(
                f"item {item} of {row['route']} discarded: {reason}",
                {"do": "discard", "item": item, "route": row["route"], "reason": reason},
            )

    def _item(self, tx: sqlite3.Connection, number: int) -> sqlite3.Row:
        """An item as it stands, which no courier sends meanwhile unless it is marked so; NotFound."""
        found = tx.execute("SELECT route FROM engine_queue WHERE id=?", (number,)).fetchone()
        if found is None:
            raise NotFound(f"there is no item {number}", place=NAME, remedy="Look at the queue for the item's number.")
        self._deliveries.pause(tx, found["route"])
        row: sqlite3.Row = tx.execute(f"{_ITEM} WHERE q.id=?", (number,)).fetchone()
        return row

    def _discard(self, tx: sqlite3.Connection, item: int, reason: str) -> None:
        tx.execute(
            "UPDATE engine_queue SET state='discarded', reason=?, done=? WHERE id=?",
            (reason, self._clock.now().isoformat(timespec="milliseconds"), item),
        )

    def _console(self, summary: str, data: dict[str, Any], evidence: bytes | None = None) -> dict[str, Any]:
        self._journal.record(kinds.CONSOLE, NAME, summary, data, evidence=evidence)
        return {**data, "summary": summary}


_ITEM = "SELECT q.*, m.data FROM engine_queue q JOIN engine_message m ON m.id = q.message"


def _passage(tx: sqlite3.Connection, row: sqlite3.Row) -> Passage:
    route = the(tx, row["route"])
    return through(route["name"], compiled(route["rules"]), parse(bytes(row["data"])))
