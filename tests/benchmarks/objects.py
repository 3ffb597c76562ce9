"""DICOM files for the benchmarks: CT slices of one shape, told apart by UIDs, numbers and pixels."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from pydicom.dataset import Dataset

from simlab.dicom.instance import Instance

CT = "1.2.840.10008.5.1.4.1.1.2"
_SOP, _STUDY, _SERIES = "2.25.7700000001", "2.25.7700000002", "2.25.7700000003"
_PATIENT, _ACCESSION, _DATE = "BENCH000", "ACC00000", "20200101"


@cache
def _template(side: int) -> Instance:
    image = Dataset()
    image.SOPClassUID, image.SOPInstanceUID, image.StudyInstanceUID, image.SeriesInstanceUID = CT, _SOP, _STUDY, _SERIES
    image.PatientID, image.PatientName = _PATIENT, "Bench^Mark"
    image.PatientBirthDate, image.PatientSex = "19700101", "O"
    image.StudyDate, image.StudyTime, image.AccessionNumber, image.StudyID = _DATE, "080000", _ACCESSION, "1"
    image.StudyDescription, image.ReferringPhysicianName, image.SeriesDescription = "CT HEAD", "Ref^Erring", "AXIAL"
    image.Modality, image.SeriesNumber, image.InstanceNumber = "CT", "1", "1"
    image.Rows = image.Columns = side
    image.SamplesPerPixel, image.PhotometricInterpretation = 1, "MONOCHROME2"
    image.BitsAllocated = image.BitsStored = 16
    image.HighBit, image.PixelRepresentation = 15, 0
    image.PixelData = b"\0\0" * side * side
    return Instance.from_dataset(image)


def instance(number: int, *, side: int = 64, study: int | None = None, day: int = 0) -> Instance:
    """Slice `number`; every `study` is of a patient of its own, on the date `day` (see `date`)."""
    made = _template(side)
    head = made.head.replace(_SOP.encode(), f"2.25.77{number:08}".encode())
    if study is not None:
        for name, value in (
            (_STUDY, f"2.25.78{study:08}"),
            (_SERIES, f"2.25.79{study:08}"),
            (_PATIENT, f"P{study:07}"),
            (_ACCESSION, f"A{study:07}"),
            (_DATE, date(day)),
        ):
            head = head.replace(name.encode(), value.encode())
    # Pixels of their own: an archive that keeps equal pixels once would otherwise write one file.
    pixels = struct.pack("<L", number) + bytes(made.pixels or b"")[4:]
    return Instance(made.transfer_syntax, head, pixels)


def date(day: int) -> str:
    """A date `day` days after 1 January 2000, in months of 28 days."""
    return f"{2000 + day // 336}{day // 28 % 12 + 1:02}{day % 28 + 1:02}"


def write(folder: Path, instances: Iterator[Instance]) -> list[Path]:
    """The instances as files in a new folder, in order."""
    folder.mkdir(parents=True)
    paths = []
    for number, made in enumerate(instances, 1):
        paths.append(folder / f"{number:05}.dcm")
        paths[-1].write_bytes(made.part10())
    return paths
