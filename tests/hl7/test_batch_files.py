"""Batch files keep their envelope and every byte that nothing was done to; their counts are put right."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simlab.hl7 import batch, envelope, wide
from simlab.hl7.errors import Hl7Error
from simlab.hl7.message import parse
from tests.hl7.messages import ADMISSION, ORDER, REPORT

BATCH = (
    b"FHS|^~\\&|EPR\rBHS|^~\\&|EPR\r" + ADMISSION + ORDER + b"BTS|2|both\rBHS|^~\\&|EPR\r" + REPORT + b"BTS|1\rFTS|2\r"
)
FILES = {
    "CR": BATCH,
    "LF": BATCH.replace(b"\r", b"\n"),
    "CR LF, empty lines": BATCH.replace(b"\r", b"\r\n").replace(b"BTS", b"\r\n\r\nBTS"),
    "no end": BATCH.rstrip(b"\r"),
    "one frame": b"\x0b" + BATCH + b"\x1c\r",
    "frames": b"".join(b"\x0b" + one + b"\x1c\r" for one in (ADMISSION, ORDER, REPORT)),
    "UTF-16": wide.widened(BATCH, "utf-16-le+mark"),
    "mixed line ends": b"FHS|^~\\&|EPR\r\n" + ADMISSION.replace(b"\r", b"\n") + ORDER + REPORT + b"\n\nFTS||x",
}


@pytest.mark.parametrize("data", FILES.values(), ids=FILES)
def test_a_file_in_which_nothing_changed_keeps_every_byte(data):
    """Three messages are read; written again they stand as they stood."""
    found = [message for _, message in batch.read(data, "day")]
    assert [message.data for message in found] == [ADMISSION, ORDER, REPORT]
    file, notes = envelope.counted(batch.opened(data))
    assert file.rewritten(found) == data
    assert notes == ()


@pytest.mark.parametrize("data", FILES.values(), ids=FILES)
def test_one_changed_message_leaves_the_others_and_the_envelope_alone(data):
    """Only the new value differs, in the file's own line ends."""
    first, second, third = (message for _, message in batch.read(data, "day"))
    made = batch.opened(data).rewritten([first, second.set("PID-8", "M"), third])
    old, new = "19700101|F\rPV1|1|O\r", "19700101|M\rPV1|1|O\r"
    if "UTF-16" in FILES and data == FILES["UTF-16"]:
        assert made == data.replace(old.encode("utf-16-le"), new.encode("utf-16-le"))
        return
    end = batch.form_of(batch.opened(data).bodies[1]).line_end
    assert made == data.replace(old.encode().replace(b"\r", end), new.encode().replace(b"\r", end))
    assert made != data


def test_wrong_counts_are_put_right_and_told():
    """BTS-1 counts the messages of its batch and FTS-1 the batches; an empty count stays empty."""
    wrong = BATCH.replace(b"BTS|2|both", b"BTS|5|both").replace(b"FTS|2", b"FTS|1")
    file, notes = envelope.counted(batch.opened(wrong))
    assert notes == ("BTS-1 was 5, and is 2", "FTS-1 was 1, and is 2")
    assert file.rewritten([parse(one) for one in file.messages()]) == BATCH
    empty = BATCH.replace(b"BTS|2|both", b"BTS").replace(b"FTS|2", b"FTS||")
    assert envelope.counted(batch.opened(empty))[1] == ()


@pytest.mark.parametrize("stray", [b"\x0b" + REPORT, REPORT, b"junk\r"], ids=["cut off", "without a frame", "junk"])
def test_what_stands_outside_of_the_frames_is_told(stray):
    """A frame that was cut off is no message that may be left out without a word; every byte stays."""
    data = b"\x0b" + ADMISSION + b"\x1c\r" + stray
    found = [one for _, one in batch.read_all(data, "day.hl7")]
    assert len(found) == 2
    assert [isinstance(one, Hl7Error) for one in found] == [False, stray != REPORT]
    file = batch.opened(data)
    assert file.around[0] + file.bodies[0] + file.around[1] + file.bodies[1] + file.around[2] == data


_PIECES = (b"MSH|^~\\&|A|B\r", b"PID|1\r", b"BHS|^~\\&\n", b"BTS|1\r\n", b"FTS|9", b"\r", b"\n", b"junk\r")
pieces = st.lists(st.sampled_from((*_PIECES, b"\x0b", b"\x1c\r")), max_size=12)


@settings(max_examples=300, deadline=None)
@given(pieces)
def test_any_file_is_put_together_again(parts):
    """Whatever a file holds: taken apart and left alone it is the same file."""
    data = b"".join(parts)
    file = batch.opened(data)
    edges = [piece for pair in zip(file.around, file.bodies, strict=False) for piece in pair] + [file.around[-1]]
    assert b"".join(edges) == data
    assert list(batch.messages(data)) == file.messages()
