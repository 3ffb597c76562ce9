"""The twelve manners of HL7 on the wire, one test each, over real sockets."""

import time

import pytest

from simlab import certificates, tls
from simlab.department.pacs.inbox import demographics
from simlab.hl7 import courier
from simlab.hl7.acknowledge import read
from simlab.hl7.errors import Hl7Error, NoAck, WrongAck
from simlab.hl7.framing import frame
from simlab.hl7.link import Link, send
from simlab.hl7.message import parse
from tests.hl7.inbox import inbox, message, replies
from tests.hl7.peer import eventually, partner


def test_1_framing_is_found_again_whatever_stands_between(ground):
    """Split, coalesced and pipelined frames, junk and a frame without an end: every whole message is answered once."""
    with inbox(ground) as door, door.connect() as link:
        wire = b"GET /\r\n" + frame(message("A")) + b"\x0bMSH|half" + frame(message("B")) + frame(message("C"))
        for at in range(0, len(wire), 7):
            link.send(wire[at : at + 7])
        assert [read(one).control_id for one in replies(link, 3)] == ["A", "B", "C"]
        assert [what.split(" of")[0] for what in door.noises()].count("a frame without an end") == 1
        assert door.done == ["A", "B", "C"]


def test_2_an_acknowledgement_turns_the_parties_round_and_is_never_acknowledged(ground):
    """Sender and receiver swapped, new MSH-10, MSH-11 and 12 copied, MSA-2 echoes; an ACK gets silence."""
    with inbox(ground) as door:
        ack = door.talk(message("A", processing="T", version="2.4"))[0]
        assert [ack.get(f"MSH-{n}") for n in (3, 4, 5, 6, 11, 12)] == ["TEST", "RXX01", "EPR", "RXX01", "T", "2.4"]
        assert ack.get("MSA-2") == "A" and ack.get("MSH-10") not in ("", "A")
        assert door.codes(ack.data, message("B"), answers=1) == [("AA", "B")]


def test_3_original_mode_says_done_or_content_or_not_taken(ground):
    """AA done; AE content; AR with 200, 201, 202 or 203 for type, event, processing ID and version."""
    with inbox(ground) as door:
        door.doors.set("ADT", types=["ADT^A01", "ORM"], processing_ids=["P"], versions=["2.5.1"])
        told = [
            (one.get("MSA-1"), one.get("ERR-3.1"))
            for one in door.talk(
                message("A"),
                message("B", "SIU^S12"),
                message("C", "ADT^A40"),
                message("D", processing="T"),
                message("E", version="2.3"),
            )
        ]
        assert told == [("AA", ""), ("AR", "200"), ("AR", "201"), ("AR", "202"), ("AR", "")]
        door.raises = Hl7Error("no such patient", place="PID-3", code="204")
        refused = door.talk(message("F"))[0]
        assert (refused.get("MSA-1"), refused.get("ERR-2"), refused.get("ERR-3.1")) == ("AE", "PID^1^3^1", "204")


def test_4_enhanced_mode_accepts_first_and_says_what_came_of_it_later(ground):
    """CA when it is stored, AA as a message of its own behind it, each only where MSH-15 and MSH-16 ask for it."""
    with inbox(ground) as door:
        both = door.talk(message("A", asks="AL|AL"), answers=2)
        assert [(one.get("MSA-1"), one.get("MSA-2")) for one in both] == [("CA", "A"), ("AA", "A")]
        assert both[0].get("MSH-10") != both[1].get("MSH-10") and both[1].get("MSH-15") == "NE"
        one_each = door.codes(message("B", asks="AL|NE"), message("C", asks="NE|AL"))
        assert one_each == [("CA", "B"), ("AA", "C")]
        door.raises = Hl7Error("no such patient")
        assert door.codes(message("D", asks="ER|ER"), message("E", asks="AL|SU")) == [("AE", "D"), ("CA", "E")]
        assert door.codes(message("F", asks="ER|ER", processing="X")) == [("CR", "F")]


def test_5_a_wrong_or_late_acknowledgement_is_no_success(ground):
    """MSA-2 must echo the message in flight, in time; the next message is not mistaken for it."""
    with partner("wrong-control-id") as bad, pytest.raises(WrongAck, match="acknowledges '0'"):
        send("127.0.0.1", bad.port, message("A"))
    with partner("silent") as bad, pytest.raises(NoAck, match="within"):
        send("127.0.0.1", bad.port, message("A"), 0.2)


