"""What a courier has in hand agrees with the table, whenever somebody changes the queue and whatever fails."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from simlab.department.engine import Engine, Route
from simlab.department.engine.delivery import Deliveries
from simlab.department.engine.line import Line, Outcome
from simlab.department.engine.policy import DELIVERED, Verdict
from simlab.errors import NotKept
from simlab.hl7 import courier
from simlab.hl7.courier import Delivery, Parcel
from tests.engine.test_ahead import fill, gate, names
from tests.engine.test_engine import queue
from tests.hl7.peer import Ground, eventually

Start = Callable[..., Engine]


def _state(ground: Ground) -> str:
    return str(queue(ground)[0]["state"])


def test_what_an_earlier_process_left_in_flight_goes_out_though_the_disk_was_full_at_first(
    ground: Ground, engine: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A transaction that puts it back into the queue is rolled back at its end; the next one puts it back again."""
    turns: list[str] = []
    read_ahead = Deliveries._read_ahead

    def full_once(self: Deliveries, tx: sqlite3.Connection, line: Line) -> float | None:
        wait = read_ahead(self, tx, line)
        turns.append(line.route)
        if len(turns) == 1:
            raise NotKept(sqlite3.OperationalError("disk full"), ground.store.path)
        return wait

    with gate() as ris:
        made = engine(Route(name="out", port=ris.port, state="held"))
        fill(made, 1)
        eventually(lambda: not made._deliveries._lines["out"].look)
        with ground.store.write() as tx:
            tx.execute("UPDATE engine_queue SET state='sending'")
        made._deliveries._lines["out"].adrift = True
        monkeypatch.setattr(Deliveries, "_read_ahead", full_once)
        made.routes.release("out")
        eventually(lambda: len(turns) == 1)
        made._deliveries.wake("out")
        eventually(lambda: ris.got == names(1))
        eventually(lambda: _state(ground) == "delivered")


def test_nothing_goes_out_that_was_read_in_a_transaction_that_failed(
    ground: Ground, engine: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What had been read ahead is read again, since the marks that belong to it were rolled back."""
    line = Line("out")
    made = engine(Route(name="out", port=1, state="held"))

    def full(_tx: sqlite3.Connection, hand: Line) -> None:
        hand.ahead.append(Parcel(1, b"", "127.0.0.1", 1, "", None))
        raise NotKept(sqlite3.OperationalError("disk full"), ground.store.path)

    monkeypatch.setattr(made._deliveries, "_read_ahead", full)
    with pytest.raises(NotKept):
        made._deliveries._take(line)
    assert line.next() is None


def test_a_queue_that_is_made_stale_just_after_it_was_read_is_read_again_at_once(
    ground: Ground, engine: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refused operation, or a fault of another system, asks for that and wakes nobody."""
    turns: list[str] = []
    turn = Deliveries._turn

    def overtaken(self: Deliveries, line: Line) -> float | None:
        wait = turn(self, line)
        turns.append(line.route)
        if len(turns) == 1:
            self._anew()
        return wait

    with gate() as ris:
        made = engine(Route(name="out", port=ris.port, state="held"))
        fill(made, 1)
        eventually(lambda: not made._deliveries._lines["out"].look)
        monkeypatch.setattr(Deliveries, "_turn", overtaken)
        made.routes.release("out")
        eventually(lambda: ris.got == names(1))


def test_a_message_that_is_acknowledged_during_a_pause_is_not_taken_for_one_that_waits(
    ground: Ground, engine: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it could be discarded, or edited, although it has gone out."""
    made = engine(Route(name="out", port=1, state="held"))
    fill(made, 1)
    line = made._deliveries._lines["out"]
    parcel = Parcel(queue(ground)[0]["id"], b"", "127.0.0.1", 1, "", None)
    line.in_flight = parcel.id
    write = Deliveries._write

    def acknowledged_then(self: Deliveries, tx: sqlite3.Connection, hand: Line) -> Any:
        write(self, tx, hand)
        hand.done(Outcome(parcel, Delivery(courier.DELIVERED, ""), Verdict(DELIVERED), "2026-03-02", 0.0))

    monkeypatch.setattr(Deliveries, "_write", acknowledged_then)
    with ground.store.write() as tx:
        made._deliveries.pause(tx, "out")
    monkeypatch.undo()
    assert _state(ground) == "sending"


def test_no_courier_begins_when_the_engine_closes_while_routes_are_counted(
    ground: Ground, engine: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A route that is added at the very end waits for the next process."""
    made = engine(Route(name="out", port=1, state="held"))
    made._deliveries._couriers.pop("out").close()
    read = ground.store.read

    @contextmanager
    def then_closed() -> Iterator[sqlite3.Connection]:
        with read() as tx:
            yield tx
        monkeypatch.undo()
        made._deliveries.close()

    monkeypatch.setattr(ground.store, "read", then_closed)
    made._deliveries.staff()
    assert made._deliveries._couriers == {}
