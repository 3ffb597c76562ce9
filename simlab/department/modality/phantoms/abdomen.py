"""The abdomen: axial CT in Hounsfield units, and the aorta by ultrasound."""

from __future__ import annotations

import numpy as np

from simlab.department.modality.phantoms.chest import FAT, LUNG, SOFT, couch, ribs, vertebra
from simlab.department.modality.phantoms.pen import Pen

GAS, LIVER, SPLEEN, KIDNEY, VEIN, ARTERY = -900.0, 115.0, 125.0, 175.0, 150.0, 200.0


def axial(pen: Pen, depth: float) -> None:
    """A slice across the abdomen, seen from the feet: `depth` 0 at the top of the liver, 1 at the navel."""
    couch(pen)
    pen.ellipse(0, 0.03, 0.88, 0.62, FAT)
    pen.ellipse(0, 0.03, 0.80, 0.54, SOFT)
    pen.ellipse(0, 0.01, 0.745, 0.485, FAT)
    for side in (-1, 1):
        pen.ellipse(side * 0.26, 0.48, 0.20, 0.10, SOFT + 10, turn=side * -12)
        if depth > 0.4:
            pen.ellipse(side * 0.20, 0.34, 0.08 + 0.04 * depth, 0.11, SOFT + 10, turn=side * -20)
    if depth < 0.62:
        _upper(pen, depth)
    if depth > 0.38:
        _kidneys(pen, depth)
    if depth > 0.6:
        _bowel(pen, depth)
    if 0.3 < depth < 0.6:
        pen.tube([(-0.20, 0.05), (-0.02, -0.04), (0.18, -0.06), (0.42, 0.06)], (0.07, 0.05, 0.05, 0.035), 90)
    pen.ellipse(0.05, 0.20, 0.062, 0.062, ARTERY)
    pen.ellipse(-0.14, 0.18, 0.075, 0.055, VEIN)
    vertebra(pen, 0, 0.37, 1.05)
    if depth < 0.6:
        ribs(pen, depth, rx=0.775, ry=0.515)
    pen.grain(12)


def _upper(pen: Pen, depth: float) -> None:
    """Liver, gall bladder, stomach and spleen."""
    if depth < 0.12:
        for side in (-1, 1):
            pen.ellipse(side * 0.52, 0.22, 0.20, 0.22, LUNG)
    full = 1.0 if depth < 0.35 else 1 - (depth - 0.35) / 0.34
    left = max(0.05, 0.30 * (full - 0.25))
    pen.shape([(-0.72, 0.0), (-0.64, 0.30), (-0.40, 0.38), (-0.24, 0.18), (-0.12, 0.02), (left - 0.05, -0.10),
               (left, -0.30), (-0.10, -0.44), (-0.46, -0.38), (-0.66, -0.22)], LIVER)  # fmt: skip
    for x, y, turn in ((-0.34, -0.06, -30), (-0.44, 0.12, 20), (-0.22, -0.20, 50)):
        pen.ellipse(x, y, 0.13, 0.018, VEIN + 20, turn=turn)
    if depth > 0.3:
        pen.ellipse(-0.30, -0.20, 0.08, 0.11, 8, turn=20)
    pen.shape([(0.12, -0.34), (0.36, -0.42), (0.58, -0.26), (0.60, -0.04), (0.42, 0.02), (0.26, -0.10)], 70)
    pen.shape([(0.16, -0.32), (0.36, -0.385), (0.54, -0.25), (0.55, -0.19), (0.24, -0.19)], GAS)
    pen.shape([(0.62, -0.04), (0.72, 0.08), (0.70, 0.28), (0.56, 0.38), (0.46, 0.32), (0.56, 0.16)], SPLEEN)


def _kidneys(pen: Pen, depth: float) -> None:
    size = 1 - (2 * (depth - 0.68) / 0.62) ** 2
    for side in (-1, 1):
        pen.ellipse(side * 0.40, 0.26, 0.135 * size, 0.165 * size, KIDNEY, turn=side * -25)
        pen.ellipse(side * 0.345, 0.225, 0.06 * size, 0.085 * size, FAT + 20, turn=side * -25)
        pen.ellipse(side * 0.355, 0.23, 0.03 * size, 0.045 * size, 240)
        pen.tube([(side * 0.33, 0.22), (side * 0.20, 0.20), (side * 0.08, 0.19)], 0.018, VEIN)


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