def test_6_a_refusal_is_sorted_from_a_failure():
    """AE goes to the error queue, AR and silence are tried again, AR not for ever, with waits that double to a cap."""
    verdicts = {}
    for name in ("ae-forever", "ar-three-times", "closes-unanswered", "good"):
        with partner(name) as other:
            link = Link("127.0.0.1", other.port)
            parcel = courier.Parcel(1, message("A"), "127.0.0.1", other.port, "system", None, ack_seconds=1)
            verdicts[name] = [courier.deliver(parcel, link).result for _ in range(4)]
            link.close()
    assert verdicts["ae-forever"] == [courier.ERROR] * 4
    assert verdicts["ar-three-times"] == [courier.RETRY] * 3 + [courier.DELIVERED]
    assert verdicts["closes-unanswered"] == [courier.RETRY] * 4
    assert verdicts["good"] == [courier.DELIVERED] * 4
    refused = courier.Delivery(courier.RETRY, "AR", b"MSH")
    assert [courier.state_after(refused, n) for n in (9, 10)] == ["queued", "error"]


def test_7_a_duplicate_is_answered_as_before_and_done_once(ground):
    """The stored acknowledgement is replayed, also by the next process; other content under the same ID is flagged."""
    with inbox(ground) as door:
        first = door.talk(message("A"))[0]
    with inbox(ground) as door:
        assert door.talk(message("A"))[0].data == first.data and door.done == []
        other = door.talk(message("A", rest="PID|||1\r"))[0]
        assert "control ID A was used before for another message" in other.get("MSA-3") and door.done == ["A"]


def test_8_sequence_numbers_show_what_was_lost(ground):
    """MSA-4 echoes the number, says the expected one when another came, and -1 begins anew."""
    with inbox(ground) as door:
        door.doors.set("ADT", sequence=True)
        told = [
            (one.get("MSA-1"), one.get("MSA-4"))
            for one in door.talk(
                message("S", number="0"),
                message("A", number="7"),
                message("C", number="9"),
                message("B", number="8"),
                message("B", number="8"),
                message("R", number="-1"),
                message("Z", number="100"),
            )
        ]
        assert told == [
            ("AA", "-1"), ("AA", "7"), ("AE", "8"), ("AA", "8"), ("AA", "9"), ("AA", "-1"), ("AA", "100"),
        ]  # fmt: skip
        assert door.done == ["A", "B", "Z"]


def test_9_bytes_that_cannot_be_decoded_get_ae_and_the_connection_stays(ground):
    """Latin-1 declared as UTF-8 is refused with its place, and the next message on that connection is taken."""
    with inbox(ground) as door:
        bad = message("A", asks="|||UNICODE UTF-8", rest="PID|||1||M\xdcLLER\r").decode().encode("latin-1")
        first, second = door.talk(bad, message("B"))
        assert first.get("MSA-1") == "AE" and "DCh" in first.get("MSA-3") and "PID-5" in first.get("MSA-3")
        assert second.get("MSA-1") == "AA"


def test_10_escapes_are_undone_once_after_splitting():
    r"""\F\ \S\ \T\ \R\ \E\ and \X0D\ are text of one component, and go back as they came; MSH-2 may have five signs."""
    data = b"MSH|^~\\&#|A|B|C|D|20260302||ADT^A01|1|P|2.7\rPID|||7\\F\\8\\S\\9\\T\\1\\R\\2\\E\\X41\\X0D\\^x||A\\P\\B\r"
    parsed = parse(data)
    assert parsed.get("PID-3.1") == "7|8^9&1~2\\X41\r"
    assert parsed.get("PID-3.2") == "x" and parsed.get("PID-5") == "A#B"
    assert parsed.set("PID-3.1", parsed.get("PID-3.1")).get("PID-3.1") == parsed.get("PID-3.1")


def test_11_two_quotation_marks_delete_and_nothing_leaves_alone():
    """An empty field is no news; `""` empties what was there."""
    told = demographics(parse(message(rest='PID|||1||""||""\r')))
    assert told == {"name": "", "birth_date": ""}
    assert demographics(parse(message(rest="PID|||1\r"))) == {}


def test_12_time_outs_are_apart_and_tls_is_tls(ground, tmp_path):
    """A frame that does not end, a silent connection and an idle one each end in their own time; TLS names itself."""
    with inbox(ground, frame_timeout=0.2, first_timeout=0.4, idle_timeout=0.6) as door:
        waits = {}
        for name, start in (("frame", b"\x0bMSH"), ("first", b""), ("idle", frame(message("A")))):
            with door.connect() as link:
                begun = time.monotonic()
                link.sendall(start)
                while link.recv(65536):
                    pass
                waits[name] = time.monotonic() - begun
        assert 0.15 < waits["frame"] < waits["first"] < waits["idle"] < 3
    certificates.make(tmp_path)
    with inbox(ground, credentials=lambda: tls.server_context(tmp_path, "server")) as door:
        assert read(send("127.0.0.1", door.port, message("T"), context=tls.client_context(tmp_path))).accepted
        with pytest.raises(NoAck):
            send("127.0.0.1", door.port, message("P"), 2)
        eventually(lambda: door.noises() and door.noises()[-1] == "no TLS: the other side does not speak TLS")
