"""How many HL7 messages a second are read and judged, beside python-hl7 and hl7apy in the same run."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import hl7
from hl7apy.parser import parse_message

from simlab.hl7 import build, profile
from simlab.hl7.message import parse
from simlab.hl7.validator import validate
from tests.benchmarks.measure import Measure

_LINE = "There is no fracture. The heart is not enlarged, the lungs are clear, and no effusion is seen on this film."


def measures(_folder: Path, *, quick: bool) -> Iterator[Measure]:
    """Reading, walking and judging; each message of some hundred differs from the others."""
    sample = messages(200 if quick else 1000)
    size = sum(map(len, sample)) // len(sample)
    parsed = _rate(parse, sample, 20)
    theirs = _rate(lambda data: hl7.parse(data.decode()), sample, 1)
    slow = _rate(lambda data: parse_message(data.decode(), find_groups=False), sample[: len(sample) // 10], 1)
    yield Measure("HL7: parse", parsed, "/s", least=15_000, note=f"{size} bytes a message, an order and its report")
    yield Measure("HL7: parse, python-hl7", theirs, "/s", note="for comparison")
    yield Measure("HL7: parse, hl7apy", slow, "/s", note="for comparison")
    yield Measure("HL7: parse, times python-hl7", parsed / theirs, "x", least=10)
    yield Measure("HL7: parse, times hl7apy", parsed / slow, "x", least=200)
    read = _rate(_read, sample, 4)
    yield Measure("HL7: parse and read nine values", read, "/s", note="fields are split when they are asked for")
    walked = _rate(lambda data: sum(1 for _ in parse(data).walk()), sample, 1)
    yield Measure("HL7: parse and walk every element", walked, "/s", note="each with path, bytes, name, type")
    judged = _rate(lambda data: validate(parse(data)), sample, 2)
    yield Measure("HL7: parse and validate", judged, "/s", least=2_000)
    profiles = [profile.load("ihe-rad"), profile.load("uk")]
    both = _rate(lambda data: validate(parse(data), profiles), sample, 2)
    yield Measure("HL7: parse and validate with ihe-rad and uk", both, "/s", note="for comparison")
    large = sample[-1] + b"OBX|9|TX|a^b^L|1|%s||||||F\r" % _LINE.encode() * 37_000
    seconds = 1 / _rate(lambda data: validate(parse(data)), [large], 1)
    yield Measure(f"HL7: parse and validate {len(large) >> 20} MiB", seconds, "s", note="one ORU, 37,000 OBX")


_PLACES = ("MSH-9.1", "MSH-9.2", "MSH-10", "PID-3.1", "PID-3[2].1", "PID-5.1", "PID-5.2", "PID-7", "PID-8")


def _read(data: bytes) -> list[str]:
    message = parse(data)
    return [message.get(place) for place in _PLACES]


def messages(number: int) -> list[bytes]:
    """Admissions, orders and reports of different people, by turns."""
    drawn = random.Random(7)
    made = []
    for n in range(number):
        at = datetime(2026, 3, 2, 7, 40) + timedelta(seconds=37 * n)
        header = build.Header("EPR", "RXX01", "RIS", "RXX01", f"EPR{n}", at)
        person = build.Patient(
            (build.Identifier(str(1_000_000 + n), "RXX01"), build.Identifier("9990000018", "NHS", "NH")),
            family=f"Name{drawn.randrange(5000)}", given=f"Given{drawn.randrange(500)}", title="Mr", sex="M",
            birth_date=f"19{drawn.randrange(30, 99)}0{drawn.randrange(1, 9)}1{drawn.randrange(9)}",
            address=f"{n} High Street", postcode=f"LS{n % 20} {n % 9}AB", phone=f"0113 496 {n:04}",
        )  # fmt: skip
        visit = build.Visit(f"V{n}", "I", f"WARD {n % 30}", f"Shah{n % 50}^Priya", at, service="MED")
        order = build.Order(
            f"P{n}", f"F{n}", f"CT{n % 90}", f"CT of region {n % 90}", f"ACC{n}", f"RP{n}", f"SPS{n}", "CT", at,
            reason=f"Fall {n} hours ago", referrer="Lee^Ann", study_uid=f"2.25.{10**30 + n}",
        )  # fmt: skip
        made.append(
            (
                build.adt(header, "A08", person, visit),
                build.orm(header, "NW", person, order, visit),
                build.oru(header, person, order, "\n".join(f"{_LINE} {n}.{line}" for line in range(4))),
            )[n % 3]
        )
    return made


def _rate(call: Callable[[bytes], object], sample: Sequence[bytes], times: int) -> float:
    """Calls a second of processor time, the best of three: other programs on the machine do not count."""
    call(sample[0])
    best = 0.0
    for _ in range(3):
        began = time.process_time()
        for _ in range(times):
            for data in sample:
                call(data)
        best = max(best, times * len(sample) / max(time.process_time() - began, 1e-9))
    return best
