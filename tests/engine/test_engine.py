"""The interface engine: queued before AA, in order, once, whatever the receivers do."""

import socket
import subprocess
import sys
from datetime import datetime

import pytest

from simlab import provenance
from simlab.department.engine import VIEWS, Engine, QueueItem, Route
from simlab.errors import BadInput, NotFound, SimlabError
from simlab.faults import Fault
from simlab.hl7 import build
from simlab.hl7.acknowledge import read
from simlab.hl7.framing import frame
from simlab.hl7.message import parse
from simlab.hl7.mllp import send
from tests.hl7.peer import Ground, eventually, peer

ANNA = build.Patient((build.Identifier("1234567", "RXX01"),), family="SMITH", given="ANNA")


def adt(control_id="C1", event="A01", sender="EPR"):
    header = build.Header(sender, "RXX01", "ENGINE", "RXX01", control_id, datetime(2026, 3, 2))
    return build.adt(header, event, ANNA)


def merge(control_id="M1"):
    header = build.Header("RIS", "RXX01", "PACS", "RXX01", control_id, datetime(2026, 3, 2))
    return build.merge(header, ANNA, [build.Identifier("777", "RXX01")])


def give(engine, data):
    return read(send("127.0.0.1", engine.endpoints["ADT"].port, data))


def queue(ground, **filters):
    return ground.view(VIEWS, "queue", **filters)


def states(ground, route="out"):
    return [(row["control_id"], row["state"]) for row in queue(ground, route=route)]


def test_messages_go_by_source_and_type_in_order(ground, engine):
    """A route takes what its sources and types say, first in first out; both ways are journalled with evidence."""
    with peer() as ris, peer() as pacs:
        made = engine(
            Route(name="to-ris", sources=["EPR"], types=["ADT"], port=ris.port),
            Route(name="to-pacs", sources=["RIS"], types=["ADT^A40"], port=pacs.port),
        )
        with provenance.acting(provenance.COLLEAGUE, 42):
            for n in range(5):
                assert give(made, adt(f"C{n}")).code == "AA"
            assert give(made, merge()).text == "queued for to-pacs"
            assert give(made, adt("X", sender="LAB")).text == "taken; no route wants it"
        eventually(lambda: made.busy() == 0)
        assert ris.got == ["C0", "C1", "C2", "C3", "C4"]
        assert pacs.got == ["M1"]
        assert set(pacs.callers) == {provenance.Provenance(provenance.COLLEAGUE, 42)}
        events = ground.messages("ENGINE")
        assert [(e.data["direction"], e.data["ack"]) for e in events if e.data["control_id"] == "M1"] == [
            ("in", "AA"),
            ("out", "AA"),
        ]
        assert {(e.actor, e.cause) for e in events} == {(provenance.COLLEAGUE, 42)}
        assert ground.journal.evidence(events[0].id) == adt("C0")
        assert "MSA|AA|C0" in events[0].data["ack_message"]


def test_ae_goes_to_the_error_queue_and_the_route_goes_on(ground, engine):
    """A refused message does not stop the ones behind it; its reason is shown."""
    with peer({"C1": ["AE"]}) as ris:
        made = engine(Route(name="out", port=ris.port))
        for n in (1, 2):
            give(made, adt(f"C{n}"))
        eventually(lambda: states(ground) == [("C1", "error"), ("C2", "delivered")])
        assert queue(ground, state="error")[0]["error"] == "AE: PID-3: no such thing"


def test_ar_holds_the_route_and_is_tried_again(ground, engine):
    """A receiver that says AR is asked again with the same control ID; order is kept."""
    with peer({"C1": ["AR"]}) as ris:
        made = engine(Route(name="out", port=ris.port))
        for n in (1, 2):
            give(made, adt(f"C{n}"))
        eventually(lambda: states(ground) == [("C1", "delivered"), ("C2", "delivered")])
        assert ris.got == ["C1", "C1", "C2"]


def test_no_acknowledgement_means_the_same_message_again(ground, engine):
    """Silence is no success: the same bytes go out once more."""
    with peer({"C1": ["silent"]}) as ris:
        made = engine(Route(name="out", port=ris.port, ack_seconds=0.2))
        give(made, adt())
        eventually(lambda: states(ground) == [("C1", "delivered")])
        assert ris.messages == [adt(), adt()]


