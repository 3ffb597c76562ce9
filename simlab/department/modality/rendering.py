"""Renders a recipe for a person: SOP instances that are ready to send, pixels drawn once a recipe."""

from __future__ import annotations

import hashlib
import struct
import threading
import uuid
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from pydicom import config
from pydicom.charset import convert_encodings
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_data_element

from simlab.department.modality import recipes
from simlab.department.modality.attributes import KINDS, ORIENTATIONS, Kind
from simlab.department.modality.phantoms import PHANTOMS, Pen
from simlab.department.modality.recipes import Recipe, Series, Side
from simlab.dicom import charset
from simlab.dicom.contexts import PERFORMED_STEP
from simlab.dicom.instance import Instance
from simlab.errors import BadInput

_EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
_PIXEL_DATA = struct.pack("<HH", 0x7FE0, 0x0010)

Encoded = dict[int, bytes]
"""Data elements by tag, each encoded in explicit VR little endian."""


@dataclass(frozen=True)
class StudyFacts:
    """Whose examination it is, and where and when it was made; dates as DICOM writes them (DA, TM).

    `study_uid` None derives one; `description` and `laterality` None keep the recipe's. `procedure_id` and `step_id`
    come from the worklist (Request Attributes Sequence).
    """

    patient_id: str
    patient_name: str
    study_date: str
    study_time: str
    issuer: str = ""
    birth_date: str = ""
    sex: str = ""
    accession: str = ""
    study_uid: str | None = None
    referring: str = ""
    description: str | None = None
    laterality: Side | None = None
    station_name: str = ""
    institution: str = ""
    study_id: str = ""
    procedure_id: str = ""
    step_id: str = ""
    mpps_uid: str = ""
    ae_title: str = ""
    character_set: str = "ISO_IR 192"


@dataclass(frozen=True)
class _Picture:
    """One image of a recipe: its pixels and the attributes that no patient changes."""

    series: int
    number: int
    constant: Encoded
    pixels: bytes


_KEPT_RECIPES = 32
_kept: dict[str, tuple[_Picture, ...]] = {}
_keeping = threading.Lock()


def render(recipe: str | Recipe, facts: StudyFacts, seed: int = 0) -> list[Instance]:
    """The instances of one examination, in order; the same arguments give the same bytes.

    UIDs derive from `seed` and the accession (without one: patient and time). Raises NotFound for an unknown recipe.
    """
    made = recipes.named(recipe) if isinstance(recipe, str) else recipe
    if facts.laterality and facts.laterality != made.laterality:
        if made.laterality is None:
            raise BadInput(f"{made.name} has no side", place="laterality", remedy="Leave laterality out.")
        made = made.on_side(facts.laterality)
    origin = facts.accession or f"{facts.patient_id}/{facts.study_date}/{facts.study_time}"
    study = facts.study_uid or derived_uid(seed, origin, "study")
    kind = KINDS[made.modality]
    shared = _study_elements(made, kind, replace(facts, study_uid=study), derived_uid(seed, origin, made.name, "frame"))
    of_series = {
        series.number: _element(0x0020000E, "UI", derived_uid(seed, origin, study, made.name, series.number))
        for series in made.series
    }
    instances = []
    for picture in drawn(made):
        sop = derived_uid(seed, origin, study, made.name, picture.series, picture.number)
        elements = {**picture.constant, **shared, 0x0020000E: of_series[picture.series]}
        elements[0x00080018] = _element(0x00080018, "UI", sop)
        head = b"".join([elements[tag] for tag in sorted(elements)])
        size = struct.pack("<L", len(picture.pixels))
        words = b"OB\0\0" if kind.bits <= 8 else b"OW\0\0"
        instances.append(Instance(_EXPLICIT_LITTLE, head + _PIXEL_DATA + words + size, picture.pixels))
    return instances


def derived_uid(*parts: object) -> str:
    """A UID under 2.25 (PS3.5 B.2) that is always the same for the same parts."""
    digest = hashlib.sha256("/".join(map(str, parts)).encode()).digest()
    return f"2.25.{uuid.UUID(bytes=digest[:16], version=4).int}"


