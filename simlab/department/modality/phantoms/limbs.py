"""Hip and knee: radiographs of the right side as thickness."""

from __future__ import annotations

import math

import numpy as np

from simlab.department.modality.phantoms.outlines import Points
from simlab.department.modality.phantoms.pen import Pen

CORTEX, MARROW = 0.55, 0.42


def _bone(pen: Pen, points: Points, whole: float, hollow: Points | None = None, less: float = 0.0) -> None:
    """A bone's outline, brighter at its rim because the marrow inside takes less of the beam."""
    pen.shape(points, whole, add=True)
    if hollow:
        pen.shape(hollow, -less, add=True)


def _turned(points: Points, x: float, y: float, degrees: float) -> list[tuple[float, float]]:
    cos, sin = round(math.cos(math.radians(degrees)), 6), round(math.sin(math.radians(degrees)), 6)
    return [(x + (a - x) * cos - (b - y) * sin, y + (a - x) * sin + (b - y) * cos) for a, b in points]


def _femur(pen: Pen, turn: float) -> None:
    """The upper end of the thigh bone, turned round the centre of its head."""
    outline = _turned([(0.10, -0.33), (0.26, -0.22), (0.28, -0.02), (0.14, 0.11), (0.02, 0.12), (-0.10, 0.24),
                       (-0.16, 0.38), (-0.24, 0.46), (-0.27, 0.75), (-0.28, 1.3), (-0.56, 1.3), (-0.56, 0.5),
                       (-0.62, 0.18), (-0.64, -0.06), (-0.54, -0.16), (-0.42, -0.08), (-0.28, -0.04), (-0.12, -0.18),
                       (-0.06, -0.29)], 0.08, -0.12, turn)  # fmt: skip
    inside = _turned(
        [
            (0.08, -0.28),
            (0.20, -0.18),
            (0.22, -0.04),
            (0.10, 0.06),
            (-0.04, 0.10),
            (-0.18, 0.26),
            (-0.34, 0.50),
            (-0.355, 0.85),
            (-0.36, 1.3),
            (-0.475, 1.3),
            (-0.48, 0.6),
            (-0.56, 0.16),
            (-0.58, -0.02),
            (-0.52, -0.09),
            (-0.34, 0.02),
            (-0.20, -0.04),
            (-0.06, -0.18),
        ],
        0.08,
        -0.12,
        turn,
    )
    _bone(pen, outline, 0.62, inside, 0.2)


