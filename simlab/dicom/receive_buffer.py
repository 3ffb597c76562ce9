"""What a connection has received and nobody has used yet, in one block of memory that stays."""

from __future__ import annotations

import socket

_BLOCK = 262144  # bytes: two PDUs of the length we accept
_LARGEST = 1 << 21  # bytes: a CT, or three, in the PDUs that carry it


class ReceiveBuffer:
    """Filled by a socket, emptied PDU by PDU.

    `recv` makes a new block of memory for each read, and a buffer that grows copies it once more; the kernel has to
    map and clear all of that. `recv_into` writes where the bytes are used, and what is taken stays there until the
    whole message has come, so that a CT is copied once and not fragment by fragment.
    """

    def __init__(self) -> None:
        self._view = memoryview(bytearray(_BLOCK))
        self._start = self._end = 0
        self._lent = False

    def __len__(self) -> int:
        return self._end - self._start

    def receive(self, sock: socket.socket, size: int) -> int:
        """Read once from `sock`, with room for `size` waiting bytes; gives how many came, 0 at the end."""
        if self._start + size > len(self._view):
            waiting = bytes(self.peek(len(self)))
            if self._lent or size > len(self._view):
                # What was taken lives on in the block that is left behind.
                self._view = memoryview(bytearray(max(size, min(2 * len(self._view), _LARGEST))))
                self._lent = False
            self._view[: len(waiting)] = waiting
            self._start, self._end = 0, len(waiting)
        count = sock.recv_into(self._view[self._end :])
        self._end += count
        return count

    def peek(self, size: int) -> memoryview:
        """The first bytes, at most `size`, which stay."""
        return self._view[self._start : min(self._start + size, self._end)]

    def take(self, size: int) -> memoryview:
        """The first bytes, at most `size`; good until `reuse`."""
        taken = self.peek(size)
        self._start += len(taken)
        self._lent = True
        return taken

    def reuse(self) -> None:
        """Let the room of all that was taken be used again."""
        self._lent = False
        if self._start == self._end:
            self._start = self._end = 0
