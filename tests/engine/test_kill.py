"""An engine killed without warning, again and again: nothing acknowledged is lost, nothing takes effect twice."""

import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import contextmanager
from typing import Any

from simlab.cli.door import Door
from simlab.errors import Unavailable
from simlab.hl7.acknowledge import read
from simlab.hl7.mllp import MllpServer, send
from simlab.hl7.receiver import Receiver
from tests.engine.test_engine import adt
from tests.hl7.peer import Ground, eventually
from tests.nightly.killing import a_lab

ENGINE = """
import pathlib, sys
from simlab.department.engine import Engine, EngineStage, Route
from tests.hl7.peer import Ground
ground = Ground(pathlib.Path(sys.argv[1]))
engine = Engine(*ground.parts)
with ground.store.read() as tx:
    known = tx.execute("SELECT count(*) FROM engine_route").fetchone()[0]
if not known:
    engine.stage(EngineStage(routes=[Route(name="out", port=int(sys.argv[2]), first_seconds=0.05, ack_seconds=2)]))
print(engine.open("127.0.0.1", 0), flush=True)
sys.stdin.read()
"""


@contextmanager
def an_engine(folder, receiver):
    """An engine in a process of its own, with one route to the port `receiver`, and the port that it listens on."""
    command = [sys.executable, "-c", ENGINE, str(folder), str(receiver)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield process, int(process.stdout.readline())
        finally:
            process.kill()


class Stream:
    """Sends messages in order on a thread, each until it is acknowledged; `port` may change under way."""

    def __init__(self, messages):
        self.port = 0
        self.acknowledged: list[str] = []
        self._messages = messages
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        for name, data in self._messages.items():
            until = time.monotonic() + 60
            while time.monotonic() < until:
                try:
                    if read(send("127.0.0.1", self.port, data, 5.0)).accepted:
                        self.acknowledged.append(name)
                        break
                except Unavailable:
                    pass
                time.sleep(0.02)

    def done(self):
        return not self._thread.is_alive()


def test_three_kills_in_a_stream_lose_nothing_and_nothing_takes_effect_twice(tmp_path):
    """Killed while one is in flight: that one alone is sent again, under its MSH-10, and the receiver knows it."""
    messages = {f"C{n}": adt(f"C{n}") for n in range(60)}
    for folder in ("receiver", "engine"):
        (tmp_path / folder).mkdir()
    ground = Ground(tmp_path / "receiver")
    seen, applied, kills = [], [], []
    kill_at = {7, 22, 41}
    processes: list[Any] = []

    def apply(message):
        applied.append(message.get("MSH-10"))
        return "done"

    receiver = Receiver("RIS", *ground.parts, apply)

    def take(data, caller):
        seen.append(data.split(b"|")[9].decode())
        answer = receiver(data, caller)
        if len(seen) in kill_at:
            kill_at.remove(len(seen))
            kills.append(seen[-1])
            processes[-1].kill()  # it has taken effect here, and the acknowledgement never arrives
            processes[-1].wait(10)
        return answer

    server = MllpServer("RIS", take)
    port = server.open("127.0.0.1", 0)
    stream = Stream(messages)
    try:
        for _ in range(4):
            with an_engine(tmp_path / "engine", port) as (process, door):
                processes.append(process)
                stream.port = door
                while process.poll() is None and set(applied) != set(messages):
                    time.sleep(0.02)
        eventually(stream.done)
    finally:
        server.close()
        ground.store.close()
    assert len(kills) == 3
    assert applied == list(messages)
    assert list(dict.fromkeys(seen)) == list(messages)
    assert [name for name, times in Counter(seen).items() if times > 1] == kills
    assert stream.acknowledged == list(messages)


def test_a_whole_lab_killed_thrice_gives_each_message_one_effect_in_the_ris(tmp_path):
    """EPR's messages through the engine to the RIS: each patient is there, each message was applied once."""
    home = tmp_path / "home"
    messages = {}
    for n in range(48):
        data = adt(f"K{n}", "A28").replace(b"1234567", b"51%05d" % n)
        messages[f"K{n}"] = data
    stream = Stream(messages)
    for stop in (8, 20, 35):
        with a_lab(home) as (lab, card):
            stream.port = card["endpoints"]["ADT"]["port"]
            eventually(lambda stop=stop: len(stream.acknowledged) >= stop, 60)
            lab.kill()
            lab.wait(30)
    with a_lab(home) as (_, card):
        stream.port = card["endpoints"]["ADT"]["port"]
        eventually(stream.done, 60)
        door = Door(home)
        for state in ("queued", "sending"):
            eventually(lambda state=state: not door.view("engine.queue", route="epr-to-ris", state=state), 30)
        states = Counter(row["state"] for row in door.view("engine.queue", route="epr-to-ris"))
        events = door.get("/events", kinds="hl7.message", system="RIS", limit=5000)["events"]
        numbers = {row["patient_id"] for row in door.view("ris.patients")}
    taken = [e["data"] for e in events if e["data"]["direction"] == "in" and e["data"]["ack"] == "AA"]
    applied = [one["control_id"] for one in taken if not one.get("replayed")]
    assert stream.acknowledged == list(messages)
    assert states == {"delivered": len(messages)}
    assert applied == list(messages)
    assert numbers >= {f"51{n:05}" for n in range(len(messages))}
