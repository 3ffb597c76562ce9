"""Obstetric ultrasound at about twenty weeks: the head measured across, and the profile."""

from __future__ import annotations

from simlab.department.modality.phantoms import ultrasound
from simlab.department.modality.phantoms.pen import Pen

HEAD_MM = 48.0
"""The biparietal diameter, outer to inner, that goes with twenty weeks and some days."""


def _womb(pen: Pen) -> None:
    """The belly's layers, the womb's wall, the placenta in front, the waters."""
    ultrasound.layers(pen, 92)
    pen.ellipse(0, 0.22, 1.18, 0.72, 118)
    pen.shape([(-1.1, -0.10), (-0.6, -0.42), (0.0, -0.50), (0.5, -0.46), (0.3, -0.32), (-0.3, -0.30), (-0.8, 0.02)],
              130,
              soft=0.02)  # fmt: skip
    pen.shape([(-1.04, 0.20), (-0.80, -0.06), (-0.2, -0.30), (0.5, -0.34), (0.95, -0.05), (1.04, 0.3), (0.7, 0.72),
               (0.0, 0.84), (-0.7, 0.74)], 7, soft=0.012)  # fmt: skip


def head(pen: Pen, depth: float) -> None:
    """The head across: skull, mid-line echo with its cavum, thalami and choroid; diameter and circumference."""
    _womb(pen)
    ry, rx = HEAD_MM / 2 * pen.mm, HEAD_MM / 2 * 1.27 * pen.mm
    x, y, wall = 0.0, 0.24, 2.0 * pen.mm
    pen.ellipse(x, y, rx + 2.2 * wall, ry + 2.0 * wall, 70, soft=2)
    pen.ellipse(x, y, rx + wall / 2, ry + wall / 2, 238, soft=2)
    pen.ellipse(x, y, rx - wall / 2, ry - wall / 2, 36, soft=2)
    pen.tube([(x - rx + wall, y + 0.004), (x - 0.10, y), (x + 0.14, y + 0.006), (x + rx - wall, y)], 0.007, 165)
    pen.ellipse(x - 0.24 * rx / 0.4, y, 0.055, 0.022, 150)
    pen.ellipse(x - 0.24 * rx / 0.4, y, 0.042, 0.013, 14)
    for side in (-1, 1):
        pen.ellipse(x + 0.10 * rx, y + side * 0.15 * ry, 0.30 * rx, 0.13 * ry, 58, soft=3)
        pen.tube([(x + 0.15 * rx, y + side * 0.44 * ry), (x + 0.45 * rx, y + side * 0.40 * ry),
                  (x + 0.70 * rx, y + side * 0.28 * ry)], (0.02, 0.045, 0.02), 128, soft=0.01)  # fmt: skip
    ultrasound.shadow(pen, x - rx * 1.02, x - rx * 0.86, y, 0.30)
    ultrasound.shadow(pen, x + rx * 0.80, x + rx * 0.96, y, 0.30)
    ultrasound.speckle(pen)
    ultrasound.fan(pen)
    ultrasound.callipers(pen, ((x + 0.10 * rx, y - ry), (x + 0.10 * rx, y + ry)))
    ultrasound.furniture(pen, [(-1.30, -0.96, "OBSTETRIC"), (-1.30, -0.87, "RAB4-8"), (0.66, -0.96, "MI 0.9"),
                               (0.66, -0.87, "TIB 0.4"), (-1.30, 0.80, f"+ BPD {HEAD_MM / 10:.2f} CM"),
                               (-1.30, 0.90, "GA 20W3D")])  # fmt: skip


def profile(pen: Pen, depth: float) -> None:
    """The child on its back, face up: forehead, nose, lips and chin, the chest with its ribs' shadows, the spine."""
    _womb(pen)
    pen.mottle(0.02, 0.3)
    body = [(-0.90, 0.30), (-0.82, 0.06), (-0.62, -0.07), (-0.42, -0.08), (-0.30, -0.03), (-0.245, 0.035),
            (-0.15, -0.03),
            (-0.125, 0.055), (-0.07, 0.055), (-0.085, 0.105), (-0.035, 0.125), (-0.055, 0.165), (0.0, 0.20),
            (-0.02, 0.29),
            (0.10, 0.27), (0.34, 0.18), (0.74, 0.26), (0.94, 0.46), (0.70, 0.70), (0.20, 0.70), (-0.18, 0.60),
            (-0.50, 0.66), (-0.80, 0.56)]  # fmt: skip
    pen.shape(body, 120)
    skull = [(-0.87, 0.30), (-0.79, 0.08), (-0.60, -0.035), (-0.42, -0.04), (-0.31, 0.06), (-0.30, 0.24), (-0.36, 0.44),
             (-0.54, 0.58), (-0.76, 0.50)]  # fmt: skip
    pen.shape(skull, 240)
    pen.shape([(-0.565 + (x + 0.565) * 0.90, 0.28 + (y - 0.28) * 0.90) for x, y in skull], 40)
    pen.tube([(-0.70, 0.30), (-0.56, 0.22), (-0.44, 0.30)], 0.04, 70, soft=0.01)
    pen.tube([(-0.265, 0.055), (-0.215, 0.035)], 0.013, 250)
    pen.tube([(-0.24, 0.13), (-0.13, 0.085)], 0.014, 240)
    pen.tube([(-0.20, 0.235), (-0.06, 0.165)], 0.016, 240)
    pen.tube(body[2:14], 0.006, 215)
    for number in range(7):
        x = 0.08 + 0.085 * number
        pen.ellipse(x, 0.27 + 0.015 * number, 0.018, 0.022, 225)
        ultrasound.shadow(pen, x - 0.02, x + 0.02, 0.30, 0.62)
    for number in range(13):
        x = -0.16 + 0.076 * number
        y = 0.60 + 0.03 * (1 - ((number - 6) / 6) ** 2)
        pen.ellipse(x, y, 0.024, 0.020, 240)
        pen.ellipse(x, y - 0.055, 0.022, 0.012, 190)
    pen.ellipse(0.30, 0.42, 0.10, 0.075, 50, soft=3)
    pen.ellipse(0.56, 0.46, 0.055, 0.040, 8, soft=2)
    pen.tube([(0.14, 0.26), (0.12, 0.10), (0.02, 0.0), (0.04, -0.12)], (0.045, 0.035, 0.03, 0.03), 120, soft=0.01)
    pen.tube([(0.14, 0.26), (0.12, 0.10), (0.03, 0.0)], 0.012, 225)
    pen.warp(0.012, 0.12)
    ultrasound.speckle(pen)
    ultrasound.fan(pen)
    ultrasound.furniture(pen, [(-1.30, -0.96, "OBSTETRIC"), (-1.30, -0.87, "RAB4-8"), (0.66, -0.96, "MI 0.9"),
                               (-1.30, 0.90, "PROFILE")])  # fmt: skip
