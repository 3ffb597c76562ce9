"""Colour Doppler: blood towards the probe red, away from it blue, over the grey of the tissue."""

from __future__ import annotations

import numpy as np

from simlab.department.modality.phantoms import ultrasound
from simlab.department.modality.phantoms.pen import Pen

_TOWARDS, _AWAY = ((120, 0, 0), (255, 210, 60)), ((0, 20, 130), (80, 220, 255))
_SIDES = {"R": "RT", "L": "LT", "": ""}


def _flow(pen: Pen, line: list[tuple[float, float]], radius: tuple[float, ...] | float, towards: bool,
          speed: float = 0.6) -> None:  # fmt: skip
    """Blood in a vessel, quicker and brighter in its middle."""
    slow, quick = _TOWARDS if towards else _AWAY
    for share, part in ((1.0, 0.0), (0.72, 0.35), (0.45, 0.7), (0.22, 1.0)):
        cover = pen.layer()
        wide = [each * share for each in radius] if isinstance(radius, tuple) else radius * share
        cover.tube(line, wide, 1)
        cover.mottle(0.25, 0.02, key=share > 0.5)
        mix = part * speed
        colour = tuple(int(low + (high - low) * mix) for low, high in zip(slow, quick, strict=True))
        pen.tint(np.clip(cover.image, 0, 1), (colour[0], colour[1], colour[2]))


def _scale(pen: Pen, words: list[tuple[float, float, str]]) -> None:
    """The colour bar beside the picture, and the words."""
    ultrasound.furniture(pen, words)
    half = pen.columns / pen.rows
    rows = slice(int(0.55 * pen.rows), int(0.80 * pen.rows))
    left = int((half - 0.20 + half) * pen.unit)
    steps = 24
    for number in range(steps):
        part = (number + 0.5) / steps
        low, high = _TOWARDS if part < 0.5 else _AWAY
        mix = abs(1 - 2 * part)
        tall = (rows.stop - rows.start) / steps
        cover = np.zeros_like(pen.image)
        top = slice(rows.start + int(number * tall), rows.start + int((number + 1) * tall))
        cover[top, left : left + int(0.05 * pen.unit)] = 1
        pen.tint(cover, (int(low[0] + (high[0] - low[0]) * mix), int(low[1] + (high[1] - low[1]) * mix),
                         int(low[2] + (high[2] - low[2]) * mix)))  # fmt: skip


def _box(pen: Pen, corners: list[tuple[float, float]]) -> None:
    """The colour box: no colour outside, a green line around."""
    inside, line = pen.layer(), pen.layer()
    inside.shape(corners, 1, smooth=False)
    pen.tint_within(inside.image)
    for first, last in zip(corners, corners[1:] + corners[:1], strict=True):
        line.tube([first, last], 0.005, 1)
    pen.tint(line.image, (90, 240, 90))


def kidney(pen: Pen, depth: float) -> None:
    """The right kidney along, under the liver: grey cortex, dark pyramids, bright sinus, its vessels in colour."""
    ultrasound.layers(pen, 84)
    pen.shape([(-1.3, -0.58), (0.2, -0.60), (0.7, -0.40), (0.3, -0.22), (-0.5, -0.12), (-1.2, 0.2)], 112, soft=0.01)
    pen.tube([(-1.0, -0.13), (-0.4, -0.13), (0.4, -0.24)], 0.012, 205, soft=0.006)
    kidney_ = [(-0.72, 0.16), (-0.56, -0.06), (-0.10, -0.14), (0.36, -0.10), (0.66, 0.10), (0.62, 0.36), (0.30, 0.50),
               (-0.20, 0.50), (-0.58, 0.38)]  # fmt: skip
    pen.shape([(x * 1.03, 0.18 + (y - 0.18) * 1.05) for x, y in kidney_], 215, soft=0.004)
    pen.shape(kidney_, 66)
    for x, y, turn in ((-0.50, 0.16, 80), (-0.36, 0.0, 35), (-0.08, -0.05, 5), (0.22, -0.03, -10), (0.46, 0.10, -55),
                       (0.46, 0.30, 60), (0.18, 0.41, 10), (-0.12, 0.42, -5), (-0.40, 0.34, -40)):  # fmt: skip
        pen.ellipse(x, y, 0.058, 0.072, 26, turn=turn, soft=4)
    sinus = pen.layer()
    sinus.shape([(-0.42, 0.18), (-0.20, 0.06), (0.10, 0.06), (0.36, 0.16), (0.30, 0.28), (0.0, 0.32), (-0.30, 0.28)], 1)
    sinus.warp(0.06, 0.09, key=3)
    pen.lay(sinus.image, 205)
    pen.warp(0.02, 0.2)
    ultrasound.speckle(pen)
    _flow(pen, [(0.02, 0.62), (0.0, 0.42), (0.02, 0.22), (-0.14, 0.14), (-0.34, 0.10)],
          (0.05, 0.05, 0.04, 0.028, 0.014),
          towards=True)  # fmt: skip
    _flow(pen, [(0.02, 0.22), (0.16, 0.12), (0.36, 0.10)], (0.038, 0.026, 0.014), towards=True)
    _flow(pen, [(0.12, 0.62), (0.10, 0.42), (0.10, 0.26), (0.20, 0.22), (0.40, 0.24)],
          (0.055, 0.05, 0.036, 0.026, 0.014),
          towards=False)  # fmt: skip
    _flow(pen, [(0.09, 0.27), (-0.10, 0.22), (-0.30, 0.24)], (0.034, 0.024, 0.012), towards=False)
    ultrasound.fan(pen)
    _box(pen, [(-0.50, -0.14), (0.56, -0.14), (0.66, 0.64), (-0.58, 0.64)])
    _scale(
        pen,
        [
            (-1.30, -0.96, _SIDES[str(pen.options["side"])] + " KIDNEY LS"),
            (-1.30, -0.87, "C5-1"),
            (0.62, -0.96, "MI 1.2"),
            (0.62, -0.87, "PRF 900"),
        ],
    )


