"""The lowest slices across a head, each with what lies at its height: face and foramen magnum up to the cistern."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from simlab.department.modality.phantoms.pen import Pen

if TYPE_CHECKING:
    from simlab.department.modality.phantoms.brain import Tissues

SIDES = (-1, 1)
TOP = 0.3
"""The depth of a stack from which on the brain fills the skull."""


def base(pen: Pen, of: Tissues, depth: float) -> None:
    """The slice at `depth` below `TOP`."""
    if depth < 0.06:
        _foramen(pen, of)
    elif depth < 0.14:
        _petrous(pen, of, 1.0)
        _sinuses(pen, of)
    elif depth < 0.22:
        _petrous(pen, of, 0.9)
        _orbits(pen, of)
    else:
        _cistern(pen, of)


def _foramen(pen: Pen, of: Tissues) -> None:
    """At the foramen magnum: jaw joints, air cells, the sinuses of the cheeks, muscles of chewing and of the neck."""
    pen.ellipse(0, 0, 0.685, 0.845, of.fat)
    for side in SIDES:
        pen.ellipse(side * 0.26, 0.56, 0.22, 0.17, of.muscle, turn=side * -24)
        pen.ellipse(side * 0.16, 0.70, 0.15, 0.075, of.muscle, turn=side * -14)
        pen.ellipse(side * 0.45, 0.42, 0.09, 0.17, of.muscle, turn=side * 22)
        pen.ellipse(side * 0.34, -0.24, 0.11, 0.16, of.muscle, turn=side * 18)
        pen.ellipse(side * 0.535, -0.26, 0.055, 0.17, of.muscle, turn=side * -8)
        pen.tube([(side * 0.20, -0.36), (side * 0.205, -0.26), (side * 0.235, -0.16)], 0.014, of.bone)
    # The floor of the hind pit of the skull, with the marrow in its hole and the lowest of the cerebellum behind.
    skull = [(-0.10, -0.06), (0.10, -0.06), (0.22, 0.06), (0.40, 0.10), (0.56, 0.14), (0.55, 0.30), (0.44, 0.42),
             (0.34, 0.54), (0.14, 0.64), (-0.14, 0.64), (-0.34, 0.54), (-0.44, 0.42), (-0.55, 0.30), (-0.56, 0.14),
             (-0.40, 0.10), (-0.22, 0.06)]  # fmt: skip
    pen.shape(skull, of.bone)
    for side in SIDES:
        _cells(pen, of, side * 0.47, 0.22, 0.085, 0.075)
    room = [(0.0, 0.045), (0.14, 0.09), (0.25, 0.22), (0.28, 0.38), (0.18, 0.52), (0.0, 0.56), (-0.18, 0.52),
            (-0.28, 0.38), (-0.25, 0.22), (-0.14, 0.09)]  # fmt: skip
    pen.shape(room, of.csf)
    for side in SIDES:
        pen.ellipse(side * 0.125, 0.37, 0.118, 0.145, of.grey, turn=side * 12)
        pen.ellipse(side * 0.120, 0.36, 0.050, 0.075, of.white, soft=3, turn=side * 12)
    pen.ellipse(0, 0.145, 0.072, 0.062, of.white)
    for side in SIDES:
        pen.ellipse(side * 0.115, 0.105, 0.018, 0.018, of.blood)
        pen.ellipse(side * 0.485, -0.045, 0.062, 0.034, of.bone, turn=side * -16)
        pen.ellipse(side * 0.485, -0.045, 0.040, 0.018, of.sponge, turn=side * -16)
        pen.tube([(side * 0.67, 0.055), (side * 0.575, 0.045), (side * 0.52, 0.055)], 0.026, of.air)
        _cheek(pen, of, side)
    _nose(pen, of, 0.30)
    pen.shape([(-0.10, -0.235), (0.0, -0.255), (0.10, -0.235), (0.13, -0.175), (0.0, -0.195), (-0.13, -0.175)], of.air)
    pen.ellipse(0, -0.125, 0.15, 0.040, of.muscle)


def _cheek(pen: Pen, of: Tissues, side: int) -> None:
    """The sinus in the upper jaw and the arch of the cheek bone."""
    pen.shape([(side * 0.11, -0.72), (side * 0.25, -0.76), (side * 0.40, -0.66), (side * 0.34, -0.46),
               (side * 0.20, -0.37), (side * 0.12, -0.44)], of.bone)  # fmt: skip
    pen.shape([(side * 0.135, -0.69), (side * 0.245, -0.725), (side * 0.365, -0.64), (side * 0.31, -0.475),
               (side * 0.20, -0.405), (side * 0.145, -0.46)], of.air)  # fmt: skip
    pen.tube([(side * 0.36, -0.68), (side * 0.48, -0.60), (side * 0.575, -0.44), (side * 0.60, -0.26),
              (side * 0.575, -0.08)], (0.034, 0.030, 0.017, 0.014, 0.018), of.bone)  # fmt: skip


def _nose(pen: Pen, of: Tissues, length: float) -> None:
    """The nose with its septum and shells between the sinuses."""
    pen.tube([(0, -0.74), (0.0, -0.90), (0.0, -0.97)], (0.13, 0.10, 0.045), of.skin)
    pen.shape([(-0.085, -0.80), (0.085, -0.80), (0.10, -0.74 + length), (-0.10, -0.74 + length)], of.air)
    for side in SIDES:
        pen.tube([(side * 0.075, -0.70), (side * 0.050, -0.60), (side * 0.070, -0.50)], 0.017, of.skin)
    pen.tube([(0, -0.86), (0.006, -0.64), (0, -0.74 + length)], 0.008, of.skin)


def _cells(pen: Pen, of: Tissues, x: float, y: float, rx: float, ry: float) -> None:
    """Air cells of the mastoid: small, many, walls of bone between."""
    for ring, count in ((0.0, 1), (0.52, 6), (0.95, 10)):
        for number in range(count):
            way = math.tau * (number + 0.35 * ring) / count
            pen.ellipse(x + rx * ring * math.cos(way), y + ry * ring * math.sin(way), 0.021, 0.016, of.air,
                        turn=math.degrees(way))  # fmt: skip


def _petrous(pen: Pen, of: Tissues, size: float) -> None:
    """Petrous bones and clivus, the hindbrain behind them, the poles of the temporal lobes before."""
    pen.shape([(-0.50, -0.40), (-0.20, -0.30), (0, -0.26), (0.20, -0.30), (0.50, -0.40), (0.42, -0.78), (0, -0.96),
               (-0.42, -0.78)], of.bone)  # fmt: skip
    pen.shape([(-0.15, -0.32), (0.15, -0.32), (0.17, -0.10), (0.10, 0.0), (-0.10, 0.0), (-0.17, -0.10)], of.bone)
    for side in SIDES:
        pen.tube([(side * 0.60, 0.17), (side * 0.38, 0.07), (side * 0.11, -0.05)],
                 (0.135 * size, 0.100 * size, 0.045), of.bone)  # fmt: skip
        _cells(pen, of, side * 0.50, 0.17, 0.075 * size, 0.060 * size)
        pen.ellipse(side * 0.37, 0.055, 0.022, 0.014, of.air)
        pen.ellipse(side * 0.25, 0.035, 0.030, 0.010, of.csf, turn=side * 20)
        pen.ellipse(side * 0.68, 0.10, 0.045, 0.13, of.skin)
        pen.tube([(side * 0.50, -0.42), (side * 0.595, -0.26), (side * 0.60, -0.08)], 0.045, of.muscle)
    _hindbrain(pen, of)


def _hindbrain(pen: Pen, of: Tissues) -> None:
    pen.ellipse(0, 0.13, 0.16, 0.13, of.csf)
    pen.ellipse(0, 0.11, 0.115, 0.100, of.white)
    pen.ellipse(0, -0.002, 0.016, 0.014, of.blood)
    hind = pen.layer()
    for side in SIDES:
        hind.ellipse(side * 0.205, 0.42, 0.245, 0.235, 1)
    pen.lay(hind.image, of.grey)
    pen.winding(hind.image, of.csf + 0.5 * (of.grey - of.csf), 0.035, 0.10, key=80)
    for side in SIDES:
        pen.ellipse(side * 0.20, 0.40, 0.11, 0.13, of.white, soft=3)
    pen.ellipse(0, 0.44, 0.05, 0.14, of.grey, soft=2)
    pen.shape([(-0.055, 0.225), (0.055, 0.225), (0.030, 0.265), (0.0, 0.285), (-0.030, 0.265)], of.csf)


def _sinuses(pen: Pen, of: Tissues) -> None:
    """The floor of the orbits: sphenoid sinus, ethmoid cells, the lowest of the eyes."""
    for side in SIDES:
        pen.shape([(side * 0.13, -0.74), (side * 0.26, -0.82), (side * 0.42, -0.70), (side * 0.44, -0.52),
                   (side * 0.26, -0.36), (side * 0.16, -0.44)], of.fat)  # fmt: skip
        pen.ellipse(side * 0.30, -0.74, 0.078, 0.070, of.muscle)
        pen.ellipse(side * 0.30, -0.74, 0.066, 0.058, of.eye)
        pen.tube([(side * 0.28, -0.66), (side * 0.245, -0.54), (side * 0.22, -0.42)], 0.030, of.muscle)
        pen.shape([(side * 0.012, -0.30), (side * 0.105, -0.29), (side * 0.110, -0.16), (side * 0.060, -0.12),
                   (side * 0.012, -0.14)], of.air)  # fmt: skip
        pen.shape([(side * 0.20, -0.26), (side * 0.40, -0.34), (side * 0.54, -0.30), (side * 0.53, -0.12),
                   (side * 0.36, -0.09), (side * 0.22, -0.14)], of.csf)  # fmt: skip
        pen.shape([(side * 0.225, -0.255), (side * 0.40, -0.325), (side * 0.52, -0.285), (side * 0.51, -0.135),
                   (side * 0.36, -0.11), (side * 0.24, -0.155)], of.grey)  # fmt: skip
        pen.ellipse(side * 0.38, -0.215, 0.095, 0.045, of.white, soft=3)
    _ethmoid(pen, of, 0.42)
    pen.tube([(0, -0.78), (0.0, -0.93), (0.0, -0.985)], (0.10, 0.085, 0.045), of.skin)


def _orbits(pen: Pen, of: Tissues) -> None:
    """The middle of the eyes, with their muscles and the optic nerves in fat, the ethmoid cells between."""
    for side in SIDES:
        pen.shape([(side * 0.125, -0.72), (side * 0.26, -0.83), (side * 0.44, -0.70), (side * 0.45, -0.56),
                   (side * 0.28, -0.38), (side * 0.15, -0.30), (side * 0.125, -0.44)], of.fat)  # fmt: skip
        pen.ellipse(side * 0.30, -0.715, 0.116, 0.112, of.muscle)
        pen.ellipse(side * 0.30, -0.715, 0.106, 0.102, of.eye)
        pen.ellipse(side * 0.31, -0.795, 0.048, 0.020, of.muscle + 30)
        pen.tube([(side * 0.285, -0.605), (side * 0.235, -0.48), (side * 0.155, -0.335)], 0.017, of.muscle)
        pen.tube([(side * 0.190, -0.66), (side * 0.150, -0.52), (side * 0.140, -0.38)], (0.008, 0.018, 0.010),
                 of.muscle)  # fmt: skip
        pen.tube([(side * 0.420, -0.66), (side * 0.385, -0.54), (side * 0.200, -0.345)], (0.008, 0.020, 0.010),
                 of.muscle)  # fmt: skip
        pen.ellipse(side * 0.09, -0.215, 0.055, 0.050, of.air)
    _ethmoid(pen, of, 0.40)
    pen.tube([(0, -0.80), (0.0, -0.91), (0.0, -0.955)], (0.085, 0.07, 0.035), of.skin)


def _ethmoid(pen: Pen, of: Tissues, length: float) -> None:
    """Cells of air in rows at both sides of the septum."""
    for side in SIDES:
        for number in range(4):
            y = -0.76 + length * (number + 0.5) / 4
            pen.ellipse(side * 0.060, y, 0.040, 0.46 * length / 4, of.air)
    pen.tube([(0, -0.80), (0.004, -0.60), (0, -0.76 + length)], 0.008, of.skin)


def _cistern(pen: Pen, of: Tissues) -> None:
    """Above the eyes: frontal sinus and orbital roofs, the star of the cistern, midbrain, tips of the petrous bones."""
    pen.shape([(-0.20, -0.79), (0.0, -0.85), (0.20, -0.79), (0.13, -0.68), (0.0, -0.655), (-0.13, -0.68)], of.bone)
    for side in SIDES:
        pen.shape([(side * 0.02, -0.755), (side * 0.11, -0.745), (side * 0.10, -0.70), (side * 0.02, -0.69)], of.air)
        roof = [(side * 0.12, -0.62), (side * 0.26, -0.68), (side * 0.38, -0.60), (side * 0.36, -0.48),
                (side * 0.24, -0.44), (side * 0.13, -0.50)]  # fmt: skip
        pen.shape(roof, of.bone)
        pen.shape([(side * 0.25 + (x - side * 0.25) * 0.62, -0.555 + (y + 0.555) * 0.58) for x, y in roof], of.fat)
        pen.tube([(side * 0.60, -0.34), (side * 0.44, -0.265), (side * 0.27, -0.225)], (0.036, 0.017, 0.010), of.bone)
        pen.tube([(side * 0.585, 0.16), (side * 0.47, 0.115), (side * 0.36, 0.06)], (0.050, 0.030, 0.010), of.bone)
        pen.tube([(side * 0.24, -0.225), (side * 0.36, -0.17), (side * 0.52, -0.19)], (0.022, 0.016, 0.008), of.csf)
        pen.tube([(side * 0.29, -0.02), (side * 0.33, 0.05), (side * 0.32, 0.12)], 0.014, of.csf)
    star = [(0.0, -0.27), (0.075, -0.215), (0.19, -0.205), (0.115, -0.10), (0.125, 0.0), (0.0, -0.025), (-0.125, 0.0),
            (-0.115, -0.10), (-0.19, -0.205), (-0.075, -0.215)]  # fmt: skip
    pen.shape(star, of.csf)
    pen.tube([(-0.06, -0.075), (0.0, -0.088), (0.06, -0.075)], 0.017, of.bone)
    pen.ellipse(0, -0.125, 0.020, 0.018, of.grey)
    for side in SIDES:
        pen.ellipse(side * 0.105, -0.165, 0.016, 0.016, of.blood)
        pen.tube([(side * 0.13, 0.0), (side * 0.165, 0.09), (side * 0.11, 0.195), (0, 0.235)], 0.015, of.csf)
    pen.ellipse(0, 0.095, 0.125, 0.105, of.white)
    pen.ellipse(0, 0.195, 0.030, 0.020, of.csf)
    hind = pen.layer()
    hind.shape([(0.0, 0.215), (0.17, 0.27), (0.28, 0.40), (0.20, 0.53), (0.0, 0.56), (-0.20, 0.53), (-0.28, 0.40),
                (-0.17, 0.27)], 1)  # fmt: skip
    pen.lay(hind.image, of.grey)
    pen.winding(hind.image, of.csf + 0.5 * (of.grey - of.csf), 0.035, 0.10, key=80)
    for side in SIDES:
        pen.ellipse(side * 0.13, 0.40, 0.06, 0.08, of.white, soft=3)
        pen.tube([(0.0, 0.225), (side * 0.19, 0.27), (side * 0.32, 0.42), (side * 0.30, 0.54)], 0.007, of.blood)
