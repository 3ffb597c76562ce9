"""The HL7 door of the PACS: what each message does to its patients, and what it refuses."""

from datetime import datetime

import pytest

from simlab import provenance
from simlab.blobs import Blobs
from simlab.department.pacs import VIEWS, Pacs, PacsPatient, PacsStage
from simlab.department.pacs.inbox import PacsInbox, demographics
from simlab.hl7 import build
from simlab.hl7.acknowledge import read
from simlab.hl7.message import parse
from simlab.hl7.mllp import send
from tests.dicom.made import made
from tests.hl7.peer import Ground

MRN = build.Identifier("1234567", "RXX01")
NHS = build.Identifier("9990000018", "NHS", "NH")
OLD = build.Identifier("777", "RXX01")


def header(control_id="C1"):
    return build.Header("RIS", "RXX01", "PACS", "RXX01", control_id, datetime(2026, 3, 2))


def merge(retired, survivors=(NHS, MRN)):
    return build.merge(header(), build.Patient(survivors, family="SMITH"), [retired])


class Door:
    """An inbox over a real PACS that knows two numbers of the Trust and one of another."""

    def __init__(self, ground, folder):
        self.ground = ground
        self.pacs = Pacs(ground.store, ground.journal, ground.clock, ground.faults, Blobs(folder))
        with provenance.acting(provenance.SCENE):
            self.pacs.stage(
                PacsStage(
                    patients=[
                        PacsPatient(patient_id="1234567", issuer="RXX01", name="SMITH^ANN"),
                        PacsPatient(patient_id="777", issuer="RXX01", name="SMYTH^ANN"),
                        PacsPatient(patient_id="888", issuer="OTHER", name="JONES^BO"),
                    ]
                )
            )
        self.inbox = PacsInbox(self.pacs, *ground.parts)
        self.port = self.inbox.open("127.0.0.1", 0)

    def deliver(self, data):
        ack = read(send("127.0.0.1", self.port, data))
        event = self.ground.messages("PACS")[-1]
        assert (event.data["ack"], self.ground.journal.evidence(event.id)) == (ack.code, data)
        return ack

    def patient(self, number):
        return next(row for row in self.ground.view(VIEWS, "patients") if row["patient_id"] == number)


@pytest.fixture
def door(tmp_path):
    ground = Ground(tmp_path)
    made = Door(ground, tmp_path / "blobs")
    yield made
    made.inbox.close()
    ground.store.close()


def test_a_merge_retires_the_number_in_mrg(door):
    """PID-3 survives, MRG-1 is retired into it, also when the NHS number stands first."""
    assert door.deliver(merge(OLD)).text == "777 merged into 1234567"
    assert door.patient("777")["merged_into"] == "1234567"
    assert door.deliver(merge(OLD)).code == "AA"


@pytest.mark.parametrize(
    ("data", "code", "says"),
    [
        (merge(build.Identifier("999", "RXX01")), "AA", "nothing to merge"),
        (merge(build.Identifier("777", "RYY02")), "AE", "MRG-1.4"),
        (merge(build.Identifier("777")), "AE", "without its authority"),
        (merge(build.Identifier("888", "RXX01")), "AE", "under the authority RXX01"),
        (merge(OLD, (build.Identifier("888", "RXX01"),)), "AE", "PID-3.4"),
        (merge(MRN), "AA", "nothing to merge"),
        (merge(OLD).replace(b"MRG|777^^^RXX01^MR", b"MRG|"), "AE", "MRG-1"),
        (merge(OLD).replace(b"MRG|777", b"MRG|" + b"7~" * 100_000), "AE", "100001 repetitions"),
        (build.adt(header(), "A01", build.Patient((build.Identifier("5", "RXX01"),))), "AA", "not known here"),
        (build.adt(header(), "A31", build.Patient((build.Identifier("777"),), "X")), "AA", "not known here"),
        (build.orm(header(), "NW", build.Patient((MRN,)), build.Order("P1")), "AA", "nothing to expect"),
        (merge(OLD).replace(b"A40", b"A60"), "AR", "ADT^A60"),
        (merge(OLD).replace(b"A40", b"A24"), "AE", "PID[2]-3"),
        (merge(OLD).replace(b"A40", b"A47"), "AE", "already"),
        (merge(OLD).replace(b"A40", b"A43"), "AE", "PID-2"),
    ],
)
def test_what_does_not_concern_the_pacs_or_is_wrong_changes_nothing(door, data, code, says):
    """AA says why there was nothing to do; AE names the place; either way no row changes."""
    before = door.ground.store.digest(systems=["pacs"])
    ack = door.deliver(data)
    assert (ack.code, says in ack.text) == (code, True)
    assert door.ground.store.digest(systems=["pacs"]) == before


def test_a_moved_number_takes_its_studies_along(door):
    """A43 of a number that was merged into the wrong person: what it brought is filed under the right one."""
    study = made("2.25.8.1", study_uid="2.25.8", PatientID="777", IssuerOfPatientID="RXX01")
    with provenance.acting(provenance.SCENE):
        door.pacs.stage(PacsStage(instances=[study], patients=[PacsPatient(patient_id="42", issuer="RXX01")]))
    door.deliver(merge(OLD))
    (held,) = door.ground.view(VIEWS, "studies")
    assert held["patient_id"] == "1234567"
    right = build.Patient((build.Identifier("42", "RXX01"),))
    assert door.deliver(build.move(header("C4"), [OLD], right, MRN)).text == "777 moved from 1234567 to 42"
    (held,) = door.ground.view(VIEWS, "studies")
    assert (held["patient_id"], door.patient("777")["merged_into"]) == ("42", "42")
    again = build.move(header("C2"), [OLD], right, MRN)
    assert door.deliver(again).text == "777 is under 42 already"
    assert "moves nothing" in door.deliver(build.move(header("C3"), [NHS], right, MRN)).text