def encode(attributes: dict[str, Any]) -> Encoded:
    """Keyword and value pairs as encoded elements by tag; text in the Specific Character Set among them.

    Odd values are written as they are, as scanners do with what a worklist gives them. Raises BadInput for those that
    cannot be written at all.
    """
    codecs = convert_encodings(attributes.get("SpecificCharacterSet", ""))
    encoded: Encoded = {}
    for keyword, value in attributes.items():
        tag = tag_for_keyword(keyword)
        file = DicomBytesIO()
        file.is_implicit_VR, file.is_little_endian = False, True
        try:
            if tag is None:
                raise ValueError("no such keyword")
            element = DataElement(tag, dictionary_VR(tag), value, validation_mode=config.IGNORE)
            write_data_element(file, element, codecs)
        except (ValueError, TypeError, OverflowError, AttributeError, struct.error) as error:
            raise BadInput(
                f"{value!r} cannot be written as {keyword} ({error})", place=keyword, remedy="Correct it at its source."
            ) from None
        encoded[tag] = file.getvalue()
    return encoded


def drawn(recipe: Recipe) -> tuple[_Picture, ...]:
    """Every image of a recipe, drawn and encoded as far as no patient changes it; kept for the process."""
    digest = recipe.digest
    with _keeping:
        if digest in _kept:
            return _kept[digest]
    pictures: list[_Picture] = []
    for series in recipe.series:
        constant = _series_elements(recipe, KINDS[recipe.modality], series)
        pictures += [_picture(recipe, series, number, constant) for number in range(1, series.images + 1)]
    with _keeping:
        while len(_kept) >= _KEPT_RECIPES:
            del _kept[next(iter(_kept))]
        _kept[digest] = tuple(pictures)
    return tuple(pictures)


