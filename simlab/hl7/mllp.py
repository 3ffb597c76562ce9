"""An MLLP server (VT message FS CR on a socket): doors, connections served by a rota, and a handler that answers."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial

from simlab import provenance, tls
from simlab.errors import Unavailable
from simlab.hl7.acknowledge import acknowledge
from simlab.hl7.connection import Caller, Connection, Credentials, Patience
from simlab.hl7.errors import Hl7Error
from simlab.hl7.framing import MAX_FRAME, Deframer, frame
from simlab.hl7.link import send
from simlab.listener import Listener
from simlab.rota import Rota

__all__ = ["Caller", "Handler", "MllpServer", "OnNoise", "Reply", "send"]

MAX_CONNECTIONS = 64
NOISE_EVENTS = 8  # reports a connection; a flood of junk must not fill the journal
CLOSE_SECONDS = 0.8

Reply = bytes | Iterable[bytes] | None
Handler = Callable[[bytes, Caller], Reply]
"""Takes a message and gives the answer, several in enhanced mode, or None: the client waits."""
OnNoise = Callable[[str, bytes, Caller], None]


class MllpServer:
    """Takes frames on its ports and answers each with what `handler` returns.

    The handler runs within the provenance of the caller, in the thread that read the message: none is handed from
    thread to thread, and a slow one keeps nobody else waiting (see `Rota`). `on_noise(what, sample, caller)` hears of
    bytes that are no frame. Time-outs are in seconds: `frame_timeout` from a frame's (or junk's) first byte to its
    end, and for an answer to be taken; `first_timeout` for a connection that has not sent a frame yet, `idle_timeout`
    between frames. `lenient` forgives framing as `Deframer` says. Beyond `max_connections` the connection that has
    been silent longest since it was accepted is given up; when every one has spoken, the new one is.
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
        self.patience = Patience(frame_timeout, first_timeout, idle_timeout)
        self._handler = handler
        self._on_noise = on_noise
        self._max_frame = max_frame
        self._max_connections = max_connections
        self._lenient = lenient
        self._listeners: list[Listener] = []
        self._changed = threading.Condition()
        self._connections: set[Connection] = set()
        self._rota: Rota | None = None

    def open(self, host: str, port: int, credentials: Credentials | None = None) -> int:
        """Listen (port 0: any free one) and give the port; OSError when it is taken.

        With `credentials` it is a TLS door. A server may have several doors.
        """
        listener = Listener(f"mllp-{self.name}", partial(self._admit, credentials))
        bound = listener.open(host, port)
        self._listeners.append(listener)
        return bound

    def close(self) -> None:
        """Stop listening and end every connection; within a second, whatever clients do.

        Nothing more is read; what was read already is still answered while that second lasts.
        """
        for listener in self._listeners:
            listener.forget()
        self._listeners.clear()
        with self._changed:
            for connection in self._connections:
                connection.closing = True
                connection.shut(socket.SHUT_RD)
            self._changed.wait_for(lambda: not self._connections, CLOSE_SECONDS)
            for connection in self._connections:
                connection.shut(socket.SHUT_RDWR)
            rota, self._rota = self._rota, None
        if rota:
            rota.stop()

    def _admit(self, credentials: Credentials | None, sock: socket.socket) -> None:
        deframer = Deframer(max_frame=self._max_frame, lenient=self._lenient())
        connection = Connection(sock, self, deframer, credentials)
        with self._changed:
            crowded = len(self._connections) >= self._max_connections
            silent = min((c for c in self._connections if c.silent), key=lambda c: c.since, default=None)
            if crowded and silent:
                self._connections.remove(silent)
            if not crowded or silent:
                self._connections.add(connection)
            self._rota = rota = self._rota or Rota(f"mllp-{self.name}")
        if crowded:
            self.noise(silent or connection, f"more than {self._max_connections} connections", b"")
            (silent or connection).shut(socket.SHUT_RDWR)
            if silent is None:
                sock.close()
                return
        try:
            rota.take_on(connection)
        except RuntimeError:  # no thread to be had: the place is given back
            self.ended(connection)
            raise

    def message(self, connection: Connection, data: bytes) -> None:
        """Have a message handled, and send what there is to answer."""
        caller = connection.caller()
        with provenance.acting(caller.provenance.actor, caller.provenance.cause):
            try:
                reply = self._handler(data, caller)
                for one in (reply,) if isinstance(reply, bytes) else reply or ():
                    connection.send(frame(one))
            except (ConnectionError, TimeoutError, ssl.SSLError):
                raise  # the client went away
            except Exception as error:  # a door: nothing that a message does may take the server down
                self._tell(f"{self.name} failed on a message: {error}", data[:200], caller)

    def too_long(self, connection: Connection, head: bytes) -> None:
        """Answer a message that is too long with AR by its MSH, and wait until the sender may have read it."""
        error = Hl7Error(f"the message has more than {self._max_frame} bytes", code="207", ack="AR")
        connection.send(frame(acknowledge(head, now=datetime.now(), error=error)))
        connection.see_off(1.0)

    def failed(self, connection: Connection, error: Exception) -> None:
        """Tell why a connection broke, where it is not that the client went away or that we are closing."""
        if isinstance(error, Unavailable):
            self.noise(connection, f"no TLS: {error.what}", b"")
        elif isinstance(error, ssl.SSLError) and connection.silent:
            self.noise(connection, f"no TLS: {tls.reason(error)}", b"")
        elif isinstance(error, TimeoutError):
            self.noise(connection, "an answer that nobody takes, or half a TLS handshake: time-out", b"")
        elif not isinstance(error, OSError):
            raise error

    def ended(self, connection: Connection) -> None:
        """Give the place of a connection back."""
        with self._changed:
            self._connections.discard(connection)
            self._changed.notify_all()

    def noise(self, connection: Connection, what: str, sample: bytes) -> None:
        """Tell of what is no frame, as long as the connection has not made too much of it."""
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
