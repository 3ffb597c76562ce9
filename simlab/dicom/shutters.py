"""What the shutters of an image or a presentation state leave open (PS3.3 C.7.6.11)."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image, ImageDraw
from pydicom.dataset import Dataset

from simlab.dicom.pixels import Array

_EDGES = ("ShutterLeftVerticalEdge", "ShutterUpperHorizontalEdge", "ShutterRightVerticalEdge",
          "ShutterLowerHorizontalEdge")  # fmt: skip


def opening(ds: Dataset, columns: int, rows: int) -> Array | None:
    """1 where an image of that size is seen, 0 where a shutter hides it; None without one. Several narrow each other.

    RECTANGULAR, CIRCULAR and POLYGONAL shutters are known; what is said of them falsely hides nothing.
    """
    said = ds.get("ShutterShape")
    several = said if hasattr(said, "__iter__") and not isinstance(said, str) else [said]
    shapes = {str(one) for one in several}
    seen: Array = np.ones((rows, columns), np.float32)
    for shape, drawn in (("RECTANGULAR", _rectangle), ("CIRCULAR", _circle), ("POLYGONAL", _polygon)):
        part = drawn(ds, columns, rows) if shape in shapes else None
        if part is not None:
            seen = seen * part
    return None if seen.all() else seen


def _rectangle(ds: Dataset, columns: int, rows: int) -> Array | None:
    edges = [_numbers(ds.get(keyword), 1) for keyword in _EDGES]
    if not all(edges):
        return None
    left, upper, right, lower = (edge[0] for edge in edges)
    x, y = np.arange(1, columns + 1)[None, :], np.arange(1, rows + 1)[:, None]
    inside: Array = ((x > left) & (x < right) & (y > upper) & (y < lower)).astype(np.float32)
    return inside


def _circle(ds: Dataset, columns: int, rows: int) -> Array | None:
    middle, radius = _numbers(ds.get("CenterOfCircularShutter"), 2), _numbers(ds.get("RadiusOfCircularShutter"), 1)
    if not middle or not radius:
        return None
    x, y = np.arange(1, columns + 1)[None, :] - middle[1], np.arange(1, rows + 1)[:, None] - middle[0]
    inside: Array = (x * x + y * y <= radius[0] ** 2).astype(np.float32)
    return inside


def _polygon(ds: Dataset, columns: int, rows: int) -> Array | None:
    corners = _numbers(ds.get("VerticesOfThePolygonalShutter"), 6)
    if not corners:
        return None
    picture = Image.new("L", (columns, rows))
    points = [(column - 1, row - 1) for row, column in zip(corners[::2], corners[1::2], strict=False)]
    ImageDraw.Draw(picture).polygon(points, fill=1)
    return np.asarray(picture).astype(np.float32)


def _numbers(value: Any, least: int) -> list[float]:
    """At least so many numbers, or none."""
    several = [] if value is None or isinstance(value, str) else value if hasattr(value, "__iter__") else [value]
    try:
        found = [float(part) for part in several][:2048]
    except (TypeError, ValueError):
        return []
    return found if len(found) >= least and all(abs(part) < 1e6 for part in found) else []
