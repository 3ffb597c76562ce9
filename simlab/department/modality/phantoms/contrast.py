"""Runs of X-ray pictures while contrast flows: a coronary artery, and a swallow of barium."""

from __future__ import annotations

import math

import numpy as np

from simlab.department.modality.phantoms.outlines import rounded
from simlab.department.modality.phantoms.pen import Pen

Line = list[tuple[float, float]]
_TOP = 1023.0

# The left coronary tree, seen from the right and above: lines, their width in mm at both ends, when dye comes (0-1).
_TREE: tuple[tuple[Line, float, float, float], ...] = (
    ([(-0.30, -0.52), (-0.20, -0.50), (-0.10, -0.46)], 4.4, 4.0, 0.10),
    ([(-0.10, -0.46), (0.10, -0.40), (0.28, -0.16), (0.38, 0.14), (0.44, 0.44), (0.36, 0.66)], 3.6, 1.2, 0.16),
    ([(-0.10, -0.46), (-0.08, -0.28), (-0.16, -0.02), (-0.22, 0.26), (-0.16, 0.46)], 3.3, 1.1, 0.16),
    ([(0.12, -0.38), (0.34, -0.34), (0.54, -0.16), (0.66, 0.06)], 2.2, 0.8, 0.28),
    ([(0.26, -0.18), (0.46, -0.06), (0.60, 0.16), (0.62, 0.36)], 1.9, 0.7, 0.36),
    ([(0.22, -0.26), (0.16, -0.06), (0.14, 0.10)], 1.3, 0.5, 0.34),
    ([(0.34, 0.0), (0.25, 0.16), (0.22, 0.30)], 1.2, 0.5, 0.42),
    ([(-0.12, -0.16), (0.04, 0.02), (0.08, 0.24), (0.02, 0.40)], 2.1, 0.7, 0.34),
    ([(-0.19, 0.12), (-0.36, 0.24), (-0.44, 0.44)], 1.7, 0.6, 0.40),
    ([(0.42, 0.30), (0.52, 0.44), (0.54, 0.60)], 1.1, 0.5, 0.52),
)


def coronary(pen: Pen, depth: float) -> None:
    """The left coronary artery fills, stays, and washes out while the heart beats; dye is dark."""
    beat = math.sin(2 * math.pi * 2 * round(depth, 4))
    _thorax(pen)
    flow = pen.layer()
    stenosis = pen.findings.get("stenosis")
    # Twigs first: what the stem paints over them is as dark as the stem.
    for line, first, last, comes in reversed(_TREE):
        filled = np.clip((depth - comes * 0.55) * 9, 0, 1) * np.clip((1.05 - depth - 0.25 * (1 - comes)) * 5, 0.12, 1)
        if filled <= 0:
            continue
        moved = [(x + 0.022 * beat * (y + 0.5), y * (1 + 0.03 * beat)) for x, y in line]
        widths = [(first + (last - first) * n / (len(line) - 1)) * 0.75 * pen.mm for n in range(len(line))]
        for at, width in ((moved[0], widths[0]), (moved[-1], widths[-1])):
            flow.ellipse(*at, width, width, 0.62 * float(filled))
        if stenosis and line is _TREE[1][0]:
            moved, widths = _narrowed(moved, widths, stenosis.percent / 100)
        flow.tube(moved, widths, 0.62 * float(filled))
    catheter = pen.layer()
    catheter.tube(
        [(-0.42, 1.2), (-0.44, 0.3), (-0.46, -0.46), (-0.40, -0.62), (-0.30, -0.56), (-0.28, -0.52)], 0.020, 0.30
    )
    pen.add(catheter, soft=0.004)
    pen.image += flow.image
    _developed(pen, 0.014)


