"""Application acknowledgements that come later, through a whole lab: each is written to the message it is for."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from simlab import provenance
from simlab.faults import Fault
from simlab.hl7.acknowledge import acknowledge
from simlab.hl7.errors import Hl7Error
from simlab.hl7.link import send
from simlab.hl7.message import parse
from simlab.hl7.mllp import Caller, MllpServer
from simlab.hl7.partner import Behaviour, Partner, Turn
from simlab.lab.home import Home
from simlab.lab.lab import Lab, running
from tests.hl7.peer import eventually, peer
from tests.lab.conftest import from_scene
from tests.lab.test_tls_doors import HOST, do, rows

ROUTE = "epr-to-ris"


def mllp(lab: Lab, door: str) -> str:
    return f"mllp://{HOST}:{lab.endpoints[door].port}"


def person(lab: Lab, number: str) -> None:
    do(lab, "epr.register", patient=number, event="A28", facts={"name": f"LATE^{number}", "sex": "F"})


def item(lab: Lab) -> dict[str, Any]:
    """The newest item of the route; of none, one without a word."""
    return (rows(lab, "engine.queue", route=ROUTE) or [{"state": "", "later": ""}])[-1]


def test_aa_comes_later_to_the_engines_door(lab: Lab) -> None:
    """The RIS says CA at once and AA on a connection of its own; the item tells of both, and nothing went twice."""
    do(lab, "hl7.set_door", door="RIS_HL7", reply_to=mllp(lab, "ADT"))
    do(lab, "engine.set_route", route=ROUTE, deferred=True)
    person(lab, "9300001")
    eventually(lambda: item(lab)["later"] == "AA")
    eventually(lambda: item(lab)["state"] == "delivered" and item(lab)["attempts"] == 1)
    assert "MSA|CA|" in item(lab)["ack"] and "MSA|AA|" in item(lab)["answer"]
    heard = [e.data["text"] for e in lab.journal.events(kinds=("hl7.message",), system="ENGINE", limit=100)]
    assert f"the late reply to item {item(lab)['id']} of {ROUTE}" in heard
    eventually(lambda: rows(lab, "hl7.replies") == [])


@pytest.mark.parametrize("code", ["AA", "AE"])
def test_aa_comes_later_on_the_routes_own_connection(lab: Lab, code: str) -> None:
    """Nobody set `reply_to`: CA, and a while later the word, on the connection that the engine opened and keeps."""
    delay = {"delay": 0.4} if code == "AA" else {"delay": 0.4, "code": "AE", "text": "not so"}
    with provenance.acting(provenance.SCENE):
        lab.faults.declare([Fault(id="slow", point="ack", system="RIS", effect=delay)])
    do(lab, "engine.set_route", route=ROUTE, deferred=True)
    person(lab, "9300007")
    eventually(lambda: item(lab)["state"] == "delivered" and item(lab)["later"] == "awaited")
    eventually(lambda: item(lab)["later"] == code)
    assert item(lab)["state"] == ("delivered" if code == "AA" else "error") and item(lab)["attempts"] == 1
    heard = [e.data["text"] for e in lab.journal.events(kinds=("hl7.message",), system="ENGINE", limit=100)]
    assert f"the late reply to item {item(lab)['id']} of {ROUTE}" in heard


def test_ae_later_makes_a_dead_letter_that_can_be_sent_again(lab: Lab) -> None:
    """What the RIS stored and could not do comes back as AE: a dead letter with its words, counted as one."""
    do(lab, "hl7.set_door", door="RIS_HL7", reply_to=mllp(lab, "ADT"))
    do(lab, "engine.set_route", route=ROUTE, deferred=True)
    before = rows(lab, "engine.statistics", route=ROUTE)[0]
    do(lab, "engine.set_rules", route=ROUTE, rules=[{"set": "PID-3", "value": ""}])
    person(lab, "9300002")
    eventually(lambda: [row["later"] for row in rows(lab, "engine.dead", route=ROUTE)] == ["AE"])
    (dead,) = rows(lab, "engine.dead", route=ROUTE)
    assert dead["failed"] == "receiver" and dead["error"].startswith("AE: PID-3")
    after = rows(lab, "engine.statistics", route=ROUTE)[0]
    assert (after["delivered"], after["failed"]) == (before["delivered"], before["failed"] + 1)
    do(lab, "engine.set_rules", route=ROUTE, rules=[])
    do(lab, "engine.resend", item=dead["id"], rules=True)
    eventually(lambda: item(lab)["later"] == "AA" and item(lab)["state"] == "delivered")
    assert rows(lab, "ris.patients", patient_id="9300002")


@pytest.mark.parametrize("code", ["AA", "AE", "AR"])
@pytest.mark.parametrize("system", ["EPR", "RIS"])
def test_an_outbox_hears_at_its_own_door(lab: Lab, system: str, code: str) -> None:
    """CA ends the delivery; a client writes the application's word to the system's door, before and after a restart."""
    partner = Partner(Behaviour(turns=(Turn(code="CA"),)))
    outbox, port = f"{system.lower()}.outbox", partner.open(HOST, 0)
    if system == "EPR":
        do(lab, "epr.configure", destination_port=port, destination_deferred=True)
        person(lab, "9300003")
    else:
        do(lab, "ris.configure", forward_adt={"host": HOST, "port": port, "deferred": True})
        do(lab, "ris.cancel_order", accession="RXX10000050")
    eventually(lambda: [row["state"] for row in rows(lab, outbox)] == ["delivered"])
    partner.close()
    (row,) = rows(lab, outbox)
    assert (row["later"], row["answer"]) == ("awaited", None)
    (sent,) = map(parse, partner.got)
    assert (sent.get("MSH-15"), sent.get("MSH-16")) == ("AL", "AL")
    reply = f"MSH|^~\\&|ENGINE|RXX01|{system}|RXX01|20260302||ACK|L1|P|2.5.1|||AL|NE\rMSA|{code}|{{}}|not so\r"
    place = lab.endpoints[f"{system}_HL7"]
    for control_id in ("UNKNOWN", row["control_id"]):
        said = send(place.host, place.port, reply.format(control_id).encode())
        assert parse(said).get("MSA-1") == "CA"
    (row,) = rows(lab, outbox)
    assert row["later"] == code and "not so" in row["answer"]
    assert (row["state"], row["error"]) == (("delivered", "") if code == "AA" else ("error", f"{code}: not so"))


@pytest.mark.parametrize("code", ["AA", "AE"])
@pytest.mark.parametrize("system", ["EPR", "RIS"])
def test_an_outbox_hears_on_its_own_connection(lab: Lab, system: str, code: str) -> None:
    """CA ends the delivery; the application's word follows on the same connection, while nothing else is sent."""
    outbox, release = f"{system.lower()}.outbox", threading.Event()

    def answers(data: bytes, _caller: Caller) -> Iterator[bytes]:
        yield acknowledge(data, now=datetime.now(), accept=True)
        release.wait(5)
        error = None if code == "AA" else Hl7Error("not so", place="PID-3")
        yield acknowledge(data, now=datetime.now(), error=error, conditions=("AL", "NE"))

    server = MllpServer("PARTNER", answers)
    port = server.open(HOST, 0)
    try:
        if system == "EPR":
            do(lab, "epr.configure", destination_port=port, destination_deferred=True)
            person(lab, "9300005")
        else:
            do(lab, "ris.configure", forward_adt={"host": HOST, "port": port, "deferred": True})
            do(lab, "ris.cancel_order", accession="RXX10000050")
        eventually(lambda: [row["state"] for row in rows(lab, outbox)] == ["delivered"])
        assert rows(lab, outbox)[0]["later"] == "awaited"
        release.set()
        eventually(lambda: rows(lab, outbox)[0]["later"] == code)
    finally:
        release.set()
        server.close()
    (row,) = rows(lab, outbox)
    assert (row["state"], row["error"]) == (("delivered", "") if code == "AA" else ("error", "AE: PID-3: not so"))
    told = [e for e in lab.journal.events(kinds=("hl7.message",), system=system) if e.data["direction"] == "in"]
    assert [(e.data["text"], e.actor) for e in told] == [(f"the late reply to message {row['id']}", row["actor"])]


