"""Sequence numbers through a whole lab: counted at every sender, asked for at every door, lost and found again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from simlab.faults import Fault
from simlab.hl7.message import parse
from simlab.hl7.partner import Behaviour, Partner
from simlab.lab.home import Home
from simlab.lab.lab import Lab, running
from tests.hl7.peer import eventually
from tests.lab.conftest import from_scene
from tests.lab.test_tls_doors import HOST, do, rows

ROUTE = "epr-to-ris"
EPR = "EPR^RXX01"


def numbered(lab: Lab) -> None:
    """Have everybody number what is sent, and the doors look at the numbers."""
    for door in ("ADT", "RIS_HL7"):
        do(lab, "hl7.set_door", door=door, sequence=True)
    do(lab, "epr.configure", destination_sequence=True)
    engine = {"host": HOST, "port": lab.endpoints["ADT"].port, "sequence": True}
    do(lab, "ris.configure", forward_adt=engine)
    do(lab, "engine.set_route", route=ROUTE, sequence=True, first_seconds=0.05, longest_seconds=0.1, ack_seconds=0.5)


def person(lab: Lab, number: str) -> None:
    do(lab, "epr.register", patient=number, event="A28", facts={"name": f"COUNT^{number}", "sex": "F"})


def known(lab: Lab) -> list[str]:
    """The new patients that the RIS knows."""
    return [row["patient_id"] for row in rows(lab, "ris.patients") if row["patient_id"].startswith("92")]


def last(lab: Lab, link: str, partner: str = EPR) -> int | None:
    return next(row["last"] for row in rows(lab, "hl7.sequences", link=link) if row["partner"] == partner)


@contextmanager
def elsewhere(lab: Lab) -> Iterator[None]:
    """The route goes to a receiver that says AA and keeps nothing, for the length of the block."""
    other = Partner(Behaviour())
    do(lab, "engine.set_route", route=ROUTE, port=other.open(HOST, 0))
    try:
        yield
    finally:
        other.close()
        do(lab, "engine.set_route", route=ROUTE, port=lab.endpoints["RIS_HL7"].port)


def frozen(lab: Lab) -> str:
    return str(rows(lab, "engine.queue", route=ROUTE, state="queued"))


def test_every_leg_counts_for_itself(lab: Lab) -> None:
    """EPR and RIS to the engine, the engine to the RIS; MSH-13 is in the evidence, MSA-4 in the answer."""
    numbered(lab)
    for number in ("9200001", "9200002"):
        person(lab, number)
    eventually(lambda: len(known(lab)) == 2)
    lab.settle(20)
    for link in ("EPR", "ADT", f"ENGINE {ROUTE}", "RIS_HL7"):
        assert last(lab, link) == 2
    assert last(lab, "RIS", "RIS^RXX01") == last(lab, "ADT", "RIS^RXX01") == 2
    taken = lab.journal.events(kinds=("hl7.message",), system="RIS", limit=100)
    events = [one for one in taken if one.data["direction"] == "in" and one.data["sending"] == "EPR"]
    assert [parse(lab.journal.evidence(one.id) or b"").get("MSH-13") for one in events] == ["1", "2"]
    assert [parse(one.data["ack_message"].encode()).get("MSA-4") for one in events] == ["1", "2"]


def test_a_lost_message_stops_the_link_until_it_is_sent_again(lab: Lab) -> None:
    """Number 2 went to somebody else; 3 waits, in words, until 2 is queued before it and the count is set back."""
    numbered(lab)
    person(lab, "9200001")
    eventually(lambda: known(lab) == ["9200001"])
    with elsewhere(lab):
        person(lab, "9200002")
        eventually(lambda: last(lab, f"ENGINE {ROUTE}") == 2)
    person(lab, "9200003")
    eventually(lambda: "sequence number 2 is expected, ours is 3" in frozen(lab))
    assert known(lab) == ["9200001"]
    (lost,) = (row for row in rows(lab, "engine.queue", route=ROUTE) if "9200002" in str(row["patient_ids"]))
    do(lab, "engine.hold", route=ROUTE)
    again = do(lab, "engine.resend", item=lost["id"])["item"]
    (waits,) = (row for row in rows(lab, "engine.queue", state="queued") if "9200003" in str(row["patient_ids"]))
    do(lab, "engine.move", item=again, before=waits["id"])
    do(lab, "hl7.set_sequence", link=f"ENGINE {ROUTE}", last=1)
    do(lab, "engine.release", route=ROUTE)
    eventually(lambda: known(lab) == ["9200001", "9200002", "9200003"])
    assert last(lab, "RIS_HL7") == 3


def test_a_link_is_begun_anew_over_the_wire_or_at_the_door(lab: Lab) -> None:
    """-1 in MSH-13 makes the door take any number next, and so does its administrator; the gap is given up."""
    numbered(lab)
    person(lab, "9200001")
    eventually(lambda: known(lab) == ["9200001"])
    with elsewhere(lab):
        person(lab, "9200002")
        eventually(lambda: last(lab, f"ENGINE {ROUTE}") == 2)
    person(lab, "9200003")
    eventually(lambda: "2 is expected" in frozen(lab))
    head = "MSH|^~\\&|EPR|RXX01|RIS|RXX01|20260302||ADT^A28^ADT_A05|ANEW|P|2.5.1|-1"
    answer = do(lab, "hl7.send", to="RIS_HL7", message=f"{head}\rEVN||20260302\rPID|||9299999^^^RXX01^MR||NO^ONE\r")
    assert parse(answer["message"].encode()).get("MSA-4") == "-1"
    eventually(lambda: known(lab) == ["9200001", "9200003"] and last(lab, f"ENGINE {ROUTE}") == 3)
    do(lab, "hl7.set_sequence", link=f"ENGINE {ROUTE}", last=40)
    person(lab, "9200004")
    eventually(lambda: "4 is expected, ours is 41" in frozen(lab))
    do(lab, "hl7.set_sequence", link="RIS_HL7", partner=EPR)
    eventually(lambda: last(lab, "RIS_HL7") == 41)
    assert known(lab) == ["9200001", "9200003", "9200004"]
    assert not lab.perform("hl7.set_sequence", {"link": "NOWHERE", "last": 1}).ok


def test_a_lost_acknowledgement_is_found_out_by_the_number(lab: Lab) -> None:
    """The RIS took it and says nothing; sent again it is known, applied once, and the count goes on."""
    numbered(lab)
    lab.faults.declare([Fault(id="mute", point="ack", system="RIS", effect={"none": True}, count=1)])
    for number in ("9200001", "9200002"):
        person(lab, number)
    eventually(lambda: len(known(lab)) == 2, 10)
    eventually(lambda: last(lab, f"ENGINE {ROUTE}") == 2)
    assert last(lab, "RIS_HL7") == 2
    taken = lab.journal.events(kinds=("hl7.message",), system="RIS", limit=100)
    replayed = [one.data.get("replayed", False) for one in taken if one.data["sending"] == "EPR"]
    assert replayed == [False, True, False]


def test_what_was_taken_is_known_again_under_another_number(lab: Lab) -> None:
    """A person sends an item again: it has the next number and the old MSH-10, and is not applied a second time."""
    numbered(lab)
    person(lab, "9200001")
    eventually(lambda: known(lab) == ["9200001"])
    lab.settle(20)
    do(lab, "engine.resend", item=rows(lab, "engine.queue", route=ROUTE)[-1]["id"])
    eventually(lambda: last(lab, f"ENGINE {ROUTE}") == 2)
    person(lab, "9200002")
    eventually(lambda: last(lab, "RIS_HL7") == 3)
    taken = lab.journal.events(kinds=("hl7.message",), system="RIS", limit=100)
    assert [one.data.get("replayed", False) for one in taken if one.data["sending"] == "EPR"] == [False, True, False]


def test_numbers_go_on_after_a_restart(tmp_path: Path) -> None:
    """Both ends of every link remember: the next process sends 2 and expects 2."""
    for number in ("9200001", "9200002"):
        with running(Home(tmp_path / "home")) as lab:
            if number == "9200001":
                from_scene(lab)
                numbered(lab)
            person(lab, number)
            eventually(lambda lab=lab, number=number: number in known(lab))
            lab.settle(20)
            count = int(number[-1])
            assert [last(lab, link) for link in ("EPR", "ADT", f"ENGINE {ROUTE}", "RIS_HL7")] == [count] * 4
