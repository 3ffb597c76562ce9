"""The chest: axial and coronal CT in Hounsfield units, postero-anterior and lateral radiographs as thickness."""

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
        pen.ball(_sign(nodule) * 0.46, -0.05, NODULE_AT, nodule.size_mm, 35)
    pen.grain(14 * pen.quanta(6.1))


def _sign(finding: Any) -> int:
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
        pen.ball(_sign(nodule) * 0.46, -0.23, 5 / 11, nodule.size_mm, 35)
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


def frontal_film(pen: Pen, depth: float) -> None:
    """The standing chest from behind: dark lungs between ribs, the heart's shadow to the right of the picture."""
    pen.shape([(-0.20, -1.2), (-0.22, -0.92), (-0.80, -0.74), (-0.98, -0.45), (-0.80, -0.1), (-0.76, 0.5), (-0.78, 1.2),
               (0.78, 1.2), (0.76, 0.5), (0.80, -0.1), (0.98, -0.45), (0.80, -0.74), (0.22, -0.92), (0.20, -1.2)],
              1.35, soft=0.05)  # fmt: skip
    for side, base in ((-1, 0.60), (1, 0.68)):
        pen.shape([(side * 0.26, -0.76), (side * 0.46, -0.62), (side * 0.62, -0.22), (side * 0.68, 0.30),
                   (side * 0.68, base + 0.08), (side * 0.42, base - 0.14), (side * 0.10, base), (side * 0.09, 0.0),
                   (side * 0.12, -0.56)], 0.30, soft=0.018)  # fmt: skip
    bones, vessels = pen.layer(), pen.layer()
    for number in range(9):
        _rib_pair(bones, -0.66 + 0.145 * number, min(1.0, 0.52 + 0.13 * number))
    bones.mottle(0.10, 0.012)
    pen.add(bones, soft=0.005)
    _film_vessels(vessels)
    pen.add(vessels, soft=0.008)
    wide = 1.22 if pen.options["view"] == "AP" else 1.0
    heart = [(-0.17, -0.10), (-0.06, -0.30), (0.13, -0.42), (0.15, -0.22), (0.20, -0.06), (0.36, 0.24), (0.42, 0.52),
             (0.30, 0.66), (-0.10, 0.66), (-0.21, 0.40)]  # fmt: skip
    pen.shape([(x * wide, y) for x, y in heart], 0.80, soft=0.02, add=True)
    pen.shape([(-0.11, -1.2), (-0.10, 0.6), (-0.13, 1.2), (0.13, 1.2), (0.10, 0.6), (0.11, -1.2)], 0.36, add=True,
              soft=0.02)  # fmt: skip
    for number in range(14):
        pen.ellipse(0, -0.95 + 0.15 * number, 0.085, 0.052, 0.14, add=True)
    pen.tube([(0, -1.0), (0.0, -0.55), (0.01, -0.28)], 0.045, -0.52, soft=0.008, add=True)
    for side, reach in ((-1, 0.12), (1, 0.15)):
        pen.tube([(0.01, -0.30), (0.01 + side * reach, -0.14)], (0.030, 0.024), -0.34, soft=0.010, add=True)
    pen.shape([(-0.72, 0.62), (-0.42, 0.47), (-0.08, 0.62), (-0.06, 1.2), (-0.74, 1.2)], 0.75, soft=0.015, add=True)
    pen.shape([(0.72, 0.72), (0.42, 0.55), (0.20, 0.66), (0.06, 1.2), (0.74, 1.2)], 0.55, soft=0.015, add=True)
    pen.ellipse(0.42, 0.76, 0.15, 0.09, -0.45, soft=6, add=True)
    for side in (-1, 1):
        pen.tube([(side * 0.07, -0.56), (side * 0.30, -0.66), (side * 0.56, -0.78), (side * 0.76, -0.76)],
                 (0.035, 0.026, 0.03, 0.04), 0.6, soft=0.006, add=True)  # fmt: skip
        pen.tube([(side * 0.70, -0.66), (side * 0.74, -0.35), (side * 0.66, 0.0)], (0.06, 0.035, 0.02), 0.28, soft=0.02,
                 add=True)  # fmt: skip
        pen.ellipse(side * 0.88, -0.66, 0.11, 0.11, 0.5, soft=2, add=True)
    pen.warp(0.014, 0.22)
    if wide > 1:
        _leads(pen)
    nodule = pen.findings.get("nodule")
    if nodule:
        radius = nodule.size_mm / 2 * pen.mm
        pen.ellipse(_sign(nodule) * 0.40, -0.30, radius, radius, 0.42, ball=True, add=True)
    _exposed(pen)


def _leads(pen: Pen) -> None:
    """What lies on a patient in bed: electrodes with their wires, a tube in the windpipe, a line from the neck."""
    for end, middle in (((-0.44, -0.44), (-0.66, -0.20)), ((0.46, -0.42), (0.60, 0.0)), ((0.50, 0.42), (0.66, 0.60))):
        pen.ellipse(*end, 0.030, 0.030, 0.8, add=True)
        pen.tube([end, middle, (middle[0] * 1.25, 1.1)], 0.006, 0.7, add=True)
    pen.tube([(0.02, -1.1), (0.0, -0.70), (0.01, -0.40)], 0.008, 0.9, add=True)
    pen.tube([(-0.24, -0.92), (-0.20, -0.60), (-0.13, -0.30), (-0.12, -0.10)], 0.007, 0.8, add=True)


