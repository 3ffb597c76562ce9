"""Nothing that is done with a message grows faster than the message: 16 times the bytes, never 64 times the time."""

import contextlib
import time

import pytest

from simlab.hl7 import batch, difference, forms, printout, profile
from simlab.hl7.conversion import converted
from simlab.hl7.message import Hl7Error, parse
from simlab.hl7.validator import validate

_HEAD = b"MSH|^~\\&|A|B|C|D|20260302074000||ORU^R01^ORU_R01|1|P|2.5.1||||||~ISO IR87\rPID|1||1^^^X^MR\rOBR|1||||||\r"
_PROFILES = [profile.load("ihe-rad"), profile.load("uk")]

SHAPES = {
    "segments": b"OBX|1|TX|a||text||||||F\r",
    "foreign segments": b"XYZ|1\r",
    "fields": b"|x",
    "repetitions": b"1^^^&^QQ~",
    "components": b"x^",
    "sub-components": b"x&",
    "escapes": b"\\Q\\",
    "text": b"x",
    "bad characters": b"\xff",
    "empty lines": b"\r",
    "kanji": b"\x1b$B;3ED\x1b(B",
    "broken kanji": b"\x1b$B~~~",
    "ends of batches": b"BTS|1\r",
}


def _each(message):
    """As receivers do: how many repetitions there are, then each one's parts by its number."""
    return [message.get(f"PID[2]-3[{n}].{part}") for n, _ in enumerate(message.all("PID[2]-3"), 1) for part in "14"]


WORK = {
    "parse": parse,
    "walk": lambda data: sum(1 for _ in parse(data).walk()),
    "get": lambda data: (parse(data).all("PID-3.1"), parse(data).get("OBX[2]-5")),
    "get each repetition": lambda data: _each(parse(data)),
    "set": lambda data: parse(data).set("PID-3[2].1", "9"),
    "validate": lambda data: validate(parse(data), _PROFILES),
    "print": lambda data: sum(1 for _ in printout.lines(parse(data))),
    "compare": lambda data: difference.difference(parse(data), parse(data.replace(b"x", b"y"))),
    "json": lambda data: forms.as_json(parse(data)),
    "convert": lambda data: converted(parse(data), "2.3"),
    "split a file": lambda data: sum(1 for _ in batch.messages(data)),
    "check characters": lambda data: parse(data).check_characters(),
}


def _seconds(work, shape: bytes, size: int) -> float:
    data = _HEAD + (b"" if shape.endswith(b"\r") else b"PID|1||") + shape * (size // len(shape)) + b"\r"
    best = 9.0
    for _ in range(2):
        began = time.process_time()
        with contextlib.suppress(Hl7Error):
            work(data)
        best = min(best, time.process_time() - began)
    return best


@pytest.mark.parametrize("work", WORK.values(), ids=WORK)
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_work_grows_with_the_message(work, shape):
    """From 4 KiB to 64 KiB the time grows by 16, and by 64 at the very most."""
    small, large = _seconds(work, shape, 4 * 1024), _seconds(work, shape, 64 * 1024)
    assert large < max(64 * small, 0.02)


def test_a_file_that_ends_in_many_ends_of_batches_is_split_as_fast_as_any():
    """From 128 KiB to 2 MiB of them the time grows by 16, and by 64 at the very most."""
    split = WORK["split a file"]
    small, large = _seconds(split, SHAPES["ends of batches"], 2**17), _seconds(split, SHAPES["ends of batches"], 2**21)
    assert large < 64 * small
