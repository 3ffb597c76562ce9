"""The upper layer on one socket: whole PDUs in and out, within limits of size and time (PS3.8 9.3).

pynetdicom's own acceptor polls: two threads an association, a sleep of a millisecond a loop, 4 KiB a read, and a
delayed acknowledgement of 40 ms a message. Here the thread that serves an association waits on the socket itself;
pynetdicom encodes and decodes the association PDUs.
"""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import struct
import time
from typing import Any

from simlab import provenance, tls
from simlab.dicom.receive_buffer import ReceiveBuffer
from simlab.errors import Unavailable

ASSOCIATE_RQ, ASSOCIATE_AC, ASSOCIATE_RJ, P_DATA, RELEASE_RQ, RELEASE_RP, ABORT = 1, 2, 3, 4, 5, 6, 7

MAX_PDU = 131072  # bytes we accept in a P-DATA-TF, announced to the peer (PS3.8 D.1)
_MAX_ASSOCIATE = 1 << 20  # bytes; 128 contexts with 38 transfer syntaxes each need 150 KB
PDU_SECONDS = 15.0  # for the rest of a PDU that has begun
_CHUNK = 262144
_SMALL = 65536  # bytes that are sooner joined than sent in pieces
_PIECES = 512  # pieces handed to the kernel at once; POSIX wants it to take 16, the systems that we know 1,024
_SLOWEST = 5.0  # seconds that one read of a slow connection takes at most

_HEAD = struct.Struct(">BxL")

ABORT_SOURCES = {0: "the peer's application", 1: "the peer", 2: "the peer's DICOM upper layer"}
ABORT_REASONS = {
    0: "reason not specified",
    1: "unrecognised PDU",
    2: "unexpected PDU",
    4: "unrecognised PDU parameter",
    5: "unexpected PDU parameter",
    6: "invalid PDU parameter value",
}
"""PS3.8 9.3.8."""


class WireBroken(Unavailable):
    """An association that cannot go on."""


class ConnectionLost(WireBroken):
    """The TCP connection ended without a word of DICOM."""


class TimedOut(WireBroken):
    """Nothing came for as long as we were ready to wait."""


class BadPdu(WireBroken):
    """Bytes that are no PDU, or not one that may come now. `reason` is the A-ABORT's (PS3.8 9.3.8)."""

    def __init__(self, what: str, reason: int, *, first: bytes = b"") -> None:
        super().__init__(what, remedy="The other side does not speak DICOM here; check which port it means.")
        self.reason = reason
        self.first = first


class TlsFailed(WireBroken):
    """A TLS handshake that came to nothing."""


class PeerAborted(WireBroken):
    """The peer sent A-ABORT."""

    def __init__(self, source: int, reason: int) -> None:
        who = ABORT_SOURCES.get(source, "the peer")
        why = ABORT_REASONS.get(reason, f"reason {reason}") if source == 2 else "no reason is carried"
        super().__init__(
            f"the association was aborted by {who} ({why})", remedy="Its own log says why; try again after reading it."
        )
        self.source = source
        self.reason = reason


