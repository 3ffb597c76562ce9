"""Situations h1 to h16: messages are broken, late, lost, doubled, out of order, or for somebody else."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from simlab.hl7.message import parse
from tests.situations.ward import Ward

VANCE, ZELLER, ABARA, SECOND, YEO = "4100050", "4100068", "4100017", "4100092", "4100033"


def patient(ward: Ward, number: str, system: str = "ris") -> dict[str, Any]:
    """A patient's row in one system."""
    (row,) = ward.seen(f"{system}.patients", patient_id=number)
    return row


def ordered(ward: Ward, view: str = "ris.orders") -> dict[str, Any]:
    """The one order that the situation made."""
    (row,) = (row for row in ward.rows(view) if row["accession"].startswith("RXX9"))
    return row


def dead(ward: Ward, route: str = "epr-to-ris") -> list[str]:
    """Why the dead letters of a route are dead."""
    return [row["error"] for row in ward.seen("engine.dead", route=route)]


def waiting(ward: Ward, route: str = "epr-to-ris") -> list[dict[str, Any]]:
    """What waits on a route, in its order."""
    return ward.seen("engine.queue", route=route, state="queued")


def begin(ward: Ward, number: str) -> None:
    """Stage a situation and let it show."""
    ward.stage(number)
    ward.happen()


def mended(ward: Ward, **concerned: Any) -> None:
    """Repair it; every message has come to its end, and images and doors are as they were."""
    ward.repair(**concerned)
    ward.nothing_waits()


def from_outside(ward: Ward, door: str, message: str) -> str:
    """What python-hl7's mllp_send prints of the reply to a message."""
    pytest.importorskip("hl7")
    path = ward.folder / "message.hl7"
    path.write_bytes(b"\x0b" + message.replace("\n", "\r").encode() + b"\x1c\r")
    call = "import sys; from hl7.client import mllp_send; mllp_send()"
    command = [sys.executable, "-c", call, "--port", str(ward.port(door)), "--file", str(path), "127.0.0.1"]
    done = subprocess.run(command, capture_output=True, timeout=30, check=True)
    return done.stdout.decode("utf-8", "replace").replace("\r", "\n")


def test_h01_zds_stripped(ward: Ward) -> None:
    """The PACS expects an order without a study UID, afterwards with the one that the worklist gives."""
    begin(ward, "h01")
    ours = ordered(ward)
    assert not ordered(ward, "pacs.orders")["study_uid"]
    mended(ward)
    ward.done("ris.vet", accession=ours["accession"])
    ward.done("ris.book", accession=ours["accession"], start="2026-03-02T09:00:00")
    ward.done("ris.arrive", accession=ours["accession"])
    (item,) = (row for row in ward.worklist() if row["AccessionNumber"] == ours["accession"])
    assert ordered(ward, "pacs.orders")["study_uid"] == item["StudyInstanceUID"] != ""


def test_h02_line_feeds(ward: Ward) -> None:
    """The RIS says where the LF stands, to others as well; the change of telephone arrives once the rule is gone."""
    begin(ward, "h02")
    assert "segments end with LF" in dead(ward)[0]
    said = from_outside(ward, "RIS_HL7", "MSH|^~\\&|X|Y|RIS|RXX01|20260302||ADT^A31|Q1|P|2.5.1").splitlines()
    assert any(line.startswith("MSA|AE|Q1") for line in said), said
    assert patient(ward, VANCE)["phone"] == "07700 900050"
    mended(ward)
    assert patient(ward, VANCE)["phone"] == "07700 900051"


def test_h03_latin_as_utf(ward: Ward) -> None:
    """One umlaut holds two messages back, tried again and again; both arrive, the address as it was written."""
    begin(ward, "h03")
    first, second = waiting(ward)
    assert "is not UNICODE UTF-8" in first["error"] and second["attempts"] == 0
    assert patient(ward, ZELLER)["phone"] == "07700 900068"
    mended(ward)
    assert patient(ward, VANCE)["address"] == "41 Bäckergasse, Fernhill"
    assert patient(ward, ZELLER)["phone"] == "07700 900069"


def test_h04_unescaped(ward: Ward) -> None:
    """Half of the reason arrives; the order is cancelled and placed anew, and only one of the two is open."""
    begin(ward, "h04")
    assert ordered(ward)["reason"] == "Fall"
    mended(ward)
    ours = [row for row in ward.rows("ris.orders") if row["accession"].startswith("RXX9")]
    assert [(row["state"], row["reason"]) for row in ours] == [
        ("cancelled", "Fall"),
        ("requested", "Fall | on anticoagulants & aspirin"),
    ]


