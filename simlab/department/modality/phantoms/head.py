"""The head: axial CT in Hounsfield units."""

from __future__ import annotations

from simlab.department.modality.phantoms.pen import Pen

AIR, FAT, WATER, WHITE, GREY, BLOOD, BONE = -1000.0, -90.0, 4.0, 27.0, 39.0, 60.0, 1100.0


def axial(pen: Pen, depth: float) -> None:
    """A slice across the head, seen from the feet: `depth` 0 at the eyes, 1 at the vertex."""
    size = 1.0 if depth < 0.6 else max(0.45, (1 - ((depth - 0.6) / 0.46) ** 2) ** 0.5)
    pen.ellipse(0, 0.0, 0.70 * size + 0.02, 0.86 * size + 0.02, 20)
    pen.ellipse(0, 0.0, 0.66 * size, 0.82 * size, BONE)
    pen.ellipse(0, 0.01, 0.595 * size, 0.75 * size, WATER)
    _cortex(pen, size)
    if depth < 0.3:
        _base(pen, depth)
    else:
        _ventricles(pen, depth)
    if depth > 0.22:
        pen.ellipse(0, -0.60 * size, 0.008, 0.14 * size, BLOOD)
        pen.ellipse(0, 0.58 * size, 0.010, 0.16 * size, BLOOD)
        pen.ellipse(0, 0.715 * size, 0.035, 0.035, BLOOD)
    pen.grain(3)


def _cortex(pen: Pen, size: float) -> None:
    """Grey matter, furrowed at its edge, round white matter."""
    for side in (-1, 1):
        pen.ellipse(side * 0.285 * size, 0.01, 0.285 * size, 0.715 * size, GREY, turn=side * 4)
        pen.ellipse(side * 0.34 * size, 0.05, 0.235 * size, 0.58 * size, GREY)
    furrows = [(0.57, -0.34, 70), (0.585, -0.08, 88), (0.575, 0.20, 105), (0.49, 0.46, 130), (0.42, -0.54, 50),
               (0.24, -0.68, 25), (0.26, 0.66, 155)]  # fmt: skip
    for side in (-1, 1):
        pen.ellipse(side * 0.29 * size, 0.0, 0.20 * size, 0.54 * size, WHITE, turn=side * 6, soft=4)
        for x, y, turn in furrows:
            pen.ellipse(side * x * size, y * size, 0.012, 0.085 * size, WATER, turn=side * turn)


def _ventricles(pen: Pen, depth: float) -> None:
    """The butterfly of the lateral ventricles, with the deep grey nuclei beside it."""
    if depth > 0.82:
        return
    wide = 1.0 if depth < 0.6 else 1 - (depth - 0.6) / 0.25
    for side in (-1, 1):
        if depth < 0.62:
            pen.ellipse(side * 0.21, 0.06, 0.10, 0.15, GREY + 2, turn=side * 18, soft=3)
            pen.ellipse(side * 0.13, -0.16, 0.055, 0.12, GREY + 3, turn=side * -18, soft=2)
            pen.ellipse(side * 0.48, -0.02, 0.03, 0.16, WATER, turn=side * -8)
        pen.tube([(side * 0.15, -0.40), (side * 0.075, -0.22), (side * 0.035, -0.04)],
                 (0.03 * wide, 0.062 * wide, 0.02), WATER)  # fmt: skip
        pen.tube([(side * 0.07, 0.18), (side * 0.17, 0.32), (side * 0.23, 0.50)],
                 (0.03, 0.068 * wide, 0.025 * wide), WATER)  # fmt: skip
        if 0.35 < depth < 0.62:
            pen.ellipse(side * 0.16, 0.33, 0.028, 0.04, 220)
    if depth < 0.55:
        pen.ellipse(0, 0.05, 0.018, 0.10, WATER)
        pen.ellipse(0, 0.19, 0.022, 0.022, 260)


def _base(pen: Pen, depth: float) -> None:
    """Eyes, nose, petrous bones and the hindbrain of the lowest slices."""
    deep = 1 - depth / 0.3
    pen.shape([(-0.46, -0.46), (-0.18, -0.30), (0, -0.26), (0.18, -0.30), (0.46, -0.46), (0.40, -0.78), (0, -0.96),
               (-0.40, -0.78)], BONE)  # fmt: skip
    for side in (-1, 1):
        pen.ellipse(side * 0.30, -0.56, 0.17, 0.24, FAT, turn=side * 22)
        pen.ellipse(side * 0.30, -0.70, 0.115, 0.115, 12)
        pen.ellipse(side * 0.31, -0.79, 0.05, 0.022, 70)
        pen.tube([(side * 0.285, -0.58), (side * 0.22, -0.44), (side * 0.15, -0.34)], 0.018, 35)
        pen.ellipse(side * 0.08, -0.60, 0.055, 0.20 * deep + 0.05, AIR)
        pen.tube([(side * 0.58, 0.16), (side * 0.36, 0.06), (side * 0.14, -0.04)], (0.13, 0.10, 0.04), BONE * 0.9)
        pen.ellipse(side * 0.46, 0.14, 0.05, 0.045, AIR)
        pen.ellipse(side * 0.68, 0.10, 0.045, 0.13, 20)
    pen.tube([(0, -0.80), (0.0, -0.95), (0.0, -1.0)], (0.12, 0.10, 0.05), 25)
    pen.ellipse(0, 0.10, 0.12, 0.11, GREY)
    for side in (-1, 1):
        pen.ellipse(side * 0.20, 0.42, 0.25, 0.25, GREY)
        pen.ellipse(side * 0.22, 0.42, 0.12, 0.15, WHITE, soft=3)
    pen.ellipse(0, 0.235, 0.05, 0.035, WATER)
