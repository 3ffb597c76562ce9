"""The geometry of drawn shapes: rounded lines, the pixels that an outline covers, the tip of a brush."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]
Points = Sequence[tuple[float, float]]


@lru_cache(maxsize=8)
def brush(radius: float) -> tuple[tuple[int, int, float], ...]:
    """Offsets down and right with the share of the ink each pixel of a round point takes."""
    if radius < 1:
        return ((0, 0, 1.0), (0, 1, 0.8), (1, 0, 0.8), (1, 1, 0.6))
    reach = math.ceil(radius)
    offsets = ((down, right) for down in range(-reach, reach + 1) for right in range(-reach, reach + 1))
    inked = ((down, right, min(1.0, radius + 0.5 - math.hypot(down, right))) for down, right in offsets)
    return tuple((down, right, part) for down, right, part in inked if part > 0)


def rounded(points: Points, *, closed: bool, steps: int = 6) -> NDArray[np.float64]:
    """A Catmull-Rom curve through the points, `steps` short lines from one to the next."""
    knots = np.asarray(points, np.float64)
    if closed:
        before, after, last = np.roll(knots, 1, 0), np.roll(knots, -1, 0), np.roll(knots, -2, 0)
        start = knots
    else:
        padded = np.concatenate([2 * knots[:1] - knots[1:2], knots, 2 * knots[-1:] - knots[-2:-1]])
        before, start, after, last = padded[:-3], padded[1:-2], padded[2:-1], padded[3:]
    t = (np.arange(steps) / steps)[None, :, None]
    a, b, c, d = (each[:, None, :] for each in (before, start, after, last))
    curve = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
    flat: NDArray[np.float64] = curve.reshape(-1, 2)
    return flat if closed else np.vstack([flat, knots[-1:]])


@lru_cache(maxsize=24)
def coverage(points: bytes, columns: int, rows: int) -> Image:
    """How much of each pixel lies inside the outline (0-1): where its edges cross the middle of each row.

    Kept for the next slices of a stack, where the same outline comes again.
    """
    outline = np.frombuffer(points, np.float64).reshape(-1, 2)
    y = np.arange(rows) + 0.5
    xa, ya = outline[:, 0, None], outline[:, 1, None]
    xb, yb = np.roll(xa, -1, 0), np.roll(ya, -1, 0)
    down, up = (ya <= y) & (yb > y), (yb <= y) & (ya > y)
    edge, line = np.nonzero(down | up)
    xs, ys, xe, ye = xa[edge, 0], ya[edge, 0], xb[edge, 0], yb[edge, 0]
    x = np.clip(xs + (y[line] - ys) * (xe - xs) / (ye - ys), 0, columns)
    column = x.astype(int)
    part, way = x - column, np.where(down[edge, line], 1.0, -1.0)
    flat, size = line * (columns + 2) + column, rows * (columns + 2)
    steps = np.bincount(flat, way * (1 - part), size) + np.bincount(flat + 1, way * part, size)
    inside = np.abs(steps.reshape(rows, columns + 2).astype(np.float32).cumsum(axis=1)[:, :columns])
    cover: Image = np.minimum(inside, 1)
    return cover