def test_a_receiver_that_is_down_is_waited_for(ground, engine):
    """Nothing is lost while nobody listens, busy() is 0 while waiting, and a new address is tried at once."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        free = probe.getsockname()[1]
    made = engine(Route(name="out", port=free))
    give(made, adt())
    eventually(lambda: queue(ground)[0]["attempts"] > 0 and made.busy() == 0)
    assert "nobody listens" in queue(ground)[0]["error"]
    with peer() as ris:
        made.routes.set("out", port=ris.port)
        eventually(lambda: states(ground) == [("C1", "delivered")])


def test_a_duplicate_gets_the_stored_acknowledgement(ground, engine):
    """The same MSH-3, MSH-4 and MSH-10 with the same content is not queued twice; other content is flagged."""
    made = engine(Route(name="out", port=9, state="held"))
    port = made.endpoints["ADT"].port
    first = send("127.0.0.1", port, adt())
    assert send("127.0.0.1", port, adt()) == first
    assert len(queue(ground)) == 1
    assert "was used before" in give(made, adt("C1", "A08")).text
    assert len(queue(ground)) == 2


PROCESS = """
import pathlib, sys
from simlab.department.engine import Engine, EngineStage, Route
from tests.hl7.peer import Ground
engine = Engine(*Ground(pathlib.Path(sys.argv[1])).parts)
engine.stage(EngineStage(routes=[Route(name="out", port=9, state="held")]))
print(engine.open("127.0.0.1", 0), flush=True)
sys.stdin.read()
"""


def test_what_was_acknowledged_survives_kill_9(tmp_path):
    """A process killed right after its AA has the message in its queue when the next one opens the folder."""
    command = [sys.executable, "-c", PROCESS, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        port = int(process.stdout.readline())
        codes = [read(send("127.0.0.1", port, adt(f"C{n}"))).code for n in range(3)]
        process.kill()
    assert codes == ["AA"] * 3
    ground = Ground(tmp_path)
    Engine(*ground.parts)
    assert states(ground) == [("C0", "queued"), ("C1", "queued"), ("C2", "queued")]
    assert len(ground.messages("ENGINE")) == 3
    ground.store.close()


def test_an_internal_failure_is_answered_with_ar(ground, engine):
    """A bug behind the door becomes AR with error 207, not silence; the door goes on."""
    made = engine(Route(name="out", port=9, state="held"))
    with ground.store.write() as tx:
        tx.execute("UPDATE engine_route SET sources='no JSON'")
    answer = give(made, adt())
    assert (answer.code, "internal error" in answer.text) == ("AR", True)
    with ground.store.write() as tx:
        tx.execute("UPDATE engine_route SET sources='[]'")
    assert give(made, adt()).code == "AA"


def test_a_killed_engine_delivers_what_it_acknowledged(ground, engine):
    """A new process finds the queue, also the item that was in flight."""
    made = engine(Route(name="out", port=9, state="held"))
    give(made, adt())
    made.close()
    with ground.store.write() as tx:
        tx.execute("UPDATE engine_queue SET state='sending'")
    with peer() as ris:
        again = Engine(*ground.parts)
        again.routes.set("out", port=ris.port)
        again.open("127.0.0.1", 0)
        try:
            again.routes.release("out")
            eventually(lambda: ris.got == ["C1"])
        finally:
            again.close()


def test_a_staged_message_flows_for_whoever_releases_it(ground, engine):
    """What the scene left in a held route is the trainee's doing once they release it."""
    with peer() as pacs:
        text = merge().decode().replace("\r", "\n")
        made = engine(Route(name="out", port=pacs.port, state="held"), queue=[QueueItem(route="out", message=text)])
        assert made.busy() == 0
        assert queue(ground)[0]["patient_ids"] == ["1234567^^^RXX01^MR", "777^^^RXX01^MR"]
        with provenance.acting(provenance.TRAINEE, 5):
            made.routes.release("out")
        eventually(lambda: states(ground) == [("M1", "delivered")])
        assert pacs.messages == [merge()]
        assert pacs.callers == [provenance.Provenance(provenance.TRAINEE, 5)]


