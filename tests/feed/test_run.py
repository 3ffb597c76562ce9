"""A feed is what its seed says, to the byte, whatever runs beside it."""

import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from simlab.errors import BadInput
from simlab.feed import library
from simlab.feed.numbers import JOURNEYS, Numbers
from simlab.feed.pace import Pace
from simlab.feed.plan import START, Plan
from simlab.feed.run import Feed
from simlab.feed.starts import SHAPES, rate, starts
from simlab.hl7.message import parse
from simlab.people import fictional_nhs
from tests.feed.feeding import Keeper, fed, written

SHIP = library.names()


def test_the_same_seed_gives_the_same_bytes():
    """All pathways at once, MSH-7 and MSH-10 included."""
    assert fed(*SHIP, seed=5, count=40).sent == fed(*SHIP, seed=5, count=40).sent


def test_another_seed_gives_other_bytes():
    """No message of one seed is one of another's, nor is any control ID."""
    one, other = fed(*SHIP, seed=5, count=20).sent, fed(*SHIP, seed=6, count=20).sent
    assert not set(one) & set(other)
    assert not {parse(m).get("MSH-10") for m in one} & {parse(m).get("MSH-10") for m in other}


@pytest.mark.parametrize("name", SHIP)
def test_a_pathway_is_the_same_beside_others(name):
    """With a rate of its own, what a pathway sends does not hang on what runs beside it."""
    own = replace(library.find(name), rate=2.0)
    others = [library.find(one) for one in SHIP if one != name]
    day = {"seed": 3, "duration": timedelta(hours=4)}
    alone, beside = fed(own, **day), fed(*others, own, **day)
    assert alone.sent
    assert beside.of(name) == alone.sent


def test_time_never_runs_back():
    """MSH-7 rises from message to message, and no control ID comes twice."""
    messages = fed(*SHIP, count=60).messages
    stamps = [message.get("MSH-7") for message in messages]
    assert stamps == sorted(stamps)
    assert len({message.get("MSH-10") for message in messages}) == len(messages)


def test_twelve_thousand_patients_have_numbers_of_their_own():
    """No hospital number comes twice; NHS numbers neither, and they are of the range that nobody is given."""
    numbers = Numbers(9)
    keys = [(pathway, journey) for pathway in (1, 2, 12, 40) for journey in range(3000)]
    hospital = [numbers.hospital(pathway, journey, person) for pathway, journey in keys for person in (0, 1)]
    nhs = [numbers.nhs(pathway, journey, person) for pathway, journey in keys for person in (0, 1)]
    assert len(set(hospital)) == len(hospital) == 24_000
    assert all(len(one) == 8 for one in hospital)
    assert len(set(nhs)) == len(nhs)
    assert all(map(fictional_nhs, nhs))
    accessions = [numbers.long("accession", *key, 0) for key in keys]
    assert len(set(accessions)) == len(accessions)


def test_beyond_the_fictional_range_there_is_no_nhs_number():
    """A number that somebody else has is never given; the last start of a pathway has a hospital number still."""
    numbers = Numbers(9)
    assert numbers.nhs(1, JOURNEYS - 1, 0) == ""
    assert len(numbers.hospital(40, JOURNEYS - 1, 3)) == 8


def test_a_run_of_ten_thousand_patients_gives_each_a_number():
    """As the feed itself numbers them."""
    people = """
        title: People
        number: 33
        persons: {patient: {}}
        steps: [identify]
        """
    numbers = set()

    class Registry:
        def take(self, happening):
            numbers.add(happening.life.person.mrn)

    done = Feed(Plan([written(people)], 2, count=10_000, hourly=1e5), Registry()).run()
    assert done.ended == len(numbers) == 10_000


def test_the_rate_is_kept():
    """60 an hour over ten days: within four standard deviations of 14,400."""
    stream = starts(1, library.find("gp-chest-xray"), 60.0, START, shape="flat", burst=1)
    end = START + timedelta(days=10)
    count = sum(1 for _ in iter(lambda: next(stream).at < end, False))
    assert abs(count - 14_400) < 480


