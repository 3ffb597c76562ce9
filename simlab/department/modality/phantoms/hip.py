"""The right hip: radiographs from the front and with the thigh turned out, as thickness."""

from __future__ import annotations

import math

import numpy as np

from simlab.department.modality.phantoms.limbs import exposed
from simlab.department.modality.phantoms.outlines import Points
from simlab.department.modality.phantoms.pen import Pen

HEAD = (0.10, -0.10)
"""The middle of the ball, about which the thigh turns."""
_RADIUS = 0.182

# Both seen with the ball at (0, 0). From the front the neck goes down and outwards, and the shaft down from it.
_FRONT = (
    (-0.145, -0.110), (-0.105, -0.150), (0.0, -0.182), (0.105, -0.150), (0.170, -0.066), (0.176, 0.048),
    (0.125, 0.132), (0.040, 0.185), (-0.050, 0.225), (-0.130, 0.280), (-0.180, 0.350), (-0.196, 0.400),
    (-0.160, 0.440), (-0.182, 0.510), (-0.206, 0.610), (-0.210, 0.90), (-0.200, 1.5), (-0.445, 1.5), (-0.450, 0.90),
    (-0.458, 0.60), (-0.490, 0.390), (-0.540, 0.210), (-0.548, 0.080), (-0.505, -0.015), (-0.440, -0.040),
    (-0.385, 0.020), (-0.345, 0.085), (-0.265, 0.055), (-0.190, -0.010), (-0.155, -0.065),
)  # fmt: skip
_FRONT_MARROW = (
    (-0.120, -0.095), (0.0, -0.155), (0.135, -0.070), (0.148, 0.040), (0.100, 0.110), (0.020, 0.152),
    (-0.090, 0.215), (-0.200, 0.315), (-0.245, 0.420), (-0.262, 0.60), (-0.268, 0.90), (-0.262, 1.5), (-0.386, 1.5),
    (-0.392, 0.90), (-0.408, 0.60), (-0.450, 0.380), (-0.512, 0.200), (-0.520, 0.085), (-0.480, 0.010),
    (-0.440, 0.000), (-0.400, 0.070), (-0.335, 0.115), (-0.255, 0.090), (-0.165, 0.010),
)  # fmt: skip
# Turned out, the neck goes on straight into the shaft (here to the left), the great trochanter lies over it.
_SIDE = (
    (-0.135, -0.122), (-0.085, -0.161), (0.0, -0.182), (0.105, -0.150), (0.170, -0.066), (0.176, 0.048),
    (0.110, 0.145), (0.0, 0.180), (-0.085, 0.160), (-0.150, 0.128), (-0.260, 0.118), (-0.370, 0.150), (-0.470, 0.160),
    (-0.530, 0.215), (-0.590, 0.205), (-0.640, 0.150), (-0.760, 0.130), (-1.0, 0.124), (-1.7, 0.124), (-1.7, -0.124),
    (-1.0, -0.124), (-0.70, -0.134), (-0.560, -0.175), (-0.450, -0.215), (-0.370, -0.190), (-0.300, -0.135),
    (-0.220, -0.112),
)  # fmt: skip
_SIDE_MARROW = (
    (-0.110, -0.105), (0.0, -0.155), (0.140, -0.070), (0.146, 0.045), (0.0, 0.152), (-0.140, 0.098), (-0.270, 0.084),
    (-0.430, 0.110), (-0.600, 0.090), (-0.760, 0.070), (-1.0, 0.062), (-1.7, 0.062), (-1.7, -0.062), (-1.0, -0.062),
    (-0.70, -0.078), (-0.560, -0.130), (-0.450, -0.180), (-0.340, -0.120), (-0.220, -0.080),
)  # fmt: skip


def frontal(pen: Pen, depth: float) -> None:
    """The hip from the front: ball, neck and shaft of the thigh bone in the socket of the pelvis."""
    pen.shape([(-0.70, -1.2), (-0.74, -0.5), (-0.80, 0.0), (-0.74, 0.6), (-0.70, 1.3), (0.30, 1.3), (0.44, 0.80),
               (0.62, 0.62), (1.2, 0.56), (1.2, -1.2)], 1.15, soft=0.05)  # fmt: skip
    _hip(pen, _FRONT, _FRONT_MARROW, 0.0, (-0.215, 0.155), 53.0)


