"""MLLP frames out of a stream of bytes, without sockets: split, coalesced, or wrapped in junk."""

from __future__ import annotations

START = b"\x0b"
END = b"\x1c"
CR = b"\r"
MAX_FRAME = 16 * 1024 * 1024
_BETWEEN = b"\r\n"  # senders that end a frame with CR LF are no noise

Noise = tuple[str, bytes]


def frame(message: bytes) -> bytes:
    """VT message FS CR (HL7 v2.5.1 implementation guide, appendix C: the minimal lower layer protocol)."""
    return START + message + END + CR


class Deframer:
    """Feeds on chunks and gives whole frames and the noise between them.

    After junk it starts again at the next VT, also inside a frame that never ended. Every byte is looked at once.
    `overflow` is true after a frame grew beyond `max_frame` bytes: close the connection.
    """

    def __init__(self, *, max_frame: int = MAX_FRAME, lenient: bool = False) -> None:
        self._buffer = bytearray()
        self._searched = 0
        self._max_frame = max_frame
        self._end = END if lenient else END + CR
        self.inside = False
        self.overflow = False

    def rest(self) -> bytes:
        """The bytes of the frame that has not ended (at most 200)."""
        return bytes(self._buffer[:200])

    def feed(self, chunk: bytes) -> tuple[list[bytes], list[Noise]]:
        """What `chunk` completes: frames (without VT, FS, CR) and (what it is, bytes) of everything else."""
        frames: list[bytes] = []
        noise: list[Noise] = []
        self._buffer += chunk
        begin = 0
        while begin < len(self._buffer):
            if not self.inside:
                at = self._buffer.find(START, begin)
                junk = bytes(self._buffer[begin : at if at >= 0 else len(self._buffer)])
                if junk.strip(_BETWEEN):
                    noise.append(("bytes outside a frame", junk))
                if at < 0:
                    begin = len(self._buffer)
                    break
                begin, self.inside = at + 1, True
                self._searched = begin
            end = self._buffer.find(self._end, self._searched)
            again = self._buffer.rfind(START, self._searched, end if end >= 0 else len(self._buffer))
            if again >= 0:
                noise.append(("a frame without an end", bytes(self._buffer[begin:again])))
                begin = self._searched = again + 1
                continue
            if end < 0:
                self._searched = max(begin, len(self._buffer) - 1)
                break
            frames.append(bytes(self._buffer[begin:end]))
            begin, self.inside = end + len(self._end), False
        del self._buffer[:begin]
        self._searched = max(0, self._searched - begin)
        if len(self._buffer) > self._max_frame:
            noise.append((f"a frame of more than {self._max_frame} bytes", bytes(self._buffer[:200])))
            self._buffer.clear()
            self._searched, self.inside, self.overflow = 0, False, True
        return frames, noise
