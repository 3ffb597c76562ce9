"""Situations 1 to 7: nobody gets as far as a message, or not with what it was about."""

from __future__ import annotations

import socket
import struct
from contextlib import ExitStack
from pathlib import Path

from pydicom import dcmread
from pydicom.uid import SecondaryCaptureImageStorage

from simlab import journal as kinds
from simlab.dicom.client import Peer, associate
from simlab.dicom.contexts import VERIFICATION, supported
from tests.situations.ward import HOST, Ward, contexts, final, rejected, succeeded, until

QUILL = "2.25.31000025"


def arrived(ward: Ward) -> bool:
    """Whether the two images that waited at CT1 are found, and nothing waits any more."""
    found = ward.studies(f"StudyInstanceUID={QUILL}", shown=("NumberOfStudyRelatedInstances",))
    return [row["NumberOfStudyRelatedInstances"] for row in found] == ["2"] and not ward.seen("modality.queue")


def test_01_called_title(ward: Ward) -> None:
    """`Pacs` is not `PACS`: 1/1/7, until CT1 says it rightly; the check of titles stays on."""
    ward.stage("01")
    said = ward.echo_as("CT1")
    assert rejected(said) == "Called AE Title Not Recognized" and "Rejected Permanent" in said
    assert "Source: Service User" in said
    assert not ward.act("modality.send", {"modality": "CT1"}).ok
    ward.repair(concerned=[QUILL])
    assert succeeded(ward.echo_as("CT1")) and arrived(ward)
    assert rejected(ward.echo("CT1", "Pacs")) == "Called AE Title Not Recognized"


def test_02_calling_title(ward: Ward) -> None:
    """An unlisted CT1 is rejected 1/1/3, until it is listed with what a scanner needs and no more."""
    ward.stage("02")
    said = ward.echo_as("CT1")
    assert rejected(said) == "Calling AE Title Not Recognized" and "Rejected Permanent" in said
    ward.repair(concerned=[QUILL])
    assert succeeded(ward.echo_as("CT1")) and arrived(ward)
    query = ("-S", "-aet", "CT1", "-aec", "PACS", "-k", "QueryRetrieveLevel=STUDY", "-k", "PatientName=*")
    assert final(ward.dcmtk("findscu", *query)) == "0124"


def test_03_wrong_port(ward: Ward) -> None:
    """Connection refused, and not one PDU at the PACS, until CT1 calls the right port."""
    ward.stage("03")
    port, last = ward.port(), ward.lab.journal.last
    said = ward.echo_as("CT1")
    assert "TCP Initialization Error" in said and "A-ASSOCIATE-AC" not in said
    heard = ward.lab.journal.events(after=last, kinds=(kinds.ASSOCIATION, kinds.NOISE), system="PACS")
    assert heard == []
    ward.repair(concerned=[QUILL])
    assert succeeded(ward.echo_as("CT1")) and arrived(ward)
    assert ward.port() == port


def test_04_nul_padding(ward: Ward) -> None:
    """Titles padded with NUL are aborted 2/6, not rejected; echoscu pads rightly and sees nothing of it."""
    ward.stage("04")
    assert succeeded(ward.echo_as("CT1"))
    outcome = ward.act("modality.echo", {"modality": "CT1"})
    assert not outcome.ok and "abort" in outcome.summary
    assert _answer(ward, b"\0") == bytes([7, 0, 0, 0, 0, 4, 0, 0, 2, 6])
    ward.repair(concerned=[QUILL])
    ward.done("modality.echo", modality="CT1")
    assert arrived(ward)
    assert _answer(ward, b"\0")[0] == 7


def _answer(ward: Ward, padding: bytes) -> bytes:
    """The PDU that answers a bare A-ASSOCIATE-RQ whose titles are padded so."""
    titles = b"PACS".ljust(16, padding), b"CT1".ljust(16, padding)
    body = struct.pack(">H2x16s16s32x", 1, *titles)
    with socket.create_connection((HOST, ward.port()), timeout=5) as sock:
        sock.sendall(struct.pack(">BBL", 1, 0, len(body)) + body)
        return sock.recv(10)


def test_05_slots(ward: Ward) -> None:
    """With one slot a second caller is rejected 2/3/2; with three there is room for three, and no more."""
    ward.stage("05")
    assert succeeded(ward.echo_as("CT1"))
    assert _echo_beside(ward, 1) == "Local Limit Exceeded"
    ward.repair()
    assert _echo_beside(ward, 1) == _echo_beside(ward, 2) == ""
    assert _echo_beside(ward, 3) == "Local Limit Exceeded"


def _echo_beside(ward: Ward, held: int) -> str:
    """How CT1's C-ECHO is rejected while US1 holds so many associations; empty when it is answered."""
    with ExitStack() as stack:
        for _ in range(held):
            stack.enter_context(associate(Peer("PACS", HOST, ward.port()), "US1", supported([VERIFICATION])))
        until(lambda: ward.lab.pacs.server.established == held)
        said = ward.echo_as("CT1")
    assert rejected(said) or succeeded(said), said
    return rejected(said)


def test_06_sop_class_off(ward: Ward) -> None:
    """CT Image Storage comes back with result 3 until it is taken again; Secondary Capture stays refused."""
    ward.stage("06")
    image = ward.image()
    refused = ward.store([image], calling="CT1")
    assert contexts(refused) == {"Abstract Syntax Not Supported"}
    ward.repair(concerned=[QUILL])
    assert final(ward.store([image], calling="CT1")) == "0000" and arrived(ward)
    assert contexts(ward.store([_as_secondary_capture(image)])) == {"Abstract Syntax Not Supported"}


def _as_secondary_capture(image: Path) -> Path:
    ds = dcmread(image)
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = f"{ds.SOPInstanceUID[:50]}.7"
    ds.save_as(image.with_suffix(".sc"))
    return image.with_suffix(".sc")


def test_07_transfer_syntax_off(ward: Ward) -> None:
    """A JPEG lossless context comes back with result 4 until it is taken again; video stays out."""
    ward.stage("07")
    image = ward.image()
    compressed = image.with_suffix(".jpg")
    ward.tool("dcmcjpeg", "+ua", image, compressed)
    said = ward.store([compressed], "-xs")
    assert "Transfer Syntaxes Not Supported" in contexts(said) and "Store Response" not in said
    assert final(ward.store([image])) == "0000"
    ward.repair(concerned=["4100068"])
    assert final(ward.store([compressed], "-xs")) == "0000"
    assert "Transfer Syntaxes Not Supported" in contexts(ward.store([compressed], "-xm"))
