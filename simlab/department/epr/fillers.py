"""What a filler calls the EPR's orders: the numbers in its order replies (ORR^O02, ORI^O24) and status messages."""

from __future__ import annotations

import sqlite3

from simlab.hl7.message import Message

DONE = ("OK", "XR", "CR", "DR", "HR", "OE")
"""ORC-1 (table 0119) of a reply to what was done as asked."""


def note(tx: sqlite3.Connection, reply: Message) -> None:
    """Keep the filler number (ORC-3), and where it is told the accession number and the study, of each order."""
    orders: list[dict[str, str]] = []
    counts: dict[str, int] = {}
    for segment in reply.segments:
        counts[segment.name] = number = counts.get(segment.name, 0) + 1
        if segment.name == "ORC":
            orders.append({})
        if orders:
            orders[-1].setdefault(segment.name, f"{segment.name}[{number}]")
    for places in orders:
        orc, obr, ipc, zds = (places.get(name, "") for name in ("ORC", "OBR", "IPC", "ZDS"))
        if reply.get(f"{orc}-1") in DONE:
            write(
                tx,
                reply.get(f"{orc}-2.1"),
                filler=reply.get(f"{orc}-3.1"),
                accession=(reply.get(f"{ipc}-1.1") if ipc else "") or (reply.get(f"{obr}-18") if obr else ""),
                study_uid=(reply.get(f"{ipc}-3.1") if ipc else "") or (reply.get(f"{zds}-1.1") if zds else ""),
            )


def write(tx: sqlite3.Connection, placer: str, **told: str) -> None:
    """Write into the order what was told of it; what is empty leaves it alone."""
    for name, value in told.items():
        if value and placer:
            tx.execute(f"UPDATE epr_order SET {name}=?1 WHERE placer=?2 AND {name}<>?1", (value, placer))
