"""Links, moves, changed numbers and merges of several pairs, as messages bring them; a wrong merge taken apart."""

import pytest

from simlab.hl7 import build
from simlab.hl7.build import Identifier, Order, Patient, Visit
from simlab.hl7.message import parse
from tests.ris.test_inbox import NHS, mr, person, raw


def order(lab, number, placer):
    lab.send(build.orm(lab.header(), "NW", person(mr(number)), Order(placer=placer, exam_code="CTCHEST")))
    (row,) = [row for row in lab.view("orders") if row["placer"] == placer]
    return row["accession"]


def merged(lab, survive, retire):
    return lab.send(build.merge(lab.header(), person(mr(survive)), [mr(retire)]))


def test_one_message_may_merge_several_pairs(lab):
    """ADT_A39 repeats PID and MRG: each MRG retires into the PID before it; one that is wrong stops all."""
    pairs = ["EVN|A40", "PID|1||1000001^^^RXX01^MR||A^B", "MRG|555^^^RXX01^MR", "PID|1||1000002^^^RXX01^MR||C^D"]
    code, text = lab.send(raw(lab, *pairs, "MRG|666^^^RXX01^MR", kind="ADT^A40"))
    assert code == "AA" and "555 into 1000001" in text and "666 into 1000002" in text
    before = lab.store.digest(systems=["ris"])
    assert lab.send(raw(lab, *pairs, "MRG|777^^^OTHER^MR", kind="ADT^A40"))[0] == "AE"
    assert lab.store.digest(systems=["ris"]) == before


def test_a_moved_retired_number_takes_what_it_brought(lab):
    """A43 of a number that was merged into the wrong person: its order goes to the right one, the rest stays."""
    lab.send(build.adt(lab.header(), "A28", person(mr("333"))))
    mine, theirs = order(lab, "333", "E1"), order(lab, "1000002", "E2")
    merged(lab, "1000002", "333")
    sent = build.move(lab.header(), [mr("333")], person(mr("1000001")), mr("1000002"))
    assert lab.send(sent) == ("AA", "333 moved from 1000002 to 1000001, 1 orders")
    assert lab.one("orders", accession=mine)["patient_id"] == "1000001"
    assert lab.one("orders", accession=theirs)["patient_id"] == "1000002"
    assert lab.one("patients", patient_id="333")["merged_into"] == "1000001"


def test_an_nhs_number_is_moved(lab):
    """A43 of another authority's number: an identifier changes hands, orders stay."""
    sent = build.move(lab.header(), [NHS], person(mr("1000002")), mr("1000001"))
    assert lab.send(sent)[0] == "AA"
    assert lab.one("patients", patient_id="1000001")["identifiers"] == []
    assert lab.one("patients", patient_id="1000002")["identifiers"][0]["number"] == NHS.number


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        (lambda head: build.renumber(head, person(mr("1000002")), [mr("1000001")]), "already"),
        (lambda head: build.renumber(head, person(mr("9")), [mr("8")]), "no patient 8"),
        (lambda head: build.link(head, person(mr("1000001")), person(mr("1000001"))), "itself"),
        (lambda head: build.move(head, [NHS], person(mr("5")), mr("1000001")), "no patient 5"),
        (lambda head: build.move(head, [mr("1000002")], person(mr("1000001")), mr("5")), "no merge"),
    ],
)
def test_what_cannot_be_meant_is_refused(lab, sent, says):
    """AE with the reason; nothing is changed."""
    before = lab.store.digest(systems=["ris"])
    code, text = lab.send(sent(lab.header()))
    assert code == "AE" and says in text
    assert lab.store.digest(systems=["ris"]) == before


def test_a_link_changes_neither_record_and_is_told_once(lab):
    """A24 twice is one link; A37 of records that were not linked says so."""
    sent = [build.link(lab.header(), person(mr("1000001")), person(mr("1000002"))) for _ in range(2)]
    assert [lab.send(one)[1] for one in sent] == [
        "1000001 linked to 1000002",
        "1000001 linked to 1000002 (they were linked before)",
    ]
    assert len(lab.view("links", patient_id="1000002")) == 1
    unlink = [build.link(lab.header(), person(mr("1000002")), person(mr("1000001")), unlink=True) for _ in range(2)]
    assert lab.send(unlink[0])[1] == "1000002 unlinked from 1000001"
    assert "not linked" in lab.send(unlink[1])[1]


def test_a_wrong_merge_is_taken_apart(lab):
    """Its orders, visit and numbers come back; what came since stays, unless it is named; traffic finds its way."""
    anna = Patient((mr("333"), Identifier("9990000018", "NHS", "NH")), family="SMITH")
    lab.send(build.adt(lab.header(), "A01", anna, Visit("V3", "I", "W1")))
    mine = order(lab, "333", "E1")
    merged(lab, "1000001", "333")
    since, named = order(lab, "333", "E2"), order(lab, "333", "E3")
    done = lab.ris.unmerge_patients("333", orders=[named])
    assert done["orders"] == [mine, named]
    assert {row["accession"] for row in lab.view("orders", patient_id="333")} == {mine, named}
    assert lab.one("orders", accession=since)["patient_id"] == "1000001"
    assert lab.one("visits", patient_id="333")["number"] == "V3"
    assert [one["number"] for one in lab.one("patients", patient_id="333")["identifiers"]] == ["9990000018"]
    assert [one["number"] for one in lab.one("patients", patient_id="1000001")["identifiers"]] == [NHS.number]
    lab.send(build.adt(lab.header(), "A08", person(mr("333"), family="HERSELF")))
    assert lab.one("patients", patient_id="333")["name"].startswith("HERSELF")


def test_movements_stay_in_the_ris_and_make_nobody_known(lab):
    """A02 of a visit is noted; of a stranger it is only acknowledged, and neither is passed on."""
    lab.ris.configure(forward_adt={"port": 9})
    lab.send(build.adt(lab.header(), "A02", person(mr("1000001")), Visit("V1", "I", "W2")))
    assert lab.one("visits", patient_id="1000001")["location"] == "W2"
    assert "not known" in lab.send(build.adt(lab.header(), "A02", person(mr("404"))))[1]
    assert lab.view("patients", patient_id="404") == [] and lab.view("outbox") == []


def test_the_universal_id_of_an_authority_is_learnt(lab):
    """PID-3.4.2 and .3 come back in the worklist as the qualifiers of the issuer."""
    lab.send(raw(lab, "EVN|A08", "PID|1||1000001^^^RXX01&2.16.840.1&ISO^MR||OKAFOR^G", kind="ADT^A08"))
    assert parse(lab.reply.encode()).get("MSA-1") == "AA"
    with lab.store.read() as tx:
        row = tx.execute("SELECT * FROM ris_authority").fetchone()
    assert tuple(row) == ("RXX01", "2.16.840.1", "ISO")
