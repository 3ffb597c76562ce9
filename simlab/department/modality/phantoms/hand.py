"""The right hand from behind, as thickness in the beam."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from simlab.department.modality.phantoms.limbs import exposed
from simlab.department.modality.phantoms.pen import Pen

Place = tuple[float, float]
Profile = tuple[tuple[float, float], ...]

# Each ray: where its bones end, from the wrist outwards (the thumb has one bone less), and half the width of its base.
_RAYS: tuple[tuple[tuple[Place, ...], float], ...] = (
    (((-0.185, 0.445), (-0.385, 0.205), (-0.525, -0.030), (-0.600, -0.205)), 0.060),
    (((-0.100, 0.370), (-0.200, -0.120), (-0.268, -0.450), (-0.300, -0.655), (-0.318, -0.790)), 0.058),
    (((-0.005, 0.360), (-0.036, -0.160), (-0.052, -0.520), (-0.058, -0.750), (-0.060, -0.895)), 0.058),
    (((0.085, 0.375), (0.128, -0.095), (0.170, -0.425), (0.190, -0.640), (0.200, -0.780)), 0.054),
    (((0.155, 0.400), (0.262, -0.005), (0.335, -0.265), (0.372, -0.425), (0.398, -0.545)), 0.049),
)
# Half the width from one end to the other, as shares of length and of half the base.
_METACARPAL: Profile = ((0, 0.86), (0.05, 1.0), (0.14, 0.86), (0.28, 0.60), (0.50, 0.52), (0.68, 0.58), (0.81, 0.84),
                        (0.89, 1.0), (0.95, 0.88), (0.985, 0.60), (1, 0.30))  # fmt: skip
_PHALANX: Profile = ((0, 0.74), (0.03, 0.98), (0.09, 1.02), (0.22, 0.74), (0.50, 0.54), (0.72, 0.52), (0.86, 0.72),
                     (0.94, 0.74), (0.985, 0.58), (1, 0.36))  # fmt: skip
_TIP: Profile = ((0, 0.70), (0.05, 1.0), (0.16, 0.92), (0.36, 0.50), (0.60, 0.36), (0.74, 0.46), (0.84, 0.62),
                 (0.93, 0.58), (1, 0.26))  # fmt: skip
_CARPALS: tuple[tuple[Place, ...], ...] = (
    ((-0.225, 0.450), (-0.165, 0.415), (-0.115, 0.445), (-0.120, 0.505), (-0.175, 0.530), (-0.225, 0.505)),
    ((-0.118, 0.400), (-0.055, 0.390), (-0.048, 0.440), (-0.075, 0.490), (-0.118, 0.470)),
    ((-0.045, 0.382), (0.040, 0.385), (0.036, 0.470), (0.044, 0.520), (0.010, 0.572), (-0.036, 0.550),
     (-0.052, 0.480)),
    ((0.048, 0.392), (0.120, 0.412), (0.172, 0.440), (0.150, 0.485), (0.092, 0.530), (0.052, 0.545), (0.044, 0.470)),
    ((-0.180, 0.515), (-0.120, 0.500), (-0.062, 0.530), (-0.050, 0.585), (-0.072, 0.640), (-0.120, 0.640),
     (-0.160, 0.590)),
    ((-0.045, 0.585), (0.010, 0.590), (0.055, 0.560), (0.072, 0.600), (0.052, 0.655), (-0.005, 0.668),
     (-0.048, 0.645)),
    ((0.072, 0.555), (0.120, 0.510), (0.165, 0.505), (0.162, 0.560), (0.120, 0.610), (0.080, 0.605)),
)  # fmt: skip
_PISIFORM = (0.128, 0.545)


def frontal_film(pen: Pen, depth: float) -> None:
    """All bones of the hand and the ends of the forearm's; `view` OBL lies on the little finger's side."""
    oblique = pen.options["view"] == "OBL"
    rays = [([_turned(place, number, step) if oblique else place for step, place in enumerate(places)], half)
            for number, (places, half) in enumerate(_RAYS)]  # fmt: skip
    pen.image += 0.40 * _flesh(pen, rays, oblique).image
    bones = pen.layer()
    for number, (line, half) in enumerate(rays):
        for step, (first, last) in enumerate(pairwise(line)):
            profile = _METACARPAL if step == 0 else _TIP if step == len(line) - 2 else _PHALANX
            bone(bones, first, last, half * (1.0, 1.0, 0.82, 0.70)[step + (number == 0 and step > 0)], profile,
                 bent=(-0.030 if step == 0 else -0.012) * oblique * (number > 0))  # fmt: skip
        if number == 4 and pen.findings.get("fracture"):
            _broken(bones, line[0], line[1], pen.findings["fracture"].size_mm * pen.mm)
    for outline in _CARPALS:
        block = [_turned(place, 2, 0) for place in outline] if oblique else list(outline)
        _block(bones, block)
    x, y = _turned(_PISIFORM, 4, 0) if oblique else _PISIFORM
    bones.ellipse(x + 0.05 * oblique, y, 0.030, 0.036, 0.22, soft=2, add=True)
    _forearm(bones, -0.055 if oblique else 0.0)
    np.maximum(bones.image, 0, out=bones.image)  # a fracture's line ends where the bone does
    bones.mottle(0.13, 0.010)
    pen.add(bones, soft=0.003)
    pen.mottle(0.05, 0.10)
    pen.warp(0.005, 0.2)
    exposed(pen)


def _turned(place: Place, ray: int, step: int) -> Place:
    """Where a place of a ray falls with the thumb's side lifted: nearer together, the fingers a little bent."""
    x, y = place
    if ray == 0:
        return 0.66 * x - 0.055 - 0.035 * step, y + 0.025 * step
    return 0.70 * x + 0.006 * step * (ray - 1), y + (0.014, 0.0, 0.012, 0.030, 0.042)[step] * (ray > 0)


