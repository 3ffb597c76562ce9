"""Each rule of the profiles is broken by a message, and none by a right one; a profile of one's own is YAML."""

import pytest

from simlab.errors import BadInput
from simlab.hl7 import profile
from simlab.hl7.message import parse
from simlab.hl7.validator import validate
from tests.hl7.messages import ADMISSION, MERGE, OMI, ORDER, REPORT

UK = ADMISSION.replace(b"9990001235", b"9990000018")

BROKEN = [
    ("ihe-rad", "rad-1.segments", ADMISSION[: ADMISSION.index(b"PV1")]),
    ("ihe-rad", "rad-1.fields", ADMISSION.replace(b"|F|", b"||")),
    ("ihe-rad", "rad-1.admission", ADMISSION.replace(b"MED", b"")),
    ("ihe-rad", "rad-2.segments", ORDER.replace(b"PV1|1|O\r", b"")),
    ("ihe-rad", "rad-2.placer", ORDER.replace(b"CTHEA^CT Head^L", b"")),
    ("ihe-rad", "rad-2.numbers", ORDER.replace(b"OBR|1|P1|", b"OBR|1|P2|")),
    ("ihe-rad", "rad-3.filler", ORDER.replace(b"ORC|NW|P1|F1", b"ORC|SC|P1|")),
    ("ihe-rad", "rad-4.zds", ORDER[: ORDER.index(b"ZDS")]),
    ("ihe-rad", "rad-4.fields", ORDER.replace(b"|ACC1|", b"||")),
    ("ihe-rad", "rad-4.start", ORDER.replace(b"SC||^^^20260302090000^^R", b"SC||")),
    ("ihe-rad", "rad-4.uid", ORDER.replace(b"2.25.17", b"2.025.17")),
    ("ihe-rad", "rad-4.uid", OMI.replace(b"2.25.17", b"x", 1)),
    ("ihe-rad", "rad-4.zds-type", ORDER.replace(b"^DICOM", b"^HTML")),
    ("ihe-rad", "rad-4.omi", OMI.replace(b"TQ1|1||||||20260302090000||R\r", b"")),
    ("ihe-rad", "rad-4.ipc", OMI.replace(b"|SPS2|", b"||")),
    ("ihe-rad", "rad-12.segments", ADMISSION.replace(b"A01", b"A08").replace(b"EVN|A08|20260302074000\r", b"")),
    ("ihe-rad", "rad-12.merge", MERGE.replace(b"MRG|777^^^RXX01^MR\r", b"")),
    ("ihe-rad", "rad-12.same-authority", MERGE.replace(b"777^^^RXX01", b"777^^^RYY02")),
    ("ihe-rad", "rad-12.same-authority", MERGE.replace(b"777", b"1234567")),
    ("ihe-rad", "rad-13.state", ORDER.replace(b"ORC|NW|P1|F1||SC", b"ORC|DC|P1|F1||SC")),
    ("ihe-rad", "rad-28.segments", REPORT.replace(b"|CT|F\r", b"|CT|\r")),
    ("ihe-rad", "rad-28.uid", REPORT.replace(b"OBX|1|HD|113014^DICOM Study^DCM||2.25.17||||||F\r", b"")),
    ("uk", "uk.authority", UK.replace(b"1234567^^^RXX01&1.2.3&ISO^MR", b"1234567")),
    ("uk", "uk.nhs-first", UK.replace(b"1234567^^^RXX01&1.2.3&ISO^MR~", b"")),
    ("uk", "uk.nhs-number", UK.replace(b"9990000018", b"9990000019")),
    ("uk", "uk.nhs-range", UK.replace(b"9990000018", b"9434765919")),
    ("uk", "uk.trace-status", UK.replace(b"LS1 4AP", b"LS1 4AP" + b"|" * 21 + b"NSTS99")),
    ("uk", "uk.postcode", UK.replace(b"LS1 4AP", b"LS14AP")),
]


@pytest.mark.parametrize(("name", "rule", "data"), BROKEN, ids=[f"{rule}-{n}" for n, (_, rule, _) in enumerate(BROKEN)])
def test_each_rule_of_a_profile_finds_what_it_is_for(name, rule, data):
    """The finding carries the rule's own severity, and a place in the message."""
    chosen = profile.load(name)
    [wanted] = [one for one in chosen.rules if one.rule == rule]
    found = [one for one in validate(parse(data), [chosen]) if one.rule == rule]
    assert found
    assert {one.severity for one in found} == {wanted.severity}
    assert all(one.path and 0 <= one.start <= one.end <= len(data) for one in found)


@pytest.mark.parametrize("name", profile.names())
def test_every_rule_of_a_profile_is_proved(name):
    """No rule of a shipped profile stands there without a message that breaks it."""
    assert {rule for of, rule, _ in BROKEN if of == name} == {one.rule for one in profile.load(name).rules}


@pytest.mark.parametrize("section", ["LAB", "CH", "HM", "MB", "SP"])
def test_a_blood_result_is_not_judged_as_an_imaging_report(section):
    """RAD-28 is for what has images; what OBR-24 says to be the laboratory's has no study to name."""
    data = REPORT.replace(b"OBX|1|HD|113014^DICOM Study^DCM||2.25.17||||||F\r", b"")
    assert data.count(b"|CT|F\r") == 1
    chosen = [profile.load("ihe-rad")]
    assert "rad-28.uid" not in {
        one.rule for one in validate(parse(data.replace(b"|CT|F", f"|{section}|F".encode())), chosen)
    }
    for imaging in (b"|CT|F", b"|RAD|F", b"||F"):
        assert "rad-28.uid" in {one.rule for one in validate(parse(data.replace(b"|CT|F", imaging)), chosen)}


@pytest.mark.parametrize("data", [UK, ORDER, MERGE, REPORT, OMI])
def test_a_right_message_passes_both(data):
    """Neither profile finds anything in it."""
    assert validate(parse(data), [profile.load("ihe-rad"), profile.load("uk")]) == []


def test_trace_status_codes_are_known_with_the_profile_alone():
    """NSTS01 is no code of table 0445, and is one by the profile uk."""
    message = parse(UK.replace(b"LS1 4AP", b"LS1 4AP" + b"|" * 21 + b"NSTS01"))
    assert [one.rule for one in validate(message)] == ["table.user"]
    assert validate(message, [profile.load("uk")]) == []


def test_pid_32_is_asked_for_from_2_4_on():
    """In 2.3.1 the field does not exist, and uk says nothing about its content."""
    message = parse(UK.replace(b"|2.5.1|", b"|2.3.1|").replace(b"LS1 4AP", b"LS1 4AP" + b"|" * 21 + b"NSTS99"))
    assert "uk.trace-status" not in [one.rule for one in validate(message, [profile.load("uk")])]


def test_a_profile_of_ones_own_is_a_file(tmp_path):
    """A YAML file adds a rule; a mistake in it is named with file and line."""
    own = tmp_path / "own.yaml"
    own.write_text(
        "name: own\ntitle: Ours\nsource: us\nrules:\n"
        "  - {rule: own.visit, source: us, when: {types: [ADT]}, required: [PV1-50], what: wanted, remedy: Fill it.}\n"
    )
    assert [one.path for one in validate(parse(ADMISSION), [profile.load(str(own))])] == ["PV1-50"]
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(own.read_text().replace("PV1-50", "PV1/50"))
    with pytest.raises(BadInput) as caught:
        profile.load(str(wrong))
    assert caught.value.place.endswith("wrong.yaml:5")
    with pytest.raises(BadInput, match="no profile"):
        profile.load("klingon")
