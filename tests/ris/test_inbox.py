"""The RIS's HL7 inbox applies what it is sent, once, and says exactly what it will not."""

import socket
from dataclasses import replace

import pytest

from simlab import provenance
from simlab.department.ris import Ris
from simlab.hl7 import build, mllp
from simlab.hl7.acknowledge import acknowledge
from simlab.hl7.build import Identifier, Order, Patient, Visit
from simlab.hl7.message import parse
from tests.ris.conftest import MORNING, until

NHS = Identifier("9990001235", "NHS", "NH")


def mr(number, authority="RXX01"):
    return Identifier(number, authority, "MR")


def person(*identifiers, **facts):
    return Patient(identifiers, **{"family": "ADEYEMI", "given": "TUNDE", "title": "MR", "sex": "M", **facts})


def raw(lab, *segments, kind="ORM^O01", version="2.3.1"):
    """A message written by hand."""
    lab.sent += 1
    msh = f"MSH|^~\\&|EPR|RXX01|RIS|RXX01|20260302074000||{kind}|T{lab.sent}|P|{version}"
    return "".join(f"{line}\r" for line in (msh, *segments)).encode()


@pytest.mark.parametrize("event", ["A01", "A04", "A28"])
def test_a_registration_makes_a_patient(lab, event):
    """A01, A04 and A28 register name, birth date, sex and every identifier with its authority."""
    sent = build.adt(lab.header(), event, person(NHS, mr("1000009"), birth_date="19800517"), Visit("V1"))
    assert lab.send(sent) == ("AA", "registered 1000009")
    patient = lab.one("patients", patient_id="1000009")
    assert (patient["name"], patient["birth_date"], patient["sex"]) == ("ADEYEMI^TUNDE^^MR", "19800517", "M")
    assert patient["issuer"] == "RXX01"
    assert patient["identifiers"] == [{"number": "9990001235", "authority": "NHS", "type": "NH"}]


def test_an_update_changes_what_is_said_and_leaves_what_is_empty(lab):
    """A08 with an empty field leaves it alone; two quotes delete it."""
    lab.send(raw(lab, "EVN|A08", "PID|1||1000001^^^RXX01^MR||JONES^GRACE^^^MRS||||||||", kind="ADT^A08"))
    patient = lab.one("patients", patient_id="1000001")
    assert (patient["name"], patient["birth_date"], patient["sex"]) == ("JONES^GRACE^^MRS", "19620304", "F")
    lab.send(raw(lab, "EVN|A31", 'PID|1||1000001^^^RXX01^MR||||""', kind="ADT^A31"))
    assert lab.one("patients", patient_id="1000001")["birth_date"] == ""


@pytest.mark.parametrize(
    ("segments", "kind", "code", "where", "number"),
    [
        (["PID|1||123^^^RYY01^MR||A^B"], "ADT^A08", "AE", "PID-3", "101"),
        (["PID|1||||A^B"], "ADT^A08", "AE", "PID-3", "101"),
        (["PID|1||1000001^^^RXX01^MR||A^B||19821399"], "ADT^A08", "AE", "PID-7", "102"),
        (["PID|1||1000001^^^RXX01^MR||A^B|||X"], "ADT^A08", "AE", "PID-8", "103"),
        (["PID|1||1000001^^^RXX01^MR"], "ADT^A99", "AR", "MSH-9.2", "201"),
        (["PID|1||1000001^^^RXX01^MR"], "ORU^R01", "AR", "MSH-9.1", "200"),
        (["PID|1||1000001^^^RXX01^MR", "OBR|1"], "ORM^O01", "AE", "ORC-1", "100"),
        (["PID|1||1000001^^^RXX01^MR", "ORC|NW|P1"], "ORM^O01", "AE", "ORC-1", "100"),
        (["PID|1||1000001^^^RXX01^MR", "ORC|ZZ|P1", "OBR|1"], "ORM^O01", "AE", "ORC-1", "103"),
        (["PID|1||1000001^^^RXX01^MR", "ORC|CA|NONE", "OBR|1"], "ORM^O01", "AE", "ORC-2", "204"),
        (
            ["PID|1||1000002^^^RXX01^MR", "ORC|CA", f"OBR|1{'|' * 17}RXX10000001"],
            "ORM^O01",
            "AE",
            "PID-3",
            "204",
        ),
        (
            ["PID|1||1000001^^^RXX01^MR", "ORC|NW|P1", "OBR|1|||CTCHEST", "ZDS|1.2.three"],
            "ORM^O01",
            "AE",
            "ZDS",
            "102",
        ),
    ],
)
def test_a_message_that_cannot_be_applied_is_refused_where_it_is_wrong(lab, segments, kind, code, where, number):
    """AE or AR, with the place and the error code in ERR; nothing is changed."""
    before = lab.store.digest(systems=["ris"])
    said, text = lab.send(raw(lab, *segments, kind=kind))
    assert said == code and where in text
    assert number in lab.reply.get("ERR-1.4") and lab.reply.get("ERR-8") == ""
    assert lab.store.digest(systems=["ris"]) == before


