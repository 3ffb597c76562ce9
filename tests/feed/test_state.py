"""A feed that is ended, or killed, and begun again with its state goes on where it stood."""

import json
import signal
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from contextlib import closing, contextmanager
from datetime import timedelta
from random import Random

import pytest

from simlab.cli.main import main
from simlab.errors import BadInput, Unavailable
from simlab.feed import library, session
from simlab.feed.dialect import Dialect
from simlab.feed.kept import StateBook
from simlab.feed.plan import Plan
from simlab.feed.run import STOPPED, Answer, Feed
from simlab.feed.session import Wanted
from simlab.feed.state_file import StateFile
from simlab.hl7.framing import Deframer
from simlab.hl7.message import parse
from tests.feed.feeding import Keeper, fed, written
from tests.hl7.peer import eventually, peer

SHIP = library.names()
PLAN = {"seed": 7, "count": 60, "warm_up": timedelta(hours=6)}


@contextmanager
def book(path, every=1):
    with closing(StateFile(str(path))) as file:
        yield StateBook(file.write, every=every)


class Breaking(Keeper):
    """Takes so many messages, and refuses some; then the feed is told to stop."""

    def __init__(self, left):
        super().__init__()
        self.left = left

    def take(self, happening):
        if not self.left:
            return Answer(STOPPED, "")
        answer = super().take(happening)
        if answer is not None:
            self.left -= 1
            if Random(self.sent[-1]).random() < 0.2:
                return Answer("AE", answer.told)
        return answer


@pytest.mark.parametrize("every", [1, 40])
def test_a_feed_goes_on_to_the_byte(tmp_path, every):
    """Broken off a dozen times, in the warm-up and after it, in the midst of orders and of parallel branches."""
    plan = Plan([library.find(name) for name in SHIP], **PLAN)
    whole = Feed(plan, all_at_once := Breaking(10**9)).run()
    sent = []
    for left in [1, 2, 3, 50, 200, 7, 90, 91, 92, 93, 150, 10**9]:
        with book(tmp_path / "state", every) as kept:
            sink = Breaking(left)
            done = Feed(plan, sink, book=kept).run()
            sent += sink.sent
    assert sent == all_at_once.sent
    assert done.as_json() == whole.as_json()
    assert whole.answers["AE"] > 50


SIDE_BY_SIDE = """
title: Bloods side by side
about: Two laboratories tell at the same moment, each twice.
number: 38
persons: {patient: {age: [20, 60]}}
steps:
- identify
- attend: {kind: E, specialty: emergency}
- parallel:
    one: [result: UE, result: FBC]
    other: [result: TROP, result: FBC]
- discharge: home
"""


@pytest.mark.parametrize("left", [1, 2, 3, 4, 5, 6])
def test_branches_of_one_moment_go_on_in_their_order(tmp_path, left):
    """Wherever it is broken off: also between two messages of a branch while the other waits for the same moment."""
    plan = Plan([written(SIDE_BY_SIDE)], 3, count=1)
    Feed(plan, whole := Keeper()).run()
    sent = []
    for most in (left, 10**9):
        with book(tmp_path / "state") as kept:
            sink = Breaking(most)
            sink.take = _accepting(sink)
            Feed(plan, sink, book=kept).run()
            sent += sink.sent
    assert sent == whole.sent


def test_who_comes_back_is_remembered(tmp_path):
    """Returning persons of a feed that was broken off are those that one run would have."""
    plan = Plan([library.find("gp-chest-xray"), library.find("demographics")], 2, hourly=4, count=150)
    Feed(plan, whole := Keeper()).run()
    sent = []
    for left in [100, 300, 500, 10**9]:
        with book(tmp_path / "state") as kept:
            sink = Breaking(left)
            sink.take = _accepting(sink)
            Feed(plan, sink, book=kept).run()
            sent += sink.sent
    assert sent == whole.sent


def _accepting(sink):
    def take(happening):
        if not sink.left:
            return Answer(STOPPED, "")
        sink.left -= 1
        return Keeper.take(sink, happening)

    return take


