"""What a courier reads ahead and writes together: nobody notices, but for the speed."""

import subprocess
import threading
from collections import Counter
from contextlib import contextmanager
from datetime import datetime

import pytest

from simlab.department.engine import Route
from simlab.department.engine.line import BACKLOG, TOGETHER
from simlab.errors import BadInput, NotKept
from simlab.faults import Fault
from simlab.hl7.acknowledge import acknowledge_head
from simlab.hl7.link import Link
from simlab.hl7.mllp import MllpServer
from simlab.hl7.receiver import Receiver
from tests.engine.test_engine import adt, queue
from tests.engine.test_items import numbers, view
from tests.engine.test_kill import an_engine
from tests.hl7.peer import Ground, eventually

MANY = 3 * BACKLOG


class Gate:
    """A receiver that stops in front of the acknowledgement of each message named in `stops`, until `go` is set."""

    def __init__(self, *stops):
        self.got: list[str] = []
        self.stopped, self.go = threading.Event(), threading.Event()
        self._stops = stops
        self._server = MllpServer("GATE", self._take)
        self.port = self._server.open("127.0.0.1", 0)

    def _take(self, data, _caller):
        name = data.split(b"|")[9].decode()
        self.got.append(name)
        if name in self._stops:
            self.stopped.set()
            self.go.wait(10)
        return acknowledge_head(data, now=datetime(2026, 3, 2))

    def close(self):
        self.go.set()
        self._server.close()


@contextmanager
def gate(*stops):
    made = Gate(*stops)
    try:
        yield made
    finally:
        made.close()


def names(many=MANY):
    return [f"C{n}" for n in range(many)]


def fill(made, many=MANY):
    """Give the engine so many messages over one connection."""
    link = Link("127.0.0.1", made.endpoints["ADT"].port)
    for name in names(many):
        link.exchange(adt(name), 10.0)
    link.close()


def states(ground):
    return Counter(row["state"] for row in queue(ground))


def test_while_one_is_not_acknowledged_the_table_says_what_became_of_the_others(ground, engine):
    """The one in flight is the only one that is being sent; what went before it is delivered, what follows waits."""
    with gate("C40") as ris:
        made = engine(Route(name="out", port=ris.port, state="held"))
        fill(made)
        made.routes.release("out")
        assert ris.stopped.wait(10)
        eventually(lambda: states(ground) == {"delivered": 40, "sending": 1, "queued": MANY - 41})
        assert [row["control_id"] for row in queue(ground, state="sending")] == ["C40"]
        ris.go.set()
        eventually(lambda: states(ground) == {"delivered": MANY})
        assert ris.got == names()
        out = [one for one in ground.messages("ENGINE") if one.data["direction"] == "out"]
        assert [(one.data["control_id"], one.data["ack"]) for one in out] == [(name, "AA") for name in names()]
        assert view(ground, "statistics")[0]["delivered"] == MANY


def test_a_hold_lets_nothing_out_that_was_read_ahead(ground, engine):
    """After `hold` only what was in flight arrives; everything else waits as it did."""
    with gate("C20") as ris:
        made = engine(Route(name="out", port=ris.port, state="held"))
        fill(made)
        made.routes.release("out")
        assert ris.stopped.wait(10)
        made.routes.hold("out")
        ris.go.set()
        eventually(lambda: states(ground) == {"delivered": 21, "queued": MANY - 21})
        assert ris.got == names(21)
        made.routes.release("out")
        eventually(lambda: states(ground) == {"delivered": MANY})
        assert ris.got == names()


