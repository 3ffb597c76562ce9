"""The electronic patient record: each change and its message are one, and the messages go out in order."""

import pytest

from simlab import provenance
from simlab.department.epr import VIEWS, Epr, EprAddress, EprPatient, EprStage
from simlab.errors import BadInput, NotFound, SimlabError
from simlab.hl7.message import parse
from tests.hl7.peer import Ground, eventually, peer

ANNA = EprPatient(patient_id="1234567", name="SMITH^ANNA^^DR", birth_date="19700101", sex="F", nhs_number="9990000018")
DOUBLE = EprPatient(patient_id="7654321", name="SMYTH^ANNA")


@pytest.fixture
def ground(tmp_path):
    made = Ground(tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def epr(ground):
    made = Epr(*ground.parts)
    made.open()
    yield made
    made.close()


def staged(epr, port=None):
    with provenance.acting(provenance.SCENE):
        epr.stage(EprStage(send_to=EprAddress(port=port) if port else None, patients=[ANNA, DOUBLE]))


def test_admit_update_merge_and_order_tell_the_engine_in_order(ground, epr):
    """Each console action sends its message; the journal has them with actor, ACK and evidence."""
    with peer() as engine:
        staged(epr, engine.port)
        with provenance.acting(provenance.TRAINEE, 9):
            new = epr.admit(name="O'NEILL^SÉAN", sex="M", birth_date="19800203", location="WARD 7")
            epr.update("1234567", address="1 Hill Road")
            epr.merge("7654321", "1234567")
            placed = epr.order("1234567", "CTHEAD", description="CT head", reason="fall", referrer="Dr Who")
            epr.cancel_order(placed["placer"], "no longer needed")
        eventually(lambda: len(engine.got) == 5 and epr.busy() == 0)
        messages = [parse(data) for data in engine.messages]
        assert [m.get("MSH-9.2") for m in messages] == ["A01", "A31", "A40", "O01", "O01"]
        assert messages[0].get("PID-5.2") == "SÉAN"
        assert messages[0].all("PID-3.1") == [new["patient_id"]]
        assert messages[1].all("PID-3") == ["1234567^^^RXX01^MR", "9990000018^^^NHS^NH"]
        assert messages[1].get("PID-5.5") == "DR"
        assert (messages[2].get("PID-3.1"), messages[2].get("MRG-1")) == ("1234567", "7654321^^^RXX01^MR")
        assert [m.get("ORC-1") for m in messages[3:]] == ["NW", "CA"]
        assert set(engine.callers) == {provenance.Provenance(provenance.TRAINEE, 9)}
        events = ground.messages("EPR")
        assert [(e.data["direction"], e.data["ack"], e.actor) for e in events] == [("out", "AA", "trainee")] * 5
        assert ground.journal.evidence(events[2].id) == engine.messages[2]
        retired = next(p for p in ground.view(VIEWS, "patients") if p["patient_id"] == "7654321")
        assert retired["merged_into"] == "1234567"
        assert [row["state"] for row in ground.view(VIEWS, "outbox")] == ["delivered"] * 5


@pytest.mark.parametrize(
    ("event", "said"),
    [("A01", "admitted"), ("A04", "registered as an outpatient"), ("A05", "pre-admitted"), ("A28", "registered")],
)
def test_an_admission_is_called_what_its_event_does(epr, event, said):
    """Only A01 admits anybody."""
    staged(epr)
    told = epr.admit(name="O'NEILL^SEAN", event=event)
    assert told["summary"] == f"{told['patient_id']} {said} (ADT^{event})"


def test_the_outbox_waits_for_an_address_and_survives(ground, epr):
    """Without an address messages wait, idle; a new process with one delivers them."""
    staged(epr)
    epr.update("1234567", phone="01632 960001")
    assert epr.busy() == 0
    epr.close()
    with peer() as engine:
        again = Epr(*ground.parts)
        again.open()
        try:
            again.configure(destination_host="127.0.0.1", destination_port=engine.port)
            eventually(lambda: len(engine.got) == 1)
        finally:
            again.close()


def test_nothing_is_sent_for_a_change_that_is_refused(ground, epr):
    """A refusal names place and remedy, and leaves neither a row nor a message."""
    staged(epr)
    before = ground.store.digest(systems=["epr"])
    refused = [
        lambda: epr.merge("7654321", "999"),
        lambda: epr.merge("1234567", "1234567"),
        lambda: epr.update("1234567"),
        lambda: epr.update("1234567", sex="X"),
        lambda: epr.update("1234567", birth_date="1970-01-01"),
        lambda: epr.update("1234567", nhs_number="9990000019"),
        lambda: epr.update("1234567", name="A\rPID|9"),
        lambda: epr.update("1234567", shoe_size="44"),
        lambda: epr.admit(name="X^Y", event="A99"),
        lambda: epr.admit(birth_date="19700101"),
        lambda: epr.order("nobody", "CTHEAD"),
        lambda: epr.cancel_order("P0"),
        lambda: epr.configure(colour="red"),
    ]
    for call in refused:
        with pytest.raises(SimlabError) as caught:
            call()
        assert caught.value.remedy
    assert ground.store.digest(systems=["epr"]) == before
    assert ground.view(VIEWS, "outbox") == []


def test_a_retired_number_is_no_patient_any_more(ground, epr):
    """After a merge the old number names its survivor instead of being used."""
    staged(epr)
    epr.merge("7654321", "1234567")
    with pytest.raises(NotFound, match="merged into 1234567"):
        epr.order("7654321", "CTHEAD")
    with pytest.raises(NotFound, match="merged into 1234567"):
        epr.admit("7654321", name="SMYTH^ANNA")


def test_an_order_is_cancelled_once(ground, epr):
    """A second cancellation is refused."""
    staged(epr)
    placer = epr.order("1234567", "CTHEAD")["placer"]
    epr.cancel_order(placer)
    with pytest.raises(BadInput, match="already"):
        epr.cancel_order(placer)


def test_a_message_is_sent_again_under_its_own_control_id(ground, epr):
    """Resend queues the same bytes; a number that nobody gave is refused."""
    with peer() as engine:
        staged(epr, engine.port)
        epr.update("1234567", phone="07700 900001")
        eventually(lambda: len(engine.got) == 1 and epr.busy() == 0)
        (sent,) = ground.view(VIEWS, "outbox")
        epr.resend(sent["id"])
        eventually(lambda: len(engine.got) == 2 and epr.busy() == 0)
        assert engine.messages[0] == engine.messages[1]
        with pytest.raises(NotFound, match="no message 99"):
            epr.resend(99)
