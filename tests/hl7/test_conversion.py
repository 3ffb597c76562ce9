"""Messages made another version's: nothing wrong that was right before, and nothing lost in silence."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simlab.department.ris.order_lines import order_lines
from simlab.department.ris.patients import Identifier
from simlab.department.ris.settings import RisSettings
from simlab.errors import BadInput
from simlab.hl7 import dictionary
from simlab.hl7.conversion import converted
from simlab.hl7.message import Hl7Error, parse
from simlab.hl7.validator import validate
from tests.hl7.examples import example, spoken
from tests.hl7.messages import ADMISSION, ALL, MERGE, OMI, ORDER, REPORT
from tests.hl7.test_built_messages_validate import built

MESSAGES = {
    **ALL,
    **{
        f"{what} {version}": data
        for version in ("2.3", "2.3.1", "2.4", "2.5.1")
        for what, data in built(version).items()
    },
}


def errors(message):
    """How often each rule is broken."""
    return Counter(one.rule for one in validate(message) if one.severity == "error")


def told(notes):
    """The notes by their places."""
    return {note.place: note.what for note in notes}


@pytest.mark.parametrize("data", MESSAGES.values(), ids=MESSAGES)
def test_every_message_of_the_house_is_right_in_every_version(data):
    """The validator of each version finds no error, and MSH-9.3 and MSH-12 say what it is."""
    message = parse(data)
    for version in dictionary.SPOKEN:
        made, _ = converted(message, version)
        found = validate(made)
        assert [f"{one.path} {one.what}" for one in found if one.severity == "error"] == [], version
        assert not [one.what for one in found if one.rule in ("structure.foreign", "structure.mismatch")], version
        assert made.get("MSH-12") == version
        if version != message.version:
            named = dictionary.structure_of(made.get("MSH-9.1"), made.get("MSH-9.2"), version)
            assert made.get("MSH-9.3") in ((named,) if named and version != "2.3" else ("", message.get("MSH-9.3")))


def values(message):
    """How often each segment holds each value, MSH-1, 2, 9 and 12 left aside, which say the version."""
    skipped = ("MSH-1", "MSH-2", "MSH-9", "MSH-12")
    held = (element for element in message.walk() if element.leaf and element.path.split(".")[0] not in skipped)
    return Counter((element.path[:3], message.shown(element)) for element in held)


@pytest.mark.parametrize(("name", "of"), spoken())
def test_an_example_of_the_dictionaries_loses_nothing_in_silence(name, of):
    """A value that is gone has a note at its segment, and an error that is new has one too."""
    for version in dictionary.SPOKEN:
        for full in (False, True):
            message = parse(example(name, of, full=full))
            made, notes = converted(message, version)
            places = {note.place[:3] for note in notes}
            assert {segment for segment, _ in values(message) - values(made)} <= places
            new = errors(made) - errors(message)
            assert {one.path[:3] for one in validate(made) if one.rule in new and one.severity == "error"} <= places


def test_fields_that_the_other_version_lacks_are_left_out_and_told():
    """PID-32 came with 2.4, MSH-9.3 with 2.3.1; everything else keeps its bytes."""
    uk = parse(ADMISSION).set("PID-32", "01")
    made, notes = converted(uk, "2.3.1")
    assert made.data == ADMISSION.replace(b"|2.5.1|", b"|2.3.1|")
    assert told(notes) == {"PID-32": "Identity Reliability Code, '01', left out: version 2.3.1 has no such field"}
    oldest, notes = converted(uk, "2.3")
    assert oldest.get("MSH-9") == "ADT^A01"
    assert "2.3.1" in told(notes)["MSH-9.3"]
    assert "ADT_A01" in told(converted(parse(ADMISSION.replace(b"A01", b"A28")), "2.3.1")[1])["MSH-9.3"]
    same, notes = converted(uk, "2.5.1")
    assert same.data == uk.data and notes == ()


def test_errors_move_between_err_1_and_err_2():
    """ERR-1 until 2.4, ERR-2 to ERR-4 from 2.5 on; what has no place is told."""
    new = b"MSH|^~\\&|A|B|C|D|20260302074000||ACK^A01^ACK|1|P|2.5.1\rMSA|AE|7\r"
    new += b"ERR||PID^1^8|103^Table value^HL70357|E||||bad sex\r"
    made, notes = converted(parse(new), "2.3.1")
    assert made.data.endswith(b"\rERR|PID^1^8^103&Table value&HL70357\r")
    assert "'bad sex'" in told(notes)["ERR-8"]
    back, _ = converted(made, "2.5.1")
    assert back.data.endswith(b"\rERR||PID^1^8|103^Table value^HL70357|E\r")
    assert not errors(made) and not errors(back)


def test_dates_repetitions_and_parts_are_cut_to_what_may_stand_and_told():
    """An hour gets its minutes, a second PID-5 goes before 2.4 where it may stand once, a name loses its prefix."""
    given_one = parse(ADMISSION).set("EVN-2", "2026030207").set("PID-5.1", "van Gogh&van&Gogh", raw=True)
    given_one = given_one.add_repetition("PID-10", "A^White~B", raw=True)
    made, notes = converted(given_one, "2.3")
    assert (made.get("EVN-2"), made.get("PID-5.1"), made.get("PID-10")) == ("202603020700", "van Gogh", "A")
    assert {"EVN-2", "PID-5.1", "PID-10"} <= set(told(notes)) and "'van&Gogh'" in told(notes)["PID-5.1"]


def requests(message):
    """The orders as the RIS reads them, one a scheduled step."""
    patient, setting = Identifier("1234567", "RXX01"), RisSettings(station_from_orc18=True)
    return [request for line in order_lines(message, patient, setting) for request in line.requests]


def test_an_imaging_order_becomes_an_orm_with_zds_and_back():
    """The RIS reads the same orders from both; two IPC are two pairs of ORC and OBR."""
    omi = parse(OMI).set("IPC-6", "P1^Head^L", raw=True).set("IPC-9", "CT1")
    orm, notes = converted(omi, "2.3.1")
    assert requests(orm) == requests(omi) and len(requests(omi)) == 2
    assert orm.get("MSH-9") == "ORM^O01^ORM_O01"
    assert orm.all("OBR-20") == ["SPS1", "SPS2"] and orm.get("ZDS-1.1") == "2.25.17"
    assert orm.get("ORC-7") == "^^^20260302090000^^R" and orm.get("OBR-4") == "CTHEA^CT Head^L^P1^Head^L"
    assert "2 pairs" in told(notes)["IPC"]
    single = parse(ORDER)
    made, notes = converted(single, "2.5.1", orders="omi")
    assert made.get("MSH-9") == "OMI^O23^OMI_O23" and not errors(made)
    assert requests(made) == requests(single)
    assert [made.get(place) for place in ("IPC-1", "IPC-2", "IPC-3", "IPC-4", "IPC-5", "TQ1-7", "TQ1-9")] == [
        "ACC1", "RP1", "2.25.17", "SPS1", "CT", "20260302090000", "R"
    ]  # fmt: skip
    back, _ = converted(made, "2.3.1")
    assert [s.name for s in back.segments] == [s.name for s in single.segments]
    assert back.data == ORDER.replace(b"ORM^O01|", b"ORM^O01^ORM_O01|")
    kept, notes = converted(parse(ORDER.replace(b"|ACC1|", b"||")), "2.5.1", orders="omi")
    assert kept.get("MSH-9.1") == "ORM" and "stays an ORM" in told(notes)["MSH-9"]


def test_what_an_orm_has_no_place_for_is_told():
    """A station's name, another study, a second timing."""
    omi = parse(OMI).set("IPC-7", "CT ROOM").set("IPC[2]-3", "2.25.18").insert("TQ1|2||||||20260303", after="TQ1")
    _, notes = converted(omi, "2.4")
    said = told(notes)
    assert (
        "CT ROOM" in said["IPC[1]-7"] and "2.25.18" in said["IPC-3"] and any("20260303" in note.what for note in notes)
    )