PID = "PID|1||9990001235^^^NHS^NH~1000001^^^RXX01^MR"
THERE = "ORC|NW|P1\rOBR|1|||CTCHEST"
LONG = "A" * 17


def obr(number, value, exam="CTCHEST"):
    """An OBR with one more field."""
    return f"OBR|1|||{exam}{'|' * (number - 4)}{value}"


@pytest.mark.parametrize(
    ("kind", "segments", "code", "place"),
    [
        # a required field is missing
        ("ORM^O01", [PID, "ORC|NW|P1", "OBR|1"], "101", "OBR^1^4^1^1"),
        ("ORM^O01", [PID, "ORC|CA", "OBR|1"], "101", "ORC^1^2^1^1"),
        ("ORM^O01", [PID, "ORC", "OBR|1|||CTCHEST"], "101", "ORC^1^1^1"),
        ("ORM^O01", [PID, THERE, "ORC|CA", "OBR|2"], "101", "ORC^2^2^1^1"),
        # it is of another data type
        ("ORM^O01", [PID, "ORC|NW|P1", obr(18, LONG)], "102", "OBR^1^18^1"),
        ("OMI^O23", [PID, "ORC|NW|P1", "OBR|1|||CTCHEST", f"IPC|{LONG}|R|2.25.1|S"], "102", "IPC^1^1^1^1"),
        ("ORM^O01", [PID, "ORC|NW|P1|||||^^^202613450900", "OBR|1|||CTCHEST"], "102", "ORC^1^7^1^4"),
        ("ORM^O01", [PID, THERE, "ZDS|2.25.1", "ORC|NW|P2", "OBR|1|||CTCHEST", "ZDS|1.2.x"], "102", "ZDS^2^1^1^1"),
        ("OMI^O23", [PID, "ORC|NW|P1", "OBR|1|||CTCHEST", "IPC|A|R|2.25.1|S1", "IPC|A|R|x|S2"], "102", "IPC^2^3^1^1"),
        ("ADT^A28", [f"PID|1||{'9' * 65}^^^RXX01^MR"], "102", "PID^1^3^1"),
        # the table has no such value
        ("ORM^O01", [PID, "ORC|NW|P1", "OBR|1|||NOSUCH"], "103", "OBR^1^4^1^1"),
        ("ORM^O01", [PID, THERE, "ORC|ZZ|P2", "OBR|2"], "103", "ORC^2^1^1"),
        # the key is not known
        ("ORM^O01", [PID, "ORC|CA|P9", "OBR|1"], "204", "ORC^1^2^1^1"),
        ("ORM^O01", [PID, "ORC|CA||F9", "OBR|1"], "204", "ORC^1^3^1^1"),
        ("ORM^O01", [PID, "ORC|XO", obr(18, "RXX9")], "204", "OBR^1^18^1"),
        ("OMI^O23", [PID, "ORC|XO", "OBR|1", "IPC|RXX9"], "204", "IPC^1^1^1^1"),
        ("ORM^O01", [PID, "ORC|NA|P9|F9", "OBR|1"], "204", "ORC^1^3^1^1"),
        ("ORM^O01", [PID, "ORC|XO", obr(18, "RXX10000001"), "ZDS|2.25.9"], "204", "ZDS^1^1^1^1"),
        ("ORM^O01", [PID.replace("000001", "000002"), "ORC|CA", obr(18, "RXX10000001")], "204", "PID^1^3^2^1"),
        ("ADT^A24", ["PID|1||1000001^^^RXX01^MR", "PID|2"], "101", "PID^2^3^1"),
        ("ADT^A43", ["PID|1|1000001^^^RXX01^MR|7^^^NHS^NH", "MRG||||77^^^RXX01^MR"], "204", "MRG^1^4^1^1"),
        ("ADT^A47", [PID, "MRG|77^^^RXX01^MR"], "204", "MRG^1^1^1^1"),
        # it is there already
        ("ORM^O01", [PID, THERE, "ORC|NW|P1", obr(18, "RXX10000002")], "205", "ORC^2^2^1^1"),
        ("ORM^O01", [PID, "ORC|NW|P1", obr(18, "RXX10000001")], "205", "OBR^1^18^1"),
        (
            "OMI^O23",
            [PID, "ORC|NW|P1", "OBR|1|||CTCHEST", "IPC|A|R|2.25.1|S", "IPC|A|R|2.25.1|S"],
            "205",
            "IPC^2^4^1^1",
        ),
        ("ADT^A40", [PID, "MRG|1000001^^^RXX01^MR"], "205", "MRG^1^1^1"),
        ("ADT^A40", ["PID|1||5^^^RXX01^MR", "MRG|6^^^RXX01^MR", PID, "MRG|1000001^^^RXX01^MR"], "205", "MRG^2^1^1"),
        # what has begun, what ended: the state of the order does not allow it
        ("ORM^O01", [PID.replace("000001", "000002"), "ORC|SC||||IP", obr(18, "RXX10000003")], "207", "ORC^1^1^1"),
    ],
)
def test_a_refusal_has_its_own_code_and_place(lab, kind, segments, code, place):
    """AE with the code of table 0357 that says what kind of fault it is, at segment, field, repetition, component."""
    before = lab.store.digest(systems=["ris"])
    said, text = lab.send(raw(lab, *segments, kind=kind, version="2.5.1"))
    assert (said, lab.reply.get("ERR-3.1"), lab.reply.get("ERR-2")) == ("AE", code, place), text
    assert lab.reply.get("ERR-8") and lab.store.digest(systems=["ris"]) == before


