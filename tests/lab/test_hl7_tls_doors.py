"""The TLS doors of HL7 and of the RIS, with python-hl7, DCMTK and the lab's own senders as their callers."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import sys
from pathlib import Path

import hl7
import pytest
from hl7.mllp import open_hl7_connection

from simlab import tls
from simlab.cli.process import Process
from simlab.config import SEATS
from simlab.fault_effects import STATE
from simlab.faults import Fault
from simlab.lab.lab import Lab
from tests.hl7.peer import eventually
from tests.lab.test_tls_doors import HOST, dcmtk, do, over_tls, rows

DOORS = ("ADT", "RIS_HL7", "PACS_HL7", "EPR_HL7")


def adt(control_id: str, number: str = "9100001") -> str:
    head = f"MSH|^~\\&|EPR|RXX01|ENGINE|RXX01|20260302||ADT^A28^ADT_A05|{control_id}|P|2.5.1"
    return f"{head}\rEVN||20260302\rPID|||{number}^^^RXX01^MR||TLS^TESSA||19700101|F\r"


def python_hl7(lab: Lab, door: str, text: str, *, shown: str | None = "client") -> tuple[str, str]:
    """MSA-1 and MSA-2 that python-hl7's asyncio client reads from a TLS door."""
    context = tls.client_context(lab.home.certificates, shown)

    async def talk() -> tuple[str, str]:
        reader, writer = await open_hl7_connection(HOST, lab.endpoints[door].port, ssl=context)
        writer.writemessage(hl7.parse(text))
        await writer.drain()
        answer = await asyncio.wait_for(reader.readmessage(), 10)
        writer.close()
        return str(answer["MSA.F1"]), str(answer["MSA.F2"])

    return asyncio.run(talk())


@pytest.mark.parametrize("door", DOORS)
def test_python_hl7_is_answered_at_every_tls_door(lab: Lab, door: str) -> None:
    """Each stands a thousand above the plain one, and shows what the lab's CA signed: another CA is not trusted."""
    assert SEATS[f"{door}_TLS"].port == SEATS[door].port + 1000
    code = "AR" if door == "EPR_HL7" else "AA"  # the patient record takes no ADT
    assert python_hl7(lab, f"{door}_TLS", adt("TLS1")) == (code, "TLS1")
    with pytest.raises(ssl.SSLCertVerificationError):
        context = ssl.create_default_context()
        context.check_hostname = False
        asyncio.run(open_hl7_connection(HOST, lab.endpoints[f"{door}_TLS"].port, ssl=context))


def test_the_policy_of_a_door_holds_over_tls_and_a_certificate_may_be_asked_for(lab: Lab) -> None:
    """Types are refused as at the plain door; with `tls_mutual` who shows no certificate gets no answer."""
    do(lab, "hl7.set_door", door="RIS_HL7", types=["ORM"], tls_mutual=True)
    assert python_hl7(lab, "RIS_HL7_TLS", adt("T1")) == ("AR", "T1")
    with pytest.raises((OSError, asyncio.IncompleteReadError)):
        python_hl7(lab, "RIS_HL7_TLS", adt("T2"), shown=None)
    refused = "no TLS: the peer showed no certificate, and one is due here"
    eventually(lambda: [one.data["what"] for one in lab.journal.events(kinds=("noise",), system="RIS")] == [refused])


def test_a_whole_morning_goes_over_tls(lab: Lab) -> None:
    """EPR to engine, engine to RIS, RIS to engine, engine to PACS and EPR: every leg, and what is ordered arrives."""
    port = {door: lab.endpoints[f"{door}_TLS"].port for door in DOORS}
    do(lab, "epr.configure", destination_port=port["ADT"], destination_tls=True)
    do(lab, "ris.configure", forward_adt={"host": HOST, "port": port["ADT"], "tls": True})
    for route, door in (("epr-to-ris", "RIS_HL7"), ("ris-to-pacs", "PACS_HL7"), ("ris-to-epr", "EPR_HL7")):
        do(lab, "engine.set_route", route=route, port=port[door], tls=True)
    placer = do(lab, "epr.order", patient="4100017", exam="CCHEC", modality="CT", reason="Over TLS")["placer"]
    eventually(lambda: any(row["placer"] == placer for row in rows(lab, "ris.orders")))
    (order,) = (row for row in rows(lab, "ris.orders") if row["placer"] == placer)
    do(lab, "ris.cancel_order", accession=order["accession"])
    eventually(lambda: rows(lab, "epr.orders", placer=placer)[0]["state"] != "ordered")
    lab.settle(20)
    assert {row["state"] for row in rows(lab, "epr.outbox") + rows(lab, "ris.outbox")} == {"delivered"}
    sent = lab.journal.events(kinds=("hl7.message",), limit=1000)
    peers = {one.data["peer"] for one in sent if one.data["direction"] == "out"}
    assert peers == {f"{HOST}:{one}" for one in port.values()}


