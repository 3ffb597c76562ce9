"""Delivery from a durable queue: one message in flight, first in first out, on a thread of its own."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from simlab import provenance
from simlab.clock import Clock
from simlab.errors import SimlabError
from simlab.hl7 import acknowledge
from simlab.hl7.acknowledge import Acknowledgement
from simlab.hl7.errors import Hl7Error
from simlab.hl7.link import IDLE_SECONDS, Link
from simlab.hl7.message import Message, parse
from simlab.hl7.record import OUT, record
from simlab.hl7.sequence import AGAIN, GO_ON, Counter
from simlab.journal import Journal

DELIVERED = "delivered"
ERROR = "error"
RETRY = "retry"
ACK_SECONDS = 10.0
FIRST_RETRY = 1.0
LONGEST_RETRY = 60.0
LISTEN_SECONDS = 0.1  # between two looks whether a late acknowledgement has come
REFUSALS = 10  # AR answers before a message goes to the error queue

RESULTS = {"AA": DELIVERED, "CA": DELIVERED, "AE": ERROR, "CE": ERROR, "AR": RETRY, "CR": RETRY}
"""What an acknowledgement code means for the queue. AR also says that a receiver is down, so it is tried again."""


@dataclass(frozen=True)
class Parcel:
    """One message to deliver: the `id` of its queue row, its bytes, where to, and for whom.

    A `numbered` one goes out with a sequence number. The delivery of a `deferred` one ends with CA.
    """

    id: int
    data: bytes
    host: str
    port: int
    actor: str
    cause: int | None
    attempts: int = 0
    ack_seconds: float = ACK_SECONDS
    tls: bool = False
    numbered: bool = False
    deferred: bool = False

    @cached_property
    def message(self) -> Message | bytes:
        """What goes out, parsed; the bytes as they are where no message can be read in them."""
        try:
            return parse(self.data)
        except Hl7Error:
            return self.data


@dataclass(frozen=True)
class Delivery:
    """What came of one attempt: `result` is DELIVERED, ERROR or RETRY, `text` says why, `ack` is the raw reply.

    In enhanced mode `ack` is the application's reply when it came, else the accept acknowledgement. `said` is what it
    says, None where nobody could read it.
    """

    result: str
    text: str
    ack: bytes | None = None
    said: Acknowledgement | None = None

    @property
    def refused(self) -> bool:
        """Whether the receiver itself said try again (AR), rather than nothing at all."""
        return self.result == RETRY and self.ack is not None


def deliver(parcel: Parcel, link: Link) -> Delivery:
    """Send one message on `link` and judge its acknowledgement; never raises for what the other side does."""
    try:
        got = link.exchange(parcel.message, parcel.ack_seconds, deferred=parcel.deferred)
        answer = got.answer
        if answer is None:
            return Delivery(DELIVERED, "no acknowledgement was asked for, and no refusal came")
        said = acknowledge.read(answer)
    except Hl7Error as error:
        return Delivery(RETRY, f"the reply is no acknowledgement ({error})")
    except SimlabError as error:
        return Delivery(RETRY, str(error))
    return Delivery(RESULTS[said.code], said.text if said.accepted else f"{said.code}: {said.text}", got.reply, said)


def _counted(delivery: Delivery, counter: Counter) -> Delivery:
    """What `delivery` means where its acknowledgement says which sequence number is expected (MSA-4)."""
    if delivery.ack is None:
        return delivery
    verdict, expected = counter.settle(delivery.ack), parse(delivery.ack).get("MSA-4")
    if not expected or verdict == AGAIN:
        return delivery
    if verdict == GO_ON and delivery.result != DELIVERED:
        return replace(delivery, result=DELIVERED, text="it was accepted before, and that acknowledgement was lost")
    if verdict == GO_ON:
        return delivery
    # Without the reply as `ack` it is no refusal: the message waits, however often it is tried.
    return Delivery(RETRY, f"the link is {verdict}: sequence number {expected} is expected, ours is {counter.next}")


def note(journal: Journal, system: str, parcel: Parcel, delivery: Delivery, **facts: Any) -> None:
    """Journal one attempt of `system` to deliver: what went out, and what came back."""
    record(
        journal,
        system,
        OUT,
        parcel.message,
        delivery.ack,
        peer=f"{parcel.host}:{parcel.port}",
        text=delivery.text,
        said=delivery.said,
        **facts,
        attempt=parcel.attempts + 1,
    )


def state_after(delivery: Delivery, attempts: int) -> str:
    """The queue state (delivered, error, queued) of a message after its attempt number `attempts`."""
    if delivery.result == RETRY:
        return ERROR if delivery.refused and attempts >= REFUSALS else "queued"
    return delivery.result


def retry_at(clock: Clock, attempts: int) -> float:
    """The machine time (`time.time`) of the next attempt after `attempts` failed ones: 1, 2, 4 … 60 hospital seconds.

    Under a frozen clock they are real seconds, or nothing would ever be tried again.
    """
    seconds = min(FIRST_RETRY * 2.0 ** max(0, min(attempts - 1, 10)), LONGEST_RETRY)
    return time.time() + seconds / (clock.state()["speed"] or 1.0)


class Courier:
    """Asks `take` for the next parcel, delivers it, tells `finish`; again and again, until `close`.

    `take` gives a parcel, the seconds to wait before it is asked again, or None to wait for `wake`. Both are called
    on the courier's thread; `finish` in the parcel's provenance, and so is `waiting`, when an acknowledgement takes
    more than a few milliseconds. The connection stays open from one parcel to the next, until the address changes or
    it stood idle for `idle_seconds`. `context` is asked for what a parcel to a TLS door needs; Unavailable when there
    is none. By the `counter` parcels get their sequence numbers, and one that is out of sequence waits until an
    operator has set the counter right. `on_late` gets what the application says on the same connection when CA has
    ended the delivery, and from where; on the courier's thread.
    """

    def __init__(
        self,
        name: str,
        take: Callable[[], Parcel | float | None],
        finish: Callable[[Parcel, Delivery], None],
        *,
        idle_seconds: float = IDLE_SECONDS,
        context: Callable[[], ssl.SSLContext] | None = None,
        counter: Counter | None = None,
        waiting: Callable[[], None] | None = None,
        on_late: Callable[[bytes, str], None] = lambda _reply, _place: None,
    ) -> None:
        self.name = name
        self._take = take
        self._finish = finish
        self._idle_seconds = idle_seconds
        self._context = context
        self._counter = counter
        self._waiting = waiting
        self._on_late = on_late
        self._link: Link | None = None
        self._to: tuple[str, int, bool] = ("", 0, False)
        self._woken = threading.Event()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name=f"courier-{name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """Have the queue looked at again."""
        self._woken.set()

    def close(self) -> None:
        """Take nothing more; a message in flight stays in the queue, to be sent again by the next process."""
        self._closed = True
        self._woken.set()
        if self._link is not None:
            self._link.end()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join(0.3)

    def _deliver(self, parcel: Parcel) -> Delivery:
        to = (parcel.host, parcel.port, parcel.tls)
        if self._link is None or to != self._to:
            self._hang_up()
            try:
                context = self._context() if parcel.tls and self._context else None
            except SimlabError as error:
                return Delivery(RETRY, str(error))
            if parcel.tls and context is None:
                return Delivery(RETRY, "no certificates are at hand for TLS")
            self._to = to
            self._link = Link(
                *(parcel.host, parcel.port),
                idle_seconds=self._idle_seconds,
                context=context,
                waiting=self._waiting,
                on_late=lambda _control_id, reply: self._on_late(reply, f"{parcel.host}:{parcel.port}"),
            )
            if self._closed:  # `close` may have looked for a link before there was this one
                self._link.end()
        return deliver(parcel, self._link)

    def _attempt(self, parcel: Parcel) -> tuple[Parcel, Delivery]:
        """What went out, with its number where it has one, and what came of it."""
        if not parcel.numbered or self._counter is None:
            return parcel, self._deliver(parcel)
        counter = self._counter.of(parcel.data)
        parcel = replace(parcel, data=counter.numbered(parcel.data))
        return parcel, _counted(self._deliver(parcel), counter)

    def _hang_up(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            link.close()

    def _run(self) -> None:
        while True:
            self._woken.clear()
            if self._closed:  # asked after that: a close in between would not be heard any more
                break
            try:
                parcel = self._take()
                if isinstance(parcel, Parcel):
                    with provenance.acting(parcel.actor, parcel.cause):
                        parcel, delivery = self._attempt(parcel)
                        if not self._closed:
                            self._finish(parcel, delivery)
                    continue
                self._wait(parcel)
            except Exception:  # a door: the queue is durable, and the next look may go better
                if not self._closed:
                    self._woken.wait(LONGEST_RETRY)
        self._hang_up()

    def _wait(self, seconds: float | None) -> None:
        """Until somebody wakes us, or so many seconds are over; a connection that stands idle meanwhile is closed.

        While something may still be said on it, it is listened to.
        """
        begun = time.monotonic()
        while True:
            passed = time.monotonic() - begun
            left = None if seconds is None else seconds - passed
            if self._link is None:
                self._woken.wait(left)
                return
            if self._link.listen():
                step = LISTEN_SECONDS
            elif passed < self._idle_seconds:
                step = self._idle_seconds - passed
            else:
                self._hang_up()
                continue
            if self._woken.wait(step if left is None else min(step, left)) or (left is not None and left <= step):
                return
