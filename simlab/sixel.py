"""A picture of 8-bit pixels as sixels, the graphics that DEC's VT340 drew and many terminals draw today."""

from __future__ import annotations

import re

import numpy as np

GREYS = 64
"""Shades of a grey picture: more are not told apart on a screen, and each costs bytes."""
Octets = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]
_STEPS = 6  # of red, green and blue each in a coloured one
_RUNS = re.compile(rb"\?{4,}|~{4,}")
# Bayer's matrix: where a colour lies between two of the palette, neighbours take one and the other.
_DITHER = (np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]], dtype=np.float32) + 0.5) / 16


def sixels(width: int, height: int, samples: int, rows: bytes) -> str:
    """The escape sequence that draws `rows` (1 or 3 samples a pixel) with the cursor at its upper left corner."""
    shape = (height, width) if samples == 1 else (height, width, samples)
    picture = np.frombuffer(rows, np.uint8).reshape(shape)
    inks = _shades(picture) if samples == 1 else _steps(picture)
    used = np.flatnonzero(np.bincount(inks.ravel(), minlength=256))
    palette = "".join(_ink(ink, samples) for ink in used.tolist())
    # P2=1: what is not drawn keeps its colour. The raster attributes say square pixels and the size.
    return f'\x1bP0;1q"1;1;{width};{height}{palette}{_bands(inks, used).decode("ascii")}\x1b\\'


def _ink(ink: int, samples: int) -> str:
    shares = [round(ink * 100 / (GREYS - 1))] * 3 if samples == 1 else [ink // 36 * 20, ink // 6 % 6 * 20, ink % 6 * 20]
    return f"#{ink};2;" + ";".join(map(str, shares))


def _shades(picture: Octets) -> Octets:
    return ((picture.astype(np.uint16) * (GREYS - 1) + 127) // 255).astype(np.uint8)


def _steps(picture: Octets) -> Octets:
    height, width = picture.shape[:2]
    threshold = np.tile(_DITHER, (-(-height // 4), -(-width // 4)))[:height, :width, None]
    steps = np.floor(picture * np.float32((_STEPS - 1) / 255) + threshold).astype(np.uint8)
    steps = np.minimum(steps, _STEPS - 1)
    inks: Octets = steps[..., 0] * 36 + steps[..., 1] * 6 + steps[..., 2]
    return inks


def _bands(inks: Octets, used: np.ndarray[tuple[int, ...], np.dtype[np.intp]]) -> bytes:
    """Bands of six rows; in each, for each ink a line of characters whose low bits say which of the six it colours."""
    height, width = inks.shape
    places = np.zeros(256, np.intp)
    places[used] = np.arange(len(used))
    lines = np.zeros((-(-height // 6), len(used), width), np.uint8)
    columns = np.arange(width)
    for row in range(6):
        there = places[inks[row::6]]
        lines[np.arange(len(there))[:, None], there, columns] |= 1 << row
    lines += 63
    names = [b"#%d" % ink for ink in used.tolist()]
    bands = []
    for band, present in zip(lines, (lines != 63).any(axis=2), strict=True):
        bands.append(
            b"$".join(
                names[at] + _RUNS.sub(_counted, band[at].tobytes().rstrip(b"?")) for at in np.flatnonzero(present)
            )
        )
    return b"-".join(bands)


def _counted(run: re.Match[bytes]) -> bytes:
    return b"!%d%s" % (len(run[0]), run[0][:1])
