"""Situations 16 to 20: images are under the wrong person, the wrong number, or the wrong UID."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pydicom import dcmread

from tests.situations.ward import Rows, Ward, final

ABARA, SECOND, NAMESAKE, QUILL, YEO, VANCE, ZELLER = (
    "4100017",
    "4100092",
    "4100106",
    "4100025",
    "4100033",
    "4100050",
    "4100068",
)


def of(ward: Ward, patient: str) -> set[str]:
    """The studies that findscu finds for a patient's number."""
    return {row["StudyInstanceUID"] for row in ward.studies(f"PatientID={patient}")}


def pixels(files: list[Path]) -> set[str]:
    """The digests of the pixel data of files."""
    return {hashlib.sha256(dcmread(file).PixelData).hexdigest() for file in files}


def fetched(ward: Ward, study: str, folder: str) -> list[Path]:
    """The files of a study as getscu brings them, whole."""
    files, said = ward.get(study, folder)
    assert final(said) == "0000" and files, said
    return files


def test_16_duplicate_accession(ward: Ward) -> None:
    """Two patients under one accession number; each has the own one afterwards, and nobody's images have moved."""
    ward.stage("16")
    found = ward.studies("AccessionNumber=RXX10000068")
    assert {row["PatientID"] for row in found} == {ZELLER, VANCE}
    assert ward.studies("AccessionNumber=RXX10000076") == []
    before = pixels(fetched(ward, "2.25.31000076", "before"))
    ward.repair(concerned=["2.25.31000076"])
    assert [row["PatientID"] for row in ward.studies("AccessionNumber=RXX10000068")] == [ZELLER]
    assert [row["PatientID"] for row in ward.studies("AccessionNumber=RXX10000076")] == [VANCE]
    after = fetched(ward, "2.25.31000076", "after")
    assert pixels(after) == before and dcmread(after[0]).AccessionNumber == "RXX10000076"


def test_17_wrong_worklist_entry(ward: Ward) -> None:
    """The head under Mr Quill is rejected with 113038 and hidden, Miss Vance has hers; his hip is where it was."""
    ward.stage("17")
    wrong, right = "2.25.31000025", "2.25.31000116"
    assert wrong in of(ward, QUILL) and of(ward, VANCE) == set()
    ward.repair(concerned=[wrong, right])
    assert of(ward, QUILL) == {"2.25.30980025"} and of(ward, VANCE) == {right}
    assert ward.get(wrong)[0] == []
    assert len(fetched(ward, right, "right")) == 2
    assert {row["rejected"] for row in ward.seen("pacs.instances", study_uid=wrong) if row["rejected"]} == {"113038"}
    assert not ward.seen("modality.queue")


def test_18_merge_lost(ward: Ward) -> None:
    """Two numbers until the A40 is sent again; then one person with both studies, and the namesake apart."""
    ward.stage("18")
    assert (len(of(ward, ABARA)), len(of(ward, SECOND))) == (1, 1)
    ward.repair(concerned=["2.25.31000124"])
    assert of(ward, SECOND) == set() and of(ward, ABARA) == {"2.25.30950017", "2.25.31000124"}
    assert of(ward, NAMESAKE) == {"2.25.31000132"}
    (file, *_) = fetched(ward, "2.25.31000124", "merged")
    assert dcmread(file).PatientID == ABARA
    assert not ward.seen("engine.queue", state="error")


def test_19_one_uid_two_patients(ward: Ward) -> None:
    """Mrs Abara's study holds Ms Yeo's head until it is split off; chest and head stay pixel for pixel."""
    ward.stage("19")
    shared, own = "2.25.31000140", "2.25.31000158"
    assert _regions(ward, shared) == {"CHEST", "HEAD"} and of(ward, YEO) == set()
    before = pixels(fetched(ward, shared, "before"))
    ward.repair(concerned=[shared, own])
    assert _regions(ward, shared) == {"CHEST"} and _regions(ward, own) == {"HEAD"}
    assert of(ward, YEO) == {own} and shared in of(ward, ABARA)
    chest, head = fetched(ward, shared, "chest"), fetched(ward, own, "head")
    assert pixels(chest) | pixels(head) == before
    assert {dcmread(file).PatientID for file in head} == {YEO}
    assert {dcmread(file).PatientID for file in chest} == {ABARA}


def _regions(ward: Ward, study: str) -> set[str]:
    found: Rows = ward.studies(f"StudyInstanceUID={study}", level="SERIES", shown=("BodyPartExamined",))
    return {row["BodyPartExamined"] for row in found}


def test_20_duplicate_sop_uid(ward: Ward) -> None:
    """C111 for the second image of a UID; it comes in under one of its own, and the first is untouched."""
    ward.stage("20")
    study = "2.25.31000068"
    before = pixels(fetched(ward, study, "before"))
    twin = ward.image(study)
    ds = dcmread(twin)
    ds.PixelData = ds.PixelData[::-1]
    ds.save_as(twin)
    assert final(ward.store([twin])) == "C111"
    (mine,) = ward.seen("pacs.duplicates")
    ward.done("pacs.settle_duplicate", duplicate=mine["id"])
    assert not ward.act("modality.send", {"modality": "CT1"}).ok
    assert "C111" in ward.seen("modality.queue")[0]["last_error"]
    ward.repair(concerned=[study])
    after = fetched(ward, study, "after")
    assert len(after) == 13 and before < pixels(after) and len(pixels(after)) == 13
    assert len({dcmread(file).SOPInstanceUID for file in after}) == 13
    assert not ward.seen("modality.queue") and not ward.seen("pacs.duplicates", state="waiting")
    assert final(ward.store([twin])) == "C111"
