"""The knee by MR, down and across, in the brightness that each tissue has in a sequence."""

from __future__ import annotations

from dataclasses import dataclass

from simlab.department.modality.phantoms.pen import Pen


@dataclass(frozen=True)
class Signals:
    """How bright each tissue is in one sequence."""

    fat: float
    marrow: float
    muscle: float
    cortex: float
    cartilage: float
    meniscus: float
    ligament: float
    fluid: float


SIGNALS: dict[str, Signals] = {
    "PD": Signals(780, 870, 330, 60, 560, 45, 130, 640),
    "T1": Signals(880, 800, 300, 50, 380, 50, 110, 190),
    "PDFS": Signals(120, 170, 300, 45, 640, 50, 120, 980),
}


def knee_sagittal(pen: Pen, depth: float) -> None:
    """A slice down the knee from front (left) to back: marrow and fat bright, cortex and ligaments dark."""
    of = SIGNALS[str(pen.options["weighting"])]
    middle = 1 - (2 * depth - 1) ** 2
    pen.shape([(-0.52, -1.2), (-0.66, -0.4), (-0.58, 0.1), (-0.54, 0.5), (-0.40, 1.2), (0.60, 1.2), (0.64, 0.4),
               (0.54, 0.0), (0.66, -0.5), (0.74, -1.2)], of.fat)  # fmt: skip
    pen.tube([(0.44, -1.2), (0.42, -0.5), (0.36, -0.15)], (0.24, 0.16, 0.04), of.muscle)
    pen.tube([(0.40, 0.12), (0.40, 0.5), (0.34, 1.2)], (0.05, 0.15, 0.20), of.muscle)
    pen.tube([(-0.30, -1.2), (-0.38, -0.75), (-0.44, -0.42)], (0.10, 0.06, 0.03), of.muscle)
    round_ = 0.80 + 0.2 * middle
    pen.shape([(-0.16, -1.2), (-0.18, -0.6), (-0.30, -0.38), (-0.35, -0.16), (-0.24, 0.01), (-0.02, 0.06),
               (0.22 * round_, 0.01), (0.34 * round_, -0.16), (0.28, -0.36), (0.16, -0.50), (0.16, -1.2)],
              of.cortex)  # fmt: skip
    pen.shape(
        [
            (-0.12, -1.2),
            (-0.14, -0.6),
            (-0.26, -0.36),
            (-0.31, -0.16),
            (-0.21, -0.03),
            (-0.02, 0.02),
            (0.20 * round_, -0.03),
            (0.30 * round_, -0.17),
            (0.24, -0.34),
            (0.12, -0.48),
            (0.12, -1.2),
        ],
        of.marrow,
    )
    # Where the plates of growth have closed, a thin dark line stays.
    pen.tube([(-0.225, -0.40), (0.0, -0.36), (0.20, -0.40)], 0.006, 0.55 * of.marrow, soft=0.004)
    pen.shape([(-0.36, -0.50), (-0.20, -0.52), (-0.22, -0.40), (-0.34, -0.30)], of.fluid)
    pen.tube([(-0.33, -0.12), (-0.20, 0.055), (0.0, 0.085), (0.22, 0.045), (0.32, -0.10)], 0.02, of.cartilage)
    pen.shape([(-0.32, 0.14), (0.0, 0.12), (0.34, 0.13), (0.35, 0.28), (0.20, 0.46), (0.16, 1.2), (-0.20, 1.2),
               (-0.26, 0.5), (-0.36, 0.36)], of.cortex)  # fmt: skip
    pen.shape([(-0.27, 0.19), (0.0, 0.17), (0.29, 0.18), (0.30, 0.27), (0.16, 0.46), (0.12, 1.2), (-0.16, 1.2),
               (-0.22, 0.5), (-0.31, 0.35)], of.marrow)  # fmt: skip
    pen.tube([(-0.28, 0.33), (-0.05, 0.36), (0.22, 0.32)], 0.006, 0.55 * of.marrow, soft=0.004)
    pen.tube([(-0.30, 0.135), (0.0, 0.118), (0.31, 0.130)], 0.014, of.cartilage)
    pen.shape([(-0.30, 0.135), (-0.30, 0.05), (-0.12, 0.115)], of.meniscus, smooth=False)
    pen.shape([(0.34, 0.125), (0.34, 0.02), (0.12, 0.11)], of.meniscus, smooth=False)
    if 0.36 < depth < 0.64:
        _notch(pen, of, front=depth < 0.5)
        for x, width, value in ((0.445, 0.018, of.cortex), (0.505, 0.014, of.cortex * 1.8)):
            pen.tube([(x + 0.02, -1.2), (x + 0.01, -0.5), (x, 0.0), (x - 0.03, 0.5), (x - 0.10, 1.2)], width, value)
    if depth < 0.12:
        head = [(0.20, 0.36), (0.30, 0.30), (0.375, 0.38), (0.350, 0.52), (0.30, 0.66), (0.28, 1.2), (0.20, 1.2),
                (0.20, 0.66), (0.175, 0.50)]  # fmt: skip
        pen.shape(head, of.cortex)
        pen.shape([(0.275 + (x - 0.275) * 0.72, 0.50 + (y - 0.50) * 0.86) for x, y in head], of.marrow)
    if 0.2 < depth < 0.8:
        pen.shape(
            [(-0.45, -0.50), (-0.37, -0.40), (-0.355, -0.22), (-0.43, -0.08), (-0.53, -0.16), (-0.56, -0.36)], of.cortex
        )
        pen.shape(
            [(-0.45, -0.46), (-0.40, -0.39), (-0.385, -0.23), (-0.435, -0.12), (-0.505, -0.17), (-0.53, -0.35)],
            of.marrow,
        )
        pen.tube([(-0.38, -0.42), (-0.345, -0.31), (-0.37, -0.16)], (0.005, 0.020, 0.005), of.cartilage)
        pen.tube([(-0.48, -0.12), (-0.45, 0.14), (-0.36, 0.37)], (0.034, 0.026, 0.014), of.cortex)
        pen.tube([(-0.49, -0.44), (-0.45, -0.7), (-0.36, -1.2)], (0.034, 0.026, 0.026), of.cortex)
    pen.mottle(0.05, 0.07)
    pen.warp(0.016, 0.2)
    pen.grain(22)


