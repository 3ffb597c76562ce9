"""The console of the routes: hold and release them, add and remove them, change where they go and what they do."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from pydantic import ValidationError

from simlab import journal as kinds
from simlab import provenance
from simlab.clock import Clock
from simlab.department.engine import queue
from simlab.department.engine.delivery import NAME, Deliveries
from simlab.department.engine.differing import differences
from simlab.department.engine.passage import as_json, through, wants
from simlab.department.engine.rulebook import compiled, read_rules, written
from simlab.department.engine.rules import RuleOf
from simlab.department.engine.stage import EngineSettings, Route, put_route, the_route
from simlab.errors import BadInput, NotFound
from simlab.hl7.message import Message, from_text, parse
from simlab.hl7.record import message_type, shown
from simlab.journal import Journal
from simlab.store import Store


class Routes:
    """Operations on routes. Each gives a JSON-able dictionary and raises SimlabErrors."""

    def __init__(self, store: Store, journal: Journal, clock: Clock, deliveries: Deliveries) -> None:
        self._store = store
        self._journal = journal
        self._clock = clock
        self._deliveries = deliveries

    # Running

    def hold(self, route: str) -> dict[str, Any]:
        """Hold a route: what comes waits in its queue."""
        return self._to(route, queue.HELD, "hold")

    def disable(self, route: str) -> dict[str, Any]:
        """Disable a route: it takes no more messages, and what waits in its queue stays there."""
        return self._to(route, queue.DISABLED, "disable")

    def _to(self, name: str, state: str, do: str) -> dict[str, Any]:
        with self._store.write() as tx:
            the(tx, name)
            self._deliveries.pause(tx, name)
            tx.execute("UPDATE engine_route SET state=? WHERE name=?", (state, name))
            return self._console(f"route {name} {state}", {"do": do, "route": name})

    def release(self, route: str) -> dict[str, Any]:
        """Let a route run; what waits is tried at once, in order.

        What the scene had laid in the queue flows on behalf of whoever releases it.
        """
        with self._store.write() as tx:
            the(tx, route)
            self._deliveries.pause(tx, route)
            who = provenance.current()
            tx.execute("UPDATE engine_route SET state='running' WHERE name=?", (route,))
            tx.execute("UPDATE engine_queue SET next_try=0 WHERE route=? AND state='queued'", (route,))
            tx.execute(
                "UPDATE engine_queue SET actor=?, cause=? WHERE route=? AND state='queued' AND actor='scene'",
                (who.actor, who.cause, route),
            )
            waiting = tx.execute("SELECT count(*) FROM engine_queue WHERE route=? AND state='queued'", (route,))
            count = waiting.fetchone()[0]
            self._store.after_commit(partial(self._deliveries.wake, route))
            return self._console(
                f"route {route} released, {count} waiting", {"do": "release", "route": route, "waiting": count}
            )

    # Laying out

    def add(self, name: str, port: int, **given: Any) -> dict[str, Any]:
        """A new route, behind the others; BadInput when there is one of that name. Its fields are those of `Route`."""
        rules = read_rules(given.pop("rules", None) or [], name)
        route = _checked(name, {"name": name, "port": port, **given, "rules": rules})
        with self._store.write() as tx:
            if tx.execute("SELECT 1 FROM engine_route WHERE name=?", (name,)).fetchone():
                raise BadInput("there is such a route already", place=f"route {name}", remedy="Choose another name.")
            last = tx.execute("SELECT coalesce(max(position), -1) FROM engine_route").fetchone()[0]
            put_route(tx, route, last + 1)
            self._store.after_commit(self._deliveries.staff)
            return self._console(
                f"new route {name} to {route.host}:{route.port}",
                {"do": "add_route", "route": name, "host": route.host, "port": route.port},
            )

    def remove(self, name: str, reason: str = "") -> dict[str, Any]:
        """Remove a route. What waits or lies dead on it is discarded with the `reason`, which must then be given."""
        with self._store.write() as tx:
            the(tx, name)
            self._deliveries.pause(tx, name)
            left = tx.execute(
                "SELECT count(*) FROM engine_queue WHERE route=? AND state IN ('queued', 'sending', 'error')", (name,)
            ).fetchone()[0]
            if left and not reason.strip():
                raise BadInput(
                    f"{left} messages wait on it or lie dead",
                    place=f"route {name}",
                    remedy="Deliver them first, or give a reason: they are then discarded with it.",
                )
            tx.execute(
                "UPDATE engine_queue SET state='discarded', reason=?, done=? WHERE route=? AND state IN ('queued', "
                "'sending', 'error')",
                (reason, self._clock.now().isoformat(timespec="milliseconds"), name),
            )
            tx.execute("DELETE FROM engine_route WHERE name=?", (name,))
            self._store.after_commit(self._deliveries.staff)
            return self._console(
                f"route {name} removed" + (f", {left} messages discarded: {reason}" if left else ""),
                {"do": "remove_route", "route": name, "discarded": left, "reason": reason},
            )

    def set(self, name: str, **changes: Any) -> dict[str, Any]:
        """Change a route: `host`, `port`, `sources`, `types` or its policy; what waits is tried at once.

        BadInput names what cannot be so.
        """
        given = {key: value for key, value in changes.items() if value is not None}
        with self._store.write() as tx:
            row = the(tx, name)
            self._deliveries.pause(tx, name)
            route = _checked(name, {**the_route(row).model_dump(exclude={"rules"}), **given})
            put_route(tx, route.model_copy(update={"rules": list(compiled(row["rules"]))}), row["position"])
            tx.execute("UPDATE engine_queue SET next_try=0 WHERE route=? AND state='queued'", (name,))
            self._store.after_commit(partial(self._deliveries.wake, name))
            said = ", ".join(f"{key} {value}" for key, value in given.items() if key not in ("host", "port"))
            return self._console(
                f"route {name} goes to {route.host}:{route.port}" + (f"; {said}" if said else ""),
                {"do": "set_route", "route": name, "host": route.host, "port": route.port, **given},
            )

    def configure(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Change settings of the engine; BadInput names the one that cannot be."""
        with self._store.write() as tx:
            kept = {row["key"]: row["value"] for row in tx.execute("SELECT key, value FROM engine_setting")}
            try:
                EngineSettings.model_validate({**kept, **changes})
            except ValidationError as error:
                first = error.errors()[0]
                known = ", ".join(EngineSettings.model_fields)
                raise BadInput(
                    first["msg"].lower(), place=f"{NAME}, {first['loc'][0]}", remedy=f"There are: {known}."
                ) from None
            for key, value in changes.items():
                tx.execute("INSERT OR REPLACE INTO engine_setting VALUES (?, ?)", (key, str(value)))
            return self._console("engine settings changed", {"do": "configure", **changes})

    # Rules

    def set_rules(self, route: str, rules: Any, *, waiting: bool = False) -> dict[str, Any]:
        """Give a route these rules in place of its own; BadInput names the one that is none.

        They hold for what comes in from now on. With `waiting`, what waits and was not edited by hand goes through
        them too; BadInput when a message of those does not pass.
        """
        with self._store.write() as tx:
            row = the(tx, route)
            self._deliveries.pause(tx, route)
            new = read_rules(rules, route)
            tx.execute("UPDATE engine_route SET rules=? WHERE name=?", (written(new), route))
            again = self._rework(tx, row, new) if waiting else 0
            words = f"route {route} has {len(new)} rules" + (f"; {again} waiting messages made anew" if waiting else "")
            return self._console(
                words, {"do": "set_rules", "route": route, "rules": [one.as_json() for one in new], "again": again}
            )

    def set_rule(self, route: str, rule: Any, number: int | None = None) -> dict[str, Any]:
        """Put a rule in the place of rule `number`, or behind all (None)."""
        with self._store.write() as tx:
            rules = list(_kept(tx, route))
            if number is None:
                rules.append(rule)
            else:
                _numbered(rules, number, route)
                rules[number - 1] = rule
            return self.set_rules(route, rules)

    def remove_rule(self, route: str, number: int) -> dict[str, Any]:
        """Take rule `number` out."""
        with self._store.write() as tx:
            rules = list(_kept(tx, route))
            _numbered(rules, number, route)
            del rules[number - 1]
            return self.set_rules(route, rules)

    def _rework(self, tx: sqlite3.Connection, route: sqlite3.Row, rules: Sequence[RuleOf]) -> int:
        rows = tx.execute(
            "SELECT q.id, q.part, m.data FROM engine_queue q JOIN engine_message m ON m.id = q.message "
            "WHERE q.route=? AND q.state='queued' AND q.edited IS NULL ORDER BY q.place",
            (route["name"],),
        ).fetchall()
        for row in rows:
            data = bytes(row["data"])
            passage = through(route["name"], rules, parse(data))
            if row["part"] >= len(passage.out):
                why = passage.refused or passage.filtered or "the rules make fewer messages of it now"
                raise BadInput(
                    f"it does not pass ({why})", place=f"item {row['id']}", remedy="Discard or edit it first."
                )
            out = passage.out[row["part"]]
            tx.execute("UPDATE engine_queue SET made=? WHERE id=?", (None if out == data else out, row["id"]))
        return len(rows)

    def try_rules(
        self, route: str, message: str | None = None, number: int | None = None, rules: Any = None
    ) -> dict[str, Any]:
        """What `route` would make of a message: of text, or of message `number` that the engine took before.

        With `rules`, what the route would make of it if it had those. Nothing changes.
        """
        with self._store.read() as tx:
            row = the(tx, route)
            given = from_text(message) if message is not None else _taken(tx, number)
        tried = read_rules(rules, route) if rules is not None else list(compiled(row["rules"]))
        passage = through(route, tried, given)
        taken = wants(row["sources"], row["types"], given.get("MSH-3.1"), message_type(given))
        result = "refused" if passage.refused else "filtered" if passage.filtered else "sent"
        said = passage.refused or passage.filtered or f"{len(passage.out)} messages go out"
        if not taken or row["state"] == queue.DISABLED:
            said = f"the route does not take it: its sources, types or state are others. By its rules: {said}"
        return {
            "route": route,
            "taken": taken and row["state"] != queue.DISABLED,
            "result": result,
            "rows": as_json(passage),
            "messages": [shown(out) for out in passage.out],
            "changes": [differences(given.data, out) for out in passage.out],
            "summary": said,
        }

    def _console(self, summary: str, data: dict[str, Any]) -> dict[str, Any]:
        self._journal.record(kinds.CONSOLE, NAME, summary, data)
        return {**data, "summary": summary}