def _hip(pen: Pen, turn: float) -> None:
    pen.shape([(-0.74, -1.2), (-0.82, -0.4), (-0.84, 0.3), (-0.72, 1.2), (0.30, 1.2), (0.52, 0.62), (1.2, 0.55),
               (1.2, -1.2)], 1.25, soft=0.07)  # fmt: skip
    bones = pen.layer()
    ilium = [(-0.42, -1.15), (-0.50, -0.92), (-0.32, -0.62), (-0.16, -0.42), (0.02, -0.44), (0.22, -0.36),
             (0.34, -0.20), (0.46, -0.34), (0.66, -0.50), (0.86, -0.86), (0.92, -1.2)]  # fmt: skip
    _bone(bones, ilium, 0.40)
    bones.tube([(-0.20, -0.36), (-0.02, -0.42), (0.18, -0.38), (0.32, -0.24), (0.36, -0.02)], 0.03, 0.28, add=True)
    bones.ellipse(0.24, -0.92, 0.36, 0.30, -0.16, turn=-8, soft=26, add=True)
    bones.tube([(-0.52, -1.1), (-0.46, -0.88), (-0.30, -0.60), (-0.18, -0.44)], 0.030, 0.14, add=True)
    bones.tube([(0.98, -0.80), (0.78, -0.46), (0.52, -0.16), (0.60, 0.0), (0.86, 0.10)], 0.022, 0.18, add=True)
    ring = [(0.30, -0.10), (0.44, -0.16), (0.62, -0.04), (0.80, 0.06), (1.00, 0.08), (1.00, 0.32), (0.82, 0.34),
            (0.70, 0.48), (0.56, 0.62), (0.40, 0.62), (0.29, 0.46), (0.25, 0.18)]  # fmt: skip
    hole = [(0.46, 0.11), (0.60, 0.10), (0.73, 0.19), (0.66, 0.32), (0.54, 0.45), (0.45, 0.43), (0.40, 0.26)]
    _bone(bones, ring, 0.46, hole, 0.44)
    bones.shape([(0.96, -1.2), (1.06, -0.60), (1.2, -0.3), (1.3, -1.2)], 0.35, add=True)
    # The socket's front wall lies over the inner half of the ball.
    bones.shape([(-0.02, -0.40), (0.20, -0.36), (0.36, -0.16), (0.34, 0.10), (0.22, 0.20), (0.14, 0.04), (0.08, -0.16)],
                0.10, add=True)  # fmt: skip
    _femur(bones, turn)
    fracture = pen.findings.get("fracture")
    if fracture:
        # Through the neck: a dark jagged line, and a denser one where the ends are driven together.
        line = [(-0.24, -0.14), (-0.17, -0.04), (-0.19, 0.03), (-0.12, 0.12), (-0.13, 0.20)]
        dense = [(-0.20, -0.13), (-0.14, -0.03), (-0.15, 0.05), (-0.085, 0.13)]
        share = fracture.size_mm / 45
        line, dense = ([(-0.165 + (x + 0.165) * share, 0.03 + (y - 0.03) * share) for x, y in each]
                       for each in (line, dense))  # fmt: skip
        bones.tube(_turned(line, 0.08, -0.12, turn), 0.014, -0.30, add=True)
        bones.tube(_turned(dense, 0.08, -0.12, turn), 0.010, 0.16, add=True)
        np.maximum(bones.image, 0, out=bones.image)  # the line ends where the bone does
    bones.mottle(0.16, 0.014)
    pen.add(bones, soft=0.006)
    pen.mottle(0.05, 0.14)
    exposed(pen)


def hip_frontal(pen: Pen, depth: float) -> None:
    """The hip from the front: ball, neck and shaft of the thigh bone in the socket of the pelvis."""
    _hip(pen, 0)


def hip_lateral(pen: Pen, depth: float) -> None:
    """The hip with the thigh turned out (frog-leg lateral)."""
    _hip(pen, 48)


def knee_frontal(pen: Pen, depth: float) -> None:
    """The knee from the front: thigh bone above, shin below, calf bone at the outer side, knee cap faint."""
    pen.shape([(-0.50, -1.2), (-0.50, -0.4), (-0.56, 0.1), (-0.48, 1.2), (0.48, 1.2), (0.54, 0.1), (0.52, -0.4),
               (0.54, -1.2)], 0.75, soft=0.05)  # fmt: skip
    bones = pen.layer()
    _bone(bones, [(-0.19, -1.2), (-0.18, -0.62), (-0.30, -0.40), (-0.43, -0.22), (-0.43, -0.04), (-0.30, 0.03),
                  (-0.13, 0.0), (0.0, -0.12), (0.12, 0.01), (0.30, 0.045), (0.44, -0.05), (0.44, -0.24), (0.30, -0.42),
                  (0.18, -0.62), (0.19, -1.2)], 0.85,
          [(-0.10, -1.2), (-0.10, -0.62), (-0.22, -0.36), (-0.36, -0.20), (-0.34, -0.06), (-0.12, -0.08), (0, -0.18),
           (0.12, -0.08), (0.34, -0.06), (0.36, -0.20), (0.22, -0.38), (0.10, -0.62), (0.10, -1.2)], 0.25)  # fmt: skip
    _bone(bones, [(-0.43, 0.11), (-0.20, 0.12), (-0.06, 0.07), (0.0, 0.11), (0.07, 0.06), (0.20, 0.12), (0.43, 0.11),
                  (0.42, 0.26), (0.28, 0.44), (0.19, 0.72), (0.17, 1.2), (-0.17, 1.2), (-0.18, 0.72), (-0.27, 0.44),
                  (-0.41, 0.27)], 0.80,
          [(-0.34, 0.18), (0.0, 0.17), (0.34, 0.18), (0.32, 0.27), (0.18, 0.46), (0.09, 0.72), (0.08, 1.2),
           (-0.08, 1.2), (-0.09, 0.72), (-0.18, 0.46), (-0.32, 0.28)], 0.25)  # fmt: skip
    bones.shape([(-0.40, 0.25), (-0.32, 0.34), (-0.315, 0.46), (-0.30, 0.70), (-0.29, 1.2), (-0.385, 1.2),
                 (-0.39, 0.72), (-0.455, 0.48), (-0.47, 0.34)], 0.50, add=True)  # fmt: skip
    bones.ellipse(0.02, -0.26, 0.19, 0.20, 0.22, soft=3, add=True)
    bones.mottle(0.14, 0.014)
    pen.add(bones, soft=0.006)
    pen.mottle(0.05, 0.14)
    exposed(pen)


