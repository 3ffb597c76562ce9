"""A rota: many connections on one thread, and nobody waits for a slow one."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from simlab.rota import Rota

MANY = 40


class Echo:
    """The far end of a socket pair, as a rota serves it: runs `work` on what comes, and echoes that."""

    def __init__(self, work: Callable[[bytes], None] = lambda _data: None, seconds: float = 60.0) -> None:
        self.near, self._far = socket.socketpair()
        self._far.setblocking(False)
        self.near.settimeout(10)
        self.fd = self._far.fileno()
        self.deadline = time.monotonic() + seconds
        self.closed = threading.Event()
        self._work = work

    def ready(self) -> bool:
        data = self._far.recv(100)
        if data:
            self._work(data)
            self._far.send(data)
        return bool(data)

    def expire(self) -> bool:
        self._work(b"expired")
        return False

    def close(self) -> None:
        self._far.close()
        self.closed.set()

    def ask(self, data: bytes = b"x") -> bytes:
        self.near.sendall(data)
        return self.near.recv(100)


@pytest.fixture
def rota() -> Iterator[Rota]:
    made = Rota("test")
    yield made
    made.stop()


def test_a_slow_connection_keeps_nobody_waiting(rota: Rota) -> None:
    """What one works on ends only after the other was answered; the slow one is served again after that."""
    other = threading.Event()
    slow, quick = Echo(lambda _data: None if other.wait(10) else pytest.fail("waited")), Echo()
    rota.take_on(slow)
    rota.take_on(quick)
    slow.near.sendall(b"a")
    assert quick.ask(b"b") == b"b"
    other.set()
    assert slow.near.recv(100) == b"a"
    assert [slow.ask(b"c"), quick.ask(b"d")] == [b"c", b"d"]


def test_all_may_be_slow_at_once(rota: Rota) -> None:
    """Forty pieces of work that end only when all forty have begun."""
    together = threading.Barrier(MANY)
    many = [Echo(lambda _data: together.wait(20) and None) for _ in range(MANY)]
    for one in many:
        rota.take_on(one)
        one.near.sendall(b"x")
    assert [one.near.recv(100) for one in many] == [b"x"] * MANY


def test_a_connection_is_over_when_it_says_so_fails_or_is_late(rota: Rota) -> None:
    """The end, an exception and a deadline each close one connection, and no other."""

    def fail(_data: bytes) -> None:
        raise ValueError("arranged")

    ending, failing, late, staying = Echo(), Echo(fail), Echo(seconds=0.05), Echo()
    for one in (ending, failing, late, staying):
        rota.take_on(one)
    ending.near.shutdown(socket.SHUT_WR)
    failing.near.sendall(b"x")
    assert all(one.closed.wait(10) for one in (ending, failing, late))
    assert staying.ask() == b"x"


def test_deadlines_hold_while_one_of_them_is_slow(rota: Rota) -> None:
    """The second to expire does not wait until the first has told of it."""
    second = threading.Event()
    first = Echo(lambda _data: None if second.wait(10) else pytest.fail("waited"), seconds=0.02)
    rota.take_on(first)
    rota.take_on(Echo(lambda _data: second.set(), seconds=0.02))
    assert first.closed.wait(10)


def test_stopping_closes_the_idle_at_once_and_the_busy_when_it_is_done() -> None:
    """Nothing is torn from under a piece of work; nobody is taken on afterwards."""
    rota, begun, finish = Rota("test"), threading.Event(), threading.Event()
    busy, idle = Echo(lambda _data: begun.set() or (finish.wait(10) and None)), Echo()
    for one in (busy, idle):
        rota.take_on(one)
    busy.near.sendall(b"x")
    assert begun.wait(10)
    assert idle.ask() == b"x"  # the relief is on duty
    rota.stop()
    assert idle.closed.wait(10)
    assert not busy.closed.is_set()
    finish.set()
    assert busy.near.recv(100) == b"x"
    assert busy.closed.wait(10)
    with pytest.raises(RuntimeError, match="stopped"):
        rota.take_on(Echo())


def test_with_a_thread_too_few_everybody_is_served_all_the_same(rota: Rota, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second thread cannot start: one serves alone, and is relieved once there are threads again."""
    start, started = threading.Thread.start, list[str]()

    def scarce(thread: threading.Thread) -> None:
        started.append(thread.name)
        if len(started) == 2:
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", scarce)
    other = threading.Event()
    slow, quick = Echo(lambda _data: None if other.wait(10) else pytest.fail("waited")), Echo()
    rota.take_on(quick)
    assert [quick.ask(), quick.ask()] == [b"x", b"x"]
    rota.take_on(slow)
    slow.near.sendall(b"a")
    assert quick.ask(b"b") == b"b"
    other.set()
    assert slow.near.recv(100) == b"a"
    assert started[:3] == ["test-duty", "test-relief", "test-relief"]
