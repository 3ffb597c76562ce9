"""What is too much for a door: refused from its bytes, with the place, before anything is read or locked."""

import time

import pytest

from simlab.errors import BadInput
from simlab.hl7 import limits
from simlab.hl7.errors import Hl7Error
from simlab.hl7.message import parse
from simlab.hl7.mllp import Caller
from simlab.hl7.policy import VIEWS
from simlab.provenance import Provenance
from tests.hl7.inbox import inbox, message

MANY = 100_000
PID = "PID|1||1^^^RXX01^MR||A^B\r"


@pytest.mark.parametrize(
    ("kind", "rest", "place", "code", "says"),
    [
        (
            "OMI^O23^OMI_O23",
            PID + "ORC|NW|P1\rOBR|1|P1||X\r" + "IPC|A|B|2.25.1|D|CT\r" * MANY,
            "IPC^201",
            "100",
            "100000 segments IPC",
        ),
        ("ORM^O01^ORM_O01", PID + "ORC|NW|P1\rOBR|1|P1||X\r" * MANY, "ORC^201", "100", "100000 segments ORC"),
        ("ADT^A40^ADT_A39", (PID + "MRG|2^^^RXX01^MR\r") * MANY, "PID^51", "100", "100000 segments PID"),
        ("ORU^R01^ORU_R01", PID + "OBR|1\r" + "OBX|1|TX|||word||||||F\r" * MANY, "OBX^20001", "100", "segments OBX"),
        ("ADT^A28^ADT_A05", "PID|1||" + "1^^^R^MR~" * MANY + "\r", "PID^1^3^51", "102", "100001 repetitions"),
        ("ADT^A40^ADT_A39", PID + "MRG|" + "2^^^R^MR~" * MANY + "\r", "MRG^1^1^51", "102", "100001 repetitions"),
    ],
)
def test_what_is_too_much_is_refused_in_milliseconds(ground, kind, rest, place, code, says):
    """A hundred thousand of anything: AE with place and code, the work of milliseconds; the next one is taken."""
    with inbox(ground) as door:
        door.doors.set("ADT", limits=limits.USUAL)
        data, caller = message("BIG", kind, rest=rest), Caller("127.0.0.1", 1, Provenance("client"))
        begun = time.thread_time()
        told = door.receiver(data, caller)
        took = time.thread_time() - begun
        assert isinstance(told, bytes)
        refusal = parse(told)
        assert [refusal.get(at) for at in ("MSA-1", "MSA-2", "ERR-2", "ERR-3.1")] == ["AE", "BIG", place, code]
        assert says in refusal.get("MSA-3") and door.done == []
        assert took < 0.1
        assert door.codes(message("NEXT")) == [("AA", "NEXT")]


def test_a_limit_is_a_policy_of_its_door(ground):
    """One more than is taken is refused, as many as are taken are not; 0 takes any number; others stay as they were."""
    with inbox(ground) as door:
        door.doors.set("ADT", limits={"PID-3": 2, "ZZZ": 1})
        (row,) = ground.view(VIEWS, "doors", door="ADT")
        assert row["limits"] == {"PID-3": 2, "ZZZ": 1}
        sent = [message(f"N{n}", rest="PID|1||" + "~".join(["1"] * n) + "\r") for n in (2, 3)]
        assert [code for code, _ in door.codes(*sent)] == ["AA", "AE"]
        door.doors.set("ADT", limits={"PID-3": 0})
        assert ground.view(VIEWS, "doors", door="ADT")[0]["limits"] == {"ZZZ": 1}
        assert door.codes(sent[1], message("Z", rest="ZZZ|1\rZZZ|2\r")) == [("AA", "N3"), ("AE", "Z")]


@pytest.mark.parametrize("wrong", [{"msh": 1}, {"MSH": 1}, {"PID-0": 1}, {"PID-3.1": 1}, {"IPC": "many"}])
def test_a_limit_names_a_segment_or_a_field(ground, wrong):
    """Anything else is refused when it is set."""
    with inbox(ground) as door, pytest.raises(BadInput):
        door.doors.set("ADT", limits=wrong)


def test_every_segment_of_a_name_is_counted_and_nothing_else(ground):
    """The second PID's numbers are too many; a number in a text, or another segment, is none."""
    many = "~".join(["1"] * 51)
    with pytest.raises(Hl7Error, match="51 repetitions"):
        limits.check(message(rest=f"PID|1||1\rPID|2||{many}\r"), limits.USUAL)
    limits.check(message(rest=f"PID|1||1||{'~'.join('A' * 50)}\rNTE|1||{many}\rZPI|1||{many}\r"), limits.USUAL)
    limits.check(message(rest=f"PID|1||{'~'.join(['1'] * 50)}"), limits.USUAL)
    limits.check(b"MSH|", limits.USUAL)


def test_a_type_that_is_not_taken_is_refused_by_its_head_alone(ground):
    """AR comes before five megabytes are read."""
    with inbox(ground) as door:
        door.doors.set("ADT", types=["ADT"])
        data = message("BIG", "SIU^S12^SIU_S12", rest="NTE|1||words\r" * 400_000)
        begun = time.thread_time()
        told = parse(door.receiver(data, Caller("127.0.0.1", 1, Provenance("client"))))
        assert (told.get("MSA-1"), told.get("ERR-3.1")) == ("AR", "200") and time.thread_time() - begun < 0.1
        (event,) = ground.messages("TEST")
        assert ground.journal.evidence(event.id) == data
