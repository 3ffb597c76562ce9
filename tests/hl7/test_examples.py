"""Example messages of every structure and version keep their bytes and are found to be right."""

import pytest

from simlab.hl7 import dictionary, forms
from simlab.hl7.message import parse
from simlab.hl7.validator import validate
from tests.hl7.examples import VERSIONS, example, spoken


@pytest.mark.parametrize(("name", "version"), spoken())
@pytest.mark.parametrize("full", [False, True], ids=["required", "everything"])
def test_an_example_round_trips_and_validates(name, version, full):
    """parse and encode, JSON and back, give the bytes; the validator finds no error in structure, fields or types."""
    data = example(name, version, full=full)
    message = parse(data)
    assert message.encode() == data
    assert forms.from_json(forms.as_json(message)) == data
    assert [str(finding) for finding in validate(message) if finding.severity == "error"] == []


@pytest.mark.parametrize(("name", "version"), spoken())
def test_each_required_segment_is_missed(name, version):
    """Without any one of its required segments, but for MSH, the example is found wanting that segment."""
    message = parse(example(name, version, full=False))
    for number, segment in enumerate(message.segments[1:], 1):
        lines = [s.raw for n, s in enumerate(message.segments) if n != number]
        found = [f for f in validate(parse(b"\r".join(lines) + b"\r")) if f.rule == "structure.missing"]
        assert segment.name in {f.path for f in found}


def test_every_version_has_the_structures_of_the_message_set():
    """Each version knows the structures of admissions, merges, orders and reports; OMI is there from 2.5 on."""
    held = {version: {name for name, of in spoken() if of == version} for version in VERSIONS}
    assert all({"ADT_A01", "ADT_A39", "ADT_A24", "ORM_O01", "ORU_R01", "ACK"} <= names for names in held.values())
    assert "OMI_O23" in held["2.5.1"]


@pytest.mark.parametrize(
    ("kind", "event", "version", "structure"),
    [
        ("ADT", "A08", "2.5.1", "ADT_A01"),
        ("ADT", "A40", "2.3.1", "ADT_A39"),
        ("ADT", "A28", "2.3.1", "ADT_A01"),
        ("ADT", "A28", "2.5.1", "ADT_A05"),
        ("ADT", "A37", "2.3.1", "ADT_A24"),
        ("ADT", "A47", "2.4", "ADT_A30"),
        ("SIU", "S15", "2.5.1", "SIU_S12"),
        ("ACK", "A01", "2.5.1", "ACK"),
        ("ADT", "Q99", "2.5.1", ""),
    ],
)
def test_the_structure_follows_from_event_and_version(kind, event, version, structure):
    """Table 0354, with what was other before 2.4."""
    assert dictionary.structure_of(kind, event, version) == structure
