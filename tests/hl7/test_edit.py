"""Segments and repetitions are added and taken out, and every other byte stays."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simlab.hl7.message import Hl7Error, parse
from tests.hl7.messages import ADMISSION, REPORT


def test_a_segment_is_put_before_after_and_at_the_end():
    """The new segment stands where it was wanted and ends with CR."""
    message = parse(REPORT)
    assert message.insert("NTE|1||x").data == REPORT + b"NTE|1||x\r"
    assert message.insert("NTE|1", before="OBX[2]").data == REPORT.replace(b"OBX|2", b"NTE|1\rOBX|2")
    assert [s.name for s in message.insert("PV1|1|O", after="PID").segments][1:3] == ["PID", "PV1"]
    assert parse(REPORT[:-1]).insert("NTE|1").data == REPORT + b"NTE|1\r"


def test_a_segment_is_taken_out_with_its_end():
    """Only the one named goes."""
    assert parse(REPORT).delete("OBX[2]").data == REPORT[: REPORT.index(b"OBX|2")]
    assert [s.name for s in parse(ADMISSION).delete("EVN").segments] == ["MSH", "PID", "PV1"]


def test_a_repetition_is_added_behind_the_others():
    """An empty field gets its first, a filled one its next."""
    message = parse(ADMISSION).add_repetition("PID-3", "5^^^X", raw=True).add_repetition("PID-13", "0113 496 0000")
    assert message.get("PID-3[3].4") == "X"
    assert message.all("PID-13") == ["0113 496 0000"]
    assert message.get("PID-3[2].1") == "9990001235"


@settings(max_examples=80, deadline=None)
@given(
    st.integers(1, 60), st.integers(1, 4), st.integers(1, 12), st.integers(1, 6), st.text("aB|^~\\&\n é", max_size=12)
)
def test_a_value_set_anywhere_is_read_there_and_nothing_else_changes(field, repetition, component, sub, value):
    """Set then get, at any depth; the other segments keep their bytes, and so does every other value."""
    message = parse(ADMISSION)
    place = f"PID-{field}[{repetition}].{component}.{sub}"
    changed = message.set(place, value)
    assert changed.get(place) == value
    assert [s.raw for s in changed.segments if s.name != "PID"] == [s.raw for s in message.segments if s.name != "PID"]
    before = {e.path: e.raw for e in message.walk() if e.leaf and not e.path.startswith(f"PID-{field}")}
    after = {e.path: e.raw for e in changed.walk() if e.leaf and not e.path.startswith(f"PID-{field}")}
    assert {path: raw for path, raw in after.items() if path in before} == before


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m.delete("MSH"),
        lambda m: m.delete("ZDS"),
        lambda m: m.delete("OBX[0]"),
        lambda m: m.insert("MSH|^~\\&|"),
        lambda m: m.insert("NTE|1\rPID|1"),
        lambda m: m.insert("nonsense"),
        lambda m: m.insert("foo"),
        lambda m: m.insert("NTE"),
        lambda m: m.insert("nte|1"),
        lambda m: m.insert("NTE^1"),
        lambda m: m.insert("NTE|1", before="MSH"),
        lambda m: m.insert("NTE|1", after="AL1"),
        lambda m: m.add_repetition("PID-3[2]", "x"),
        lambda m: m.add_repetition("MSH-2", "x"),
        lambda m: m.set("PID-3[99999]", "x"),
        lambda m: m.set("MSH-2", "x"),
        lambda m: m.set("PID-5", "a\rb", raw=True),
        lambda m: m.set("NTE-1", "x"),
    ],
)
def test_what_cannot_be_changed_is_refused_with_place_and_remedy(change):
    """No change makes a message that is none."""
    with pytest.raises(Hl7Error) as caught:
        change(parse(ADMISSION))
    assert caught.value.place and caught.value.remedy
