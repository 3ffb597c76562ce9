"""The chest by CT, axial and coronal, in Hounsfield units."""

from __future__ import annotations

import math
from typing import Any

from simlab.department.modality.phantoms.pen import Pen

NODULE_AT = 0.3
"""Where in the axial stack a nodule lies, from the apices (0) to the diaphragm (1)."""
AIR, LUNG, FAT, SOFT, BLOOD, SPONGE, BONE = -1000.0, -860.0, -100.0, 45.0, 190.0, 220.0, 700.0


def vertebra(pen: Pen, x: float, y: float, size: float = 1.0) -> None:
    """One vertebra seen from below: body, canal, arch with its processes."""
    pen.ellipse(x, y + 0.2 * size, 0.035 * size, 0.09 * size, 450)
    for side in (-1, 1):
        pen.ellipse(x + side * 0.13 * size, y + 0.13 * size, 0.10 * size, 0.032 * size, 450, turn=side * 18)
    pen.ellipse(x, y + 0.11 * size, 0.10 * size, 0.07 * size, 500)
    pen.ellipse(x, y, 0.125 * size, 0.095 * size, BONE)
    pen.ellipse(x, y, 0.105 * size, 0.075 * size, SPONGE)
    pen.ellipse(x, y + 0.115 * size, 0.052 * size, 0.042 * size, 30)


def couch(pen: Pen) -> None:
    """The scanner's couch under the patient."""
    pen.ellipse(0, 0.60, 0.92, 0.34, -450)
    pen.ellipse(0, 0.56, 0.94, 0.34, AIR)


def ribs(pen: Pen, depth: float, *, rx: float, ry: float, count: int = 7) -> None:
    """The cut ends of the ribs, which wander along the chest wall from slice to slice."""
    for side in (-1, 1):
        for number in range(count):
            angle = math.radians(-62 + 142 * (number + (depth * 5) % 1) / count)
            x, y = side * rx * round(math.cos(angle), 5), ry * round(math.sin(angle), 5)
            turn = math.degrees(math.atan2(ry * math.cos(angle), -side * rx * math.sin(angle)))
            pen.ellipse(x, y, 0.085, 0.026, BONE, turn=turn)


def axial(pen: Pen, depth: float) -> None:
    """A slice across the chest, seen from the feet: `depth` 0 at the apices, 1 at the diaphragm."""
    blood = 42.0 if pen.options["contrast"] == "native" else BLOOD
    couch(pen)
    wide = 0.90 if depth > 0.2 else 0.96
    pen.ellipse(0, 0.03, wide, 0.64, FAT)
    pen.ellipse(0, 0.03, wide - 0.05, 0.59, SOFT)
    size = min(1.0, 0.55 + 1.3 * depth)
    for side in (-1, 1):
        pen.ellipse(side * 0.40, 0.00, 0.335 * size, 0.475 * size, LUNG, turn=side * -8)
        pen.ellipse(side * 0.36, 0.20, 0.30 * size, 0.29 * size, LUNG)
    _lung_vessels(pen, size, depth)
    pen.ellipse(0, -0.02, 0.13, 0.40, 20)
    if depth < 0.35:
        for x, y, r in ((-0.13, -0.16, 0.05), (-0.02, -0.20, 0.04), (0.10, -0.15, 0.045)):
            pen.ellipse(x, y, r, r, blood)
    if 0.2 <= depth < 0.4:
        pen.shape([(-0.10, -0.18), (0.05, -0.16), (0.16, 0.02), (0.15, 0.22), (0.06, 0.2), (0.05, 0.04)], blood)
    elif depth >= 0.4:
        _heart(pen, depth, blood)
    if depth < 0.38:
        pen.ellipse(0, 0.06, 0.062, 0.055, AIR)
    elif depth < 0.6:
        for side in (-1, 1):
            pen.ellipse(side * 0.12, 0.08, 0.085, 0.032, AIR, turn=side * 28)
    pen.ellipse(0.12, 0.25, 0.06, 0.06, blood)
    if depth > 0.72:
        grown = (depth - 0.72) / 0.28
        pen.ellipse(-0.40, 0.02, 0.33 * grown**0.5, 0.40 * grown**0.5, 100)
        pen.ellipse(0.50, 0.16, 0.19 * grown, 0.22 * grown, 115)
    vertebra(pen, 0, 0.38)
    ribs(pen, depth, rx=0.765 if depth > 0.2 else 0.62, ry=0.545)
    pen.ellipse(0, -0.52, 0.11, 0.035, SPONGE)
    if depth < 0.45:
        for side in (-1, 1):
            pen.ellipse(side * 0.62, 0.43, 0.19, 0.028, 500, turn=side * -38)
    if depth < 0.12:
        for side in (-1, 1):
            pen.ellipse(side * 0.76, 0.02, 0.12, 0.12, BONE)
            pen.ellipse(side * 0.76, 0.02, 0.10, 0.10, SPONGE)
    pen.mottle(0.02, 0.05)
    pen.warp(0.022, 0.28)
    nodule = pen.findings.get("nodule")
    if nodule:
        pen.ball(sign(nodule) * 0.46, -0.05, NODULE_AT, nodule.size_mm, 35)
    pen.grain(14 * pen.quanta(6.1))


