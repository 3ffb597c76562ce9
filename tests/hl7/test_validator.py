"""The validator says everything that is wrong, each with its place, its bytes, its rule and what to do."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simlab.errors import BadInput
from simlab.hl7 import profile, values
from simlab.hl7.findings import RULES, SEVERITIES, worst
from simlab.hl7.message import Hl7Error, parse
from simlab.hl7.validator import MOST_FINDINGS, validate
from tests.hl7.messages import ADMISSION, ALL, MERGE, ORDER, REPORT

WRONG = [
    ("structure.unknown", ADMISSION.replace(b"ADT^A01^ADT_A01", b"ADT^Q99"), "MSH-9"),
    ("structure.mismatch", ADMISSION.replace(b"ADT_A01", b"ADT_A39"), "MSH-9.3"),
    ("structure.missing", MERGE.replace(b"MRG|777^^^RXX01^MR\r", b""), "MRG"),
    ("structure.missing", ADMISSION[: ADMISSION.index(b"PV1")], "PV1"),
    ("structure.order", ADMISSION.replace(b"EVN|A01|20260302074000\r", b"") + b"EVN|A01|20260302074000\r", "EVN"),
    ("structure.repeat", ADMISSION + b"PV1|1|O\r", "PV1[2]"),
    ("structure.foreign", MERGE + b"OBR|1|||X^Y^L\r", "OBR"),
    ("structure.segment", ADMISSION + b"XYZ|1\r", "XYZ"),
    ("structure.segment", ADMISSION + b"pid|1\r", "pid"),
    ("field.required", ADMISSION.replace(b"PV1|1|I|", b"PV1|1||"), "PV1-2"),
    ("field.required", ADMISSION.replace(b"|EPR1|", b"||"), "MSH-10"),
    ("field.repeat", ADMISSION.replace(b"|F|", b"|F~M|"), "PID-8"),
    ("field.extra", ORDER.replace(b"PV1|1|O", b"PV1|1|O" + b"|" * 60 + b"x"), "PV1-62"),
    (
        "field.withdrawn",
        REPORT.replace(b"|No fracture.||||||F", b"|No fracture.||||||F" + b"|" * 9 + b"x"),
        "OBX[2]-20",
    ),
    ("field.length", ORDER.replace(b"1234567^^^RXX01^MR", b"1234567^^^RXX01ANDMUCHMORE^MR"), "PID-3"),
    ("type.parts", ADMISSION.replace(b"|19700101|F|", b"|19700101|F^M|"), "PID-8"),
    ("type.parts", ADMISSION.replace(b"WARD 7^4", b"WARD 7^4&5&6&7"), None),
    ("type.extra", ADMISSION.replace(b"J\xc3\xb6rg", b"J\xc3\xb6rg" + b"^" * 20 + b"x"), "PID-5"),
    ("type.date", ADMISSION.replace(b"19700101", b"19700230"), "PID-7"),
    ("type.date", ADMISSION.replace(b"19700101", b"01/01/1970"), "PID-7"),
    ("type.date", ADMISSION.replace(b"EVN|A01|20260302074000", b"EVN|A01|202603020760"), "EVN-2"),
    ("type.time", REPORT.replace(b"TX|GDT^Report^L||No fracture.", b"TM|GDT^Report^L||2560"), "OBX[2]-5"),
    ("type.number", REPORT.replace(b"TX|GDT^Report^L||No fracture.", b"NM|GDT^Report^L||1,5"), "OBX[2]-5"),
    ("type.sequence", ADMISSION.replace(b"PID|1|", b"PID|one|"), "PID-1"),
    ("type.value", REPORT.replace(b"OBX|2|TX|", b"OBX|2|QQ|"), "OBX[2]-2"),
    ("table.code", ORDER.replace(b"ORC|NW|", b"ORC|QQ|"), "ORC-1"),
    ("table.user", ADMISSION.replace(b"PV1|1|I|", b"PV1|1|Q|"), "PV1-2"),
    ("table.open", ADMISSION.replace(b"^NHS^NH~", b"^NHS^NH~").replace(b"^NHS^NH|", b"^NHS^QQQ|"), "PID-3[2].5"),
    ("check-digit", ADMISSION.replace(b"1234567^^^", b"1234567^5^M11^"), "PID-3[1].2"),
    ("escape.unknown", ADMISSION.replace(b"O\\T\\", b"O\\Q\\"), "PID-5"),
    ("escape.unbalanced", ADMISSION.replace(b"O\\T\\", b"O\\"), "PID-5"),
    ("characters.set", ADMISSION.replace(b"UNICODE UTF-8", b"KLINGON"), "MSH-18"),
    ("characters.decode", ADMISSION.replace(b"\xc3\xb6", b"\xf6"), "PID-5"),
    ("characters.undeclared", ADMISSION.replace(b"UNICODE UTF-8", b""), "MSH-18"),
    ("characters.control", REPORT.replace(b"No fracture.", b"No\nfracture."), "OBX[2]-5"),
    ("characters.control", ADMISSION.replace(b"High Street", b"High\x07Street"), "PID-11"),
    ("msh.separators", ADMISSION.replace(b"^", b"!"), "MSH-2"),
    ("msh.truncation", ADMISSION.replace(b"^~\\&|", b"^~\\&#|"), "MSH-2"),
    ("msh.version", ADMISSION.replace(b"|2.5.1|", b"|2.9|"), "MSH-12"),
    ("msh.event", ADMISSION.replace(b"EVN|A01|", b"EVN|A08|"), "EVN-1"),
    ("msh.type", ADMISSION.replace(b"ADT^A01^ADT_A01", b"ADT"), "MSH-9"),
    ("more", ADMISSION + b"XYZ|1\r" * (MOST_FINDINGS + 1), ""),
]


@pytest.mark.parametrize("data", ALL.values(), ids=ALL)
def test_a_right_message_has_no_findings(data):
    """Neither by HL7 nor by the profile of radiology."""
    assert validate(parse(data), [profile.load("ihe-rad")]) == []


@pytest.mark.parametrize(("rule", "data", "path"), WRONG, ids=[f"{rule}-{n}" for n, (rule, _, _) in enumerate(WRONG)])
def test_each_rule_finds_what_it_is_for(rule, data, path):
    """The finding has the rule's severity, the path, the bytes of the place, what, and a remedy."""
    found = [one for one in validate(parse(data)) if one.rule == rule]
    assert found, [f"{one.rule} {one.path}" for one in validate(parse(data))]
    one = found[0]
    assert path in (None, one.path)
    assert one.severity == RULES[rule][0]
    assert 0 <= one.start <= one.end <= len(data)
    assert one.what and one.remedy