def lateral(pen: Pen, depth: float) -> None:
    """The hip with the knee laid outwards (frog-leg lateral): the trochanters before and behind the neck."""
    pen.shape([(-0.70, -1.2), (-0.74, -0.6), (-1.2, -0.30), (-1.2, 1.2), (-0.52, 1.06), (0.0, 0.80), (0.30, 0.66),
               (0.62, 0.62), (1.2, 0.56), (1.2, -1.2)], 1.10, soft=0.05)  # fmt: skip
    _hip(pen, _SIDE, _SIDE_MARROW, -32.0, (-0.235, 0.003), 80.0)


def _hip(pen: Pen, femur: Points, marrow: Points, turn: float, neck: tuple[float, float], slant: float) -> None:
    """The pelvis, the thigh bone turned by `turn` degrees, and where a fracture is asked for one through its `neck`."""
    _gluteal(pen)
    bones = pen.layer()
    _pelvis(bones)
    bones.shape(_placed(femur, turn), 0.60, add=True)
    bones.shape(_placed(marrow, turn), -0.22, soft=0.008, add=True)
    if turn:
        # The great trochanter is seen through the neck.
        bones.shape(_placed([(-0.300, -0.130), (-0.370, -0.190), (-0.450, -0.215), (-0.540, -0.170), (-0.560, -0.020),
                             (-0.480, 0.070), (-0.380, 0.060), (-0.310, -0.020)], turn),
                    0.10, soft=0.006, add=True)  # fmt: skip
    else:
        bones.tube(_placed([(-0.400, 0.050), (-0.340, 0.180), (-0.250, 0.300), (-0.205, 0.370)], turn), 0.014, 0.10,
                   soft=0.008, add=True)  # fmt: skip
        for lines in (((-0.06, -0.14), (-0.11, 0.02), (-0.19, 0.20), (-0.23, 0.36)),
                      ((0.06, 0.10), (-0.06, 0.03), (-0.22, 0.09), (-0.40, 0.24))):  # fmt: skip
            bones.tube(_placed(lines, turn), 0.034, 0.07, soft=0.02, add=True)
    fracture = pen.findings.get("fracture")
    if fracture:
        _broken(bones, fracture.size_mm * pen.mm, turn, neck, slant)
    np.maximum(bones.image, 0, out=bones.image)  # the line ends where the bone does
    bones.mottle(0.14, 0.012)
    pen.add(bones, soft=0.004)
    pen.mottle(0.05, 0.14)
    exposed(pen)


def _gluteal(pen: Pen) -> None:
    """Fat between the muscles, a little darker."""
    flesh = pen.layer()
    flesh.tube([(-0.62, -0.75), (-0.56, -0.30), (-0.58, 0.10), (-0.60, 0.6)], 0.014, -0.10)
    flesh.tube([(-0.30, -0.42), (-0.34, -0.25), (-0.46, -0.14)], 0.012, -0.09)
    flesh.tube([(0.33, 0.12), (0.16, 0.24), (0.0, 0.42)], 0.012, -0.08)
    pen.add(flesh, soft=0.012)


