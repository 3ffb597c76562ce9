"""The RIS's order replies: ORR^O02 to an ORM, ORI^O24 to an OMI, with its numbers (HL7 v2.5.1 ch. 4.4.2, 4.4.10)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from simlab.department.ris.segment_group import Group, groups
from simlab.hl7.errors import Hl7Error
from simlab.hl7.message import Message
from simlab.hl7.order_reply import FORMS, Form, Segment, order_reply
from simlab.store import Store

CONFIRM = ("F", "D")
"""ORC-6 (table 0121) that asks for more than exceptions."""
SILENT = ("N", "E", "R")
"""ORC-6 of an order that the reply says nothing of when it is done: MSA alone, or exceptions only."""
DONE = {"NW": "OK", "CA": "CR", "DC": "DR", "HD": "HR", "RL": "OE", "XO": "XR"}
"""ORC-1 of the reply (table 0119): done as requested."""
NOT_DONE = {"NW": "UA", "CA": "UC", "DC": "UD", "HD": "UH", "RL": "UR", "XO": "UX"}
"""ORC-1 of the reply: unable to do it."""


class Replies:
    """Makes an order reply of the acknowledgement of an order message, where the door's policy or ORC-6 asks for it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def reply(self, message: Message, ack: bytes, form: Form, refused: bool) -> bytes:
        """`ack` itself, or the order reply that tells of the orders: done with the RIS's numbers, or not done."""
        family = message.get("MSH-9.1")
        if family not in FORMS or form == "ack":
            return ack
        try:
            orders = list(groups(message))
        except Hl7Error:
            orders = []
        asked = {id(one): one.said(one.place("ORC-6")) for one in orders}
        if form == "asked" and not any(word in CONFIRM for word in asked.values()):
            return ack
        if refused:
            told = [one for one in orders if asked[id(one)] != "N"] if family == "ORM" else []
            return order_reply(
                ack, family, (self._orc(one, NOT_DONE.get(self._control(one), "UA"), "") for one in told)
            )
        told = [
            one for one in orders if asked[id(one)] not in SILENT and (form == "order" or asked[id(one)] in CONFIRM)
        ]
        with self._store.write() as tx:  # that of the message: its orders are seen by nobody else yet
            return order_reply(ack, family, [line for one in told for line in self._confirmed(tx, one, family)])

    def _confirmed(self, tx: sqlite3.Connection, one: Group, family: str) -> Iterator[Segment]:
        named = {
            "placer": one.said(one.place("ORC-2.1")),
            "filler": one.said(one.place("ORC-3.1")),
            "accession": one.said(one.place("IPC-1.1", next(iter(one.steps), 0)) if family == "OMI" else "")
            or one.said(one.place("OBR-18")),
        }
        row = next(
            (
                found
                for column, value in named.items()
                if value
                for found in tx.execute(f"SELECT * FROM ris_order WHERE {column} = ?", (value,)).fetchall()
            ),
            None,
        )
        filler = row["filler"] if row else named["filler"]
        yield self._orc(one, DONE.get(self._control(one), "OK"), filler)
        if row is None:
            return
        exam = (row["exam"], row["description"])
        if family == "ORM":
            yield "OBR", {1: "1", 2: named["placer"], 3: filler, 4: exam, 18: row["accession"], 19: row["procedure_id"]}
            return
        yield "OBR", {1: "1", 2: named["placer"], 3: filler, 4: exam}
        for step in tx.execute("SELECT * FROM ris_step WHERE accession = ? ORDER BY rowid", (row["accession"],)):
            yield (
                "IPC",
                {
                    1: row["accession"],
                    2: row["procedure_id"],
                    3: step["study_uid"],
                    4: step["step_id"],
                    5: step["modality"],
                    9: step["station_ae"],
                },
            )

    @staticmethod
    def _control(one: Group) -> str:
        return one.said(one.place("ORC-1"))

    @staticmethod
    def _orc(one: Group, control: str, filler: str) -> Segment:
        return "ORC", {1: control, 2: one.said(one.place("ORC-2.1")), 3: filler or one.said(one.place("ORC-3.1"))}


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
