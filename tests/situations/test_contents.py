"""Situations 21, 22 and 24: what stands in the header is wrong, or nobody learns that the images are safe."""

from __future__ import annotations

import os
from pathlib import Path

from pydicom import dcmread

from simlab.dicom.instance import Instance
from tests.situations.ward import Ward, final, until

MUELLER, GOESSEL = "4100114", "4100122"
QUILL = "2.25.31000025"


def names(ward: Ward, *keys: str) -> list[str]:
    """The patient names that findscu finds, asked for in UTF-8."""
    return [row["PatientName"] for row in ward.studies("SpecificCharacterSet=ISO_IR 192", *keys)]


def as_stored(ward: Ward, study: str) -> Path:
    """The first image of a study as the archive was sent it, before any repair, as a file."""
    with ward.lab.store.read() as tx:
        row = tx.execute(
            "SELECT transfer_syntax, head, pixels FROM pacs_instance "
            "JOIN pacs_series USING (series_uid) WHERE study_uid=?",
            (study,),
        ).fetchone()
    path = ward.folder / f"stored-{os.urandom(4).hex()}.dcm"
    path.write_bytes(Instance(row["transfer_syntax"], bytes(row["head"]), ward.lab.blobs.get(row["pixels"])).part10())
    return path


def test_21_character_set(ward: Ward) -> None:
    """Umlauts in two letters each, and no match by name; then one name, and the next study says its set rightly."""
    ward.stage("21")
    ward.done("modality.send", modality="CT1")
    assert names(ward, f"PatientID={MUELLER}") == ["MÃ\x9cLLER^JÃ\x96RG^^MR"]
    assert names(ward, "PatientName=MÜLLER*") == []
    assert "[ISO_IR 100]" in ward.tool("dcmdump", "+P", "0008,0005", as_stored(ward, "2.25.31000166"))
    ward.repair(concerned=[MUELLER])
    assert names(ward, f"PatientID={MUELLER}") == names(ward, "PatientName=MÜLLER*") == ["MÜLLER^JÖRG^^MR"]
    assert names(ward, "PatientName=GÖSSEL*") == ["GÖSSEL^ÄNNE^^MS"]
    made = ward.done("modality.scan", modality="CT1", accession="RXX10000174").data["study_uid"]
    assert "[ISO_IR 192]" in ward.tool("dcmdump", "+P", "0008,0005", as_stored(ward, made))
    assert names(ward, f"StudyInstanceUID={made}") == ["MÜLLER^JÖRG^^MR"]


def test_22_commitment_undeliverable(ward: Ward) -> None:
    """N-ACTION 0000 and then silence; with the right port the report comes, and only then may CT1 delete."""
    ward.stage("22")
    ward.done("modality.send", modality="CT1")
    ward.done("modality.commit", modality="CT1", study=QUILL, wait=0)
    until(lambda: ward.seen("pacs.commitments", state="undeliverable"))
    (request,) = ward.seen("pacs.commitments")
    assert (request["event"], request["attempts"]) == (1, 2) and "refused the TCP connection" in request["error"]
    assert not ward.act("modality.free", {"modality": "CT1", "study": QUILL}).ok
    others = [row for row in ward.rows("pacs.peers") if row["title"] != "CT1"]
    ward.repair(concerned=[QUILL])
    assert [row for row in ward.rows("pacs.peers") if row["title"] != "CT1"] == others
    until(lambda: ward.seen("pacs.commitments", state="delivered"))
    assert ward.seen("pacs.commitments")[0]["how"] == "own association"
    until(lambda: ward.act("modality.free", {"modality": "CT1", "study": QUILL}).ok)
    files, said = ward.get(QUILL)
    assert (len(files), final(said)) == (2, "0000")


def test_24_bad_header(ward: Ward) -> None:
    """No study of that date; then there is, what came stays on record, and the next study is in order."""
    ward.stage("24")
    ward.done("modality.send", modality="CT1")
    (bad, *_), _ = ward.get(QUILL, "bad")
    assert raw(bad) == (b"2026.03.02", b"RXX10000025\0", 1100)
    assert "Value invalid for this VR" in ward.tool("dciodvfy", bad)
    assert ward.studies("PatientID=4100025", "StudyDate=20260302") == []
    assert [row["StudyInstanceUID"] for row in ward.studies("AccessionNumber=RXX10000025")] == [QUILL]
    ward.repair(concerned=[QUILL])
    (study,) = ward.studies("AccessionNumber=RXX10000025", "StudyDate=20260302")
    assert study["StudyInstanceUID"] == QUILL
    (mended, *_), _ = ward.get(QUILL, "mended")
    date, _, length = raw(mended)
    assert (date, length) == (b"20260302", 8)
    assert original(mended) == {"2026.03.02"} and raw(as_stored(ward, QUILL)) == raw(bad)
    made = ward.done("modality.scan", modality="CT1", accession="RXX10000025").data["study_uid"]
    (file, *_), _ = ward.get(made, "next")
    assert raw(file) == (b"20260302", b"RXX10000025 ", 8) and "Error" not in ward.tool("dciodvfy", file)


def raw(file: Path) -> tuple[bytes, bytes, int]:
    """Study date and accession number as they stand in a file, and how long the description is."""
    ds = dcmread(file)
    date, accession, description = (bytes(ds.get_item(tag).value) for tag in (0x00080020, 0x00080050, 0x00081030))
    return date, accession, min(len(description), 1100)


def original(file: Path) -> set[str]:
    """The study dates that the original attributes keep (PS3.3 C.12.1.1.9)."""
    items = dcmread(file).OriginalAttributesSequence
    changed = [item.ModifiedAttributesSequence[0] for item in items]
    return {str(one.get_item(0x00080020).value, "ascii") for one in changed if 0x00080020 in one}
