"""The sender's connection: used again, opened anew when it is not good, its answers matched."""

import contextlib
import socket
import threading
from datetime import datetime

import pytest

from simlab import provenance
from simlab.hl7 import acknowledge, courier, delimiters
from simlab.hl7.courier import DELIVERED, Courier, Parcel
from simlab.hl7.dialling import dial
from simlab.hl7.errors import NoAck, Unreachable, WrongAck
from simlab.hl7.framing import Deframer, frame
from simlab.hl7.link import Link
from simlab.hl7.message import parse
from simlab.hl7.mllp import MllpServer
from simlab.hl7.partner import behaviour, behaviours, send_as
from tests.hl7.inbox import inbox, message
from tests.hl7.peer import eventually, partner


def code(link, control_id, timeout=5.0, **head):
    reply = link.exchange(message(control_id, **head), timeout).reply
    return reply and acknowledge.read(reply).code


def test_one_connection_carries_many_messages(ground):
    """The second message pays for no connection, and acts for whoever sends it."""
    actors = []
    with inbox(ground) as door, contextlib.closing(Link("127.0.0.1", door.port)) as link:
        door.receiver._settle = lambda _message: ""
        apply = door.receiver._apply
        door.receiver._apply = lambda m: actors.append(provenance.current().actor) or apply(m)
        for number, actor in enumerate((provenance.FEED, provenance.COLLEAGUE)):
            with provenance.acting(actor):
                assert code(link, f"C{number}") == "AA"
        assert link.opened == 1 and actors == [provenance.FEED, provenance.COLLEAGUE]


def test_a_connection_that_the_receiver_closed_is_opened_anew():
    """Whether its end is noticed before the message goes out or only by it, the message arrives once."""
    with partner("closes-each-time") as other, contextlib.closing(Link("127.0.0.1", other.port)) as link:
        assert [code(link, f"C{n}") for n in range(20)] == ["AA"] * 20
        assert link.opened == 20 and len(other.got) == 20


def test_a_connection_left_idle_is_not_trusted():
    """After its idle time-out the next message goes over a new connection."""
    with partner("good") as other, contextlib.closing(Link("127.0.0.1", other.port, idle_seconds=0)) as link:
        assert [code(link, "A"), code(link, "B")] == ["AA", "AA"]
        assert link.opened == 2


def test_a_half_open_connection_is_found_out_by_the_next_message():
    """The receiver fell silent without closing: no answer in time, and the same message over a new connection."""
    with partner("half-open") as other, contextlib.closing(Link("127.0.0.1", other.port)) as link:
        assert [code(link, "A"), code(link, "B")] == ["AA", "AA"]
        with pytest.raises(NoAck, match="within"):
            code(link, "C", 0.2)
        with pytest.raises(NoAck):
            code(link, "C", 0.2)
        assert link.opened == 2 and other.got[2] == other.got[3]


FORGIVEN = {
    "good", "ae-once", "closes-after-three", "no-vt", "no-cr", "fs-lf", "junk-before", "junk-behind", "two-vt", "twice",
    "byte-by-byte", "half-open", "closes-each-time",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(behaviours().keys() - {"late", "slow"}))
def test_no_behaviour_of_a_receiver_is_taken_for_a_success_that_is_none(name):
    """Every bad partner gives an acknowledgement that is right, or an error that says what was wrong with it."""
    with partner(name) as other, contextlib.closing(Link("127.0.0.1", other.port)) as link:
        try:
            reply = link.exchange(message("A"), 0.4).reply
        except (NoAck, WrongAck):
            assert name not in FORGIVEN
        else:
            assert parse(reply).get("MSA-2") == "A"
            assert name in FORGIVEN or acknowledge.read(reply).code in ("AE", "AR")


STRICT = {"no-vt", "no-fs", "no-cr", "fs-lf", "bare", "half-a-frame", "empty", "nonsense", "lf-for-cr", "crlf"}


