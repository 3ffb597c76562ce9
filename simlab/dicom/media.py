"""Interchange media: a folder as it lies on a CD, DICOM files and the DICOMDIR that lists them (PS3.10 8, PS3.3 F)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.fileset import FileSet
from pydicom.uid import UID

from simlab.dicom.header import Header
from simlab.dicom.instance import Instance
from simlab.dicom.scan import EXPLICIT_LITTLE
from simlab.dicom.uids import uid
from simlab.errors import BadInput

DIRECTORY = "DICOMDIR"
_NEEDED = {"PatientID": "NONE", "StudyDate": "19000101", "StudyTime": "000000", "StudyID": "0", "SeriesNumber": 0,
           "InstanceNumber": 0}  # fmt: skip
"""Type 1 keys of directory records (PS3.3 F.5) that images may lack."""
_TOLD = {
    "PatientID": "patient_id",
    "PatientName": "patient_name",
    "StudyInstanceUID": "study_uid",
    "SeriesInstanceUID": "series_uid",
    "ReferencedSOPInstanceUIDInFile": "sop_instance_uid",
}
"""What directory records say of a file (PS3.3 F.5), and which fact of its header that is."""
_UNDEFINED = 0xFFFFFFFF
_DELIMITER = b"\xfe\xff\xdd\xe0\0\0\0\0"
"""What ends encapsulated pixel data (PS3.5 A.4)."""
_LARGEST = 512 * 1024 * 1024  # bytes of one file


@dataclass
class Disc:
    """What a disc holds: its instances, files that the directory lists and that are missing or damaged, and others.

    `unlisted` are DICOM files that no directory record names; they are not among the `instances`. `lies` are files of
    which the directory says something else than they do, `miscased` those whose names have letters of the other case.
    """

    instances: list[Instance] = field(default_factory=list)
    damaged: dict[str, str] = field(default_factory=dict)
    unlisted: list[str] = field(default_factory=list)
    lies: dict[str, str] = field(default_factory=dict)
    miscased: list[str] = field(default_factory=list)
    directory: bool = True


def file_set_id(name: str) -> str:
    """The File-set ID (0004,1130) of a disc of that name: 16 characters at most of A to Z, 0 to 9 and underscore."""
    return re.sub(r"[^A-Z0-9_]", "_", name.upper())[:16]


def write(
    folder: Path, instances: Sequence[Instance], *, label: str = "SIMLAB", told: Mapping[str, str] | None = None
) -> int:
    """Write a disc into a new or empty folder; gives how many files it has beside the directory.

    `label` is the File-set ID (0004,1130). `told` is what the directory says otherwise than the files. Raises BadInput
    when the folder holds something or cannot be written.
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
            files.add(_for_records(instance, told or {}))
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


def _for_records(instance: Instance, told: Mapping[str, str]) -> Dataset:
    """The header that directory records are made of; what they must have and it has not is filled in there alone."""
    ds = instance.dataset()
    for keyword, value in _NEEDED.items():
        if not ds.get(keyword):
            setattr(ds, keyword, value)
    for keyword, value in told.items():
        setattr(ds, keyword, value)
    ds.file_meta = FileMetaDataset()
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    ds.file_meta.TransferSyntaxUID = UID(EXPLICIT_LITTLE)
    return ds


def read(folder: Path) -> Disc:
    """What the directory of a disc lists; without a DICOMDIR every DICOM file in the folder, as viewers do then.

    One of those that cannot be read is damaged too; what is no DICOM file is nobody's loss.

    Raises BadInput when there is nothing to read.
    """
    if not folder.is_dir():
        raise BadInput("there is no such disc", place=str(folder), remedy="Name a folder with a DICOMDIR.")
    there = {path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()}
    directory = next((path for path in sorted(there) if path.name.upper() == DIRECTORY and path.parent == folder), None)
    disc = Disc(directory=directory is not None)
    listed = (
        _listed(directory)
        if directory
        else {name: {} for name in sorted(one.relative_to(folder).as_posix() for one in there)}
    )
    by_name = {path.relative_to(folder).as_posix().upper(): path for path in there}
    for name, told in listed.items():
        path = by_name.pop(name.upper(), None)
        try:
            if path is None:
                raise BadInput("the file is missing")
            if path.stat().st_size > _LARGEST:
                raise BadInput("the file is too large")
            instance = Instance.from_part10(path.read_bytes(), place=name)
            if _ends_early(instance):
                raise BadInput("the file ends in the middle of its pixels")
            disc.instances.append(instance)
            if path.relative_to(folder).as_posix() != name:
                disc.miscased.append(name)
            if other := _otherwise(instance.header(), told):
                disc.lies[name] = other
        except (BadInput, OSError) as error:
            if directory is not None or (path and path.name.upper() != DIRECTORY and _is_dicom(path)):
                disc.damaged[name] = getattr(error, "what", str(error))
    if directory is not None:
        disc.unlisted = sorted(
            p.relative_to(folder).as_posix() for p in by_name.values() if p != directory and _is_dicom(p)
        )
    if not disc.instances and not disc.damaged:
        raise BadInput("there is no DICOM file on that disc", place=str(folder), remedy="Look what it holds.")
    return disc


def _ends_early(instance: Instance) -> bool:
    if instance.pixels is None:
        return False
    (length,) = instance.coding.order.long(instance.head, len(instance.head) - 4)
    if length == _UNDEFINED:
        return _DELIMITER not in bytes(instance.pixels)
    return bool(len(instance.pixels) < length)


def _listed(directory: Path) -> dict[str, dict[str, str]]:
    """The files that the directory records name, relative to the disc (0004,1500), and what is said of each."""
    try:
        found: dict[str, dict[str, str]] = {}
        for record, told in _records(dcmread(directory)):
            parts = record.get("ReferencedFileID")
            if parts:
                name = "/".join([parts] if isinstance(parts, str) else [str(part) for part in parts])
                found.setdefault(name, told)
        return found
    except Exception as error:  # pydicom raises whatever damaged bytes provoke
        raise BadInput(
            f"the DICOMDIR cannot be read ({error})", place=str(directory), remedy="Import the files without it."
        ) from None


def _records(directory: Dataset) -> Iterator[tuple[Dataset, dict[str, str]]]:
    """Every directory record with what it and the records above it say; one that no offset leads to comes last."""
    records = {int(one.seq_item_tell or 0): one for one in directory.get("DirectoryRecordSequence") or []}
    first = int(directory.get("OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity") or 0)
    ways: list[tuple[int, dict[str, str]]] = [(first, {})]
    while ways:
        offset, above = ways.pop()
        record = records.pop(offset, None)  # each once: offsets may lead in a circle
        if record is None:
            continue
        own = {keyword: str(record[keyword].value or "").strip() for keyword in _TOLD if keyword in record}
        told = {**above, **own}
        yield record, told
        ways.append((int(record.get("OffsetOfTheNextDirectoryRecord") or 0), above))
        ways.append((int(record.get("OffsetOfReferencedLowerLevelDirectoryEntity") or 0), told))
    yield from ((record, {}) for record in records.values())


def _otherwise(header: Header, told: Mapping[str, str]) -> str:
    """In what a file differs from what the directory says of it; empty when in nothing."""
    for keyword, attribute in _TOLD.items():
        said, has = told.get(keyword, ""), str(getattr(header, attribute)).strip()
        if said and has and said != has:
            return f"{keyword.removesuffix('InFile').removeprefix('Referenced')} is {has}, the DICOMDIR says {said}"
    return ""


def _is_dicom(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(132)[128:] == b"DICM"
    except OSError:
        return False
