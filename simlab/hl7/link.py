"""The sender's end of an MLLP connection: kept open, one message in flight, its acknowledgements matched."""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from collections.abc import Callable
from datetime import datetime

from simlab import provenance
from simlab.errors import Unavailable
from simlab.hl7.acknowledge import ACCEPT_CODES, acknowledge
from simlab.hl7.answers import Exchange, complete, heard, must_come
from simlab.hl7.dialling import dial
from simlab.hl7.enhanced import Asked, asked
from simlab.hl7.errors import Hl7Error, NoAck, WrongAck
from simlab.hl7.framing import Deframer, frame
from simlab.hl7.limits import head
from simlab.hl7.message import Message

CONNECT_SECONDS = 3.0
IDLE_SECONDS = 60.0
SOON = 0.005  # seconds within which most acknowledgements are there
MOST_OUTSTANDING = 1000  # messages whose application acknowledgement is still awaited on a connection
QUIET_SECONDS = 1.0  # how long an acknowledgement is awaited that comes only when something went wrong
_AGAIN = "Send the same message again."


class Link:
    """A connection to one receiver, opened when first needed, used again while it is good, opened anew when it is not.

    Time-outs in seconds: `connect_seconds` for the connection (and TLS), `idle_seconds` after which it is not used
    again, and the wait for an acknowledgement, said with each message. With `context` it speaks TLS. `on_late` gets
    an application acknowledgement that comes after its message was let go (control ID, raw reply). `waiting` is called
    when an acknowledgement is not there within a few milliseconds, once a message. Not for two threads at once, but
    for `end`.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        connect_seconds: float = CONNECT_SECONDS,
        idle_seconds: float = IDLE_SECONDS,
        context: ssl.SSLContext | None = None,
        on_late: Callable[[str, bytes], None] = lambda _control_id, _reply: None,
        waiting: Callable[[], None] | None = None,
    ) -> None:
        self.host = host
        self.port = port
        self.place = f"{host}:{port}"
        self.opened = 0
        self._connect_seconds = connect_seconds
        self._idle_seconds = idle_seconds
        self._context = context
        self._on_late = on_late
        self._waiting = waiting
        self._outstanding: dict[str, None] = {}
        self._socket: socket.socket | None = None
        self._local: tuple[str, int] = ("", 0)
        self._deframer = Deframer(lenient=True)
        self._used = 0.0
        self._ended = False

    def exchange(
        self, data: bytes | Message, timeout: float, *, match: bool = True, deferred: bool = False
    ) -> Exchange:
        """Send one message and wait up to `timeout` seconds for what MSH-15 and MSH-16 ask for.

        With `deferred` CA ends it: the application's word comes to another door, or to `on_late`. Acts for the current
        provenance. With `match`, MSA-2 must echo MSH-10. Raises Unreachable, NoAck or WrongAck; after each the
        connection is closed, so that a late answer cannot be taken for that of another message.
        """
        old = self._fresh()
        try:
            try:
                if not old:
                    self._connect()
                return self._converse(data, timeout, match=match, deferred=deferred)
            except _Broken:
                if not old:
                    raise
            # The other side had closed a connection that stood idle, and its notice crossed our message.
            self.close()
            self._connect()
            return self._converse(data, timeout, match=match, deferred=deferred)
        except _Broken as error:
            self.close()
            raise NoAck(error.what, place=self.place, remedy=error.remedy) from error
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the connection; whoever waits on it hears that it broke."""
        sock, self._socket = self._socket, None
        self._outstanding.clear()
        if sock is not None:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
            sock.close()
            provenance.disclaim(self._local)

    def end(self) -> None:
        """Close it for good, from any thread: what is in flight breaks off, and nothing is sent again."""
        self._ended = True
        self.close()

    def write(self, data: bytes) -> None:
        """Send bytes as they are, framed or not: for a partner that misbehaves on purpose."""
        if self._socket is None:
            self._connect()
        provenance.claim(self._local)
        try:
            self._send(data, self._connect_seconds)
        except _Broken as error:
            raise NoAck(error.what, place=self.place, remedy=error.remedy) from error

    def read(self, seconds: float) -> list[bytes]:
        """The frames that come within `seconds`, as soon as there is one; NoAck when the connection ends first."""
        until, frames = time.monotonic() + seconds, list[bytes]()
        try:
            while not frames and (left := until - time.monotonic()) > 0:
                frames = self._receive(left)
        except _Broken as error:
            raise NoAck(error.what, place=self.place, remedy=error.remedy) from error
        return frames

    def listen(self) -> bool:
        """Take in what has come since, for `on_late`; whether something may still come on this connection."""
        return bool(self._outstanding) and self._fresh() and bool(self._outstanding)

    def _connect(self) -> None:
        if self._ended:
            raise NoAck("we are closing", place=self.place, remedy=_AGAIN)
        link = dial(self.host, self.port, self._connect_seconds, self._context)
        self._socket, self._local = link, link.getsockname()[:2]
        self._outstanding.clear()
        self._deframer, self._used = Deframer(lenient=True), time.monotonic()
        self.opened += 1
        if self._ended:  # while we dialled
            self.close()
            raise NoAck("we are closing", place=self.place, remedy=_AGAIN)

    def _fresh(self) -> bool:
        """Whether the connection that stands can be used again; what came on it meanwhile is dealt with."""
        if self._socket is None:
            return False
        good = time.monotonic() - self._used < self._idle_seconds
        if good:
            try:
                self._socket.settimeout(0)
                while good:
                    waiting = self._socket.recv(65536)
                    good = bool(waiting)
                    for reply in self._deframer.feed(waiting)[0]:
                        self._late(reply)
                    self._socket.settimeout(0)
            except (BlockingIOError, ssl.SSLWantReadError):
                pass  # nothing came: as it should be
            except OSError:
                good = False
        if not good:
            self.close()
        return good

    def _converse(self, data: bytes | Message, timeout: float, *, match: bool, deferred: bool) -> Exchange:
        sent = data if isinstance(data, Message) else _message(data)
        want = asked(sent) if sent else Asked()
        control_id = sent.get("MSH-10") if sent else None
        until = time.monotonic() + timeout
        provenance.claim(self._local)
        self._send(frame(data.data if isinstance(data, Message) else data), timeout)
        got = Exchange()
        if want.application_due(success=True) or want.application_due(success=False):
            self._outstanding[control_id or ""] = None
            if len(self._outstanding) > MOST_OUTSTANDING:
                del self._outstanding[next(iter(self._outstanding))]
        if deferred and want.accept_due(success=True):
            want = Asked(want.accept, "NE")
        quiet, waiting = time.monotonic(), self._waiting
        while not complete(got, want):
            must = must_come(got, want)
            limit = until if must else min(until, quiet + QUIET_SECONDS)
            left = limit - time.monotonic()
            frames = self._receive(min(left, SOON) if waiting else left)
            if not frames and waiting:
                waiting()
                waiting = None
            if not frames and time.monotonic() >= limit:
                if not must:
                    break
                said = "accepted, but no application" if got.accept else "no"
                raise NoAck(f"{said} acknowledgement within {timeout:g} s", place=self.place, remedy=_AGAIN)
            for reply in frames:
                quiet = time.monotonic()
                got = self._take(got, reply, control_id if match else None, want)
        if got.application is not None:
            self._outstanding.pop(control_id or "", None)
        self._used = time.monotonic()
        return got

    def _take(self, got: Exchange, reply: bytes, control_id: str | None, want: Asked) -> Exchange:
        """`got` with one more reply; WrongAck when it is not for the message in flight."""
        if control_id is None and not want.enhanced:
            return Exchange(application=reply)
        answer = heard(reply, self.place)
        echoed = answer.get("MSA-2")
        if control_id is not None and echoed != control_id:
            if echoed in self._outstanding:
                self._late(reply)
                return got
            raise WrongAck(
                f"the reply acknowledges {echoed!r}, in flight is {control_id!r}",
                place=self.place,
                remedy="MSA-2 must echo MSH-10; the receiver is late or answers for another message.",
                reply=reply,
            )
        if answer.get("MSA-1") in ACCEPT_CODES:
            return Exchange(reply, got.application, answer)
        self._accepted(answer)
        return Exchange(got.accept, reply, answer)

    def _late(self, reply: bytes) -> None:
        with contextlib.suppress(Hl7Error, WrongAck):
            answer = heard(reply, self.place)
            echoed = answer.get("MSA-2")
            if echoed in self._outstanding:
                del self._outstanding[echoed]
                self._on_late(echoed, reply)
                self._accepted(answer)

    def _accepted(self, answer: Message) -> None:
        """An application acknowledgement is a message of its own: accept it, when its MSH-15 asks for that."""
        if asked(answer).accept_due(success=True):
            self._send(frame(acknowledge(answer, now=datetime.now(), accept=True)), self._connect_seconds)

    def _send(self, data: bytes, timeout: float) -> None:
        if self._socket is None:
            raise _Broken("the connection was closed", remedy="Send it again.")
        try:
            self._socket.settimeout(timeout)
            self._socket.sendall(data)
        except TimeoutError as error:
            raise NoAck("the receiver does not read", place=self.place, remedy="Send it again.") from error
        except OSError as error:
            raise _Broken(f"the connection broke while sending ({error})", remedy="Send it again.") from error

    def _receive(self, seconds: float) -> list[bytes]:
        """What came in one read, as frames; none when nothing came in time."""
        if seconds <= 0:
            return []
        remedy = f"Look in the receiver's log. {_AGAIN}"
        try:
            if self._socket is None:
                raise _Broken("the connection was closed", remedy=remedy)
            self._socket.settimeout(seconds)
            chunk = self._socket.recv(65536)
        except TimeoutError:
            return []
        except OSError as error:
            raise _Broken(f"the connection broke ({error})", remedy=remedy) from error
        if not chunk:
            raise _Broken("the connection was closed without an acknowledgement", remedy=remedy)
        return self._deframer.feed(chunk)[0]


class _Broken(Unavailable):
    """The connection ended while something was due on it."""


def _message(data: bytes) -> Message | None:
    try:
        return head(data)
    except Hl7Error:
        return None  # rubbish sent on purpose has no control ID to echo


def send(
    host: str,
    port: int,
    message: bytes,
    timeout: float = 10.0,
    *,
    connect_timeout: float = CONNECT_SECONDS,
    match: bool = True,
    context: ssl.SSLContext | None = None,
) -> bytes:
    """Send one message on a connection of its own and give what acknowledges it, whatever that says (AA, AE, AR).

    As `Link.exchange`; NoAck also when the message itself asked for no acknowledgement and none came.
    """
    link = Link(host, port, connect_seconds=connect_timeout, context=context)
    try:
        reply = link.exchange(message, timeout, match=match).reply
    finally:
        link.close()
    if reply is None:
        raise NoAck("the message asks for no acknowledgement", place=link.place, remedy="MSH-15 and MSH-16 say so.")
    return reply
