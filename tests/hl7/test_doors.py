"""What a door takes and remembers: its policy, its memory of duplicates, its sequence numbers, its replies."""

import functools
import socket
from datetime import datetime, timedelta

import pytest

from simlab import certificates, tls
from simlab.errors import BadInput, NotKept
from simlab.faults import Fault
from simlab.hl7 import sequence
from simlab.hl7.acknowledge import acknowledge
from simlab.hl7.courier import RETRY, Courier, Parcel
from simlab.hl7.enhanced import CONDITIONS
from simlab.hl7.errors import Hl7Error
from simlab.hl7.message import parse
from simlab.hl7.mllp import MllpServer
from simlab.hl7.partner import Behaviour, Partner, Turn
from simlab.hl7.policy import DOORS, VIEWS
from simlab.hl7.returning import Returning
from simlab.hl7.sequence import Counter
from tests.hl7.inbox import inbox, message
from tests.hl7.peer import eventually


@pytest.mark.parametrize(
    ("policy", "head", "place", "code"),
    [
        ({"applications": ["RIS"]}, {}, "MSH-5", "103"),
        ({"facilities": ["RYY"]}, {}, "MSH-6", "103"),
        ({"processing_ids": ["P"]}, {"processing": "T"}, "MSH-11", "202"),
        ({"processing_ids": ["T"]}, {"processing": "P"}, "MSH-11", "202"),
        ({}, {"processing": "X"}, "MSH-11", "202"),
        ({"versions": ["2.5.1"]}, {"version": "2.6"}, "MSH-12", "203"),
        ({}, {"version": "3.0"}, "MSH-12", "203"),
        ({"types": ["ORM"]}, {}, "MSH-9", "200"),
        ({"types": ["ADT^A08"]}, {}, "MSH-9", "201"),
    ],
)
def test_a_door_refuses_with_ar_what_its_policy_does_not_take(ground, policy, head, place, code):
    """AR with the place and the code of table 0357; nothing is applied, and the policy's own kind is taken."""
    with inbox(ground) as door:
        door.doors.set("ADT", **policy)
        told = door.talk(message("A", **head))[0]
        assert (told.get("MSA-1"), told.get("ERR-3.1")) == ("AR", code)
        assert told.get("MSA-3").startswith(place) and door.done == []
        door.doors.set("ADT", **{name: [] for name in policy})
        if "processing_ids" not in policy and policy:
            assert door.codes(message("A", **head)) == [("AA", "A")]


def test_a_policy_is_kept_seen_and_told(ground):
    """What is set is kept for the next process, shown by the view, and one console event; nonsense is refused."""
    with inbox(ground) as door:
        door.doors.set("ADT", processing_ids=["P"], remember_days=3)
        with pytest.raises(BadInput, match="no HL7 door"):
            door.doors.set("NOWHERE")
        with pytest.raises(BadInput, match="remember_days"):
            door.doors.set("ADT", remember_days=-1)
        with pytest.raises(BadInput):
            door.doors.set("ADT", colour="red")
    rows = ground.view(VIEWS, "doors")
    assert [row["door"] for row in rows] == list(DOORS)
    assert (rows[0]["processing_ids"], rows[0]["remember_days"], rows[1]["remember_days"]) == (["P"], 3, 7)
    assert [event.summary for event in ground.journal.events(kinds=("console",))] == [
        "door ADT: processing ids P, remember days 3"
    ]


@pytest.mark.parametrize("head", [{}, {"number": "7"}])
def test_the_last_cr_makes_no_other_message(ground, head):
    """With or without the CR behind the last segment: it is the same message, done once and answered as before."""
    with inbox(ground) as door:
        whole = message("A", rest="PID|||1\r", **head)
        first, second = door.talk(whole, whole.rstrip(b"\r"))
        assert first.data == second.data and door.done == ["A"]


