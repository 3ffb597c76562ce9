"""The external conformance table, row by row, with DCMTK as the client."""

from __future__ import annotations

import re
import socket
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from simlab.dicom.client import associate
from simlab.dicom.contexts import VERIFICATION, supported
from simlab.dicom.instance import Instance
from simlab.faults import Fault
from tests.dicom.made import CT, ROOT, made, the_48
from tests.pacs.conftest import HOST, House

UID = ROOT


def statuses(output: str) -> list[str]:
    """The DIMSE statuses that a client with -d prints, in order."""
    return [status.upper() for status in re.findall(r"DIMSE Status\s*: 0x([0-9a-fA-F]{4})", output)]


def find(house: House, level: str, *keys: str, root: str = "-S", extra: tuple[str, ...] = ()) -> tuple[int, str]:
    """How many pending responses a findscu got, and the final status."""
    args = [part for key in keys for part in ("-k", key)]
    level_key = ["-k", f"QueryRetrieveLevel={level}"] if level else []
    output = house.dcmtk("findscu", *level_key, *args, options=("-d", root, "-aec", "PACS", "-aet", "FINDSCU", *extra))
    found = statuses(output)
    assert found, output
    return sum(status in ("FF00", "FF01") for status in found), found[-1]


def move(house: House, *keys: str, to: str = "THEATRE", level: str = "STUDY") -> str:
    args = [part for key in (f"QueryRetrieveLevel={level}", *keys) for part in ("-k", key)]
    return house.dcmtk("movescu", *args, options=("-d", "-S", "-aec", "PACS", "-aet", "MOVESCU", "-aem", to))


def count(output: str, what: str) -> int:
    """The last number of sub-operations of a kind that movescu or getscu prints; 0 when `none`."""
    found = re.findall(rf"{what} Suboperations\s*: (\w+)", output)
    assert found, output
    return 0 if found[-1] == "none" else int(found[-1])


def test_row_1_echo(house: House) -> None:
    """A C-ECHO to the right title succeeds."""
    assert "Received Echo Response (Success)" in house.dcmtk("echoscu", options=("-d", "-aec", "PACS"))


@pytest.mark.parametrize("title", ["WRONG", "pacs", "PACS2"])
def test_row_2_wrong_called_title(house: House, title: str) -> None:
    """A wrong called AE title is rejected 1/1/7; case counts."""
    output = house.dcmtk("echoscu", options=("-d", "-aec", title))
    assert "Called AE Title Not Recognized" in output
    (event,) = house.events("dicom.association")
    assert (event.data["rj_result"], event.data["source"], event.data["reason"]) == (1, 1, 7)


def test_row_3_unknown_calling_title(house: House) -> None:
    """An unknown calling AE title is rejected 1/1/3."""
    output = house.dcmtk("echoscu", options=("-d", "-aec", "PACS", "-aet", "ROGUE"))
    assert "Calling AE Title Not Recognized" in output


def test_row_4_one_more_than_the_limit(house: House) -> None:
    """One association more than the limit is rejected 2/3/2, and none once one is released."""
    house.pacs.configure(max_associations=2)
    echo = supported([VERIFICATION])
    with associate(house.peer, "ADMIN", echo), associate(house.peer, "ADMIN", supported([VERIFICATION])):
        output = house.dcmtk("echoscu", options=("-d", "-aec", "PACS"))
        assert "Local Limit Exceeded" in output
    assert "Received Echo Response (Success)" in house.dcmtk("echoscu", options=("-d", "-aec", "PACS"))


def test_row_5_many_contexts(house: House) -> None:
    """128 contexts of 38 transfer syntaxes each are negotiated."""
    output = house.dcmtk("echoscu", options=("-d", "-aec", "PACS", "-pts", "38", "-ppc", "128"))
    assert "Received Echo Response (Success)" in output


def test_row_6_store_twice(house: House, files: Callable[[list[Instance]], Path]) -> None:
    """The 48 stored twice are answered 0000 each and are still 48."""
    folder = files(the_48())
    for _ in range(2):
        output = house.dcmtk("storescu", "+sd", str(folder), options=("-d", "-aec", "PACS"))
        assert statuses(output) == ["0000"] * 48
    assert len(house.view("instances")) == 48
    assert {row["instances"] for row in house.view("studies")} == {6}


def test_row_7_refused_class(house: House, files: Callable[[list[Instance]], Path]) -> None:
    """A storage class that is switched off is answered with context result 3."""
    house.pacs.configure(refused_classes=[CT])
    folder = files(the_48()[:1])
    output = house.dcmtk("storescu", "-R", "+sd", str(folder), options=("-d", "-aec", "PACS"))
    assert "Abstract Syntax Not Supported" in output
    event = house.events("dicom.association")[0]
    assert {row["result"] for row in event.data["contexts"]} == {3}