def test_hold_resend_and_discard_are_console_events(ground, engine):
    """The console holds, edits and resends, discards with a reason, and keeps the original."""
    with peer({"C1": ["AE"]}) as ris:
        made = engine(Route(name="out", port=ris.port))
        give(made, adt("C1"))
        eventually(lambda: states(ground) == [("C1", "error")])
        item = queue(ground)[0]["id"]
        with provenance.acting(provenance.TRAINEE, 3):
            made.items.resend(item, adt("C1").decode().replace("SMITH", "JÖNES"))
        eventually(lambda: states(ground) == [("C1", "resent"), ("C1", "delivered")])
        assert parse(ris.messages[-1]).get("PID-5.1") == "JÖNES"
        assert "SMITH" in queue(ground)[1]["original"]
        made.routes.hold("out")
        give(made, adt("C2"))
        waiting = queue(ground, state="queued")[0]["id"]
        with pytest.raises(BadInput, match="reason"):
            made.items.discard(waiting, " ")
        made.items.discard(waiting, "sent by telephone")
        made.routes.release("out")
        assert ris.got == ["C1", "C1"]
        does = [e.data["do"] for e in ground.journal.events(kinds=("console",), system="ENGINE")]
        assert does == ["resend", "hold", "discard", "release"]
        for call in (
            lambda: made.routes.hold("no"),
            lambda: made.items.resend(99),
            lambda: made.items.discard(99, "x"),
        ):
            with pytest.raises(NotFound) as caught:
                call()
            assert caught.value.remedy
        with pytest.raises(SimlabError):
            made.items.resend(item, "not HL7")


def test_a_declared_fault_holds_a_route_or_spoils_an_acknowledgement(ground, engine):
    """Fault points `route` and `ack` do what the scene arranged, once."""
    ground.faults.declare(
        [
            Fault(id="h", point="route", system="ENGINE", match={"route": "out"}, effect={"hold": True}, count=1),
            Fault(id="a", point="ack", system="ENGINE", match={"type": "ADT^A40"}, effect={"code": "AE"}, count=1),
        ]
    )
    with peer() as ris:
        made = engine(Route(name="out", port=ris.port))
        give(made, adt())
        eventually(lambda: ground.view(VIEWS, "routes")[0]["state"] == "held")
        assert (made.busy(), ground.view(VIEWS, "routes")[0]["waiting"]) == (0, 1)
        assert give(made, merge()).code == "AE"
        made.routes.release("out")
        eventually(lambda: ris.got == ["C1", "M1"])


@pytest.mark.parametrize(
    ("data", "code", "says"),
    [
        (b"\x00\xffrubbish", "AR", "begins with"),
        (adt().replace(b"\r", b"\n"), "AE", "LF"),
        (adt().replace(b"|P|", b"|X|"), "AR", "MSH-11"),
        (adt().replace(b"2.5.1", b"3.0"), "AR", "MSH-12"),
        (adt().replace(b"SMITH", b"SM\xcfTH"), "AE", "PID-5"),
        (adt("").replace(b"|ADT^A01^ADT_A01|", b"||"), "AR", "MSH-9"),
    ],
)
def test_bad_messages_are_refused_with_place_and_change_nothing(ground, engine, data, code, says):
    """AR or AE with what and where; journalled; not queued; the next message is taken."""
    made = engine(Route(name="out", port=9, state="held"))
    answer = give(made, data)
    assert (answer.code, says in answer.text) == (code, True)
    assert ground.messages("ENGINE")[0].data["ack"] == code
    assert queue(ground) == []
    assert give(made, adt("GOOD")).code == "AA"


def test_noise_on_the_port_is_journalled_and_harmless(ground, engine):
    """Bytes that are no frame become one noise event; an acknowledgement gets no answer."""
    made = engine(Route(name="out", port=9, state="held"))
    with socket.create_connection(("127.0.0.1", made.endpoints["ADT"].port)) as link:
        link.sendall(b"\x16\x03\x01hello" + frame(b"MSH|^~\\&|X|||||2026||ACK|Z|P|2.5.1\rMSA|AA|1\r") + frame(adt()))
        assert b"MSA|AA|C1" in link.recv(65536)
    assert len(ground.journal.events(kinds=("noise",), system="ENGINE")) == 1
