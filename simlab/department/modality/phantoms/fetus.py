"""Obstetric ultrasound at about twenty weeks: the head measured across, and the profile."""

from __future__ import annotations

from itertools import pairwise

from simlab.department.modality.phantoms import ultrasound
from simlab.department.modality.phantoms.pen import Pen

HEAD_MM = 48.0
"""The biparietal diameter, outer to inner, that goes with twenty weeks and some days."""


def _womb(pen: Pen) -> None:
    """The belly's layers, the womb's wall, the placenta in front, the waters."""
    ultrasound.layers(pen, 84)
    pen.ellipse(0, 0.22, 1.34, 0.84, 62, soft=4)
    _placenta(pen)
    pen.shape([(-1.08, 0.16), (-0.88, -0.18), (-0.2, -0.42), (0.5, -0.42), (0.98, -0.14), (1.12, 0.3), (0.9, 0.80),
               (0.0, 0.90), (-0.8, 0.78)], 5, soft=0.010)  # fmt: skip
    pen.tube([(-0.98, -0.06), (-0.86, -0.18), (-0.56, -0.31), (-0.2, -0.405), (0.2, -0.425), (0.5, -0.42)],
             0.008, 225, soft=0.003)  # fmt: skip


def _placenta(pen: Pen) -> None:
    """A thick even cake on the front wall: finer and brighter than muscle, with dark lakes and a dark line behind."""
    wall = [(-1.20, 0.20), (-1.02, -0.26), (-0.62, -0.52), (-0.1, -0.615), (0.40, -0.60), (0.74, -0.46)]
    pen.tube([(x, y - 0.012) for x, y in wall], 0.014, 26, soft=0.006)
    cake = pen.layer()
    cake.shape([*wall, (0.60, -0.40), (0.2, -0.40), (-0.2, -0.38), (-0.56, -0.28), (-0.86, -0.14), (-1.05, 0.12)], 1,
               soft=0.008)  # fmt: skip
    inside = cake.image.copy()
    cake.image *= 148
    cake.mottle(0.16, 0.045, key=3)
    pen.image += inside * (cake.image - pen.image)
    for x, y, rx, ry, turn in ((-0.52, -0.41, 0.055, 0.018, -24), (-0.12, -0.50, 0.040, 0.014, -6),
                               (0.28, -0.50, 0.030, 0.013, 4), (-0.86, -0.24, 0.035, 0.015, -40)):  # fmt: skip
        pen.ellipse(x, y, rx, ry, 22, turn=turn, soft=3)


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
    """The child on its back, cut down its middle: forehead, nose, lips and chin, a hand, the spine and the chest."""
    _womb(pen)
    pen.shape(_BODY, 118)
    for x, y, rx, ry, turn in ((0.78, 0.40, 0.15, 0.12, 20), (1.06, 0.56, 0.10, 0.07, 10)):
        pen.ellipse(x, y, rx, ry, 52, turn=turn, soft=4)
    pen.tube([(0.70, 0.38), (0.80, 0.42), (0.90, 0.44)], 0.012, 110, soft=0.008)
    skull = _scaled(1.0)
    pen.shape(skull, 235)
    pen.shape(_scaled(0.915), 38)
    _brain(pen)
    _face(pen)
    _spine(pen)
    pen.tube(_BODY[:19], 0.008, 205)
    _hand(pen)
    pen.warp(0.008, 0.14)
    ultrasound.shadow(pen, 0.02, 0.22, 0.16, 0.55)
    ultrasound.speckle(pen)
    ultrasound.fan(pen)
    ultrasound.furniture(pen, [(-1.30, -0.96, "OBSTETRIC"), (-1.30, -0.87, "RAB4-8"), (0.66, -0.96, "MI 0.9"),
                               (-1.30, 0.90, "PROFILE")])  # fmt: skip


# The skin from the crown over the face to the chest, then back along the nape: as large as the head measured across.
_BODY = (
    (-0.98, 0.30), (-0.92, 0.06), (-0.76, -0.13), (-0.54, -0.23), (-0.32, -0.23), (-0.16, -0.16), (-0.085, -0.085),
    (-0.01, -0.125), (0.045, -0.165), (0.085, -0.135), (0.095, -0.065), (0.15, -0.06), (0.175, -0.015), (0.15, 0.02),
    (0.205, 0.035), (0.215, 0.085), (0.20, 0.115), (0.26, 0.135), (0.295, 0.20), (0.27, 0.27), (0.32, 0.33),
    (0.46, 0.22), (0.72, 0.13), (1.0, 0.14), (1.5, 0.24), (1.5, 0.86), (0.9, 0.84), (0.42, 0.76), (0.16, 0.70),
    (-0.10, 0.76), (-0.42, 0.80), (-0.72, 0.72), (-0.92, 0.52),
)  # fmt: skip
_SKULL = (
    (-0.94, 0.30), (-0.88, 0.08), (-0.73, -0.09), (-0.53, -0.18), (-0.33, -0.18), (-0.18, -0.11), (-0.11, -0.02),
    (-0.09, 0.12), (-0.10, 0.26), (-0.06, 0.42), (-0.08, 0.60), (-0.20, 0.71), (-0.42, 0.75), (-0.69, 0.67),
    (-0.87, 0.50),
)  # fmt: skip


