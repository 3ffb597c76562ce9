"""Makes what goes with images: measurements, dose reports, key images, presentation states, letters."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from pydicom.dataset import Dataset

from simlab.department.modality import dose_report
from simlab.department.modality.encoding import derived_uid
from simlab.department.modality.kind import code
from simlab.department.modality.letter import pdf
from simlab.department.modality.recipe import Document, Recipe
from simlab.department.modality.recipe_parts import Finding
from simlab.dicom.instance import Instance

_MAKER, _MODEL = "SimLab", "Phantom reporting"
_COPIED = (
    "SpecificCharacterSet", "PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate", "PatientSex",
    "StudyInstanceUID", "StudyDate", "StudyTime", "StudyID", "StudyDescription", "AccessionNumber",
    "ReferringPhysicianName",
)  # fmt: skip

# What is measured of each finding: the finding, its site, the property; all SNOMED CT.
_MEASURED: dict[str, tuple[tuple[str, str], tuple[str, str], tuple[str, str]]] = {
    "aneurysm": (("233985008", "Abdominal aortic aneurysm"), ("7832008", "Abdominal aorta"), ("81827009", "Diameter")),
    "nodule": (("427359005", "Solitary nodule of lung"), ("39607008", "Lung"), ("81827009", "Diameter")),
    "lesion": (("52988006", "Lesion"), ("10200004", "Liver"), ("81827009", "Diameter")),
}
_SIDES = {"R": ("24028007", "Right"), "L": ("7771000", "Left")}


@dataclass(frozen=True)
class Work:
    """One document to be made: what it says of which images, and a maker of UIDs."""

    recipe: Recipe
    document: Document
    images: Sequence[Dataset]
    uid: Callable[..., str]

    @property
    def shown(self) -> Dataset:
        """The image that the document is about: the one it names, else the first."""
        for image in self.images:
            if (image.SeriesNumber, image.InstanceNumber) == (self.document.of, self.document.image):
                return image
        return self.images[0]

    @property
    def identity(self) -> dict[str, Any]:
        """What highdicom wants to know of every object."""
        return {
            "series_instance_uid": self.uid("series"),
            "series_number": self.document.number,
            "sop_instance_uid": self.uid("instance"),
            "instance_number": 1,
            "manufacturer": _MAKER,
        }


def made(recipe: Recipe, images: Sequence[Instance], origin: tuple[object, ...]) -> list[Instance]:
    """The documents of an examination whose `images` are there; UIDs derive from `origin`."""
    headers = [image.dataset() for image in images]
    documents = []
    for document in recipe.documents:
        work = Work(recipe, document, headers, partial(derived_uid, *origin, document.number))
        documents.append(_finished(MAKERS[document.kind](work), work))
    return documents


def _highdicom(part: str) -> Any:
    """A module of highdicom, which takes most of a second to load and is wanted by few examinations."""
    return importlib.import_module(f"highdicom.{part}")


def _finished(ds: Dataset, work: Work) -> Instance:
    """With the person, the study and the moment of the images, whatever made the document."""
    first = work.images[0]
    for keyword in _COPIED:
        if keyword in first:
            setattr(ds, keyword, first[keyword].value)
    for keyword in ("InstanceCreation", "Content", "Series", "PresentationCreation"):
        if f"{keyword}Date" in ds or keyword == "Series":
            setattr(ds, f"{keyword}Date", first.StudyDate)
            setattr(ds, f"{keyword}Time", first.StudyTime)
    for keyword in ("ContributingEquipmentSequence", "TimezoneOffsetFromUTC"):
        if keyword in ds:
            delattr(ds, keyword)
    for item in (part for part in ds.get("ContentSequence", []) if "ObservationDateTime" in part):
        item.ObservationDateTime = f"{first.StudyDate}{first.StudyTime}"
    if ds.Modality == "PR":
        ds.BodyPartExamined = work.recipe.body_part
        if work.recipe.laterality:
            ds.Laterality = work.recipe.laterality
    ds.SeriesDescription = work.document.description
    ds.Manufacturer, ds.ManufacturerModelName = _MAKER, _MODEL
    for keyword in ("StationName", "InstitutionName"):
        if first.get(keyword):
            setattr(ds, keyword, first[keyword].value)
    return Instance.from_dataset(ds, "1.2.840.10008.1.2.1")


def _context(work: Work) -> Any:
    sr = _highdicom("sr")
    return sr.ObserverContext(
        observer_type=sr.CodedConcept("121007", "DCM", "Device"),
        observer_identifying_attributes=sr.DeviceObserverIdentifyingAttributes(
            uid=derived_uid("device", _MODEL), name=_MODEL, manufacturer_name=_MAKER, model_name=_MODEL
        ),
    )


def _measurements(work: Work) -> Dataset:
    """An imaging measurement report (TID 1500) of the findings that have a size."""
    sr = _highdicom("sr")
    groups = [_group(sr, work, number, one) for number, one in enumerate(work.recipe.findings) if one.kind in _MEASURED]
    exam = work.recipe.exam
    report = sr.MeasurementReport(
        observation_context=sr.ObservationContext(observer_device_context=_context(work)),
        procedure_reported=sr.CodedConcept(exam.code, "99SIMLAB", exam.meaning),
        imaging_measurements=groups,
    )
    return _dataset(
        sr.EnhancedSR(
            evidence=[work.shown], content=report[0], is_complete=True, is_final=True,
            performed_procedure_codes=[sr.CodedConcept(exam.code, "99SIMLAB", exam.meaning)], **work.identity,
        )
    )  # fmt: skip


def _group(sr: Any, work: Work, number: int, finding: Finding) -> Any:
    what, where, size = (sr.CodedConcept(value, "SCT", meaning) for value, meaning in _MEASURED[finding.kind])
    side = sr.CodedConcept(_SIDES[finding.side][0], "SCT", _SIDES[finding.side][1]) if finding.side else None
    return sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=sr.TrackingIdentifier(uid=work.uid("finding", number), identifier=f"{finding.kind} 1"),
        finding_type=what,
        finding_sites=[sr.FindingSite(anatomic_location=where, laterality=side)],
        measurements=[
            sr.Measurement(name=size, value=finding.size_mm, unit=sr.CodedConcept("mm", "UCUM", "millimeter"))
        ],
        source_images=[sr.SourceImageForMeasurementGroup.from_source_image(work.shown)],
    )


def _key_images(work: Work) -> Dataset:
    """A key object selection (TID 2010) "Of Interest" of the image that shows the finding."""
    ko, sr = _highdicom("ko"), _highdicom("sr")
    content = ko.KeyObjectSelection(
        document_title=sr.CodedConcept("113000", "DCM", "Of Interest"),
        referenced_objects=[work.shown],
        observer_device_context=_context(work),
        description=work.document.description,
    )
    return _dataset(ko.KeyObjectSelectionDocument(evidence=[work.shown], content=content, **work.identity))


def _presentation(work: Work) -> Dataset:
    """A grey-scale softcopy presentation state: window, area, and a circle with a word where the finding is."""
    pr = _highdicom("pr")
    column, row, radius = work.document.circle or (work.shown.Columns / 2, work.shown.Rows / 2, work.shown.Rows / 8)
    layer = pr.GraphicLayer("FINDINGS", 1, description="Findings")
    annotation = pr.GraphicAnnotation(
        referenced_images=[work.shown],
        graphic_layer=layer,
        graphic_objects=[
            pr.GraphicObject(
                graphic_type="CIRCLE", graphic_data=np.array([(column, row), (column + radius, row)]), units="PIXEL"
            )
        ],
        text_objects=[
            pr.TextObject(text_value="; ".join(one.kind for one in work.recipe.findings) or "see here",
                          anchor_point=(column + radius, row), units="PIXEL")
        ],
    )  # fmt: skip
    shown, chosen = work.shown, work.document.window
    window = pr.SoftcopyVOILUTTransformation(
        window_center=chosen.center if chosen else float(shown.WindowCenter),
        window_width=chosen.width if chosen else float(shown.WindowWidth),
        referenced_images=_highdicom("content").ReferencedImageSequence([shown]),
    )  # fmt: skip
    made = _dataset(
        pr.GrayscaleSoftcopyPresentationState(
            referenced_images=[shown], manufacturer_model_name=_MODEL, software_versions="1", device_serial_number="1",
            content_label="FINDINGS", content_description=work.document.description, graphic_layers=[layer],
            graphic_annotations=[annotation], voi_lut_transformations=[window],
            **work.identity,
        )
    )  # fmt: skip
    if work.document.area:
        # highdicom shows whole images only.
        for item in made.DisplayedAreaSelectionSequence:
            item.DisplayedAreaTopLeftHandCorner = list(work.document.area[:2])
            item.DisplayedAreaBottomRightHandCorner = list(work.document.area[2:])
    return made


def _dataset(made: Any) -> Dataset:
    """A plain data set: highdicom's own classes check too much when it is written once more."""
    ds = Dataset()
    ds.update(made)
    return ds


