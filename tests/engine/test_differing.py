"""What differs between a message as it came and as it goes out, said so that a person sees it."""

from simlab.department.engine.differing import differences
from simlab.hl7.message import parse
from tests.engine.test_engine import adt


def test_a_name_that_reads_the_same_in_another_character_set_is_no_difference():
    """Converted with its label, only the label differs for whoever reads the message."""
    before = parse(adt().replace(b"SMITH", "MÜLLER".encode()))
    before = before.set("MSH-18", "UNICODE UTF-8")
    after = before.data.replace("MÜLLER".encode(), "MÜLLER".encode("latin-1")).replace(b"UNICODE UTF-8", b"8859/1")
    assert differences(before.data, after) == [{"path": "MSH-18", "before": "UNICODE UTF-8", "after": "8859/1"}]


def test_other_bytes_under_the_same_label_are_a_difference():
    """A message that lies about its bytes reads otherwise, and the list says where."""
    before = parse(adt().replace(b"SMITH", "MÜLLER".encode())).set("MSH-18", "UNICODE UTF-8")
    after = before.data.replace("MÜLLER".encode(), "MÜLLER".encode("latin-1"))
    assert [row["path"] for row in differences(before.data, after)] == ["PID-5.1"]
    assert differences(before.data, before.data) == []


def test_what_only_bytes_tell_apart_is_shown_whole():
    """Line ends alone, for instance: there is no path for that."""
    assert [row["path"] for row in differences(adt(), adt() + b"\r")] == [""]
