"""Messages in files, other forms of them, comparisons, printouts, and hl7apy's second opinion."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simlab.errors import BadInput
from simlab.hl7 import batch, dictionary, forms, printout, tables
from simlab.hl7.difference import MOST_ALIGNED, difference
from simlab.hl7.message import Hl7Error, parse
from simlab.hl7.second_opinion import second_opinion
from tests.hl7.messages import ADMISSION, ALL, MERGE, OMI, ORDER, REPORT

lf = REPORT.replace(b"\r", b"\n")


@pytest.mark.parametrize(
    ("data", "number"),
    [
        (ADMISSION + ORDER, 2),
        (lf + b"\n" + lf + b"\n\n\n" + lf, 3),
        (lf.replace(b"\n", b"\r\n") * 2, 2),
        (b"\x0b" + ADMISSION + b"\x1c\r\x0b" + ORDER + b"\x1c\r", 2),
        (b"FHS|^~\\&|A\nBHS|^~\\&|A\n" + lf + lf + b"BTS|2\nFTS|1\n", 2),
        (b"\n\n" + lf.rstrip(b"\n"), 1),
    ],
)
def test_a_file_of_several_messages_is_taken_apart(data, number):
    """Behind one another, with empty lines, in frames, in a batch: each message by itself, its envelope left out."""
    found = [message.data for _, message in batch.read(data, "day.hl7")]
    assert len(found) == number
    assert set(found) <= {ADMISSION, ORDER, REPORT}


def test_a_message_that_cannot_be_read_is_named_and_the_others_are_read():
    """read_all goes on; read stops with the place."""
    data = b"\x0b" + ADMISSION + b"\x1c\r\x0bgarbage\x1c\r\x0b" + ORDER + b"\x1c\r"
    found = list(batch.read_all(data, "day.hl7"))
    assert [type(one).__name__ for _, one in found] == ["Message", "Hl7Error", "Message"]
    with pytest.raises(Hl7Error, match=r"day\.hl7, message 2, byte 0"):
        list(batch.read(data, "day.hl7"))
    with pytest.raises(Hl7Error, match="begins with nothing"):
        list(batch.read(b"", "empty.hl7"))


@pytest.mark.parametrize("form", [batch.Form(), batch.Form(line_end=b"\n"), batch.Form(framed=True)])
def test_what_is_written_in_a_form_is_read_again(form):
    """A file keeps its form and its messages."""
    data = batch.written([parse(ADMISSION), parse(ORDER)], form)
    assert batch.form_of(data) == form
    assert [message.data for _, message in batch.read(data, "x")] == [ADMISSION, ORDER]


noise = st.text(st.sampled_from("ab1|^~\\&\r\xe9"), max_size=60)


@settings(max_examples=150, deadline=None)
@given(noise)
def test_json_holds_a_message_without_loss(rest):
    """Whatever parses becomes JSON and the same bytes again."""
    for codec in ("latin-1", "utf-8"):
        data = b"MSH|^~\\&|A|B|||||ADT^A01|1|P|2.5.1||||||UNICODE UTF-8\rPID|" + rest.encode(codec)
        try:
            message = parse(data)
        except Hl7Error:
            continue
        assert forms.from_json(json.loads(json.dumps(forms.as_json(message)))) == data


@pytest.mark.parametrize("value", [None, [], {}, {"separators": "|"}, {"separators": "|^~\\&", "segments": [3]}])
def test_json_that_is_no_message_is_refused(value):
    """Other JSON has a place and a remedy, no trace-back."""
    with pytest.raises(BadInput) as caught:
        forms.from_json(value)
    assert caught.value.place and caught.value.remedy


def test_another_character_set_keeps_the_text():
    """From UTF-8 to ISO 8859-1 and back gives the same bytes; a letter that is not there is named with its field."""
    latin = forms.recoded(parse(ADMISSION), "8859/1")
    assert b"J\xf6rg" in latin.data and latin.get("PID-5.2") == "Jörg"
    assert forms.recoded(latin, "UNICODE UTF-8").data == ADMISSION
    with pytest.raises(Hl7Error) as caught:
        forms.recoded(parse(ADMISSION.replace("ö".encode(), "ł".encode())), "8859/1")
    assert caught.value.place == "PID-5"


def test_the_difference_names_what_changed_at_its_depth():
    """A changed component, a new repetition, a segment gone and one added; what is ignored is not told."""
    before = parse(ADMISSION)
    after = before.set("PID-5.2", "Anna").add_repetition("PID-3", "5").delete("EVN").insert("NTE|1||x")
    after = after.set("MSH-10", "EPR2")
    found = {one.path: (one.before, one.after) for one in difference(before, after, ignore=("MSH-10",))}
    assert found == {
        "EVN": ("EVN|A01|20260302074000", None),
        "PID-5.2": ("Jörg", "Anna"),
        "PID-3[3]": (None, "5"),
        "NTE": (None, "NTE|1||x"),
    }
    assert difference(before, before) == []


def test_a_segment_put_in_between_is_one_difference():
    """The segments behind it are not told as changed."""
    before = parse(REPORT + b"OBX|3|TX|a||z||||||F\r")
    after = before.insert("OBX|9|TX|a||new||||||F", before="OBX[2]")
    assert [(one.path, one.before) for one in difference(before, after)] == [("OBX[2]", None)]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["OBX|1|a", "OBX|2|b^c", "NTE|1", "PID|1||x~y"]), max_size=6), st.randoms())
def test_a_difference_is_found_exactly_when_there_is_one(lines, random):
    """Equal messages have none, others have at least one; both directions tell the same places' values."""
    other = [line for line in lines if random.random() < 0.7] + ["PV1|1"] * random.randint(0, 1)
    one, two = (parse(("MSH|^~\\&|A\r" + "".join(f"{line}\r" for line in held)).encode()) for held in (lines, other))
    assert bool(difference(one, two)) is ([s.raw for s in one.segments] != [s.raw for s in two.segments])