@pytest.mark.parametrize("name", sorted(behaviours().keys() - {"slow"}))
def test_a_door_takes_from_a_bad_sender_what_is_whole_and_nothing_else(ground, name):
    """What is no frame or no message is not applied, and the door answers the next sender."""
    with inbox(ground, frame_timeout=0.3) as door:
        with contextlib.suppress(NoAck):
            send_as(behaviour(name).turns[0], "127.0.0.1", door.port, message("A"), 0.5)
        assert door.codes(message("B")) == [("AA", "B")]
        eventually(lambda: name in STRICT or "A" in door.done)
        assert door.done.count("A") == (0 if name in STRICT else 1)


@pytest.mark.parametrize("name", ["no-vt", "no-cr", "fs-lf", "lf-for-cr"])
def test_a_lenient_door_takes_what_a_strict_one_refuses(ground, name):
    """The policy of a door forgives a missing VT or CR and LF at the end of segments."""
    with inbox(ground) as door:
        door.doors.set("ADT", lenient=True)
        turn = behaviour(name).turns[0]
        assert send_as(turn, "127.0.0.1", door.port, message("A"), 5)
        assert door.done == ["A"]
        came = message("A").replace(b"\r", b"\n") if turn.line_ends == "LF" else message("A")
        assert ground.journal.evidence(ground.messages("TEST")[0].id) == came


@contextlib.contextmanager
def scripted(*steps):
    """A receiver that reads a message and writes the frames of the next step; what it reads is in `.got`."""
    got: list[bytes] = []
    late: list[tuple[str, bytes]] = []

    def serve():
        link, _ = listener.accept()
        with link:
            deframer, left = Deframer(), list(steps)
            while chunk := link.recv(65536):
                for one in deframer.feed(chunk)[0]:
                    got.append(one)
                    for reply in left.pop(0) if left else ():
                        link.sendall(frame(reply))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        link = Link("127.0.0.1", listener.getsockname()[1], on_late=lambda *told: late.append(told))
        link.got, link.late = got, late
        yield link
        link.close()
        thread.join(5)


def ack(control_id, word, asks=""):
    return f"MSH|^~\\&|B|B|A|A|20260302||ACK|R{control_id}|P|2.5.1|||{asks}\rMSA|{word}|{control_id}\r".encode()


def test_the_sender_matches_both_acknowledgements_and_accepts_the_second():
    """CA then AA; the AA asks for an accept acknowledgement of its own and gets one, never an AA."""
    with scripted([ack("A", "CA"), ack("A", "AA", "AL|NE")], []) as link:
        both = link.exchange(message("A", asks="AL|AL"), 5)
        assert [acknowledge.read(one).code for one in (both.accept, both.application)] == ["CA", "AA"]
        eventually(lambda: len(link.got) == 2)
        told = acknowledge.read(link.got[1])
        assert (told.code, told.control_id) == ("CA", "RA")


def test_an_application_acknowledgement_that_comes_late_finds_its_message():
    """MSH-16 SU: nothing is waited for long; what comes behind the next message is still matched."""
    with scripted([ack("A", "CA")], [ack("A", "AA"), ack("B", "CA"), ack("B", "AA")]) as link:
        first = link.exchange(message("A", asks="AL|ER"), 5)
        assert first.application is None and acknowledge.read(first.accept).code == "CA"
        assert acknowledge.read(link.exchange(message("B", asks="AL|AL"), 5).application).control_id == "B"
        assert [control_id for control_id, _ in link.late] == ["A"]


def test_a_receiver_without_enhanced_mode_answers_by_the_original_one(ground):
    """AA in place of CA is an answer; the door's policy says which mode it knows."""
    with inbox(ground) as door, contextlib.closing(Link("127.0.0.1", door.port)) as link:
        door.doors.set("ADT", enhanced=False)
        got = link.exchange(message("A", asks="AL|AL"), 5)
        assert got.accept is None and acknowledge.read(got.application).code == "AA"


@pytest.mark.parametrize(("asks", "came"), [("NE|NE", None), ("ER|ER", None), ("AL|NE", "CA"), ("SU|SU", "AA")])
def test_silence_is_success_where_only_failure_is_told(ground, asks, came):
    """MSH-15 and MSH-16 say what is waited for, on both sides."""
    with inbox(ground) as door, contextlib.closing(Link("127.0.0.1", door.port)) as link:
        assert code(link, "A", asks=asks) == came
        eventually(lambda: door.done == ["A"])


