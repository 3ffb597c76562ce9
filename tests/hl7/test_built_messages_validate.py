"""What our builders write is right by HL7 and by the profile that it is meant for, in every version they write."""

from datetime import datetime

import pytest

from simlab.hl7 import build, profile
from simlab.hl7.message import parse
from simlab.hl7.validator import validate

NOW = datetime(2026, 3, 2, 7, 40)
ANNA = build.Patient(
    (build.Identifier("1234567", "RXX01"), build.Identifier("9990000018", "NHS", "NH")),
    family="O|Neill & Söhne", given="Anna", title="Dr", sex="F", birth_date="19700101", address="1 High Street",
    postcode="LS1 4AP", phone="0113 496 0000",
)  # fmt: skip
BELL = build.Patient((build.Identifier("7654321", "RXX01"),), family="Bell", given="Ben", sex="M")
VISIT = build.Visit("V100", "I", "WARD 7", "Shah^Priya", NOW, service="MED")
ORDER = build.Order(
    "P1", "F1", "CTHEA", "CT Head", "ACC1", "RP1", "SPS1", "CT", NOW, reason="fall", referrer="Lee^Ann",
    study_uid="2.25.17", pregnant=True, weight="70", height="1.7", alerts="MRSA",
)  # fmt: skip
OLD = [build.Identifier("777", "RXX01")]


def _header(version: str) -> build.Header:
    return build.Header("EPR", "RXX01", "RIS", "RXX01", "EPR1", NOW, version=version)


def built(version: str) -> dict[str, bytes]:
    """A message of each kind that we build."""
    head = _header(version)
    made = {f"adt {event}": build.adt(head, event, ANNA, VISIT) for event in build.PERSONS}
    made |= {f"merge {event}": build.merge(head, ANNA, OLD, event=event, visit=VISIT) for event in build.MERGES}
    made |= {
        "link": build.link(head, ANNA, BELL),
        "unlink": build.link(head, ANNA, BELL, unlink=True),
        "move": build.move(head, [build.Identifier("V9", "RXX01", "AN")], ANNA, OLD[0]),
        "renumber": build.renumber(head, ANNA, OLD),
        "order": build.orm(head, "NW", ANNA, ORDER, VISIT),
        "order cancelled": build.orm(head, "CA", ANNA, build.Order(**{**vars(ORDER), "status": "CA"}), VISIT),
        "reply": build.orr(head, "EPR1", [("OK", "P1", "F1")]),
        **{f"report {status}": build.oru(head, ANNA, ORDER, "One\nTwo", status=status) for status in "PFCX"},
        **{f"appointment {event}": build.siu(head, event, ANNA, ORDER) for event in ("S12", "S13", "S14", "S15")},
    }
    if version == "2.5.1":
        made["imaging order"] = build.omi(head, "NW", ANNA, ORDER, VISIT)
    return made


CASES = [(version, what) for version in ("2.3", "2.3.1", "2.4", "2.5.1") for what in built(version)]


@pytest.mark.parametrize(("version", "what"), CASES)
def test_a_built_message_has_no_error(version, what):
    """It keeps its bytes, and has no error by the version's dictionary, by ihe-rad or by uk."""
    data = built(version)[what]
    message = parse(data)
    assert message.encode() == data
    found = validate(message, [profile.load("ihe-rad"), profile.load("uk")])
    assert [f"{f.rule} {f.path}: {f.what}" for f in found if f.severity == "error"] == []
    # A field that the version does not have yet is a slip of ours, though it troubles nobody.
    assert [f"{f.path}: {f.what}" for f in found if f.rule == "field.extra"] == []