def _narrowed(line: Line, widths: list[float], share: float) -> tuple[Line, list[float]]:
    """The same vessel with a short stretch after its fourth point narrowed by `share` of its diameter."""
    fine = [(float(x), float(y)) for x, y in rounded(line, closed=False)]
    middle = fine[3 * (len(fine) - 1) // (len(line) - 1) + 1]
    wide = np.interp(np.linspace(0, len(line) - 1, len(fine)), np.arange(len(line)), widths)
    return fine, [
        float(width) * (1 - share * min(max(1.4 - 1.4 * (math.dist(at, middle) / 0.10) ** 2, 0.0), 1.0))
        for at, width in zip(fine, wide, strict=True)
    ]


def _thorax(pen: Pen) -> None:
    """Heart, spine, ribs and the dome of the diaphragm behind the vessels."""
    pen.image += 0.62
    pen.shape(
        [(-0.66, -0.6), (0.2, -0.9), (0.78, -0.2), (0.82, 0.5), (0.3, 0.9), (-0.5, 0.8)], 0.30, soft=0.10, add=True
    )
    pen.shape(
        [(-1.2, 0.62), (-0.4, 0.60), (0.3, 0.82), (1.2, 0.70), (1.2, 1.4), (-1.2, 1.4)], 0.35, soft=0.05, add=True
    )
    bones = pen.layer()
    for number in range(6):
        y = -1.0 + 0.36 * number
        bones.shape([(-0.98, y), (-0.70, y), (-0.72, y + 0.15), (-0.70, y + 0.30), (-0.98, y + 0.30),
                     (-0.95, y + 0.15)], 0.20,
                    add=True)  # fmt: skip
        bones.tube([(-0.8, y), (0.0, y + 0.10), (0.9, y + 0.5)], 0.045, 0.09, add=True)
    pen.add(bones, soft=0.02)
    pen.mottle(0.05, 0.2)


def swallow(pen: Pen, depth: float) -> None:
    """Barium goes down the gullet, seen from the left: tongue, throat, gullet before the spine; dense is dark."""
    pen.shape([(-0.62, -1.2), (-0.70, -0.5), (-0.46, -0.30), (-0.34, 0.2), (-0.42, 1.2), (0.72, 1.2), (0.70, 0.2),
               (0.66, -0.6), (0.60, -1.2)], 0.95, soft=0.05)  # fmt: skip
    pen.shape([(-0.60, -1.2), (-0.62, -0.62), (-0.20, -0.44), (0.16, -0.58), (0.30, -1.2)], 0.40, soft=0.02, add=True)
    bones = pen.layer()
    for number in range(7):
        y = -0.72 + 0.28 * number
        x = 0.32 + 0.05 * math.cos(number / 2)
        bones.shape([(x - 0.10, y - 0.10), (x + 0.12, y - 0.11), (x + 0.11, y), (x + 0.12, y + 0.10),
                     (x - 0.10, y + 0.11),
                     (x - 0.085, y)], 0.42, add=True)  # fmt: skip
        bones.tube([(x + 0.16, y), (x + 0.34, y + 0.10)], 0.035, 0.26, add=True)
    bones.tube([(-0.60, -0.58), (-0.30, -0.42), (0.02, -0.60), (0.06, -1.0)], 0.05, 0.30, add=True)
    pen.add(bones, soft=0.012)
    pen.tube([(-0.30, -0.95), (-0.02, -0.72), (0.05, -0.45), (0.0, -0.16)], (0.05, 0.06, 0.07, 0.05), -0.36, soft=0.012,
             add=True)  # fmt: skip
    pen.tube([(-0.04, -0.12), (-0.06, 0.3), (-0.08, 1.2)], 0.06, -0.34, soft=0.012, add=True)
    gullet: Line = [(-0.48, -0.74), (-0.22, -0.82), (0.02, -0.66), (0.10, -0.38), (0.10, -0.06), (0.11, 0.30),
                    (0.10, 0.70),
                    (0.10, 1.15)]  # fmt: skip
    head, tail = depth * 1.25, max(depth * 1.25 - 0.42, 0.0)
    points = [(_along(gullet, tail + (head - tail) * n / 8)) for n in range(9)]
    if head > 0.02:
        widths = [0.022 + 0.052 * math.sin(math.pi * min(max((n + 0.6) / 9, 0), 1)) for n in range(9)]
        bolus = pen.layer()
        bolus.tube(points, widths, 1.25, soft=0.008)
        if depth > 0.25:
            coat = [_along(gullet, tail * n / 8) for n in range(9)]
            bolus.tube(coat, 0.008, 0.45)
        pen.add(bolus, soft=0.004)
    _developed(pen, 0.024)


def _along(line: Line, part: float) -> tuple[float, float]:
    place = min(max(part, 0), 0.9999) * (len(line) - 1)
    low = int(place)
    (xa, ya), (xb, yb) = line[low], line[low + 1]
    return xa + (xb - xa) * (place - low), ya + (yb - ya) * (place - low)


def _developed(pen: Pen, noise: float) -> None:
    """Thickness to stored value as fluoroscopy shows it: thick is dark; quanta make noise."""
    pen.grain(noise)
    shown = 1 / (1 + np.maximum(pen.image, 0) ** 2 * 0.9)
    pen.image = (shown * _TOP * 0.94).astype(np.float32)