def test_couriers_keep_one_connection_and_let_it_go_when_idle():
    """Three messages over one connection; nothing to send closes it; a new address is a new connection."""
    with partner("good") as other:
        queue = [Parcel(n, message(f"C{n}"), "127.0.0.1", other.port, "system", None) for n in range(3)]
        done = []
        one = Courier("TEST", lambda: queue.pop(0) if queue else None, lambda p, d: done.append(d), idle_seconds=0.2)
        one.start()
        eventually(lambda: len(done) == 3)
        assert [delivery.result for delivery in done] == [DELIVERED] * 3
        assert one._link.opened == 1
        eventually(lambda: one._link is None)
        one.close()


def test_a_crowded_door_gives_up_whoever_is_silent_longest():
    """Connections that say nothing cannot keep those out that have something to say; one that spoke stays."""
    server = MllpServer("TEST", lambda data, caller: ack("A", "AA"), max_connections=3)
    port = server.open("127.0.0.1", 0)
    try:
        with contextlib.ExitStack() as stack:
            spoke = stack.enter_context(contextlib.closing(Link("127.0.0.1", port)))
            spoke.exchange(message("A"), 5)
            silent = [stack.enter_context(socket.create_connection(("127.0.0.1", port), 5)) for _ in range(2)]
            newcomer = stack.enter_context(contextlib.closing(Link("127.0.0.1", port)))
            assert newcomer.exchange(message("A"), 5).reply
            assert silent[0].recv(1) == b""
            assert spoke.exchange(message("A"), 5).reply and spoke.opened == 1
    finally:
        server.close()


def test_a_link_that_ends_while_it_dials_sends_nothing(monkeypatch):
    """The connection that comes after that is closed, and the message stays with its sender."""
    with partner("good") as other, contextlib.closing(Link("127.0.0.1", other.port)) as link:

        def late(*arguments):
            sock = dial(*arguments)
            link.end()
            return sock

        monkeypatch.setattr("simlab.hl7.link.dial", late)
        with pytest.raises(NoAck, match="closing"):
            code(link, "C")
        assert other.got == []


def test_a_courier_that_is_closed_when_it_takes_a_parcel_sends_nothing():
    """What was taken just before the end is not sent with nobody left to write down what came of it."""
    with partner("good") as other:
        taken = Parcel(1, message("C"), "127.0.0.1", other.port, "", None)

        def take():
            one._closed = True  # as `close` does, on another thread
            return taken

        one = Courier("x", take, lambda *_: pytest.fail("told"))
        one.start()
        one._thread.join(5)
        assert not one._thread.is_alive() and other.got == []


def test_nobody_there_is_unreachable_and_nonsense_is_no_acknowledgement():
    """Each failure has its own error; none is a success."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        free = probe.getsockname()[1]
    with pytest.raises(Unreachable, match="nobody listens"):
        Link("127.0.0.1", free).exchange(message("A"), 1)
    with partner("nonsense") as other, pytest.raises(WrongAck, match="no HL7"):
        Link("127.0.0.1", other.port).exchange(message("A"), 1)


def test_a_delivery_reads_once_what_goes_out_and_what_comes_back(ground, monkeypatch):
    """The link, the judgement of the reply and the journal share one reading of each."""
    read, separators = [], delimiters.of
    monkeypatch.setattr(delimiters, "of", lambda data: read.append(data) or separators(data))
    server = MllpServer("AA", lambda data, _caller: acknowledge.acknowledge_head(data, now=datetime.now()))
    port = server.open("127.0.0.1", 0)
    try:
        parcel = Parcel(1, message("A"), "127.0.0.1", port, "system", None)
        with contextlib.closing(Link("127.0.0.1", port)) as link:
            delivery = courier.deliver(parcel, link)
        courier.note(ground.journal, "ENGINE", parcel, delivery)
    finally:
        server.close()
    assert delivery.said.code == "AA" and read == [parcel.data, delivery.ack]
    (event,) = ground.journal.events(kinds=("hl7.message",))
    assert (event.data["control_id"], event.data["ack"]) == ("A", "AA")
