"""The phantoms by name: what a recipe's series can show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from simlab.department.modality.phantoms import abdomen, chest, head, limbs
from simlab.department.modality.phantoms.pen import Image, Pen


@dataclass(frozen=True)
class Phantom:
    """How to draw one: `draw(pen, depth)` on a canvas of value `ground`; `depth` runs from 0 to 1 through a stack."""

    draw: Callable[[Pen, float], None]
    ground: float = 0.0


_AIR = -1000.0

PHANTOMS: dict[str, Phantom] = {
    "chest-axial": Phantom(chest.axial, _AIR),
    "chest-coronal": Phantom(chest.coronal, _AIR),
    "chest-frontal-film": Phantom(chest.frontal_film),
    "chest-lateral-film": Phantom(chest.lateral_film),
    "head-axial": Phantom(head.axial, _AIR),
    "abdomen-axial": Phantom(abdomen.axial, _AIR),
    "aorta-across": Phantom(abdomen.aorta_across),
    "aorta-along": Phantom(abdomen.aorta_along),
    "hip-frontal-film": Phantom(limbs.hip_frontal),
    "hip-lateral-film": Phantom(limbs.hip_lateral),
    "knee-frontal-film": Phantom(limbs.knee_frontal),
    "knee-lateral-film": Phantom(limbs.knee_lateral),
    "knee-sagittal": Phantom(limbs.knee_sagittal, 20.0),
}

__all__ = ["PHANTOMS", "Image", "Pen", "Phantom"]
