"""A feed to a port: in order, waited for, answered; and a person can end it."""

import asyncio
import socket
import threading
import time

import pytest
from hl7.mllp import start_hl7_server

from simlab.errors import BadInput
from simlab.feed import library
from simlab.feed.dialect import Dialect
from simlab.feed.line import TRIES, LineSink, address
from simlab.feed.plan import Plan
from simlab.feed.run import Feed
from tests.feed.feeding import fed, written
from tests.hl7.peer import eventually, peer

TWO = """
title: Two
number: 33
persons: {patient: {}}
steps:
- identify
- order: XCHES
- by_ack: {AA: [{schedule: exam}], AE: [{cancel: exam}], none: [{amend: phone}]}
"""


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Running:
    """A feed to a port on a thread."""

    def __init__(self, port, named, *, count=5, ack_seconds=5.0):
        self.stop = threading.Event()
        self.heard: list[str] = []
        self.sink = LineSink("127.0.0.1", port, Dialect(), self.stop, ack_seconds=ack_seconds, heard=self.heard.append)
        self.feed = Feed(Plan([named], 1, count=count), self.sink)
        self.thread = threading.Thread(target=self.feed.run, daemon=True)
        self.thread.start()

    def ended(self, seconds=20.0):
        self.thread.join(seconds)
        assert not self.thread.is_alive()
        self.sink.close()
        return self.feed.summary


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Waits are short, so that a test need not wait."""
    monkeypatch.setattr("simlab.feed.line.FIRST_WAIT", 0.02)
    monkeypatch.setattr("simlab.feed.line.LONGEST_WAIT", 0.1)


def test_messages_arrive_in_order_as_a_file_has_them():
    """The same bytes in the same order, each answered."""
    with peer() as receiver:
        done = Running(receiver.port, library.find("chest-pain-ct")).ended()
    assert receiver.messages == fed("chest-pain-ct", count=5).sent
    assert done.answers == {"AA": len(receiver.messages)}
    assert done.finished


def test_a_receiver_that_is_down_at_the_start_is_waited_for():
    """It says so, once, and sends everything when the receiver is there."""
    port = free_port()
    running = Running(port, library.find("gp-chest-xray"))
    eventually(lambda: running.heard)
    time.sleep(0.2)
    assert running.thread.is_alive()
    assert len(running.heard) == 1
    assert "waiting" in running.heard[0]
    with peer(port=port) as receiver:
        running.ended()
    assert receiver.messages == fed("gp-chest-xray", count=5).sent
    assert "is there again" in running.heard[1]
    assert running.sink.waited > 0.1


def test_a_receiver_that_goes_away_in_mid_day_is_waited_for():
    """Nothing is left out; what was in flight may come twice, under the same MSH-10."""
    port = free_port()
    with peer(port=port) as first:
        running = Running(port, library.find("gp-chest-xray"), count=400)
        eventually(lambda: len(first.got) > 20)
    assert running.thread.is_alive()
    with peer(port=port) as second:
        running.ended(60)
    everything = first.messages + [m for m in second.messages if m not in first.messages[-1:]]
    assert everything == fed("gp-chest-xray", count=400).sent


def test_the_answer_steers_the_pathway():
    """AA schedules, AE cancels."""
    sent = fed(written(TWO), count=1).sent
    order = sent[1].split(b"|", 10)[9].decode()
    with peer({order: ["AE"]}) as receiver:
        done = Running(receiver.port, written(TWO), count=1).ended()
    assert b"ORC|CA" in receiver.messages[2]
    assert done.answers == {"AA": 2, "AE": 1}
    with peer() as receiver:
        Running(receiver.port, written(TWO), count=1).ended()
    assert b"ORC|NW" in receiver.messages[2]


def test_a_refusal_is_tried_again():
    """AR says that the receiver may be down: the same message again, then on."""
    order = fed(written(TWO), count=1).sent[1].split(b"|", 10)[9].decode()
    with peer({order: ["AR", "AA"]}) as receiver:
        running = Running(receiver.port, written(TWO), count=1)
        done = running.ended()
    assert receiver.got.count(order) == 2
    assert done.answers == {"AA": 3}
    assert running.sink.repeated == 1


def test_who_never_answers_is_given_up_after_some_tries():
    """The same message `TRIES` times, then the branch for no answer."""
    order = fed(written(TWO), count=1).sent[1].split(b"|", 10)[9].decode()
    with peer({order: ["silent"] * TRIES}) as receiver:
        done = Running(receiver.port, written(TWO), count=1, ack_seconds=0.2).ended()
    assert receiver.got.count(order) == TRIES
    assert len({m for m in receiver.messages if order.encode() in m}) == 1
    assert b"ADT^A31" in receiver.messages[-1]
    assert done.answers == {"AA": 2, "none": 1}


def test_a_stop_ends_the_wait_for_a_receiver():
    """Within a moment, with what was done."""
    running = Running(free_port(), library.find("gp-chest-xray"))
    eventually(lambda: running.heard)
    running.stop.set()
    done = running.ended(5)
    assert not done.finished
    assert done.messages == 0


def test_another_makers_server_takes_a_feed():
    """python-hl7's reads and acknowledges every message."""
    got = []
    gone = threading.Event()

    async def take(reader, writer):
        while True:
            try:
                message = await reader.readmessage()
            except asyncio.IncompleteReadError:
                gone.set()
                return
            got.append(str(message))
            writer.writemessage(message.create_ack())
            await writer.drain()

    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(start_hl7_server(take, "127.0.0.1", 0))
    serving = threading.Thread(target=loop.run_forever, daemon=True)
    serving.start()
    try:
        running = Running(server.sockets[0].getsockname()[1], library.find("maternity-surname"), count=3)
        assert set(running.ended().answers) == {"AA"}
        assert gone.wait(5)
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        serving.join(5)
    assert [one.rstrip("\r") for one in got] == [
        one.decode().rstrip("\r") for one in fed("maternity-surname", count=3).sent
    ]


@pytest.mark.parametrize("text", ["mllp://127.0.0.1:2575", "127.0.0.1:2575", "mllp://127.0.0.1:2575/"])
def test_an_address_is_read(text):
    """With and without the scheme."""
    assert address(text) == ("127.0.0.1", 2575)


@pytest.mark.parametrize(
    "text", ["", "http://x:1", "mllp://x", "mllp://:1", "mllp://x:99999", "mllp://x:1/y", "mllp://[::1"]
)
def test_what_is_no_address_is_refused(text):
    """With what to write instead."""
    with pytest.raises(BadInput, match="mllp://"):
        address(text)
