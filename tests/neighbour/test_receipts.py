"""What is transferred to the hospital next door is receipted on the wire, and what is not is seen to be missing."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simlab.config import LOOPBACK
from simlab.department.neighbour.receipting import DELIVERED, UNDELIVERABLE
from simlab.dicom import availability, contexts, normalized
from simlab.dicom.client import Peer
from simlab.dicom.operation import Reply, Request
from simlab.dicom.server import DicomServer
from simlab.lab.home import Home
from simlab.lab.lab import Lab, running
from simlab.training.scene import load_scene
from tests.lab.test_workflow import do
from tests.modality.conftest import until
from tests.tools import need

ZELLER = "2.25.31000068"
SCENE = "use: [_lib/small-hospital]\nsettings: {TERTIARY: {receipt_seconds: 0.1}}\n"


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with running(Home(tmp_path_factory.mktemp("receipts") / "home")) as lab:
        yield lab


@pytest.fixture
def lab(opened: Lab) -> Lab:
    opened.stage(load_scene(SCENE, opened))
    return opened


def sent(lab: Lab) -> dict[str, Any]:
    """The PACS's row of the transfer."""
    (row,) = lab.look("pacs.receipts", study_uid=ZELLER)
    return row


def test_a_transfer_is_receipted_on_the_wire(lab: Lab) -> None:
    """An N-CREATE from TERTIARY at the PACS, for every image that went: nothing is missing on either side."""
    do(lab, "pacs.forward", study=ZELLER, destination="TERTIARY")
    until(lambda: bool(lab.look("pacs.receipts")) and sent(lab)["state"] == "complete", 15)
    row = sent(lab)
    assert (row["sent"], row["missing"]) == (len(lab.look("pacs.instances", study_uid=ZELLER)), 0)
    (receipt,) = lab.look("neighbour.receipts", study_uid=ZELLER)
    assert (receipt["receipt"], receipt["error"]) == (DELIVERED, "")
    taken = [
        e.data for e in lab.journal.events(kinds=("dicom.operation",), system="PACS") if e.data["service"] == "N-CREATE"
    ]
    assert taken[-1]["calling"] == "TERTIARY" and taken[-1]["sop_class"] == contexts.INSTANCE_AVAILABILITY


def test_one_that_does_not_come_is_seen_to_be_missing(lab: Lab) -> None:
    """The neighbour has its receipts switched off; asked to, it sends one all the same."""
    do(lab, "neighbour.configure", receipts=False)
    do(lab, "pacs.forward", study=ZELLER, destination="TERTIARY")
    until(lambda: bool(lab.look("neighbour.receipts")) and lab.look("pacs.transfers")[-1]["state"] == "sent", 15)
    assert sent(lab)["state"] == "missing" and sent(lab)["receipted"] == 0
    assert lab.look("neighbour.receipts")[0]["receipt"] == ""
    do(lab, "neighbour.send_receipt", study=ZELLER)
    until(lambda: sent(lab)["state"] == "complete", 15)


def test_a_part_of_a_transfer_that_was_lost_is_counted(lab: Lab) -> None:
    """Four images of the study never stood in a receipt."""
    do(lab, "neighbour.configure", receipts=False)
    do(lab, "neighbour.fetch", study=ZELLER)
    rows = lab.look("pacs.instances", study_uid=ZELLER)
    told = availability.notification(
        ZELLER, "TERTIARY", [(row["series_uid"], row["sop_class"], row["sop_uid"]) for row in rows[4:]]
    )
    pacs = lab.endpoint("PACS")
    peer = Peer(pacs.ae_title, pacs.host, pacs.port)
    answers = [
        normalized.create(peer, "TERTIARY", contexts.INSTANCE_AVAILABILITY, "2.25.991", told).status for _ in range(2)
    ]
    assert answers == ["0000", "0111"]
    assert (sent(lab)["state"], sent(lab)["missing"]) == ("partial", 4)


@pytest.mark.parametrize(
    ("calling", "sop_class", "changes", "status"),
    [("TERTIARY", contexts.INSTANCE_AVAILABILITY, {"StudyInstanceUID": ""}, "0120"),
     ("TERTIARY", contexts.INSTANCE_AVAILABILITY, {"ReferencedSeriesSequence": []}, "0120"),
     ("TERTIARY", contexts.INSTANCE_AVAILABILITY, {"ReferencedSeriesSequence": None}, "0120")],
)  # fmt: skip
def test_a_bad_receipt_is_refused(lab: Lab, calling: str, sop_class: str, changes: dict[str, Any], status: str) -> None:
    """With a status, and it changes nothing."""
    told = availability.notification(ZELLER, "TERTIARY", [("2.25.1", "2.25.2", "2.25.3")])
    for keyword, value in changes.items():
        setattr(told, keyword, value)
    pacs = lab.endpoint("PACS")
    answer = normalized.create(Peer(pacs.ae_title, pacs.host, pacs.port), calling, sop_class, "2.25.992", told)
    assert answer.status == status


