"""Order replies between the EPR and the RIS without an engine between them: each reads the other's numbers."""

import pytest

from simlab.hl7.message import from_text
from tests.hl7.peer import eventually


@pytest.fixture(autouse=True)
def as_it_was(hospital):
    """The lab is shared: what a test sets is put back."""
    yield
    hospital.lab.settle()
    hospital.do("hl7.set_door", door="RIS_HL7", order_replies={"EPR": "asked"}, reply_to="")
    hospital.do("hl7.set_door", door="EPR_HL7", order_replies={"RIS": "asked"})
    to = hospital.lab.endpoints["ADT"].port
    hospital.do("epr.configure", destination_port=to, order_message="ORM", destination_deferred=False)
    told = {"send_status": True, "send_appointments": True, "forward_orders": True}
    hospital.do("ris.configure", forward_adt={"port": to}, **told)


def directly(hospital, order_message="ORM"):
    """The EPR sends to the RIS itself, and is answered with order replies."""
    to = hospital.lab.endpoints["RIS_HL7"]
    hospital.do("epr.configure", destination_port=to.port, order_message=order_message)
    hospital.do("hl7.set_door", door="RIS_HL7", order_replies={"EPR": "order"})


@pytest.mark.parametrize(("order_message", "kind"), [("ORM", "ORR^O02"), ("OMI", "ORI^O24")])
def test_the_epr_reads_the_fillers_numbers_from_the_reply(hospital, order_message, kind):
    """RAD-2: filler number and accession number of the order are there before the RIS has said anything else."""
    hospital.do("ris.configure", send_status=False, send_appointments=False)
    directly(hospital, order_message)
    patient = hospital.person()
    placer, accession = hospital.ordered(patient)
    order = hospital.one("epr.orders", placer=placer)
    assert (order["filler"], order["accession"]) == (accession, accession)
    reply = from_text(hospital.rows("epr.outbox")[-1]["ack"].replace("\r", "\n"))
    assert (reply.get("MSH-9.1"), reply.get("MSH-9.2")) == tuple(kind.split("^"))


def test_a_plain_ack_brings_no_numbers(hospital):
    """Without the table the reply is an ACK, and the EPR knows no filler number until the RIS tells of the order."""
    hospital.do("ris.configure", send_status=False, send_appointments=False)
    hospital.do("epr.configure", destination_port=hospital.lab.endpoints["RIS_HL7"].port)
    placer, _accession = hospital.ordered(hospital.person())
    assert hospital.one("epr.orders", placer=placer)["filler"] == ""


def test_the_fillers_numbers_may_come_later(hospital):
    """CA ends the delivery; the ORR comes to the EPR's own door, and is read there."""
    hospital.do("ris.configure", send_status=False, send_appointments=False)
    directly(hospital)
    hospital.do("epr.configure", destination_deferred=True)
    own = hospital.lab.endpoints["EPR_HL7"]
    hospital.do("hl7.set_door", door="RIS_HL7", reply_to=f"mllp://127.0.0.1:{own.port}")
    placer, accession = hospital.ordered(hospital.person())
    eventually(lambda: hospital.one("epr.orders", placer=placer)["filler"] == accession)


@pytest.mark.parametrize("form", ["order", "asked"])
def test_the_ris_own_order_gets_its_placer_number(hospital, form):
    """RAD-3: SN is answered with ORR NA where the table says so, else with an ORM NA of its own; never with both."""
    hospital.do("hl7.set_door", door="EPR_HL7", order_replies={"RIS": form})
    ris = {"port": hospital.lab.endpoints["EPR_HL7"].port}
    patient = hospital.person()
    hospital.do("ris.configure", forward_adt=ris, forward_orders=False)
    hospital.do("ris.create_order", patient=patient, exam="CSKUH")
    eventually(lambda: hospital.rows("epr.orders", patient_id=patient))
    order, placed = hospital.one("ris.orders", patient_id=patient), hospital.one("epr.orders", patient_id=patient)
    eventually(lambda: hospital.one("ris.orders", accession=order["accession"])["placer"] == placed["placer"], 10)
    assigned = [row for row in hospital.rows("epr.outbox") if "|NA" in row["message"]]
    assert len(assigned) == (0 if form == "order" else 1)