def test_every_rule_is_proved():
    """No rule stands in the table without a message that breaks it."""
    assert {rule for rule, _, _ in WRONG} == set(RULES)
    assert {severity for severity, _ in RULES.values()} <= set(SEVERITIES)


def test_all_findings_come_at_once():
    """Three mistakes are three findings, in the order of the message."""
    data = (
        ADMISSION.replace(b"19700101", b"19700230").replace(b"PV1|1|I|", b"PV1|1||").replace(b"EVN|A01|", b"EVN|A08|")
    )
    assert [one.path for one in validate(parse(data))] == ["EVN-1", "PID-7", "PV1-2"]


def test_a_finding_gives_the_very_bytes():
    """start and end cut the wrong value out of the message."""
    data = ADMISSION.replace(b"19700101", b"19700230")
    [one] = validate(parse(data))
    assert data[one.start : one.end] == b"19700230"


def test_a_missing_segment_has_the_place_where_it_should_stand():
    """The span of what is missing is empty, and lies before the segment that follows it."""
    data = ADMISSION.replace(b"EVN|A01|20260302074000\r", b"")
    [one] = validate(parse(data))
    assert (one.path, one.start, one.end) == ("EVN", data.index(b"PID"), data.index(b"PID"))


def test_another_version_can_be_asked_for():
    """PID-32 does not exist in 2.3.1; an unknown version is refused."""
    data = ADMISSION.replace(b"LS1 4AP", b"LS1 4AP" + b"|" * 21 + b"US")
    assert [one.rule for one in validate(parse(data))] == []
    assert "field.extra" in [one.rule for one in validate(parse(data), version="2.3.1")]
    with pytest.raises(BadInput, match="not judged"):
        validate(parse(data), version="7")


