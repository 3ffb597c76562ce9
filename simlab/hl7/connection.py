"""One connection of an MLLP server: its socket, what of a frame has come, and how long the next byte may take."""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from simlab import provenance
from simlab.hl7.framing import Deframer
from simlab.hl7.keep_alive import keep_alive

CHUNK = 65536
MAX_NOISE = 65536  # bytes of junk from one connection before it is closed

Credentials = Callable[[], ssl.SSLContext]
"""What a TLS door shows, asked for every connection; raises Unavailable when there is nothing to show."""


@dataclass(frozen=True)
class Caller:
    """Who is at the other end of a connection: its address and for whom it acts."""

    host: str
    port: int
    provenance: provenance.Provenance


@dataclass(frozen=True)
class Patience:
    """Seconds that a door waits: from a frame's (or junk's) first byte to its end and for an answer to be taken, for a
    first frame, and between frames."""

    frame: float
    first: float
    idle: float


class Owner(Protocol):
    """What a connection tells its server; each may raise OSError when the client is gone."""

    patience: Patience

    def message(self, connection: Connection, data: bytes) -> None:
        """A whole frame has come."""

    def noise(self, connection: Connection, what: str, sample: bytes) -> None:
        """Something came, or did not come, that is no frame."""

    def too_long(self, connection: Connection, head: bytes) -> None:
        """A frame grew beyond the cap; the connection is over after this."""

    def failed(self, connection: Connection, error: Exception) -> None:
        """The connection broke, or could not be secured."""

    def ended(self, connection: Connection) -> None:
        """The connection is over; its socket closes after this."""


class Connection:
    """A connection as a `Rota` serves it. `silent` until the first frame; `since`: when it was accepted."""

    def __init__(self, sock: socket.socket, owner: Owner, deframer: Deframer, credentials: Credentials | None) -> None:
        self.since = time.monotonic()
        self.silent = True
        self.closing = False
        self.noises = 0
        self.fd = sock.fileno()
        self.deadline = self.since + owner.patience.first
        self._socket = sock
        self._owner = owner
        self._deframer = deframer
        self._credentials = credentials
        self._junk = 0
        self._open = False  # a frame, or junk, has begun
        self._limit = self.deadline  # when the next one must have begun
        self._peer: tuple[str, int] = ("", 0)
        sock.setblocking(False)
        with contextlib.suppress(OSError):  # gone already
            self._peer = sock.getpeername()[:2]
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            keep_alive(sock)

    def caller(self) -> Caller:
        """Whose connection it is now: a client that keeps it open may act for one, then for another."""
        return Caller(*self._peer, provenance.whose(self._peer))

    def ready(self) -> bool:
        try:
            if self._credentials:
                self._secure(self._credentials())
            return self._read()
        except Exception as error:  # a door: told, and the connection is over
            self._owner.failed(self, error)
            return False

    def expire(self) -> bool:
        if self._credentials:
            self._owner.failed(self, TimeoutError())
        else:
            what = "a frame without an end" if self._deframer.inside else "a connection without a message"
            self._owner.noise(self, f"{what}: time-out", self._deframer.rest())
        return False

    def send(self, data: bytes) -> None:
        """Send it all, waiting as long as an answer may take to be taken; TimeoutError after that."""
        sent = 0
        if not isinstance(self._socket, ssl.SSLSocket):  # which must be given the same bytes again, not the rest
            with contextlib.suppress(BlockingIOError):
                sent = self._socket.send(data)
            if sent == len(data):
                return
        self._socket.settimeout(self._owner.patience.frame)
        self._socket.sendall(memoryview(data)[sent:])
        self._socket.settimeout(0)

    def see_off(self, seconds: float) -> None:
        """Say that nothing more is sent, and wait until the other side has read it and closed."""
        self.shut(socket.SHUT_WR)
        until = time.monotonic() + seconds
        with contextlib.suppress(TimeoutError):
            while (left := until - time.monotonic()) > 0:
                self._socket.settimeout(left)
                if not self._socket.recv(CHUNK):
                    return  # to close with bytes unread would reset the connection and take our answer with it

    def shut(self, how: int) -> None:
        """End one direction or both, which wakes whoever waits for this connection."""
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self._socket, how)  # of TLS it must not end the encryption of what still goes out

    def close(self) -> None:
        self._owner.ended(self)
        self._socket.close()

    def _secure(self, context: ssl.SSLContext) -> None:
        """Shake hands; the connection is a TLS one from then on."""
        # Wrapped before the handshake, so that `shut` ends that too.
        self._socket.settimeout(max(0.001, self.deadline - time.monotonic()))
        wrapped = context.wrap_socket(self._socket, server_side=True, do_handshake_on_connect=False)
        self._socket = wrapped
        wrapped.do_handshake()
        wrapped.settimeout(0)
        self._credentials = None

    def _read(self) -> bool:
        while True:
            try:
                chunk = self._socket.recv(CHUNK)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return True
            if not self._take(chunk):
                return False
            if not isinstance(self._socket, ssl.SSLSocket) or not self._socket.pending():
                return True

    def _take(self, chunk: bytes) -> bool:
        """What `chunk` completes goes to the server; the next deadline is set. False when the connection is over."""
        deframer, owner = self._deframer, self._owner
        frames, noise = deframer.feed(chunk) if chunk else ([], [])
        for what, sample in noise:
            self._junk += len(sample)
            owner.noise(self, what, sample)
        for message in frames:
            self.silent = False
            owner.message(self, message)
        if not chunk:
            if deframer.inside and not self.closing:
                owner.noise(self, "a frame without an end: the connection closed", deframer.rest())
            return False
        if deframer.overflow:
            owner.too_long(self, deframer.head)
        if deframer.overflow or self._junk > MAX_NOISE:
            return False
        now = time.monotonic()
        if frames:
            self._limit = now + owner.patience.idle
        if not deframer.inside and not (noise and not frames):
            self._open = False
            self.deadline = self._limit
        elif not self._open or frames:
            self._open = True
            self.deadline = now + owner.patience.frame
        return True