def sign(finding: Any) -> int:
    """Which way from the middle of a picture that is seen from the feet or the front: the patient's right is left."""
    return 1 if finding.side == "L" else -1


def _lung_vessels(pen: Pen, size: float, depth: float) -> None:
    """Vessels cut across: each wanders outwards, thinning, as one scrolls away from the lung's root."""
    away = 1.5 * abs(depth - 0.45)
    for count, radius, reach_from, reach_to in ((90, 0.9, 0.1, 1.0), (46, 1.6, 0.05, 0.75), (16, 3.0, 0.0, 0.42)):
        near, around = pen.draw_of_stack(count, count), pen.draw_of_stack(count, count + 1)
        xs, ys, values = [], [], []
        for number, (far, way) in enumerate(zip(near, around, strict=True)):
            side = -1 if number % 2 else 1
            far, angle = (far + away) % 1, 6.2832 * way + 0.8 * depth
            reach = reach_from + (reach_to - reach_from) * far
            xs.append(side * (0.36 - 0.10 * (1 - reach)) + 0.30 * size * reach * math.cos(angle))
            ys.append(0.03 + 0.42 * size * reach * math.sin(angle))
            values.append(40 - 500 * far * (radius < 2))
        pen.dots(xs, ys, values, radius * pen.mm)


def _heart(pen: Pen, depth: float, blood: float) -> None:
    grown = min(1.0, 0.62 + depth - 0.4)
    pen.ellipse(0.10, -0.13, 0.36 * grown, 0.29 * grown, -20, turn=28)
    pen.ellipse(0.11, -0.13, 0.33 * grown, 0.26 * grown, 75, turn=28)
    pen.ellipse(0.21, -0.08, 0.16 * grown, 0.11 * grown, blood, turn=32)
    pen.ellipse(0.01, -0.26, 0.15 * grown, 0.09 * grown, blood, turn=20)
    pen.ellipse(-0.14, -0.14, 0.10 * grown, 0.13 * grown, blood)
    pen.ellipse(0.0, 0.04, 0.15 * grown, 0.08 * grown, blood, turn=10)