def test_an_answer_that_does_not_come_later_is_kept_as_one(lab: Lab) -> None:
    """A receiver without enhanced mode answers AA at once, although a later word is waited for."""
    with peer() as old:
        do(lab, "epr.configure", destination_port=old.port, destination_deferred=True)
        person(lab, "9300006")
        eventually(lambda: [row["state"] for row in rows(lab, "epr.outbox")] == ["delivered"])
    (row,) = rows(lab, "epr.outbox")
    assert row["later"] == "AA" and f"MSA|AA|{row['control_id']}" in row["answer"]


def test_what_is_awaited_is_awaited_after_a_restart(tmp_path: Path) -> None:
    """CA came before the lab stopped, the application's word comes when it is up again."""
    partner = Partner(Behaviour(turns=(Turn(code="CA"),)))
    with running(Home(tmp_path / "home")) as lab:
        from_scene(lab)
        do(lab, "engine.set_route", route=ROUTE, port=partner.open(HOST, 0), deferred=True)
        person(lab, "9300004")
        eventually(lambda: item(lab)["state"] == "delivered")
    partner.close()
    with running(Home(tmp_path / "home")) as lab:
        assert item(lab)["later"] == "awaited"
        place = lab.endpoints["ADT"]
        reply = f"MSH|^~\\&|RIS|RXX01|EPR|RXX01|20260302||ACK|L1|P|2.5.1|||AL|NE\rMSA|AE|{item(lab)['control_id']}|no\r"
        send(place.host, place.port, reply.encode())
        assert (item(lab)["state"], item(lab)["error"]) == ("error", "AE: no")
