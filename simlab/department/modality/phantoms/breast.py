"""The breast between two plates, drawn as the right one: chest wall at the right of the picture, nipple to the left."""

from __future__ import annotations

import math

import numpy as np

from simlab.department.modality.phantoms.pen import Pen


def film(pen: Pen, depth: float) -> None:
    """One view, `view` CC (from above) or MLO (aslant, with the pectoral muscle): fat grey, glands white."""
    oblique = pen.options["view"] == "MLO"
    wall = pen.columns / pen.rows
    y0, reach = (0.18, 0.92) if oblique else (0.0, 0.98)
    nipple = (wall - reach * (2 * wall) * 0.70, y0)
    top, bottom = (-1.0, 0.98) if oblique else (-0.80, 0.80)
    # Aslant, the arm-pit's fold runs out of the picture before the muscle; from above the breast ends in it.
    upper = [(wall + 0.3, -1.5), (wall - 0.72, -1.5), (wall - 0.66, -1.0), (wall - 0.66, -0.72)] if oblique else [
        (wall + 0.3, top - 0.1), (wall - 0.02, top), (wall - 0.45, top + 0.05)]  # fmt: skip
    outline = [*upper, (nipple[0] + (0.22 if oblique else 0.28), y0 - 0.50),
               (nipple[0] + 0.04, y0 - 0.20), (nipple[0] + 0.04, y0 + 0.20),
               (nipple[0] + 0.24, y0 + 0.50), (wall - 0.46, bottom - 0.08), (wall - 0.02, bottom - 0.02),
               (wall + 0.3, bottom + 0.1)]  # fmt: skip
    skin = pen.layer()
    skin.shape(outline, 1)
    skin.tube([(nipple[0] + 0.09, y0), (nipple[0] + 0.025, y0), (nipple[0] - 0.018, y0)], (0.075, 0.046, 0.034), 1)
    inside = pen.layer()
    inside.shape([(wall + (x - wall) * 0.965, y0 + (y - y0) * 0.965) for x, y in outline], 1)
    pen.image += 0.34 * skin.image
    pen.image -= 0.06 * inside.image
    pen.ellipse(nipple[0] + 0.012, y0, 0.046, 0.040, 0.52, soft=3)
    _glands(pen, nipple, wall, oblique, inside)
    if oblique:
        muscle = pen.layer()
        muscle.shape([(wall - 0.56, -1.3), (wall - 0.53, -0.95), (wall - 0.40, -0.42), (wall - 0.17, 0.05),
                      (wall + 0.02, 0.30), (wall + 0.4, 0.4), (wall + 0.4, -1.3)], 1, soft=0.012)  # fmt: skip
        muscle.mottle(0.10, 0.05)
        pen.image += 0.42 * muscle.image * skin.image
    mass = pen.findings.get("mass")
    if mass and _shows(pen, mass):
        _mass(pen, nipple[0] + 0.46, y0 - 0.24, mass.size_mm / 2 * pen.mm)
    pen.grain(0.010)
    pen.image = np.where(skin.image > 0.02, pen.image, 0).astype(np.float32)
    pen.image = pen.image / (pen.image + 0.55) * 4095


def _shows(pen: Pen, mass: object) -> bool:
    side = pen.options.get("side", "")
    return not side or getattr(mass, "side", None) in (None, side)


def _glands(pen: Pen, nipple: tuple[float, float], wall: float, oblique: bool, inside: Pen) -> None:
    """Strands of gland and connective tissue that fan out from the nipple."""
    x0, y0 = nipple
    tissue = pen.layer()
    tissue.shape([(x0 + 0.06, y0 - 0.06), (x0 + 0.30, y0 - 0.34), (x0 + 0.72, y0 - 0.46), (wall - 0.20, y0 - 0.30),
                  (wall - 0.30, y0 + 0.10), (x0 + 0.68, y0 + 0.34), (x0 + 0.28, y0 + 0.28), (x0 + 0.06, y0 + 0.06)],
                  0.6,
                 soft=0.06)  # fmt: skip
    tissue.warp(0.10, 0.10, key=5)
    tissue.mottle(0.9, 0.10, key=9)
    tissue.mottle(0.6, 0.035, key=13)
    pen.image += 0.30 * np.clip(tissue.image, 0, 1.3) * inside.image
    strands = pen.layer()
    ways = pen.draw(26)
    for number, way in enumerate(ways):
        angle = math.radians(-62 + 124 * way)
        far = 0.5 + 0.6 * ways[(number * 7 + 3) % 26]
        bend = 0.16 * (ways[(number * 5 + 1) % 26] - 0.5)
        end = (x0 + 0.06 + far * math.cos(angle), y0 + far * 0.8 * math.sin(angle))
        middle = ((x0 + end[0]) / 2, (y0 + end[1]) / 2 + bend)
        strands.tube([(x0 + 0.04, y0), middle, end], (0.006, 0.008, 0.003), 0.10, add=True)
    strands.winding(inside.image, 0.07, 0.16, 0.05, key=21)
    strands.warp(0.03, 0.12, key=5)
    pen.image += np.clip(strands.image, 0, 0.3) * inside.image
    cooper = pen.layer()
    cooper.winding(inside.image, 0.06, 0.10, 0.05, key=31)
    pen.image += cooper.image


def _mass(pen: Pen, x: float, y: float, radius: float) -> None:
    """A dense spot with spikes, and a few grains of chalk in it."""
    layer = pen.layer()
    layer.ellipse(x, y, radius, radius * 0.92, 0.42, ball=True, add=True)
    for number in range(14):
        angle = math.radians(number * 360 / 14 + 9 * (number % 3))
        far = radius * (1.7 + 0.35 * (number % 4))
        layer.tube(
            [(x, y), (x + far * math.cos(angle), y + far * math.sin(angle))], (radius * 0.16, 0.002), 0.16, add=True
        )
    pen.add(layer, soft=0.004)
    for number, part in enumerate(pen.draw(7)):
        angle = number * 0.9
        pen.ellipse(
            x + part * radius * math.cos(angle), y + part * radius * math.sin(angle), 0.005, 0.004, 0.5, add=True
        )
