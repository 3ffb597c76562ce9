"""The abdomen: axial CT in Hounsfield units, with contrast as the phase of the injection has it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from simlab.department.modality.phantoms.chest import FAT, LUNG, SOFT, couch, ribs, vertebra
from simlab.department.modality.phantoms.outlines import Points
from simlab.department.modality.phantoms.pen import Pen

GAS = -900.0


@dataclass(frozen=True)
class Phase:
    """Hounsfield units of what takes up contrast, at one time after the injection."""

    artery: float
    vein: float
    liver: float
    spleen: float
    cortex: float
    pelvis: float
    lesion: float


PHASES: dict[str, Phase] = {
    "native": Phase(42, 40, 58, 48, 34, 8, 44),
    "arterial": Phase(330, 60, 72, 150, 210, 30, 150),
    "portal": Phase(170, 165, 115, 125, 180, 60, 78),
    "delayed": Phase(110, 110, 92, 98, 120, 420, 74),
}
_ANEURYSM_AT, _WALL_MM = 0.78, 2.0


def axial(pen: Pen, depth: float) -> None:
    """A slice across the abdomen, seen from the feet: `depth` 0 at the top of the liver, 1 at the navel."""
    phase = PHASES[str(pen.options["phase"])]
    couch(pen)
    pen.ellipse(0, 0.03, 0.88, 0.62, FAT)
    pen.ellipse(0, 0.03, 0.80, 0.54, SOFT)
    pen.ellipse(0, 0.01, 0.745, 0.485, FAT)
    for side in (-1, 1):
        pen.ellipse(side * 0.26, 0.48, 0.20, 0.10, SOFT + 10, turn=side * -12)
        if depth > 0.4:
            pen.ellipse(side * 0.20, 0.34, 0.08 + 0.04 * depth, 0.11, SOFT + 10, turn=side * -20)
    if depth > 0.45:
        _bowel(pen, depth)
    _upper(pen, depth, phase)
    if depth > 0.38:
        _kidneys(pen, depth, phase)
    if 0.3 < depth < 0.6:
        pen.tube([(-0.20, 0.05), (-0.02, -0.04), (0.18, -0.06), (0.42, 0.06)], (0.07, 0.05, 0.05, 0.035), 90)
    pen.ellipse(-0.14, 0.18, 0.075, 0.055, phase.vein)
    vertebra(pen, 0, 0.37, 1.05)
    if depth < 0.6:
        ribs(pen, depth, rx=0.775, ry=0.515)
    pen.mottle(0.03, 0.05)
    pen.warp(0.022, 0.28)
    _aorta(pen, phase)
    lesion = pen.findings.get("lesion")
    if lesion:
        pen.ball(-0.46, 0.02, 0.25, lesion.size_mm, phase.lesion)
    pen.grain(12 * pen.quanta(8.4))


def _aorta(pen: Pen, phase: Phase) -> None:
    """In front of the spine, with its aneurysm where one is asked for: the inner diameter is exact in its middle."""
    inner = 9.5
    found = pen.findings.get("aneurysm")
    if found:
        off = (pen.number - round(_ANEURYSM_AT * (pen.count - 1))) * pen.gap_mm
        inner += max(found.size_mm / 2 - inner, 0) / (1 + (off / 38) ** 4)
    radius, wall = inner * pen.mm, (inner + _WALL_MM) * pen.mm
    x, y = 0.05, 0.268 - wall
    pen.ellipse(x, y, wall, wall, 45)
    if found:
        for angle in (20, 75, 140, 200, 310):
            way = math.radians(angle)
            pen.ellipse(x + (radius + wall) / 2 * math.cos(way), y + (radius + wall) / 2 * math.sin(way), 0.022, 0.008,
                        620, turn=angle + 90)  # fmt: skip
    pen.ellipse(x, y, radius, radius, phase.artery)


def _upper(pen: Pen, depth: float, phase: Phase) -> None:
    """Liver, gall bladder, stomach and spleen, each tapering to its lower end: the right lobe reaches furthest."""
    if depth < 0.12:
        for side in (-1, 1):
            pen.ellipse(side * 0.52, 0.22, 0.20, 0.22, LUNG)
    if depth < 0.30:
        # The legs of the diaphragm before the spine.
        for side in (-1, 1):
            pen.tube([(side * 0.05 + 0.02, 0.14), (side * 0.15, 0.24), (side * 0.20, 0.36)], 0.022, SOFT)
    if 0.16 < depth < 0.44:
        for side in (-1, 1):
            pen.tube([(side * 0.28, 0.10), (side * 0.27, 0.16), (side * 0.23, 0.22)], 0.010, 55)
            pen.tube([(side * 0.27, 0.16), (side * 0.31, 0.22)], 0.009, 55)
    left = max(-0.10, 0.22 - 1.5 * max(depth - 0.28, 0.0))
    lobe = _tapered(0.84, depth)
    liver = [(-0.72, 0.0), (-0.64, 0.30), (-0.40, 0.38), (-0.24, 0.18), (-0.12 + min(left, 0), 0.02),
             (left - 0.05, -0.10), (left, -0.30), (min(left, 0.06) - 0.16, -0.44), (-0.46, -0.38),
             (-0.66, -0.22)]  # fmt: skip
    if lobe > 0.1:
        pen.shape(_shrunk(liver, (-0.64, 0.06), lobe), phase.liver)
    if depth < 0.45:
        for x, y, turn in ((-0.34, -0.06, -30), (-0.44, 0.12, 20), (-0.22, -0.20, 50)):
            pen.ellipse(x, y, 0.13, 0.018, phase.vein + (phase.vein > phase.liver) * 15, turn=turn)
    if 0.34 < depth < 0.62:
        pen.ellipse(-0.25, -0.12, 0.085, 0.115, phase.liver, turn=20)
        pen.ellipse(-0.245, -0.12, 0.07, 0.10, 8, turn=20)
    bag = _tapered(0.62, depth)
    if bag > 0.2:
        wall = [(0.12, -0.34), (0.36, -0.42), (0.58, -0.26), (0.60, -0.04), (0.42, 0.02), (0.26, -0.10)]
        pen.shape(_shrunk(wall, (0.36, -0.30), bag), 70)
        air = [(0.16, -0.32), (0.36, -0.385), (0.54, -0.25), (0.55, -0.19), (0.24, -0.19)]
        pen.shape(_shrunk(air, (0.36, -0.31), bag), GAS)
    pulp = _tapered(0.58, depth)
    if pulp > 0.2:
        spleen = [(0.60, -0.14), (0.70, -0.02), (0.735, 0.14), (0.68, 0.30), (0.54, 0.40), (0.40, 0.38), (0.40, 0.31),
                  (0.50, 0.22), (0.54, 0.08)]  # fmt: skip
        pen.shape(_shrunk(spleen, (0.68, 0.16), pulp), phase.spleen)
        pen.tube(_shrunk([(0.54, 0.12), (0.44, 0.10), (0.36, 0.06)], (0.68, 0.16), pulp), 0.016, phase.vein)


def _tapered(end: float, depth: float) -> float:
    """How much of an organ's width is left at this depth: all of it until shortly before its `end`."""
    return math.sqrt(min(1.0, max((end - depth) / 0.32, 0.0)))