def test_who_may_not_store_may_not_receipt(lab: Lab) -> None:
    """A peer for queries alone."""
    do(lab, "pacs.set_peer", title="TERTIARY", host=LOOPBACK, port=lab.endpoint("TERTIARY").port, services=["query"])
    told = availability.notification(ZELLER, "TERTIARY", [("2.25.1", "2.25.2", "2.25.3")])
    pacs = lab.endpoint("PACS")
    peer = Peer(pacs.ae_title, pacs.host, pacs.port)
    assert normalized.create(peer, "TERTIARY", contexts.INSTANCE_AVAILABILITY, "2.25.993", told).status == "0124"


def test_an_undeliverable_receipt_says_why(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """The neighbour's way to the PACS is wrong: it gives up, says so, and sends again when it is asked to."""
    monkeypatch.setattr("simlab.department.neighbour.receipting._PAUSES", (0.02, 0.02))
    do(lab, "neighbour.configure", pacs_port=1)
    do(lab, "pacs.forward", study=ZELLER, destination="TERTIARY")
    until(lambda: [row["receipt"] for row in lab.look("neighbour.receipts")] == [UNDELIVERABLE], 15)
    assert lab.look("neighbour.receipts")[0]["error"]
    do(lab, "neighbour.configure", pacs_port=lab.endpoint("PACS").port)
    do(lab, "neighbour.send_receipt", study=ZELLER)
    until(lambda: sent(lab)["state"] == "complete", 15)


def test_whoever_sends_and_is_known_gets_a_receipt(lab: Lab, tmp_path: Path) -> None:
    """storescu of DCMTK from a peer of the table: the N-CREATE comes to where that listens, in its own title."""
    heard: list[Any] = []

    def created(request: Request) -> Reply:
        heard.append(availability.read(request.dataset()))
        return Reply(0)

    other = DicomServer(
        "OTHER", lab.journal, lab.faults, ae_title=lambda: "OTHER", handlers={"N-CREATE": created},
        contexts=lambda _caller: contexts.supported([contexts.INSTANCE_AVAILABILITY]),
    )  # fmt: skip
    try:
        do(lab, "neighbour.set_peer", title="OTHER", port=other.open(LOOPBACK, 0))
        do(lab, "neighbour.configure", callers=["OTHER"])
        row = lab.look("pacs.instances", study_uid=ZELLER)[0]
        (tmp_path / "one.dcm").write_bytes(lab.pacs.load(row["sop_uid"]).part10())
        port = str(lab.endpoint("TERTIARY").port)
        command = [need("storescu"), "-aet", "OTHER", "-aec", "TERTIARY", LOOPBACK, port, str(tmp_path / "one.dcm")]
        subprocess.run(command, check=True, timeout=30)
        until(lambda: bool(heard), 15)
    finally:
        other.close()
    assert heard == [(ZELLER, [row["sop_uid"]])]


def test_a_receipt_that_waits_survives_the_lab(tmp_path: Path) -> None:
    """Stopped before its time had come, sent by the next process."""
    with running(Home(tmp_path / "home")) as lab:
        lab.stage(load_scene(SCENE.replace("0.1", "3"), lab))
        do(lab, "neighbour.fetch", study=ZELLER)
        assert (sent(lab)["state"], lab.look("neighbour.receipts")[0]["receipt"]) == ("missing", "waiting")
    with running(Home(tmp_path / "home")) as lab:
        until(lambda: sent(lab)["state"] == "complete", 15)


def test_what_comes_while_a_receipt_is_under_way_gets_one_too(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """The receipt that is under way does not name the late image, so another one does."""
    do(lab, "neighbour.configure", receipts=False)
    do(lab, "neighbour.fetch", study=ZELLER)
    do(lab, "neighbour.configure", receipts=True)
    receipting = lab.neighbour._receipting
    named: list[int] = []
    create = normalized.create

    def slow(peer: Peer, calling: str, sop_class: str, notice: str, told: Any) -> normalized.Answer:
        if not named:  # the association is open, and one more image arrives
            with lab.store.write() as tx:
                receipting.stored(tx, lab.endpoint("PACS").ae_title, ZELLER)
        named.append(len(availability.read(told)[1]))
        return create(peer, calling, sop_class, notice, told)

    monkeypatch.setattr("simlab.department.neighbour.receipting.normalized.create", slow)
    with lab.store.write() as tx:
        receipting.stored(tx, lab.endpoint("PACS").ae_title, ZELLER)
    until(lambda: len(named) > 1, 15)
    until(lambda: not receipting.busy(), 15)
    with lab.store.read() as tx:
        rows = tx.execute("SELECT state, attempts FROM neighbour_receipt WHERE study_uid=?", (ZELLER,)).fetchall()
    assert [tuple(row) for row in rows] == [(DELIVERED, 1), (DELIVERED, 1)]
