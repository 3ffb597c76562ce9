"""Built messages say what they were given, with UK identifiers and the right structures."""

from datetime import datetime

import pytest

from simlab.hl7 import build, dictionary
from simlab.hl7.message import Hl7Error, parse

NOW = datetime(2026, 3, 2, 7, 40)
HEADER = build.Header("EPR", "RXX01", "ENGINE", "RXX01", "EPR1", NOW)
ANNA = build.Patient(
    (build.Identifier("1234567", "RXX01"), build.Identifier("9990001235", "NHS", "NH")),
    family="O|Neill & Söhne",
    given="Anna",
    title="Dr",
    sex="F",
    birth_date="19700101",
)


def test_a_merge_names_survivor_and_retired_with_their_authority():
    """PID-3 survives, MRG-1 is retired; the structure of A40 is ADT_A39."""
    message = parse(build.merge(HEADER, ANNA, [build.Identifier("777", "RXX01")]))
    assert message.get("MSH-9") == "ADT^A40^ADT_A39"
    assert message.all("PID-3") == ["1234567^^^RXX01^MR", "9990001235^^^NHS^NH"]
    assert message.get("MRG-1") == "777^^^RXX01^MR"
    assert message.get("PID-5.1") == "O|Neill & Söhne"


@pytest.mark.parametrize("event", ["A01", "A04", "A08", "A28", "A31"])
def test_admissions_have_the_segments_of_rad_1(event):
    """MSH EVN PID PV1, in that order, and the structure of table 0354."""
    message = parse(build.adt(HEADER, event, ANNA, build.Visit("V1", "I", "WARD 7")))
    assert [s.name for s in message.segments] == ["MSH", "EVN", "PID", "PV1"]
    assert message.get("MSH-9.3") == build.STRUCTURES[event]
    assert message.get("PV1-19") == "V1"


def test_an_order_places_its_numbers_as_rad_4_does():
    """Accession OBR-18, procedure OBR-19, step OBR-20, start ORC-7.4, UID in ZDS-1.1."""
    order = build.Order("P1", "F1", "CTHEAD", "CT head", "ACC1", "RP1", "SPS1", "CT", NOW, study_uid="2.25.1")
    message = parse(build.orm(HEADER, "NW", ANNA, order))
    places = ["ORC-1", "ORC-2", "ORC-3", "ORC-7.4", "ORC-7.6", "OBR-18", "OBR-19", "OBR-20", "OBR-24", "ZDS-1.1"]
    assert [message.get(p) for p in places] == [
        *("NW", "P1", "F1", "20260302074000", "R", "ACC1", "RP1", "SPS1", "CT", "2.25.1")
    ]


def test_a_report_is_a_line_an_obx():
    """Each line is one OBX-5 with the report's status."""
    message = parse(build.oru(HEADER, ANNA, build.Order("P1", study_uid="2.25.1"), "Line one\nLine | two"))
    assert message.all("OBX-5") == ["2.25.1", "Line one", "Line | two"]
    assert set(message.all("OBX-11")) == {"F"}


def test_a_letter_outside_the_character_set_is_refused():
    """What MSH-18 cannot carry is an error before it is sent."""
    header = build.Header("EPR", "RXX01", "ENGINE", "RXX01", "EPR1", NOW, character_set="ASCII")
    with pytest.raises(Hl7Error, match="ASCII"):
        build.adt(header, "A01", ANNA)


def test_the_dictionary_names_fields_and_types():
    """Names and data types follow the version; unknown places have none."""
    assert dictionary.field_name("PID", 3, "2.5.1") == "Patient Identifier List"
    assert dictionary.data_type("PID", 3, "2.3.1") == "CX"
    assert dictionary.field_name("PID", 99) == ""
    assert dictionary.field_name("ZZZ", 1) == ""
    assert dictionary.field_name("PID", 3, "9.9") == "Patient Identifier List"
