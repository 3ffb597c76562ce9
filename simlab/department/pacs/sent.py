"""What went out of the archive, and where to: a row for every instance that a destination acknowledged."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime

from simlab import provenance

MOVE, GET, ROUTE, PREFETCH, FORWARD = "move", "get", "route", "prefetch", "forward"
"""How an instance went: asked for by C-MOVE or C-GET, by a routing or prefetch rule, by hand."""


def note(tx: sqlite3.Connection, sop_uids: Sequence[str], destination: str, how: str, now: datetime) -> None:
    """Note that `destination` has acknowledged instances, for whoever acts now."""
    who = provenance.current()
    tx.execute(
        "INSERT INTO pacs_sent (sop_uid, study_uid, destination, at, actor, cause, how) "
        "SELECT i.sop_uid, e.study_uid, ?, ?, ?, ?, ? FROM pacs_instance i JOIN pacs_series e USING (series_uid) "
        "WHERE i.sop_uid IN (SELECT value FROM json_each(?))",
        (destination, now.isoformat(timespec="milliseconds"), who.actor, who.cause, how, json.dumps(list(sop_uids))),
    )
