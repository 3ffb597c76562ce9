"""The abdomen: axial CT in Hounsfield units, with contrast as the phase of the injection has it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from simlab.department.modality.phantoms.chest import FAT, LUNG, SOFT, couch, ribs, vertebra
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
    if depth < 0.62:
        _upper(pen, depth, phase)
    if depth > 0.38:
        _kidneys(pen, depth, phase)
    if depth > 0.6:
        _bowel(pen, depth)
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
    """Liver, gall bladder, stomach and spleen."""
    if depth < 0.12:
        for side in (-1, 1):
            pen.ellipse(side * 0.52, 0.22, 0.20, 0.22, LUNG)
    full = 1.0 if depth < 0.35 else 1 - (depth - 0.35) / 0.34
    left = max(0.05, 0.30 * (full - 0.25))
    pen.shape([(-0.72, 0.0), (-0.64, 0.30), (-0.40, 0.38), (-0.24, 0.18), (-0.12, 0.02), (left - 0.05, -0.10),
               (left, -0.30), (-0.10, -0.44), (-0.46, -0.38), (-0.66, -0.22)], phase.liver)  # fmt: skip
    for x, y, turn in ((-0.34, -0.06, -30), (-0.44, 0.12, 20), (-0.22, -0.20, 50)):
        pen.ellipse(x, y, 0.13, 0.018, phase.vein + (phase.vein > phase.liver) * 15, turn=turn)
    if depth > 0.3:
        pen.ellipse(-0.30, -0.20, 0.08, 0.11, 8, turn=20)
    pen.shape([(0.12, -0.34), (0.36, -0.42), (0.58, -0.26), (0.60, -0.04), (0.42, 0.02), (0.26, -0.10)], 70)
    pen.shape([(0.16, -0.32), (0.36, -0.385), (0.54, -0.25), (0.55, -0.19), (0.24, -0.19)], GAS)
    pen.shape([(0.62, -0.04), (0.72, 0.08), (0.70, 0.28), (0.56, 0.38), (0.46, 0.32), (0.56, 0.16)], phase.spleen)


def _kidneys(pen: Pen, depth: float, phase: Phase) -> None:
    size = 1 - (2 * (depth - 0.68) / 0.62) ** 2
    for side in (-1, 1):
        pen.ellipse(side * 0.40, 0.26, 0.135 * size, 0.165 * size, phase.cortex, turn=side * -25)
        pen.ellipse(side * 0.345, 0.225, 0.06 * size, 0.085 * size, FAT + 20, turn=side * -25)
        pen.ellipse(side * 0.355, 0.23, 0.03 * size, 0.045 * size, phase.pelvis)
        pen.tube([(side * 0.33, 0.22), (side * 0.20, 0.20), (side * 0.08, 0.19)], 0.018, phase.vein)


def _bowel(pen: Pen, depth: float) -> None:
    """Loops of gut, the colon at the flanks, some with gas floating on fluid."""
    grown = min(1.0, (depth - 0.4) / 0.25)
    for side in (-1, 1):
        pen.ellipse(side * 0.62, 0.06, 0.10, 0.13, 60)
        pen.ellipse(side * 0.62, 0.02, 0.075, 0.08, GAS)
    around = pen.draw(24)
    for number in range(12):
        x = -0.46 + 0.31 * (number % 4) + 0.10 * (around[number] - 0.5)
        y = -0.36 + 0.16 * (number // 4) + 0.06 * (around[number + 12] - 0.5)
        pen.ellipse(x, y, 0.13 * grown, 0.085 * grown, 85, turn=90 * around[number])
        pen.ellipse(x, y, 0.095 * grown, 0.055 * grown, 25, turn=90 * around[number])
        if number % 3 == 0:
            pen.ellipse(x, y - 0.02, 0.08 * grown, 0.035 * grown, GAS)