def _notch(pen: Pen, of: Signals, *, front: bool) -> None:
    """The room between the condyles, with fat: the front cruciate in one slice, the hind one arching in the next."""
    pen.shape([(-0.08, 0.04), (0.02, -0.13), (0.14, -0.30), (0.27, -0.36), (0.40, -0.22), (0.40, 0.06), (0.18, 0.10)],
              of.fat)  # fmt: skip
    pen.tube([(-0.07, 0.02), (0.03, -0.14), (0.14, -0.31)], 0.016, of.cortex)
    pen.tube([(-0.20, 0.125), (0.04, 0.105), (0.30, 0.125)], (0.008, 0.016, 0.008), of.cortex)
    if front:
        pen.tube([(0.17, -0.27), (0.09, -0.12), (0.0, 0.02), (-0.10, 0.13)], (0.030, 0.040, 0.042, 0.034), of.ligament)
        pen.tube([(0.15, -0.22), (0.06, -0.06), (-0.05, 0.09)], 0.008, of.ligament * 2.2, soft=0.006)
    else:
        pen.tube([(0.02, -0.10), (0.13, -0.12), (0.25, -0.03), (0.31, 0.11), (0.31, 0.24)],
                 (0.028, 0.044, 0.044, 0.038, 0.022), of.cortex)  # fmt: skip


def knee_coronal(pen: Pen, depth: float) -> None:
    """A slice down the knee from the front: both condyles, the menisci as dark wedges, the cruciates between."""
    of = SIGNALS[str(pen.options["weighting"])]
    pen.shape([(-0.56, -1.2), (-0.58, -0.4), (-0.62, 0.1), (-0.54, 1.2), (0.54, 1.2), (0.60, 0.1), (0.60, -0.4),
               (0.60, -1.2)], of.fat)  # fmt: skip
    for side in (-1, 1):
        pen.tube([(side * 0.38, -1.2), (side * 0.40, -0.7), (side * 0.44, -0.42)], (0.13, 0.11, 0.03), of.muscle)
        pen.tube([(side * 0.34, 0.5), (side * 0.36, 0.8), (side * 0.36, 1.2)], (0.04, 0.13, 0.15), of.muscle)
    femur = [(-0.18, -1.2), (-0.18, -0.62), (-0.30, -0.40), (-0.44, -0.22), (-0.44, -0.05), (-0.30, 0.03),
             (-0.14, -0.02),
             (-0.08, -0.14), (0.08, -0.14), (0.14, -0.02), (0.30, 0.04), (0.45, -0.05), (0.44, -0.24), (0.30, -0.42),
             (0.18, -0.62), (0.18, -1.2)]  # fmt: skip
    tibia = [(-0.45, 0.13), (-0.20, 0.13), (-0.06, 0.08), (0.0, 0.11), (0.07, 0.07), (0.20, 0.13), (0.45, 0.13),
             (0.43, 0.28), (0.28, 0.46), (0.18, 0.74), (0.16, 1.2), (-0.16, 1.2), (-0.17, 0.74), (-0.27, 0.46),
             (-0.43, 0.29)]  # fmt: skip
    for bone, middle in ((femur, (0.0, -0.30)), (tibia, (0.0, 0.45))):
        pen.shape(bone, of.cortex)
        pen.shape(
            [(middle[0] + (x - middle[0]) * 0.91, middle[1] + (y - middle[1]) * 0.955) for x, y in bone], of.marrow
        )
    pen.ellipse(-0.42, 0.40, 0.085, 0.11, of.cortex)
    pen.ellipse(-0.42, 0.40, 0.07, 0.095, of.marrow)
    for side in (-1, 1):
        pen.tube([(side * 0.43, 0.005), (side * 0.29, 0.055), (side * 0.14, 0.005)], 0.020, of.cartilage)
        pen.tube([(side * 0.43, 0.115), (side * 0.20, 0.115)], 0.012, of.cartilage)
        pen.shape([(side * 0.47, 0.02), (side * 0.47, 0.11), (side * 0.27, 0.095)], of.meniscus, smooth=False)
        pen.tube([(side * 0.48, -0.32), (side * 0.505, 0.0), (side * 0.47, 0.36)], 0.016, of.cortex)
        pen.tube([(side * 0.515, -0.10), (side * 0.525, 0.06)], 0.010, of.fluid)
    # The front cruciate comes from the outer condyle (left here), the hind one from the inner.
    pen.tube([(-0.09, -0.11), (-0.05, -0.02), (0.0, 0.085)], (0.018, 0.026, 0.014), of.ligament)
    pen.tube([(0.10, -0.09), (0.085, -0.02), (0.05, 0.05)], (0.020, 0.038, 0.030), of.cortex)
    if depth < 0.3:
        pen.ellipse(0.0, -0.42, 0.20, 0.21, of.cortex)
        pen.ellipse(0.0, -0.42, 0.175, 0.185, of.marrow)
    pen.mottle(0.05, 0.07)
    pen.warp(0.016, 0.2)
    pen.grain(22)


