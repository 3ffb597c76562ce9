"""What a scene puts into the interface engine."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from simlab import provenance
from simlab.config import LOOPBACK
from simlab.department.engine import queue
from simlab.errors import SimlabError
from simlab.hl7.message import from_text


class _Staged(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Route(_Staged):
    """Where messages go: those whose MSH-3 is one of `sources` and whose type is one of `types` (none: any).

    A type is whole (``ADT^A40``) or a family (``ADT``). A route is running or held; `ack_seconds` is how long an
    acknowledgement is waited for.
    """

    name: str = Field(min_length=1)
    sources: list[str] = []
    types: list[str] = []
    host: str = LOOPBACK
    port: int = Field(ge=0, le=65535)
    state: Literal["running", "held"] = "running"
    ack_seconds: float = Field(10.0, gt=0, le=300)


class QueueItem(_Staged):
    """A message that lies in the queue of `route` when the scene begins; line ends may be LF."""

    route: str
    message: str
    state: Literal["queued", "delivered", "error"] = "queued"
    attempts: int = Field(0, ge=0)
    error: str = ""

    @field_validator("message")
    @classmethod
    def _readable(cls, message: str) -> str:
        try:
            from_text(message)
        except SimlabError as error:
            raise ValueError(str(error)) from None
        return message


class EngineSettings(_Staged):
    """`application` is the name under which the engine answers what is addressed to nobody."""

    application: str = "ENGINE"


class EngineStage(_Staged):
    """The engine in a scene."""

    settings: EngineSettings = EngineSettings()
    routes: list[Route] = []
    queue: list[QueueItem] = []


def lay_out(tx: sqlite3.Connection, section: EngineStage, now: datetime) -> None:
    """Write the rows of a scene."""
    for key, value in section.settings.model_dump().items():
        tx.execute("INSERT OR REPLACE INTO engine_setting VALUES (?, ?)", (key, value))
    for position, route in enumerate(section.routes):
        put_route(tx, route, position)
    for item in section.queue:
        message = queue.keep(tx, from_text(item.message), None, now)
        number = queue.put(tx, item.route, message, now, provenance.Provenance(provenance.SCENE))
        done = None if item.state == queue.QUEUED else now.isoformat(timespec="seconds")
        tx.execute(
            "UPDATE engine_queue SET state=?, attempts=?, error=?, done=? WHERE id=?",
            (item.state, item.attempts, item.error, done, number),
        )


def put_route(tx: sqlite3.Connection, route: Route, position: int) -> None:
    """Write one route, replacing that of the same name."""
    tx.execute(
        "INSERT OR REPLACE INTO engine_route VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            route.name,
            position,
            json.dumps(route.sources),
            json.dumps(route.types),
            route.host,
            route.port,
            route.state,
            route.ack_seconds,
        ),
    )