def _scaled(share: float) -> list[tuple[float, float]]:
    return [(-0.50 + (x + 0.50) * share, 0.29 + (y - 0.29) * share) for x, y in _SKULL]


def _brain(pen: Pen) -> None:
    """What lies in the middle plane: the callosal arch with the cavum under it, thalamus, brain stem, cerebellum."""
    pen.tube([(-0.30, 0.30), (-0.42, 0.16), (-0.60, 0.20), (-0.66, 0.36)], 0.012, 92, soft=0.006)
    pen.tube([(-0.34, 0.29), (-0.44, 0.21), (-0.57, 0.25)], 0.022, 12, soft=0.006)
    pen.ellipse(-0.44, 0.36, 0.10, 0.07, 62, soft=3)
    pen.ellipse(-0.42, 0.58, 0.13, 0.09, 84, turn=-15, soft=3)
    pen.tube([(-0.36, 0.38), (-0.24, 0.44), (-0.12, 0.46)], (0.05, 0.04, 0.03), 66, soft=0.01)


def _face(pen: Pen) -> None:
    """Nasal bone, upper jaw with its palate, tongue, lower jaw; the gullet's dark line to the neck."""
    pen.tube([(-0.055, -0.035), (0.0, -0.095)], (0.014, 0.010), 255)
    pen.shape([(-0.03, 0.02), (0.06, -0.035), (0.105, 0.0), (0.09, 0.05), (0.0, 0.09)], 225)
    pen.tube([(0.08, 0.045), (-0.02, 0.10), (-0.08, 0.17)], 0.012, 235)
    pen.ellipse(0.06, 0.135, 0.075, 0.045, 92, turn=-25, soft=3)
    pen.tube([(0.145, 0.025), (0.10, 0.065), (0.04, 0.11)], 0.007, 12)
    pen.shape([(0.175, 0.095), (0.215, 0.13), (0.225, 0.18), (0.14, 0.24), (0.06, 0.30), (0.05, 0.275), (0.13, 0.20)],
              240)  # fmt: skip
    pen.tube([(0.02, 0.30), (0.08, 0.38), (0.16, 0.43)], (0.006, 0.012, 0.006), 40, soft=0.006)


def _spine(pen: Pen) -> None:
    """Two rows of bright dots from the neck downwards, the cord dark between; ribs cut across above the lung."""
    for number in range(16):
        along = number / 15
        x, y = -0.02 + 1.32 * along, 0.46 + 0.56 * along - 0.38 * along * along
        pen.ellipse(x, y, 0.026, 0.022, 240, turn=20 * (1 - along))
        pen.ellipse(x - 0.02, y + 0.085, 0.022, 0.014, 190)
    for number in range(6):
        x = 0.52 + 0.115 * number
        pen.ellipse(x, 0.235 + 0.004 * number, 0.024, 0.018, 225)
        ultrasound.shadow(pen, x - 0.02, x + 0.02, 0.26, 0.60)


def _hand(pen: Pen) -> None:
    """A forearm raised from the chest, the fingers spread in the waters before the face."""
    pen.tube([(0.66, 0.20), (0.64, 0.06), (0.56, -0.06)], (0.075, 0.06, 0.048), 112)
    pen.tube([(0.64, 0.10), (0.56, -0.04)], 0.014, 240)
    pen.ellipse(0.525, -0.105, 0.060, 0.050, 120, turn=40)
    fingers = (((0.57, -0.11), (0.60, -0.18), (0.60, -0.25)), ((0.545, -0.14), (0.55, -0.22), (0.535, -0.29)),
               ((0.515, -0.14), (0.49, -0.215), (0.465, -0.275)), ((0.49, -0.125), (0.445, -0.18), (0.41, -0.225)),
               ((0.49, -0.09), (0.43, -0.095), (0.39, -0.075)))  # fmt: skip
    for finger in fingers:
        pen.tube(finger, (0.020, 0.018, 0.012), 135)
        for (xa, ya), (xb, yb) in pairwise(finger):
            pen.tube([(xa + 0.2 * (xb - xa), ya + 0.2 * (yb - ya)), (xb, yb)], 0.006, 250)
