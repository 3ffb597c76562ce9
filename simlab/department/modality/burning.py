"""Writes words into the pixels of an image, as old ultrasound machines and secondary captures do."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simlab.department.modality.kind import Kind
from simlab.department.modality.phantoms import Pen
from simlab.department.modality.recipe import Series


def burnt(pixels: bytes, series: Series, kind: Kind, words: Sequence[str]) -> bytes:
    """Native pixel data with `words` at the top left of each frame, a line each."""
    columns, rows = series.size
    size = max(2, rows // 240)
    pen = Pen(columns, rows, 0, 0)
    for number, line in enumerate(words):
        x, y = -0.97 * columns / rows, -0.97 + number * 10 * size / pen.unit
        pen.text(x, y, line.replace("^", " "), 1, size=size)
    lettered = pen.image > 0
    shape = (series.frames, rows, columns, kind.samples)
    count = series.frames * rows * columns * kind.samples
    image = np.frombuffer(pixels, "u1" if kind.bits <= 8 else "<u2", count).reshape(shape).copy()
    ground = image[0][lettered].mean()
    image[:, lettered] = 0 if ground > 2 ** (kind.bits - 1) else 2**kind.bits - 1
    whole = image.tobytes()
    return whole + b"\0" * (len(whole) % 2)
