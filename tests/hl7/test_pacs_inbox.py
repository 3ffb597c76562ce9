"""The HL7 door of the PACS: what each message does to its patients, and what it refuses."""

from datetime import datetime

import pytest

from simlab.department.pacs.inbox import PacsInbox, demographics
from simlab.hl7 import build
from simlab.hl7.acknowledge import read
from simlab.hl7.message import parse
from simlab.hl7.mllp import send
from tests.hl7.peer import Ground

MRN = build.Identifier("1234567", "RXX01")
NHS = build.Identifier("9990000018", "NHS", "NH")
OLD = build.Identifier("777", "RXX01")


class Shelf:
    """Patients by number and authority, and what was asked of them."""

    def __init__(self, *known):
        self.known = set(known)
        self.calls = []

    def issuers(self, patient_id):
        return sorted(issuer for number, issuer in self.known if number == patient_id)

    def merge_patients(self, retire_id, retire_issuer, survive_id, survive_issuer):
        self.calls.append((f"{retire_id}/{retire_issuer}", f"{survive_id}/{survive_issuer}"))

    def update_patient(self, patient_id, issuer, **facts):
        self.calls.append((f"{patient_id}/{issuer}", facts))


def header(control_id="C1"):
    return build.Header("RIS", "RXX01", "PACS", "RXX01", control_id, datetime(2026, 3, 2))


def merge(retired, survivors=(NHS, MRN)):
    return build.merge(header(), build.Patient(survivors, family="SMITH"), [retired])


@pytest.fixture
def deliver(tmp_path):
    """Sends a message to an inbox over a shelf that knows both numbers."""
    ground = Ground(tmp_path)
    shelf = Shelf(("1234567", "RXX01"), ("777", "RXX01"), ("888", "OTHER"))
    inbox = PacsInbox(shelf, *ground.parts)
    port = inbox.open("127.0.0.1", 0)

    def call(data):
        shelf.calls.clear()
        ack = read(send("127.0.0.1", port, data))
        event = ground.messages("PACS")[-1]
        assert (event.data["ack"], ground.journal.evidence(event.id)) == (ack.code, data)
        return ack, list(shelf.calls)

    yield call
    inbox.close()
    ground.store.close()


@pytest.mark.parametrize(
    ("data", "code", "says", "calls"),
    [
        (merge(OLD), "AA", "777 merged into 1234567", [("777/RXX01", "1234567/RXX01")]),
        (merge(build.Identifier("999", "RXX01")), "AA", "nothing to merge", []),
        (merge(build.Identifier("777", "RYY02")), "AE", "MRG-1.4", []),
        (merge(build.Identifier("777")), "AE", "authority none", []),
        (merge(build.Identifier("888", "RXX01")), "AE", "a number of OTHER", []),
        (merge(MRN), "AA", "nothing to merge", []),
        (merge(OLD).replace(b"MRG|777^^^RXX01^MR", b"MRG|"), "AE", "MRG-1", []),
        (build.adt(header(), "A01", build.Patient((build.Identifier("5", "RXX01"),))), "AA", "not known here", []),
        (build.orm(header(), "NW", build.Patient((MRN,)), build.Order("P1")), "AA", "means nothing", []),
        (merge(OLD).replace(b"A40", b"A24"), "AA", "means nothing", []),
    ],
)
def test_each_message_does_what_its_authority_allows(deliver, data, code, says, calls):
    """Merges need one authority on both sides and a number known under it; everything else changes nothing."""
    ack, done = deliver(data)
    assert (ack.code, done) == (code, calls)
    assert says in ack.text


@pytest.mark.parametrize("event", ["A01", "A04", "A08", "A28", "A31"])
def test_updates_reach_the_patient_the_pacs_knows(deliver, event):
    """PID's name, date of birth and sex are written under the number that is known."""
    anna = build.Patient((NHS, MRN), family="SMITH", given="ANNA", title="DR", sex="F", birth_date="19700101")
    ack, done = deliver(build.adt(header(), event, anna))
    facts = {"name": "SMITH^ANNA^^DR", "birth_date": "19700101", "sex": "F"}
    assert (ack.code, done) == ("AA", [("1234567/RXX01", facts)])


def test_empty_leaves_alone_and_two_quotes_delete():
    """An absent field is no fact; "" is an empty one."""
    start = b"MSH|^~\\&|RIS|||||"
    assert demographics(parse(start + b'\rPID|||1||||""|U')) == {"birth_date": "", "sex": ""}
    assert demographics(parse(start + b"\rPID|||1||^^^JR^DR")) == {"name": "^^^DR^JR"}