def test_what_was_taken_long_ago_is_forgotten(ground):
    """The memory has an age limit, in hospital time; it does not grow for ever."""
    ground.clock.set(datetime(2026, 3, 2, 8), speed=0)
    with inbox(ground) as door:
        door.codes(*(message(f"OLD{n}") for n in range(200)))
        ground.clock.set(datetime(2026, 3, 2, 8) + timedelta(days=8), speed=0)
        door.codes(*(message(f"NEW{n}") for n in range(100)))
        kept = {row["control_id"] for row in ground.view(VIEWS, "taken", limit=1000)}
        assert len(kept) == 100 and "OLD0" not in kept
        door.doors.set("ADT", remember_days=0)
        assert door.codes(message("NEW0"), message("NEW0")) == [("AA", "NEW0")] * 2
        assert door.done.count("NEW0") == 3


def test_a_duplicate_is_known_by_sender_facility_and_control_id(ground):
    """The same MSH-10 of another MSH-3 is another message; a refused one is tried anew."""
    with inbox(ground) as door:
        assert "used before" not in door.talk(message("A"), message("A", sender="RIS"))[1].get("MSA-3")
        assert door.done == ["A", "A"]
        door.raises = Hl7Error("not yet")
        assert door.codes(message("B")) == [("AE", "B")]
        door.raises = None
        assert door.codes(message("B")) == [("AA", "B")]


def test_a_full_disk_is_answered_although_nothing_can_be_journaled(ground, monkeypatch):
    """Not even the refusal can be written down: the sender hears AR all the same, and keeps its message."""
    with inbox(ground, raises=NotKept("full", "disk")) as door:

        def full(*_args, **_facts):
            raise NotKept("full", "disk")

        monkeypatch.setattr(ground.journal, "record", full)
        (reply,) = door.talk(message())
        assert (reply.get("MSA-1"), reply.get("MSA-2")) == ("AR", "C1")


@pytest.mark.parametrize("accept", [*CONDITIONS, ""])
@pytest.mark.parametrize("application", [*CONDITIONS, ""])
@pytest.mark.parametrize("fate", ["good", "content", "policy", "disk"])
def test_each_condition_of_table_0155_gets_what_it_asks_for(ground, accept, application, fate):
    """CA only of what is stored, CR and CE of what is not; AA, AE and AR as MSH-16 says; duplicates alike."""
    if not accept and not application:
        return
    due = {word: CONDITIONS.get(word, (False, False)) for word in (accept, application)}
    raises = {"content": Hl7Error("no"), "disk": NotKept("full", "disk")}.get(fate)
    with inbox(ground, raises=raises) as door:
        sent = message("A", asks=f"{accept}|{application}", processing="X" if fate == "policy" else "P")
        if fate in ("good", "content"):
            wanted = ["CA"] * due[accept][0] + (
                ["AA"] * due[application][0] if fate == "good" else ["AE"] * due[application][1]
            )
        else:
            wanted = [{"policy": "CR", "disk": "CE"}[fate]] * due[accept][1] or ["AR"] * due[application][1]
        probe = message("Z", processing="X")
        for _ in range(2):
            answers = door.talk(sent, probe, answers=len(wanted) + 1)
            assert [one.get("MSA-1") for one in answers] == [*wanted, "AR"]
        assert door.done == (["A"] if fate == "good" else [])


def test_the_second_acknowledgement_alone_is_held_back_by_a_fault(ground):
    """CA goes out at once; the application's word is what the fault point `ack` delays or drops."""
    ground.faults.declare([Fault(id="f", point="ack", system="TEST", effect={"none": True})])
    with inbox(ground) as door:
        assert door.codes(message("A", asks="AL|AL"), message("B"), answers=1) == [("CA", "A")]


