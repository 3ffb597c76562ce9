"""An MLLP server (VT message FS CR on a socket): one thread a connection, and a handler that answers."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from simlab import provenance, tls
from simlab.errors import Unavailable
from simlab.hl7.acknowledge import acknowledge
from simlab.hl7.errors import Hl7Error
from simlab.hl7.framing import MAX_FRAME, Deframer, frame
from simlab.hl7.keep_alive import keep_alive
from simlab.hl7.link import send
from simlab.listener import Listener

__all__ = ["Caller", "Handler", "MllpServer", "OnNoise", "Reply", "send"]

MAX_CONNECTIONS = 64
MAX_NOISE = 65536  # bytes of junk from one connection before it is closed
NOISE_EVENTS = 8  # reports a connection; a flood of junk must not fill the journal
CLOSE_SECONDS = 0.8
CHUNK = 65536


@dataclass(frozen=True)
class Caller:
    """Who is at the other end of a connection: its address and for whom it acts."""

    host: str
    port: int
    provenance: provenance.Provenance


Reply = bytes | Iterable[bytes] | None
Handler = Callable[[bytes, Caller], Reply]
"""Takes a message and gives the answer, several in enhanced mode, or None: the client waits."""
OnNoise = Callable[[str, bytes, Caller], None]
Credentials = Callable[[], ssl.SSLContext]
"""What a TLS door shows, asked for every connection; raises Unavailable when there is nothing to show."""


class MllpServer:
    """Takes frames on its ports and answers each with what `handler` returns.

    A connection is a thread that waits on its own socket and runs the handler itself, within the provenance of the
    caller: no message is handed from thread to thread, and a slow one keeps nobody else waiting. `on_noise(what,
    sample, caller)` hears of bytes that are no frame. Time-outs are in seconds: `frame_timeout` from a frame's (or
    junk's) first byte to its end, and for an answer to be taken; `first_timeout` for a connection that has not sent a
    frame yet, `idle_timeout` between frames. `lenient` forgives framing as `Deframer` says. Beyond `max_connections`
    the connection that has been silent longest since it was accepted is given up; when every one has spoken, the new
    one is.
    """

    def __init__(
        self,
        name: str,
        handler: Handler,
        *,
        on_noise: OnNoise | None = None,
        frame_timeout: float = 10.0,
        first_timeout: float = 30.0,
        idle_timeout: float = 300.0,
        max_frame: int = MAX_FRAME,
        max_connections: int = MAX_CONNECTIONS,
        lenient: Callable[[], bool] = lambda: False,
    ) -> None:
        self.name = name
        self._handler = handler
        self._on_noise = on_noise
        self._frame_timeout = frame_timeout
        self._first_timeout = first_timeout
        self._idle_timeout = idle_timeout
        self._max_frame = max_frame
        self._max_connections = max_connections
        self._lenient = lenient
        self._listeners: list[Listener] = []
        self._lock = threading.Lock()
        self._connections: dict[_Connection, threading.Thread] = {}
        self._closing = False

    def open(self, host: str, port: int, credentials: Credentials | None = None) -> int:
        """Listen (port 0: any free one) and give the port; OSError when it is taken.

        With `credentials` it is a TLS door. A server may have several doors.
        """
        self._closing = False
        listener = Listener(f"mllp-{self.name}", partial(self._admit, credentials))
        bound = listener.open(host, port)
        self._listeners.append(listener)
        return bound

    def close(self) -> None:
        """Stop listening and end every connection; within a second, whatever clients do.

        Nothing more is read; what was read already is still answered while that second lasts.
        """
        self._closing = True
        until = time.monotonic() + CLOSE_SECONDS
        with self._lock:
            standing = dict(self._connections)
        for connection in standing:
            connection.shut(socket.SHUT_RD)
        for listener in self._listeners:
            listener.forget()
        self._listeners.clear()
        for connection, thread in standing.items():
            if thread is not threading.current_thread():
                thread.join(max(0.0, until - time.monotonic()))
            connection.shut(socket.SHUT_RDWR)

    def _admit(self, credentials: Credentials | None, sock: socket.socket) -> None:
        connection = _Connection(sock)
        with self._lock:
            crowded = len(self._connections) >= self._max_connections
            silent = min((c for c in self._connections if c.silent), key=lambda c: c.since, default=None)
            thread = threading.Thread(
                target=self._run, args=(connection, credentials), name=f"mllp-{self.name}-connection", daemon=True
            )
            if crowded and silent:
                del self._connections[silent]
            if not crowded or silent:
                self._connections[connection] = thread
        if crowded:
            self._hear(silent or connection, f"more than {self._max_connections} connections", b"")
            (silent or connection).shut(socket.SHUT_RDWR)
            if silent is None:
                sock.close()
                return
        try:
            thread.start()
        except RuntimeError:  # no more threads to be had: the place is given back
            with self._lock:
                self._connections.pop(connection, None)
            raise

    def _run(self, connection: _Connection, credentials: Credentials | None) -> None:
        try:
            if credentials:
                connection.secure(credentials(), self._first_timeout)
            self._serve(connection)
        except Unavailable as error:
            self._hear(connection, f"no TLS: {error.what}", b"")
        except ssl.SSLError as error:
            if connection.silent:
                self._hear(connection, f"no TLS: {tls.reason(error)}", b"")
        except TimeoutError:
            self._hear(connection, "an answer that nobody takes, or half a TLS handshake: time-out", b"")
        except OSError:
            pass  # the client went away, or we are closing
        finally:
            with self._lock:
                self._connections.pop(connection, None)
            connection.socket.close()

    def _serve(self, connection: _Connection) -> None:
        deframer = Deframer(max_frame=self._max_frame, lenient=self._lenient())
        junk, deadline = 0, connection.since + self._first_timeout
        open_since: float | None = None
        while True:
            limit = deadline if open_since is None else open_since + self._frame_timeout
            chunk = connection.receive(limit - time.monotonic())
            if chunk is None:
                what = "a frame without an end" if deframer.inside else "a connection without a message"
                self._hear(connection, f"{what}: time-out", deframer.rest())
                return
            frames, noise = deframer.feed(chunk) if chunk else ([], [])
            for what, sample in noise:
                junk += len(sample)
                self._hear(connection, what, sample)
            for message in frames:
                connection.silent = False
                self._answer(message, connection)
                deadline = time.monotonic() + self._idle_timeout
            if not chunk:
                if deframer.inside and not self._closing:
                    self._hear(connection, "a frame without an end: the connection closed", deframer.rest())
                return
            if deframer.overflow:
                self._refuse(deframer.head, connection)
            if deframer.overflow or junk > MAX_NOISE:
                return
            if not deframer.inside and not (noise and not frames):
                open_since = None
            elif open_since is None or frames:
                open_since = time.monotonic()

    def _answer(self, message: bytes, connection: _Connection) -> None:
        caller = connection.caller()
        with provenance.acting(caller.provenance.actor, caller.provenance.cause):
            try:
                reply = self._handler(message, caller)
                for one in (reply,) if isinstance(reply, bytes) else reply or ():
                    connection.send(frame(one), self._frame_timeout)
            except (ConnectionError, TimeoutError, ssl.SSLError):
                raise  # the client went away
            except Exception as error:  # a door: nothing that a message does may take the server down
                self._tell(f"{self.name} failed on a message: {error}", message[:200], caller)

    def _refuse(self, head: bytes, connection: _Connection) -> None:
        """Answer a message that is too long with AR by its MSH, and wait until the sender may have read it."""
        error = Hl7Error(f"the message has more than {self._max_frame} bytes", code="207", ack="AR")
        connection.send(frame(acknowledge(head, now=datetime.now(), error=error)), self._frame_timeout)
        connection.shut(socket.SHUT_WR)
        until = time.monotonic() + 1.0
        while connection.receive(until - time.monotonic()):
            pass  # to close with bytes unread would reset the connection and take our answer with it

    def _hear(self, connection: _Connection, what: str, sample: bytes) -> None:
        connection.noises += 1
        if connection.noises <= NOISE_EVENTS:
            self._tell(what, sample[:200], connection.caller())

    def _tell(self, what: str, sample: bytes, caller: Caller) -> None:
        if self._on_noise:
            with (
                provenance.acting(caller.provenance.actor, caller.provenance.cause),
                contextlib.suppress(Exception),  # a door: the journal may be closing
            ):
                self._on_noise(what, sample, caller)


class _Connection:
    """One open connection of a server."""

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self.since = time.monotonic()
        self.silent = True
        self.noises = 0
        self._peer: tuple[str, int] = ("", 0)
        with contextlib.suppress(OSError):  # gone already
            self._peer = sock.getpeername()[:2]
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            keep_alive(sock)

    def secure(self, context: ssl.SSLContext, seconds: float) -> None:
        """Shake hands; the connection is a TLS one from then on."""
        # Wrapped before the handshake, so that `shut` ends that too.
        wrapped = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.socket = wrapped
        wrapped.settimeout(seconds)
        wrapped.do_handshake()

    def caller(self) -> Caller:
        """Whose connection it is now: a client that keeps it open may act for one, then for another."""
        return Caller(*self._peer, provenance.whose(self._peer))

    def receive(self, seconds: float) -> bytes | None:
        """What comes next, b"" at the end, None when nothing came in time."""
        if seconds <= 0:
            return None
        self.socket.settimeout(seconds)
        try:
            return self.socket.recv(CHUNK)
        except TimeoutError:
            return None

    def send(self, data: bytes, seconds: float) -> None:
        self.socket.settimeout(seconds)
        self.socket.sendall(data)

    def shut(self, how: int) -> None:
        """End one direction or both, which wakes the thread that waits on it."""
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self.socket, how)  # of TLS it must not end the encryption of what still goes out