def _flesh(pen: Pen, rays: list[tuple[list[Place], float]], oblique: bool) -> Pen:
    """Skin and flesh: fingers with round tips, webs between them, the palm and the wrist."""
    flesh = pen.layer()
    squeeze = 0.76 if oblique else 1.0
    flesh.shape([(-0.150 * squeeze, -0.32), (-0.045, -0.33), (0.075, -0.31), (0.200 * squeeze, -0.24),
                 (0.310 * squeeze, -0.10), (0.325 * squeeze, 0.10), (0.270 * squeeze, 0.36), (0.225, 0.56),
                 (0.215, 0.80), (0.23, 1.3), (-0.23, 1.3), (-0.225, 0.80), (-0.245, 0.60), (-0.300 * squeeze, 0.42),
                 (-0.345 * squeeze, 0.22), (-0.285 * squeeze, 0.06), (-0.285 * squeeze, -0.14)], 1)  # fmt: skip
    for places, half in rays:
        (xa, ya), (xb, yb) = places[-2:]
        tip = (xb + (xb - xa) * 0.16, yb + (yb - ya) * 0.16)
        wide = half + 0.030
        widths = [wide * 1.06] * (len(places) - 2) + [wide * 0.94, wide * 0.84, wide * 0.80]
        flesh.tube([*places, tip], widths, 1)
        flesh.ellipse(tip[0], tip[1], wide * 0.80, wide * 0.74, 1, soft=2)
    flesh.blur(0.014)
    return flesh


