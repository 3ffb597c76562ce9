"""Application acknowledgements that come when CA has ended a delivery: which message each is for."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import Any

from simlab.hl7 import acknowledge
from simlab.hl7.courier import DELIVERED, ERROR, RETRY, Delivery
from simlab.hl7.errors import Hl7Error
from simlab.hl7.message import Message, parse

AWAITED = "awaited"
_ACCEPT = ("CA", "")
_APPLICATION = ("AA", "AE", "AR")


def asking(data: bytes) -> bytes:
    """A message that asks for CA and for the application's word (MSH-15, MSH-16); its own words stay."""
    try:
        message = parse(data)
    except Hl7Error:
        return data
    if message.get("MSH-15") or message.get("MSH-16"):
        return data
    return message.set("MSH-15", "AL").set("MSH-16", "AL").data


def expect(tx: sqlite3.Connection, link: str, item: int, data: bytes) -> None:
    """Item `item` of `link` goes out now as `data`; what its receiver's application says of it comes later."""
    try:
        control_id = parse(data).get("MSH-10")
    except Hl7Error:
        return
    tx.execute("INSERT OR REPLACE INTO hl7_awaited VALUES (?, ?, ?, NULL)", (link, item, control_id))


def settled(tx: sqlite3.Connection, link: str, item: int, delivery: Delivery) -> Delivery:
    """What an attempt came to where the application's word may have overtaken it."""
    row = tx.execute("SELECT answer FROM hl7_awaited WHERE link=? AND item=?", (link, item)).fetchone()
    if row is None:
        return delivery
    if row["answer"] is not None:
        result, text = judged(parse(bytes(row["answer"])))
        return replace(delivery, result=result, text=text)
    code = delivery.said.code if delivery.said else ""
    if code in _APPLICATION and delivery.result != RETRY:
        tx.execute("UPDATE hl7_awaited SET answer=? WHERE link=? AND item=?", (delivery.ack, link, item))
    elif code not in _ACCEPT:
        tx.execute("DELETE FROM hl7_awaited WHERE link=? AND item=?", (link, item))
    return delivery


def heard(tx: sqlite3.Connection, link: str, answer: Message, *, whole: bool = False) -> tuple[str, int] | None:
    """Keep an acknowledgement with the message it is for, the oldest of its control ID; link and item of that, or None.

    `link` is the beginning of the name of links that are looked at, or the `whole` name of one.
    """
    if answer.get("MSA-1") not in _APPLICATION:
        return None
    row = tx.execute(
        "SELECT link, item FROM hl7_awaited WHERE control_id=? AND answer IS NULL AND substr(link, 1, ?) = ? "
        "ORDER BY item LIMIT 1",
        (answer.get("MSA-2"), 1000 if whole else len(link), link),
    ).fetchone()
    if row is None:
        return None
    tx.execute("UPDATE hl7_awaited SET answer=? WHERE link=? AND item=?", (answer.data, row["link"], row["item"]))
    return row["link"], row["item"]


def judged(answer: Message) -> tuple[str, str]:
    """What an application acknowledgement makes of a delivery (DELIVERED or ERROR), and why in words."""
    said = acknowledge.read(answer)
    return (DELIVERED, said.text) if said.accepted else (ERROR, f"{said.code}: {said.text}")


def told(tx: sqlite3.Connection, link: str, item: int) -> dict[str, Any]:
    """For a view: `later`, the code of the application's word (`awaited` until it comes), and `answer`, all of it."""
    row = tx.execute("SELECT answer FROM hl7_awaited WHERE link=? AND item=?", (link, item)).fetchone()
    if row is None:
        return {"later": "", "answer": None}
    if row["answer"] is None:
        return {"later": AWAITED, "answer": None}
    message = parse(bytes(row["answer"]))
    return {"later": message.get("MSA-1"), "answer": message.data.decode(message.encoding, "replace")}
