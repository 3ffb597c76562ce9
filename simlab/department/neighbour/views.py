"""What can be seen of the neighbour: pure functions of a read transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

from simlab.department.neighbour.holdings import digest
from simlab.department.neighbour.peers import known
from simlab.department.neighbour.settings import load

_OF_RECEIPT = (
    "coalesce((SELECT {} FROM neighbour_receipt r WHERE r.study_uid=n.study_uid AND r.title=n.source "
    "ORDER BY r.id DESC LIMIT 1), '')"
)
SCENE = "SCENE"
"""The source of what the neighbour has made itself."""


def studies(
    tx: sqlite3.Connection, study_uid: str | None = None, patient_id: str | None = None
) -> list[dict[str, Any]]:
    """What it holds, under its own patient numbers."""
    sql = (
        "SELECT patient_id, issuer, patient_name, accession, study_date, description, max(source) AS source, "
        "group_concat(DISTINCT modality) AS modalities, count(*) AS instances, study_uid FROM neighbour_instance "
        "WHERE (?1 IS NULL OR study_uid=?1) AND (?2 IS NULL OR patient_id=?2) "
        "GROUP BY study_uid ORDER BY study_date, study_uid"
    )
    return [dict(row) for row in tx.execute(sql, (study_uid, patient_id))]


def receipts(tx: sqlite3.Connection, study_uid: str | None = None) -> list[dict[str, Any]]:
    """What has come to it: from whom, as whose, under which number it is kept, how many images, and their digest.

    `receipt` is how far the one that goes back has come: waiting, delivered or undeliverable; empty where none is sent.
    The digest is the first 16 digits of the SHA-256 of the sorted SOP Instance UIDs, each on a line.
    """
    sql = (
        "SELECT study_uid, source, sent_id, sent_issuer, patient_id AS number, count(*) AS instances, "
        "group_concat(sop_uid, ' ') AS uids, min(received) AS first, max(received) AS last, "
        f"{_OF_RECEIPT.format('state')} AS receipt, {_OF_RECEIPT.format('error')} AS error FROM neighbour_instance n "
        "WHERE source<>?1 AND (?2 IS NULL OR study_uid=?2) GROUP BY study_uid, source, sent_id, sent_issuer "
        "ORDER BY last, study_uid"
    )
    rows = [dict(row) for row in tx.execute(sql, (SCENE, study_uid))]
    return [{**row, "digest": digest(row.pop("uids").split())} for row in rows]


def persons(tx: sqlite3.Connection, patient_id: str | None = None) -> list[dict[str, Any]]:
    """Which number it has given to whom."""
    sql = "SELECT * FROM neighbour_person WHERE ?1 IS NULL OR patient_id=?1 ORDER BY number"
    return [dict(row) for row in tx.execute(sql, (patient_id,))]


def peers(tx: sqlite3.Connection, title: str | None = None) -> list[dict[str, Any]]:
    """Whom it knows: it sends to them, asks them, and receipts what comes from them."""
    return [
        {"title": name, "host": one.host, "port": one.port}
        for name, one in known(tx, load(tx)).items()
        if title in (None, name)
    ]


def settings(tx: sqlite3.Connection, key: str | None = None) -> list[dict[str, Any]]:
    """Every setting in force."""
    found = load(tx).model_dump(mode="json")
    return [{"key": name, "value": value} for name, value in found.items() if key in (None, name)]


VIEWS: dict[str, Callable[..., list[dict[str, Any]]]] = {
    "studies": studies,
    "receipts": receipts,
    "persons": persons,
    "peers": peers,
    "settings": settings,
}