def _rib_pair(pen: Pen, top: float, wide: float) -> None:
    for side in (-1, 1):
        edge = side * 0.70 * wide
        pen.tube([(side * 0.10, top), (side * 0.32 * wide, top - 0.03), (edge * 0.86, top + 0.10), (edge, top + 0.26)],
                 (0.018, 0.024, 0.026, 0.022), 0.24, add=True)  # fmt: skip
        pen.tube([(edge, top + 0.26), (edge * 0.90, top + 0.40), (edge * 0.55, top + 0.50)], (0.022, 0.024, 0.02), 0.13,
                 add=True)  # fmt: skip


def _film_vessels(pen: Pen) -> None:
    for side in (-1, 1):
        pen.ellipse(side * 0.17, 0.0, 0.09, 0.14, 0.28, ball=True, add=True)
        for angle in (-70, -45, -20, 5, 25, 45, 62):
            x, y = round(math.cos(math.radians(angle)), 5), round(math.sin(math.radians(angle)), 5)
            pen.tube([(side * 0.14, 0.0), (side * (0.14 + 0.2 * x), 0.22 * y), (side * (0.14 + 0.42 * x), 0.46 * y)],
                     (0.022, 0.012, 0.003), 0.22, add=True)  # fmt: skip


def lateral_film(pen: Pen, depth: float) -> None:
    """The chest from the left side: breastbone to the left of the picture, spine to the right."""
    pen.shape([(-0.30, -1.2), (-0.34, -0.85), (-0.62, -0.45), (-0.74, 0.1), (-0.70, 1.2), (0.66, 1.2), (0.70, 0.3),
               (0.74, -0.3), (0.56, -0.80), (0.30, -1.2)], 1.5, soft=0.05)  # fmt: skip
    pen.shape([(-0.20, -0.72), (-0.48, -0.40), (-0.58, 0.1), (-0.58, 0.50), (-0.30, 0.42), (0.10, 0.54), (0.46, 0.82),
               (0.52, 0.3), (0.50, -0.3), (0.30, -0.74)], 0.42, soft=0.02)  # fmt: skip
    bones = pen.layer()
    for number in range(8):
        top = -0.62 + 0.16 * number
        bones.tube([(0.46, top), (0.1, top + 0.16), (-0.35, top + 0.34)], 0.016, 0.12, add=True)
    pen.shape([(-0.52, 0.16), (-0.36, -0.10), (-0.10, -0.16), (0.10, 0.06), (0.12, 0.36), (-0.06, 0.46), (-0.44, 0.44)],
              0.70, soft=0.03, add=True)  # fmt: skip
    pen.tube(
        [(-0.14, -0.15), (-0.08, -0.36), (0.10, -0.40), (0.28, -0.20), (0.32, 0.5)], 0.07, 0.22, soft=0.02, add=True
    )
    pen.tube([(0.02, -1.0), (0.06, -0.5), (0.08, -0.2)], 0.045, -0.25, soft=0.01, add=True)
    for number in range(13):
        y = -0.92 + 0.15 * number
        bones.shape([(x, y + dy) for x, dy in _block(0.38 + 0.1 * (1 - (y / 1.1) ** 2))], 0.52, add=True)
    pen.add(bones, soft=0.006)
    pen.tube([(-0.44, -0.42), (-0.60, 0.0), (-0.63, 0.34)], 0.022, 0.5, soft=0.006, add=True)
    pen.shape([(-0.58, 0.52), (-0.25, 0.40), (0.10, 0.52), (0.46, 0.82), (0.5, 1.2), (-0.66, 1.2)], 0.7, soft=0.015,
              add=True)  # fmt: skip
    pen.ellipse(0.10, 0.68, 0.15, 0.07, -0.5, soft=5, add=True)
    pen.tube([(-0.14, -1.1), (-0.26, -0.86), (-0.60, -0.95)], 0.16, 0.45, soft=0.03, add=True)
    pen.warp(0.014, 0.22)
    nodule = pen.findings.get("nodule")
    if nodule:
        # As high as in the frontal view, before the spine: the sides lie one over the other.
        radius = nodule.size_mm / 2 * pen.mm
        pen.ellipse(0.22, -0.30, radius, radius, 0.42, ball=True, add=True)
    _exposed(pen)


def _block(x: float) -> list[tuple[float, float]]:
    return [(x - 0.09, -0.055), (x, -0.048), (x + 0.09, -0.055), (x + 0.08, 0), (x + 0.09, 0.055), (x, 0.048),
            (x - 0.09, 0.055), (x - 0.08, 0)]  # fmt: skip


def _exposed(pen: Pen) -> None:
    """Thickness to stored value: the thicker, the whiter, and never quite white (a saturating curve)."""
    pen.grain(0.02)
    pen.image = pen.image / (pen.image + 1.2) * 4095
