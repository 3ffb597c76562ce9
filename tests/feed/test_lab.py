"""A feed in the lab: its deeds are the lab's own actions, and the messages flow from system to system."""

import re
import time
from collections import Counter
from datetime import timedelta

import pytest

from simlab import provenance
from simlab.errors import SimlabError
from simlab.feed import library
from simlab.feed.in_lab import DEEDS
from simlab.feed.kept import StateBook
from simlab.feed.messages import TABLE
from simlab.feed.plan import Plan
from simlab.feed.play import LabSink, play
from simlab.feed.run import Feed
from simlab.lab.home import Home
from simlab.lab.lab import running
from simlab.training.scene import load_scene
from tests.feed.feeding import written
from tests.hl7.peer import eventually


@pytest.fixture
def lab(tmp_path):
    """An empty department, set up rightly."""
    with running(Home(tmp_path)) as opened:
        opened.stage(load_scene("empty", opened))
        yield opened


def feed(lab, *pathways, count, seed=1, **options):
    """Play so many starts; gives the summary and what was refused."""
    refused = []

    def perform(name, given):
        outcome = lab.perform(name, given, actor=provenance.FEED)
        if not outcome.ok:
            refused.append(f"{name}: {outcome.summary}")
        return outcome

    begin = lab.clock.now().replace(microsecond=0)
    plan = Plan([library.find(one) for one in pathways], seed, begin=begin, count=count)
    return play(plan, perform, lab.look, **options), refused


def test_both_tables_know_the_same_happenings():
    """Whatever has a message has a deed, or is said to have none."""
    assert set(DEEDS) == set(TABLE)


def test_a_day_of_every_pathway_leaves_the_systems_agreed(lab):
    """No deed is refused, no message is stuck, and EPR, RIS and PACS tell of the same patients and orders."""
    done, refused = feed(lab, *library.names(), count=40)
    lab.settle()
    assert refused == []
    assert set(done.answers) == {"AA"}
    assert {item["state"] for item in lab.look("engine.queue")} == {"delivered"}
    people = {(row["patient_id"], row["name"], row["birth_date"]) for row in lab.look("epr.patients")}
    assert people == {(row["patient_id"], row["name"], row["birth_date"]) for row in lab.look("ris.patients")}
    assert len(people) == done.patients
    orders = lab.look("ris.orders")
    assert len(orders) == done.types["epr.order"]
    assert {row["accession"] for row in lab.look("pacs.orders")} == {row["accession"] for row in orders}
    assert {row["state"] for row in orders} <= {"performed", "cancelled"}


def test_blood_results_and_appointments_reach_the_record(lab):
    """As the laboratory's ORU and the diary's SIU, through the engine; the ward reads values, units, range and flag."""
    done, refused = feed(lab, "chest-pain-ct", "mri-rescheduled", count=8, seed=3)
    lab.settle()
    assert refused == []
    queue = [item for item in lab.look("engine.queue") if item["route"] == "others-to-epr"]
    assert len(queue) == done.types["hl7.send"] > 10
    assert {item["state"] for item in queue} == {"delivered"}
    blood = [row for row in lab.look("epr.results") if row["exam"] == "High sensitivity troponin T"]
    assert all(re.fullmatch(r"Troponin T \d+ ng/L \(3-14\)( H)?", row["text"]) for row in blood)
    known = {row["patient_id"] for row in lab.look("epr.patients")}
    assert blood and {row["patient_id"] for row in blood} <= known
    made = [row for row in lab.look("epr.appointments") if row["place"] == "RADOP"]
    assert made and {row["state"] for row in made} <= {"booked", "cancelled"}


def test_an_appointment_is_moved_and_cancelled_in_the_record(lab):
    """S13 moves the one that S12 made, S15 cancels it: one row, not three."""
    text = """
        title: A diary
        number: 33
        persons: {patient: {}}
        steps:
        - identify
        - appoint: {place: ANC, at: 1d}
        - appoint: {place: ANC, event: S13, at: 2d}
        - appoint: {place: ANC, event: S15}
        """
    begin = lab.clock.now().replace(microsecond=0)
    plan = Plan([written(text)], 1, begin=begin, count=1)
    play(plan, lambda name, given: lab.perform(name, given, actor=provenance.FEED), lab.look)
    lab.settle()
    (row,) = lab.look("epr.appointments")
    assert (row["state"], row["place"]) == ("cancelled", "ANC")
    assert row["start"] >= (begin + timedelta(days=2)).isoformat(timespec="minutes")


def test_it_is_the_feed_that_acts(lab):
    """Every event and every change of a row that comes of it has the actor `feed`."""
    feed(lab, "gp-chest-xray", count=1)
    lab.settle()
    with lab.snapshot() as look:
        changes = [change for change in look.changes() if change.actor != provenance.SCENE]
    assert {change.actor for change in changes} == {provenance.FEED}
    assert {change.system for change in changes} >= {"epr", "ris", "pacs"}


