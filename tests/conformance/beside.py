"""The same queries to SimLab, Orthanc and dcmqrscp: where they agree, and the differences that are known."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.peers import HOST, Archive
from tests.dicom.made import ROOT, the_48
from tests.tools import need


@dataclass(frozen=True)
class Query:
    """A C-FIND: what it asks, in words, the model (-S or -P), its keys as findscu takes them."""

    what: str
    model: str
    keys: tuple[str, ...]


Answer = tuple[int, str]
"""How many matches came, and the final status."""


def _study(what: str, *keys: str) -> Query:
    return Query(what, "-S", ("QueryRetrieveLevel=STUDY", *keys))


OURS: dict[str, Answer] = {
    "all studies": (8, "0000"),
    "all patients": (4, "0000"),
    "series of a study": (2, "0000"),
    "images of a series": (3, "0000"),
    "PATIENT level in the Study Root model": (0, "A900"),
    "an unknown level": (0, "A900"),
    "no level": (0, "A900"),
    "series without the study's UID": (0, "A900"),
    "studies without the patient's ID": (0, "A900"),
    "PatientName=SMITH*": (4, "0000"),
    "PatientName=SMITH^J?NE": (2, "0000"),
    "PatientName=smith*": (0, "0000"),
    "PatientID=pid001": (0, "0000"),
    "AccessionNumber=ACC?1": (4, "0000"),
    "StudyDate=20260101-20260103": (3, "0000"),
    "StudyDate=20260201-": (4, "0000"),
    "StudyDate=-20260102": (2, "0000"),
    "a date range with a time range": (2, "0000"),
    "a list of two known UIDs and an unknown one": (2, "0000"),
    "ModalitiesInStudy=CT": (8, "0000"),
    "ModalitiesInStudy=MR": (0, "0000"),
    "an attribute that is not indexed": (8, "0000"),
}
"""What SimLab answers with its personality `strict`: what PS3.4 C.4.1 says."""

QUERIES = (
    _study("all studies", "StudyInstanceUID"),
    Query("all patients", "-P", ("QueryRetrieveLevel=PATIENT", "PatientID")),
    Query(
        "series of a study", "-S", ("QueryRetrieveLevel=SERIES", f"StudyInstanceUID={ROOT}.1.1", "SeriesInstanceUID")
    ),
    Query(
        "images of a series",
        "-S",
        (
            "QueryRetrieveLevel=IMAGE",
            f"StudyInstanceUID={ROOT}.1.1",
            f"SeriesInstanceUID={ROOT}.1.1.1",
            "SOPInstanceUID",
        ),
    ),
    Query("PATIENT level in the Study Root model", "-S", ("QueryRetrieveLevel=PATIENT", "PatientID")),
    Query("an unknown level", "-S", ("QueryRetrieveLevel=FOO", "StudyInstanceUID")),
    Query("no level", "-S", ("StudyInstanceUID",)),
    Query("series without the study's UID", "-S", ("QueryRetrieveLevel=SERIES", "SeriesInstanceUID")),
    Query("studies without the patient's ID", "-P", ("QueryRetrieveLevel=STUDY", "StudyInstanceUID")),
    _study("PatientName=SMITH*", "PatientName=SMITH*"),
    _study("PatientName=SMITH^J?NE", "PatientName=SMITH^J?NE"),
    _study("PatientName=smith*", "PatientName=smith*"),
    _study("PatientID=pid001", "PatientID=pid001"),
    _study("AccessionNumber=ACC?1", "AccessionNumber=ACC?1"),
    _study("StudyDate=20260101-20260103", "StudyDate=20260101-20260103"),
    _study("StudyDate=20260201-", "StudyDate=20260201-"),
    _study("StudyDate=-20260102", "StudyDate=-20260102"),
    _study("a date range with a time range", "StudyDate=20260101-20260102", "StudyTime=100000-110000"),
    _study("a list of two known UIDs and an unknown one", f"StudyInstanceUID={ROOT}.1.1\\{ROOT}.2.1\\{ROOT}.9.9"),
    _study("ModalitiesInStudy=CT", "ModalitiesInStudy=CT"),
    _study("ModalitiesInStudy=MR", "ModalitiesInStudy=MR"),
    _study("an attribute that is not indexed", "StudyInstanceUID", "InstitutionName=NOWHERE"),
)

DIFFERENCES: dict[str, dict[str, Answer]] = {
    "Orthanc": {
        "PATIENT level in the Study Root model": (4, "0000"),
        "PatientName=smith*": (4, "0000"),
        "an attribute that is not indexed": (0, "0000"),
        "an unknown level": (0, "C000"),
        "no level": (0, "C000"),
        "series without the study's UID": (16, "0000"),
        "studies without the patient's ID": (8, "0000"),
    },
    "dcmqrscp": {
        "ModalitiesInStudy=CT": (2, "0000"),
        "ModalitiesInStudy=MR": (2, "0000"),
        "PATIENT level in the Study Root model": (0, "C000"),
        "an unknown level": (0, "C000"),
        "series without the study's UID": (0, "C000"),
        "studies without the patient's ID": (0, "C000"),
    },
}
"""What each product answers instead of what SimLab does."""


def fill(archive: Archive, folder: Path) -> None:
    """Store the 48 instances of the conformance table."""
    folder.mkdir()
    for number, instance in enumerate(the_48()):
        (folder / f"{number:03}.dcm").write_bytes(instance.part10())
    subprocess.run(
        [need("storescu"), "-aet", "ADMIN", "-aec", archive.title, HOST, str(archive.port), "+sd", str(folder)],
        check=True,
        capture_output=True,
        timeout=120,
    )


def ask(archive: Archive, query: Query) -> Answer:
    """The archive's answer to a query."""
    keys = [part for key in query.keys for part in ("-k", key)]
    done = subprocess.run(
        [need("findscu"), "-d", query.model, "-aet", "ADMIN", "-aec", archive.title, HOST, str(archive.port), *keys],
        capture_output=True,
        timeout=60,
    )
    output = (done.stdout + done.stderr).decode("utf-8", "replace")
    found = [status.upper() for status in re.findall(r"DIMSE Status\s*: 0x([0-9a-fA-F]{4})", output)]
    return sum(status in ("FF00", "FF01") for status in found), found[-1] if found else "none"
