"""ORR^O02 and ORI^O24: what the RIS answers an order with, by its door's table of senders and by ORC-6."""

from dataclasses import replace

import pytest

from simlab.hl7 import build, profile
from simlab.hl7.build import Order, Step
from simlab.hl7.policy import Doors
from simlab.hl7.validator import validate
from tests.ris.conftest import MORNING
from tests.ris.test_inbox import mr, person

WHO = person(mr("1000001"))
ONE = Order(placer="E20", exam_code="CTCHEST", accession="RXX2000020", start=MORNING)
TWO_STEPS = Order(
    placer="E21",
    exam_code="CTCHEST",
    accession="RXX2000021",
    requested_procedure="RP21",
    study_uid="2.25.21",
    modality="CT",
    steps=(Step("S21A"), Step("S21B")),
)


def table(lab, **senders):
    """The policy of RIS_HL7 for these senders."""
    Doors(lab.store, lab.journal).set("RIS_HL7", order_replies=senders)


def told(lab, *places):
    return [lab.reply.get(place) for place in places]


def faults(lab):
    """What the validator has against the reply."""
    return [f"{one.path}: {one.what}" for one in validate(lab.reply, [profile.load("uk")]) if one.severity == "error"]


@pytest.mark.parametrize(("asks", "kind"), [("", "ACK"), ("N", "ACK"), ("E", "ACK"), ("D", "ORR"), ("F", "ORR")])
def test_a_sender_that_nobody_named_gets_what_orc_6_asks(lab, asks, kind):
    """D and F ask for an order reply; nothing, N, E and R for no more than an ACK."""
    assert lab.send(build.orm(lab.header(), "NW", WHO, replace(ONE, response=asks)))[0] == "AA"
    assert lab.reply.get("MSH-9.1") == kind


@pytest.mark.parametrize(("form", "kind"), [("order", "ORR"), ("ack", "ACK"), ("asked", "ORR")])
def test_the_table_of_senders_goes_before_orc_6(lab, form, kind):
    """`order` answers every order of that MSH-3 with ORR, `ack` none; `asked` takes the sender out of the table."""
    table(lab, EPR="order")
    table(lab, EPR=form, WARD="ack")
    lab.send(build.orm(lab.header(), "NW", WHO, replace(ONE, response="F")))
    assert lab.reply.get("MSH-9.1") == kind
    lab.send(build.orm(lab.header(sending_application="WARD"), "XO", WHO, replace(ONE, response="F")))
    assert lab.reply.get("MSH-9.1") == "ACK"


@pytest.mark.parametrize("version", ["2.3", "2.3.1", "2.4", "2.5.1"])
def test_an_orr_tells_the_numbers_of_the_order(lab, version):
    """ORC-1 OK with placer and filler number, and the accession number in OBR-18; nothing is wrong with it."""
    table(lab, EPR="order")
    lab.send(build.orm(lab.header(version=version), "NW", WHO, replace(ONE, accession="")))
    accession = lab.reply.get("OBR-18")
    assert told(lab, "MSH-9.1", "MSH-9.2", "MSA-1", "ORC-1", "ORC-2") == ["ORR", "O02", "AA", "OK", "E20"]
    order = lab.one("orders", accession=accession)
    assert (order["placer"], order["filler"]) == ("E20", lab.reply.get("ORC-3"))
    assert faults(lab) == []


def test_an_ori_tells_every_step_with_the_numbers_of_the_ris(lab):
    """OMI is answered with ORI^O24: an IPC for each scheduled step; nothing is wrong with it."""
    table(lab, EPR="order")
    assert lab.send(build.omi(lab.header(version="2.5.1"), "NW", WHO, TWO_STEPS))[0] == "AA"
    assert told(lab, "MSH-9.1", "MSH-9.2", "MSH-9.3", "ORC-1", "ORC-2") == ["ORI", "O24", "ORI_O24", "OK", "E21"]
    assert lab.reply.all("IPC-4") == ["S21A", "S21B"] and lab.reply.all("IPC-1") == ["RXX2000021"] * 2
    assert lab.reply.all("IPC-3") == ["2.25.21"] * 2 and lab.reply.all("IPC-9") == ["CT1"] * 2
    assert faults(lab) == []


def test_a_change_of_an_omi_is_answered_by_ori_too(lab):
    """CA of an order that only its IPC names: CR, with the placer's and the filler's number."""
    lab.send(build.omi(lab.header(version="2.5.1"), "NW", WHO, TWO_STEPS))
    table(lab, EPR="order")
    lab.send(build.omi(lab.header(version="2.5.1"), "CA", WHO, replace(TWO_STEPS, placer="", filler="")))
    assert told(lab, "MSH-9.1", "ORC-1", "ORC-3") == ["ORI", "CR", "RXX2000021"]


def test_a_refusal_says_of_each_order_that_it_was_not_done(lab):
    """AE as ORR: UA for a new order, UC for a cancellation, with ERR; as ORI without orders."""
    table(lab, EPR="order")
    assert lab.send(build.orm(lab.header(version="2.5.1"), "NW", WHO, replace(ONE, exam_code="NONE")))[0] == "AE"
    assert told(lab, "MSH-9.1", "MSA-1", "ERR-3.1", "ORC-1", "ORC-2") == ["ORR", "AE", "103", "UA", "E20"]
    assert faults(lab) == []
    assert lab.send(build.orm(lab.header(), "CA", WHO, ONE))[0] == "AE"
    assert told(lab, "ORC-1", "ORC-2") == ["UC", "E20"]
    assert lab.send(build.omi(lab.header(version="2.5.1"), "CA", WHO, TWO_STEPS))[0] == "AE"
    assert told(lab, "MSH-9.1", "MSA-1", "ORC-1") == ["ORI", "AE", ""] and faults(lab) == []


def test_orc_6_still_says_of_which_orders_nothing_is_told(lab):
    """N: MSA alone; E and R: exceptions only, so an order that was done is not named."""
    table(lab, EPR="order")
    for word in ("N", "E", "R"):
        order = replace(ONE, placer=f"E3{word}", accession=f"RXX30{word}", response=word)
        lab.send(build.orm(lab.header(), "NW", WHO, order))
        assert told(lab, "MSH-9.1", "MSA-1", "ORC-1") == ["ORR", "AA", ""]


def test_a_reply_is_written_with_the_separators_of_the_message(lab):
    """Who sends other separators gets them back, and the numbers can be read."""
    table(lab, EPR="order")
    sent = build.orm(lab.header(version="2.5.1"), "NW", WHO, replace(ONE, exam_text="CT & more"))
    other = sent.replace(b"\\T\\", b"\\0\\").translate(bytes.maketrans(b"|^~&", b"!*%@")).replace(b"\\0\\", b"\\T\\")
    assert lab.send(other)[0] == "AA"
    assert lab.reply.data.startswith(b"MSH!*%\\@!") and told(lab, "ORC-1", "ORC-3") == ["OK", "RXX2000020"]


def test_a_repeated_order_gets_the_same_reply(lab):
    """The stored ORR is replayed, byte for byte."""
    table(lab, EPR="order")
    sent = build.orm(lab.header(), "NW", WHO, ONE)
    lab.send(sent)
    first = lab.reply.data
    lab.send(sent)
    assert lab.reply.data == first


def test_other_messages_are_answered_with_ack_whatever_the_table_says(lab):
    """An ADT has no order reply."""
    table(lab, EPR="order")
    lab.send(build.adt(lab.header(), "A08", WHO))
    assert lab.reply.get("MSH-9.1") == "ACK"
