"""The sequence number protocol of HL7 v2.5.1 ch. 2.10.1: MSH-13 counts, MSA-4 says which number is expected."""

from __future__ import annotations

import copy
import sqlite3
from dataclasses import dataclass
from typing import Any

from simlab import journal as kinds
from simlab.errors import NotFound
from simlab.hl7.errors import Hl7Error
from simlab.hl7.message import Message, parse
from simlab.hl7.schema import SCHEMA
from simlab.journal import Journal
from simlab.store import Store

RESYNCHRONISE = -1
"""As MSH-13: begin anew with the number of the next message. As MSA-4: any number will do."""
START = 0
"""As MSH-13: the link (re-)starts; which number is expected?"""

_SENDS = "> "
"""Before the name of a link, what its sender counts; a door is kept under its own name."""

GO_ON = "accepted"
AGAIN = "again"
FROZEN = "frozen"
"""What a sender makes of an acknowledgement: the next message may follow; this one is expected; an operator is."""


@dataclass(frozen=True)
class Verdict:
    """What a receiver makes of MSH-13. `expected` goes into MSA-4; `probe`: nothing but an answer is asked for.

    `repeated`: that message was accepted before, and its acknowledgement was lost.
    """

    expected: int | None = None
    probe: bool = False
    repeated: bool = False


def judged(tx: sqlite3.Connection, door: str, message: Message) -> Verdict:
    """Compare MSH-13 with what `door` accepted last of that sender; Hl7Error (AE) for a number out of sequence.

    A message without a number is not part of the protocol.
    """
    number = _number(message)
    if number is None:
        return Verdict()
    last = _last(tx, door, _sender(message))
    if number == RESYNCHRONISE:
        _keep(tx, door, _sender(message), None)
        return Verdict(RESYNCHRONISE, probe=True)
    expected = RESYNCHRONISE if last is None else last + 1
    if number == START:
        return Verdict(expected, probe=True)
    if last is None or number == expected:
        return Verdict(number)
    if number == last:
        return Verdict(expected, repeated=True)
    raise OutOfSequence(number, expected)


def accepted(tx: sqlite3.Connection, door: str, message: Message) -> None:
    """Note the number of a message that was taken, in the transaction that takes it."""
    number = _number(message)
    if number is not None and number > 0:
        _keep(tx, door, _sender(message), number)


class OutOfSequence(Hl7Error):
    """A number that is not the expected one: a message was lost, or the sender's counter was set back."""

    def __init__(self, number: int, expected: int) -> None:
        super().__init__(
            f"sequence number {number} came, {expected} is expected",
            place="MSH-13",
            code="207",
            remedy="Send the expected message, or -1 in MSH-13 to begin anew.",
        )
        self.expected = expected


class Counter:
    """The sender's side of one link: numbers its messages and judges what the receiver expects. Survives a restart.

    Without a `partner` there is a count for each application that messages on the link are from (MSH-3, MSH-4), as a
    receiver keeps it: take it by `of`.
    """

    def __init__(self, store: Store, name: str, partner: str = "") -> None:
        self._store = store
        self._key = (f"{_SENDS}{name}", partner)
        store.install(SCHEMA)

    def of(self, data: bytes) -> Counter:
        """The counter for a message; of what is no message, the link's own."""
        try:
            partner = self._key[1] or _sender(parse(data))
        except Hl7Error:
            partner = ""
        one = copy.copy(self)
        one._key = (self._key[0], partner)
        return one

    @property
    def next(self) -> int:
        """The number of the message that goes out now: one more than that of the last accepted one."""
        with self._store.read() as tx:
            return (_last(tx, *self._key) or 0) + 1

    def numbered(self, data: bytes, number: int | None = None) -> bytes:
        """A message with its number in MSH-13; the same one for as long as it is not accepted.

        What is no message stays as it is.
        """
        try:
            message = parse(data)
        except Hl7Error:
            return data
        return message.set("MSH-13", str(self.next if number is None else number)).data

    def settle(self, reply: bytes) -> str:
        """Take note of an acknowledgement and say what to do next: GO_ON, AGAIN or FROZEN (ch. 2.10.1 d).

        A number is used up by what is accepted, also where the receiver says nothing of numbers.
        """
        message = parse(reply)
        told = _integer(message.get("MSA-4"))
        accepted = message.get("MSA-1") in ("AA", "CA")
        if told == RESYNCHRONISE or (told is None and not accepted):
            return AGAIN
        with self._store.write() as tx:
            current = (_last(tx, *self._key) or 0) + 1
            if (accepted and told in (None, current)) or told == current + 1:
                _keep(tx, *self._key, current)
                return GO_ON
            return AGAIN if told == current else FROZEN

    def set(self, last: int) -> None:
        """Say which number was accepted last: the operator's word, or that of a new beginning (0)."""
        with self._store.write() as tx:
            _keep(tx, *self._key, last)


