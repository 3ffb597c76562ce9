"""What a scene puts into the interface engine."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from simlab import provenance
from simlab.config import LOOPBACK
from simlab.department.engine import queue
from simlab.department.engine.policy import BY_RECEIVER, ERROR, QUEUED, Policy
from simlab.department.engine.rulebook import Rule, compiled, in_order, written
from simlab.errors import SimlabError
from simlab.hl7.message import from_text


class _Staged(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Route(Policy):
    """Where messages go: those whose MSH-3 is one of `sources` and whose type is one of `types` (none: any).

    A type is whole (``ADT^A40``) or a family (``ADT``). `rules` filter and change what goes out. A route is running,
    held (its messages wait) or disabled (it takes none).
    """

    name: str = Field(min_length=1, max_length=40)
    sources: list[str] = []
    types: list[str] = []
    host: str = LOOPBACK
    port: int = Field(ge=0, le=65535)
    state: Literal["running", "held", "disabled"] = "running"
    rules: list[Rule] = []

    @field_validator("rules")
    @classmethod
    def _standing(cls, rules: list[Rule]) -> list[Rule]:
        in_order(rules)
        return rules

    @property
    def manner(self) -> str:
        """The policy alone, as the engine keeps it."""
        return self.model_dump_json(include=set(Policy.model_fields))


class QueueItem(_Staged):
    """A message that lies in the queue of `route` when the scene begins; line ends may be LF.

    It lies there as it goes out: the route's rules are not asked. `queued` is when it came, by default now.
    """

    route: str
    message: str
    state: Literal["queued", "delivered", "error"] = "queued"
    attempts: int = Field(0, ge=0)
    error: str = ""
    queued: datetime | None = None

    @field_validator("message")
    @classmethod
    def _readable(cls, message: str) -> str:
        try:
            from_text(message)
        except SimlabError as error:
            raise ValueError(str(error)) from None
        return message


class EngineSettings(_Staged):
    """Delivered items leave the queue's table after `delivered_hours` (hospital time); the journal keeps them."""

    delivered_hours: float = Field(336.0, gt=0, le=87_600)


class EngineStage(_Staged):
    """The engine in a scene."""

    settings: EngineSettings = EngineSettings()
    routes: list[Route] = []
    queue: list[QueueItem] = []


def lay_out(tx: sqlite3.Connection, section: EngineStage, now: datetime) -> None:
    """Write the rows of a scene."""
    for key, value in section.settings.model_dump().items():
        tx.execute("INSERT OR REPLACE INTO engine_setting VALUES (?, ?)", (key, str(value)))
    for position, route in enumerate(section.routes):
        put_route(tx, route, position)
    for item in section.queue:
        came = item.queued or now
        message = queue.keep(tx, from_text(item.message), None, came)
        number = queue.put(tx, item.route, message, came, provenance.Provenance(provenance.SCENE))
        done = None if item.state == QUEUED else came.isoformat(timespec="seconds")
        tx.execute(
            "UPDATE engine_queue SET state=?, attempts=?, error=?, failed=?, done=? WHERE id=?",
            (item.state, item.attempts, item.error, BY_RECEIVER if item.state == ERROR else "", done, number),
        )


def put_route(tx: sqlite3.Connection, route: Route, position: int) -> None:
    """Write one route, replacing that of the same name."""
    tx.execute(
        "INSERT INTO engine_route VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET "
        "position=excluded.position, sources=excluded.sources, types=excluded.types, host=excluded.host, "
        "port=excluded.port, state=excluded.state, policy=excluded.policy, rules=excluded.rules",
        (
            route.name,
            position,
            json.dumps(route.sources),
            json.dumps(route.types),
            route.host,
            route.port,
            route.state,
            route.manner,
            written(route.rules),
        ),
    )


def the_route(row: sqlite3.Row) -> Route:
    """The route that a row of the table keeps."""
    given: dict[str, Any] = {name: row[name] for name in ("name", "host", "port", "state")}
    given |= {"sources": json.loads(row["sources"]), "types": json.loads(row["types"])}
    return Route(**given, **json.loads(row["policy"]), rules=list(compiled(row["rules"])))