def test_h05_wrong_msa(ward: Ward) -> None:
    """The RIS has done it, the route does not know; after the mending one attempt ends it, and it is not done twice."""
    begin(ward, "h05")
    (item,) = waiting(ward)
    assert "acknowledges 'RIS-000001'" in item["error"]
    assert patient(ward, VANCE)["phone"] == "07700 900051"
    passed_on = len(ward.seen("ris.outbox"))
    mended(ward)
    assert len(ward.seen("ris.outbox")) == passed_on == 1


def test_h06_slow_ack(ward: Ward) -> None:
    """The order is there, its second delivery is refused; it stays one order, and the next one goes through."""
    begin(ward, "h06")
    (item,) = [*waiting(ward), *ward.seen("engine.dead", route="epr-to-ris")]
    assert "no acknowledgement within 0.5 s" in item["error"] or "already" in item["error"]
    first = ordered(ward)
    mended(ward)
    assert ordered(ward) == first
    ward.done("epr.order", patient=ZELLER, exam="CSKUH", modality="CT")
    assert [row["attempts"] for row in ward.seen("engine.queue", route="epr-to-ris", state="delivered")] == [1]


def test_h07_blocked_queue(ward: Ward) -> None:
    """One bad message at the head, an order behind it; both arrive, the bad one with the right sex."""
    ward.stage("h07")
    ward.lab.settle()
    head, behind = waiting(ward)
    assert head["attempts"] >= 41 and behind["attempts"] == 0
    assert not [row for row in ward.rows("ris.orders") if row["placer"] == "P0900002"]
    mended(ward)
    assert [row["patient_id"] for row in ward.rows("ris.orders") if row["placer"] == "P0900002"] == [VANCE]
    zeller = patient(ward, ZELLER)
    assert (zeller["phone"], zeller["sex"]) == ("07700 900070", "M")


def test_h08_merge_swapped(ward: Ward) -> None:
    """RIS and PACS keep the wrong number until it is undone and said again; the images follow."""
    ward.stage("h08")
    before = {row["StudyInstanceUID"] for row in ward.studies(f"PatientID={ABARA}")}
    ward.happen()
    assert patient(ward, ABARA)["merged_into"] == SECOND and patient(ward, SECOND, "epr")["merged_into"] == ABARA
    assert ward.studies(f"PatientID={ABARA}") == []
    mended(ward, concerned=[ABARA, SECOND])
    found = {row["StudyInstanceUID"] for row in ward.studies(f"PatientID={ABARA}")}
    assert found == before | {"2.25.31000124"} and ward.studies(f"PatientID={SECOND}") == []
    assert patient(ward, SECOND)["merged_into"] == ABARA and patient(ward, ABARA)["merged_into"] is None


def test_h09_merge_too_early(ward: Ward) -> None:
    """Put in order, the update reaches the number it is for before that retires; the survivor's address stays."""
    ward.stage("h09")
    assert [row["type"] for row in waiting(ward)] == ["ADT^A40", "ADT^A31"]
    mended(ward)
    assert patient(ward, ABARA)["address"] == "3 Mill Lane, Fernhill"
    second = patient(ward, SECOND)
    assert (second["merged_into"], second["phone"]) == (ABARA, "07700 900099")


def test_released_in_the_wrong_order_the_survivor_of_h09_gets_the_old_address(ward: Ward) -> None:
    """That is why the order matters."""
    ward.stage("h09")
    ward.done("engine.release", route="epr-to-ris")
    assert patient(ward, ABARA)["address"] == "9 Old Wharf, Fernhill"


def test_h10_authority_missing(ward: Ward) -> None:
    """The RIS names what it misses; with the engine's rule the hospital number is first again, with its authority."""
    begin(ward, "h10")
    assert "no number of authority RXX01" in dead(ward)[0]
    mended(ward)
    assert patient(ward, VANCE)["phone"] == "07700 900051"
    (sent,) = ward.seen("engine.queue", route="epr-to-ris", state="delivered")
    message = parse(sent["message"].encode())
    assert message.all("PID-3") == [f"{VANCE}^^^RXX01^MR", "9990000050^^^NHS^NH"]


def test_h11_nhs_conflict(ward: Ward) -> None:
    """One number under two persons; afterwards each has her own, and they are still two."""
    ward.stage("h11")
    assert _holders(ward, "9990000034") == {VANCE, YEO}
    mended(ward)
    assert _holders(ward, "9990000034") == {YEO} and _holders(ward, "9990000050") == {VANCE}
    assert patient(ward, VANCE)["merged_into"] is None and patient(ward, YEO)["merged_into"] is None