def aorta_across(pen: Pen, depth: float) -> None:
    """Ultrasound across the aorta: a dark round in front of the spine's bright arc, measured with callipers."""
    _layers(pen)
    pen.shape([(-0.75, -0.45), (-0.20, -0.50), (-0.12, -0.20), (-0.50, 0.0), (-0.85, 0.05)], 105, soft=0.03)
    pen.ellipse(-0.34, 0.10, 0.20, 0.09, 6, turn=-8, soft=2)
    pen.ellipse(0.08, 0.02, 0.225, 0.225, 190, soft=3)
    pen.ellipse(0.08, 0.02, 0.185, 0.185, 5, soft=2)
    pen.shape([(-0.24, 0.42), (0.0, 0.31), (0.14, 0.31), (0.36, 0.42), (0.62, 1.2), (-0.52, 1.2)], 10, soft=0.03)
    pen.tube([(-0.28, 0.44), (-0.06, 0.31), (0.18, 0.31), (0.40, 0.44)], (0.02, 0.035, 0.035, 0.02), 240, soft=0.012)
    _sector(pen)
    _callipers(pen, (0.08, -0.17), (0.08, 0.21))
    pen.text(-1.28, -0.95, "AORTA TS", 220)
    pen.text(0.72, 0.82, "D 1.9 CM", 220)


def aorta_along(pen: Pen, depth: float) -> None:
    """Ultrasound along the aorta: a dark tube with bright walls under the liver, measured with callipers."""
    _layers(pen)
    pen.shape([(-1.2, -0.40), (-0.3, -0.42), (0.1, -0.22), (-0.5, -0.16), (-1.2, -0.14)], 110, soft=0.03)
    path = [(-1.4, 0.02), (-0.5, 0.06), (0.3, 0.12), (1.4, 0.22)]
    pen.tube(path, 0.225, 200, soft=0.012)
    pen.tube(path, (0.19, 0.185, 0.18, 0.17), 5, soft=0.012)
    pen.tube([(-0.42, -0.12), (-0.30, -0.26), (0.10, -0.30)], 0.035, 10, soft=0.012)
    for number in range(7):
        x = -1.1 + 0.37 * number
        pen.tube(
            [(x, 0.42 + 0.06 * x), (x + 0.14, 0.40 + 0.06 * x), (x + 0.28, 0.44 + 0.06 * x)], 0.022, 215, soft=0.01
        )
    pen.shape([(-1.4, 0.42), (1.4, 0.56), (1.4, 1.2), (-1.4, 1.2)], 20, smooth=False, soft=0.05)
    _sector(pen)
    _callipers(pen, (-0.02, -0.10), (-0.02, 0.27))
    pen.text(-1.28, -0.95, "AORTA LS", 220)
    pen.text(0.72, 0.82, "D 1.9 CM", 220)


def _layers(pen: Pen) -> None:
    for top, value in ((-1.0, 120), (-0.80, 60), (-0.74, 135), (-0.68, 80), (-0.56, 120), (-0.50, 78), (0.3, 62)):
        pen.shape([(-1.5, top), (0, top - 0.03), (1.5, top), (1.5, 1.3), (-1.5, 1.3)], value, smooth=False)
    pen.blur(0.012)


def _sector(pen: Pen) -> None:
    """Speckle, and the black outside the fan that the curved probe sees."""
    pen.grain(0.34, coarse=True, share=True)
    half = pen.columns / pen.rows
    x = ((np.arange(pen.columns) + 0.5) / pen.unit - half)[None, :]
    y = ((np.arange(pen.rows) + 0.5) / pen.unit - 1)[:, None] + 1.75
    far = x * x + y * y
    seen = (far > 0.80**2) & (far < 2.68**2) & (np.abs(x) < 0.62 * y)
    pen.image = np.where(seen, np.maximum(pen.image, 3), 0).astype(np.float32)


def _callipers(pen: Pen, *ends: tuple[float, float]) -> None:
    for x, y in ends:
        pen.ellipse(x, y, 0.045, 0.012, 255)
        pen.ellipse(x, y, 0.012, 0.045, 255)
    (x, top), (_, bottom) = ends
    for number in range(1, 12):
        pen.ellipse(x, top + (bottom - top) * number / 12, 0.005, 0.006, 200)
