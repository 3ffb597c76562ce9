"""Pictures of tracers: a bone scan of the whole body from both sides, and PET of the trunk."""

from __future__ import annotations

import math

import numpy as np

from simlab.department.modality.phantoms.pen import Pen

Place = tuple[float, float]


def bone_scan(pen: Pen, depth: float) -> None:
    """Counts a pixel: the skeleton, kidneys and bladder; the first frame from the front, the second from behind."""
    behind = pen.number == 1
    flesh, bones = pen.layer(), pen.layer()
    _figure(flesh)
    _skeleton(bones, behind)
    found = pen.findings.get("metastasis")
    if found:
        side = 1 if found.side == "L" else -1
        x, radius = (-side if behind else side) * 0.105, found.size_mm / 2 * pen.mm
        for at, share, size in (((x, -0.42), 1.0, 1.0), ((0.0, -0.12), 0.8, 0.8), ((x * 0.9, 0.10), 0.9, 1.1)):
            bones.ellipse(at[0], at[1], radius * size, radius * size, 60 * share, ball=True, add=True)
    if behind:
        for side in (-1, 1):
            bones.ellipse(side * 0.062, -0.22, 0.026, 0.042, 26, ball=True, add=True)
    bones.ellipse(0.0, 0.115 if not behind else 0.10, 0.030, 0.024, 55 if not behind else 30, ball=True, add=True)
    pen.image += flesh.image * 2.2 + bones.image
    pen.blur(0.006)
    _counted(pen)


def _figure(pen: Pen) -> None:
    pen.ellipse(0, -0.865, 0.068, 0.090, 1)
    pen.shape(
        [
            (-0.05, -0.80),
            (-0.16, -0.70),
            (-0.20, -0.62),
            (-0.155, -0.40),
            (-0.135, -0.15),
            (-0.155, 0.08),
            (-0.15, 0.3),
            (0.15, 0.3),
            (0.155, 0.08),
            (0.135, -0.15),
            (0.155, -0.40),
            (0.20, -0.62),
            (0.16, -0.70),
            (0.05, -0.80),
        ],
        1,
    )
    for side in (-1, 1):
        pen.tube([(side * 0.18, -0.64), (side * 0.225, -0.35), (side * 0.26, -0.08), (side * 0.275, 0.10)],
                 (0.045, 0.040, 0.030, 0.026), 1)  # fmt: skip
        pen.tube([(side * 0.085, 0.15), (side * 0.085, 0.45), (side * 0.08, 0.75), (side * 0.085, 0.93)],
                 (0.075, 0.062, 0.045, 0.030), 1)  # fmt: skip


def _skeleton(pen: Pen, behind: bool) -> None:
    pen.ellipse(0, -0.880, 0.056, 0.070, 13, add=True)
    pen.ellipse(0, -0.885, 0.048, 0.062, -5, add=True)
    if not behind:
        pen.ellipse(0, -0.825, 0.032, 0.022, 6, add=True)
        pen.tube([(0, -0.655), (0, -0.50), (0, -0.43)], (0.016, 0.011, 0.008), 12, add=True)
    near = 1.35 if behind else 0.75
    for number in range(24):
        pen.ellipse(0, -0.765 + 0.0335 * number, 0.013 + 0.0004 * number, 0.012, 16 * near, add=True)
    for side in (-1, 1):
        pen.tube([(side * 0.01, -0.665), (side * 0.08, -0.685), (side * 0.15, -0.680)], 0.008, 10, add=True)
        for number in range(10):
            top, wide = -0.640 + 0.0335 * number, 0.085 + 0.042 * math.sin(math.pi * min(number / 9, 1) * 0.75)
            ends: list[Place] = [(side * 0.015, top), (side * wide * 0.8, top + 0.012), (side * wide, top + 0.05)]
            front: list[Place] = [
                (side * wide, top + 0.035),
                (side * wide * 0.7, top + 0.075),
                (side * 0.02, top + 0.06),
            ]
            pen.tube(ends if behind else front, 0.0055, 8, add=True)
        if behind:
            pen.shape([(side * 0.07, -0.63), (side * 0.14, -0.645), (side * 0.10, -0.52)], 7, add=True)
        pen.ellipse(side * 0.165, -0.665, 0.022, 0.022, 16, ball=True, add=True)
        _limb(pen, [(side * 0.17, -0.66), (side * 0.215, -0.375)], 0.012, 8)
        _limb(pen, [(side * 0.217, -0.365), (side * 0.255, -0.105)], 0.011, 8)
        pen.ellipse(side * 0.264, -0.07, 0.018, 0.030, 8, ball=True, add=True)
        pen.shape([(side * 0.025, -0.01), (side * 0.075, -0.055), (side * 0.125, -0.02), (side * 0.105, 0.055),
                   (side * 0.055, 0.07)], 11, add=True)  # fmt: skip
        pen.tube([(side * 0.015, 0.125), (side * 0.05, 0.155), (side * 0.065, 0.10)], 0.010, 10, add=True)
        if behind:
            pen.tube([(side * 0.03, -0.02), (side * 0.04, 0.04)], 0.010, 14, add=True)
        pen.ellipse(side * 0.105, 0.095, 0.022, 0.022, 12, ball=True, add=True)
        _limb(pen, [(side * 0.105, 0.11), (side * 0.078, 0.49)], 0.016, 9)
        _limb(pen, [(side * 0.076, 0.53), (side * 0.078, 0.88)], 0.013, 8)
        if not behind:
            pen.ellipse(side * 0.077, 0.505, 0.019, 0.019, 6, ball=True, add=True)
        pen.ellipse(side * 0.085, 0.925, 0.022, 0.028, 9, ball=True, add=True)
    pen.shape([(-0.03, 0.0), (0.03, 0.0), (0.022, 0.075), (0.0, 0.10), (-0.022, 0.075)], 8 * near, add=True)