def test_what_was_read_ahead_goes_out_as_it_was_changed_since(ground, engine):
    """A message behind the one in flight is edited, one discarded, one moved: so it goes out."""
    with gate("C20") as ris:
        made = engine(Route(name="out", port=ris.port, state="held"))
        fill(made)
        at = numbers(ground)
        made.routes.release("out")
        assert ris.stopped.wait(10)
        made.items.resend(at["C22"], adt("EDITED").decode())
        made.items.discard(at["C23"], "sent by telephone")
        made.items.move(at["C25"], before=at["C21"])
        with pytest.raises(BadInput, match="being sent now"):
            made.items.resend(at["C20"], adt("X").decode())
        with pytest.raises(BadInput, match="delivered"):
            made.items.discard(at["C19"], "too late")
        ris.go.set()
        eventually(lambda: made.busy() == 0)
        assert ris.got == [*names(21), "C25", "C21", "EDITED", "C24", *names()[26:]]
        assert states(ground) == {"delivered": MANY - 1, "discarded": 1}


def test_a_fault_that_comes_into_force_holds_the_route_in_front_of_what_was_read_ahead(ground, engine):
    """A route that is to hold at the next message holds there, also where that was read ahead."""
    with gate("C20") as ris:
        made = engine(Route(name="out", port=ris.port, state="held"))
        fill(made)
        made.routes.release("out")
        assert ris.stopped.wait(10)
        ground.faults.declare([Fault(id="h", point="route", system="ENGINE", effect={"hold": True}, count=1)])
        ris.go.set()
        eventually(lambda: view(ground, "routes")[0]["state"] == "held")
        assert ris.got == names(21)


def test_a_flood_arrives_whole_and_in_order_on_every_route(ground, engine):
    """Couriers rest while messages rush in, and nothing is lost, doubled or overtaken by it."""
    with gate() as ris, gate() as pacs:
        made = engine(Route(name="a", port=ris.port), Route(name="b", port=pacs.port))
        fill(made, 300)
        eventually(lambda: made.busy() == 0, 30)
        assert ris.got == pacs.got == names(300)
        assert states(ground) == {"delivered": 600}
        assert [(row["received"], row["delivered"]) for row in view(ground, "statistics")] == [(300, 300)] * 2


def test_a_kill_with_a_backlog_doubles_a_few_which_the_receiver_knows(tmp_path):
    """Of a route with a backlog the messages of one commit at most go out again, and have no second effect."""
    for folder in ("receiver", "engine"):
        (tmp_path / folder).mkdir()
    ground = Ground(tmp_path / "receiver")
    seen, applied, processes = [], [], list[subprocess.Popen[str]]()

    def apply(message):
        applied.append(message.get("MSH-10"))
        return "done"

    receiver = Receiver("RIS", *ground.parts, apply)
    ready = threading.Event()

    def take(data, caller):
        ready.wait(20)
        seen.append(data.split(b"|")[9].decode())
        answer = receiver(data, caller)
        if len(seen) == 30:
            processes[0].kill()
            processes[0].wait(10)
        return answer

    server = MllpServer("RIS", take)
    port = server.open("127.0.0.1", 0)
    try:
        with an_engine(tmp_path / "engine", port) as (process, door):
            processes.append(process)
            link = Link("127.0.0.1", door)
            for name in names():
                link.exchange(adt(name), 10.0)
            ready.set()
            process.wait(20)
        with an_engine(tmp_path / "engine", port):
            eventually(lambda: set(applied) == set(names()), 20)
    finally:
        server.close()
        ground.store.close()
    assert applied == names()
    doubled = [name for name, times in Counter(seen).items() if times > 1]
    assert 1 <= len(doubled) <= TOGETHER
    assert max(Counter(seen).values()) == 2


def test_a_full_disk_at_the_end_does_not_keep_the_engine_from_closing(ground, engine, monkeypatch):
    """What could not be written is sent again by the next process; the first one ends all the same."""

    def full(*_: object) -> set[int]:
        raise NotKept("no space left", "lab.sqlite3")

    with gate() as ris:
        made = engine(Route(name="out", port=ris.port, state="held"))
        fill(made, 3)
        monkeypatch.setattr("simlab.department.engine.queue.settle", full)
        made.routes.release("out")
        eventually(lambda: ris.got == ["C0"])
        made.close()
        monkeypatch.undo()
        again = engine()
        again.routes.set("out", port=ris.port)
        eventually(lambda: again.busy() == 0)
        assert ris.got == ["C0", "C0", "C1", "C2"]
