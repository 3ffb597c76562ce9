"""What graphics the terminal can draw, asked of it before the screens begin, and how a picture is sent to it."""

from __future__ import annotations

import base64
import os
import re
import struct
import sys
import time
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

LETTERS, BLOCKS, SIXEL, KITTY = "letters", "blocks", "sixel", "kitty"
WAYS = (LETTERS, BLOCKS, SIXEL, KITTY)
SETTING = "SIMLAB_GRAPHICS"
"""Environment variable that says one of `WAYS` instead of asking the terminal."""

PATIENCE = 0.2
"""Seconds for the answer; every terminal answers the last question, and most within a thousandth of this."""
_IMAGE = 7041
"""Number of the picture in a kitty terminal, plus that of its place on the screen."""
_QUESTION = f"\x1b_Gi={_IMAGE},s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\\x1b[16t\x1b[c"
_ATTRIBUTES = re.compile(rb"\x1b\[\?([0-9;]*)c")
_CELL = re.compile(rb"\x1b\[6;([0-9]+);([0-9]+)t")
_CHUNK = 4096


@dataclass(frozen=True)
class Graphics:
    """`way` is `sixel` or `kitty`, empty when the terminal draws letters only; `cell` the pixels of a letter."""

    way: str = ""
    cell: tuple[int, int] = (10, 20)


def ask() -> Graphics:
    """Ask the terminal; no graphics where there is none, where it does not say, or where it cannot be asked."""
    said = os.environ.get(SETTING, "").strip().lower()
    if said in (LETTERS, BLOCKS):
        return Graphics()
    answer = _answer()
    found = read_answer(answer)
    if found.way and not _CELL.search(answer):
        found = Graphics(found.way, _cell() or found.cell)  # xterm tells it to the kernel only
    return Graphics(said, found.cell) if said in (SIXEL, KITTY) else found


def read_answer(answer: bytes) -> Graphics:
    """What the terminal's answers to the three questions say."""
    cell = _CELL.search(answer)
    size = (int(cell[2]), int(cell[1])) if cell and int(cell[1]) and int(cell[2]) else Graphics.cell
    attributes = _ATTRIBUTES.search(answer)
    if b"_Gi=%d;OK" % _IMAGE in answer:
        return Graphics(KITTY, size)
    # Attribute 4 of the primary device attributes is sixel.
    if attributes and b"4" in attributes[1].split(b";")[1:]:
        return Graphics(SIXEL, size)
    return Graphics("", size)


def _answer() -> bytes:
    if sys.platform == "win32" or not (sys.__stdin__ and sys.__stdout__):
        return b""
    if not (sys.__stdin__.isatty() and sys.__stdout__.isatty()):
        return b""
    return _exchange(sys.__stdin__.fileno(), sys.__stdout__.fileno())


if sys.platform != "win32":
    import fcntl
    import select
    import termios
    import tty

    def _cell() -> tuple[int, int] | None:
        """The pixels of a letter by what the terminal told the kernel."""
        try:
            told = fcntl.ioctl(sys.__stdout__.fileno(), termios.TIOCGWINSZ, bytes(8))  # type: ignore[union-attr]
        except (OSError, ValueError, AttributeError):
            return None
        lines, columns, width, height = struct.unpack("HHHH", told)
        return (
            (width // columns, height // lines) if lines and columns and width >= columns and height >= lines else None
        )

    def _exchange(reading: int, writing: int) -> bytes:
        try:
            before = termios.tcgetattr(reading)
        except termios.error:
            return b""
        answer = b""
        try:
            tty.setcbreak(reading, termios.TCSANOW)
            os.write(writing, _QUESTION.encode())
            until = time.monotonic() + PATIENCE
            while not _ATTRIBUTES.search(answer) and (left := until - time.monotonic()) > 0:
                if select.select([reading], [], [], left)[0]:
                    answer += os.read(reading, 1024)
        except (OSError, termios.error):
            return b""
        finally:
            termios.tcsetattr(reading, termios.TCSANOW, before)
        return answer

else:

    def _cell() -> tuple[int, int] | None:
        return None

    def _exchange(reading: int, writing: int) -> bytes:
        return b""


def kitty(width: int, height: int, samples: int, rows: bytes, place: int = 0) -> str:
    """The escape sequences that show 8-bit pixels at the cursor; what stood in `place` before goes."""
    if samples == 1:
        colours = bytearray(3 * len(rows))
        for colour in range(3):
            colours[colour::3] = rows
        rows = bytes(colours)
    content = base64.b64encode(zlib.compress(rows, 1)).decode()
    number = _IMAGE + place
    # C=1 leaves the cursor where it is, q=2 keeps the terminal from answering, z=-1 lets letters stand before it.
    keys = f"a=T,i={number},p=1,f=24,o=z,s={width},v={height},C=1,q=2,z=-1"
    chunks = [content[at : at + _CHUNK] for at in range(0, len(content), _CHUNK)]
    return "".join(
        f"\x1b_G{keys if not at else 'q=2'},m={int(at + 1 < len(chunks))};{chunk}\x1b\\"
        for at, chunk in enumerate(chunks)
    )


def kitty_gone(places: Iterable[int] = (0, 1)) -> str:
    """The escape sequences that take the pictures in these places away, and out of the terminal's memory."""
    return "".join(f"\x1b_Ga=d,d=I,i={_IMAGE + place},q=2\x1b\\" for place in places)