def _limb(pen: Pen, ends: list[Place], radius: float, value: float) -> None:
    """A long bone, hotter at both ends."""
    pen.tube(ends, radius, value * 0.7, add=True)
    for x, y in ends:
        pen.ellipse(x, y, radius * 1.5, radius * 1.5, value * 0.8, ball=True, add=True)


def _counted(pen: Pen) -> None:
    """Counts vary by their root (Poisson, by the normal that it nears)."""
    noise = pen.layer()
    noise.image[:] = 0
    spare = Pen(pen.columns, pen.rows, 0, int(pen.draw(1)[0] * 2**31))
    spare.grain(1.0)
    pen.image = np.maximum(pen.image + spare.image * np.sqrt(np.maximum(pen.image, 0)), 0).astype(np.float32)


def pet_coronal(pen: Pen, depth: float) -> None:
    """Activity in tens of Bq/ml: brain, heart, liver, kidneys and bladder take up sugar, and so does a tumour."""
    middle = 1 - (2 * depth - 1) ** 2
    pen.ellipse(0, -0.80, 0.16, 0.18, 260)
    if 0.25 < depth < 0.8:
        pen.ellipse(0, -0.82, 0.135, 0.135, 2300)
        pen.ellipse(0, -0.82, 0.06, 0.07, 1300, soft=4)
    pen.shape([(-0.09, -0.66), (-0.34, -0.52), (-0.40, -0.30), (-0.34, 0.10), (-0.32, 0.50), (-0.36, 1.1), (0.36, 1.1),
               (0.32, 0.50), (0.34, 0.10), (0.40, -0.30), (0.34, -0.52), (0.09, -0.66)], 240, soft=0.01)  # fmt: skip
    for side in (-1, 1):
        pen.shape([(side * 0.06, -0.44), (side * 0.18, -0.46), (side * 0.28, -0.20), (side * 0.27, 0.08),
                   (side * 0.08, 0.04)],
                  90, soft=0.012)  # fmt: skip
    if 0.2 < depth < 0.7:
        pen.ellipse(0.09, -0.04, 0.105, 0.085, 1000, turn=-35, soft=3)
        pen.ellipse(0.09, -0.04, 0.055, 0.040, 380, turn=-35, soft=3)
    pen.shape([(-0.30, 0.10), (-0.10, 0.05), (0.10, 0.10), (0.02, 0.20), (-0.16, 0.36), (-0.28, 0.34)], 560, soft=0.01)
    pen.ellipse(0.22, 0.16, 0.07, 0.09, 440, soft=3)
    if depth > 0.45:
        for side in (-1, 1):
            pen.ellipse(side * 0.16, 0.32, 0.065, 0.11, 900, turn=side * 8, soft=3)
            pen.ellipse(side * 0.135, 0.33, 0.028, 0.05, 2600, soft=3)
        for number in range(15):
            pen.ellipse(0, -0.56 + 0.085 * number, 0.045, 0.030, 420, soft=3)
    else:
        gut = pen.layer()
        gut.ellipse(0.0, 0.48, 0.26, 0.20, 1)
        pen.winding(gut.image, 430, 0.10, 0.25, key=7)
    pen.ellipse(0, 0.80, 0.10 * middle, 0.075 * middle, 4200, soft=3)
    found = pen.findings.get("nodule")
    if found:
        pen.ball((1 if found.side == "L" else -1) * 0.19, -0.22, 0.48, found.size_mm, 1900, soft=2)
    pen.blur(0.012)
    pen.mottle(0.16, 0.035)
    pen.grain(28)
    pen.image = np.maximum(pen.image, 0)