def test_one_message_may_merge_several_pairs(door):
    """Each MRG of an A40 retires into the PID before it; one that is wrong stops all."""
    two = merge(OLD) + b"PID|1||1234567^^^RXX01^MR\rMRG|888^^^RXX01^MR\r"
    before = door.ground.store.digest(systems=["pacs"])
    assert door.deliver(two).code == "AE"
    assert door.ground.store.digest(systems=["pacs"]) == before
    fine = merge(OLD).replace(b"|C1|", b"|C2|") + b"PID|1||1234567^^^RXX01^MR\rMRG|404^^^RXX01^MR\r"
    assert door.deliver(fine).text == "777 merged into 1234567; nothing to merge, 404 is not known here"


def test_several_orders_of_an_omi_are_read_by_their_own_steps(door):
    """The first order has two IPC, the second one: each order's accession and study are its own."""
    orders = ["ORC|NW|P1", "OBR|1|P1||X^One", "IPC|A1|R|2.25.1|S1|CT", "IPC|A1|R|2.25.1|S2|CT", "ORC|NW|P2"]
    lines = ["PID|1||1234567^^^RXX01^MR", *orders, "OBR|2|P2||Y^Two", "IPC|A2|R|2.25.2|S3|CT"]
    msh = "MSH|^~\\&|RIS|RXX01|PACS|RXX01|20260302||OMI^O23^OMI_O23|C9|P|2.5.1"
    door.deliver("".join(f"{line}\r" for line in (msh, *lines)).encode())
    rows = door.ground.view(VIEWS, "orders")
    assert [(row["accession"], row["study_uid"], row["description"]) for row in rows] == [
        ("A1", "2.25.1", "One"), ("A2", "2.25.2", "Two"),
    ]  # fmt: skip


@pytest.mark.parametrize("event", ["A01", "A04", "A05", "A08", "A28", "A31"])
def test_updates_reach_the_patient_the_pacs_knows(door, event):
    """PID's name, date of birth and sex are written under the number that is known; the sender is the actor."""
    anna = build.Patient((NHS, MRN), family="SMITH", given="ANNA", title="DR", sex="F", birth_date="19700101")
    with provenance.acting(provenance.COLLEAGUE, 8):
        assert door.deliver(build.adt(header(), event, anna)).text == "updated 1234567"
    row = door.patient("1234567")
    assert (row["name"], row["birth_date"], row["sex"]) == ("SMITH^ANNA^^DR", "19700101", "F")
    with door.ground.store.read() as tx:
        changes = tx.execute("SELECT DISTINCT actor, cause FROM lab_change").fetchall()
    assert [tuple(change) for change in changes] == [(provenance.COLLEAGUE, 8)]


def test_empty_leaves_alone_and_two_quotes_delete():
    """An absent field is no fact; "" is an empty one."""
    start = b"MSH|^~\\&|RIS|||||"
    assert demographics(parse(start + b'\rPID|||1||||""|U')) == {"birth_date": "", "sex": ""}
    assert demographics(parse(start + b"\rPID|||1||^^^JR^DR")) == {"name": "^^^DR^JR"}


def order(control="NW", accession="ACC5"):
    wanted = build.Order("P1", accession=accession, exam_code="CSKUH", exam_text="CT Head", study_uid="2.25.55")
    return build.orm(header(), control, build.Patient((NHS, MRN), family="SMITH", given="ANN"), wanted)


def told(door):
    (row,) = door.ground.view(VIEWS, "orders")
    return row


def test_an_order_is_remembered_under_the_hospitals_number(door):
    """ORM^O01 tells accession, study UID and patient; nobody is made a patient of the archive by it."""
    door.pacs.configure(default_issuer="RXX01")
    assert door.deliver(order()).text == "order ACC5 noted"
    row = told(door)
    assert (row["patient_id"], row["study_uid"], row["description"]) == ("1234567", "2.25.55", "CT Head")
    assert len(door.ground.view(VIEWS, "patients")) == 3
    door.deliver(order("CA"))
    assert told(door)["status"] == "cancelled"


def test_an_omi_order_is_remembered_too(door):
    """OMI^O23 has accession number and study UID in IPC."""
    door.pacs.configure(default_issuer="RXX01")
    omi = order(accession="").replace(b"ORM^O01", b"OMI^O23^OMI_O23")
    omi = omi[: omi.index(b"ZDS|")] + b"IPC|ACC6|RP1|2.25.66|S1\r"
    assert door.deliver(omi).text == "order ACC6 noted"
    assert told(door)["study_uid"] == "2.25.66"


@pytest.mark.parametrize(("status", "report"), [("P", "P"), ("F", "F"), ("C", "C"), ("X", "")])
def test_a_report_marks_its_study(door, status, report):
    """ORU^R01 sets the study's status by UID or accession number, and no more than that."""
    with provenance.acting(provenance.SCENE):
        door.pacs.stage(PacsStage(instances=[made("2.25.7.1", study_uid="2.25.7", AccessionNumber="ACC7")]))
    result = build.oru(header(), build.Patient((MRN,)), build.Order("P1", accession="ACC7"), "All well.", status=status)
    assert "1 studies" in door.deliver(result).text
    assert door.ground.view(VIEWS, "studies")[0]["report"] == report


def test_a_report_of_no_study_here_changes_nothing(door):
    """A report of a study that is elsewhere is acknowledged and forgotten."""
    result = build.oru(header(), build.Patient((MRN,)), build.Order("P1", accession="NONE"), "All well.")
    assert (door.deliver(result).code, door.deliver(result).text) == ("AA", "no such study here")
