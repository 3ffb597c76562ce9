"""A lab that is killed with its feed at work goes on with it, and no deed is lost or done twice."""

import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from random import Random

import pytest

from simlab.cli.door import Door
from simlab.feed import library
from simlab.feed.plan import Plan
from simlab.feed.run import Feed
from simlab.lab.home import Home
from tests.feed.feeding import Keeper

PATHWAYS = ["chest-pain-ct", "inpatient-transfers", "trauma-unknown"]
ASKED = {"pathways": PATHWAYS, "speed": "max", "count": 30, "seed": 5, "warm_up": "0s"}
DEADLINE = 120.0


def up(home):
    """A lab in a process of its own, its doors open."""
    command = [sys.executable, "-m", "simlab", "up", "--home", str(home), "--ports", "auto"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout.readline()
    return process, Door(home)


def until(true):
    end = time.monotonic() + DEADLINE
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def under_way(home):
    """Messages that have not come to their end."""
    boxes = (
        "SELECT state FROM epr_outbox UNION ALL SELECT state FROM ris_outbox UNION ALL SELECT state FROM engine_queue"
    )
    with closing(sqlite3.connect(Home(home).database)) as database:
        return database.execute(f"SELECT count(*) FROM ({boxes}) WHERE state <> 'delivered'").fetchone()[0]


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is of POSIX")
def test_a_lab_that_is_killed_goes_on_with_its_feed(tmp_path):
    """Killed three times, the lab holds what the seed says: so many patients, visits, orders and results, once each."""
    random = Random(2)
    process, door = up(tmp_path)
    try:
        door.post("/stage", scene="empty")
        assert door.act("feed.start", ASKED)["ok"]
        for _ in range(3):
            time.sleep(random.uniform(0.3, 0.9))
            process.kill()
            process.wait(10)
            process.stdout.close()
            process, door = up(tmp_path)
        until(lambda: door.view("lab.feed")[0]["finished"])
        until(lambda: not under_way(tmp_path))
        state = door.view("lab.feed")[0]
    finally:
        process.kill()
        process.wait(10)
        process.stdout.close()
    keeper = Keeper()
    plan = Plan([library.find(name) for name in PATHWAYS], 5, count=30)
    told = Feed(plan, keeper).run()
    kinds = Counter(keeper.kinds)
    with closing(sqlite3.connect(Home(tmp_path).database)) as database:

        def count(query):
            return database.execute(f"SELECT count(*) FROM {query}").fetchone()[0]

        assert state["answers"] == {"AA": state["messages"]}
        assert count("epr_patient") == told.patients == state["patients"]
        assert count("epr_visit") == kinds["attend"] + kinds["preadmit"]
        assert count("epr_order") == count("ris_order") == kinds["order"]
        assert count("epr_result WHERE placer LIKE 'L%'") == kinds["result"]
        assert count("epr_result") == kinds["result"] + kinds["report"]
        moves = "epr_movement WHERE event IN ('A02', 'A12')"
        assert count(moves) == kinds["transfer"] + kinds["undo_transfer"]
