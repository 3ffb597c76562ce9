"""What a fault at the point `message` does to a message on its way."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from simlab.fault_effects import MESSAGE
from simlab.faults import Fault
from simlab.hl7.message import parse
from simlab.hl7.spoiling import spoil

ORDER = (
    "MSH|^~\\&|EPR|RXX01|RIS|RXX01|20260302080000||ORM^O01|E1|P|2.3.1||||||UNICODE UTF-8\r"
    "PID|1||4100017^^^RXX01^MR~9990000018^^^NHS^NH||ABARA^CHLOË^^^MRS||19680914|F\r"
    "ORC|NW|P1\r"
    "OBR|1|P1||CCHEC^CT chest^L|||||||||||||||||||||||||||^Cough \\T\\ cold \\F\\ fever\r"
    "ZDS|2.25.1^^Application^DICOM\r"
).encode()
MERGE = (
    b"MSH|^~\\&|EPR|RXX01|RIS|RXX01|20260302080000||ADT^A40^ADT_A39|E2|P|2.5.1\r"
    b"EVN|A40|20260302080000\r"
    b"PID|1||4100017^^^RXX01^MR~9990000018^^^NHS^NH||ABARA\r"
    b"MRG|4100092^^^RXX01^MR\r"
)


def test_without_leaves_a_segment_out() -> None:
    """The other segments keep their bytes."""
    assert spoil(parse(ORDER), {"without": "ZDS"}) == ORDER[: ORDER.index(b"ZDS")]


def test_swapped_exchanges_two_numbers() -> None:
    """The first number of PID-3 stands in MRG-1, and the other way round; the NHS number stays."""
    message = parse(spoil(parse(MERGE), {"swapped": ["PID-3", "MRG-1"]}))
    assert message.segments[2].fields[3] == b"4100092^^^RXX01^MR~9990000018^^^NHS^NH"
    assert message.segments[3].fields[1] == b"4100017^^^RXX01^MR"


def test_unescaped_shifts_what_follows() -> None:
    """A bare field separator makes two fields of one; every byte else is as it was."""
    data = spoil(parse(ORDER), {"unescaped": "OBR-31"})
    assert b"^Cough & cold | fever\rZDS" in data
    assert parse(data).get("OBR-32") == " fever"
    assert len(data) == len(ORDER) - 4


def test_written_in_keeps_what_is_declared() -> None:
    """MSH-18 says UTF-8, the name is in Latin-1: it cannot be decoded."""
    data = spoil(parse(ORDER), {"written_in": "latin-1"})
    assert "CHLOË".encode("latin-1") in data and b"UNICODE UTF-8" in data


@pytest.mark.parametrize(("which", "end"), [("LF", b"\n"), ("CRLF", b"\r\n")])
def test_line_ends_replace_every_cr(which: str, end: bytes) -> None:
    """As many ends as there were, of the other kind."""
    data = spoil(parse(ORDER), {"line_ends": which})
    assert data.split(end) == ORDER.split(b"\r")


def test_values_are_put_in_raw() -> None:
    """An authority is taken away, a receiver changed; what the message does not have is left alone."""
    effect = {"values": {"PID-3[1].4": "", "MSH-5": "PASX", "MRG-1": "1"}}
    message = parse(spoil(parse(ORDER), effect))
    assert (message.get("PID-3[1].4"), message.get("PID-3[2].4"), message.get("MSH-5")) == ("", "NHS", "PASX")
    assert not message.named("MRG")


@pytest.mark.parametrize(
    "effect",
    [
        {"written_in": "klingon"},
        {"line_ends": "VT"},
        {"values": {"PID": "x"}},
        {"swapped": ["PID-3"]},
        {"unescaped": "PID-5.1"},
    ],
)
def test_a_value_that_cannot_be_meant_is_refused(effect: dict) -> None:
    """The scene's author hears of it when the scene is read."""
    with pytest.raises(ValidationError, match="takes"):
        Fault(id="x", point=MESSAGE, system="EPR", effect=effect)
