"""ORR^O02: the order-level reply that ORC-6 may ask for, in place of a bare acknowledgement (HL7 v2.5.1 ch. 4.4.2)."""

from __future__ import annotations

import sqlite3

from simlab.department.ris.segment_group import Group, groups
from simlab.hl7 import build
from simlab.hl7.errors import Hl7Error
from simlab.hl7.message import Message, parse
from simlab.store import Store

CONFIRM = "F"
"""ORC-6 (table 0121) that asks for explicit confirmations."""
DONE = {"NW": "OK", "CA": "CR", "DC": "DR", "HD": "HR", "RL": "OE", "XO": "XR"}
"""ORC-1 of the reply (table 0119): done as requested."""


class Replies:
    """Makes an ORR of the acknowledgement of an order message, where that asks for it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def reply(self, message: Message, ack: bytes) -> bytes:
        """`ack` itself, or an ORR that confirms every order with the RIS's filler number."""
        if message.get("MSH-9.1") != "ORM":
            return ack
        try:
            wanted = [one for one in groups(message) if one.said(one.place("ORC-6")) == CONFIRM]
        except Hl7Error:
            return ack
        if not wanted:
            return ack
        structure = "" if message.get("MSH-12.1") in ("2.3", "2.3.1") else "ORR_O02"
        reply = parse(ack).set("MSH-9", build.composite("ORR", "O02", structure), raw=True)
        lines = [build.segment("ORC", self._confirmed(one)) for one in wanted]
        return reply.data.rstrip(b"\r") + b"\r" + "".join(f"{line}\r" for line in lines).encode(reply.encoding)

    def _confirmed(self, one: Group) -> dict[int, str]:
        control, placer = one.said(one.place("ORC-1")), one.said(one.place("ORC-2.1"))
        with self._store.write() as tx:
            row = tx.execute("SELECT filler FROM ris_order WHERE placer = ? AND placer <> ''", (placer,)).fetchone()
        filler = row["filler"] if row else one.said(one.place("ORC-3.1"))
        return {1: DONE.get(control, "OK"), 2: placer, 3: filler}


def assigned(tx: sqlite3.Connection, reply: Message) -> list[str]:
    """Take the placer numbers that an ORR gives the RIS's own orders (ORC-1 NA, IHE RAD-3); which orders got one."""
    found = []
    for n in range(1, len(reply.named("ORC")) + 1):
        control, placer, filler = (reply.get(f"ORC[{n}]-{place}") for place in ("1", "2.1", "3.1"))
        if control == "NA" and placer and filler:
            rows = tx.execute(
                "UPDATE ris_order SET placer = ? WHERE filler = ? AND placer = '' RETURNING accession", (placer, filler)
            )
            found += [row["accession"] for row in rows.fetchall()]
    return found
