"""What can be seen of the viewers: pure functions of a read transaction."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from typing import Any

from simlab.department.viewer.settings import setting


def holds(
    tx: sqlite3.Connection, system: str | None = None, study_uid: str | None = None, patient_id: str | None = None
) -> list[dict[str, Any]]:
    """The instances that viewers hold."""
    rows = tx.execute(
        "SELECT system, sop_uid, study_uid, series_uid, patient_id, patient_name, accession, modality, number, source, "
        "received FROM viewer_instance WHERE (?1 IS NULL OR system=?1) AND (?2 IS NULL OR study_uid=?2) "
        "AND (?3 IS NULL OR patient_id=?3) ORDER BY system, study_uid, series_uid, number, sop_uid",
        (system, study_uid, patient_id),
    )
    return [dict(row) for row in rows]


def settings(tx: sqlite3.Connection, system: str | None = None) -> list[dict[str, Any]]:
    """The settings that somebody changed or a scene gave."""
    rows = tx.execute("SELECT * FROM viewer_setting WHERE (?1 IS NULL OR system=?1) ORDER BY system, key", (system,))
    return [{**dict(row), "value": json.loads(row["value"])} for row in rows]


def space(tx: sqlite3.Connection, system: str | None = None) -> list[dict[str, Any]]:
    """How many images and studies viewers hold; `quota` is how many fit where that is limited, else 0."""
    rows = tx.execute(
        "SELECT system, count(*) AS images, count(DISTINCT study_uid) AS studies, min(received) AS oldest, "
        "max(received) AS newest FROM viewer_instance WHERE ?1 IS NULL OR system=?1 GROUP BY system ORDER BY system",
        (system,),
    )
    return [{**dict(row), "quota": setting(tx, row["system"], "quota_images")} for row in rows]


VIEWS: dict[str, Callable[..., list[dict[str, Any]]]] = {"holds": holds, "space": space, "settings": settings}