def test_an_order_that_never_arrives_is_waited_for_once(lab):
    """With the route held the RIS does nothing about it, and the pathway goes on."""
    lab.perform("engine.hold", {"route": "epr-to-ris"})
    began = time.monotonic()
    done, refused = feed(lab, "gp-chest-xray", count=1, patience=0.3)
    assert refused == []
    assert done.answers["none"] == 5
    assert done.answers["AA"] == 4
    assert 0.3 <= time.monotonic() - began < 3


def test_exams_can_be_made_at_the_labs_scanners(lab):
    """With images, a CT of the head is begun, scanned and ended at CT1, lies in the PACS, and one is broken off."""
    done, refused = feed(lab, "corrected-report", count=1, images=True)
    broken, also = feed(lab, "cancelled-order", count=6, seed=2, images=True)
    lab.settle()
    assert refused + also == []
    assert done.types["modality.complete_step"] == 1
    assert len(lab.look("pacs.studies")) == 1
    assert broken.types["modality.discontinue_step"] >= 1
    assert {row["state"] for row in lab.look("ris.orders")} == {"performed", "cancelled", "discontinued"}


def test_the_same_seed_gives_the_same_people(lab):
    """Also in the lab, where the EPR numbers visits and orders itself."""
    feed(lab, "gp-chest-xray", "demographics", count=5, seed=3)
    first = lab.look("epr.patients")
    lab.stage(load_scene("empty", lab))
    feed(lab, "gp-chest-xray", "demographics", count=5, seed=3)
    assert lab.look("epr.patients") == first


def test_a_feed_runs_in_the_background_until_it_ends(lab):
    """`feed.start` comes back at once, the view says how far it is, and who ended."""
    started = lab.perform("feed.start", {"pathways": ["demographics"], "speed": "max", "count": 5, "seed": 4})
    assert started.ok
    assert started.data == {"seed": 4, "pathways": ["demographics"]}
    eventually(lambda: not lab.look("lab.feed")[0]["running"])
    state = lab.look("lab.feed")[0]
    assert (state["begun"], state["ended"], state["finished"]) == (5, 5, True)
    assert state["messages"] == sum(state["types"].values()) > 5
    assert len(lab.look("epr.patients")) == state["patients"]


def test_a_feed_goes_by_the_hospitals_clock_until_it_is_stopped(lab):
    """At 1x with a start every ten seconds little happens; `feed.stop` ends it at once, twice is refused."""
    asked = {"pathways": ["all"], "rate": "360/h", "seed": 4}
    assert lab.perform("feed.start", asked).ok
    again = lab.perform("feed.start", asked)
    assert not again.ok
    assert "is running" in again.summary
    began = time.monotonic()
    assert lab.perform("feed.stop", {}).ok
    assert time.monotonic() - began < 2
    assert not lab.look("lab.feed")[0]["running"]
    assert "no feed" in lab.perform("feed.stop", {}).summary


def test_a_fast_clock_makes_a_fast_feed(lab):
    """The hospital's hours pass with its clock."""
    lab.clock.set(lab.clock.now(), speed=36000.0)
    assert lab.perform("feed.start", {"pathways": ["gp-chest-xray"], "count": 2, "rate": "60/h", "seed": 4}).ok
    eventually(lambda: lab.look("lab.feed")[0]["messages"] > 4, 20)
    lab.perform("feed.stop", {})


def test_under_a_frozen_clock_only_max_speed_goes(lab):
    """Nothing would ever happen otherwise."""
    lab.clock.set(lab.clock.now(), speed=0.0)
    refused = lab.perform("feed.start", {"pathways": ["all"]})
    assert not refused.ok
    assert "stands still" in refused.summary
    assert lab.perform("feed.start", {"pathways": ["demographics"], "speed": "max", "count": 1}).ok


SCENE = """
use: [_lib/empty]
feed: {pathways: [demographics], speed: max, count: 3}
"""


def test_a_scene_brings_its_feed(lab):
    """It begins when the scene is staged, with the seed 0 and so the same people for everybody; the next ends it."""
    lab.stage(load_scene(SCENE, lab))
    eventually(lambda: not lab.look("lab.feed")[0]["running"])
    first = lab.look("epr.patients")
    assert len(first) >= 2
    assert lab.look("lab.feed")[0]["seed"] == 0
    lab.restage()
    eventually(lambda: not lab.look("lab.feed")[0]["running"])
    assert lab.look("epr.patients") == first


def test_the_next_scene_ends_the_feed(lab):
    """Nobody of the old feed comes into the new scene."""
    assert lab.perform("feed.start", {"pathways": ["all"], "speed": "max", "rate": "1000/h"}).ok
    eventually(lambda: lab.look("epr.patients"))
    lab.stage(load_scene("empty", lab))
    assert not lab.look("lab.feed")[0]["running"]
    lab.settle()
    assert lab.look("epr.patients") == []


def test_a_wrong_feed_of_a_scene_is_told_before_it_is_staged(lab):
    """With what there is instead."""
    for wrong, says in (
        ("[nothing]", "gp-chest-xray"),
        ("[all], rate: fast", "60/h"),
        ("[all], pace: 3", "pace"),
        ("[/etc/x.yaml]", "pattern"),
    ):
        with pytest.raises(SimlabError) as caught:
            load_scene(f"use: [_lib/empty]\nfeed: {{pathways: {wrong}}}\n", lab)
        assert says in str(caught.value)