def test_an_order_message_becomes_a_worklist_item(lab):
    """ORM NW with ZDS: every number, the study UID, start and room are where the mapping table says."""
    order = Order(
        placer="EPR77",
        exam_code="CTHEAD",
        exam_text="CT head",
        accession="RXX20000001",
        requested_procedure="RP7",
        step="SPS7",
        modality="CT",
        start=MORNING.replace(hour=9),
        priority="S",
        reason="Fall",
        referrer="SHAH",
        study_uid="2.25.77",
    )
    sent = build.orm(lab.header(), "NW", person(mr("1000001"), NHS), order, Visit("V1", consultant="SHAH"))
    assert lab.send(sent) == ("AA", "order RXX20000001: booked")
    made, step = lab.one("orders", accession="RXX20000001"), lab.one("steps", accession="RXX20000001")
    assert (made["placer"], made["procedure_id"], made["priority"]) == ("EPR77", "RP7", "STAT")
    assert (made["reason"], made["referrer"], made["visit"]) == ("Fall", "SHAH", "V1")
    assert (step["step_id"], step["study_uid"], step["start"]) == ("SPS7", "2.25.77", "2026-03-02T09:40:00")
    assert (step["station_ae"], step["modality"], step["state"]) == ("CT2", "CT", "booked")


