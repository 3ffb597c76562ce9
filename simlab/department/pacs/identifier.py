"""What a query or retrieve identifier may hold: levels and unique keys, strictly (PS3.4 C.4.1.2.1, C.4.2.2.1)."""

from __future__ import annotations

from dataclasses import dataclass

from pydicom.dataset import Dataset
from pydicom.tag import Tag

from simlab.dicom import contexts
from simlab.dicom.matching import key_of
from simlab.dicom.operation import IdentifierMismatch

PATIENT, STUDY, SERIES, IMAGE = LEVELS = ("PATIENT", "STUDY", "SERIES", "IMAGE")
UNIQUE = {PATIENT: "PatientID", STUDY: "StudyInstanceUID", SERIES: "SeriesInstanceUID", IMAGE: "SOPInstanceUID"}
"""PS3.4 C.6: the unique key of each level."""
COLUMNS = {PATIENT: "s.patient_id", STUDY: "s.study_uid", SERIES: "e.series_uid", IMAGE: "i.sop_uid"}
_LEVEL_TAG = 0x00080052

_MODELS = {
    **dict.fromkeys((contexts.PATIENT_FIND, contexts.PATIENT_MOVE, contexts.PATIENT_GET), LEVELS),
    **dict.fromkeys((contexts.STUDY_FIND, contexts.STUDY_MOVE, contexts.STUDY_GET), LEVELS[1:]),
    **dict.fromkeys((contexts.PATIENT_STUDY_FIND, contexts.PATIENT_STUDY_MOVE, contexts.PATIENT_STUDY_GET), LEVELS[:2]),
}


@dataclass(frozen=True)
class Scope:
    """The level asked for and the levels above it, with the unique keys that the identifier gives for each."""

    level: str
    above: tuple[str, ...]
    unique: dict[str, list[str]]


def scope(
    sop_class: str,
    identifier: Dataset,
    *,
    retrieve: bool,
    relational: bool = False,
    patient_in_study_root: bool = False,
    whole_archive: bool = False,
    nothing_without_parents: bool = False,
) -> Scope:
    """Where the identifier looks; raises IdentifierMismatch with the offending element.

    A query must give a single value for the unique key of every level above, unless it is `relational`; a retrieval
    also one or more values at its own level, unless the `whole_archive` is to be had for none. With
    `nothing_without_parents` a retrieval that lacks the levels above is in order and names nothing.
    """
    levels = LEVELS if patient_in_study_root else _MODELS[sop_class]
    level = key_of(identifier.get("QueryRetrieveLevel")).strip()
    if level not in levels:
        raise IdentifierMismatch(
            f"QueryRetrieveLevel {level or 'is missing'}{' is not of this model' if level else ''}",
            _LEVEL_TAG,
            remedy=f"This information model has {', '.join(levels)}.",
        )
    above = levels[: levels.index(level)]
    unique: dict[str, list[str]] = {}
    for name in above:
        values = _values(identifier, name)
        if relational and (len(values) != 1 or "*" in values[0] or "?" in values[0]):
            if values and retrieve:
                unique[name] = values
            continue
        if retrieve and nothing_without_parents and not values:
            unique[name] = []
            continue
        if len(values) != 1 or "*" in values[0] or "?" in values[0]:
            raise IdentifierMismatch(
                f"{UNIQUE[name]}: one value is due at level {level}",
                int(Tag(UNIQUE[name])),
                remedy="Query the level above first.",
            )
        unique[name] = values
    if retrieve:
        values = _values(identifier, level)
        if whole_archive and not values:
            return Scope(level, above, unique)
        if not values or any("*" in value or "?" in value for value in values):
            raise IdentifierMismatch(
                f"{UNIQUE[level]}: a value is due", int(Tag(UNIQUE[level])), remedy="Say what is to be sent."
            )
        if level == PATIENT and len(values) != 1:
            raise IdentifierMismatch("PatientID: only one value", int(Tag("PatientID")))
        unique[level] = values
    return Scope(level, above, unique)


def _values(identifier: Dataset, level: str) -> list[str]:
    return [part.strip() for part in key_of(identifier.get(UNIQUE[level])).split("\\") if part.strip()]
