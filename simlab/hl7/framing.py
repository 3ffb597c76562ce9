"""MLLP frames out of a stream of bytes, without sockets: split, coalesced, or wrapped in junk."""

from __future__ import annotations

import re

START = b"\x0b"
END = b"\x1c"
CR = b"\r"
MAX_FRAME = 16 * 1024 * 1024
HEAD = 2000  # bytes of a frame too long that are kept, to answer it by its MSH
_SAMPLE = 200
_BETWEEN = b"\r\n"  # senders that end a frame with CR LF are no noise
_BEGINS = re.compile(rb"\x0b|(?=MSH[^A-Za-z0-9\s])")
_CUT = re.compile(rb"M(?:SH?)?\Z")

Noise = tuple[str, bytes]


def frame(message: bytes) -> bytes:
    """VT message FS CR (HL7 v2.5.1 implementation guide, appendix C: the minimal lower layer protocol)."""
    return START + message + END + CR


class Deframer:
    """Feeds on chunks and gives whole frames and the noise between them; the frames are the same however they are cut.

    After junk it starts again at the next VT, also inside a frame that never ended. Every byte is looked at once.
    `lenient` takes a lone FS for the end of a frame, and an MSH without VT for its beginning. `overflow` is true after
    a frame grew beyond `max_frame` bytes, and `head` is how that one began: close the connection.
    """

    def __init__(self, *, max_frame: int = MAX_FRAME, lenient: bool = False) -> None:
        self._buffer = bytearray()
        self._searched = 0
        self._max_frame = max_frame
        self._lenient = lenient
        self._end = END if lenient else END + CR
        self.inside = False
        self.overflow = False
        self.head = b""

    def rest(self) -> bytes:
        """The first bytes of the frame that has not ended."""
        return bytes(self._buffer[:_SAMPLE])

    def feed(self, chunk: bytes) -> tuple[list[bytes], list[Noise]]:
        """What `chunk` completes: frames (without VT, FS, CR) and (what it is, bytes) of everything else."""
        if not self._buffer and not self.inside and not self.overflow:
            whole = self._whole(chunk)
            if whole is not None:
                return [whole], []
        frames: list[bytes] = []
        noise: list[Noise] = []
        self._buffer += chunk
        begin = 0
        while begin < len(self._buffer) and not self.overflow:
            if not self.inside:
                begin = self._begin(begin, noise)
                if not self.inside:
                    break
            end = self._buffer.find(self._end, self._searched)
            again = self._buffer.rfind(START, self._searched, end if end >= 0 else len(self._buffer))
            if again >= 0:
                noise.append(("a frame without an end", bytes(self._buffer[begin:again])))
                begin = self._searched = again + 1
                continue
            if (end if end >= 0 else len(self._buffer) - 1) - begin > self._max_frame:
                self.head = bytes(self._buffer[begin : begin + HEAD])
                noise.append((f"a frame of more than {self._max_frame} bytes", self.head[:_SAMPLE]))
                self.overflow = True
                break
            if end < 0:
                self._searched = max(begin, len(self._buffer) - 1)
                break
            frames.append(bytes(self._buffer[begin:end]))
            begin, self.inside = end + len(self._end), False
        if self.overflow:
            begin, self.inside = len(self._buffer), False
        del self._buffer[:begin]
        self._searched = max(0, self._searched - begin)
        return frames, noise

    def _whole(self, chunk: bytes) -> bytes | None:
        """The frame that `chunk` is, exactly: the usual case, looked at without a copy."""
        if not chunk.startswith(START) or not chunk.endswith(END + CR) or len(chunk) - 3 > self._max_frame:
            return None
        return None if chunk.find(END) != len(chunk) - 2 or chunk.rfind(START) else chunk[1:-2]

    def _begin(self, at: int, noise: list[Noise]) -> int:
        """Where the next frame begins behind `at`, and whether one does (`inside`); what stands before it is noise."""
        if self._lenient:
            found = _BEGINS.search(self._buffer, at)
            cut = None if found else _CUT.search(self._buffer, at)
            here, after = (found.start(), found.end()) if found else (-1, -1)
            stop = here if found else cut.start() if cut else len(self._buffer)
        else:
            here = self._buffer.find(START, at)
            after = here + 1
            stop = here if here >= 0 else len(self._buffer)
        junk = bytes(self._buffer[at:stop])
        if junk.strip(_BETWEEN):
            noise.append(("bytes outside a frame", junk))
        if here < 0:
            return stop
        self.inside = True
        self._searched = after
        return after