def test_a_bare_request_gets_its_numbers_from_the_ris(lab):
    """Without accession, step or start an order is requested, and the RIS gives accession, step and study UID."""
    sent = build.orm(lab.header(), "NW", person(mr("1000008")), Order(placer="EPR78", exam_code="USAORTA"))
    code, _ = lab.send(sent)
    (made,) = [row for row in lab.view("orders") if row["placer"] == "EPR78"]
    step = lab.one("steps", accession=made["accession"])
    assert code == "AA" and made["state"] == "requested" and made["patient_name"].startswith("ADEYEMI")
    assert step["study_uid"].startswith("2.25.") and (step["modality"], step["station_ae"]) == ("US", "US1")


def test_names_in_every_place_come_out_as_dicom_names(lab):
    """Suffix and prefix change places, escapes are undone, sub-components of OBR-34 are read."""
    segments = [
        r"PID|1||1000010^^^RXX01^MR||O\T\NEILL&x^SEAN^P^JR^DR||19700101|M",
        "PV1|1|O||||||D1^SHAH^RITA^^^DR",
        "ORC|NW|EPR79||||^^^20260302091500^^R",
        f"OBR|1|EPR79||CTCHEST^CT chest^L^P1^Thorax^L{'|' * 12}D2^HALL^JO^^^DR{'|' * 18}77&BELL&ANN",
    ]
    assert lab.send(raw(lab, *segments))[0] == "AA"
    (made,) = [row for row in lab.view("orders") if row["placer"] == "EPR79"]
    step = lab.one("steps", accession=made["accession"])
    assert made["patient_name"] == "O&NEILL^SEAN^P^DR^JR"
    assert (made["referrer"], made["requester"]) == ("SHAH^RITA^^DR", "HALL^JO^^DR")
    assert (step["physician"], step["protocol_code"], step["description"]) == ("BELL^ANN", "P1", "Thorax")


def test_two_order_lines_make_two_orders_and_the_last_zds_is_for_both(lab):
    """Each ORC/OBR pair is an order of its own; one is refused, all are."""
    pid = "PID|1||1000001^^^RXX01^MR||OKAFOR^GRACE"
    lines = [
        pid,
        "ORC|NW|E1",
        f"OBR|1|E1||CTCHEST{'|' * 14}RXX2000010",
        "ORC|NW|E2",
        f"OBR|2|E2||CTHEAD{'|' * 14}RXX2000011",
        "ZDS|2.25.5",
    ]
    assert lab.send(raw(lab, *lines))[0] == "AA"
    steps = [lab.one("steps", accession=f"RXX200001{n}") for n in (0, 1)]
    assert [step["study_uid"] for step in steps] == ["2.25.5", "2.25.5"]
    lines = [pid, "ORC|NW|E3", "OBR|1|E3||CTCHEST", "ORC|NW|E1", "OBR|2|E1||CTHEAD"]
    assert lab.send(raw(lab, *lines))[0] == "AE"
    assert not [row for row in lab.view("orders") if row["placer"] == "E3"]


def test_an_order_is_changed_and_cancelled_by_its_placer_number(lab):
    """XO moves the start, CA takes the step off the list; once begun a CA is refused and DC is due."""
    who = person(mr("1000001"))
    order = Order(placer="E9", exam_code="CTCHEST", accession="RXX2000009", start=MORNING)
    lab.send(build.orm(lab.header(), "NW", who, order))
    later = Order(placer="E9", start=MORNING.replace(hour=11), status="SC")
    assert lab.send(build.orm(lab.header(), "XO", who, later)) == ("AA", "order RXX2000009: rescheduled")
    assert lab.one("steps", accession="RXX2000009")["start"] == "2026-03-02T11:40:00"
    lab.ris.arrive("RXX2000009")
    started = Order(placer="E9", status="IP")
    assert lab.send(build.orm(lab.header(), "SC", who, started)) == ("AA", "order RXX2000009: in_progress")
    code, text = lab.send(build.orm(lab.header(), "CA", who, Order(placer="E9")))
    assert code == "AE" and "in_progress" in text
    assert lab.send(build.orm(lab.header(), "DC", who, Order(placer="E9"))) == ("AA", "order RXX2000009: discontinued")


