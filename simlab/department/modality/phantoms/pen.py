"""Draws soft-edged shapes on a numpy image, always the same to the byte."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simlab.department.modality.phantoms.letters import LETTERS
from simlab.department.modality.phantoms.outlines import Image, Points, brush, coverage, rounded
from simlab.department.modality.phantoms.texture import field, grain, sampled


class Pen:
    """A canvas in units of half its height: y runs from -1 (top) to 1, x from -columns/rows to columns/rows.

    Values are whatever the phantom means: Hounsfield units, thickness in a beam, brightness. Only arithmetic that is
    the same on every machine is used (no exp or sin over the image), so that the pixels are the same everywhere.
    """

    def __init__(
        self,
        columns: int,
        rows: int,
        ground: float,
        seed: int,
        *,
        mm: float = 0.005,
        stack: int = 0,
        number: int = 0,
        count: int = 1,
        gap_mm: float = 5.0,
        options: Mapping[str, str | float] | None = None,
        findings: Mapping[str, Any] | None = None,
    ) -> None:
        self.columns, self.rows = columns, rows
        self.unit = rows / 2
        self.mm = mm
        """One millimetre in units of the canvas."""
        self.number, self.count, self.gap_mm = number, count, gap_mm
        self.options, self.findings = options or {}, findings or {}
        self._stack = stack
        self._tint: Image | None = None
        self.image: Image = np.full((rows, columns), ground, np.float32)
        self._x = ((np.arange(columns) + 0.5 - columns / 2) / self.unit).astype(np.float32)
        self._y = ((np.arange(rows) + 0.5 - rows / 2) / self.unit).astype(np.float32)
        self._bits = np.random.PCG64(seed)

    def ellipse(
        self,
        x: float,
        y: float,
        rx: float,
        ry: float,
        value: float,
        *,
        turn: float = 0.0,
        soft: float = 1.0,
        add: bool = False,
        ball: bool = False,
    ) -> None:
        """An ellipse, turned by `turn` degrees clockwise, its edge `soft` pixels wide; `ball` thins outwards."""
        if rx <= 0 or ry <= 0:
            return
        cos, sin = round(math.cos(math.radians(turn)), 6), round(math.sin(math.radians(turn)), 6)
        wide, high = math.hypot(rx * cos, ry * sin), math.hypot(rx * sin, ry * cos)
        window = self._window(x - wide, x + wide, y - high, y + high)
        if window is None:
            return
        dx, dy = self._x[window[1]][None, :] - np.float32(x), self._y[window[0]][:, None] - np.float32(y)
        # Most have no turn: then a row and a column are squared, and not every pixel.
        along, across = ((dx * cos + dy * sin) / rx, (dy * cos - dx * sin) / ry) if turn else (dx / rx, dy / ry)
        inside: NDArray[Any] = (1 - along * along) - across * across
        if not ball:
            inside *= np.float32(min(rx, ry) * self.unit / (2 * soft))
            np.minimum(inside, 1, out=inside)
        cover = np.maximum(inside, 0, out=inside)
        self._lay(window, np.sqrt(cover) if ball else cover, value, add)

    def shape(self, points: Points, value: float, *, smooth: bool = True, soft: float = 0.0, add: bool = False) -> None:
        """A closed outline through `points`, rounded unless `smooth` is off, its edge blurred by `soft` units."""
        outline = rounded(points, closed=True) if smooth else np.asarray(points, np.float64)
        self._fill(outline, value, soft, add)

    def tube(
        self, points: Points, radius: float | Sequence[float], value: float, *, soft: float = 0.0, add: bool = False
    ) -> None:
        """A rounded line through `points`, `radius` wide to each side (one radius, or one a point)."""
        line = rounded(points, closed=False)
        radii = [radius] * len(points) if isinstance(radius, float | int) else list(radius)
        width = np.interp(np.linspace(0, len(points) - 1, len(line)), np.arange(len(points)), radii)
        step = np.gradient(line, axis=0)
        length = np.sqrt((step * step).sum(axis=1, keepdims=True)) + 1e-9
        normal = np.stack([-step[:, 1], step[:, 0]], axis=1) / length * width[:, None]
        self._fill(np.concatenate([line + normal, (line - normal)[::-1]]), value, soft, add)

    def dots(self, xs: Sequence[float], ys: Sequence[float], values: Sequence[float], radius: float = 0.0) -> None:
        """Points of 2 by 2 pixels or `radius` units, where they are brighter than the ground: vessels end on."""
        columns = ((np.asarray(xs) + self.columns / self.rows) * self.unit).astype(int)
        rows = ((np.asarray(ys) + 1) * self.unit).astype(int)
        self.image = np.ascontiguousarray(self.image)
        tip = brush(radius * self.unit)
        reach = max(max(abs(down), abs(right)) for down, right, _part in tip)
        rows = np.minimum(np.maximum(rows, reach), self.rows - 1 - reach)
        columns = np.minimum(np.maximum(columns, reach), self.columns - 1 - reach)
        level, flat, at = np.asarray(values, np.float32), self.image.reshape(-1), rows * self.columns + columns
        for down, right, part in tip:
            place = at + (down * self.columns + right)
            here = flat[place]
            flat[place] = np.maximum(here, here + (level - here) * np.float32(part))

    def text(self, x: float, y: float, words: str, value: float, *, size: int = 2) -> None:
        """Letters of 5 by 7 points, a point `size` pixels wide, the top left corner at (x, y)."""
        left, top = int((x + self.columns / self.rows) * self.unit), int((y + 1) * self.unit)
        for place, letter in enumerate(words.upper()):
            for column, bits in enumerate(LETTERS.get(letter, LETTERS[" "])):
                for row in range(7):
                    if bits >> row & 1:
                        across, down = left + (place * 6 + column) * size, top + row * size
                        self.image[max(down, 0) : down + size, max(across, 0) : across + size] = value

    def tint(self, cover: Image, colour: tuple[int, int, int]) -> None:
        """Colour over the grey where `cover` (0-1, of the whole canvas) says how much."""
        if self._tint is None:
            self._tint = np.zeros((self.rows, self.columns, 4), np.float32)
        rows, columns = np.flatnonzero(cover.any(axis=1)), np.flatnonzero(cover.any(axis=0))
        if not len(rows):
            return
        window = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
        part, weight = self._tint[window], cover[window][:, :, None]
        part[:, :, :3] += weight * (np.asarray(colour, np.float32) - part[:, :, :3])
        part[:, :, 3:] = np.maximum(part[:, :, 3:], weight)

    def tint_within(self, cover: Image) -> None:
        """Take colour away outside `cover` (0-1, of the whole canvas)."""
        if self._tint is not None:
            self._tint[:, :, 3] *= cover

    def blacken(self, columns: slice) -> None:
        """Black, without colour, over whole columns of pixels."""
        self.image[:, columns] = 0
        if self._tint is not None:
            self._tint[:, columns, 3] = 0

    def in_colour(self) -> Image:
        """The picture as red, green and blue."""
        grey = np.repeat(self.image[:, :, None], 3, axis=2)
        if self._tint is None:
            return grey
        weight = self._tint[:, :, 3:]
        colour: Image = grey + weight * (self._tint[:, :, :3] - grey)
        return colour

    def layer(self) -> Pen:
        """An empty canvas of the same size, to be blurred in one go and added (`add`)."""
        return Pen(self.columns, self.rows, 0, 0, mm=self.mm, stack=self._stack)

    def add(self, layer: Pen, *, soft: float = 0.0) -> None:
        """Add what was drawn on a `layer`, blurred by `soft` units."""
        self.image += _blurred(layer.image, max(round(soft * self.unit), 1)) if soft else layer.image

    def draw(self, count: int) -> list[float]:
        """`count` numbers in [0, 1), the next ones of this image's seed."""
        raw = np.atleast_1d(self._bits.random_raw(count))
        return [float(number >> np.uint64(11)) / 2**53 for number in raw]

    def draw_of_stack(self, count: int, key: int = 0) -> list[float]:
        """`count` numbers in [0, 1), the same in every image of this stack."""
        return [float(number >> np.uint64(11)) / 2**53 for number in _raw(self._stack + key, count)]

    def grain(self, amount: float, *, coarse: bool = False, share: bool = False) -> None:
        """Noise of standard deviation `amount` in every pixel; `share` makes it a share of the value (speckle)."""
        down, right = (int(number * 512) for number in self.draw(2))
        noise = grain(coarse, self.rows, self.columns, down, right) * np.float32(amount)
        if share:
            noise *= self.image
        self.image += noise

    def ball(self, x: float, y: float, where: float, size_mm: float, value: float, *, soft: float = 1.5) -> None:
        """A sphere cut by this slice, its middle at (x, y) of the slice at depth `where` of the stack."""
        middle = round(where * (self.count - 1))
        off, radius = (self.number - middle) * self.gap_mm, size_mm / 2
        if abs(off) < radius:
            cut = math.sqrt(radius * radius - off * off) * self.mm
            self.ellipse(x, y, cut, cut, value, soft=soft)

    def lay(self, cover: Image, value: float) -> None:
        """Paint `value` where `cover` (0-1, of the whole canvas) says."""
        self.image += cover * (np.float32(value) - self.image)

    def winding(self, cover: Image, value: float, size: float, width: float, *, key: int = 0) -> None:
        """Winding lines (furrows, small vessels) within `cover`, at distances of about `size` units."""
        around = field(self.rows, self.columns, max(round(size * self.unit), 2), self._stack + key)
        self.lay(cover * np.clip(1.4 - np.abs(around) / np.float32(width), 0, 1), value)

    def quanta(self, usual: float) -> float:
        """How much stronger noise is than at the `usual` CTDIvol in mGy: by the root of the dose."""
        return math.sqrt(usual / float(self.options.get("ctdivol", usual)))

    def mottle(self, amount: float, size: float, *, share: bool = True, key: int = 0) -> None:
        """Smooth unevenness, its features `size` units wide, the same through a stack; a share of the value or not."""
        noise = field(self.rows, self.columns, max(round(size * self.unit), 2), self._stack + key) * np.float32(amount)
        if share:
            noise = noise * self.image
        self.image += noise

    def warp(self, amount: float, size: float, *, key: int = 0) -> None:
        """Bend the picture by up to about `amount` units over features `size` wide: nothing alive is an ellipse."""
        self.image = sampled(self.image, amount * self.unit, max(round(size * self.unit), 2), self._stack + 17 + key)

    def blur(self, radius: float) -> None:
        """Blur the whole image by `radius` units."""
        self.image = _blurred(self.image, round(radius * self.unit))

    def _window(self, left: float, right: float, top: float, bottom: float) -> tuple[slice, slice] | None:
        half = self.columns / self.rows
        columns = slice(
            max(int((left + half) * self.unit) - 1, 0), min(int((right + half) * self.unit) + 2, self.columns)
        )
        rows = slice(max(int((top + 1) * self.unit) - 1, 0), min(int((bottom + 1) * self.unit) + 2, self.rows))
        return (rows, columns) if rows.start < rows.stop and columns.start < columns.stop else None

    def _lay(self, window: tuple[slice, slice], cover: Image, value: float, add: bool) -> None:
        under = self.image[window]
        if add:
            under += cover * np.float32(value)
        else:
            change = np.float32(value) - under
            change *= cover
            under += change

    def _fill(self, outline: NDArray[np.float64], value: float, soft: float, add: bool) -> None:
        low, high = outline.min(axis=0) - soft, outline.max(axis=0) + soft
        window = self._window(low[0], high[0], low[1], high[1])
        if window is None:
            return
        origin = np.array((self.columns / self.rows, 1.0))
        pixels = (outline + origin) * self.unit - np.array((window[1].start, window[0].start))
        columns, rows = window[1].stop - window[1].start, window[0].stop - window[0].start
        cover = coverage(pixels.tobytes(), columns, rows)
        if soft:
            cover = _blurred(cover, max(round(soft * self.unit), 1))
        self._lay(window, cover, value, add)


def _blurred(image: Image, radius: int) -> Image:
    """A box blur of `radius` pixels, twice along each axis (it turns the image on its side each time)."""
    if radius < 1:
        return image
    width = 2 * radius + 1
    for _ in range(4):
        long = image.shape[0]
        total = np.empty((long + width, image.shape[1]), np.float32)
        total[: radius + 1], total[radius + 1 : radius + 1 + long] = image[0], image
        total[radius + 1 + long :] = image[-1]
        np.cumsum(total, axis=0, out=total)
        image = ((total[width:] - total[:long]) * np.float32(1 / width)).T
    return image


@lru_cache(maxsize=16)
def _raw(seed: int, count: int) -> NDArray[Any]:
    return np.atleast_1d(np.random.PCG64(seed).random_raw(count))
