"""Sample studies outside a lab: an invented person's files of a recipe, with a DICOMDIR when they are for a CD."""

from __future__ import annotations

import zlib
from pathlib import Path

from pydicom.fileset import FileSet
from pydicom.uid import UID

from simlab.department.modality.encoding import derived_uid
from simlab.department.modality.recipe import Recipe
from simlab.department.modality.rendering import StudyFacts, render
from simlab.dicom.instance import Instance
from simlab.errors import BadInput


def person(recipe: Recipe) -> StudyFacts:
    """Whose the sample is: one invented person, under the other hospital's number where it made the study.

    Each recipe is an examination of its own, so that samples stored side by side stay apart.
    """
    outside = recipe.outside
    return StudyFacts(
        patient_id=outside.patient_id if outside else "RXX0000001",
        issuer=outside.issuer if outside else "RXX01",
        patient_name="Sample^Ada",
        birth_date="19570214",
        sex="F",
        accession=outside.accession if outside else f"RXX{zlib.crc32(recipe.name.encode()) % 10**8:08}",
        study_date="20260302",
        study_time="091500",
        referring="Marsh^E^^DR",
        institution=outside.institution if outside else "Fernhill General Hospital",
        station_name="SAMPLE",
        study_id="1",
        character_set="ISO_IR 100" if outside else "ISO_IR 192",
    )


def sample(recipe: Recipe) -> list[Instance]:
    """The instances of a recipe for that person."""
    return render(recipe, person(recipe), 1)


def write(recipe: Recipe, folder: Path, *, media: bool = False) -> list[Path]:
    """The sample's files in `folder`, named by series and image; with `media` as on a CD (PS3.10 8, PS3.11 D).

    Raises BadInput when they cannot be written.
    """
    instances = sample(recipe)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return _as_media(recipe, instances, folder) if media else _as_files(instances, folder)
    except OSError as error:
        raise BadInput(
            f"the files cannot be written ({error.strerror})", place=str(folder), remedy="Choose another folder."
        ) from None


def _as_files(instances: list[Instance], folder: Path) -> list[Path]:
    written = []
    for instance in instances:
        header = instance.header()
        path = folder / f"{header.series_number or 0:04d}-{header.instance_number or 0:04d}.dcm"
        path.write_bytes(instance.part10())
        written.append(path)
    return written


def _as_media(recipe: Recipe, instances: list[Instance], folder: Path) -> list[Path]:
    if any(folder.iterdir()):
        raise BadInput("the folder is not empty", place=str(folder), remedy="A CD is written at once: name a new one.")
    files = FileSet()
    files.UID = UID(derived_uid("media", recipe.digest))
    files.ID = "SIMLAB"
    spool = folder / "spool"
    spool.mkdir()
    for path in _as_files(instances, spool):
        files.add(path)
    files.write(folder)
    for path in spool.iterdir():
        path.unlink()
    spool.rmdir()
    return sorted(path for path in folder.rglob("*") if path.is_file())
