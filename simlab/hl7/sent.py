"""What an outbox shows: each message with whom it is about, when it was queued, and how far it has come."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import islice
from typing import Any

from simlab.errors import BadInput
from simlab.hl7 import late
from simlab.hl7.errors import Hl7Error
from simlab.hl7.message import parse
from simlab.hl7.record import shown

_COLUMNS = ("id", "type", "control_id", "state", "attempts", "error", "queued", "actor")
_NUMBERS = ("PID-3.1", "MRG-1.1")


def rows(
    tx: sqlite3.Connection,
    table: str,
    system: str,
    *,
    state: str | None = None,
    control_id: str | None = None,
    patient_id: str | None = None,
    limit: int | str = -1,
) -> list[dict[str, Any]]:
    """The messages of an outbox `table`, oldest first; with `limit` the last so many (a negative one: all).

    `patient_id` is any number that the message names a patient by, a merge's retired one included.
    """
    try:
        most = int(limit)
    except ValueError:
        raise BadInput(f"limit must be a number, not {str(limit)[:64]!r}", place=f"{system} outbox") from None
    found = _newest_first(tx, table, state, control_id, patient_id)
    newest = list(found if most < 0 else islice(found, min(most, 2**31)))
    return [
        {
            **{name: row[name] for name in _COLUMNS},
            **about,
            "message": shown(row["message"]),
            "ack": shown(row["ack"]) if row["ack"] is not None else None,
            **late.told(tx, system, row["id"]),
        }
        for row, about in reversed(newest)
    ]


def _newest_first(
    tx: sqlite3.Connection, table: str, state: str | None, control_id: str | None, patient_id: str | None
) -> Iterator[tuple[sqlite3.Row, dict[str, Any]]]:
    sql = f"SELECT * FROM {table} WHERE (?1 IS NULL OR state = ?1) AND (?2 IS NULL OR control_id = ?2) ORDER BY id DESC"
    for row in tx.execute(sql, (state, control_id)):
        about = _about(bytes(row["message"]))
        if patient_id is None or patient_id in about["patient_ids"]:
            yield row, about


def _about(data: bytes) -> dict[str, Any]:
    """Whom a message is about: the numbers of PID-3 and MRG-1, and the name."""
    try:
        message = parse(data)
        numbers = [number for place in _NUMBERS for number in message.all(place) if number]
        name = "^".join(message.get("PID-5").split("^")[:5]).rstrip("^")
        return {"patient_ids": list(dict.fromkeys(numbers)), "patient_name": name}
    except Hl7Error:
        return {"patient_ids": [], "patient_name": ""}