def test_the_counter_of_a_sender_goes_with_the_receiver(ground):
    """Numbers survive a restart; a lost acknowledgement is found out; a receiver that knows better freezes the link."""
    with inbox(ground) as door:
        door.doors.set("ADT", sequence=True)
        counter = Counter(ground.store, "EPR", "ADT")
        for control_id in ("A", "B"):
            reply = door.talk(counter.numbered(message(control_id)))[0]
            assert counter.settle(reply.data) == sequence.GO_ON
        assert Counter(ground.store, "EPR", "ADT").next == 3
        lost = counter.numbered(message("C"))
        door.talk(lost)
        again = door.talk(counter.numbered(message("C")))[0]
        assert again.get("MSA-4") == "4" and counter.settle(again.data) == sequence.GO_ON and counter.next == 4
        counter.set(9)
        refused = door.talk(counter.numbered(message("D")))[0]
        assert refused.get("MSA-1") == "AE" and counter.settle(refused.data) == sequence.FROZEN
        counter.set(3)
        start = door.talk(counter.numbered(message("S"), sequence.START))[0]
        assert start.get("MSA-4") == "4"
        door.raises = Hl7Error("not yet")
        assert counter.settle(door.talk(counter.numbered(message("E")))[0].data) == sequence.AGAIN
        assert door.done == ["A", "B", "C"]


def test_a_courier_numbers_what_it_delivers_and_freezes_when_the_numbers_differ(ground):
    """Each message has the next number; out of sequence it waits instead of being lost, until the counter is set."""
    with inbox(ground) as door:
        door.doors.set("ADT", sequence=True)
        counter, done = Counter(ground.store, "EPR", "ADT"), []
        waiting = [Parcel(n, message(f"C{n}"), "127.0.0.1", door.port, "system", None, numbered=True) for n in range(3)]
        sender = Courier(
            "TEST", lambda: waiting.pop(0) if waiting else None, lambda p, d: done.append(d), counter=counter
        )
        sender.start()
        eventually(lambda: len(done) == 3)
        assert door.done == ["C0", "C1", "C2"] and counter.next == 4
        counter.set(9)
        waiting.append(Parcel(4, message("C3"), "127.0.0.1", door.port, "system", None, numbered=True))
        sender.wake()
        eventually(lambda: len(done) == 4)
        assert done[3].result == RETRY and not done[3].refused and "4 is expected, ours is 10" in done[3].text
        counter.set(3)
        waiting.append(Parcel(4, message("C3"), "127.0.0.1", door.port, "system", None, numbered=True))
        sender.wake()
        eventually(lambda: door.done[3:] == ["C3"])
        sender.close()


@pytest.mark.parametrize("number", ["x", "-2", "1.5", "9" * 40])
def test_nonsense_for_a_sequence_number_is_refused(ground, number):
    """MSH-13 is -1, 0 or a positive integer."""
    with inbox(ground) as door:
        door.doors.set("ADT", sequence=True)
        told = door.talk(message("A", number=number))[0]
        assert told.get("MSA-1") == "AE" and "MSH-13" in told.get("MSA-3")


def test_an_acknowledgement_that_comes_to_a_door_is_accepted_when_it_asks(ground):
    """An application acknowledgement on a connection of its own: CA when its MSH-15 says AL, else silence."""
    with inbox(ground) as door:
        asking = b"MSH|^~\\&|B|B|A|A|20260302||ACK|R1|P|2.5.1|||AL|NE\rMSA|AA|C1\r"
        assert door.codes(asking) == [("CA", "R1")]
        event = ground.messages("TEST")[0]
        assert "a reply to nothing sent from here" in event.data["text"] and door.done == []


def test_an_acknowledgement_that_says_nothing_is_not_acknowledged_either(ground):
    """ACK without MSA: silence, whatever the door takes, and the next message is answered."""
    with inbox(ground) as door:
        door.doors.set("ADT", types=["ADT"])
        assert door.codes(message("A", "ACK^A01^ACK"), message("B"), answers=1) == [("AA", "B")]
        assert door.done == ["B"]


def test_rubbish_in_enhanced_mode_is_not_accepted(ground):
    """What cannot be read as a whole is CE by its MSH, when that asks for it."""
    with inbox(ground) as door:
        told = door.talk(message("A", asks="AL|NE") + b"?? no segment\r")[0]
        assert (told.get("MSA-1"), told.get("MSA-2")) == ("CE", "A")
        assert parse(told.data).get("ERR-3.1") == "100"


