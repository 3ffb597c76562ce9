"""Situation 25: the connection does not last, or is not trusted."""

from __future__ import annotations

import time

from pynetdicom import AE
from pynetdicom.sop_class import Verification

from tests.situations.ward import HOST, Ward, final, statuses, succeeded

QUILL = "2.25.31000025"


def count(ward: Ward) -> list[str]:
    """How many images of Mr Quill's study findscu is told of."""
    found = ward.studies(f"StudyInstanceUID={QUILL}", shown=("NumberOfStudyRelatedInstances",))
    return [row["NumberOfStudyRelatedInstances"] for row in found]


def test_25a_drop_in_transfer(ward: Ward) -> None:
    """Two stored, then nobody there; the rest follows once the way is mended, and no image is there twice."""
    ward.stage("25a")
    images = [ward.image(number=number) for number in range(4)]
    said = ward.store(images, calling="CT1")
    assert statuses(said) == ["0000", "0000"] and "Peer aborted Association" not in said.split("0000")[0]
    assert "Store SCU Failed" in said or "Store Failed" in said, said
    assert succeeded(ward.echo_as("CT1"))
    assert not ward.act("modality.send", {"modality": "CT1"}).ok
    assert count(ward) == ["2"] and len(ward.seen("modality.queue")) == 4
    ward.repair(concerned=[QUILL])
    assert count(ward) == ["6"] and not ward.seen("modality.queue")
    assert statuses(ward.store(images, calling="CT1")) == ["0000"] * 4
    files, said = ward.get(QUILL)
    assert (len(files), final(said)) == (6, "0000")


def test_25b_idle_time_out(ward: Ward) -> None:
    """Aborted after a second of silence; afterwards a pause does no harm, and the time-out is still one."""
    ward.stage("25b")
    assert succeeded(ward.echo("CT1"))
    assert _survives(ward, 3.0) is False
    ward.repair()
    assert _survives(ward, 1.3) is True
    (limit,) = ward.seen("pacs.settings", key="idle_seconds")
    assert limit["value"] == 60


def _survives(ward: Ward, seconds: float) -> bool:
    """Whether pynetdicom's association, after a C-ECHO and a pause of at most so long, is answered once more."""
    ae = AE("CT1")
    ae.add_requested_context(Verification)
    association = ae.associate(HOST, ward.port(), ae_title="PACS")
    assert association.send_c_echo().Status == 0x0000
    until = time.monotonic() + seconds
    while association.is_established and time.monotonic() < until:
        time.sleep(0.02)
    if association.is_aborted:
        return False
    status = association.send_c_echo().Status
    association.release()
    return status == 0x0000


def test_25c_expired_certificate(ward: Ward) -> None:
    """No TLS with the expired certificate; with the renewed one there is, and an untrusted CA is refused still."""
    ward.stage("25c")
    assert "certificate verify failed" in _echo(ward) and succeeded(ward.echo("CT1"))
    ward.repair()
    assert succeeded(_echo(ward))
    assert not succeeded(_echo(ward, trust="untrusted"))


def _echo(ward: Ward, trust: str = "ca") -> str:
    folder = ward.lab.home.certificates
    keys = ("+tls", str(folder / "client.key"), str(folder / "client.pem"), "+cf", str(folder / f"{trust}.pem"))
    return ward.dcmtk("echoscu", "-aet", "CT1", "-aec", "PACS", *keys, to="PACS_TLS")
