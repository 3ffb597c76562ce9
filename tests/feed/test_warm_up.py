"""A feed begins in the middle of the hospital's life, which its seed gives to the byte."""

from dataclasses import replace
from datetime import timedelta

import pytest

from simlab.feed import library
from simlab.feed.plan import START, Plan
from simlab.feed.run import Feed
from simlab.feed.session import WARM_UP, Wanted
from tests.feed.feeding import Keeper, fed

SHIP = library.names()
BEGAN = f"{START:%Y%m%d%H%M%S}"
DAY = {"seed": 7, "warm_up": timedelta(days=1), "duration": timedelta(hours=1), "hourly": 30}


@pytest.fixture(scope="module")
def warmed():
    """An hour's feed after a day before it, with its summary."""
    keeper = Keeper()
    plan = Plan([library.find(name) for name in SHIP], **DAY)
    return keeper, Feed(plan, keeper).run()


def test_the_hospital_is_in_the_middle_of_its_life(warmed):
    """People lie in beds, appointments are made, orders are open, reports are awaited, and all of it was told."""
    keeper, done = warmed
    before = [m for m in keeper.messages if m.get("MSH-7") <= BEGAN]
    for what in ("inpatients", "attending", "announced", "appointments", "orders open", "of them booked"):
        assert done.stands[what] > 0, what
    assert done.stands["reports pending"] > 10
    came = {m.get("PV1-19") for m in before if m.get("MSH-9.2") in ("A01", "A06")}
    left = {m.get("PV1-19") for m in before if m.get("MSH-9.2") == "A03"}
    assert len(came - left) == done.stands["inpatients"]
    ordered = {m.get("ORC-2") for m in before if m.get("ORC-1") == "NW" and m.get("MSH-3") == "EPR"}
    over = {m.get("ORC-2") for m in before if m.get("ORC-5") in ("CM", "CA")}
    assert len(ordered - over) == done.stands["orders open"]


def test_who_is_discharged_and_done_before_is_not_told_of(warmed):
    """Whatever is told of before the beginning belongs to a journey that goes on after it."""
    _, done = warmed
    long = fed(*SHIP, **{**DAY, "duration": None, "count": 1})
    last = {m.get("MSH-10")[:11]: m.get("MSH-7") for m in long.messages}
    told = {m.get("MSH-10")[:11] for m in long.messages if m.get("MSH-7") <= BEGAN}
    assert done.before >= len(told) > 100
    assert sum(last[journey] > BEGAN for journey in told) > 0.97 * len(told)


def test_who_is_over_is_told_of_when_they_come_back():
    """Nobody is ordered for or attends who was not registered before, though they were here in the warm-up."""
    keeper = fed("gp-chest-xray", **{**DAY, "warm_up": timedelta(days=2), "duration": timedelta(hours=12)})
    registered = set()
    for message in keeper.messages:
        number = message.get("PID-3.1")
        if message.get("MSH-9.2") == "A28":
            registered.add(number)
        assert number in registered


def test_the_same_seed_gives_the_same_middle():
    """To the byte; and a pathway with a rate of its own has the same beside others."""
    one = replace(library.find("chest-pain-ct"), rate=4.0)
    alone = fed(one, **DAY)
    assert alone.sent == fed(one, **DAY).sent
    assert fed("gp-chest-xray", one, **DAY).of("chest-pain-ct") == alone.sent


def test_time_does_not_run_back_and_no_number_comes_twice(warmed):
    """From the first message of the day before to the last of the feed."""
    keeper, done = warmed
    stamps = [m.get("MSH-7") for m in keeper.messages]
    assert stamps == sorted(stamps)
    assert stamps[0] < BEGAN < stamps[-1]
    assert len({m.get("MSH-10") for m in keeper.messages}) == len(stamps) == done.messages
    assert done.begun == done.ended + done.under_way > done.before


def test_what_was_before_is_sent_at_once_and_the_rest_in_time():
    """The pace is asked for moments before the beginning, which have passed, and counts from there."""
    moments = []

    def hear(moment):
        moments.append(moment)
        return moment <= START

    done = Feed(Plan([library.find("gp-chest-xray")], **DAY), keeper := Keeper(), hear).run()
    assert not done.finished
    assert moments[-1] > START
    assert {m.get("MSH-7") <= BEGAN for m in keeper.messages} == {True}


def test_a_count_is_of_those_that_begin_after():
    """Two starts, besides those that were under way; each comes to its end."""
    plan = Plan([library.find("gp-chest-xray")], 7, warm_up=timedelta(hours=6), count=2)
    done = Feed(plan, Keeper()).run()
    assert done.before > 10
    assert done.begun == done.ended == done.before + 2


def test_a_stop_ends_the_warm_up_too():
    """Before anything is told."""
    done = Feed(Plan([library.find("gp-chest-xray")], **DAY), keeper := Keeper(), lambda _: False).run()
    assert not keeper.sent
    assert not done.finished


@pytest.mark.parametrize(
    ("asked", "span"), [({}, WARM_UP), ({"count": 3}, timedelta()), ({"count": 3, "warm_up": "2h"}, timedelta(hours=2))]
)
def test_a_feed_without_a_count_is_warmed_up(asked, span):
    """By a day; one with a count is not, unless it is asked for."""
    assert Wanted(["all"], **asked).plan().warm_up == span
