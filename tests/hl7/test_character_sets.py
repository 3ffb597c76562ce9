"""Character sets of table 0211 beyond a byte a letter: read, written, switched between, refused with a place."""

import json
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simlab.hl7 import characters, forms, iso2022, wide
from simlab.hl7.acknowledge import acknowledge
from simlab.hl7.difference import difference
from simlab.hl7.elements import walk
from simlab.hl7.message import Hl7Error, from_text, parse
from simlab.hl7.printout import lines
from simlab.hl7.validator import validate
from tests.hl7.inbox import Inbox

HEAD = (
    "MSH|^~\\&|EPR|RXX01|RIS|RXX01|20260302074000||ADT^A01^ADT_A01|EPR1|P|2.5.1||||||{}\r"
    "EVN|A01|20260302074000\r"
    "PID|1||1234567^^^RXX01^MR~9990001235^^^NHS^NH||FAMILY^GIVEN||19700101|F|||1 High Street\r"
    "PV1|1|I\r"
)


def message(declared, family="FAMILY", given="GIVEN"):
    """A message under that MSH-18, its names put in by the codec."""
    return parse(HEAD.format(declared).encode()).set("PID-5.1", family).set("PID-5.2", given)


NAMES = {
    "ISO IR87": ("山田", "太郎", b"\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B"),
    "ASCII~ISO IR87": ("山田|", "Tarō"[:3], b"\x1b$B;3ED\x1b(B\\F\\^Tar"),
    "~ISO IR87~ISO IR159": ("丂", "山", b"\x1b$(D0!\x1b(B^\x1b$B;3\x1b(B"),
    "ISO IR14~ISO IR87": ("ﾔﾏﾀﾞ", "山", b"\xd4\xcf\xc0\xde^\x1b$B;3\x1b(B"),
    "ISO IR14": ("ﾔﾏﾀﾞ", "ﾀﾛｳ", b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3"),
    "KS X 1001": ("홍", "길동", b"\xc8\xab^\xb1\xe6\xb5\xbf"),
    "ASCII~KS X 1001": ("홍", "길동", b"\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf"),
    "8859/1~8859/2": ("Łuk", "é", b"\x1b-B\xa3\x1b-Auk^\xe9"),
    "8859/1~8859/5": ("Müller", "Иван", b"M\xfcller^\x1b-L\xb8\xd2\xd0\xdd\x1b-A"),
    "GB 18030-2000": ("王|𠮷", "小东", b"\xcd\xf5\\F\\\x954\xb25^\xd0\xa1\xb6\xab"),
    "BIG-5": ("功", "王", b"\xa5\\^\xa4\xfd"),
    "UNICODE": ("王", "功", "王^功".encode()),
}


@pytest.mark.parametrize("declared", NAMES)
def test_a_name_is_written_and_read_in_the_declared_set(declared):
    """The bytes are those of the set, every way of reading gives the name, and nothing is found wrong with it."""
    family, given_name, wire = NAMES[declared]
    made = message(declared, family, given_name)
    assert b"||" + wire + b"||19700101" in made.data
    assert (made.get("PID-5.1"), made.get("PID-5.2"), made.get("PID-8")) == (family, given_name, "F")
    made.check_characters()
    assert [one.what for one in validate(made) if one.rule != "table.code"] == []
    printed = {line.path: line.value for line in lines(made)}
    assert (printed["PID-5.1"], printed["PID-5.2"]) == (family, given_name)
    assert forms.from_json(json.loads(json.dumps(forms.as_json(made)))) == made.data
    assert [one.path for one in difference(made, made.set("PID-5.2", "X"))] == ["PID-5.2"]
    other = made.add_repetition("PID-5", "A^B", raw=True)
    assert other.all("PID-5.2") == [given_name, "B"] and wire in other.data


@pytest.mark.parametrize("letters", ["乱", "鵠", "迢", "秀"], ids=lambda one: one.encode("iso2022_jp")[3:5].decode())
def test_a_delimiter_within_a_shifted_letter_splits_nothing(letters):
    """The two bytes of these letters hold |, ^, ~ or \\ (HL7 v2.5.1, MSH-20: delimiters belong to the basic set)."""
    wire = letters.encode("iso2022_jp")
    data = HEAD.format("ASCII~ISO IR87").encode().replace(b"FAMILY", wire)
    found = parse(data)
    assert found.get("PID-5.1") == letters and found.get("PID-5.2") == "GIVEN" and found.get("PID-7") == "19700101"
    assert found.encode() == data
    plain = parse(data.replace(b"ASCII~ISO IR87", b"ASCII"))
    assert plain.separators.hides == ""


_IDEOGRAPHS = [chr(n) for n in range(0x4E00, 0x9FA6)]
_ASCII = st.characters(min_codepoint=0x20, max_codepoint=0x7E)


def texts(letters):
    """Text of such letters and ASCII, delimiters among it."""
    return st.text(st.one_of(letters, _ASCII), max_size=20)


TEXTS = {
    "ASCII~ISO IR87": texts(st.sampled_from([c for c in _IDEOGRAPHS if c.encode("iso2022_jp", "ignore")])),
    "GB 18030-2000": texts(st.characters(min_codepoint=0x4E00, max_codepoint=0x2FFFF, exclude_categories=["Cs"])),
    "BIG-5": texts(st.sampled_from([c for c in _IDEOGRAPHS if c.encode("big5", "ignore")])),
    "8859/1~8859/5~KS X 1001": texts(st.sampled_from("éüßИван홍길동")),
}


@pytest.mark.parametrize("declared", TEXTS)
@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_any_text_comes_back_from_any_place(declared, data):
    """Two values set beside one another are read as they were, and the elements cover the bytes without a gap."""
    family, street = data.draw(TEXTS[declared]), data.draw(TEXTS[declared])
    made = parse(HEAD.format(declared).encode()).set("PID-5.1", family).set("PID-11.3.2", street)
    assert (made.get("PID-5.1"), made.get("PID-11.3.2"), made.get("PID-5.2")) == (family, street, "GIVEN")
    made.check_characters()
    for element in walk(made):
        assert made.data[element.start : element.end] == element.raw
    assert parse(made.encode()).encode() == made.encode()
    coded = forms.recoded(made, "UNICODE UTF-8")
    assert coded.get("PID-5.1") == family
    assert forms.recoded(coded, declared).data == made.data
    assert from_text(made.data.decode(made.encoding)).data == made.data


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60), st.sampled_from([*NAMES, "ISO IR87~8859/2~KS X 1001", "X~Y"]))
def test_any_bytes_are_kept_and_never_raise_but_with_a_place(rest, declared):
    """Whatever stands there: the same bytes again, a printout, findings, and errors that have a place."""
    data = HEAD.format(declared).encode().replace(b"FAMILY", rest.replace(b"\r", b"").replace(b"\n", b""))
    found = parse(data)
    assert found.encode() == data
    assert list(lines(found))
    validate(found)
    assert forms.from_json(json.loads(json.dumps(forms.as_json(found)))) == data
    try:
        found.get("PID-5.1")
        found.check_characters()
    except Hl7Error as error:
        assert error.place


