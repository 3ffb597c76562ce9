"""What every sonogram has: layers under the skin, speckle, the fan of the probe, callipers, the machine's words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simlab.department.modality.phantoms.outlines import Image
from simlab.department.modality.phantoms.pen import Pen


def layers(pen: Pen, tissue: float = 78) -> None:
    """Skin, fat and muscle as bright and dark bands above an even tissue."""
    for top, value in ((-1.0, 135), (-0.86, 70), (-0.80, 140), (-0.74, 88), (-0.64, 130), (-0.60, tissue)):
        pen.shape(
            [(-1.6, top + 0.06), (-0.5, top), (0.5, top), (1.6, top + 0.06), (1.6, 1.4), (-1.6, 1.4)],
            value,
            smooth=False,
        )
    pen.blur(0.010)


def shadow(pen: Pen, left: float, right: float, top: float, share: float) -> None:
    """What lies below `top` between two places gets `share` of its brightness: shadow, or enhancement above 1."""
    half = pen.columns / pen.rows
    x = ((np.arange(pen.columns) + 0.5) / pen.unit - half)[None, :]
    y = ((np.arange(pen.rows) + 0.5) / pen.unit - 1)[:, None]
    spread = (y + 1.9) / (top + 1.9)  # the beams part with depth
    within = np.clip((np.minimum(x - left * spread, right * spread - x)) * 14, 0, 1) * np.clip((y - top) * 20, 0, 1)
    pen.image *= (1 + within * (share - 1)).astype(np.float32)


def speckle(pen: Pen) -> None:
    """Speckle, wider than high and wider still in depth, and sound that fades."""
    pen.mottle(0.22, 0.09)
    pen.grain(0.44, coarse=True, share=True)
    soft = pen.image.copy()
    soft[1:] += pen.image[:-1]
    soft[:-1] += pen.image[1:]
    soft /= 3
    pen.image = np.maximum(soft, 0)
    wide = pen.image.copy()
    for shift in (-2, -1, 1, 2):
        wide += np.roll(pen.image, shift, axis=1)
    depth = np.linspace(0, 1, pen.rows, dtype=np.float32)[:, None]
    pen.image += (wide / 5 - pen.image) * (0.25 + 0.55 * depth)
    pen.image *= 1.12 - 0.42 * depth


def fan(pen: Pen, half_angle: float = 0.62) -> None:
    """Black outside the fan that a curved probe sees."""
    pen.image = np.where(fan_cover(pen, half_angle), np.maximum(pen.image, 3), 0).astype(np.float32)


def fan_cover(pen: Pen, half_angle: float = 0.62) -> Image:
    """Where a curved probe sees; `half_angle` as across by along."""
    half = pen.columns / pen.rows
    x = ((np.arange(pen.columns) + 0.5) / pen.unit - half)[None, :]
    y = ((np.arange(pen.rows) + 0.5) / pen.unit - 1)[:, None] + 1.75
    far = x * x + y * y
    seen: Image = (far > 0.80**2) & (far < 2.70**2) & (np.abs(x) < half_angle * y)
    return seen


def furniture(pen: Pen, words: Sequence[tuple[float, float, str]], depth_mm: float = 0) -> None:
    """The machine's own marks: words, a grey bar, a scale with a tick each centimetre."""
    size = max(1, pen.rows // 240)
    half = pen.columns / pen.rows
    for x, y, text in words:
        pen.text(x, y, text, 225, size=size)
    bar = slice(int(0.2 * pen.rows), int(0.5 * pen.rows))
    count = bar.stop - bar.start
    pen.image[bar, -12 * size : -7 * size] = np.linspace(255, 0, count, dtype=np.float32)[:, None]
    for number in range(int(2 / (10 * pen.mm)) + 1):
        y = -0.95 + number * 10 * pen.mm
        pen.ellipse(half - 0.06, y, 0.024 if number % 5 == 0 else 0.012, 0.005, 200)


def callipers(pen: Pen, *pairs: tuple[tuple[float, float], tuple[float, float]]) -> None:
    """Crosses at both ends of a measured distance, dots between."""
    for ends in pairs:
        for size, thick, value in ((0.060, 0.017, 0), (0.052, 0.009, 255)):
            for x, y in ends:
                pen.ellipse(x, y, size, thick, value)
                pen.ellipse(x, y, thick, size, value)
        (xa, ya), (xb, yb) = ends
        count = max(int(((xb - xa) ** 2 + (yb - ya) ** 2) ** 0.5 / 0.045), 2)
        for number in range(1, count):
            part = number / count
            pen.ellipse(xa + (xb - xa) * part, ya + (yb - ya) * part, 0.006, 0.006, 215)
