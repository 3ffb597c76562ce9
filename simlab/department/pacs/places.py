"""Where instances stand: in the cache, in the archive, on the shelf; and how they come from one to the other."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime

ONLINE, NEARLINE, OFFLINE = AVAILABILITY = ("ONLINE", "NEARLINE", "OFFLINE")
"""Instance Availability (0008,0056): at once, after a wait, after somebody has fetched the medium."""

_RANK = "CASE WHEN coalesce(w.cached, 1) = 1 THEN 0 WHEN w.shelved = 0 THEN 1 ELSE 2 END"
_OF = {
    "PATIENT": "JOIN pacs_series ws ON ws.series_uid = wi.series_uid JOIN pacs_study wt ON wt.study_uid = ws.study_uid "
    "WHERE wt.patient_id = p.patient_id AND wt.issuer = p.issuer",
    "STUDY": "JOIN pacs_series ws ON ws.series_uid = wi.series_uid WHERE ws.study_uid = s.study_uid",
    "SERIES": "WHERE wi.series_uid = e.series_uid",
    "IMAGE": "WHERE wi.sop_uid = i.sop_uid",
}


def availability_sql(level: str) -> str:
    """The availability of a row at a query level as SQL: of several instances that of the slowest."""
    worst = f"(SELECT max({_RANK}) FROM pacs_place w JOIN pacs_instance wi ON wi.sop_uid = w.sop_uid {_OF[level]})"
    return f"CASE coalesce({worst}, 0) WHEN 0 THEN 'ONLINE' WHEN 1 THEN 'NEARLINE' ELSE 'OFFLINE' END"


def availability(tx: sqlite3.Connection, sop_uids: Sequence[str]) -> dict[str, str]:
    """The availability of instances that the archive holds."""
    rows = tx.execute(
        f"SELECT i.sop_uid, {_RANK} AS rank FROM pacs_instance i LEFT JOIN pacs_place w USING (sop_uid) "
        "WHERE i.sop_uid IN (SELECT value FROM json_each(?))",
        (json.dumps(list(sop_uids)),),
    )
    return {row["sop_uid"]: AVAILABILITY[row["rank"]] for row in rows}


def unarchived(tx: sqlite3.Connection, moment: datetime) -> bool:
    """Whether something that was received up to `moment` is not archived yet."""
    row = tx.execute(
        "SELECT 1 FROM pacs_instance i LEFT JOIN pacs_place w USING (sop_uid) "
        "WHERE w.sop_uid IS NULL AND i.received<=? LIMIT 1",
        (moment.isoformat(timespec="milliseconds"),),
    ).fetchone()
    return row is not None


def archive_what_came_before(tx: sqlite3.Connection, moment: datetime, now: datetime) -> int:
    """Copy to the archive what was received up to `moment` and is not there yet; gives how many instances."""
    return tx.execute(
        "INSERT INTO pacs_place SELECT i.sop_uid, ?, 1, 0, i.received FROM pacs_instance i "
        "LEFT JOIN pacs_place w USING (sop_uid) WHERE w.sop_uid IS NULL AND i.received<=?",
        (now.isoformat(timespec="milliseconds"), moment.isoformat(timespec="milliseconds")),
    ).rowcount


def archive_study(tx: sqlite3.Connection, study_uid: str, *, shelve: bool, now: datetime) -> int:
    """Copy a study to the archive now; `shelve` puts the medium on the shelf. Gives how many instances."""
    return tx.execute(
        "INSERT INTO pacs_place SELECT i.sop_uid, ?, 1, ?, i.received FROM pacs_instance i "
        "JOIN pacs_series e USING (series_uid) WHERE e.study_uid=? "
        "ON CONFLICT (sop_uid) DO UPDATE SET shelved=excluded.shelved",
        (now.isoformat(timespec="milliseconds"), int(shelve), study_uid),
    ).rowcount


def drop_from_cache(tx: sqlite3.Connection, study_uid: str) -> int:
    """Take out of the cache what the archive has of a study; gives how many instances."""
    return tx.execute(
        "UPDATE pacs_place SET cached=0 WHERE cached=1 AND sop_uid IN (SELECT sop_uid FROM pacs_instance "
        "JOIN pacs_series USING (series_uid) WHERE study_uid=?)",
        (study_uid,),
    ).rowcount


def back_to_cache(tx: sqlite3.Connection, sop_uids: Sequence[str], now: datetime) -> None:
    """Note that archived instances stand in the cache (again) and are used now."""
    tx.execute(
        "UPDATE pacs_place SET cached=1, used=? WHERE sop_uid IN (SELECT value FROM json_each(?))",
        (now.isoformat(timespec="milliseconds"), json.dumps(list(sop_uids))),
    )


def cached_bytes(tx: sqlite3.Connection) -> int:
    """The size of all that stands in the cache."""
    row = tx.execute(
        "SELECT (SELECT coalesce(sum(size), 0) FROM pacs_instance) - "
        "(SELECT coalesce(sum(i.size), 0) FROM pacs_place w JOIN pacs_instance i USING (sop_uid) WHERE w.cached=0)"
    ).fetchone()
    return int(row[0])


def droppable(tx: sqlite3.Connection) -> list[tuple[str, int, int]]:
    """Studies of which the archive has everything that stands in the cache, the longest unused first.

    (Study Instance UID, instances, bytes) each. What is in the cache alone is no candidate.
    """
    rows = tx.execute(
        "SELECT e.study_uid, count(*) AS instances, sum(i.size) AS size FROM pacs_instance i "
        "JOIN pacs_series e USING (series_uid) LEFT JOIN pacs_place w USING (sop_uid) WHERE coalesce(w.cached, 1)=1 "
        "GROUP BY e.study_uid HAVING count(w.sop_uid)=count(*) ORDER BY max(w.used), e.study_uid"
    )
    return [(row["study_uid"], row["instances"], row["size"]) for row in rows]