def test_the_escape_sequences_of_hl7_switch_as_those_of_iso_2022_do():
    r"""\M2442\ is ESC $ B and \C2842\ ESC ( B (ch. 2.7.2); where MSH-20 is 2.3 they are written so."""
    data = HEAD.format("ASCII~ISO IR87").encode().replace(b"FAMILY", rb"\M2442\;3ED\C2842\ & co".replace(b" & co", b""))
    assert parse(data).get("PID-5.1") == "山田"
    assert parse(data).encode() == data
    head = HEAD.format("ASCII~ISO IR87||2.3").encode()
    assert rb"||\M2442\;3ED\C2842\^GIVEN" in parse(head).set("PID-5.1", "山田").data
    assert parse(head).set("PID-5.1", "山田").get("PID-5.1") == "山田"
    arabic = HEAD.format("ASCII~8859/1").encode().replace(b"FAMILY", b"M\\C2D41\\\xfcller")
    assert parse(arabic).get("PID-5.1") == "Müller"


def test_no_shift_outlasts_a_delimiter_or_a_segment():
    """Behind a delimiter the set of the start is in force again, and a lost shift ends with its segment."""
    made = HEAD.format("ASCII~8859/1").encode().replace(b"FAMILY^GIVEN", b"\x1b-A\xfc^\xfc")
    found = parse(made)
    assert found.get("PID-5.1") == "ü"
    with pytest.raises(Hl7Error, match="PID-5"):
        found.check_characters()
    lost = parse(HEAD.format("ASCII~ISO IR87").encode().replace(b"FAMILY", b"\x1b$B;3"))
    assert lost.get("PV1-2") == "I" and lost.get("PID-8") == ""


