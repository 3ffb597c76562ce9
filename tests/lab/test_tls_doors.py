"""The TLS doors of viewers and scanners, with DCMTK and with the PACS as their callers."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from simlab.fault_effects import STATE
from simlab.faults import Fault
from simlab.lab.lab import Lab
from tests.dicom.made import made
from tests.pacs.sink import until
from tests.tools import need

HOST = "127.0.0.1"


def dcmtk(lab: Lab, program: str, door: str, *args: object, calling: str = "PACS", trust: str = "ca") -> str:
    """What a DCMTK client says that calls a TLS door and shows the lab's own certificate."""
    place, folder = lab.endpoints[door], lab.home.certificates
    keys = ("+tls", folder / "client.key", folder / "client.pem", "+cf", folder / f"{trust}.pem")
    command = [need(program), "-d", "-aet", calling, "-aec", place.ae_title, *keys, HOST, place.port, *args]
    done = subprocess.run([str(part) for part in command], capture_output=True, timeout=60, check=False)
    return (done.stdout + done.stderr).decode("utf-8", "replace")


def do(lab: Lab, name: str, **args: Any) -> dict[str, Any]:
    done = lab.perform(name, args)
    assert done.ok, done.summary
    return done.data


def rows(lab: Lab, view: str, **filters: Any) -> list[dict[str, Any]]:
    with lab.snapshot() as look:
        return look.view(view, **filters)


def over_tls(lab: Lab, system: str, calling: str) -> bool:
    """Whether the last association from `calling` that a system took came over TLS."""
    events = lab.journal.events(kinds=("dicom.association",), system=system, limit=5000)
    taken = [one for one in events if one.data.get("role") != "scu" and one.data.get("calling") == calling]
    return bool(taken) and bool(taken[-1].data.get("tls"))


@pytest.mark.parametrize("door", ["THEATRE_TLS", "CLINIC_TLS", "ADMIN_TLS", "CT1_TLS", "CT2_TLS", "US1_TLS"])
def test_dcmtk_echoes_at_every_tls_door(lab: Lab, door: str) -> None:
    """Each has one of its own beside the plain one, under the same AE title; another CA is not trusted."""
    assert lab.endpoints[door].ae_title == lab.endpoints[door.removesuffix("_TLS")].ae_title
    assert "Received Echo Response (Success)" in dcmtk(lab, "echoscu", door)
    assert "certificate verify failed" in dcmtk(lab, "echoscu", door, trust="untrusted")


def test_dcmtk_stores_at_a_viewer_over_tls(lab: Lab, tmp_path: Path) -> None:
    """What came over TLS lies beside what came plainly, and a stranger is refused there too."""
    file = tmp_path / "one.dcm"
    file.write_bytes(made("2.25.77.1").part10())
    assert "0x0000: Success" in dcmtk(lab, "storescu", "THEATRE_TLS", file)
    assert [row["sop_uid"] for row in rows(lab, "viewer.holds", system="THEATRE")] == ["2.25.77.1"]
    assert "Calling AE Title Not Recognized" in dcmtk(lab, "storescu", "THEATRE_TLS", file, calling="ROGUE")


def test_the_pacs_delivers_to_a_viewer_over_tls(lab: Lab) -> None:
    """C-MOVE and a forwarded study go to the TLS door where the peer's entry says so."""
    study = rows(lab, "pacs.studies")[0]["study_uid"]
    do(lab, "pacs.set_peer", title="THEATRE", host=HOST, port=lab.endpoints["THEATRE_TLS"].port, tls=True)
    do(lab, "dicom.move", destination="THEATRE", keys={"StudyInstanceUID": study})
    assert rows(lab, "viewer.holds", system="THEATRE", study_uid=study)
    assert over_tls(lab, "THEATRE", "PACS")


def test_an_expired_certificate_at_a_viewer_stops_what_is_sent_there_until_it_is_renewed(lab: Lab) -> None:
    """The PACS's transfer waits with the reason in words; then it goes."""
    study = rows(lab, "pacs.studies")[0]["study_uid"]
    do(lab, "pacs.configure", retry_seconds=1)
    do(lab, "pacs.set_peer", title="THEATRE", host=HOST, port=lab.endpoints["THEATRE_TLS"].port, tls=True)
    lab.faults.declare([Fault(id="old", point=STATE, system="THEATRE", effect={"certificate": "expired"})])
    do(lab, "pacs.forward", study=study, destination="THEATRE")
    until(lambda: "certificate has expired" in rows(lab, "pacs.transfers")[0]["error"])
    assert rows(lab, "viewer.holds", system="THEATRE") == []
    lab.viewers["THEATRE"].configure(certificate="renewed")
    until(lambda: rows(lab, "pacs.transfers")[0]["state"] == "sent")


