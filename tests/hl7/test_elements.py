"""Every element of a message knows its path, its bytes, its name and its data type."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simlab.hl7.message import Hl7Error, parse
from tests.hl7.messages import ADMISSION, ALL, ORDER

noise = st.text(st.sampled_from("ab1|^~\\&\xe9"), max_size=30)
lines = st.lists(st.tuples(st.sampled_from(["PID", "OBX", "zds", "Z01"]), noise), max_size=6)


@settings(max_examples=80, deadline=None)
@given(lines)
def test_spans_give_the_bytes_of_every_element(segments):
    """data[start:end] is the element, parts lie inside their parents, and the path leads back to it."""
    data = b"MSH|^~\\&|A|B\r" + b"".join(f"{name}|{rest}\r".encode("latin-1") for name, rest in segments)
    message = parse(data)
    held = {}
    for element in message.walk(empty=True):
        assert data[element.start : element.end] == element.raw
        held[element.path] = element
        if element.level != "segment":
            found = message.element(element.path)
            assert found is not None
            assert (found.start, found.raw) == (element.start, element.raw)
    for path, element in held.items():
        outer = held[path.rsplit("." if "." in path else "-", 1)[0]] if "-" in path else element
        assert outer.start <= element.start <= element.end <= outer.end


@settings(max_examples=80, deadline=None)
@given(lines)
def test_a_leaf_shows_what_get_reads(segments):
    """`shown` of a leaf is `get` of its path."""
    data = b"MSH|^~\\&|A|B\r" + b"".join(f"{name}|{rest}\r".encode("latin-1") for name, rest in segments)
    message = parse(data)
    for element in message.walk():
        if element.leaf:
            assert message.shown(element) == message.get(element.path)


def test_names_and_types_reach_down_to_sub_components():
    """PID-3[1].4.2 is the Universal ID, a string; OBX-5 has the type that OBX-2 says."""
    held = {element.path: element for element in parse(ADMISSION).walk()}
    assert (held["PID-3[1].4.2"].name, held["PID-3[1].4.2"].data_type) == ("Universal ID", "ST")
    assert (held["PID-3"].level, held["PID-3[1]"].level, held["PID-3[1].4.2"].level) == (
        *("field", "repetition"),
        "subcomponent",
    )
    assert (held["PID-8"].name, held["PID-8"].data_type, held["PID-8"].table) == ("Administrative Sex", "IS", "0001")
    value = parse(ADMISSION + b"OBX|1|CE|1||a^b\r").element("OBX-5.2")
    assert value is not None and (value.data_type, value.name) == ("ST", "Text")


def test_the_names_are_those_of_the_messages_own_version():
    """PID-8 is Sex in 2.3.1 and Administrative Sex in 2.5.1."""
    names = {e.path: e.name for e in parse(ORDER).walk()}
    assert names["PID-8"] == "Sex"
    assert names["ZDS-1.1"] == "Pointer"


def test_a_place_out_of_reach_is_none():
    """An element that the message does not hold is None, an empty one is there."""
    message = parse(ADMISSION)
    assert message.element("PID-99") is None
    assert message.element("PID-3[3]") is None
    assert message.element("NTE-1") is None
    empty = message.element("PID-2")
    assert empty is not None and empty.raw == b""


@pytest.mark.parametrize("data", ALL.values(), ids=ALL)
def test_any_separators_give_the_same_elements(data):
    """The same message in other separators has the same paths and values."""
    marks = {ord("|"): "#", ord("^"): "*", ord("~"): "+", ord("\\"): "?", ord("&"): "%"}
    other = data.decode().translate(marks).encode()
    left = [(e.path, e.name) for e in parse(data).walk()]
    right = [(e.path, e.name) for e in parse(other).walk()]
    assert left == right
    assert parse(other).get("PID-5.2") == parse(data).get("PID-5.2")


def test_lower_case_segments_have_paths_too():
    """A segment zzz is kept, walked, read and written."""
    message = parse(ADMISSION + b"zzz|a|b\r")
    assert message.get("zzz-2") == "b"
    assert message.set("zzz-1", "c").encode().endswith(b"zzz|c|b\r")


@settings(max_examples=120, deadline=None)
@given(st.binary(max_size=200))
def test_walking_never_raises(data):
    """Whatever bytes parse can be walked and shown, bad characters included."""
    try:
        message = parse(b"MSH|^~\\&|A\rPID|" + data)
    except Hl7Error:
        return
    assert all(isinstance(message.shown(element), str) for element in message.walk(empty=True))