@pytest.mark.parametrize(
    ("declared", "wire", "place"),
    [
        ("ASCII~8859/1", b"\x1b$B;3\x1b(B", "PID-5"),  # a switch to a set that is not named
        ("ASCII~ISO IR87", b"\x1b$B;\x1b(B", "PID-5"),  # half a letter
        ("ASCII~ISO IR87", b"\x1b$B~~\x1b(B", "PID-5"),  # no such letter
        ("ASCII~ISO IR87", b"\xfc", "PID-5"),  # nothing on the right
        ("KS X 1001", b"\xc8", "PID-5"),
        ("GB 18030-2000", b"\xff", "PID-5"),
        ("CNS 11643-1992", b"x", "MSH-18"),
        ("ASCII~EBCDIC", b"x", "MSH-18"),
        ("ASCII~ISO IR87~ISO IR159~KS X 1001~8859/2", b"x", "MSH-18"),
        ("UNICODE UTF-16", b"x", "MSH-18"),
    ],
)
def test_what_cannot_be_decoded_has_its_place(declared, wire, place):
    """As a finding, and as the error that a receiver answers with."""
    found = parse(HEAD.format(declared).encode().replace(b"FAMILY", wire))
    told = [one for one in validate(found) if one.rule in ("characters.decode", "characters.set")]
    assert [one.path for one in told] == [place]
    with pytest.raises(Hl7Error) as caught:
        found.check_characters()
    assert caught.value.place == place and caught.value.remedy


def test_a_receiver_takes_the_sets_and_answers_in_them(ground):
    """Kanji with a | among their bytes are applied and acknowledged in the same set; a broken one gets AE at PID-5."""
    inbox = Inbox(ground)
    good = message("ASCII~ISO IR87", "乱", "一郎")
    bad = good.data.replace(b"EPR1", b"EPR2").replace("乱".encode("iso2022_jp"), b"\x1b$B~~\x1b(B")
    try:
        first, second = inbox.talk(good.data, bad)
    finally:
        inbox.server.close()
    assert (first.get("MSA-1"), first.all("MSH-18")) == ("AA", ["ASCII", "ISO IR87"])
    assert (second.get("MSA-1"), second.get("ERR-2.1"), second.get("ERR-2.3")) == ("AE", "PID", "5")
    assert inbox.done == ["EPR1"]


def test_an_acknowledgement_says_letters_in_the_set_of_the_message():
    """What the receiver says of 山 is written in ISO IR87 and read again."""
    received = message("ISO IR87", "山")
    answer = parse(acknowledge(received, now=datetime(2026, 3, 2), text="山 | kept"))
    assert answer.get("MSA-3") == "山 | kept"


@pytest.mark.parametrize("form", wide.FORMS)
def test_utf_16_and_utf_32_are_told_by_their_first_bytes_and_written_alike(form):
    """Either order of bytes, with a byte order mark or without; from the wire they are refused with a remedy."""
    declared = wide.named(form)
    data = wide.widened(HEAD.format(declared).replace("FAMILY", "王𠮷").encode(), form)
    assert wide.form_of(data) == form
    assert wide.widened(wide.narrowed(data, form), form) == data
    with pytest.raises(Hl7Error, match="UTF-8") as caught:
        parse(data)
    assert caught.value.ack_code == "AR"


def test_a_message_goes_into_utf_16_and_back():
    """convert writes it big-endian with a mark; Latin-1 lacks nothing of it afterwards."""
    made = message("8859/1", "Müller")
    broad = forms.recoded(made, "UNICODE UTF-16")
    assert broad.encode().startswith(b"\xfe\xff\0M\0S\0H") and broad.get("PID-5.1") == "Müller"
    assert [one for one in validate(broad) if one.rule.startswith("characters")] == []
    assert forms.recoded(broad, "8859/1").data == made.data
    assert forms.message_of(json.loads(json.dumps(forms.as_json(broad)))).encode() == broad.encode()
    told = validate(broad.set("MSH-18", "8859/1"))
    assert ("MSH-18", "characters.set") in [(one.path, one.rule) for one in told]


def test_codecs_are_few_whatever_msh_18_says():
    """Names of sets come from the wire; the codecs that are made of them do not grow without bound."""
    names = {characters.codec("~".join(("ASCII", one, other))) for one in iso2022.SETS for other in iso2022.SETS}
    assert len(names) <= len(iso2022.SETS) * (len(iso2022.SETS) + 1) // 2


def test_the_same_letters_in_another_set_are_no_difference():
    """MSH-18 alone differs; letters that cannot be read do."""
    one = message("UNICODE UTF-8", "山田")
    other = forms.recoded(one, "ASCII~ISO IR87")
    assert {change.path[:6] for change in difference(one, other)} == {"MSH-18"}
    broken = parse(other.data.replace(b"\x1b$B;3ED\x1b(B", b"\x1b$B~~\x1b(B"))
    assert "PID-5.1" in {change.path for change in difference(one, broken)}