def test_a_viewer_may_want_to_see_a_certificate(lab: Lab) -> None:
    """With `tls_mutual` a caller that shows none gets no association; DCMTK, which shows one, does."""
    lab.viewers["CLINIC"].configure(tls_mutual=True)
    assert "Received Echo Response (Success)" in dcmtk(lab, "echoscu", "CLINIC_TLS")
    assert not lab.perform("dicom.echo", {"to": "CLINIC", "tls": True, "certificate": None}).ok
    assert lab.perform("dicom.echo", {"to": "CLINIC", "tls": True}).ok


def test_a_scanner_sends_over_tls_and_hears_the_report_at_its_own_tls_door(lab: Lab) -> None:
    """`pacs_tls` for what it sends; the report comes on an association of the PACS's own, over TLS as well."""
    do(lab, "pacs.configure", commitment_same_association=False)
    do(lab, "pacs.set_peer", title="CT1", host=HOST, port=lab.endpoints["CT1_TLS"].port, tls=True)
    secure = {"pacs_port": lab.endpoints["PACS_TLS"].port, "pacs_tls": True}
    do(lab, "modality.configure", modality="CT1", **secure)
    typed = {"patient_id": "RXX9", "patient_name": "TLS^TEST"}
    study = do(lab, "modality.scan", modality="CT1", recipe="ct-head", typed=typed)["study_uid"]
    assert over_tls(lab, "PACS", "CT1")
    do(lab, "modality.commit", modality="CT1", study=study)
    until(lambda: rows(lab, "pacs.commitments")[-1]["state"] == "delivered")
    assert over_tls(lab, "CT1", "PACS")


def test_a_scanner_without_tls_finds_no_way_in_at_the_tls_door(lab: Lab) -> None:
    """The port alone is half of it: what is sent waits in its queue, with a reason."""
    do(lab, "modality.configure", modality="CT1", pacs_port=lab.endpoints["PACS_TLS"].port)
    assert not lab.perform("modality.echo", {"modality": "CT1"}).ok
    do(lab, "modality.configure", modality="CT1", pacs_tls=True)
    assert lab.perform("modality.echo", {"modality": "CT1"}).ok


def test_a_scanner_asks_for_its_worklist_and_tells_of_its_step_over_tls(lab: Lab) -> None:
    """`ris_tls`: query, N-CREATE and N-SET at the RIS's TLS door; the port alone lets nobody in."""
    do(lab, "modality.configure", modality="CT1", ris_port=lab.endpoints["RIS_TLS"].port, mpps=True)
    assert not lab.perform("modality.worklist", {"modality": "CT1"}).ok
    do(lab, "modality.configure", modality="CT1", ris_tls=True)
    before = lab.journal.last
    (item, *_) = do(lab, "modality.worklist", modality="CT1")["rows"]
    done = do(lab, "modality.scan", modality="CT1", accession=item["accession"])
    assert done["step"]["done"]
    answered = [event.data for event in lab.journal.events(kinds=("dicom.operation",), system="RIS", after=before)]
    assert [one["service"] for one in answered if one["role"] == "scp"] == ["C-FIND", "C-FIND", "N-CREATE", "N-SET"]
    assert over_tls(lab, "RIS", "CT1")


def test_a_ris_with_an_expired_certificate_is_not_trusted(lab: Lab) -> None:
    """The scanner says so and shows no list; put right, it does."""
    do(lab, "modality.configure", modality="CT1", ris_port=lab.endpoints["RIS_TLS"].port, ris_tls=True)
    do(lab, "ris.configure", certificate="expired")
    outcome = lab.perform("modality.worklist", {"modality": "CT1"})
    assert not outcome.ok and "certificate" in outcome.summary
    do(lab, "ris.configure", certificate="server")
    assert lab.perform("modality.worklist", {"modality": "CT1"}).ok