def test_z_segments_may_stand_anywhere():
    """A Z-segment between two others is no finding."""
    assert validate(parse(ADMISSION.replace(b"PV1|", b"ZAB|x^y&z~q|\rPV1|"))) == []


def test_deleted_values_are_values():
    """Two quotation marks in a date or a code are no finding."""
    assert validate(parse(ADMISSION.replace(b"|19700101|F|", b'|""|""|'))) == []


def test_orders_that_hl7apy_fails_are_judged_right():
    """ORM^O01 with OBR alone is right in all four versions; without OBR's service it is not."""
    for version in (b"2.3", b"2.3.1", b"2.4", b"2.5.1"):
        data = ORDER.replace(b"|2.3.1\r", b"|" + version + b"\r")
        assert [one.rule for one in validate(parse(data)) if one.severity == "error"] == []
        assert [one.path for one in validate(parse(data.replace(b"CTHEA^CT Head^L", b"")))] == ["OBR-4"]


def test_the_check_digits_are_those_of_the_standard():
    """HL7 v2.5.1 ch. 2.A.14: M10 of 12345, 401, 9999 and 99999999; M11 of 1234567. NHS: modulus 11."""
    assert [values.mod_10(n) for n in ("12345", "401", "9999", "99999999")] == ["5", "0", "4", "8"]
    assert values.mod_11("1234567") == "4"
    assert values.nhs_number("9990000018") and values.nhs_number("9434765919")
    assert not values.nhs_number("9434765918") and not values.nhs_number("999000001")


@pytest.mark.parametrize(
    ("text", "right"),
    [
        *[(text, True) for text in ("1970", "197002", "20240229", "20260302074000.1234+0100", "202603020740-0500")],
        *[(text, False) for text in ("197", "20230229", "2026030224", "20260302074000+9900", "1970-01-01", "19701")],
    ],
)
def test_dates_and_times_are_those_of_the_calendar(text, right):
    """DTM in all its precisions."""
    assert (values.a_date_time(text) is None) is right


fields = st.text(st.sampled_from("ab19|^~\\&\x07\xe9"), max_size=40)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([*ALL.values()]),
    st.lists(st.tuples(st.sampled_from(["PID", "OBX", "ORC", "MRG", "PV1", "IPC", "ZDS", "q99"]), fields), max_size=5),
    st.binary(max_size=60),
)
def test_the_validator_never_raises(data, segments, tail):
    """Whatever parses is judged, by both profiles, and every finding lies in the message."""
    data += b"".join(f"{name}|{rest}\r".encode("latin-1") for name, rest in segments)
    for candidate in (data, data + b"PID|" + tail, data[: len(data) // 2] + tail):
        try:
            message = parse(candidate)
        except Hl7Error:
            continue
        for one in validate(message, [profile.load("ihe-rad"), profile.load("uk")]):
            assert 0 <= one.start <= one.end <= len(candidate)
            assert one.rule and one.what and one.remedy


def test_the_worst_of_findings_is_an_error_if_there_is_one():
    """worst() is what exit codes go by."""
    assert worst([]) is None
    assert worst(validate(parse(ADMISSION.replace(b"19700101", b"1")))) == "error"
    assert worst(validate(parse(ADMISSION.replace(b"EVN|A01|", b"EVN|A08|")))) == "warning"
