"""What a recipe says: an examination, its series, what the phantoms show, the documents that go with it."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from simlab.department.modality.attributes import KINDS
from simlab.department.modality.phantoms import PHANTOMS
from simlab.department.modality.recipe_parts import (
    Attributes,
    Coded,
    Dose,
    Exam,
    Finding,
    Outside,
    Part,
    Side,
    Syntax,
    Text,
    Window,
    known_keywords,
)


class Document(Part):
    """What goes with the images (`documents.MAKERS`): of image `image` of series `of`, `text` a line each.

    Of a presentation state, `circle` is what it marks: column, row and radius in pixels; `area` what it shows: left,
    upper, right and lower pixel, counted from 1; `window` takes the place of the image's.
    """

    kind: Literal["measurements", "dose-report", "key-images", "presentation", "pdf"]
    number: Annotated[int, Field(ge=1, le=9999)]
    description: Text
    of: int = 0
    image: int = 1
    circle: tuple[float, float, float] | None = None
    area: tuple[int, int, int, int] | None = None
    window: Window | None = None
    text: tuple[Annotated[str, Field(max_length=200)], ...] = ()

    def mirrored(self, columns: int) -> Document:
        """The same of an image, so many columns wide, whose left is right."""
        circle, area = self.circle, self.area
        return self.model_copy(update={
            "circle": circle and (columns - circle[0], *circle[1:]),
            "area": area and (columns + 1 - area[2], area[1], columns + 1 - area[0], area[3]),
        })  # fmt: skip


def _within(area: tuple[int, int, int, int], columns: int, rows: int) -> bool:
    left, upper, right, lower = area
    return 1 <= left < right <= columns and 1 <= upper < lower <= rows


class Series(Part):
    """One series: `images` slices of `phantom`, or views when the orientation is `view`; `frames` in each.

    The first slice lies at `start_mm` along the normal of the orientation (PS3.3 C.7.6.2.1.1), each further one
    `gap_mm` on, back when negative; `center_mm` moves the stack in the patient. `kind` is another than the modality's
    own; `options` are the phantom's. `marker` is the letter in the picture where it is not the side's, `burned_in`
    writes the patient into the pixels.
    """

    number: Annotated[int, Field(ge=1, le=9999)]
    description: Text
    phantom: str
    kind: str = ""
    options: dict[str, str | float] = {}
    images: Annotated[int, Field(ge=1, le=500)] = 1
    frames: Annotated[int, Field(ge=1, le=500)] = 1
    orientation: Literal["axial", "coronal", "sagittal", "view"] = "axial"
    size: tuple[Annotated[int, Field(ge=16, le=2048)], Annotated[int, Field(ge=16, le=2048)]] = (256, 256)
    spacing_mm: Annotated[float, Field(gt=0)] = 1.0
    gap_mm: float = 5.0
    start_mm: float = 0.0
    center_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    window: Window
    laterality: Side | None = None
    marker: Side | None = None
    burned_in: bool = False
    syntax: Syntax = "native"
    view: Coded | None = None
    attributes: Attributes = {}

    _known_keywords = field_validator("attributes")(known_keywords)

    @field_validator("phantom")
    @classmethod
    def _known_phantom(cls, name: str) -> str:
        if name not in PHANTOMS:
            raise ValueError(f"there is no phantom {name}; there are {', '.join(sorted(PHANTOMS))}")
        return name

    @field_validator("kind")
    @classmethod
    def _known_kind(cls, kind: str) -> str:
        if kind and kind not in KINDS:
            raise ValueError(f"there is no kind {kind} here; there are {', '.join(sorted(KINDS))}")
        return kind


def _mirrored(series: Series) -> Series:
    """A view of the other limb: from the side it looks the other way, and the beam comes from there."""
    attributes = dict(series.attributes)
    oriented = attributes.get("PatientOrientation")
    if isinstance(oriented, tuple) and oriented[0] in ("A", "P"):
        attributes["PatientOrientation"] = ("P" if oriented[0] == "A" else "A", *oriented[1:])
    view = attributes.get("ViewPosition")
    if view in ("RL", "LL", "RLO", "LLO"):
        attributes["ViewPosition"] = ("L" if str(view)[0] == "R" else "R") + str(view)[1:]
    return series.model_copy(update={"attributes": attributes})


class Recipe(Part):
    """An examination: its modality, exam code, body part and series. `size` is columns by rows.

    `attributes` are DICOM keywords with values, over the kind's own (`attributes.KINDS`). With a `laterality` the
    phantoms show that side, and a radiograph bears its letter. `findings` and `defect` are the truth that audits are
    marked against; a recipe that is not `offered` is made only when it is named.
    """

    name: str
    title: Text
    modality: str
    body_part: Annotated[str, Field(pattern=r"^[A-Z0-9_ ]{1,16}$")]
    region: Coded | None = None
    exam: Exam
    protocol: Text
    laterality: Side | None = None
    seed: int = 1
    offered: bool = True
    findings: tuple[Finding, ...] = ()
    defect: Annotated[str, Field(max_length=200)] = ""
    outside: Outside | None = None
    dose: Dose | None = None
    attributes: Attributes = {}
    series: Annotated[tuple[Series, ...], Field(min_length=1)]
    documents: tuple[Document, ...] = ()

    _known_keywords = field_validator("attributes")(known_keywords)

    @field_validator("modality")
    @classmethod
    def _known_modality(cls, modality: str) -> str:
        if modality not in KINDS:
            raise ValueError(f"there is no modality {modality} here; there are {', '.join(sorted(KINDS))}")
        return modality

    @model_validator(mode="after")
    def _distinct_series(self) -> Recipe:
        numbers = [series.number for series in self.series] + [document.number for document in self.documents]
        if len(set(numbers)) < len(numbers):
            raise ValueError(f"two series have the same number ({', '.join(map(str, numbers))})")
        return self

    @model_validator(mode="after")
    def _findings_shown(self) -> Recipe:
        shown = {kind for series in self.series for kind in PHANTOMS[series.phantom].findings}
        for finding in self.findings:
            if finding.kind not in shown:
                can = ", ".join(sorted(shown)) or "nothing"
                raise ValueError(f"no phantom of this recipe shows a finding {finding.kind}; they show {can}")
        return self

    @model_validator(mode="after")
    def _documents_founded(self) -> Recipe:
        images = {(series.number, number) for series in self.series for number in range(1, series.images + 1)}
        for one in self.documents:
            if one.of and (one.of, one.image) not in images:
                raise ValueError(f"{one.description}: there is no image {one.image} of series {one.of}")
            if one.area and not _within(one.area, *next(each.size for each in self.series if each.number == one.of)):
                raise ValueError(f"{one.description}: the image has no area {one.area}")
            if one.kind == "dose-report" and not self.dose:
                raise ValueError("a dose report needs the dose")
            if one.kind == "measurements" and not self.findings:
                raise ValueError("measurements need findings")
        return self

    @model_validator(mode="after")
    def _options_known(self) -> Recipe:
        for series in self.series:
            for name in series.options:
                if name not in PHANTOMS[series.phantom].options:
                    raise ValueError(f"the phantom {series.phantom} has no option {name}")
        return self

    @property
    def images(self) -> int:
        """How many instances the examination makes, documents included."""
        return sum(series.images for series in self.series) + len(self.documents)

    @property
    def digest(self) -> str:
        """The same for recipes that make the same images."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    def on_side(self, side: Side) -> Recipe:
        """The same examination of the other limb: phantoms mirrored, letter and attributes changed."""
        exam = self.exam
        if side == "L" and exam.left:
            exam = exam.model_copy(update={"code": exam.left[0], "meaning": exam.left[1]})
        changes: dict[str, Any] = {"laterality": side, "exam": exam}
        if side != self.laterality:
            widths = {one.number: one.size[0] for one in self.series}
            changes["series"] = tuple(_mirrored(one) for one in self.series)
            changes["documents"] = tuple(one.mirrored(widths.get(one.of, 0)) for one in self.documents)
            changes["findings"] = tuple(
                one.model_copy(update={"side": side}) if one.side else one for one in self.findings
            )
        return self.model_copy(update=changes)

    @property
    def dosimetry(self) -> Coded:
        """The phantom that the dose of this body part is given for (CID 4052)."""
        where = "Head" if self.body_part in ("HEAD", "BRAIN") else "Body"
        return ("113690" if where == "Head" else "113691", "DCM", f"IEC {where} Dosimetry Phantom")

    def kind_of(self, series: Series) -> str:
        """The name in `attributes.KINDS` of what a series is made of."""
        return series.kind or self.modality

    def truth(self) -> list[dict[str, Any]]:
        """What is to be found in the examination, a row each: finding, its size, side, note; or a defect."""
        rows = [
            {
                "finding": one.kind,
                "size_mm": one.size_mm,
                "percent": one.percent,
                "side": one.side or "",
                "note": one.note,
            }
            for one in self.findings
        ]
        return rows + (
            [{"finding": "defect", "size_mm": None, "percent": None, "side": "", "note": self.defect}]
            if self.defect
            else []
        )