def test_the_state_says_who_is_in_the_hospital(tmp_path):
    """Patients, visits, orders, results and appointments are what the messages told of them."""
    plan = Plan([library.find(name) for name in SHIP], **PLAN)
    keeper = Keeper()
    with book(tmp_path / "state") as kept:
        Feed(plan, keeper, book=kept).run()
    last = {}
    for message in keeper.messages:
        last[message.get("PID-3.1")] = message
    merged = {m.get("MRG-1.1"): m.get("PID-3.1") for m in keeper.messages if m.get("MSH-9.2") == "A40"}
    with closing(sqlite3.connect(tmp_path / "state")) as database:
        people = database.execute("SELECT mrn, name, birth_date, merged_into FROM feed_patient").fetchall()
        placed = dict(database.execute("SELECT placer, state FROM feed_order"))
        samples = {row[0] for row in database.execute("SELECT number FROM feed_result")}
        inside = database.execute("SELECT count(*) FROM feed_visit WHERE ended = ''").fetchone()[0]
    assert {row[0] for row in people} >= set(last)
    for mrn, name, born, into in people:
        assert into == merged.get(mrn, "")
        if mrn in last:
            assert name.split("^")[0] == last[mrn].get("PID-5.1")
            assert born == last[mrn].get("PID-7")
    assert set(placed) == {m.get("ORC-2") for m in keeper.messages if m.get("MSH-9.1") == "ORM"}
    assert samples == {m.get("OBR-2") for m in keeper.messages if m.get("OBR-24") == "LAB"}
    assert inside == 0


def test_a_file_is_gone_on_with_where_the_state_stood(tmp_path, capsys):
    """What a killed run wrote beyond its state is written once, and a longer day goes on from the shorter."""
    asked = ["feed", "run", "all", "--seed", "7", "--warm-up", "2h", "--format", "mllp"]
    state, out = ["--state", str(tmp_path / "s")], tmp_path / "out"
    assert main([*asked, "--duration", "4h", "--out", str(tmp_path / "whole")]) == 0
    assert main([*asked, "--duration", "2h", "--out", str(out), *state]) == 0
    with out.open("ab") as file:
        file.write(b"half a message")
    assert main([*asked, "--duration", "4h", "--out", str(out), *state]) == 0
    assert out.read_bytes() == (tmp_path / "whole").read_bytes()
    out.write_bytes(b"")
    assert main([*asked, "--duration", "5h", "--out", str(out), *state]) == 1
    assert "shorter" in capsys.readouterr().err


def test_another_feed_is_not_gone_on_with(tmp_path):
    """What differs is named; without a seed the file's own is taken."""
    path = str(tmp_path / "s")
    first = Wanted(["all"], seed=4)
    with closing(StateFile(path)) as file:
        file.agreed(first.plan(), Dialect(), first)
    with closing(StateFile(path)) as file:
        unsaid = Wanted(["all"])
        assert file.agreed(unsaid.plan(), Dialect(), unsaid).seed == 4
        for other, dialect, says in (
            (Wanted(["all"], seed=5), Dialect(), "seed: 4, not 5"),
            (Wanted(["all"], seed=4, rate="9/h"), Dialect(), "rate: 60.0, not 9.0"),
            (Wanted(["gp-chest-xray"], seed=4), Dialect(), "pathways"),
            (Wanted(["all"], seed=4, warm_up="1h"), Dialect(), "warm-up"),
            (Wanted(["all"], seed=4), Dialect("2.3"), "dialect"),
        ):
            with pytest.raises(BadInput, match=says):
                file.agreed(other.plan(), dialect, other)


def test_a_state_is_of_one_process_at_a_time_and_of_a_feed(tmp_path):
    """The second is refused while the first has it; a file of something else always."""
    path = str(tmp_path / "s")
    with closing(StateFile(path)), pytest.raises(Unavailable, match="another feed"):
        StateFile(path)
    (tmp_path / "text").write_text("no database, and longer than the head of one " * 40)
    with pytest.raises(BadInput, match="no state of a feed"):
        StateFile(str(tmp_path / "text"))
    with pytest.raises(BadInput, match="no state can be kept"):
        StateFile(str(tmp_path / "nowhere" / "s"))