def test_a_reply_with_every_order_comes_where_it_is_asked_for(lab):
    """ORC-6 F: ORR^O02 instead of an ACK, with OK, CR… and the RIS's filler number; without it a plain ACK."""
    who = person(mr("1000001"))
    for control, said in (("NW", "OK"), ("XO", "XR"), ("CA", "CR")):
        wanted = Order(placer="E10", exam_code="CTCHEST", accession="RXX2000010", start=MORNING, response="F")
        assert lab.send(build.orm(lab.header(), control, who, wanted))[0] == "AA"
        told = [lab.reply.get(place) for place in ("MSH-9.1", "MSA-1", "ORC-1", "ORC-2", "ORC-3")]
        assert told == ["ORR", "AA", said, "E10", "RXX2000010"]
    lab.send(build.orm(lab.header(), "NW", who, Order(placer="E11", exam_code="CTCHEST")))
    assert lab.reply.get("MSH-9.1") == "ACK"


def test_a_change_keeps_the_study_of_its_order(lab):
    """XO with another study UID is refused; a RIS keyed on it makes a second item, as some products do."""
    who, first = person(mr("1000001")), Order(placer="E12", exam_code="CTCHEST", accession="RXX2000012", start=MORNING)
    lab.send(build.orm(lab.header(), "NW", who, replace(first, study_uid="2.25.1")))
    other = replace(first, study_uid="2.25.2")
    code, text = lab.send(build.orm(lab.header(), "XO", who, other))
    assert code == "AE" and "2.25.1" in text
    lab.ris.configure(keyed_on_study_uid=True)
    assert lab.send(build.orm(lab.header(), "XO", who, other))[0] == "AA"
    assert {step["study_uid"] for step in lab.view("steps", accession="RXX2000012")} == {"2.25.1", "2.25.2"}


def test_a_message_sent_again_is_acknowledged_and_done_once(lab):
    """The same control ID with the same content is AA without a second order."""
    order = Order(placer="E5", exam_code="CTCHEST")
    sent = build.orm(lab.header(), "NW", person(mr("1000001")), order)
    first = lab.send(sent)
    assert first[0] == "AA" and lab.send(sent) == first
    assert len([row for row in lab.view("orders") if row["placer"] == "E5"]) == 1


def test_a_message_refused_is_tried_anew_when_it_comes_again(lab):
    """What got AE is no duplicate: after the cause is gone the same message is applied."""
    sent = build.orm(lab.header(), "CA", person(mr("1000001")), Order(placer="LATE"))
    assert lab.send(sent)[0] == "AE"
    lab.send(build.orm(lab.header(), "NW", person(mr("1000001")), Order(placer="LATE", exam_code="CTCHEST")))
    assert lab.send(sent)[0] == "AA"


def merge(lab, survive, retire):
    return lab.send(build.merge(lab.header(), person(survive, family="OKAFOR", given="GRACE"), [retire]))


def test_a40_retires_mrg_into_pid(lab):
    """PID-3 survives, MRG-1 retires: orders move, later traffic on the retired number reaches the survivor."""
    lab.send(build.adt(lab.header(), "A28", person(mr("1000005"), family="OKAFOR", given="GRACE")))
    assert merge(lab, mr("1000005"), mr("1000001")) == ("AA", "merged 1000001 into 1000005, 1 orders moved")
    assert lab.one("orders", accession="RXX10000001")["patient_id"] == "1000005"
    assert lab.one("patients", patient_id="1000001")["merged_into"] == "1000005"
    code, text = lab.send(build.adt(lab.header(), "A08", person(mr("1000001"), family="NEWNAME")))
    assert (code, text) == ("AA", "updated 1000005, the survivor")
    assert lab.one("patients", patient_id="1000005")["name"].startswith("NEWNAME")
    assert merge(lab, mr("1000005"), mr("1000001"))[0] == "AA"
    code, text = merge(lab, mr("1000001"), mr("1000005"))
    assert code == "AE" and "retired" in text


@pytest.mark.parametrize("retire", [mr("1000001", "RYY01"), mr("1000001", ""), NHS])
def test_a_merge_under_another_authority_is_refused(lab, retire):
    """The number in MRG-1 must be of the authority that the RIS keeps; nothing is merged."""
    before = lab.store.digest(systems=["ris"])
    code, text = merge(lab, mr("1000002"), retire)
    assert code == "AE" and "MRG-1" in text
    assert lab.store.digest(systems=["ris"]) == before