def _picture(recipe: Recipe, series: Series, number: int, constant: Encoded) -> _Picture:
    kind = KINDS[recipe.modality]
    phantom = PHANTOMS[series.phantom]
    columns, rows = series.size
    pen = Pen(columns, rows, phantom.ground, recipe.seed * 1_000_003 + series.number * 1009 + number)
    phantom.draw(pen, (number - 1) / max(series.images - 1, 1))
    if kind.projection and recipe.laterality:
        if recipe.laterality == "L":
            pen.image = pen.image[:, ::-1].copy()
        pen.text(-0.95 * columns / rows, -0.95, recipe.laterality, float(2**kind.bits - 1), size=max(2, rows // 128))
    own = {0x00200013: _element(0x00200013, "IS", str(number)), **(_place(series, number) if kind.in_space else {})}
    low, high = (-(2 ** (kind.bits - 1)), 2 ** (kind.bits - 1) - 1) if kind.signed else (0, 2**kind.bits - 1)
    whole = np.clip(np.rint(pen.image), low, high)
    pixels = whole.astype("u1" if kind.bits <= 8 else "<i2" if kind.signed else "<u2").tobytes()
    return _Picture(series.number, number, {**constant, **own}, pixels + b"\0" * (len(pixels) % 2))


def _series_elements(recipe: Recipe, kind: Kind, series: Series) -> Encoded:
    columns, rows = series.size
    attributes: dict[str, Any] = {
        **kind.constant,
        **recipe.attributes,
        **series.attributes,
        "SOPClassUID": kind.sop_class,
        "Modality": recipe.modality,
        "BodyPartExamined": recipe.body_part,
        "ProtocolName": recipe.protocol,
        "SeriesNumber": series.number,
        "SeriesDescription": series.description,
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "Rows": rows,
        "Columns": columns,
        "BitsAllocated": 8 if kind.bits <= 8 else 16,
        "BitsStored": kind.bits,
        "HighBit": kind.bits - 1,
        "PixelRepresentation": int(kind.signed),
        "WindowCenter": _decimal(series.window.center),
        "WindowWidth": _decimal(series.window.width),
    }
    if kind.in_space:
        attributes |= _orientation(series)
    if kind.projection:
        attributes["ImagerPixelSpacing"] = [_decimal(series.spacing_mm)] * 2
        attributes["ImageLaterality"] = recipe.laterality or "U"
    elif recipe.laterality:
        attributes["Laterality"] = recipe.laterality
    if recipe.region:
        attributes["AnatomicRegionSequence"] = [_code(*recipe.region)]
    return encode({key: list(value) if isinstance(value, tuple) else value for key, value in attributes.items()})


def _orientation(series: Series) -> dict[str, Any]:
    turned, _normal = ORIENTATIONS[series.orientation]
    return {
        "ImageOrientationPatient": [str(part) for part in turned],
        "PixelSpacing": [_decimal(series.spacing_mm)] * 2,
        "PositionReferenceIndicator": "",
    }


def _place(series: Series, number: int) -> Encoded:
    """Image Position (Patient) and Slice Location (Image Plane module, PS3.3 C.7.6.2)."""
    turned, normal = ORIENTATIONS[series.orientation]
    place = series.start_mm + (number - 1) * series.gap_mm
    half = [-(size - 1) / 2 * series.spacing_mm for size in series.size]
    corner = [half[0] * turned[axis] + half[1] * turned[axis + 3] + place * normal[axis] for axis in range(3)]
    return {
        0x00200032: _element(0x00200032, "DS", "\\".join(_decimal(part) for part in corner)),
        0x00201041: _element(0x00201041, "DS", _decimal(place)),
    }


def _study_elements(recipe: Recipe, kind: Kind, facts: StudyFacts, frame_uid: str) -> Encoded:
    description = recipe.exam.meaning if facts.description is None else facts.description
    attributes: dict[str, Any] = {
        "SpecificCharacterSet": facts.character_set,
        "StudyDate": facts.study_date,
        "SeriesDate": facts.study_date,
        "AcquisitionDate": facts.study_date,
        "ContentDate": facts.study_date,
        "StudyTime": facts.study_time,
        "SeriesTime": facts.study_time,
        "AcquisitionTime": facts.study_time,
        "ContentTime": facts.study_time,
        "AccessionNumber": facts.accession,
        "InstitutionName": facts.institution,
        "ReferringPhysicianName": facts.referring,
        "StationName": facts.station_name,
        "StudyDescription": description,
        "ProcedureCodeSequence": [_code(recipe.exam.code, "99SIMLAB", recipe.exam.meaning)],
        "PatientName": facts.patient_name,
        "PatientID": facts.patient_id,
        "PatientBirthDate": facts.birth_date,
        "PatientSex": facts.sex,
        "StudyInstanceUID": facts.study_uid,
        "StudyID": facts.study_id,
        "PerformedProcedureStepStartDate": facts.study_date,
        "PerformedProcedureStepStartTime": facts.study_time,
        "PerformedProcedureStepDescription": description,
    }
    if facts.issuer:
        attributes["IssuerOfPatientID"] = facts.issuer
    if facts.ae_title:
        # Not in the image IODs, but scanners write it, and it tells which one made the image.
        attributes["PerformedStationAETitle"] = facts.ae_title
    if kind.in_space:
        attributes["FrameOfReferenceUID"] = frame_uid
    if facts.procedure_id or facts.step_id:
        item = Dataset()
        item.RequestedProcedureID, item.ScheduledProcedureStepID = facts.procedure_id, facts.step_id
        item.ScheduledProcedureStepDescription = charset.fitted(facts.character_set, description)
        attributes["RequestAttributesSequence"] = [item]
    if facts.mpps_uid:
        step = Dataset()
        step.ReferencedSOPClassUID, step.ReferencedSOPInstanceUID = PERFORMED_STEP, facts.mpps_uid
        attributes["ReferencedPerformedProcedureStepSequence"] = [step]
    return encode(
        {key: charset.fitted(facts.character_set, value) if isinstance(value, str) else value
         for key, value in attributes.items()}
    )  # fmt: skip


def _code(value: str, scheme: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def _decimal(number: float) -> str:
    """A number as a decimal string (VR DS, at most 16 characters)."""
    return f"{round(number, 4):g}" if abs(number) < 1e6 else f"{number:.8e}"


def _element(tag: int, vr: str, value: str) -> bytes:
    """One short element of ASCII text, which is quicker by hand than through a data set."""
    content = value.encode("ascii")
    content += (b"\0" if vr == "UI" else b" ") * (len(content) % 2)
    return struct.pack("<HH2sH", tag >> 16, tag & 0xFFFF, vr.encode(), len(content)) + content
