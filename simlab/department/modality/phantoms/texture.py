"""Noise that makes phantoms look alive: grain, smooth fields, and pictures bent by them; the same on every machine."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]
_TILE = 512


def grain(coarse: bool, rows: int, columns: int, down: int, right: int) -> Image:
    """Noise of mean 0 and deviation 1 for every pixel, cut out of a tile at (`down`, `right`)."""
    wide = _tile(coarse)
    if rows <= _TILE and columns <= _TILE:
        return wide[down % _TILE : down % _TILE + rows, right % _TILE : right % _TILE + columns]
    at = (np.arange(rows) + down) % _TILE, (np.arange(columns) + right) % _TILE
    cut: Image = wide.take(at[0], axis=0).take(at[1], axis=1)
    return cut


@lru_cache(maxsize=2)
def _tile(coarse: bool) -> Image:
    """A tile of noise, four times side by side; coarse noise has clots some pixels wide, as speckle has."""
    raw = np.random.PCG64(20260302).random_raw(_TILE * _TILE // 2)
    noise = raw.astype("<u8").view(np.uint8).reshape(4, _TILE, _TILE).sum(axis=0, dtype=np.int16) - np.float32(510)
    for axis in (0, 1):
        noise = noise + np.roll(noise, 1, axis)
        if coarse:
            noise = noise + np.roll(noise, 2, axis)
    # Four bytes have the variance 4 * (256**2 - 1) / 12; each of the sums above adds 2 (coarse: 4) equal parts an axis.
    tile: Image = (noise / np.float32(math.sqrt(21845 * (16 if coarse else 4)))).astype(np.float32)
    return np.tile(tile, (2, 2))


@lru_cache(maxsize=12)
def field(rows: int, columns: int, step: int, seed: int) -> Image:
    """A smooth field of mean 0 and deviation of about 0.5, its hills about `step` pixels wide."""
    down, across = rows // step + 3, columns // step + 3
    raw = np.random.PCG64(seed).random_raw(down * across)
    knots = (raw >> np.uint64(11)).astype(np.float64).reshape(down, across) / 2**52 - 1
    return _between(_between(knots.astype(np.float32), rows, step).T, columns, step).T.copy()


def _between(knots: Image, count: int, step: int) -> Image:
    place = np.arange(count) / step
    low = place.astype(int)
    part = (place - low).astype(np.float32)[:, None]
    part = part * part * (3 - 2 * part)
    lower: Image = knots[low]
    between: Image = lower + (knots[low + 1] - lower) * part
    return between


def sampled(image: Image, amount: float, step: int, seed: int) -> Image:
    """The image with every pixel fetched from up to about `amount` pixels away, smoothly."""
    at, (a, b, c, d) = _ways(*image.shape, round(amount, 3), step, seed)
    flat, wide = image.ravel(), image.shape[1]
    bent = flat.take(at)
    bent *= a
    for shift, weight in ((1, b), (wide, c), (wide + 1, d)):
        part = flat[shift:].take(at)
        part *= weight
        bent += part
    return bent


@lru_cache(maxsize=4)
def _ways(rows: int, columns: int, amount: float, step: int, seed: int) -> tuple[NDArray[Any], tuple[Image, ...]]:
    y = np.arange(rows, dtype=np.float32)[:, None] + amount * field(rows, columns, step, seed)
    x = np.arange(columns, dtype=np.float32)[None, :] + amount * field(rows, columns, step, seed + 1)
    y, x = np.clip(y, 0, rows - 1.001), np.clip(x, 0, columns - 1.001)
    top, left = np.minimum(y.astype(np.intp), rows - 2), np.minimum(x.astype(np.intp), columns - 2)
    down, right = (y - top).astype(np.float32), (x - left).astype(np.float32)
    weights = ((1 - down) * (1 - right), (1 - down) * right, down * (1 - right), down * right)
    return top * columns + left, weights
