"""Peers that the PACS calls over TLS: retrievals, transfers and commitment reports."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pynetdicom import AE, evt
from pynetdicom.sop_class import StorageCommitmentPushModel

from simlab import certificates, tls
from simlab.dicom import client
from tests.dicom.made import ROOT, the_48
from tests.pacs.conftest import HOST, House
from tests.pacs.sink import until
from tests.pacs.test_commitment import Scanner
from tests.tools import need

KEYS = {"StudyInstanceUID": f"{ROOT}.1.1"}


@dataclass
class Receiver:
    """DCMTK's storescp behind TLS that wants to see a certificate, and the house that sends to it."""

    house: House
    port: int
    folder: Path

    def received(self) -> int:
        return len(list(self.folder.iterdir()))

    def move(self) -> client.RetrieveResult:
        return client.move(self.house.peer, "MOVESCU", "STORESCP", "study", "STUDY", KEYS)


@pytest.fixture
def secured(stocked: House, tmp_path: Path) -> House:
    certificates.make(tmp_path / "tls")
    return stocked


@pytest.fixture
def storescp(secured: House, tmp_path: Path) -> Iterator[Receiver]:
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    folder, shown = tmp_path / "received", tmp_path / "tls"
    folder.mkdir()
    mutual = ("+tls", str(shown / "server.key"), str(shown / "server.pem"), "+cf", str(shown / "ca.pem"))
    with subprocess.Popen([need("storescp"), *mutual, "-od", str(folder), str(port)]) as scp:
        try:
            until(lambda: _listens(port))
            secured.pacs.set_peer("STORESCP", HOST, port, tls=True)
            yield Receiver(secured, port, folder)
        finally:
            scp.kill()


def _listens(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex((HOST, port)) == 0


def test_a_move_goes_to_the_destination_over_tls(storescp: Receiver) -> None:
    """DCMTK, which asks for a certificate, is sent the whole study."""
    done = storescp.move()
    assert (done.status, done.failed) == ("0000", 0)
    assert storescp.received() == done.completed > 0


def test_a_plain_peer_is_not_reached_behind_tls(storescp: Receiver) -> None:
    """Without the flag every sub-operation fails, and nothing comes; the view says which is which."""
    assert storescp.house.view("peers", title="STORESCP")[0]["tls"] is True
    storescp.house.pacs.set_peer("STORESCP", HOST, storescp.port)
    assert storescp.house.view("peers", title="STORESCP")[0]["tls"] is False
    done = storescp.move()
    assert (done.status, done.completed) == ("A702", 0)
    assert storescp.received() == 0


def test_a_transfer_goes_over_tls(storescp: Receiver) -> None:
    """The transfer queue reaches the same destination."""
    waiting = storescp.house.pacs.dispatch.forward(KEYS["StudyInstanceUID"], "STORESCP")
    until(lambda: storescp.house.view("transfers")[0]["state"] == "sent")
    assert storescp.received() == waiting["instances"]


def test_a_lab_without_certificates_says_so(stocked: House) -> None:
    """A transfer waits, with what to do as its error."""
    stocked.pacs.set_peer("THEATRE", HOST, stocked.theatre_port, tls=True)
    stocked.pacs.dispatch.forward(KEYS["StudyInstanceUID"], "THEATRE")
    until(lambda: stocked.view("transfers")[0]["attempts"] or stocked.view("transfers")[0]["error"])
    assert "certificate cannot be used" in stocked.view("transfers")[0]["error"]


def test_a_commitment_report_goes_over_tls(secured: House, tmp_path: Path) -> None:
    """A scanner that listens behind TLS is told there what was committed to."""
    scanner = Scanner(secured)
    ae = AE("CT1")
    ae.add_supported_context(StorageCommitmentPushModel, scu_role=False, scp_role=True)
    server = ae.start_server(
        (HOST, 0),
        block=False,
        ssl_context=tls.server_context(tmp_path / "tls", "server", mutual=True),
        evt_handlers=[(evt.EVT_N_EVENT_REPORT, scanner.hear)],
    )
    try:
        secured.pacs.set_peer("CT1", HOST, server.socket.getsockname()[1], tls=True)
        status, uid = scanner.ask(the_48()[:2], stay=False)
        scanner.waits(lambda: bool(scanner.reports))
    finally:
        server.shutdown()
    assert (status, scanner.reports[0][1].TransactionUID) == (0x0000, uid)