class Connection:
    """One TCP connection that carries PDUs. One thread reads and writes it; `drop` may come from any."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._buffer = ReceiveBuffer()
        self.peer: provenance.Address = sock.getpeername()[:2]
        self.local: provenance.Address = sock.getsockname()[:2]
        self.received = 0
        self.pace = 0
        """Bytes a second, for who is made to be slow; 0 for as fast as it goes."""
        self.max_pdu = MAX_PDU
        """Bytes that we said to take in a P-DATA-TF."""
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def secure(self, context: ssl.SSLContext, seconds: float, *, server: str = "") -> dict[str, str]:
        """Shake hands as the TLS client of `server` (a host), or as the server when none is named.

        Gives version, cipher and, where it showed one, the peer's certificate's subject; raises TlsFailed.
        """
        try:
            self._socket.settimeout(seconds)
            wrapped = context.wrap_socket(
                self._socket,
                server_side=not server,
                server_hostname=server or None,
                do_handshake_on_connect=False,
            )
            self._socket = wrapped
            wrapped.do_handshake()
        except (OSError, ValueError) as error:
            why = tls.reason(error) if isinstance(error, OSError) else str(error)
            raise TlsFailed(
                f"no TLS connection: {why}", remedy="Compare certificates, trusted authority and dates of both sides."
            ) from error
        cipher = wrapped.cipher()
        subject: Any = (wrapped.getpeercert() or {}).get("subject", ())
        shown = dict(part[0] for part in subject)
        return {
            "version": wrapped.version() or "",
            "cipher": cipher[0] if cipher else "",
            "subject": str(shown.get("commonName", "")),
        }

    def readable(self, seconds: float = 0) -> bool:
        """Whether something waits to be read, now or within `seconds`."""
        if self._buffer or (isinstance(self._socket, ssl.SSLSocket) and self._socket.pending()):
            return True
        try:
            return bool(select.select([self._socket], [], [], seconds)[0])
        except (OSError, ValueError):
            return True

    def read(self, seconds: float) -> tuple[int, memoryview]:
        """The next PDU as its type and its body, waiting `seconds` for it to begin; the body is good until `reuse`.

        Raises ConnectionLost, TimedOut, BadPdu.
        """
        self._fill(6, time.monotonic() + seconds, seconds)
        kind, length = _HEAD.unpack(self._buffer.peek(6))
        limit = _MAX_ASSOCIATE if kind in (ASSOCIATE_RQ, ASSOCIATE_AC) else self.max_pdu + 6
        if kind not in range(1, 8):
            raise BadPdu(f"the first byte is {kind:02X}, no type of PDU", 1, first=bytes(self._buffer.peek(64)))
        if length > limit:
            raise BadPdu(f"a PDU of {length} bytes; {limit} is the most", 6, first=bytes(self._buffer.peek(64)))
        self._fill(6 + length, time.monotonic() + PDU_SECONDS, PDU_SECONDS)
        return kind, self._buffer.take(6 + length)[6:]

    def reuse(self) -> None:
        """Let the memory of all bodies that were read be used again."""
        self._buffer.reuse()

    def _fill(self, size: int, until: float, seconds: float) -> None:
        while len(self._buffer) < size:
            left = until - time.monotonic()
            if left <= 0:
                raise TimedOut(f"nothing came within {seconds:g} s", remedy="Look whether the peer still runs.")
            try:
                self._socket.settimeout(left)
                count = self._buffer.receive(self._socket, size)
                if hasattr(socket, "TCP_QUICKACK"):
                    # Linux only. Without it a peer that leaves Nagle on waits 40 ms for our acknowledgement.
                    self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            except TimeoutError:
                continue
            except (OSError, ValueError) as error:
                raise ConnectionLost(f"the connection broke ({error})", remedy="Try again.") from error
            if not count:
                raise ConnectionLost("the peer closed the connection without a word", remedy="Its own log says why.")
            self.received += count
            if self.pace:
                time.sleep(min(count / self.pace, _SLOWEST))

    def send(self, content: bytes, seconds: float = 30.0) -> None:
        """Send encoded PDUs; raises ConnectionLost when the peer is gone or does not read for `seconds`."""
        try:
            self._socket.settimeout(seconds)
            if self.pace:
                self._trickle(content)
            else:
                self._socket.sendall(content)
        except (OSError, ValueError) as error:
            raise ConnectionLost(f"the connection broke while sending ({error})", remedy="Try again.") from error

    def send_all(self, pieces: list[bytes | memoryview], seconds: float = 30.0) -> None:
        """Send pieces of encoded PDUs one behind the other; raises as `send` does."""
        # Windows and TLS have no sendmsg; a few small pieces are sooner joined.
        plain = hasattr(socket.socket, "sendmsg") and not isinstance(self._socket, ssl.SSLSocket) and not self.pace
        if not plain or sum(map(len, pieces)) < _SMALL:
            self.send(b"".join(pieces), seconds)
            return
        try:
            self._socket.settimeout(seconds)
            for start in range(0, len(pieces), _PIECES):
                self._gather(pieces[start : start + _PIECES])
        except (OSError, ValueError) as error:
            raise ConnectionLost(f"the connection broke while sending ({error})", remedy="Try again.") from error

    def _gather(self, pieces: list[bytes | memoryview]) -> None:
        while pieces:
            sent, whole = self._socket.sendmsg(pieces), 0
            while whole < len(pieces) and sent >= len(pieces[whole]):
                sent -= len(pieces[whole])
                whole += 1
            pieces = pieces[whole:]
            if sent:
                pieces[0] = memoryview(pieces[0])[sent:]

    def _trickle(self, content: bytes) -> None:
        step = max(self.pace // 10, 1)
        for start in range(0, len(content), step):
            self._socket.sendall(content[start : start + step])
            time.sleep(0.1)

    def abort(self, source: int, reason: int = 0) -> None:
        """Send A-ABORT, from the service user (0) or the upper layer (2), if anybody still listens."""
        with contextlib.suppress(ConnectionLost):
            self.send(struct.pack(">BBLBBBB", ABORT, 0, 4, 0, 0, source, reason), 1.0)

    def drop(self) -> None:
        """End the connection at once, from any thread."""
        with contextlib.suppress(OSError):
            # Of the plain socket: the TLS one's own shutdown is not for other threads.
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def ignore(self, seconds: float) -> None:
        """Say nothing and heed nothing for `seconds`, or until the peer has had enough."""
        until = time.monotonic() + seconds
        with contextlib.suppress(OSError, ValueError):
            while (left := until - time.monotonic()) > 0:
                self._socket.settimeout(left)
                if not self._socket.recv(_CHUNK):
                    return

    def reset(self) -> None:
        """End the connection as a crashed host does, with RST."""
        with contextlib.suppress(OSError, ValueError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()

    def close(self) -> None:
        """Close the socket, so that what was sent arrives even when unread bytes wait here."""
        with contextlib.suppress(OSError, ValueError):
            self._socket.settimeout(0.2)
            if isinstance(self._socket, ssl.SSLSocket):
                with contextlib.suppress(OSError, ValueError):
                    self._socket.unwrap()
            socket.socket.shutdown(self._socket, socket.SHUT_WR)
            # A close over unread bytes makes TCP reset, and the peer would lose the rejection or abort just sent.
            for _ in range(8):
                if not self._socket.recv(_CHUNK):
                    break
        self._socket.close()


def parse_abort(body: bytes) -> PeerAborted:
    """The A-ABORT in a PDU body."""
    return PeerAborted(body[2], body[3]) if len(body) >= 4 else PeerAborted(1, 0)
