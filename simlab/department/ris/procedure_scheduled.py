"""The order message that the RIS sends on: as it came, with the numbers that the RIS gave (IHE RAD-4)."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from simlab.department.ris import orders, states
from simlab.department.ris.order_lines import OrderLine
from simlab.hl7.message import Message, parse

STATUSES = {"CA": "CA", "DC": "CA", "HD": "HD"}
"""ORC-5 that goes with an ORC-1 where the sender left it empty (IHE RAD-13); else it is the order's own."""


def numbered(tx: sqlite3.Connection, message: Message, applied: Sequence[tuple[OrderLine, str]]) -> Message:
    """`message` with accession number, procedure, step, modality and study of each order, where the RIS gave them.

    `applied` are the orders of the message with their accession numbers. An ORM of one order gets a ZDS.
    """
    for line, accession in applied:
        order, steps = orders.find(tx, accession), _steps(tx, accession)
        status = STATUSES.get(line.control) or states.TO_HL7.get(order["state"], "")
        message = _fill(message, f"ORC[{line.group.numbers['ORC']}]", {5: status})
        if not message.get(f"{line.obr}-44.2") and not message.get(f"{line.obr}-4.2"):
            message = message.set(f"{line.obr}-4.2", str(order["description"]))
        if message.get("MSH-9.1") == "OMI":
            for number, step in zip(line.group.steps, steps, strict=False):
                message = _fill(message, f"IPC[{number}]", _ipc(order, step))
            continue
        message = message.set(f"{line.obr}-18", accession)
        given = {19: order["procedure_id"], 20: steps[0]["step_id"], 24: steps[0]["modality"]}
        message = _fill(message, line.obr, given)
    if len(applied) == 1 and message.get("MSH-9.1") != "OMI" and not message.named("ZDS"):
        message = parse(message.data.rstrip(b"\r") + b"\rZDS\r")
        study_uid = _steps(tx, applied[0][1])[0]["study_uid"]
        message = message.set("ZDS-1", f"{study_uid}^^Application^DICOM", raw=True)
    return message


def _ipc(order: sqlite3.Row, step: sqlite3.Row) -> dict[int, str]:
    return {
        1: order["accession"],
        2: order["procedure_id"],
        3: step["study_uid"],
        4: step["step_id"],
        5: step["modality"],
        9: step["station_ae"],
    }


def _fill(message: Message, segment: str, values: dict[int, str]) -> Message:
    for field, value in values.items():
        if value and not message.get(f"{segment}-{field}"):
            message = message.set(f"{segment}-{field}", str(value))
    return message


def _steps(tx: sqlite3.Connection, accession: str) -> list[sqlite3.Row]:
    """The steps of an order in the order they were made; it always has one."""
    return tx.execute("SELECT * FROM ris_step WHERE accession=? ORDER BY rowid", (accession,)).fetchall()