class Sequences:
    """The console over the numbers that doors expect and links send."""

    def __init__(self, store: Store, journal: Journal) -> None:
        self._store = store
        self._journal = journal
        store.install(SCHEMA)

    def set(self, link: str, last: int | None = None, partner: str = "") -> dict[str, Any]:
        """Say which number came last on a `link` of the view (of one `partner`, or of all); NotFound.

        None begins anew: a door takes any number next, a sender sends 1.
        """
        with self._store.write() as tx:
            changed = tx.execute(
                "UPDATE hl7_sequence SET last=?1 WHERE door IN (?2, ?3) AND (?4 = '' OR partner = ?4)",
                (last, link, f"{_SENDS}{link}", partner),
            ).rowcount
            if not changed:
                known = ", ".join(sorted({f"{row['link']} of {row['partner']}" for row in rows(tx)}))
                raise NotFound(f"no number is kept for {link}", place=partner, remedy=f"There are: {known or 'none'}.")
            words = "begins anew" if last is None else f"goes on behind {last}"
            self._journal.record(
                kinds.CONSOLE,
                link.split(" ")[0],
                f"sequence numbers of {link}: the count {words}",
                {"do": "set_sequence", "link": link, "partner": partner, "last": last},
            )
            return {"link": link, "partner": partner, "last": last, "summary": f"the count of {link} {words}"}


def rows(tx: sqlite3.Connection, link: str = "") -> list[dict[str, Any]]:
    """The last number by door and sender, and by sending link and application; `next` is what is due, None: any."""
    found = tx.execute("SELECT door, partner, last FROM hl7_sequence ORDER BY ltrim(door, '> '), door, partner")
    return [
        {
            "link": row["door"].removeprefix(_SENDS),
            "way": "sends" if row["door"].startswith(_SENDS) else "takes",
            "partner": row["partner"],
            "last": row["last"],
            "next": (row["last"] or 0) + 1 if row["last"] is not None or row["door"].startswith(_SENDS) else None,
        }
        for row in found
        if link in ("", row["door"].removeprefix(_SENDS))
    ]


def _sender(message: Message) -> str:
    return f"{message.get('MSH-3')}^{message.get('MSH-4')}"


def _number(message: Message) -> int | None:
    value = message.get("MSH-13")
    if not value:
        return None
    number = _integer(value)
    if number is None or number < RESYNCHRONISE:
        raise Hl7Error(f"{value!r} is no sequence number", place="MSH-13", remedy="Send -1, 0 or a positive integer.")
    return number


def _integer(value: str) -> int | None:
    try:
        return int(value) if len(value) <= 15 else None
    except ValueError:
        return None


def _last(tx: sqlite3.Connection, door: str, partner: str) -> int | None:
    row = tx.execute("SELECT last FROM hl7_sequence WHERE door=? AND partner=?", (door, partner)).fetchone()
    return row["last"] if row else None


def _keep(tx: sqlite3.Connection, door: str, partner: str, last: int | None) -> None:
    tx.execute("INSERT OR REPLACE INTO hl7_sequence VALUES (?, ?, ?)", (door, partner, last))