def the(tx: sqlite3.Connection, name: str) -> sqlite3.Row:
    """The row of a route; NotFound lists those there are."""
    row: sqlite3.Row | None = tx.execute("SELECT * FROM engine_route WHERE name=?", (name,)).fetchone()
    if row is None:
        known = ", ".join(one["name"] for one in tx.execute("SELECT name FROM engine_route ORDER BY position, name"))
        raise NotFound(f"there is no route {name}", place=NAME, remedy=f"There are: {known or 'none'}.")
    return row


def _kept(tx: sqlite3.Connection, route: str) -> Sequence[Any]:
    return [rule.as_json() for rule in compiled(the(tx, route)["rules"])]


def _numbered(rules: Sequence[Any], number: int, route: str) -> None:
    if not 1 <= number <= len(rules):
        raise NotFound(
            f"there is no rule {number}", place=f"route {route}", remedy=f"It has {len(rules)}, counted from 1."
        )


def _taken(tx: sqlite3.Connection, number: int | None) -> Message:
    if number is None:
        raise BadInput("no message is given", place=NAME, remedy="Give its text, or the number of one that was taken.")
    row = tx.execute("SELECT data FROM engine_message WHERE id=?", (number,)).fetchone()
    if row is None:
        raise NotFound(f"the engine took no message {number}", place=NAME, remedy="Look at the engine's messages.")
    return parse(bytes(row["data"]))


def _checked(name: str, given: Mapping[str, Any]) -> Route:
    if isinstance(given.get("port"), int) and not 1 <= given["port"] <= 65535:
        raise BadInput(f"{given['port']} is no port", place=f"route {name}", remedy="Ports are 1 to 65535.")
    try:
        return Route.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        known = ", ".join(key for key in Route.model_fields if key != "rules")
        raise BadInput(
            f"{field}: {first['msg'].lower()}", place=f"route {name}", remedy=f"A route has: {known}."
        ) from None
