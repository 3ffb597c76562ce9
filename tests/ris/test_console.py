"""The console changes state by the table of transitions, tells the journal, and says what to do instead."""

import pytest

from simlab import provenance
from simlab.department.ris import RisStage, states
from simlab.errors import SimlabError
from tests.ris.conftest import SCENE

BOOKED = "RXX10000002"


def test_an_order_goes_its_whole_way(lab):
    """requested → vetted → booked → arrived → performed."""
    order = lab.ris.create_order("1000001", "USAORTA", reason="Pulsatile mass")
    accession = order["accession"]
    assert order["state"] == "requested" and order["steps"][0]["station_ae"] == "US1"
    lab.ris.vet(accession)
    lab.ris.book(accession, "2026-03-02T10:15")
    assert lab.one("steps", accession=accession)["start"] == "2026-03-02T10:15:00"
    lab.ris.arrive(accession)
    lab.ris.perform(accession)
    assert lab.one("orders", accession=accession)["state"] == "performed"
    assert lab.one("steps", accession=accession)["state"] == "performed"


@pytest.mark.parametrize(
    ("act", "remedy"),
    [
        (lambda ris: ris.perform(BOOKED), "arrived first"),
        (lambda ris: ris.vet(BOOKED), "can become"),
        (lambda ris: ris.arrive("RXX10000003"), "final"),
        (lambda ris: ris.discontinue(BOOKED, "x"), "can become"),
        (lambda ris: ris.arrive("NOSUCH"), "Look the accession"),
        (lambda ris: ris.reschedule("RXX10000003", station="CT2"), "new order"),
        (lambda ris: ris.reschedule(BOOKED), "Give a station"),
        (lambda ris: ris.reschedule(BOOKED, start="soon"), "Write it like"),
        (lambda ris: ris.reschedule(BOOKED, station="A TITLE THAT IS TOO LONG"), "sixteen"),
        (lambda ris: ris.create_order("9999999", "CTCHEST"), "Register"),
        (lambda ris: ris.create_order("1000001", "CTCHEST", issuer="RXX02"), "RXX01"),
        (lambda ris: ris.create_order("1000001", "NOSUCH"), "CTCHEST"),
        (lambda ris: ris.create_order("1000002", "CTCHEST", accession="RXX10000001"), "another number"),
        (lambda ris: ris.create_order("1000001", "CTCHEST", accession="X" * 17), "16 characters"),
        (lambda ris: ris.map_exam("NOSUCH", "CT1"), "CTCHEST"),
        (lambda ris: ris.configure(colour="red"), "worklist_shows"),
        (lambda ris: ris.configure(worklist_shows=["here"]), "Nothing was changed"),
        (lambda ris: ris.configure(forward_adt={"port": 99999}), "Nothing was changed"),
        (lambda ris: ris.set_peer("CT9", "127.0.0.1", 0), "1 to 65535"),
        (lambda ris: ris.set_peer("CT9", "127.0.0.1", 104, ["store"]), "echo, worklist"),
        (lambda ris: ris.set_peer("", "127.0.0.1", 104), "sixteen"),
        (lambda ris: ris.remove_peer("CT9"), "CT1"),
        (lambda ris: ris.log_downtime("NOSUCH", "done by hand"), "accession"),
        (lambda ris: ris.merge_patients("1000001", "1000001"), "two numbers"),
    ],
)
def test_what_cannot_be_is_refused_with_a_remedy_and_changes_nothing(lab, act, remedy):
    """A refusal names the way out; no row and no event is left of it."""
    before, last = lab.store.digest(systems=["ris"]), lab.journal.last
    with pytest.raises(SimlabError) as refused:
        act(lab.ris)
    assert remedy in str(refused.value)
    assert (lab.store.digest(systems=["ris"]), lab.journal.last) == (before, last)


