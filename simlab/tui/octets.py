"""The bytes of a message for the screen: control characters visible, the chosen element marked."""

from __future__ import annotations

from rich.text import Text

CONTROL = {0x00: "␀", 0x09: "␉", 0x0A: "␊", 0x0B: "␋", 0x0D: "␍", 0x1B: "␛", 0x1C: "␜", 0x7F: "␡"}
"""How the control characters that one meets in HL7 are shown (CR, LF, VT, FS…)."""

ROWS = 40
"""Rows shown around the chosen bytes."""


def octets(data: bytes, start: int, end: int, width: int) -> Text:
    """`data` around `start` as offset, hexadecimal and text; the bytes `start` up to `end` stand reversed.

    `width` is that of the screen in cells: 16 bytes a row where they fit, else 8.
    """
    each = 16 if width >= 76 else 8
    first = max(0, start // each - 4) * each
    text = Text(no_wrap=True)
    for offset in range(first, min(len(data), first + ROWS * each), each):
        row = data[offset : offset + each]
        text.append(f"{offset:06x}  ", "dim")
        marked = [start <= offset + n < end for n in range(len(row))]
        for n, byte in enumerate(row):
            text.append(f"{byte:02x}", "reverse" if marked[n] else "")
            joined = marked[n] and n + 1 < len(row) and marked[n + 1]
            text.append(" ", "reverse" if joined else "")
        text.append("   " * (each - len(row)) + " ")
        for n, byte in enumerate(row):
            text.append(_sign(byte), "reverse" if marked[n] else "")
        text.append("\n")
    rest = len(data) - min(len(data), first + ROWS * each)
    if rest > 0:
        text.append(f"… {rest} bytes more", "dim")
    return text


def _sign(byte: int) -> str:
    return CONTROL.get(byte) or (chr(byte) if 0x20 <= byte < 0x7F else "·")