def _dose(work: Work) -> Dataset:
    first = next(image for image in work.images if image.Modality == "CT")
    assert work.recipe.dose is not None
    return _own(work, dose_report.report(work.recipe, work.recipe.dose, first, work.uid), "SR")


def _letter(work: Work) -> Dataset:
    """An encapsulated PDF (PS3.3 A.45.1)."""
    ds = Dataset()
    ds.SOPClassUID = "1.2.840.10008.5.1.4.1.1.104.1"
    ds.ConversionType = "WSD"
    ds.BurnedInAnnotation = "YES"
    ds.DocumentTitle = work.document.description
    ds.ConceptNameCodeSequence = [code("57133-1", "LN", "Referral note")]
    ds.MIMETypeOfEncapsulatedDocument = "application/pdf"
    first = work.images[0]
    ds.AcquisitionDateTime = f"{first.StudyDate}{first.StudyTime}"
    ds.ContentDate, ds.ContentTime = first.StudyDate, first.StudyTime
    content = pdf([work.document.description, f"{first.PatientName}  {first.PatientID}", "", *work.document.text])
    ds.EncapsulatedDocument = content + b"\0" * (len(content) % 2)
    ds.EncapsulatedDocumentLength = len(content)
    return _own(work, ds, "DOC")


def _own(work: Work, ds: Dataset, modality: str) -> Dataset:
    ds.Modality = modality
    ds.SeriesInstanceUID, ds.SOPInstanceUID = work.uid("series"), work.uid("instance")
    ds.SeriesNumber, ds.InstanceNumber = work.document.number, 1
    return ds


MAKERS: dict[str, Callable[[Work], Dataset]] = {
    "measurements": _measurements,
    "dose-report": _dose,
    "key-images": _key_images,
    "presentation": _presentation,
    "pdf": _letter,
}