ROWS: list[tuple[str, str, str, tuple[str, ...], int, str]] = [
    # row, root, level, keys, pending, final
    ("8", "-S", "STUDY", ("StudyInstanceUID",), 8, "0000"),
    ("9", "-P", "PATIENT", ("PatientID",), 4, "0000"),
    ("10", "-S", "SERIES", (f"StudyInstanceUID={UID}.1.1", "SeriesInstanceUID"), 2, "0000"),
    (
        "11",
        "-S",
        "IMAGE",
        (f"StudyInstanceUID={UID}.1.1", f"SeriesInstanceUID={UID}.1.1.1", "SOPInstanceUID"),
        3,
        "0000",
    ),
    ("12", "-S", "PATIENT", ("PatientID",), 0, "A900"),
    ("13 FOO", "-S", "FOO", ("StudyInstanceUID",), 0, "A900"),
    ("13 absent", "-S", "", ("StudyInstanceUID",), 0, "A900"),
    ("14", "-S", "SERIES", ("SeriesInstanceUID",), 0, "A900"),
    ("15", "-P", "STUDY", ("StudyInstanceUID",), 0, "A900"),
    ("16 star", "-S", "STUDY", ("PatientName=SMITH*",), 4, "0000"),
    ("16 mark", "-S", "STUDY", ("PatientName=SMITH^J?NE",), 2, "0000"),
    ("17", "-S", "STUDY", ("PatientID=pid001",), 0, "0000"),
    ("18", "-S", "STUDY", ("AccessionNumber=ACC?1",), 4, "0000"),
    ("19 both", "-S", "STUDY", ("StudyDate=20260101-20260103",), 3, "0000"),
    ("19 from", "-S", "STUDY", ("StudyDate=20260201-",), 4, "0000"),
    ("19 to", "-S", "STUDY", ("StudyDate=-20260102",), 2, "0000"),
    ("20", "-S", "STUDY", ("StudyDate=20260101-20260102", "StudyTime=100000-110000"), 2, "0000"),
    ("21", "-S", "STUDY", (f"StudyInstanceUID={UID}.1.1\\{UID}.2.1\\{UID}.9.9",), 2, "0000"),
    ("22 CT", "-S", "STUDY", ("ModalitiesInStudy=CT",), 8, "0000"),
    ("22 MR", "-S", "STUDY", ("ModalitiesInStudy=MR",), 0, "0000"),
    ("23 kanji", "-S", "STUDY", ("SpecificCharacterSet=ISO_IR 192", "PatientName=*山田*"), 2, "0000"),
    ("23 UTF-8", "-S", "STUDY", ("SpecificCharacterSet=ISO_IR 192", "PatientName=Müller*"), 2, "0000"),
]


@pytest.mark.parametrize(("row", "root", "level", "keys", "pending", "final"), ROWS, ids=[r[0] for r in ROWS])
def test_rows_8_to_23_query(
    stocked: House, row: str, root: str, level: str, keys: tuple[str, ...], pending: int, final: str
) -> None:
    """A query gives the matches and the final status of the table."""
    assert find(stocked, level, *keys, root=root) == (pending, final)


def test_row_23_latin_1(stocked: House) -> None:
    """A name asked for in Latin-1 is found, and answered in Latin-1."""
    query = stocked.folder / "query.dcm"
    keys = b"\x08\x00\x05\x00CS\x0a\x00ISO_IR 100\x08\x00\x52\x00CS\x06\x00STUDY "
    keys += b"\x10\x00\x10\x00PN\x08\x00M\xfcller* "
    meta = Instance("1.2.840.10008.1.2.1", keys).part10()
    query.write_bytes(meta)
    output = stocked.dcmtk("findscu", str(query), options=("-d", "-S", "-aec", "PACS"))
    assert statuses(output) == ["FF00", "FF00", "0000"]
    assert "ISO_IR 100" in output


def test_row_24_cancel(house: House) -> None:
    """A query that is cancelled after 5 answers ends with FE00, well before its 200 matches."""
    uids = [f"{UID}.77.{n}" for n in range(200)]
    with house.store.write() as tx:
        tx.execute("INSERT INTO pacs_patient VALUES ('P', '', 'MANY^STUDIES', 'many^studies', '', '', NULL, NULL)")
        tx.executemany(
            "INSERT INTO pacs_study (study_uid, patient_id, issuer, study_date, study_time, accession, study_id, "
            "description, referring) VALUES (?, 'P', '', '20260101', '', '', '', '', '')",
            [(uid,) for uid in uids],
        )
    pending, final = find(house, "STUDY", "StudyInstanceUID", extra=("--cancel", "5"))
    assert final == "FE00"
    assert pending < 50