def test_a_segment_out_of_place_is_put_right_or_left_out():
    """A ROL before PV1 has no place in 2.3.1; NTE before NK1 does in 2.5."""
    rol = parse(ADMISSION).insert("ROL|1|AD|PP|1^Lee", before="PV1")
    made, notes = converted(rol, "2.3.1")
    assert [s.name for s in made.segments] == ["MSH", "EVN", "PID", "PV1"] and "ROL" in told(notes)
    nte = (
        parse(REPORT.replace(b"2.5.1", b"2.3.1")).insert("NK1|1|LEE^ANN", before="OBR").insert("NTE|1||x", before="OBR")
    )
    made, notes = converted(nte, "2.5.1")
    assert [s.name for s in made.segments][:4] == ["MSH", "PID", "NTE", "NK1"] and "NTE" in told(notes)


def test_what_cannot_be_is_refused():
    """A version not spoken, a kind of orders that is none, bytes that are no text."""
    with pytest.raises(BadInput):
        converted(parse(MERGE), "2.9")
    with pytest.raises(BadInput):
        converted(parse(MERGE), "2.4", orders="both")
    with pytest.raises(Hl7Error, match="PID-5"):
        converted(parse(ADMISSION.replace(b"\xc3\xb6", b"\xf6")), "2.4")


shapes = st.text(st.sampled_from("ab1|^~\\&\r\xe9"), max_size=60)


@settings(max_examples=200, deadline=None)
@given(shapes, st.sampled_from(["ORM^O01", "OMI^O23", "ADT^A01", "X"]), st.sampled_from(dictionary.SPOKEN))
def test_any_message_is_converted_or_refused_with_a_place(rest, kind, version):
    """Whatever stands in it, no other error; done again it stays as it is."""
    data = f"MSH|^~\\&|A|B|||||{kind}|1|P|2.4\rORC|1\rTQ1|{rest}\rIPC|{rest}\rPID|{rest}".encode()
    try:
        message = parse(data)
        made, _ = converted(message, version)
    except Hl7Error as error:
        assert error.place
        return
    assert converted(made, version)[0].data == made.data
