"""The head across and down the middle, by CT and by MR: the same anatomy in the brightness of each tissue."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simlab.department.modality.phantoms import skull_base
from simlab.department.modality.phantoms.pen import Pen


@dataclass(frozen=True)
class Tissues:
    """How bright each tissue is: Hounsfield units, or signal."""

    air: float
    skin: float
    fat: float
    bone: float
    sponge: float
    csf: float
    grey: float
    white: float
    deep: float
    blood: float
    muscle: float
    eye: float
    calcified: float
    lesion: float
    noise: float


TISSUES: dict[str, Tissues] = {
    "CT": Tissues(-1000, 25, -80, 1100, 620, 5, 39, 28, 40, 58, 45, 12, 260, 68, 3),
    "T1": Tissues(8, 480, 950, 50, 420, 130, 440, 620, 470, 120, 380, 160, 90, 300, 16),
    "T2": Tissues(8, 420, 760, 40, 330, 1000, 540, 380, 430, 60, 250, 980, 40, 860, 18),
    "FLAIR": Tissues(8, 420, 700, 40, 330, 70, 560, 430, 500, 90, 300, 120, 50, 960, 18),
}


def axial(pen: Pen, depth: float) -> None:
    """A slice across the head, seen from the feet: `depth` 0 at the foramen magnum, 1 at the vertex."""
    of = TISSUES[str(pen.options["weighting"])]
    size = 1.0 if depth < 0.6 else max(0.45, (1 - ((depth - 0.6) / 0.46) ** 2) ** 0.5)
    pen.ellipse(0, 0.0, 0.70 * size + 0.02, 0.86 * size + 0.02, of.skin)
    pen.ellipse(0, 0.0, 0.69 * size + 0.01, 0.85 * size + 0.01, of.fat)
    pen.ellipse(0, 0.0, 0.66 * size, 0.82 * size, of.bone)
    pen.ellipse(0, 0.0, 0.637 * size, 0.797 * size, of.sponge)
    pen.ellipse(0, 0.0, 0.625 * size, 0.785 * size, of.bone)
    pen.ellipse(0, 0.01, 0.595 * size, 0.75 * size, of.csf)
    _hemispheres(pen, of, size)
    if depth < skull_base.TOP:
        skull_base.base(pen, of, depth)
    else:
        _ventricles(pen, of, depth)
    if depth > 0.22:
        pen.ellipse(0, -0.60 * size, 0.006, 0.14 * size, of.blood)
        pen.ellipse(0, 0.58 * size, 0.007, 0.16 * size, of.blood)
        pen.ellipse(0, 0.715 * size, 0.032, 0.028, of.blood)
    pen.warp(0.012, 0.22)
    _found(pen, of, depth)
    pen.mottle(0.02, 0.06)
    pen.grain(of.noise * pen.quanta(52))


def _hemispheres(pen: Pen, of: Tissues, size: float) -> None:
    """Grey matter, furrowed at its edge, around white matter that reaches into the folds."""
    grey, white = pen.layer(), pen.layer()
    grey.ellipse(0, 0.01, 0.578 * size, 0.732 * size, 1)
    for side in (-1, 1):
        white.ellipse(side * 0.26 * size, 0.0, 0.215 * size, 0.62 * size, 1, turn=side * 6)
        white.ellipse(side * 0.31 * size, 0.04, 0.19 * size, 0.50 * size, 1)
    white.warp(0.10, 0.045, key=40)
    outer = np.clip(grey.image - white.image, 0, 1)
    pen.lay(grey.image, of.grey)
    pen.lay(white.image * grey.image, of.white)
    pen.winding(outer, of.csf, 0.070, 0.09, key=60)
    pen.tube([(0, -0.74 * size), (0.006, -0.5 * size), (0, -0.28)], 0.011, of.csf)
    pen.tube([(0, 0.74 * size), (-0.006, 0.6 * size), (0, 0.36)], 0.011, of.csf)


def _ventricles(pen: Pen, of: Tissues, depth: float) -> None:
    """The butterfly of the lateral ventricles, with the deep grey nuclei beside it."""
    if depth > 0.82:
        return
    wide = 1.0 if depth < 0.6 else 1 - (depth - 0.6) / 0.25
    for side in (-1, 1):
        if depth < 0.62:
            pen.ellipse(side * 0.21, 0.06, 0.10, 0.15, of.deep, turn=side * 18, soft=3)
            pen.ellipse(side * 0.13, -0.16, 0.055, 0.12, of.deep, turn=side * -18, soft=2)
            pen.ellipse(side * 0.30, -0.04, 0.055, 0.15, of.deep, turn=side * -12, soft=3)
            pen.tube([(side * 0.40, -0.16), (side * 0.385, 0.0), (side * 0.42, 0.14)], 0.013, of.csf)
            pen.tube([(side * 0.41, -0.06), (side * 0.50, -0.03), (side * 0.585, -0.05)], 0.012, of.csf)
        pen.tube([(side * 0.15, -0.40), (side * 0.075, -0.22), (side * 0.035, -0.04)],
                 (0.03 * wide, 0.062 * wide, 0.02), of.csf)  # fmt: skip
        pen.tube([(side * 0.07, 0.18), (side * 0.17, 0.32), (side * 0.23, 0.50)],
                 (0.03, 0.068 * wide, 0.025 * wide), of.csf)  # fmt: skip
        if 0.35 < depth < 0.62:
            pen.ellipse(side * 0.16, 0.33, 0.024, 0.034, of.calcified)
    if depth < 0.55:
        pen.ellipse(0, 0.05, 0.016, 0.10, of.csf)
        pen.ellipse(0, 0.19, 0.020, 0.020, of.calcified)


def _found(pen: Pen, of: Tissues, depth: float) -> None:
    lesion, bleed = pen.findings.get("lesion"), pen.findings.get("bleed")
    if lesion:
        side = 1 if lesion.side == "L" else -1
        pen.ball(side * 0.30, -0.28, 0.55, lesion.size_mm, of.lesion, soft=2.5)
    if bleed and 0.35 < depth < 0.8:
        # Between skull and dura: a lens, its greatest depth as asked for.
        side = 1 if bleed.side == "L" else -1
        thick = bleed.size_mm * pen.mm * (1 - ((depth - 0.575) / 0.225) ** 2)
        edge, half = 0.578, 0.34
        pen.shape([(side * (edge - 0.03), -0.02 - half), (side * edge, -0.02), (side * (edge - 0.03), -0.02 + half),
                   (side * (edge - thick * 0.8), half * 0.45), (side * (edge - thick), -0.02),
                   (side * (edge - thick * 0.8), -0.04 - half * 0.45)], of.lesion)  # fmt: skip


def sagittal(pen: Pen, depth: float) -> None:
    """A slice down the head, the face to the left: `depth` 0.5 is the middle."""
    of = TISSUES[str(pen.options["weighting"])]
    off = abs(depth - 0.5) * 2
    size = (1 - (0.86 * off) ** 2) ** 0.5
    if off < 0.22:
        _profile(pen, of)
    else:
        _side_of_head(pen, of, (1 - (0.80 * off) ** 2) ** 0.5)
    _cranium(pen, of, size)
    if off < 0.22:
        _midline(pen, of)
    else:
        if off < 0.75:
            pen.ellipse(0.36, 0.30, 0.24 * size, 0.15 * size, of.grey)
        if off < 0.55:
            pen.ellipse(-0.36, 0.19, 0.10, 0.10, of.fat)
            pen.ellipse(-0.385, 0.19, 0.085, 0.085, of.eye)
            pen.tube([(-0.22, -0.06), (0.06, -0.14), (0.30, -0.04), (0.20, 0.10)], (0.02, 0.035, 0.035, 0.012), of.csf)
        if 0.35 < off < 0.95:
            _temporal(pen, of, size)
    pen.warp(0.012, 0.22)
    lesion = pen.findings.get("lesion")
    if lesion:
        pen.ball(-0.20, -0.30, 0.5 + (0.2 if lesion.side == "L" else -0.2), lesion.size_mm, of.lesion, soft=2.5)
    pen.mottle(0.02, 0.06)
    pen.grain(of.noise)


def _profile(pen: Pen, of: Tissues) -> None:
    """Skin and what lies under it in the middle: forehead, nose, lips, chin and neck."""
    pen.shape([(-0.28, 1.2), (-0.30, 0.86), (-0.52, 0.86), (-0.60, 0.66), (-0.57, 0.52), (-0.66, 0.42), (-0.74, 0.34),
               (-0.66, 0.10), (-0.70, -0.24), (-0.56, -0.62), (-0.14, -0.88), (0.40, -0.82), (0.78, -0.44),
               (0.84, 0.06), (0.62, 0.44), (0.46, 0.72), (0.50, 1.2)], of.fat)  # fmt: skip
    pen.shape([(-0.26, 1.2), (-0.26, 0.82), (-0.46, 0.80), (-0.52, 0.66), (-0.52, 0.50), (-0.58, 0.38), (-0.58, 0.10),
               (-0.62, -0.22), (-0.50, -0.56), (-0.12, -0.80), (0.38, -0.75), (0.70, -0.40), (0.75, 0.06),
               (0.55, 0.40), (0.38, 0.70), (0.42, 1.2)], of.muscle)  # fmt: skip


def _side_of_head(pen: Pen, of: Tissues, size: float) -> None:
    """Beside the middle there is no nose, and the head grows smaller towards the ear."""
    neck = [(0.62, 0.44), (0.46, 0.72), (0.50, 1.5), (-0.22, 1.5), (-0.26, 0.84), (-0.46, 0.72)]
    jaw = [(0.66, 0.50), (0.34, 0.74), (-0.06, 0.84), (-0.36, 0.74)]
    outline = [(-0.54, 0.46), (-0.55, 0.22), (-0.62, 0.02), (-0.66, -0.26), (-0.54, -0.62), (-0.14, -0.88),
               (0.40, -0.82), (0.78, -0.44), (0.84, 0.06), *(neck if size > 0.84 else jaw)]  # fmt: skip
    for grown, value in ((1.0, of.fat), (0.91, of.muscle)):
        pen.shape([(0.10 + (x - 0.10) * size * grown, -0.14 + (y + 0.14) * size * grown) for x, y in outline], value)


def _temporal(pen: Pen, of: Tissues, size: float) -> None:
    """The temporal lobe, under the fissure that parts it from the rest."""
    lobe = [(-0.36, 0.14), (-0.32, 0.0), (-0.10, -0.04), (0.16, -0.02), (0.30, 0.08), (0.16, 0.22), (-0.12, 0.28),
            (-0.30, 0.26)]  # fmt: skip
    for grown, value in ((1.07, of.bone), (1.03, of.csf), (1.0, of.grey), (0.66, of.white)):
        pen.shape([(-0.02 + (x + 0.02) * size * grown, 0.11 + (y - 0.11) * size * grown) for x, y in lobe], value)
    pen.tube([(-0.32 * size, 0.01), (-0.08, -0.04), (0.16 * size, -0.05), (0.30 * size, -0.12)],
             (0.016, 0.020, 0.014, 0.006), of.csf)  # fmt: skip


def _cranium(pen: Pen, of: Tissues, size: float) -> None:
    grey, white = pen.layer(), pen.layer()
    outline = [(-0.52, 0.06), (-0.54, -0.22), (-0.44, -0.50), (-0.10, -0.70), (0.36, -0.66), (0.63, -0.36),
               (0.67, 0.04),
               (0.50, 0.22), (0.16, 0.10), (-0.10, 0.14), (-0.26, 0.10)]  # fmt: skip
    x0, y0 = 0.06, -0.22
    outline = [(x0 + (x - x0) * size, y0 + (y - y0) * size) for x, y in outline]
    for grown, value in ((1.12, of.bone), (1.09, of.sponge), (1.06, of.bone), (1.03, of.csf)):
        pen.shape([(x0 + (x - x0) * grown, y0 + (y - y0) * grown) for x, y in outline], value)
    if size > 0.75:
        pen.shape([(0.10, 0.10), (0.62 * size + 0.04, 0.10), (0.60 * size, 0.36), (0.40, 0.50 * size),
                   (0.16, 0.44 * size)], of.csf)  # fmt: skip
    grey.shape(outline, 1)
    white.shape([(x0 + (x - x0) * 0.76, y0 + (y - y0) * 0.76) for x, y in outline], 1)
    white.warp(0.14, 0.065, key=40)
    pen.lay(grey.image, of.grey)
    pen.lay(white.image * grey.image, of.white)
    pen.winding(np.clip(grey.image - 0.7 * white.image, 0, 1), of.csf, 0.085, 0.11, key=60)


def _midline(pen: Pen, of: Tissues) -> None:
    """What only the middle slices show: the white arch, the brain stem, the little brain, nose and throat."""
    pen.shape([(-0.24, -0.10), (-0.10, -0.26), (0.18, -0.26), (0.30, -0.10), (0.24, 0.06), (-0.10, 0.08)], of.csf)
    pen.tube([(-0.20, -0.02), (-0.27, -0.14), (-0.14, -0.28), (0.08, -0.31), (0.26, -0.24), (0.33, -0.12)],
             (0.028, 0.045, 0.034, 0.030, 0.034, 0.048), of.white + 20)  # fmt: skip
    pen.ellipse(0.05, -0.06, 0.13, 0.085, of.deep)
    pen.tube([(-0.16, -0.08), (-0.02, -0.16), (0.16, -0.16)], 0.014, of.white)
    pen.ellipse(-0.15, 0.13, 0.035, 0.035, of.deep)
    pen.ellipse(-0.17, 0.21, 0.05, 0.035, of.deep)
    pen.shape([(0.18, 0.12), (0.40, 0.08), (0.58, 0.20), (0.56, 0.38), (0.36, 0.46), (0.20, 0.36)], of.grey)
    hind = pen.layer()
    hind.shape([(0.20, 0.14), (0.40, 0.10), (0.56, 0.21), (0.54, 0.37), (0.36, 0.44), (0.22, 0.35)], 1)
    pen.winding(hind.image, of.csf + 0.3 * (of.grey - of.csf), 0.040, 0.13, key=80)
    for end in ((0.50, 0.20), (0.54, 0.32), (0.38, 0.42), (0.36, 0.12)):
        pen.tube([(0.24, 0.26), ((0.24 + end[0]) / 2, (0.28 + end[1]) / 2), end], (0.028, 0.014, 0.006), of.white)
    pen.tube([(0.02, 0.02), (0.01, 0.20), (0.06, 0.42), (0.10, 0.60), (0.12, 1.2)], (0.07, 0.10, 0.075, 0.05, 0.045),
             of.white)  # fmt: skip
    pen.ellipse(-0.02, 0.20, 0.085, 0.11, of.white - 0.1 * abs(of.white))
    pen.ellipse(0.145, 0.24, 0.035, 0.06, of.csf)
    for number in range(4):
        pen.ellipse(-0.06 + 0.012 * number, 0.66 + 0.16 * number, 0.085, 0.062, of.sponge)
    pen.tube([(0.04, 0.62), (0.05, 0.9), (0.06, 1.2)], 0.012, of.csf)
    pen.tube([(0.19, 0.62), (0.20, 0.9), (0.20, 1.2)], 0.014, of.csf)
    pen.shape([(-0.30, 0.14), (-0.16, 0.26), (-0.12, 0.48), (-0.20, 0.34)], of.sponge)
    pen.shape([(-0.60, 0.36), (-0.46, 0.22), (-0.28, 0.28), (-0.22, 0.40), (-0.44, 0.44)], of.air)
    pen.tube([(-0.22, 0.36), (-0.16, 0.54), (-0.17, 0.8), (-0.18, 1.2)], 0.026, of.air)
    pen.shape([(-0.50, 0.54), (-0.34, 0.50), (-0.22, 0.62), (-0.24, 0.78), (-0.44, 0.76)], of.muscle * 1.05)