def test_the_office_day_is_busy_in_office_hours():
    """Twice as many starts an hour between 9 and 17 as the average, and as many in a day."""
    stream = starts(1, library.find("gp-chest-xray"), 60.0, START, shape="office", burst=1)
    hours = Counter(start.at.hour for start in (next(stream) for _ in range(14_400)))
    busy = sum(hours[hour] for hour in range(9, 17)) / 8
    shape = SHAPES["office"]
    assert busy / (14_400 / 24) == pytest.approx(sum(shape[9:17]) / 8 / (sum(shape) / 24), rel=0.1)
    assert hours[3] < busy / 5


def test_a_burst_starts_together():
    """Ten at once, and still 60 an hour."""
    stream = starts(1, library.find("gp-chest-xray"), 60.0, START, shape="flat", burst=10)
    drawn = [next(stream) for _ in range(2000)]
    assert all(len({start.at for start in drawn[at : at + 10]}) == 1 for at in range(0, 2000, 10))
    hours = (drawn[-1].at - START).total_seconds() / 3600
    assert 2000 / hours == pytest.approx(60, rel=0.25)


def test_a_duration_ends_the_day():
    """Nothing is told after it; what is under way is counted as such."""
    feed = Feed(Plan([library.find("chest-pain-ct")], 1, duration=timedelta(hours=3)), keeper := Keeper())
    done = feed.run()
    assert max(m.get("MSH-7") for m in keeper.messages) <= "20260302110000"
    assert done.finished and done.under_way and done.begun == done.ended + done.under_way
    assert done.now == "2026-03-02T11:00:00"
    assert done.messages == len(keeper.sent) == sum(done.types.values())


def test_a_count_lets_every_pathway_end():
    """So many starts, none of them cut short."""
    done = Feed(Plan([library.find(one) for one in SHIP], 1, count=30), Keeper()).run()
    assert (done.begun, done.ended, done.under_way, done.finished) == (30, 30, 0, True)


def test_a_stopped_feed_says_so():
    """A pace that says no ends the run where it is."""
    moments = []

    def until_five(moment):
        moments.append(moment)
        return len(moments) < 5

    done = Feed(Plan([library.find("chest-pain-ct")], 1, count=30), Keeper(), until_five).run()
    assert not done.finished
    assert len(moments) == 5


def test_the_pace_lets_hospital_time_pass_faster():
    """At 3600x an hour takes a second; a set stop ends the wait."""
    waits = []

    class Stop:
        def is_set(self):
            return False

        def wait(self, seconds):
            waits.append(seconds)
            pace._started -= seconds  # the second passes in no time

    pace = Pace(START, 3600.0, Stop())
    assert pace(START + timedelta(hours=1))
    assert sum(waits) == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize(("text", "hourly"), [("60/h", 60), ("2/m", 120), ("240/d", 10), ("0.5/s", 1800), ("7", 7)])
def test_rates_are_read(text, hourly):
    """A number a second, minute, hour or day; an hour when nothing is said."""
    assert rate(text) == pytest.approx(hourly)


@pytest.mark.parametrize("text", ["", "x", "0/h", "-3/h", "5/y", "1e99/h", "99999999999999/s"])
def test_what_is_no_rate_is_refused(text):
    """With what to write instead."""
    with pytest.raises(BadInput, match="60/h"):
        rate(text)


def test_two_pathways_of_one_number_do_not_run_together():
    """Their patients would have the same numbers."""
    gp = library.find("gp-chest-xray")
    with pytest.raises(BadInput, match="number 2 both"):
        Plan([gp, replace(gp, name="mine")], 1)
    with pytest.raises(BadInput, match="number 2 both"):
        Plan([gp, gp], 1)


def test_shares_are_shares():
    """A branch with a share of 0.2 is taken by a fifth; what is left of the shares does nothing."""
    text = """
        title: Shares
        number: 33
        persons: {patient: {}}
        steps:
        - identify
        - either:
          - {share: 0.2, steps: [{amend: phone}]}
          - {share: 0.5, steps: [{amend: gp}]}
        """
    told = fed(written(text), count=600, hourly=1e4).told
    assert told.count("ADT^A28") == 600
    assert told.count("ADT^A31") == pytest.approx(420, abs=50)


def test_another_process_gives_the_same_bytes():
    """Nothing hangs on the order of a set or the hash of a string."""
    script = (
        "import hashlib; from datetime import timedelta; from simlab.feed import library;"
        "from tests.feed.feeding import fed;"
        "sent = fed(*library.names(), seed=5, count=10, warm_up=timedelta(hours=2)).sent;"
        "print(hashlib.sha256(b''.join(sent)).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", script], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1
