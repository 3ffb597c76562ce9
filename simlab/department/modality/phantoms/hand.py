"""The right hand from behind, as thickness in the beam."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from simlab.department.modality.phantoms.limbs import exposed
from simlab.department.modality.phantoms.pen import Pen

Place = tuple[float, float]

# Each ray: where its bones end, from the wrist outwards; the thumb has one bone less. And half the middle's width.
_RAYS: tuple[tuple[tuple[Place, ...], float], ...] = (
    (((-0.155, 0.375), (-0.345, 0.165), (-0.475, -0.040), (-0.540, -0.190)), 0.036),
    (((-0.085, 0.280), (-0.165, -0.085), (-0.215, -0.390), (-0.235, -0.575), (-0.245, -0.685)), 0.034),
    (((-0.005, 0.270), (-0.020, -0.115), (-0.025, -0.450), (-0.025, -0.660), (-0.022, -0.780)), 0.035),
    (((0.070, 0.285), (0.110, -0.060), (0.145, -0.370), (0.162, -0.570), (0.172, -0.690)), 0.032),
    (((0.135, 0.315), (0.225, 0.030), (0.290, -0.205), (0.322, -0.340), (0.340, -0.440)), 0.029),
)
_CARPALS = (
    (-0.150, 0.402, 0.058, 0.046, 25), (-0.088, 0.352, 0.046, 0.058, 5), (-0.005, 0.385, 0.050, 0.098, 0),
    (0.096, 0.378, 0.066, 0.072, -20), (-0.098, 0.500, 0.082, 0.056, -38), (0.012, 0.525, 0.064, 0.052, 8),
    (0.104, 0.478, 0.056, 0.052, 30), (0.120, 0.470, 0.030, 0.030, 0),
)  # fmt: skip


def frontal_film(pen: Pen, depth: float) -> None:
    """All bones of the hand and the ends of the forearm's; `view` OBL turns the hand's little side up."""
    squeeze = 0.80 if pen.options["view"] == "OBL" else 1.0
    flesh = pen.layer()
    for places, half in _RAYS:
        outline = [(x * squeeze, y) for x, y in places]
        end = (outline[-1][0] + (outline[-1][0] - outline[-2][0]) * 0.25, places[-1][1] - 0.035)
        flesh.tube([*outline, end], (half + 0.055,) * (len(outline) - 1) + (half + 0.046, half + 0.022), 1)
    flesh.shape([(-0.20 * squeeze, 0.02), (0.24 * squeeze, 0.04), (0.23 * squeeze, 0.36), (0.20, 0.70), (0.21, 1.3),
                 (-0.21, 1.3), (-0.20, 0.70), (-0.27 * squeeze, 0.36)], 1)  # fmt: skip
    pen.image += 0.42 * flesh.image
    pen.blur(0.012)
    bones = pen.layer()
    for number, (places, half) in enumerate(_RAYS):
        line = [(x * squeeze, y) for x, y in places]
        for first, last in pairwise(line):
            bone(bones, first, last, half * (0.86 if first is line[0] else 0.72), half * 1.28)
        if number == 4 and pen.findings.get("fracture"):
            _broken(bones, line[0], line[1], pen.findings["fracture"].size_mm * pen.mm)
    for x, y, rx, ry, turn in _CARPALS:
        bones.ellipse(x * squeeze, y, rx, ry, 0.40, turn=turn, soft=2, add=True)
        bones.ellipse(x * squeeze, y, rx * 0.78, ry * 0.78, -0.10, turn=turn, soft=2, add=True)
    _forearm(bones)
    np.maximum(bones.image, 0, out=bones.image)  # a fracture's line ends where the bone does
    bones.mottle(0.16, 0.012)
    pen.add(bones, soft=0.004)
    pen.mottle(0.06, 0.10)
    pen.warp(0.008, 0.2)
    exposed(pen)


def bone(pen: Pen, first: Place, last: Place, middle: float, ends: float) -> None:
    """A long bone between two places, waisted, with a dark gap to the next and marrow inside."""
    gap = 0.014
    length = math.dist(first, last)
    ends = min(ends, 0.27 * length)  # the bones of the finger tips are short, and no hour-glasses
    middle = min(middle, 0.72 * ends)
    way = ((last[0] - first[0]) / length, (last[1] - first[1]) / length)
    line = [(first[0] + way[0] * part, first[1] + way[1] * part)
            for part in (gap, gap + ends * 0.6, length * 0.5, length - gap - ends * 0.6, length - gap)]  # fmt: skip
    pen.tube(line, (ends * 0.9, ends, middle, ends, ends * 0.86), 0.62, add=True)
    inside = [(first[0] + way[0] * part * length, first[1] + way[1] * part * length) for part in (0.14, 0.5, 0.86)]
    pen.tube(inside, (ends * 0.66, middle * 0.48, ends * 0.66), -0.24, add=True)


def _broken(pen: Pen, first: Place, last: Place, size: float) -> None:
    """The neck of the little finger's metacarpal broken aslant: a jagged line `size` units long."""
    x, y = first[0] + 0.70 * (last[0] - first[0]), first[1] + 0.70 * (last[1] - first[1])
    length = math.dist(first, last)
    along = ((last[0] - first[0]) / length, (last[1] - first[1]) / length)
    across = min(0.034, 0.35 * size)
    up = math.sqrt(size * size / 4 - across * across)
    line = [(x + across * part * along[1] + (up * part + jag) * along[0],
             y - across * part * along[0] + (up * part + jag) * along[1])
            for part, jag in ((-1, 0.0), (-0.4, 0.012), (0.0, -0.010), (0.45, 0.010), (1, 0.0))]  # fmt: skip
    pen.tube([(a + 0.012, b) for a, b in line], 0.007, 0.18, add=True)
    pen.tube(line, 0.008, -0.52, add=True)


def _forearm(pen: Pen) -> None:
    pen.shape([(-0.155, 0.590), (-0.06, 0.575), (0.035, 0.600), (0.030, 0.68), (-0.015, 0.80), (-0.02, 1.3),
               (-0.13, 1.3), (-0.135, 0.80), (-0.170, 0.66)], 0.62, add=True)  # fmt: skip
    pen.shape(
        [(-0.125, 0.640), (0.0, 0.635), (-0.045, 0.80), (-0.05, 1.3), (-0.10, 1.3), (-0.10, 0.80)], -0.24, add=True
    )
    pen.shape([(0.065, 0.625), (0.130, 0.610), (0.150, 0.66), (0.125, 0.75), (0.125, 1.3), (0.055, 1.3), (0.06, 0.75),
               (0.055, 0.68)], 0.56, add=True)  # fmt: skip
    pen.shape([(0.080, 0.66), (0.125, 0.66), (0.105, 0.78), (0.105, 1.3), (0.075, 1.3), (0.075, 0.78)], -0.20, add=True)
