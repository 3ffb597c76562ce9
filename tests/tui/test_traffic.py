"""The list of messages that passed, apart from how it is drawn."""

from __future__ import annotations

from typing import Any

from simlab.tui.traffic import Traffic


def event(number: int, cause: int | None = None, kind: str = "hl7.message") -> dict[str, Any]:
    """An event of the journal as the door gives it."""
    at = "2026-03-02T08:00:00"
    return {"id": number, "cause": cause, "kind": kind, "at": at, "data": {"type": "ADT^A08"}}


def numbers(traffic: Traffic) -> list[int]:
    """The events of the rows that are shown, from the top."""
    return [row["event"] for row in traffic.shown]


def test_a_thread_stays_whole_when_its_beginning_is_fetched_later() -> None:
    """What came of the same action belongs to it, also once the list goes back to that action."""
    traffic = Traffic()
    traffic.take([event(10, 5), event(11, 10), event(12)])
    traffic.narrow([], traffic.root(traffic.shown[1]))
    assert numbers(traffic) == [11, 10]
    traffic.take_earlier([event(3, None, "action"), event(5, 3), event(6), event(7, 3)])
    assert numbers(traffic) == [11, 10, 7, 5]
    traffic.take([event(13, 11), event(14)])
    assert numbers(traffic) == [13, 11, 10, 7, 5]


def test_earlier_messages_are_added_at_the_end() -> None:
    """Without a thread, and what is there already is not doubled."""
    traffic = Traffic()
    traffic.take([event(10), event(11)])
    traffic.take_earlier([event(8), event(9, None, "action"), event(10)])
    assert numbers(traffic) == [11, 10, 8]
