"""The abdominal aorta by ultrasound, its inner diameter in millimetres as asked for."""

from __future__ import annotations

import numpy as np

from simlab.department.modality.phantoms import ultrasound
from simlab.department.modality.phantoms.pen import Pen

NORMAL_MM = 19.0
_WALL_MM = 2.0


def inner_mm(pen: Pen) -> float:
    """The inner diameter to be drawn: the aneurysm's, else that of a healthy aorta."""
    found = pen.findings.get("aneurysm")
    return float(found.size_mm) if found else NORMAL_MM


def across(pen: Pen, depth: float) -> None:
    """Across the aorta: a dark round in front of the spine's bright arc, measured from front to back."""
    inner = inner_mm(pen) / 2 * pen.mm
    outer = inner + _WALL_MM * pen.mm
    x, y = 0.08, 0.34 - outer
    ultrasound.layers(pen)
    pen.shape([(-1.0, -0.50), (-0.10, -0.54), (0.02, -0.36), (-0.16, -0.12), (-0.62, 0.04), (-1.1, 0.05)], 104,
              soft=0.02)  # fmt: skip
    pen.ellipse(-0.52, -0.16, 0.05, 0.03, 8, turn=-20, soft=2)
    pen.warp(0.03, 0.3)
    pen.ellipse(x - outer - 0.20, 0.20, 0.17, 0.075, 5, turn=-8, soft=2)
    pen.ellipse(x, y, outer, outer, 150, soft=3)
    pen.shape([(-0.26, 0.46), (-0.04, 0.36), (0.20, 0.36), (0.42, 0.46), (0.70, 1.3), (-0.60, 1.3)], 14, soft=0.03)
    pen.tube([(-0.32, 0.50), (-0.08, 0.365), (0.24, 0.365), (0.48, 0.50)], (0.02, 0.035, 0.035, 0.02), 235, soft=0.014)
    for up in (-1, 1):
        pen.ellipse(x, y + up * (inner + _WALL_MM / 2 * pen.mm), inner * 0.55, _WALL_MM * 0.6 * pen.mm, 235, soft=2)
    ultrasound.shadow(pen, x - inner * 0.7, x + inner * 0.7, y + inner, 1.25)
    ultrasound.speckle(pen)
    pen.ellipse(x, y, inner, inner, 6)
    ultrasound.fan(pen)
    top, bottom = (x, y - inner), (x, y + inner)
    ultrasound.callipers(pen, (top, bottom))
    _labelled(pen, "AORTA TS")


def along(pen: Pen, depth: float) -> None:
    """Along the aorta: a dark tube with bright walls in front of the spine, an aneurysm as its belly."""
    inner, normal = inner_mm(pen) / 2 * pen.mm, NORMAL_MM / 2 * pen.mm
    wall = _WALL_MM * pen.mm
    ultrasound.layers(pen)
    pen.shape([(-1.6, -0.52), (-0.3, -0.54), (-0.02, -0.40), (-0.3, -0.26), (-1.6, -0.16)], 106, soft=0.02)
    pen.tube([(-1.1, -0.10 - inner + normal), (-0.7, -0.30), (-0.2, -0.34)], 0.030, 12, soft=0.010)
    pen.warp(0.03, 0.3)
    # It bulges backwards too, less, for the spine is there; the axis bends with it.
    bulge = inner - normal
    axis = 0.30 - wall - normal - 0.42 * bulge
    xs = (-1.6, -1.0, -0.66, -0.46, -0.28, -0.12, 0.05, 0.22, 0.38, 0.56, 0.76, 1.1, 1.6)
    radii = [
        normal + (inner - normal) * share for share in (0, 0, 0.06, 0.36, 0.78, 0.97, 1.0, 0.97, 0.78, 0.36, 0.06, 0, 0)
    ]
    middles = [axis - 0.10 * (radius - normal) for radius in radii]
    front, back = ([(x, middle + way * radius) for x, middle, radius in
                    zip(xs, middles, radii, strict=True)] for way in (-1, 1))  # fmt: skip
    lumen = front + back[::-1]
    floor = max(y for _x, y in back) + wall
    pen.shape([(-1.8, floor + 0.04), (1.8, floor + 0.04), (1.8, 1.4), (-1.8, 1.4)], 60, smooth=False, soft=0.02)
    pen.shape([(x, y - wall) for x, y in front] + [(x, y + wall) for x, y in back[::-1]], 120, soft=0.006)
    for line, away in ((front, -0.5), (back, 0.5)):
        pen.tube([(x, y + away * wall) for x, y in line], 0.55 * wall, 228, soft=0.005)
    ultrasound.shadow(pen, -1.2, 1.2, floor - wall, 1.25)
    for number in range(7):
        left = -1.25 + 0.37 * number
        pen.tube([(left, floor + 0.13), (left + 0.04, floor + 0.085), (left + 0.15, floor + 0.075),
                  (left + 0.26, floor + 0.085), (left + 0.30, floor + 0.13)],
                 (0.008, 0.020, 0.024, 0.020, 0.008), 225, soft=0.008)  # fmt: skip
        ultrasound.shadow(pen, left + 0.01, left + 0.28, floor + 0.10, 0.22)
    ultrasound.speckle(pen)
    pen.shape(lumen, 6)
    _reverberation(pen, front)
    ultrasound.fan(pen)
    middle = middles[6]
    ultrasound.callipers(pen, ((0.05, middle - inner), (0.05, middle + inner)))
    _labelled(pen, "AORTA LS")


def _reverberation(pen: Pen, front: list[tuple[float, float]]) -> None:
    """A haze of echoes just behind the front wall."""
    haze = pen.layer()
    haze.tube([(x, y + 0.05) for x, y in front], 0.022, 10, soft=0.02)
    haze.grain(0.6, coarse=True, share=True)
    pen.image += np.maximum(haze.image, 0)


def _labelled(pen: Pen, view: str) -> None:
    ultrasound.furniture(pen, [
        (-1.30, -0.64, view), (-1.30, 0.80, f"+ D {inner_mm(pen) / 10:.2f} CM"), (0.66, -0.96, "MI 1.1"),
        (0.66, -0.88, "C5-1"), (-1.30, 0.90, "AP INNER-INNER"),
    ])  # fmt: skip
