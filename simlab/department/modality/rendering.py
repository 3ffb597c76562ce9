"""Renders a recipe for a person: SOP instances that are ready to send, pixels drawn once a recipe."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from typing import Any

from simlab.department.modality import documents, functional_groups, recipes
from simlab.department.modality.attributes import KINDS
from simlab.department.modality.burning import burnt
from simlab.department.modality.compression import NATIVE
from simlab.department.modality.drawing import Picture, drawn
from simlab.department.modality.encoding import Encoded, derived_uid, element, encode
from simlab.department.modality.kind import Kind, code, item
from simlab.department.modality.recipe import Recipe, Series
from simlab.department.modality.recipe_parts import Side
from simlab.dicom import charset
from simlab.dicom.contexts import PERFORMED_STEP
from simlab.dicom.instance import Instance
from simlab.errors import BadInput

_PIXEL_DATA = struct.pack("<HH", 0x7FE0, 0x0010)
_UNDEFINED = 0xFFFFFFFF


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


def render(recipe: str | Recipe, facts: StudyFacts, seed: int = 0) -> list[Instance]:
    """The instances of one examination, in order, documents last; the same arguments give the same bytes.

    UIDs derive from `seed` and the accession (without one: patient and time). Raises NotFound for an unknown recipe.
    """
    made = recipes.named(recipe) if isinstance(recipe, str) else recipe
    if facts.laterality and facts.laterality != made.laterality:
        if made.laterality is None:
            raise BadInput(f"{made.name} has no side", place="laterality", remedy="Leave laterality out.")
        made = made.on_side(facts.laterality)
    origin = facts.accession or f"{facts.patient_id}/{facts.study_date}/{facts.study_time}"
    study = facts.study_uid or derived_uid(seed, origin, "study")
    facts = replace(facts, study_uid=study)
    shared = _study_elements(made, facts)
    frame_uid = element(0x00200052, "UI", derived_uid(seed, origin, made.name, "frame"))
    series = {series.number: series for series in made.series}
    of_series = {
        number: _series_elements(made, series[number], facts, derived_uid(seed, origin, study, made.name, number))
        for number in series
    }
    instances = []
    for picture in drawn(made):
        kind = KINDS[made.kind_of(series[picture.series])]
        sop = derived_uid(seed, origin, study, made.name, picture.series, picture.number)
        elements = {**picture.constant, **shared, **of_series[picture.series]}
        elements[0x00080018] = element(0x00080018, "UI", sop)
        if kind.in_space:
            elements[0x00200052] = frame_uid
        instances.append(_instance(kind, series[picture.series], picture, elements, facts))
    if made.documents:
        instances += documents.made(made, instances, (seed, origin, study, made.name))
    return instances


def _instance(kind: Kind, series: Series, picture: Picture, elements: Encoded, facts: StudyFacts) -> Instance:
    head = b"".join([elements[tag] for tag in sorted(elements)])
    if picture.transfer_syntax != NATIVE:
        return Instance(
            picture.transfer_syntax, head + _PIXEL_DATA + b"OB\0\0" + struct.pack("<L", _UNDEFINED), picture.pixels
            + _SEQUENCE_END,
        )  # fmt: skip
    pixels = picture.pixels
    if series.burned_in:
        pixels = burnt(pixels, series, kind, [facts.patient_name, facts.patient_id, facts.birth_date])
    words = b"OB\0\0" if kind.bits <= 8 else b"OW\0\0"
    return Instance(NATIVE, head + _PIXEL_DATA + words + struct.pack("<L", len(pixels)), pixels)


_SEQUENCE_END = b"\xfe\xff\xdd\xe0\0\0\0\0"


def _series_elements(recipe: Recipe, series: Series, facts: StudyFacts, uid: str) -> Encoded:
    made: Encoded = {0x0020000E: element(0x0020000E, "UI", uid)}
    if KINDS[recipe.kind_of(series)].enhanced:
        made |= encode(functional_groups.attributes(recipe, series, f"{facts.study_date}{facts.study_time}"))
    return made


def _study_elements(recipe: Recipe, facts: StudyFacts) -> Encoded:
    description = recipe.exam.meaning if facts.description is None else facts.description
    moment = dict.fromkeys(("StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate"), facts.study_date)
    moment |= dict.fromkeys(("StudyTime", "SeriesTime", "AcquisitionTime", "ContentTime"), facts.study_time)
    attributes: dict[str, Any] = {
        **moment,
        "SpecificCharacterSet": facts.character_set,
        "AccessionNumber": facts.accession,
        "InstitutionName": facts.institution or (recipe.outside.institution if recipe.outside else ""),
        "ReferringPhysicianName": facts.referring,
        "StationName": facts.station_name,
        "StudyDescription": description,
        "ProcedureCodeSequence": [code(recipe.exam.code, "99SIMLAB", recipe.exam.meaning)],
        "PerformedProtocolCodeSequence": [code(f"P{recipe.exam.code}"[:16], "99SIMLAB", recipe.protocol)],
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
    if facts.procedure_id or facts.step_id:
        attributes["RequestAttributesSequence"] = [
            item(
                RequestedProcedureID=facts.procedure_id,
                ScheduledProcedureStepID=facts.step_id,
                ScheduledProcedureStepDescription=charset.fitted(facts.character_set, description),
            )
        ]
    if facts.mpps_uid:
        step = item(ReferencedSOPClassUID=PERFORMED_STEP, ReferencedSOPInstanceUID=facts.mpps_uid)
        attributes["ReferencedPerformedProcedureStepSequence"] = [step]
    return encode(
        {key: charset.fitted(facts.character_set, value) if isinstance(value, str) else value
         for key, value in attributes.items()}
    )  # fmt: skip
