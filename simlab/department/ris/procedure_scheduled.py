"""The order message that the RIS sends on: as it came, with the numbers that the RIS gave (IHE RAD-4)."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from simlab.department.ris import orders
from simlab.hl7.message import Message, parse


def numbered(tx: sqlite3.Connection, message: Message, applied: Sequence[tuple[str, str]]) -> Message:
    """`message` with accession number, modality and procedure in each OBR, and ZDS where one order has none.

    `applied` are the orders of the message: which OBR (``OBR[2]``) is of which accession number.
    """
    for obr, accession in applied:
        message = message.set(f"{obr}-18", accession)
        step = _step(tx, accession)
        if not message.get(f"{obr}-24"):
            message = message.set(f"{obr}-24", step["modality"])
        if not message.get(f"{obr}-44.2") and not message.get(f"{obr}-4.2"):
            message = message.set(f"{obr}-4.2", str(orders.find(tx, accession)["description"]))
    if len(applied) == 1 and not message.named("ZDS"):
        message = parse(message.data.rstrip(b"\r") + b"\rZDS\r")
        message = message.set("ZDS-1", f"{_step(tx, applied[0][1])['study_uid']}^^Application^DICOM", raw=True)
    return message


def _step(tx: sqlite3.Connection, accession: str) -> sqlite3.Row:
    """The first step of an order; it always has one."""
    row: sqlite3.Row = tx.execute(
        "SELECT modality, study_uid FROM ris_step WHERE accession=? ORDER BY step_id", (accession,)
    ).fetchone()
    return row