@pytest.mark.parametrize(("uids", "completed"), [((f"{UID}.1.1",), 6), ((f"{UID}.1.1", f"{UID}.2.1"), 12)])
def test_row_25_move(stocked: House, uids: tuple[str, ...], completed: int) -> None:
    """One study, and a list of two, arrive at the destination."""
    output = move(stocked, "StudyInstanceUID=" + "\\".join(uids))
    assert statuses(output)[-1] == "0000"
    assert count(output, "Completed") == completed
    assert len(stocked.theatre.instances()) == completed


def test_row_26_unknown_destination(stocked: House) -> None:
    """An unknown move destination is answered A801."""
    assert statuses(move(stocked, f"StudyInstanceUID={UID}.1.1", to="NOWHERE"))[-1] == "A801"


def test_row_27_move_without_and_with_an_unknown_uid(stocked: House) -> None:
    """A move without a UID is answered A900, one of an unknown UID 0000 with nothing sent."""
    assert statuses(move(stocked))[-1] == "A900"
    output = move(stocked, f"StudyInstanceUID={UID}.9.9")
    assert statuses(output)[-1] == "0000"
    assert count(output, "Completed") == 0


def refuse(house: House, *, count: int | None) -> None:
    house.faults.declare(
        [
            Fault(
                id="full",
                point="operation",
                system="THEATRE",
                match={"service": "C-STORE"},
                effect={"status": "A700"},
                count=count,
            )
        ]
    )


def test_row_28_destination_refuses_some(stocked: House) -> None:
    """When the destination refuses 2 of 6 the move ends B000 with the counts and the failed UIDs."""
    refuse(stocked, count=2)
    output = move(stocked, f"StudyInstanceUID={UID}.1.1")
    assert statuses(output)[-1] == "B000"
    assert (count(output, "Completed"), count(output, "Failed")) == (4, 2)
    assert f"{UID}.1.1.1.1\\{UID}.1.1.1.2" in output
    (event,) = [e for e in stocked.events("dicom.operation") if e.data["service"] == "C-MOVE"]
    assert event.data["failed_uids"] == [f"{UID}.1.1.1.1", f"{UID}.1.1.1.2"]


def test_row_28b_destination_refuses_all(stocked: House) -> None:
    """When the destination refuses all 6 the move fails with A702, not B000."""
    refuse(stocked, count=None)
    assert statuses(move(stocked, f"StudyInstanceUID={UID}.1.1"))[-1] == "A702"


def test_final_response_has_no_remaining(stocked: House) -> None:
    """The final response of a move has no Number of Remaining Sub-operations (PS3.4 C.4.2.1.6)."""
    output = move(stocked, f"StudyInstanceUID={UID}.1.1")
    assert re.findall(r"Remaining Suboperations\s*: (\w+)", output)[-1] == "none"


def test_row_29_get(stocked: House) -> None:
    """A C-GET brings the six files of a study; without its key it is answered A900."""
    args = ("-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={UID}.1.1")
    output = stocked.dcmtk("getscu", *args, options=("-d", "-S", "-aec", "PACS"))
    assert statuses(output)[-1] == "0000", output
    assert len(list(stocked.folder.iterdir())) == 6
    output = stocked.dcmtk("getscu", "-k", "QueryRetrieveLevel=STUDY", options=("-d", "-S", "-aec", "PACS"))
    assert statuses(output)[-1] == "A900"


def test_offending_element_is_named(stocked: House) -> None:
    """An A900 names the element that offends."""
    output = stocked.dcmtk(
        "findscu", "-k", "QueryRetrieveLevel=SERIES", options=("-d", "-S", "-aec", "PACS", "-aet", "FINDSCU")
    )
    assert "(0020,000d)" in output.lower()


def test_nul_padded_title_is_aborted(house: House) -> None:
    """A called AE title padded with NUL breaks the PDU: aborted 2/6, not rejected, and the log says why."""
    body = struct.pack(">H2x16s16s32x", 1, b"PACS".ljust(16, b"\0"), b"ADMIN".ljust(16))
    with socket.create_connection((HOST, house.port), timeout=5) as sock:
        sock.sendall(struct.pack(">BBL", 1, 0, len(body)) + body)
        assert sock.recv(10) == bytes([7, 0, 0, 0, 0, 4, 0, 0, 2, 6])
    (event,) = house.events("noise")
    assert "not padded with spaces" in event.summary and event.data["abort"] == [2, 6]


def test_duplicate_uid_with_other_pixels(house: House, files: Callable[[list[Instance]], Path]) -> None:
    """A second object of the same SOP instance UID with other pixels is refused; the first is kept."""
    first, second = made(f"{UID}.5", shade=1), made(f"{UID}.5", shade=2)
    folder = files([first, second])
    output = house.dcmtk("storescu", *map(str, sorted(folder.iterdir())), options=("-d", "-aec", "PACS", "-nh"))
    assert statuses(output) == ["0000", "C111"]
    assert house.pacs.load(f"{UID}.5") == first