def test_the_application_acknowledgement_may_come_on_a_connection_of_its_own(ground):
    """CA on the connection, AA to `reply_to`, where it is accepted with CA; while nobody listens there it waits."""
    with inbox(ground) as door, socket.create_server(("127.0.0.1", 0)) as probe:
        to = probe.getsockname()[1]
        probe.close()
        door.doors.set("ADT", reply_to=f"mllp://127.0.0.1:{to}")
        assert door.codes(message("A", asks="AL|AL")) == [("CA", "A")]
        door.raises = Hl7Error("no such patient")
        assert door.codes(message("B", asks="AL|AL"), message("C")) == [("CA", "B"), ("AE", "C")]
        returning = Returning(ground.store, ground.journal, ground.clock)
        returning.open()
        eventually(lambda: "nobody listens" in ground.view(VIEWS, "replies")[0]["error"])
        returning.close()
        with ground.store.write() as tx:
            tx.execute("UPDATE hl7_reply SET next_try=0")
        other = Partner(Behaviour(turns=(Turn(code="CA"),)))
        other.open("127.0.0.1", to)
        again = Returning(ground.store, ground.journal, ground.clock)
        again.open()
        eventually(lambda: not ground.view(VIEWS, "replies"))
        again.close()
        other.close()
    told = [parse(one) for one in other.got]
    assert [(one.get("MSA-1"), one.get("MSA-2"), one.get("MSH-15")) for one in told] == [
        ("AA", "A", "AL"),
        ("AE", "B", "AL"),
    ]


def accepted(got, data, _caller):
    """Take a message and say CA."""
    got.append(data)
    return acknowledge(data, now=datetime.now(), accept=True)


def test_a_reply_goes_out_over_tls_where_its_address_says_so(ground, tmp_path):
    """mllps:// in `reply_to`: the receiver of the reply is verified, and gets it; one of another CA does not."""
    folder = tmp_path / "certificates"
    certificates.make(folder)
    with inbox(ground) as door:
        for name, served in (("server", True), ("untrusted", False)):
            got: list[bytes] = []
            other = MllpServer("PARTNER", functools.partial(accepted, got))
            to = other.open("127.0.0.1", 0, functools.partial(tls.server_context, folder, name))
            door.doors.set("ADT", reply_to=f"mllps://127.0.0.1:{to}")
            assert door.codes(message(name, asks="AL|AL")) == [("CA", name)]
            returning = Returning(ground.store, ground.journal, ground.clock, folder)
            returning.open()
            if served:
                eventually(lambda: not ground.view(VIEWS, "replies"))
            else:
                eventually(lambda: "no TLS" in ground.view(VIEWS, "replies")[0]["error"])
            returning.close()
            other.close()
            assert [parse(one).get("MSA-2") for one in got] == ([name] if served else [])


def test_a_reply_to_one_address_does_not_wait_for_another(ground):
    """Nobody listens at the first address; what is for the second goes out all the same, each in its own order."""
    with inbox(ground) as door, socket.create_server(("127.0.0.1", 0)) as probe:
        nowhere = probe.getsockname()[1]
        probe.close()
        other = Partner(Behaviour(turns=(Turn(code="CA"),)))
        to = other.open("127.0.0.1", 0)
        for control_id, port in (("A", nowhere), ("B", to), ("C", nowhere), ("D", to)):
            door.doors.set("ADT", reply_to=f"mllp://127.0.0.1:{port}")
            door.codes(message(control_id, asks="AL|AL"))
        returning = Returning(ground.store, ground.journal, ground.clock)
        returning.open()
        eventually(lambda: len(ground.view(VIEWS, "replies")) == 2)
        returning.close()
        other.close()
    assert [parse(one).get("MSA-2") for one in other.got] == ["B", "D"]
    assert {row["port"] for row in ground.view(VIEWS, "replies")} == {nowhere}


@pytest.mark.parametrize("wrong", ["127.0.0.1:2575", "http://127.0.0.1:1", "mllp://a:0"])
def test_a_return_address_is_checked(ground, wrong):
    """Only mllp://HOST:PORT, and mllps:// for TLS."""
    with inbox(ground) as door, pytest.raises(BadInput):
        door.doors.set("ADT", reply_to=wrong)
