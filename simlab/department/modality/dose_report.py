"""The X-ray radiation dose report of a CT scan (PS3.16 TID 10011), one irradiation event.

Written by hand: highdicom, which makes the other reports, has neither this template nor its SOP class.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydicom.dataset import Dataset

from simlab.department.modality.encoding import decimal, derived_uid
from simlab.department.modality.kind import code, item
from simlab.department.modality.recipe import Recipe
from simlab.department.modality.recipe_parts import Dose

_CHEST = ("816094009", "SCT", "Chest")


def report(recipe: Recipe, dose: Dose, image: Dataset, uid: Callable[..., str]) -> Dataset:
    """The document without its identity; `image` is one of the scan's, `uid` makes the event's UID."""
    begun = f"{image.StudyDate}{image.StudyTime}"
    parts = [
        _coded("HAS CONCEPT MOD", _dcm("121058", "Procedure reported"),
               ("77477000", "SCT", "Computed Tomography X-Ray"),
               [_coded("HAS CONCEPT MOD", code("363703001", "SCT", "Has Intent"),
                       ("261004008", "SCT", "Diagnostic Intent"))]),
        _coded("HAS OBS CONTEXT", _dcm("121005", "Observer Type"), ("121007", "DCM", "Device")),
        _uid("HAS OBS CONTEXT", _dcm("121012", "Device Observer UID"), derived_uid("device", "dose")),
        _coded("HAS OBS CONTEXT", _dcm("113705", "Scope of Accumulation"), ("113014", "DCM", "Study"),
               [_uid("HAS PROPERTIES", _dcm("110180", "Study Instance UID"), str(image.StudyInstanceUID))]),
        _when(_dcm("113809", "Start of X-Ray Irradiation"), begun),
        _when(_dcm("113810", "End of X-Ray Irradiation"), begun),
        _coded("CONTAINS", _dcm("113854", "Source of Dose Information"),
               ("113856", "DCM", "Automated Data Collection")),
        _container(_dcm("113811", "CT Accumulated Dose Data"), [
            _number("113812", "Total Number of Irradiation Events", 1, "{events}", "events"),
            _number("113813", "CT Dose Length Product Total", dose.dlp, "mGy.cm", "mGy.cm"),
        ]),
        _container(_dcm("113819", "CT Acquisition"), _acquisition(recipe, dose, uid("event"))),
    ]  # fmt: skip
    ds = _container(_dcm("113701", "X-Ray Radiation Dose Report"), parts)
    del ds.RelationshipType
    ds.ContentTemplateSequence = [item(MappingResource="DCMR", TemplateIdentifier="10011")]
    ds.SOPClassUID = "1.2.840.10008.5.1.4.1.1.88.67"
    ds.CompletionFlag, ds.VerificationFlag = "COMPLETE", "UNVERIFIED"
    ds.ContentDate, ds.ContentTime = image.StudyDate, image.StudyTime
    ds.DeviceSerialNumber, ds.SoftwareVersions = "1", "1"
    ds.ReferencedPerformedProcedureStepSequence = []
    ds.PerformedProcedureCodeSequence = []
    return ds


def _acquisition(recipe: Recipe, dose: Dose, event_uid: str) -> list[Dataset]:
    source = [
        _text("113832", "Identification of the X-Ray Source", "A"),
        _number("113733", "KVP", 120, "kV", "kV"),
        _number("113833", "Maximum X-Ray Tube Current", 260, "mA", "mA"),
        _number("113734", "X-Ray Tube Current", 180, "mA", "mA"),
        _number("113834", "Exposure Time per Rotation", 0.5, "s", "s"),
    ]
    parameters = [
        _number("113824", "Exposure Time", 4.8, "s", "s"),
        _number("113825", "Scanning Length", dose.length_mm, "mm", "mm"),
        _number("113826", "Nominal Single Collimation Width", 0.6, "mm", "mm"),
        _number("113827", "Nominal Total Collimation Width", 38.4, "mm", "mm"),
        _number("113828", "Pitch Factor", 1.2, "{ratio}", "ratio"),
        _number("113823", "Number of X-Ray Sources", 1, "{X-Ray sources}", "X-Ray sources"),
        _container(_dcm("113831", "CT X-Ray Source Parameters"), source),
    ]
    cost = [
        _number("113830", "Mean CTDIvol", dose.ctdivol, "mGy", "mGy"),
        _coded("CONTAINS", _dcm("113835", "CTDIw Phantom Type"), recipe.dosimetry),
        _number("113838", "DLP", dose.dlp, "mGy.cm", "mGy.cm"),
    ]
    return [
        _text("125203", "Acquisition Protocol", recipe.protocol),
        _coded("CONTAINS", _dcm("123014", "Target Region"), recipe.region or _CHEST),
        _coded("CONTAINS", _dcm("113820", "CT Acquisition Type"), ("116152004", "SCT", "Spiral Acquisition")),
        _uid("CONTAINS", _dcm("113769", "Irradiation Event UID"), event_uid),
        _container(_dcm("113822", "CT Acquisition Parameters"), parameters),
        _container(_dcm("113829", "CT Dose"), cost),
    ]


def _dcm(value: str, meaning: str) -> Dataset:
    return code(value, "DCM", meaning)


def _node(kind: str, relation: str, concept: Dataset, **values: Any) -> Dataset:
    return item(RelationshipType=relation, ValueType=kind, ConceptNameCodeSequence=[concept], **values)


def _container(concept: Dataset, parts: list[Dataset]) -> Dataset:
    return _node("CONTAINER", "CONTAINS", concept, ContinuityOfContent="SEPARATE", ContentSequence=parts)


def _coded(relation: str, concept: Dataset, value: tuple[str, str, str], parts: list[Dataset] | None = None) -> Dataset:
    made = _node("CODE", relation, concept, ConceptCodeSequence=[code(*value)])
    if parts:
        made.ContentSequence = parts
    return made


def _uid(relation: str, concept: Dataset, value: str) -> Dataset:
    return _node("UIDREF", relation, concept, UID=value)


def _when(concept: Dataset, value: str) -> Dataset:
    return _node("DATETIME", "CONTAINS", concept, DateTime=value)


def _text(value: str, meaning: str, text: str) -> Dataset:
    return _node("TEXT", "CONTAINS", _dcm(value, meaning), TextValue=text)


def _number(value: str, meaning: str, amount: float, unit: str, unit_meaning: str) -> Dataset:
    measured = item(NumericValue=decimal(amount), MeasurementUnitsCodeSequence=[code(unit, "UCUM", unit_meaning)])
    return _node("NUM", "CONTAINS", _dcm(value, meaning), MeasuredValueSequence=[measured])
