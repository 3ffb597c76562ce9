"""The beating heart by ultrasound: four chambers from the apex, one beat through the frames."""

from __future__ import annotations

from itertools import pairwise

from simlab.department.modality.phantoms import ultrasound
from simlab.department.modality.phantoms.pen import Pen

# How full the ventricles are, and how open the valves to them, through one beat.
_FULL = (1.0, 0.97, 0.84, 0.66, 0.56, 0.54, 0.62, 0.80, 0.90, 0.93, 0.97, 1.0)
_OPEN = (0.3, 0.0, 0.0, 0.0, 0.0, 0.1, 0.8, 1.0, 0.7, 0.4, 0.8, 0.5)


def four_chambers(pen: Pen, depth: float) -> None:
    """Apex at the top; the left heart to the right of the picture, as echocardiographers have it."""
    place = depth * (len(_FULL) - 1)
    full, opened = _between(_FULL, place), _between(_OPEN, place)
    pen.image += 46
    ring = 0.22 - 0.07 * (1 - full)
    pen.shape([(0.0, -0.82), (0.28, -0.72), (0.60, -0.14), (0.62, 0.30), (0.52, 0.82), (-0.48, 0.82), (-0.57, 0.36),
               (-0.53, -0.06), (-0.34, -0.42)], 122, soft=0.02)  # fmt: skip
    squeeze = 0.55 + 0.45 * full
    left = [(0.06, -0.56 * (0.6 + 0.4 * full) - 0.10), (0.27 * squeeze + 0.05, -0.42), (0.42 * squeeze + 0.05, -0.06),
            (0.38 * squeeze + 0.05, ring), (0.06, ring), (0.03, -0.10), (0.02, -0.36)]  # fmt: skip
    right = [(-0.14, -0.40), (-0.10, -0.10), (-0.10, ring), (-0.40 * squeeze - 0.04, ring),
             (-0.40 * squeeze - 0.04, -0.02),
             (-0.28 * squeeze, -0.26)]  # fmt: skip
    pen.shape(left, 6)
    pen.shape(right, 6)
    empty = 1.12 - 0.24 * full
    pen.shape(
        [(0.06, ring + 0.05), (0.36, ring + 0.05), (0.46, ring + 0.22), (0.38, 0.70 * empty), (0.08, 0.70 * empty)], 6
    )
    pen.shape([(-0.10, ring + 0.05), (-0.38, ring + 0.05), (-0.44, ring + 0.22), (-0.36, 0.66 * empty),
               (-0.10, 0.68 * empty)], 6)  # fmt: skip
    pen.tube([(-0.02, ring), (-0.01, ring + 0.2), (-0.01, 0.74)], 0.016, 150)
    for hinge, middle in ((0.06, 0.20), (0.38 * squeeze + 0.05, 0.22), (-0.10, -0.23), (-0.40 * squeeze - 0.04, -0.23)):
        tip = middle + (hinge - middle) * opened * 0.8
        pen.tube([(hinge, ring + 0.02), ((hinge + tip) / 2, ring - 0.02 - 0.05 * opened),
                  (tip, ring - 0.03 - 0.14 * opened)],
                 0.013, 215)  # fmt: skip
    pen.tube([(0.64, -0.2), (0.66, 0.2), (0.56, 0.6)], 0.016, 225, soft=0.008)
    pen.tube([(0.02, -0.40), (-0.05, -0.10), (-0.03, ring)], 0.010, 165, soft=0.006)
    pen.warp(0.012, 0.18)
    ultrasound.speckle(pen)
    ultrasound.fan(pen, 0.50)
    bpm = [(-1.30, -0.96, "ADULT ECHO"), (-1.30, -0.87, "S5-1  25 HZ"), (0.72, 0.88, "74 BPM"), (0.72, -0.96, "MI 1.3")]
    ultrasound.furniture(pen, bpm)
    _trace(pen, depth)


def _trace(pen: Pen, depth: float) -> None:
    """The electrocardiogram below, with a mark where this frame is."""
    shape = ((0.0, 0), (0.10, 0), (0.14, 0.03), (0.18, 0), (0.22, -0.02), (0.25, 0.14), (0.28, -0.04), (0.32, 0),
             (0.48, 0),
             (0.55, 0.04), (0.62, 0), (1.0, 0))  # fmt: skip
    left, wide = -0.62, 0.62
    for beat in (0, 1):
        for (a, up), (b, on) in pairwise(shape):
            first, last = left + (beat + a) * wide, left + (beat + b) * wide
            pen.tube([(first, 0.94 - up), (last, 0.94 - on)], 0.005, 200)
    pen.ellipse(left + (0.25 + depth) * wide, 0.94, 0.010, 0.030, 255)


def _between(table: tuple[float, ...], place: float) -> float:
    low = min(int(place), len(table) - 2)
    return table[low] + (table[low + 1] - table[low]) * (place - low)