def _shrunk(points: Points, centre: tuple[float, float], share: float) -> list[tuple[float, float]]:
    return [(centre[0] + (x - centre[0]) * share, centre[1] + (y - centre[1]) * share) for x, y in points]


def _kidneys(pen: Pen, depth: float, phase: Phase) -> None:
    size = 1 - (2 * (depth - 0.68) / 0.62) ** 2
    for side in (-1, 1):
        pen.ellipse(side * 0.40, 0.26, 0.135 * size, 0.165 * size, phase.cortex, turn=side * -25)
        pen.ellipse(side * 0.345, 0.225, 0.06 * size, 0.085 * size, FAT + 20, turn=side * -25)
        pen.ellipse(side * 0.355, 0.23, 0.03 * size, 0.045 * size, phase.pelvis)
        pen.tube([(side * 0.33, 0.22), (side * 0.20, 0.20), (side * 0.08, 0.19)], 0.018, phase.vein)


_LOOPS = ((-0.34, -0.27), (-0.11, -0.33), (0.12, -0.34), (0.35, -0.27), (-0.46, -0.11), (-0.20, -0.15), (0.08, -0.17),
          (0.31, -0.11), (-0.40, 0.05), (-0.14, 0.00), (0.22, 0.03), (0.45, 0.02))  # fmt: skip


def _bowel(pen: Pen, depth: float) -> None:
    """Loops of gut, winding from slice to slice, the colon at the flanks, some with gas floating on fluid."""
    grown = min(1.0, (depth - 0.30) / 0.30)
    # Vessels of the mesentery, cut across.
    for number in range(26):
        way = 2.4 * number
        part = math.sqrt((number + 0.5) / 26)
        pen.ellipse(0.42 * part * math.cos(way), -0.10 + 0.22 * part * math.sin(way + depth), 0.011, 0.009, 120)
    for side in (-1, 1):
        pen.ellipse(side * 0.62, 0.06, 0.10, 0.13, 60)
        pen.ellipse(side * 0.62, 0.02, 0.075, 0.08, GAS)
    for number, (x, y) in enumerate(_LOOPS):
        way = 9 * depth + 2.4 * number
        x, y, turn = x + 0.035 * math.sin(way), y + 0.022 * math.cos(way), 60 * math.sin(way / 2)
        pen.ellipse(x, y, 0.125 * grown, 0.080 * grown, 85, turn=turn)
        pen.ellipse(x, y, 0.092 * grown, 0.052 * grown, 25, turn=turn)
        if number % 3 == 0:
            pen.ellipse(x, y - 0.02, 0.08 * grown, 0.032 * grown, GAS)