def carotid(pen: Pen, depth: float) -> None:
    """The carotid fork along, by a linear probe; the pulse runs through the frames, a stenosis aliases."""
    for top, value in ((-1.0, 140), (-0.92, 80), (-0.86, 128), (-0.70, 92), (-0.62, 120), (-0.30, 96), (0.4, 84)):
        pen.shape([(-2, top), (2, top), (2, 1.3), (-2, 1.3)], value, smooth=False)
    pen.blur(0.012)
    pulse = (0.30, 0.75, 1.0, 0.85, 0.60, 0.48, 0.42, 0.36, 0.33, 0.31)[int(depth * 9.99)]
    swell = 1 + 0.05 * pulse
    inner = 3.4 * pen.mm * swell
    stem = [(-1.6, 0.10), (-0.7, 0.08), (-0.1, 0.06), (0.15, 0.06)]
    internal = [(0.0, 0.08), (0.30, 0.18), (0.70, 0.24), (1.6, 0.28)]
    external = [(0.0, 0.04), (0.30, -0.12), (0.70, -0.24), (1.6, -0.34)]
    bulb = (inner, inner * 1.35, inner * 1.05, inner * 0.95)
    found = pen.findings.get("stenosis")
    narrowed = (inner, inner * (1 - found.percent / 100), inner * 0.95, inner * 0.9) if found else bulb
    pen.warp(0.015, 0.25)
    for line, radius in ((stem, (inner,) * 4), (internal, bulb), (external, tuple(0.75 * each for each in bulb))):
        pen.tube(line, tuple(each * 1.28 for each in radius), 200, soft=0.006)
        pen.tube(line, tuple(each * 1.12 for each in radius), 55, soft=0.006)
        pen.tube(line, radius, 6)
    if found:
        # What narrows it is seen in grey too: plaque at both walls.
        pen.tube(internal[:3], bulb[:3], 125, soft=0.008)
        pen.tube(internal, narrowed, 6)
    ultrasound.speckle(pen)
    for line, radius, quick in ((stem, (inner,) * 4, 0.6), (external, tuple(0.7 * each for each in bulb), 0.5),
                                (internal, narrowed, 1.0 if found else 0.6)):  # fmt: skip
        _flow(pen, line, tuple(0.94 * each for each in radius), towards=True, speed=min(1.0, quick * (0.4 + pulse)))
    if found:
        _flow(pen, [(0.34, 0.19), (0.44, 0.205), (0.54, 0.22)], (0.02, 0.035, 0.02), towards=False, speed=pulse)
    half = pen.columns / pen.rows
    pen.blacken(slice(0, int(0.14 * pen.unit)))
    pen.blacken(slice(-int(0.30 * pen.unit), None))
    pen.image[: int(0.08 * pen.unit)] = 0
    _box(pen, [(-half + 0.35, -0.42), (half - 0.62, -0.42), (half - 0.42, 0.52), (-half + 0.55, 0.52)])
    _scale(
        pen, [(-half + 0.18, -0.98, _SIDES[str(pen.options["side"])] + " CAROTID LS"), (half - 0.28, -0.96, "L12-3")]
    )