def knee_lateral(pen: Pen, depth: float) -> None:
    """The knee from the side, a little bent: the knee cap in front, at the left of the picture."""
    pen.shape([(-0.46, -1.2), (-0.62, -0.4), (-0.50, 0.1), (-0.46, 0.5), (-0.30, 1.2), (0.56, 1.2), (0.58, 0.4),
               (0.46, 0.0), (0.62, -0.5), (0.70, -1.2)], 0.75, soft=0.05)  # fmt: skip
    bones = pen.layer()
    _bone(bones, [(-0.10, -1.2), (-0.16, -0.6), (-0.30, -0.36), (-0.34, -0.16), (-0.24, 0.0), (-0.02, 0.05),
                  (0.22, 0.0), (0.33, -0.16), (0.28, -0.34), (0.14, -0.46), (0.14, -0.7), (0.24, -1.2)], 0.85,
          [(0.0, -1.2), (-0.06, -0.6), (-0.22, -0.32), (-0.26, -0.16), (-0.18, -0.05), (0.0, -0.02), (0.18, -0.06),
           (0.25, -0.18), (0.05, -0.46), (0.05, -0.7), (0.15, -1.2)], 0.25)  # fmt: skip
    _bone(bones, [(-0.30, 0.15), (0.0, 0.10), (0.30, 0.12), (0.32, 0.24), (0.20, 0.42), (0.14, 0.7), (0.14, 1.2),
                  (-0.16, 1.2), (-0.20, 0.7), (-0.26, 0.44), (-0.34, 0.36)], 0.80,
          [(-0.22, 0.21), (0.24, 0.18), (0.12, 0.42), (0.05, 0.7), (0.05, 1.2), (-0.07, 1.2), (-0.11, 0.7),
           (-0.18, 0.42)], 0.25)  # fmt: skip
    bones.shape([(0.28, 0.24), (0.345, 0.34), (0.34, 0.46), (0.30, 0.72), (0.315, 1.2), (0.225, 1.2), (0.22, 0.72),
                 (0.215, 0.46), (0.205, 0.33)], 0.45, add=True)  # fmt: skip
    bones.shape([(-0.46, -0.44), (-0.40, -0.36), (-0.40, -0.18), (-0.45, -0.08), (-0.52, -0.18), (-0.53, -0.34)], 0.55,
                add=True)  # fmt: skip
    pen.tube([(-0.46, -0.06), (-0.42, 0.16), (-0.34, 0.36)], 0.022, 0.10, add=True)
    bones.mottle(0.14, 0.014)
    pen.add(bones, soft=0.006)
    pen.mottle(0.05, 0.14)
    exposed(pen)


def exposed(pen: Pen) -> None:
    """Thickness to stored value: the thicker, the whiter, and never quite white (a saturating curve)."""
    pen.grain(0.018)
    pen.image = pen.image / (pen.image + 1.0) * 4095
