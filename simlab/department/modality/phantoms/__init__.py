"""The phantoms by name: what a recipe's series can show."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from simlab.department.modality.phantoms.outlines import Image
from simlab.department.modality.phantoms.pen import Pen


@dataclass(frozen=True)
class Phantom:
    """How to draw one on a canvas of value `ground`: `drawn_by` is module and function of this package.

    `findings` are those it shows when a recipe asks, `options` what a series may choose, with what holds otherwise.
    """

    drawn_by: str
    ground: float = 0.0
    findings: frozenset[str] = frozenset()
    options: Mapping[str, str | float] = field(default_factory=dict)

    def draw(self, pen: Pen, depth: float) -> None:
        """Draw it; `depth` runs from 0 to 1 through a stack. The module is loaded now: most labs draw few phantoms."""
        module, _, function = self.drawn_by.partition(".")
        getattr(importlib.import_module(f"{__name__}.{module}"), function)(pen, depth)


def _finds(*kinds: str) -> frozenset[str]:
    return frozenset(kinds)


_AIR = -1000.0

PHANTOMS: dict[str, Phantom] = {
    "chest-axial": Phantom("chest.axial", _AIR, _finds("nodule"), {"contrast": "venous"}),
    "chest-coronal": Phantom("chest.coronal", _AIR, _finds("nodule")),
    "chest-frontal-film": Phantom("chest_film.frontal", findings=_finds("nodule"), options={"view": "PA"}),
    "chest-lateral-film": Phantom("chest_film.lateral", findings=_finds("nodule")),
    "head-axial": Phantom("brain.axial", _AIR, _finds("bleed", "lesion"), {"weighting": "CT"}),
    "brain-axial": Phantom("brain.axial", 8.0, _finds("lesion"), {"weighting": "T2"}),
    "brain-sagittal": Phantom("brain.sagittal", 8.0, _finds("lesion"), {"weighting": "T1"}),
    "abdomen-axial": Phantom("abdomen.axial", _AIR, _finds("aneurysm", "lesion"), {"phase": "portal"}),
    "aorta-across": Phantom("aorta.across", findings=_finds("aneurysm")),
    "aorta-along": Phantom("aorta.along", findings=_finds("aneurysm")),
    "hip-frontal-film": Phantom("hip.frontal", findings=_finds("fracture")),
    "hip-lateral-film": Phantom("hip.lateral", findings=_finds("fracture")),
    "knee-frontal-film": Phantom("limbs.knee_frontal"),
    "knee-lateral-film": Phantom("limbs.knee_lateral"),
    "knee-sagittal": Phantom("knee_mr.knee_sagittal", 20.0, options={"weighting": "PD"}),
    "knee-coronal": Phantom("knee_mr.knee_coronal", 20.0, options={"weighting": "T1"}),
    "knee-axial": Phantom("knee_mr.knee_axial", 20.0, options={"weighting": "PDFS"}),
    "hand-film": Phantom("hand.frontal_film", findings=_finds("fracture"), options={"view": "PA"}),
    "breast-film": Phantom("breast.film", findings=_finds("mass"), options={"view": "CC"}),
    "fetus-head": Phantom("fetus.head"),
    "fetus-profile": Phantom("fetus.profile"),
    "kidney-flow": Phantom("flow.kidney"),
    "carotid-flow": Phantom("flow.carotid", findings=_finds("stenosis"), options={"side": "R"}),
    "heart-beat": Phantom("heart.four_chambers"),
    "coronary-run": Phantom("contrast.coronary", findings=_finds("stenosis")),
    "swallow-run": Phantom("contrast.swallow"),
    "bone-scan": Phantom("nuclear.bone_scan", findings=_finds("metastasis")),
    "pet-coronal": Phantom("nuclear.pet_coronal", findings=_finds("nodule")),
    "dose-page": Phantom("paper.dose_page"),
    "request-form": Phantom("paper.request_form", 235.0),
}

__all__ = ["PHANTOMS", "Image", "Pen", "Phantom"]