def bone(pen: Pen, first: Place, last: Place, half: float, profile: Profile, *, bent: float = 0.0) -> None:
    """A long bone between two joints, `half` its base: thick walls and marrow at its waist, spongy ends."""
    gap = 0.010
    length = math.dist(first, last)
    way = ((last[0] - first[0]) / length, (last[1] - first[1]) / length)

    def outline(less: float, ends: float) -> list[Place]:
        sides: list[list[Place]] = [[], []]
        for share, width in profile:
            if not ends <= share <= 1 - ends:
                continue
            along = gap + share * (length - 2 * gap)
            sag = bent * 4 * share * (1 - share)
            # The wall is thickest in the middle of the shaft.
            wall = less * (0.16 + 0.84 * max(0.0, 1 - abs(2 * share - 1) ** 2))
            for side, sign in zip(sides, (-1, 1), strict=True):
                across = sign * max(half * width - wall, 0.002) + sag
                side.append((first[0] + way[0] * along + way[1] * across, first[1] + way[1] * along - way[0] * across))
        return sides[0] + sides[1][::-1]

    pen.shape(outline(0.0, 0.0), 0.58, add=True)
    pen.shape(outline(0.30 * half, 0.02), -0.20, soft=0.003, add=True)


def _block(pen: Pen, outline: list[Place]) -> None:
    """A bone of the wrist: a thin bright wall about spongy bone."""
    x = sum(place[0] for place in outline) / len(outline)
    y = sum(place[1] for place in outline) / len(outline)
    pen.shape(outline, 0.50, add=True)
    pen.shape([(x + (a - x) * 0.84, y + (b - y) * 0.84) for a, b in outline], -0.12, soft=0.003, add=True)


def _broken(pen: Pen, first: Place, last: Place, size: float) -> None:
    """The neck of the little finger's metacarpal broken aslant: a jagged line `size` units long."""
    x, y = first[0] + 0.70 * (last[0] - first[0]), first[1] + 0.70 * (last[1] - first[1])
    length = math.dist(first, last)
    along = ((last[0] - first[0]) / length, (last[1] - first[1]) / length)
    across = min(0.030, 0.35 * size)
    up = math.sqrt(size * size / 4 - across * across)
    line = [(x + across * part * along[1] + (up * part + jag) * along[0],
             y - across * part * along[0] + (up * part + jag) * along[1])
            for part, jag in ((-1, 0.0), (-0.4, 0.012), (0.0, -0.010), (0.45, 0.010), (1, 0.0))]  # fmt: skip
    pen.tube([(a + 0.012, b) for a, b in line], 0.007, 0.18, add=True)
    pen.tube(line, 0.008, -0.52, add=True)


def _forearm(pen: Pen, aside: float) -> None:
    """Radius with its styloid and cupped end, ulna with head and styloid, `aside` shifted."""
    radius = [(-0.190, 0.640), (-0.165, 0.655), (-0.115, 0.672), (-0.040, 0.690), (0.045, 0.684), (0.056, 0.720),
              (0.048, 0.775), (-0.005, 0.880), (-0.020, 1.02), (-0.022, 1.3), (-0.140, 1.3), (-0.142, 1.02),
              (-0.165, 0.860), (-0.200, 0.740), (-0.205, 0.680)]  # fmt: skip
    pen.shape(radius, 0.62, add=True)
    pen.shape([(-0.180, 0.690), (-0.110, 0.700), (-0.030, 0.712), (0.032, 0.708), (0.028, 0.770), (-0.035, 0.880),
               (-0.056, 1.02), (-0.058, 1.3), (-0.104, 1.3), (-0.106, 1.02), (-0.132, 0.860), (-0.178, 0.750)],
              -0.22, soft=0.004, add=True)  # fmt: skip
    ulna = [(0.078, 0.712), (0.110, 0.692), (0.148, 0.694), (0.164, 0.652), (0.178, 0.658), (0.182, 0.712),
            (0.172, 0.780), (0.150, 0.870), (0.150, 1.02), (0.148, 1.3), (0.070, 1.3), (0.072, 1.02),
            (0.082, 0.870), (0.072, 0.770)]  # fmt: skip
    pen.shape([(x + aside, y) for x, y in ulna], 0.56, add=True)
    inside = [(0.092, 0.730), (0.155, 0.722), (0.150, 0.780), (0.128, 0.870), (0.126, 1.02), (0.124, 1.3), (0.094, 1.3),
              (0.096, 1.02), (0.104, 0.870), (0.092, 0.780)]  # fmt: skip
    pen.shape([(x + aside, y) for x, y in inside], -0.18, soft=0.004, add=True)