def test_a_lab_closes_with_its_feed_running_and_goes_on_with_it(tmp_path):
    """Closed within seconds; the next lab over the same home goes on with the same feed, and only until it is ended."""
    home = Home(tmp_path)
    with running(home) as opened:
        opened.stage(load_scene("empty", opened))
        asked = {"pathways": ["all"], "speed": "max", "rate": "1000/h", "seed": 4, "warm_up": "0s"}
        assert opened.perform("feed.start", asked).ok
        eventually(lambda: opened.look("epr.patients"))
        began = time.monotonic()
    assert timedelta(seconds=time.monotonic() - began) < timedelta(seconds=6)
    with running(home) as opened:
        before = opened.look("lab.feed")[0]
        assert before["running"]
        eventually(lambda: opened.look("lab.feed")[0]["messages"] > before["messages"] + 20, 30)
        assert opened.look("lab.feed")[0]["seed"] == 4
        assert opened.perform("feed.stop", {}).ok
    with running(home) as opened:
        assert not opened.look("lab.feed")[0]["running"]


def test_a_feed_that_was_ended_goes_on_where_it_stood(lab):
    """Ended and gone on with until it is over, it leaves the lab as an undisturbed one does."""
    asked = {"pathways": ["chest-pain-ct", "gp-chest-xray"], "speed": "max", "count": 14, "seed": 4}
    assert lab.perform("feed.start", asked).ok
    eventually(lambda: not lab.look("lab.feed")[0]["running"], 60)
    lab.settle()
    whole, people = lab.look("lab.feed")[0], lab.look("epr.patients")
    orders = Counter(row["state"] for row in lab.look("ris.orders"))
    results = Counter((row["patient_id"], row["exam"], row["text"]) for row in lab.look("epr.results"))
    lab.stage(load_scene("empty", lab))
    assert "no feed to go on with" in lab.perform("feed.resume", {}).summary
    assert lab.perform("feed.start", asked).ok
    for messages in (5, 40, 80):
        eventually(lambda messages=messages: lab.feed.state()["messages"] >= messages, 30)
        lab.perform("feed.stop", {})
        assert lab.perform("feed.resume", {}).ok
    eventually(lambda: not lab.look("lab.feed")[0]["running"], 60)
    lab.settle()
    assert lab.look("lab.feed")[0] == whole
    assert lab.look("epr.patients") == people
    assert Counter(row["state"] for row in lab.look("ris.orders")) == orders
    assert Counter((row["patient_id"], row["exam"], row["text"]) for row in lab.look("epr.results")) == results
    assert "come to its end" in lab.perform("feed.resume", {}).summary


def test_a_hospital_in_the_lab_is_in_the_middle_of_its_life(lab):
    """What began before is done at once, also with times that have passed, and no deed of it is refused."""
    asked = {"pathways": ["all"], "rate": "10/h", "seed": 4, "warm_up": "6h"}
    assert lab.perform("feed.start", asked).ok
    eventually(lambda: lab.look("lab.feed")[0]["before"], 60)
    assert lab.perform("feed.stop", {}).ok
    lab.settle()
    state = lab.look("lab.feed")[0]
    assert set(state["answers"]) == {"AA"}
    visits = lab.look("epr.visits")
    assert sum(row["state"] == "open" and row["patient_class"] == "O" for row in visits) >= state["stands"]["attending"]
    assert sum(row["state"] == "preadmitted" for row in visits) == state["stands"]["announced"] > 0
    states = Counter(row["state"] for row in lab.look("ris.orders"))
    assert states["requested"] + states["booked"] + states["arrived"] >= state["stands"]["orders open"] > 0
    assert {item["state"] for item in lab.look("engine.queue")} == {"delivered"}


def test_a_refused_deed_leaves_nothing_and_is_journaled_once(lab):
    """The transaction that it was to share with the feed's state is undone, and the refusal is told of by itself."""
    text = """
        title: A death
        number: 33
        persons: {patient: {}}
        steps: [identify, order: XCHES, cancel, cancel: {control: DC}, amend: phone]
        """
    plan = Plan([written(text)], 1, begin=lab.clock.now().replace(microsecond=0), count=1)
    book = StateBook(lab.store.write)
    refused = []

    def perform(name, given):
        if name == "epr.cancel_order":
            given = {**given, "placer": "none such"}
        outcome = lab.perform(name, given, actor=provenance.FEED)
        refused.append(name) if not outcome.ok else None
        return outcome

    done = Feed(plan, LabSink(perform, lab.look, together=lab.store.write), book=book).run()
    assert done.answers == {"AA": 3, "AE": 1}
    assert refused == ["epr.cancel_order"] * 2
    with lab.store.read() as tx:
        rows = tx.execute("SELECT data FROM journal_event WHERE data LIKE '%epr.cancel_order%'").fetchall()
    assert len(rows) == 2  # the action and its outcome