def coronal(pen: Pen, depth: float) -> None:
    """A slice down the chest, seen from the front: `depth` 0 at the breastbone, 1 at the spine."""
    middle = 1 - (2 * depth - 1) ** 2
    pen.shape([(-0.30, -1.1), (-0.34, -0.86), (-0.86, -0.66), (-0.93, 0.0), (-0.84, 1.1), (0.84, 1.1), (0.93, 0.0),
               (0.86, -0.66), (0.34, -0.86), (0.30, -1.1)], FAT)  # fmt: skip
    pen.shape([(-0.22, -1.1), (-0.27, -0.80), (-0.78, -0.60), (-0.86, 0.0), (-0.78, 1.1), (0.78, 1.1), (0.86, 0.0),
               (0.78, -0.60), (0.27, -0.80), (0.22, -1.1)], SOFT)  # fmt: skip
    for number in range(9):
        y = -0.62 + 0.15 * number
        for side in (-1, 1):
            pen.ellipse(side * (0.50 + 0.27 * min(1, (number + 1) / 4) ** 0.5), y, 0.045, 0.028, BONE, turn=side * 50)
    tall = 0.55 + 0.45 * middle
    for side, base in ((-1, 0.50), (1, 0.58)):
        pen.shape([(side * 0.30, -0.78 * tall), (side * 0.56, -0.46 * tall), (side * 0.72, 0.10), (side * 0.74, base),
                   (side * 0.48, base - 0.14 * middle), (side * 0.14, base - 0.02), (side * 0.12, 0.0),
                   (side * 0.13, -0.50 * tall)], LUNG)  # fmt: skip
    _lung_branches(pen, tall)
    if 0.15 < depth < 0.75:
        pen.shape([(-0.16, -0.08), (0.02, -0.26), (0.16, -0.16), (0.40, 0.28), (0.36, 0.46), (0.0, 0.50),
                   (-0.20, 0.36)], 90)  # fmt: skip
        pen.ellipse(0.16, 0.20, 0.12, 0.17, BLOOD, turn=-30)
        pen.ellipse(-0.08, 0.22, 0.09, 0.16, BLOOD)
        pen.ellipse(0.10, -0.34, 0.08, 0.09, BLOOD)
    if 0.4 < depth < 0.9:
        pen.tube([(0, -1.0), (0, -0.40), (0.0, -0.22)], 0.052, AIR)
        for side in (-1, 1):
            pen.tube([(0, -0.25), (side * 0.12, -0.08), (side * 0.24, 0.0)], (0.05, 0.035, 0.025), AIR)
    if depth > 0.75:
        for number in range(13):
            pen.ellipse(0, -0.93 + 0.155 * number, 0.11, 0.062, SPONGE)
        pen.tube([(0.13, -0.20), (0.14, 0.3), (0.1, 1.0)], 0.055, BLOOD)
    pen.ellipse(-0.44, 0.84, 0.34, 0.32, 105)
    pen.ellipse(0.50, 0.80, 0.20, 0.17, 20 if depth > 0.6 else -700)
    pen.mottle(0.02, 0.05)
    pen.warp(0.022, 0.28)
    nodule = pen.findings.get("nodule")
    if nodule:
        pen.ball(sign(nodule) * 0.46, -0.23, 5 / 11, nodule.size_mm, 35)
    pen.grain(30 * pen.quanta(6.1))


def _lung_branches(pen: Pen, tall: float) -> None:
    """Vessels that spread and thin from the root of each lung, with a twig each."""
    for side in (-1, 1):
        for bend, branch in zip(pen.draw(9), pen.draw(9), strict=True):
            angle, x0, y0 = math.radians(-80 + 165 * branch), side * 0.20, -0.02
            x, y = math.cos(angle), math.sin(angle) * 1.2 * tall
            sag = 0.10 * (bend - 0.5)
            middle = (x0 + side * 0.17 * x, y0 + 0.17 * y + sag)
            pen.tube([(x0, y0), middle, (x0 + side * 0.38 * x, y0 + 0.36 * y)], (0.016, 0.009, 0.003), 10)
            pen.tube([middle, (x0 + side * (0.24 * x + 0.05), y0 + 0.22 * y - sag + 0.03),
                      (x0 + side * (0.30 * x + 0.09), y0 + 0.27 * y - 2 * sag + 0.06)],
                      (0.008, 0.005, 0.002), -150)  # fmt: skip
