"""The HL7 messages that passed, the newest first, and those of them that are wanted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from simlab.tui import words

MOST = 20_000
"""Messages that are kept: a busy day."""

_ALL = "text of all"

Row = dict[str, Any]


class Traffic:
    """`shown` are the rows that hold every one of `wanted` and belong to `thread`, where there is one."""

    def __init__(self) -> None:
        self.shown: list[Row] = []
        self.wanted: Sequence[str] = ()
        self.thread: int | None = None
        self.first = 0
        """The earliest event that was looked through; 0 before there was any."""
        self._rows: list[Row] = []
        self._causes: dict[int, int] = {}

    def take(self, events: Sequence[Row]) -> bool:
        """Add what has come since; whether there is more to show."""
        new = self._read(events)
        self._rows = [*new, *self._rows][:MOST]
        fitting = [row for row in new if self._fits(row)]
        self.shown = [*fitting, *self.shown][:MOST]
        return bool(fitting)

    def take_earlier(self, events: Sequence[Row]) -> None:
        """Add what came before all that is there."""
        old = self._read([event for event in events if int(event["id"]) < self.first])
        self._rows += old
        if self.thread is not None and (further := self._root(self.thread)) != self.thread:
            self.narrow(self.wanted, further)  # what it comes of comes of something itself
        else:
            self.shown += [row for row in old if self._fits(row)]

    @property
    def full(self) -> bool:
        """No more are kept."""
        return len(self._rows) >= MOST

    def narrow(self, wanted: Sequence[str], thread: int | None) -> None:
        """Show those that hold these words and belong to this thread."""
        self.wanted, self.thread = wanted, thread
        self.shown = [row for row in self._rows if self._fits(row)]

    def root(self, row: Row) -> int:
        """The event that a message comes of in the end."""
        return self._root(int(row["event"]))

    def _root(self, at: int) -> int:
        while at in self._causes:
            at = self._causes[at]
        return at

    def _read(self, events: Sequence[Row]) -> list[Row]:
        if events:
            first = int(events[0]["id"])
            self.first = min(self.first or first, first)
        self._causes.update({int(event["id"]): int(event["cause"]) for event in events if event.get("cause")})
        return [_row(event) for event in reversed(events) if event.get("kind") == "hl7.message"]

    def _fits(self, row: Row) -> bool:
        belongs = self.thread is None or self.root(row) == self.thread
        return belongs and (not self.wanted or all(word in _text(row) for word in self.wanted))


def _row(event: Row) -> Row:
    data = event.get("data") or {}
    way = {"in": "→ in", "out": "out →"}.get(str(data.get("direction")), "")
    return {
        "time": words.time_of(str(event.get("at", ""))),
        "system": event.get("system"),
        "way": way,
        "type": data.get("type"),
        "control id": data.get("control_id"),
        "ack": data.get("ack"),
        "text": data.get("text"),
        "event": event.get("id"),
        "reply": data.get("ack_message"),
    }


def _text(row: Row) -> str:
    """All that a row says, put together when it is first looked through."""
    if _ALL not in row:
        row[_ALL] = " ".join(map(words.full, row.values())).casefold()
    return str(row[_ALL])
