"""The codec keeps every byte and finds every value."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simlab.hl7.characters import Separators, escape, unescape
from simlab.hl7.message import Hl7Error, carriage_returns, parse

A40 = (
    b"MSH|^~\\&|EPR|RXX01|ENGINE|RXX01|20260302074000||ADT^A40^ADT_A39|EPR1|P|2.5.1|||||GBR|UNICODE UTF-8\r"
    b"EVN|A40|20260302074000\r"
    b"PID|1||1234567^^^RXX01&1.2.3&ISO^MR~9990001235^^^NHS^NH||SM\\T\\ITH^J\xc3\xb6rg||19700101|M\r"
    b"MRG|777^^^RXX01^MR\r"
)

fields = st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=30)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["PID", "ZDS", "OBX", "zzz"]), st.lists(fields, max_size=5)), max_size=6))
def test_every_byte_that_parses_is_encoded_again(segments):
    """parse(data).encode() is data, whatever stands in the fields."""
    data = b"MSH|^~\\&|A|B\r" + b"".join(
        "|".join([name, *values]).encode("latin-1") + b"\r" for name, values in segments
    )
    message = parse(data)
    assert message.encode() == data
    assert [s.name for s in message.segments][1:] == [name for name, _ in segments]
    assert all(data[s.start : s.end] == s.raw for s in message.segments)
    list(message.fields(deep=True))


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_a_value_that_is_set_is_read_again(value):
    """set() escapes what get() undoes, and nothing else of the message changes."""
    message = parse(A40).set("PID-5[2].3.2", value)
    assert message.get("PID-5[2].3.2") == value
    assert message.get("PID-3[2].1") == "9990001235"
    assert message.set("PID-5", "X^Y", raw=True).get("PID-5.2") == "Y"


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_garbage_parses_or_is_refused_with_place_and_remedy(data):
    """No bytes raise anything but Hl7Error."""
    try:
        parse(data)
        parse(b"MSH|^~\\&|" + data)
    except Hl7Error as error:
        assert error.place and error.remedy


def test_paths_read_repetitions_components_and_subcomponents():
    """PID-3[2].4 and PID-3.4.2 give what stands there, unescaped; absent places give an empty string."""
    message = parse(A40)
    assert message.get("PID-3[2].4") == "NHS"
    assert message.get("PID-3.4.2") == "1.2.3"
    assert message.get("PID-5.1") == "SM&ITH"
    assert message.get("PID-5.2") == "Jörg"
    assert message.all("PID-3.1") == ["1234567", "9990001235"]
    assert message.get("MSH-9") == "ADT^A40^ADT_A39"
    assert (message.get("MSH-1"), message.get("MSH-2")) == ("|", "^~\\&")
    assert (message.get("OBX-5"), message.get("PID-99"), message.get("PID-3[9].1"), message.all("OBX-5")) == (
        "",
        "",
        "",
        [],
    )


def test_any_separators_serve():
    """MSH-1 and MSH-2 say how the message is divided."""
    data = b"MSH#*+?%#EPR#\rPID###1*2%3+4#a?F?b\r"
    message = parse(data)
    assert message.get("PID-3.2.2") == "3"
    assert message.all("PID-3") == ["1*2%3", "4"]
    assert message.get("PID-4") == "a#b"


def test_escape_sequences_are_undone_once():
    """\\E\\F\\E\\ is the text \\F\\, not a separator."""
    marks = Separators()
    assert unescape("\\E\\F\\E\\", marks, "utf-8") == "\\F\\"
    assert unescape("\\XC3B6\\ \\.br\\ \\H\\bold\\N\\ \\Zunknown\\", marks, "utf-8") == "ö \n bold \\Zunknown\\"
    assert escape("a|b\rc", marks) == "a\\F\\b\\X0D\\c"


@pytest.mark.parametrize(
    ("data", "place", "says"),
    [
        (b"", "byte 0", "nothing"),
        (b"\xef\xbb\xbfMSH|^~\\&|", "byte 0", "byte order mark"),
        (b"FHS|^~\\&|", "byte 0", "FHS"),
        (b"MSH|^^^^|", "MSH-2", "encoding characters"),
        (b"MSH|^~\\&|A\nPID|1\nPV1|2\n", "byte 10", "LF"),
        (b"MSH|^~\\&|A\rPID|1\rof a text\r", "byte 17", "segment 3"),
    ],
)
def test_what_is_no_message_is_refused_with_place(data, place, says):
    """Each refusal names the byte or field and what to do."""
    with pytest.raises(Hl7Error) as caught:
        parse(data)
    assert caught.value.place == place
    assert says in str(caught.value)
    assert caught.value.remedy


def test_latin1_declared_as_utf8_names_the_field():
    """The wrong byte is found in its field; the rest of the message can be read."""
    message = parse(A40.replace(b"\xc3\xb6", b"\xf6"))
    assert message.get("PID-3.1") == "1234567"
    with pytest.raises(Hl7Error) as caught:
        message.check_characters()
    assert caught.value.place == "PID-5"
    assert "F6h" in caught.value.what
    assert [f.value for f in message.fields() if f.path == "PID-5"] == ["SM\\T\\ITH^J\ufffdrg"]


def test_fields_are_named_as_people_read_them():
    """Each row has its path and its name in words; Z-segments too."""
    rows = {f.path: f.name for f in parse(A40 + b"ZDS|1.2.3^^Application^DICOM\r").fields(deep=True)}
    assert rows["PID-3[1].4"] == "Assigning Authority"
    assert rows["MSH-10"] == "Message Control ID"
    assert rows["ZDS-1.1"] == "Pointer"


def test_text_files_get_carriage_returns():
    """A file with LF or CR LF becomes a message."""
    assert parse(carriage_returns(b"MSH|^~\\&|A\r\nPID|1\n\n")).get("PID-1") == "1"


def test_five_megabytes_are_read_in_linear_time():
    """80 times the bytes take less than 320 times the processor time, and the last segment is found."""

    def seconds(number: int) -> float:
        data = A40 + b"".join(b"OBX|%d|TX|||%s\r" % (n, b"x" * 500) for n in range(number))
        best = 9.0
        for _ in range(3):
            start = time.process_time()
            assert parse(data).get(f"OBX[{number}]-1") == str(number - 1)
            best = min(best, time.process_time() - start)
        return best

    assert seconds(10_000) < max(320 * seconds(125), 0.05)