def test_an_expired_certificate_at_the_ris_holds_the_orders_until_it_is_renewed(lab: Lab) -> None:
    """The route says why, nothing is lost; set to the renewed one, the door takes what waits."""
    port = lab.endpoints["RIS_HL7_TLS"].port
    do(lab, "engine.set_route", route="epr-to-ris", port=port, tls=True, first_seconds=0.05, longest_seconds=0.1)
    lab.faults.declare([Fault(id="old", point=STATE, system="RIS_HL7", effect={"certificate": "expired"})])
    do(lab, "epr.register", patient="9100002", facts={"name": "LATE^LARA", "birth_date": "19800101", "sex": "F"})
    eventually(lambda: "certificate has expired" in str(rows(lab, "engine.queue", route="epr-to-ris")))
    assert not rows(lab, "ris.patients", patient_id="9100002")
    do(lab, "hl7.set_door", door="RIS_HL7", certificate="renewed")
    eventually(lambda: rows(lab, "ris.patients", patient_id="9100002"))
    assert not lab.perform("hl7.set_door", {"door": "RIS_HL7", "certificate": "client"}).ok


@pytest.mark.parametrize("system", ["EPR", "RIS"])
def test_an_outbox_without_tls_waits_before_a_tls_door(lab: Lab, system: str) -> None:
    """The port alone is half of it: what is sent waits with a reason, and goes once TLS is set."""
    port, outbox = lab.endpoints["ADT_TLS"].port, f"{system.lower()}.outbox"
    if system == "EPR":
        do(lab, "epr.configure", destination_port=port)
        do(lab, "epr.register", patient="9100003", facts={"name": "PLAIN^PIA", "birth_date": "19800101", "sex": "F"})
    else:
        do(lab, "ris.configure", forward_adt={"host": HOST, "port": port})
        do(lab, "ris.cancel_order", accession="RXX10000050", reason="not needed")
    eventually(lambda: rows(lab, outbox) and rows(lab, outbox)[0]["error"])
    assert rows(lab, outbox)[0]["state"] == "queued"
    if system == "EPR":
        do(lab, "epr.configure", destination_tls="true")
    else:
        do(lab, "ris.configure", forward_adt={"host": HOST, "port": port, "tls": True})
    eventually(lambda: {row["state"] for row in rows(lab, outbox)} == {"delivered"})
    assert not lab.perform("epr.configure", {"destination_tls": "perhaps"}).ok


def test_a_person_sends_to_a_tls_door_by_its_name(lab: Lab) -> None:
    """`hl7.send` with `tls`, or to the door's own name; what is no TLS door gets nothing through."""
    assert do(lab, "hl7.send", message=adt("P1"), to="ADT", tls=True)["ack"] == "AA"
    assert do(lab, "hl7.send", message=adt("P2"), to="ADT_TLS", certificate=None)["ack"] == "AA"
    plain = lab.perform("hl7.send", {"message": adt("P3"), "to": "ADT_TLS", "port": lab.endpoints["ADT"].port})
    assert not plain.ok and "no TLS" in plain.summary
    taken = [row["control_id"] for row in rows(lab, "engine.messages")]
    assert "P1" in taken and "P2" in taken and "P3" not in taken


def test_the_command_line_sends_to_a_tls_door_with_the_labs_certificates_well_or_badly(
    running_process: Process, tmp_path: Path
) -> None:
    """One message through the lab, two by `mllps://`, and one as a bad partner that begins its frames twice."""
    home, port = tmp_path / "home", running_process.lab.endpoints["ADT_TLS"].port
    for name in ("C1", "C2"):
        (tmp_path / name).write_bytes(adt(name).encode())

    def send(*arguments: object) -> str:
        command = [sys.executable, "-m", "simlab", "hl7", "send", *map(str, arguments), "--home", str(home)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "AA" in send(tmp_path / "C1", "--to", "ADT_TLS")
    assert "2 sent, 2 accepted" in send(tmp_path / "C1", tmp_path / "C2", "--to", f"mllps://{HOST}:{port}")
    assert "AA" in send(tmp_path / "C2", "--to", "ADT_TLS", "--behave", "two-vt")
    noises = running_process.lab.journal.events(kinds=("noise",), system="ENGINE")
    assert [one.data["what"] for one in noises] and not any("TLS" in one.data["what"] for one in noises)


def test_dcmtk_asks_the_ris_over_tls(lab: Lab) -> None:
    """The worklist at RIS_TLS, under the RIS's own setting for its certificate and who must show one."""
    asked = ("-W", "-k", "PatientName", "-k", "ScheduledProcedureStepSequence[0].Modality=CT")
    assert "QUILL^TOBIAS^^MR" in dcmtk(lab, "findscu", "RIS_TLS", *asked, calling="CT1")
    assert over_tls(lab, "RIS", "CT1")
    do(lab, "ris.configure", certificate="expired", tls_mutual=True)
    assert "certificate verify failed" in dcmtk(lab, "findscu", "RIS_TLS", *asked, calling="CT1")
    do(lab, "ris.configure", certificate="server")
    assert not lab.perform("dicom.echo", {"to": "RIS", "tls": True, "certificate": None}).ok
    assert lab.perform("dicom.echo", {"to": "RIS", "tls": True}).ok
    assert not lab.perform("ris.configure", {"certificate": "client"}).ok
    do(lab, "ris.configure", ae_title="RAD")
    assert lab.ris.endpoints["RIS_TLS"].ae_title == "RAD"