def test_every_click_leaves_one_event_and_the_change_is_the_trainees(lab):
    """A console action is one `console` event; its row changes carry the actor."""
    with provenance.acting(provenance.TRAINEE):
        lab.ris.arrive(BOOKED)
    (event,) = lab.journal.events(kinds=("console",))
    assert event.actor == "trainee" and event.data["accession"] == BOOKED
    with lab.store.read() as tx:
        changes = [tuple(row) for row in tx.execute("SELECT tbl, key, actor FROM lab_change ORDER BY tbl")]
    step = lab.one("steps", accession=BOOKED)["step_id"]
    assert changes == [("ris_order", BOOKED, "trainee"), ("ris_step", step, "trainee")]


def test_mapping_an_exam_moves_what_has_not_begun(lab):
    """The exam's steps that are still open follow to the new station, finished ones stay."""
    moved = lab.ris.map_exam("CTCHEST", "CT2")
    assert moved["moved"] == ["RXX10000001"]
    assert lab.one("steps", accession="RXX10000001")["station_ae"] == "CT2"
    assert lab.one("steps", accession="RXX10000003")["station_ae"] == "CT1"
    assert lab.ris.create_order("1000001", "CTCHEST")["steps"][0]["station_ae"] == "CT2"


def test_rescheduling_changes_the_room_and_nothing_else(lab):
    """Station and modality change, state and time stay."""
    before = lab.one("steps", accession=BOOKED)
    lab.ris.reschedule(BOOKED, station="CT1")
    assert lab.one("steps", accession=BOOKED) == {**before, "station_ae": "CT1"}


def test_a_merge_moves_orders_and_numbers(lab):
    """The survivor gets orders and identifiers; the retired number remembers where it went."""
    lab.ris.merge_patients("1000001", "1000002")
    assert lab.one("orders", accession="RXX10000001")["patient_id"] == "1000002"
    assert lab.one("patients", patient_id="1000002")["identifiers"][0]["number"] == "9990001235"
    retired = lab.one("patients", patient_id="1000001")
    assert (retired["merged_into"], retired["merged_issuer"]) == ("1000002", "RXX01")
    assert lab.ris.create_order("1000001", "CTCHEST")["patient_id"] == "1000002"
    with pytest.raises(SimlabError, match="direction"):
        lab.ris.merge_patients("1000002", "1000001")


def test_peers_and_settings_are_seen_as_set(lab):
    """What the console sets the views show."""
    lab.ris.set_peer("MR1", "127.0.0.1", 11141)
    assert lab.one("peers", title="MR1")["services"] == ["echo", "worklist", "mpps", "availability"]
    lab.ris.remove_peer("MR1")
    assert lab.view("peers", title="MR1") == []
    lab.ris.configure(worklist_shows=["booked", "arrived"])
    assert lab.one("settings", key="worklist_shows")["value"] == ["booked", "arrived"]
    assert [row["accession"] for row in lab.view("worklist")] == ["RXX10000001", BOOKED]


def test_a_downtime_entry_names_an_order_that_exists(lab):
    """The log keeps accession, text and time."""
    lab.ris.log_downtime(BOOKED, "Scanned without a worklist, accession typed in, JH")
    assert lab.one("downtime", accession=BOOKED)["at"] == "2026-03-02T07:40:00"


def test_numbers_go_on_after_a_restart(lab):
    """The RIS never gives an accession number twice."""
    one = lab.ris.create_order("1000001", "CTCHEST")["accession"]
    lab.ris.cancel_order(one, "mistake")
    assert lab.ris.create_order("1000001", "CTCHEST")["accession"] != one


def test_staging_twice_gives_the_same_department(lab):
    """A scene laid out on empty tables has the same digest each time."""
    before = lab.store.digest(systems=["ris"])
    with provenance.acting(provenance.SCENE), lab.store.write():
        lab.store.clear()
        lab.ris.stage(RisStage(**SCENE))
    assert lab.store.digest(systems=["ris"]) == before


def test_every_state_can_be_reached_and_has_a_status():
    """The table of transitions is closed, and every state has a DICOM step status."""
    reached = {state for following in states.TRANSITIONS.values() for state in following}
    assert reached | {states.REQUESTED} == set(states.STATES) == set(states.STEP_STATUS)