def _pelvis(pen: Pen) -> None:
    """Wing, socket, pubis and sit bone of the right half, the rim of the sacrum."""
    wing = [(-0.130, -0.250), (-0.165, -0.340), (-0.225, -0.420), (-0.235, -0.520), (-0.340, -0.660), (-0.470, -0.820),
            (-0.560, -0.960), (-0.600, -1.3), (0.62, -1.3), (0.600, -1.00), (0.520, -0.800), (0.470, -0.600),
            (0.430, -0.420), (0.420, -0.280), (0.360, -0.180), (0.300, -0.270), (0.200, -0.325),
            (0.080, -0.345), (-0.040, -0.315)]  # fmt: skip
    half = pen.layer()
    half.shape(wing, 0.36)
    pen.shape([(-0.340, -0.800), (-0.420, -0.980), (-0.40, -1.3), (0.36, -1.3), (0.30, -0.94), (0.140, -0.640),
               (-0.060, -0.560), (-0.220, -0.640)], -0.13, soft=0.06, add=True)  # fmt: skip
    # The roof of the socket is its densest part; the brim of the pelvis goes on from it to the pubis.
    arc = [(HEAD[0] + 0.224 * math.cos(math.radians(way)), HEAD[1] + 0.224 * math.sin(math.radians(way)))
           for way in (-158, -130, -100, -70, -45)]  # fmt: skip
    pen.tube(arc, (0.012, 0.026, 0.030, 0.024, 0.012), 0.26, add=True)
    pen.tube([(0.560, -0.900), (0.480, -0.640), (0.432, -0.400), (0.425, -0.220), (0.500, -0.080), (0.640, 0.000),
              (0.80, 0.010)], 0.013, 0.16, add=True)  # fmt: skip
    pen.tube([(0.250, -0.250), (0.316, -0.160), (0.336, -0.030), (0.318, 0.110), (0.350, 0.150), (0.365, 0.060),
              (0.372, -0.080)], 0.010, 0.18, add=True)  # fmt: skip
    ring = [(0.300, -0.220), (0.420, -0.240), (0.480, -0.110), (0.600, -0.030), (0.760, -0.010), (0.790, 0.060),
            (0.790, 0.260), (0.740, 0.360), (0.640, 0.480), (0.520, 0.620), (0.420, 0.690), (0.320, 0.660),
            (0.262, 0.560), (0.250, 0.420), (0.290, 0.300), (0.280, 0.180), (0.330, 0.040),
            (0.340, -0.100)]  # fmt: skip
    hole = [(0.430, 0.120), (0.540, 0.080), (0.640, 0.120), (0.670, 0.200), (0.600, 0.330), (0.500, 0.450),
            (0.430, 0.470), (0.390, 0.380), (0.390, 0.240)]  # fmt: skip
    half.shape(ring, 0.39)
    half.shape(hole, 0.02, soft=0.006)
    pen.add(half)
    pen.tube([*hole, hole[0]], 0.008, 0.07, add=True)
    # Walls of the socket before and behind the ball.
    pen.shape([(0.190, -0.290), (0.300, -0.220), (0.340, -0.060), (0.300, 0.080), (0.190, 0.060), (0.120, -0.060),
               (0.090, -0.200)], 0.08, soft=0.006, add=True)  # fmt: skip
    pen.shape([(-0.080, -0.290), (0.060, -0.330), (0.300, -0.180), (0.330, 0.040), (0.300, 0.190), (0.150, 0.140),
               (0.020, 0.020), (-0.060, -0.140)], 0.07, soft=0.006, add=True)  # fmt: skip
    pen.shape([(0.660, -1.3), (0.640, -1.02), (0.700, -0.760), (0.80, -0.56), (1.0, -0.44), (1.2, -0.42), (1.2, -1.3)],
              0.34, soft=0.01, add=True)  # fmt: skip
    for y in (-0.92, -0.72):
        pen.ellipse(0.790, y, 0.045, 0.035, -0.14, soft=5, add=True)
    pen.shape([(0.822, 0.0), (0.90, 0.0), (0.90, 0.26), (0.822, 0.24)], 0.36, add=True)


def _broken(pen: Pen, size: float, turn: float, middle: tuple[float, float], slant: float) -> None:
    """A dark jagged line across the neck, and a denser one where the ends are driven together."""
    way = math.radians(slant)
    along, across = (math.cos(way), math.sin(way)), (-math.sin(way), math.cos(way))
    steps = ((-0.5, 0.0), (-0.28, 0.016), (-0.05, -0.014), (0.2, 0.012), (0.36, -0.010), (0.5, 0.0))
    line = [(middle[0] + size * part * along[0] + jag * across[0], middle[1] + size * part * along[1] + jag * across[1])
            for part, jag in steps]  # fmt: skip
    dense = [(x - 0.034 * across[0], y - 0.034 * across[1]) for x, y in line[1:-1]]
    pen.tube(_placed(dense, turn), 0.012, 0.14, add=True)
    pen.tube(_placed(line, turn), 0.011, -0.34, add=True)


def _placed(points: Points, degrees: float) -> list[tuple[float, float]]:
    """Points about the ball, turned and put in its place."""
    cos, sin = round(math.cos(math.radians(degrees)), 6), round(math.sin(math.radians(degrees)), 6)
    return [(HEAD[0] + x * cos - y * sin, HEAD[1] + x * sin + y * cos) for x, y in points]