def test_a_merge_of_a_number_never_seen_is_remembered(lab):
    """An unknown retired number is no error: what comes under it later is the survivor's."""
    assert merge(lab, mr("1000001"), mr("1777777"))[0] == "AA"
    lab.send(build.orm(lab.header(), "NW", person(mr("1777777")), Order(placer="E6", exam_code="CTCHEST")))
    (made,) = [row for row in lab.view("orders") if row["placer"] == "E6"]
    assert made["patient_id"] == "1000001"


def test_every_message_is_one_event_with_the_message_as_evidence(lab):
    """The journal holds direction, type, control ID and code, and the raw bytes."""
    sent = build.adt(lab.header(), "A28", person(mr("1000009")))
    lab.send(sent)
    (event,) = lab.journal.events(kinds=("hl7.message",))
    assert (event.system, event.actor) == ("RIS", "feed")
    assert (event.data["direction"], event.data["type"], event.data["ack"]) == ("in", "ADT^A28", "AA")
    assert lab.journal.evidence(event.id) == sent


class Engine:
    """A receiver that answers what it is told to."""

    def __init__(self):
        self.received = []
        self.code = "AA"
        self.server = mllp.MllpServer("ENGINE", self.take)
        self.port = self.server.open("127.0.0.1", 0)

    def take(self, data, caller):
        self.received.append((parse(data), caller.provenance))
        reply = acknowledge(parse(data), now=MORNING)
        return parse(reply).set("MSA-1", self.code).encode()


@pytest.fixture
def engine():
    engine = Engine()
    yield engine
    engine.server.close()


def test_applied_adt_is_sent_on_as_from_the_ris(lab, engine):
    """What was applied goes to the engine with MSH-3 RIS and a new control ID, all else kept, for who caused it."""
    lab.ris.configure(forward_adt={"port": engine.port})
    sent = build.adt(lab.header(), "A08", person(mr("1000001"), NHS))
    lab.send(sent)
    until(lambda: lab.ris.busy() == 0 and engine.received)
    (message, who), before = engine.received[0], parse(sent)
    assert (message.get("MSH-3"), message.get("MSH-5")) == ("RIS", "PACS")
    assert message.get("MSH-10") != before.get("MSH-10")
    assert [s.raw for s in message.segments[1:]] == [s.raw for s in before.segments[1:]]
    assert who.actor == provenance.FEED
    assert [row["state"] for row in lab.view("outbox")] == ["delivered"]
    (out,) = [e for e in lab.journal.events(kinds=("hl7.message",)) if e.data["direction"] == "out"]
    assert (out.data["ack"], out.data["type"]) == ("AA", "ADT^A08")


def test_what_was_refused_or_is_no_adt_is_not_sent_on(lab, engine):
    """Orders stay here until the RIS is told otherwise, and so does an ADT that the RIS itself refused."""
    lab.ris.configure(forward_adt={"port": engine.port})
    lab.send(build.orm(lab.header(), "NW", person(mr("1000001")), Order(placer="E1", exam_code="CTCHEST")))
    merge(lab, mr("1000002"), mr("1000001", "RYY01"))
    lab.send(build.adt(lab.header(), "A03", person(mr("1000001"))))
    assert lab.view("outbox") == []


def test_an_applied_order_is_sent_on_with_what_the_ris_gave_it(lab, engine):
    """Accession number, modality and study UID are in what goes to the PACS (IHE RAD-4); what is refused stays."""
    lab.ris.configure(forward_adt={"port": engine.port}, forward_orders=True)
    lab.send(build.orm(lab.header(), "NW", person(mr("1000001")), Order(placer="E1", exam_code="CTCHEST")))
    lab.send(build.orm(lab.header(), "CA", person(mr("1000001")), Order(placer="E1", exam_code="CTCHEST")))
    lab.send(build.orm(lab.header(), "CA", person(mr("1000001")), Order(placer="E9", exam_code="CTCHEST")))
    until(lambda: lab.ris.busy() == 0 and len(engine.received) == 2)
    (made,) = [row for row in lab.view("orders") if row["placer"] == "E1"]
    (step,) = [row for row in lab.view("steps") if row["accession"] == made["accession"]]
    for (message, _who), control in zip(engine.received, ("NW", "CA"), strict=True):
        assert (message.get("MSH-3"), message.get("ORC-1")) == ("RIS", control)
        assert (message.get("OBR-18"), message.get("OBR-24")) == (made["accession"], step["modality"])
        assert message.get("ZDS-1.1") == step["study_uid"]


