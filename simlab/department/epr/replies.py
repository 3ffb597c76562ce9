"""The EPR's order replies: ORR^O02 that gives the filler's own orders their placer numbers (ORC-1 NA, IHE RAD-3)."""

from __future__ import annotations

from simlab.hl7.message import Message
from simlab.hl7.order_reply import Form, Segment, order_reply
from simlab.store import Store


class Replies:
    """Makes an ORR of the acknowledgement of an order message, where the door's policy asks for it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def reply(self, message: Message, ack: bytes, form: Form, refused: bool) -> bytes:
        """`ack` itself, or the ORR with the placer number of every order that the filler made (SN)."""
        if form != "order" or message.get("MSH-9.1") != "ORM":
            return ack
        lines: list[Segment] = []
        if refused:
            return order_reply(ack, "ORM", lines)
        with self._store.write() as tx:  # that of the message: its orders are seen by nobody else yet
            for n in range(1, len(message.named("ORC")) + 1):
                filler = message.get(f"ORC[{n}]-3.1")
                row = tx.execute("SELECT placer FROM epr_order WHERE filler=? AND filler<>''", (filler,)).fetchone()
                if row is not None and message.get(f"ORC[{n}]-1") == "SN":
                    lines.append(("ORC", {1: "NA", 2: row["placer"], 3: filler}))
        return order_reply(ack, "ORM", lines)