def test_long_messages_are_paired_by_name_and_number():
    """Beyond some hundred segments that differ, the pairing stays quick and complete."""
    number = MOST_ALIGNED
    before = parse(REPORT + b"".join(b"OBX|%d|TX|a||old\r" % n for n in range(number)))
    after = parse(REPORT + b"".join(b"OBX|%d|TX|a||new\r" % n for n in range(number)))
    assert len(difference(before, after)) == number


def test_the_printout_says_names_dates_and_codes():
    """A person reads Female, a date as a date, and the headline of the message."""
    lines = {line.path: line for line in printout.lines(parse(ADMISSION))}
    assert (lines["PID-8"].value, lines["PID-8"].meaning) == ("F", "Female")
    assert lines["PID-7"].meaning == "1970-01-01"
    assert lines["EVN-2"].meaning == "2026-03-02 07:40:00"
    assert lines["PID-5.1"].value == "O&NEILL"
    assert lines["MSH-11"].meaning == "Production"
    assert printout.headline(parse(ADMISSION)) == (
        "ADT^A01, Admit, version 2.5.1, from EPR to RIS, 2026-03-02 07:40:00, control ID EPR1"
    )
    assert [line.meaning for line in printout.lines(parse(ORDER + b"ZAB|1\r")) if line.path == "ZAB"] == [
        "a segment of the sites' own"
    ]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("19000230", "no date"),
        ("19000228", "1900-02-28"),
        ("20240229", "2024-02-29"),
        ("20230229", "no date"),
        ("19701301", "no date"),
        ("00000101", "no date"),
        ("1970", "1970"),
        ("197013", "no date"),
        ("1970010124", "no date"),
        ("197001012360", "no date"),
        ("197001012359", "1970-01-01 23:59"),
        ("1 May 1970", "no date"),
    ],
)
def test_a_date_that_the_calendar_lacks_is_not_read_as_one(written, read):
    """A person would else take 30 February for what is meant."""
    message = parse(ADMISSION).set("PID-7", written)
    assert [line.meaning for line in printout.lines(message) if line.path == "PID-7"] == [read]
    sent = printout.headline(parse(ADMISSION).set("MSH-7", written))
    assert ("no date" in sent) is False and (read in sent) is (read != "no date")


def test_a_time_that_no_clock_shows_is_not_read_as_one():
    """As for dates."""
    for written, read in (("2561", "no time"), ("0930", "09:30"), ("half nine", "no time")):
        message = parse(ADMISSION + f"SCH{'|' * 25}\rOBX|1|TM|a||{written}||||||F\r".encode())
        assert [line.meaning for line in printout.lines(message) if line.path == "OBX-5"] == [read]


@pytest.mark.parametrize("data", ALL.values(), ids=ALL)
def test_the_printout_leaves_nothing_out(data):
    """Every byte that is no delimiter stands in the span of some line with a value."""
    message = parse(data)
    covered = bytearray(len(data))
    for line in printout.lines(message):
        if line.value:
            covered[line.start : line.end] = b"\x01" * (line.end - line.start)
    for segment in message.segments:
        covered[segment.start : segment.start + 3] = b"\x01\x01\x01"
    missed = bytes(byte for byte, seen in zip(data, covered, strict=True) if not seen)
    assert set(missed) <= set(b"|^~&\r")


def test_hl7apy_is_asked_for_a_second_opinion():
    """It agrees with a right admission, finds the missing PV1, and says what it cannot judge."""
    assert second_opinion(parse(ADMISSION)) == []
    assert second_opinion(parse(MERGE)) == []
    assert any("PV1" in line for line in second_opinion(parse(ADMISSION[: ADMISSION.index(b"PV1")])))
    for data in (ORDER, MERGE.replace(b"A40^ADT_A39", b"A24^ADT_A24")):
        with pytest.raises(BadInput, match="does not judge"):
            second_opinion(parse(data))
    assert second_opinion(parse(ADMISSION.replace(b"|2.5.1|", b"|9|")))


@pytest.mark.parametrize("number", tables.told())
def test_a_meaning_is_told_of_codes_that_exist(number):
    """A code with a meaning is a code of hl7apy's table in some version, or stands there as our own addition."""
    known = set().union(*(dictionary.table_codes(number, version)[1] for version in dictionary.SPOKEN))
    own = tables.table(number)
    if known:
        assert set(own.meanings) - known <= set(tables.added(number)) | {"99zzz", "UCUM"}
    assert own.name


def test_an_omi_with_two_steps_reads_both():
    """Two IPC are two steps, with their names."""
    assert parse(OMI).all("IPC-4") == ["SPS1", "SPS2"]
    assert "Scheduled Procedure Step ID" in {line.name for line in printout.lines(parse(OMI))}