def test_a_refusal_by_the_engine_is_an_error_and_the_queue_goes_on(lab, engine):
    """AE leaves the message as an error; the next one is delivered."""
    lab.ris.configure(forward_adt={"port": engine.port})
    engine.code = "AE"
    lab.send(build.adt(lab.header(), "A08", person(mr("1000001"))))
    until(lambda: [row["state"] for row in lab.view("outbox")] == ["error"])
    engine.code = "AA"
    lab.send(build.adt(lab.header(), "A08", person(mr("1000002"))))
    until(lambda: [row["state"] for row in lab.view("outbox")] == ["error", "delivered"])


def test_the_outbox_outlives_the_process(lab, engine):
    """What could not be delivered is delivered by the next RIS on the same store, in order."""
    with socket.socket() as shut:
        shut.bind(("127.0.0.1", 0))
        lab.ris.configure(forward_adt={"port": shut.getsockname()[1]})
        for number in ("1000001", "1000002"):
            lab.send(build.adt(lab.header(), "A08", person(mr(number))))
        until(lambda: lab.view("outbox")[0]["attempts"] >= 1)
        assert lab.ris.busy() == 0
    lab.ris.close()
    lab.ris = Ris(lab.store, lab.journal, lab.clock, lab.faults)
    lab.ris.configure(forward_adt={"port": engine.port})
    lab.ris.open("127.0.0.1", 0)
    until(lambda: [row["state"] for row in lab.view("outbox")] == ["delivered", "delivered"])
    assert [message.get("PID-3.1") for message, _ in engine.received] == ["1000001", "1000002"]


@pytest.mark.parametrize("door", ["RIS", "RIS_HL7"])
def test_garbage_on_a_port_is_noted_and_the_next_caller_is_served(lab, door):
    """Random bytes and connections cut in the middle leave the RIS answering."""
    for rubbish in (b"\xff" * 300, b"GET / HTTP/1.0\r\n\r\n", b"\x01\x00\x00\x00\xff\xff", b"\x0bMSH|^~\\&|"):
        with socket.create_connection(("127.0.0.1", lab.ris.endpoints[door].port), timeout=5) as link:
            link.sendall(rubbish)
    assert lab.send(build.adt(lab.header(), "A28", person(mr("1000009"))))[0] == "AA"
    until(lambda: lab.journal.events(kinds=("noise",)))


def test_hostile_values_do_not_reach_the_tables(lab):
    """Backslashes, carets and control characters in a name, and an enormous number, do no harm."""
    name = r"A\E\B\S\C^\X07\D"
    assert lab.send(raw(lab, f"PID|1||1000009^^^RXX01^MR||{name}", kind="ADT^A28"))[0] == "AA"
    assert lab.one("patients", patient_id="1000009")["name"] == "A B C^D"
    code, _ = lab.send(raw(lab, f"PID|1||{'9' * 200}^^^RXX01^MR||A^B", kind="ADT^A28"))
    assert code == "AE"


def test_more_numbers_than_anybody_has_are_refused(lab):
    """A PID-3 that repeats without end is answered AE before its numbers are read, whatever they name."""
    pid = "~".join(f"{n}^^^A{n}&1.2.{n}&ISO^MR" for n in range(60))
    code, text = lab.send(raw(lab, "EVN|A28", f"PID|1||{pid}~1000001^^^RXX01^MR", kind="ADT^A28"))
    assert code == "AE" and "61 repetitions" in text and "PID-3" in text