def test_somebody_elses_database_is_left_as_it_is(tmp_path):
    """The lab's own, or a browser's: it is refused before anything is written into it."""
    with closing(sqlite3.connect(tmp_path / "s")) as other:
        other.execute("CREATE TABLE bookmark (address TEXT)")
    before = (tmp_path / "s").read_bytes()
    with pytest.raises(BadInput, match="no state of a feed"):
        StateFile(str(tmp_path / "s"))
    assert (tmp_path / "s").read_bytes() == before


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE feed_run SET value = '{' WHERE key = 'feed'",
        "UPDATE feed_run SET value = '{\"summary\"' WHERE key = 'position'",
        "UPDATE feed_run SET value = '{}' WHERE key = 'position'",
        "UPDATE feed_journey SET persons = '[]'",
        "UPDATE feed_journey SET begun = 'soon'",
    ],
)
def test_a_damaged_state_is_said_to_be(tmp_path, capsys, damage):
    """With the place and what to do, and not as a fault of the program."""
    asked = ["feed", "run", "all", "--seed", "7", "--warm-up", "0s", "--duration", "1h", "--out", str(tmp_path / "out"),
             "--state", str(tmp_path / "s")]  # fmt: skip
    assert main(asked) == 0
    with closing(sqlite3.connect(tmp_path / "s")) as file:
        file.execute(damage)
        file.commit()
    assert main(asked) == 1
    assert "state is damaged" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is of POSIX")
def test_a_feed_that_is_killed_loses_and_doubles_nothing(tmp_path):
    """The receiver gets every message of the seed, in order; one in flight may come again, under its own MSH-10."""
    expected = fed("chest-pain-ct", "trauma-unknown", seed=3, count=40).sent
    asked = ["feed", "run", "chest-pain-ct", "trauma-unknown", "--seed", "3", "--count", "40", "--speed", "max",
             "--state", str(tmp_path / "s"), "--json"]  # fmt: skip
    random, got = Random(1), []
    with peer() as receiver:
        to = ["--to", f"mllp://127.0.0.1:{receiver.port}"]
        for _ in range(3):
            program = subprocess.Popen([sys.executable, "-m", "simlab", *asked, *to], stdout=subprocess.DEVNULL)
            seen = len(receiver.messages)
            wanted = seen + random.randrange(20, 60)
            eventually(lambda wanted=wanted: len(receiver.messages) >= wanted, 30)
            program.send_signal(signal.SIGKILL)
            program.wait(10)
        program = subprocess.run([sys.executable, "-m", "simlab", *asked, *to], capture_output=True, timeout=120)
        got = list(receiver.messages)
    assert program.returncode == 0, program.stderr
    once = list(dict.fromkeys(got))
    assert once == expected
    again = [count for count in Counter(got).values() if count > 1]
    assert len(again) <= 3 and all(count == 2 for count in again)
    assert len({parse(one).get("MSH-10") for one in once}) == len(once)
    assert json.loads(program.stdout)["messages"] == len(expected)


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is of POSIX")
def test_a_file_whose_feed_is_killed_has_each_message_once(tmp_path):
    """Whatever of it had been written."""
    asked = ["feed", "run", "all", "--seed", "3", "--count", "700", "--format", "mllp", "--out"]
    assert main([*asked, str(tmp_path / "whole")]) == 0
    out, state = tmp_path / "out", ["--state", str(tmp_path / "s")]
    program = subprocess.Popen([sys.executable, "-m", "simlab", *asked, str(out), *state], stdout=subprocess.DEVNULL)
    eventually(lambda: out.exists() and out.stat().st_size > 300_000, 60)
    program.send_signal(signal.SIGKILL)
    program.wait(10)
    assert main([*asked, str(out), *state]) == 0
    assert out.read_bytes() == (tmp_path / "whole").read_bytes()
    assert len(Deframer().feed(out.read_bytes())[0]) > 5000


def test_a_live_feed_goes_on_at_the_hour_where_it_stood(tmp_path):
    """Stopped while it waits for hospital time; the hours that it was not at work are not caught up with."""
    wanted = Wanted(["gp-chest-xray"], seed=2, rate="600/h", warm_up="0s")
    path = str(tmp_path / "s")

    def run(seconds):
        stop = threading.Event()
        threading.Timer(seconds, stop.set).start()
        with peer() as receiver:
            to = f"mllp://127.0.0.1:{receiver.port}"
            done = session.to_address(wanted, to, Dialect(), stop, print, print, pace="60x", state=path)
        return done, receiver.messages

    first, sent = run(1.5)
    second, more = run(1.5)
    assert not first["finished"]
    assert sent and more
    assert min(parse(one).get("MSH-7") for one in more) >= max(parse(one).get("MSH-7") for one in sent)
    assert second["messages"] == len(sent) + len(more)
    assert second["now"] > first["now"]