def _holders(ward: Ward, nhs: str) -> set[str]:
    held = ward.rows("ris.patients")
    return {row["patient_id"] for row in held if nhs in {one["number"] for one in row["identifiers"]}}


def test_h12_cancel_lost(ward: Ward) -> None:
    """The scanner lists an order that the ward has cancelled, until somebody does what the CA would have."""
    begin(ward, "h12")
    ghost = ordered(ward)["accession"]
    assert ghost in {row["AccessionNumber"] for row in ward.worklist()}
    assert [row["state"] for row in ward.rows("epr.orders")] == ["cancelled"]
    (route,) = ward.seen("engine.statistics", route="epr-to-ris")
    assert route["filtered"] == 1 and not dead(ward)
    mended(ward)
    assert ghost not in {row["AccessionNumber"] for row in ward.worklist()}


def test_h13_less_than(ward: Ward) -> None:
    """The ward reads up to the <, the RIS wrote more; the viewer set right shows all of it."""
    begin(ward, "h13")
    written = "No fracture.\nCyst <b wall thickness 2 mm, unchanged.\nNo bleeding."
    (result,) = ward.rows("epr.results")
    assert result["text"] == "No fracture.\nCyst \nNo bleeding."
    assert [row["text"] for row in ward.rows("ris.reports")] == [written]
    mended(ward)
    assert [row["text"] for row in ward.rows("epr.results")] == [written]


def test_h14_changed_uid(ward: Ward) -> None:
    """After the XO the PACS expects another study than the worklist orders; afterwards the same again."""
    begin(ward, "h14")
    assert ordered(ward, "pacs.orders")["study_uid"] == "2.25.777"
    mended(ward)
    ours = ordered(ward)["accession"]
    (step,) = ward.seen("ris.steps", accession=ours)
    assert ordered(ward, "pacs.orders")["study_uid"] == step["study_uid"]


def test_h15a_preliminary_last(ward: Ward) -> None:
    """The ward reads that there is no fracture; afterwards the final words, and a later P is refused."""
    begin(ward, "h15a")
    assert [row["text"] for row in ward.seen("epr.results", current=True)] == ["No fracture seen."]
    mended(ward)
    assert [row["text"] for row in ward.seen("epr.results", current=True)] == ["Fracture of the left temporal bone."]


def test_h15b_correction_as_new(ward: Ward) -> None:
    """Two reports that contradict each other are shown as current; afterwards the correction alone."""
    begin(ward, "h15b")
    assert len(ward.seen("epr.results", current=True)) == 2
    mended(ward)
    assert [row["text"] for row in ward.seen("epr.results", current=True)] == ["Fracture of the left temporal bone."]


@pytest.mark.parametrize("place", ["MSH-5"])
def test_h16a_wrong_receiver(ward: Ward, place: str) -> None:
    """AR until the address is right again; others are still refused."""
    begin(ward, "h16a")
    assert f"AR: {place}" in waiting(ward)[0]["error"]
    mended(ward)
    assert patient(ward, VANCE)["phone"] == "07700 900051"
    said = from_outside(ward, "RIS_HL7", "MSH|^~\\&|X|Y|BEDBOARD|RXX01|20260302||ADT^A31|Q2|P|2.5.1\n")
    assert "MSA|AR|Q2" in said


def test_h16b_test_to_live(ward: Ward) -> None:
    """AR to a test message; afterwards production passes, and a test message still does not."""
    begin(ward, "h16b")
    assert "AR: MSH-11" in waiting(ward)[0]["error"]
    mended(ward)
    assert patient(ward, VANCE)["phone"] == "07700 900051"
    said = from_outside(ward, "RIS_HL7", "MSH|^~\\&|X|Y|RIS|RXX01|20260302||ADT^A31|Q3|T|2.5.1\n")
    assert "MSA|AR|Q3" in said


def test_h16c_half_open(ward: Ward) -> None:
    """Done at the first delivery, answered at none; once answers pass, it ends without being done twice."""
    begin(ward, "h16c")
    assert "no acknowledgement" in waiting(ward)[0]["error"]
    assert patient(ward, VANCE)["phone"] == "07700 900051"
    passed_on = len(ward.seen("ris.outbox"))
    mended(ward)
    assert len(ward.seen("ris.outbox")) == passed_on == 1
