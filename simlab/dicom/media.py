"""Interchange media: a folder as it lies on a CD, DICOM files and the DICOMDIR that lists them (PS3.10 8, PS3.3 F)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.fileset import FileSet
from pydicom.uid import UID

from simlab.dicom.instance import Instance
from simlab.dicom.scan import EXPLICIT_LITTLE
from simlab.dicom.uids import uid
from simlab.errors import BadInput

DIRECTORY = "DICOMDIR"
_NEEDED = {"PatientID": "NONE", "StudyDate": "19000101", "StudyTime": "000000", "StudyID": "0", "SeriesNumber": 0,
           "InstanceNumber": 0}  # fmt: skip
"""Type 1 keys of directory records (PS3.3 F.5) that images may lack."""
_LARGEST = 512 * 1024 * 1024  # bytes of one file


@dataclass
class Disc:
    """What a disc holds: its instances, files that the directory lists and that are missing or damaged, and others.

    `unlisted` are DICOM files that no directory record names; they are not among the `instances`.
    """

    instances: list[Instance] = field(default_factory=list)
    damaged: dict[str, str] = field(default_factory=dict)
    unlisted: list[str] = field(default_factory=list)
    directory: bool = True


def write(folder: Path, instances: Sequence[Instance], *, label: str = "SIMLAB") -> int:
    """Write a disc into a new or empty folder; gives how many files it has beside the directory.

    `label` is the File-set ID (0004,1130). Raises BadInput when the folder holds something or cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise BadInput("there is something on that disc", place=str(folder), remedy="A CD is written at once.")
        files = FileSet()
        files.ID = label
        files.UID = UID(uid("media", *sorted(one.header().sop_instance_uid for one in instances)))
        whole = {}
        for instance in instances:
            whole[instance.header().sop_instance_uid] = instance
            files.add(_for_records(instance))
        files.write(folder)
        for entry in files:
            # pydicom would write anew what it was given; a disc has the bytes that are archived.
            Path(entry.path).write_bytes(whole[str(entry.SOPInstanceUID)].part10())
    except OSError as error:
        raise BadInput(
            f"the disc cannot be written ({error.strerror})", place=str(folder), remedy="Choose another name."
        ) from None
    except (ValueError, AttributeError, NotImplementedError, KeyError) as error:
        raise BadInput(f"no directory record can be made ({error})", place=str(folder)) from None
    return len(instances)


def _for_records(instance: Instance) -> Dataset:
    """The header that directory records are made of; what they must have and it has not is filled in there alone."""
    ds = instance.dataset()
    for keyword, value in _NEEDED.items():
        if not ds.get(keyword):
            setattr(ds, keyword, value)
    ds.file_meta = FileMetaDataset()
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    ds.file_meta.TransferSyntaxUID = UID(EXPLICIT_LITTLE)
    return ds


def read(folder: Path) -> Disc:
    """What the directory of a disc lists; without a DICOMDIR every DICOM file in the folder, as viewers do then.

    Raises BadInput when there is nothing to read.
    """
    if not folder.is_dir():
        raise BadInput("there is no such disc", place=str(folder), remedy="Name a folder with a DICOMDIR.")
    there = {path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()}
    directory = next((path for path in sorted(there) if path.name.upper() == DIRECTORY and path.parent == folder), None)
    disc = Disc(directory=directory is not None)
    listed = _listed(directory) if directory else sorted(path.relative_to(folder).as_posix() for path in there)
    by_name = {path.relative_to(folder).as_posix().upper(): path for path in there}
    for name in dict.fromkeys(listed):
        path = by_name.pop(name.upper(), None)
        try:
            if path is None:
                raise BadInput("the file is missing")
            if path.stat().st_size > _LARGEST:
                raise BadInput("the file is too large")
            disc.instances.append(Instance.from_part10(path.read_bytes(), place=name))
        except (BadInput, OSError) as error:
            if directory is not None:
                disc.damaged[name] = getattr(error, "what", str(error))
    if directory is not None:
        disc.unlisted = sorted(p.relative_to(folder).as_posix() for p in by_name.values() if _is_dicom(p, directory))
    if not disc.instances and not disc.damaged:
        raise BadInput("there is no DICOM file on that disc", place=str(folder), remedy="Look what it holds.")
    return disc


def _listed(directory: Path) -> list[str]:
    """The files that the directory records name, relative to the disc (0004,1500)."""
    try:
        records = dcmread(directory).get("DirectoryRecordSequence") or []
        found = []
        for record in records:
            parts = record.get("ReferencedFileID")
            if parts:
                found.append("/".join([parts] if isinstance(parts, str) else [str(part) for part in parts]))
        return found
    except Exception as error:  # pydicom raises whatever damaged bytes provoke
        raise BadInput(
            f"the DICOMDIR cannot be read ({error})", place=str(directory), remedy="Import the files without it."
        ) from None


def _is_dicom(path: Path, directory: Path) -> bool:
    if path == directory:
        return False
    try:
        with path.open("rb") as file:
            return file.read(132)[128:] == b"DICM"
    except OSError:
        return False