def knee_axial(pen: Pen, depth: float) -> None:
    """A slice across the knee, the knee cap above: its cartilage, the condyles, the vessels behind."""
    of = SIGNALS[str(pen.options["weighting"])]
    pen.ellipse(0, 0.05, 0.80, 0.80, of.fat)
    for x, y, rx, ry, turn in ((-0.42, 0.62, 0.16, 0.10, 20), (0.42, 0.62, 0.18, 0.11, -20),
                               (-0.20, 0.66, 0.16, 0.09, 0),
                               (0.60, 0.34, 0.07, 0.16, 0), (-0.60, 0.34, 0.07, 0.16, 0)):  # fmt: skip
        pen.ellipse(x, y, rx, ry, of.muscle, turn=turn)
    condyles = [(-0.52, -0.06), (-0.40, -0.30), (-0.14, -0.26), (0.0, -0.16), (0.16, -0.26), (0.42, -0.26), (0.54, 0.0),
                (0.50, 0.32), (0.30, 0.44), (0.12, 0.36), (0.0, 0.20), (-0.12, 0.36), (-0.30, 0.46),
                (-0.48, 0.32)]  # fmt: skip
    pen.tube([(-0.50, -0.22), (-0.36, -0.33), (-0.15, -0.31), (0.0, -0.24), (0.16, -0.31), (0.36, -0.31),
              (0.50, -0.20)],
             (0.004, 0.030, 0.036, 0.05, 0.036, 0.030, 0.004), of.fluid)  # fmt: skip
    pen.shape(condyles, of.cortex)
    pen.shape([(x * 0.94, 0.05 + (y - 0.05) * 0.92) for x, y in condyles], of.marrow)
    pen.tube([(-0.42, -0.29), (-0.36, -0.315), (-0.15, -0.285), (0.0, -0.19), (0.16, -0.285), (0.36, -0.295),
              (0.44, -0.26)],
             (0.004, 0.018, 0.022, 0.022, 0.022, 0.018, 0.004), of.cartilage)  # fmt: skip
    cap = [(-0.34, -0.54), (-0.10, -0.66), (0.16, -0.64), (0.34, -0.52), (0.14, -0.44), (0.0, -0.34), (-0.16, -0.44)]
    pen.shape(cap, of.cortex)
    pen.shape([(x * 0.9, -0.53 + (y + 0.53) * 0.84) for x, y in cap], of.marrow)
    pen.tube([(-0.31, -0.52), (-0.16, -0.435), (0.0, -0.345), (0.14, -0.435), (0.31, -0.50)],
             (0.004, 0.022, 0.032, 0.022, 0.004), of.cartilage)  # fmt: skip
    pen.ellipse(0.02, 0.56, 0.055, 0.050, of.cortex)
    pen.ellipse(-0.08, 0.52, 0.045, 0.045, of.cortex + 40)
    pen.ellipse(0.10, 0.62, 0.030, 0.030, of.ligament)
    if 0.3 < depth < 0.75:
        pen.ellipse(0.0, 0.28, 0.05, 0.09, of.ligament)
    pen.mottle(0.05, 0.07)
    pen.warp(0.020, 0.2)
    pen.grain(22)
