"""The chest by radiograph, from behind, from before in bed, and from the side, as thickness."""

from __future__ import annotations

import math
from collections.abc import Iterator

from simlab.department.modality.phantoms.chest import sign
from simlab.department.modality.phantoms.pen import Pen


def frontal(pen: Pen, depth: float) -> None:
    """The standing chest from behind: dark lungs between ribs, the heart's shadow to the right of the picture."""
    pen.shape([(-0.20, -1.2), (-0.22, -0.92), (-0.80, -0.74), (-0.98, -0.45), (-0.80, -0.1), (-0.76, 0.5), (-0.78, 1.2),
               (0.78, 1.2), (0.76, 0.5), (0.80, -0.1), (0.98, -0.45), (0.80, -0.74), (0.22, -0.92), (0.20, -1.2)],
              1.35, soft=0.05)  # fmt: skip
    for side, base in ((-1, 0.60), (1, 0.68)):
        pen.shape([(side * 0.26, -0.76), (side * 0.46, -0.62), (side * 0.62, -0.22), (side * 0.68, 0.30),
                   (side * 0.70, base + 0.12), (side * 0.42, base - 0.12), (side * 0.08, base + 0.02),
                   (side * 0.08, 0.0), (side * 0.11, -0.56)], 0.40, soft=0.018)  # fmt: skip
    bones, vessels = pen.layer(), pen.layer()
    for number in range(9):
        _rib_pair(bones, -0.66 + 0.145 * number, min(1.0, 0.52 + 0.13 * number))
    bones.mottle(0.10, 0.012)
    pen.add(bones, soft=0.005)
    _film_vessels(vessels)
    pen.add(vessels, soft=0.008)
    wide = 1.22 if pen.options["view"] == "AP" else 1.0
    heart = [(-0.17, -0.10), (-0.06, -0.30), (0.13, -0.42), (0.15, -0.22), (0.20, -0.06), (0.34, 0.22), (0.425, 0.48),
             (0.36, 0.64), (-0.10, 0.68), (-0.22, 0.42), (-0.20, 0.12)]  # fmt: skip
    pen.shape([(x * wide, y) for x, y in heart], 0.82, soft=0.016, add=True)
    # The knuckle of the aorta, and its way down behind the heart.
    pen.tube([(0.02, -0.42), (0.10, -0.40), (0.135, -0.30), (0.125, 0.10), (0.10, 0.60)],
             (0.05, 0.065, 0.055, 0.045, 0.04), 0.24, soft=0.012, add=True)  # fmt: skip
    pen.shape([(-0.11, -1.2), (-0.10, 0.6), (-0.13, 1.2), (0.13, 1.2), (0.10, 0.6), (0.11, -1.2)], 0.18, add=True,
              soft=0.02)  # fmt: skip
    for number in range(14):
        pen.ellipse(0, -0.95 + 0.15 * number, 0.085, 0.052, 0.08, add=True)
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
        pen.ellipse(sign(nodule) * 0.40, -0.30, radius, radius, 0.42, ball=True, add=True)
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
    """Both roots, the left a little higher, and vessels that part again and again on their way to the chest wall."""
    parts = iter(pen.draw(1000))
    for side in (-1, 1):
        y0 = -0.04 if side > 0 else 0.02
        pen.ellipse(side * 0.16, y0, 0.075, 0.12, 0.30, ball=True, add=True)
        pen.tube([(side * 0.13, y0 - 0.02), (side * 0.20, y0 + 0.10), (side * 0.215, y0 + 0.30)], (0.05, 0.034, 0.018),
                 0.20, add=True)  # fmt: skip
        for way in (-78, -58, -38, -16, 6, 24, 40, 56, 70):
            reach = 0.24 + 0.10 * next(parts)
            _twigs(pen, parts, side, (side * 0.14, y0), way, reach, 0.021, 3)


def _twigs(
    pen: Pen,
    parts: Iterator[float],
    side: int,
    at: tuple[float, float],
    way: float,
    reach: float,
    wide: float,
    left: int,
) -> None:
    """One vessel from `at` outwards, a little bent, and the two that it parts into."""
    angle = math.radians(way)
    bend = math.radians(way + 26 * (next(parts) - 0.5))
    middle = (at[0] + side * 0.5 * reach * math.cos(bend), at[1] + 0.55 * reach * math.sin(bend))
    end = (at[0] + side * reach * math.cos(angle), at[1] + 1.1 * reach * math.sin(angle))
    pen.tube([at, middle, end], (wide, wide * 0.82, wide * 0.62), 0.10 + 7.5 * wide, add=True)
    if left:
        for fork in (-1, 1):
            aside = fork * (12 + 22 * next(parts))
            _twigs(pen, parts, side, end, way + aside, reach * (0.52 + 0.2 * next(parts)), wide * 0.60, left - 1)


def lateral(pen: Pen, depth: float) -> None:
    """The chest from the left side: breastbone to the left of the picture, spine to the right."""
    pen.shape([(-0.30, -1.2), (-0.34, -0.85), (-0.62, -0.45), (-0.74, 0.1), (-0.70, 1.2), (0.66, 1.2), (0.70, 0.3),
               (0.74, -0.3), (0.56, -0.80), (0.30, -1.2)], 1.5, soft=0.05)  # fmt: skip
    pen.shape([(-0.20, -0.72), (-0.48, -0.40), (-0.58, 0.1), (-0.58, 0.50), (-0.30, 0.42), (0.10, 0.54), (0.46, 0.82),
               (0.52, 0.3), (0.50, -0.3), (0.30, -0.74)], 0.42, soft=0.02)  # fmt: skip
    bones, vessels = pen.layer(), pen.layer()
    vessels.ellipse(0.05, -0.12, 0.10, 0.13, 0.26, ball=True, add=True)
    parts = iter(pen.draw(400))
    for side, ways in ((-1, (-60, -30, 0, 34, 62)), (1, (-66, -36, -8, 20, 44, 66))):
        for way in ways:
            _twigs(vessels, parts, side, (0.05, -0.12), way, 0.26 + 0.08 * next(parts), 0.018, 2)
    pen.add(vessels, soft=0.008)
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
