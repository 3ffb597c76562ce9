"""Frames come out of a stream the same however it is cut."""

import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simlab.hl7.framing import Deframer, frame

PIECES = st.lists(
    st.one_of(
        st.sampled_from([b"\x0b", b"\x1c", b"\x1c\r", b"\r", b"\n", b"MSH|^~\\&|A\r", b"M", b"MS", b"junk"]),
        st.binary(max_size=12),
        st.binary(max_size=30).map(frame),
    ),
    max_size=12,
).map(b"".join)


def fed(deframer, *chunks):
    return [one for chunk in chunks for one in deframer.feed(chunk)[0]]


@given(PIECES, st.lists(st.integers(0, 200), max_size=8), st.booleans())
@settings(max_examples=400, deadline=None)
def test_the_frames_are_the_same_whatever_the_split(wire, cuts, lenient):
    """Whole, or in any pieces: the same frames, the same state, and nothing raised."""
    edges = [0, *sorted(min(cut, len(wire)) for cut in cuts), len(wire)]
    pieces = [wire[a:b] for a, b in pairwise(edges)]
    once, often = Deframer(lenient=lenient, max_frame=40), Deframer(lenient=lenient, max_frame=40)
    assert fed(once, wire) == fed(often, *pieces)
    assert (once.inside, once.overflow, once.rest()) == (often.inside, often.overflow, often.rest())


@given(st.lists(st.binary(max_size=60).filter(lambda m: not {0x0B, 0x1C} & set(m)), max_size=6))
def test_every_message_comes_out_as_it_went_in(messages):
    """Any bytes but VT and FS are content."""
    assert fed(Deframer(), b"".join(map(frame, messages))) == messages


@pytest.mark.parametrize(
    "wire",
    [b"\x0bMSH|a\x1c", b"MSH|a\x1c\r", b"MSH|a\x1c", b"\r\njunkMSH|a\x1c\r\n", b"\x0bMSH|a\x1c\n"],
    ids=["no CR", "no VT", "neither", "junk before", "FS LF"],
)
def test_a_lenient_door_forgives_what_a_strict_one_does_not(wire):
    """The message is found without VT or without CR, and the one behind it too."""
    behind = frame(b"MSH|b")
    assert fed(Deframer(lenient=True), wire + behind) == [b"MSH|a", b"MSH|b"]
    assert fed(Deframer(), wire + behind) == [b"MSH|b"]


@pytest.mark.parametrize("piece", [b"\x0b" * 65536, b"x" * 65536, b"\x1c" * 65536, b"\x0bMS" * 21845])
@pytest.mark.parametrize("lenient", [True, False])
def test_no_flood_costs_more_than_a_look_at_each_byte(piece, lenient):
    """Four megabytes of anything take a fraction of a second."""
    deframer, begun = Deframer(lenient=lenient), time.process_time()
    for _ in range(64):
        deframer.feed(piece)
    assert time.process_time() - begun < 2.0
