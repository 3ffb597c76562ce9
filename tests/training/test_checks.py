"""Each word of the checks' language says what it should, and never passes by mistake."""

from typing import Any

import pytest

from simlab.errors import BadInput
from simlab.training.checks import BROKEN, FAILED, PASSED, SKIPPED, Finding, Sight, Since, parse
from simlab.yaml_source import parse as read
from tests.training.fakes import FakeSnapshot, change, event

STUDIES = [
    {"study_uid": "1.1", "patient_id": "A", "modality": "CT", "instances": 12},
    {"study_uid": "1.2", "patient_id": "A", "modality": "US", "instances": 2},
    {"study_uid": "1.3", "patient_id": "B", "modality": "CT", "instances": 12},
]


def look(text: str, snapshot: FakeSnapshot, **sight: Any) -> Finding:
    return parse(read(text, "c.yaml"), nested=True).look(Sight(snapshot, **sight))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("pacs.study: {query: {patient_id: A}}", PASSED),
        ("pacs.study: {query: {patient_id: C}}", FAILED),
        ("pacs.study: {query: {patient_id: A}, count: 2}", PASSED),
        ("pacs.study: {query: {patient_id: A}, count: {max: 1}}", FAILED),
        ("pacs.study: {query: {patient_id: [A, B]}, exactly: ['1.1', '1.2', '1.3']}", PASSED),
        ("pacs.study: {query: {patient_id: A}, exactly: ['1.1']}", FAILED),
        ("pacs.study: {contains: ['1.1', '1.3']}", PASSED),
        ("pacs.study: {contains: '9.9'}", FAILED),
        ("pacs.study: {query: {study_uid: '1.1'}, is: {patient_id: A}}", PASSED),
        ("pacs.study: {query: {study_uid: '1.1'}, is: {patient_id: B}}", FAILED),
        ("pacs.study: {query: {instances: {min: 10}}, count: 2}", PASSED),
        ("pacs.study: {query: {modality: {not: CT}}, count: 1}", PASSED),
        ("pacs.study: {query: {patient_id: C}, none: true}", PASSED),
        ("pacs.study: {query: {patient_id: A}, none: true}", FAILED),
        ("pacs.study: {query: {patiend_id: A}}", BROKEN),
        ("all: [{pacs.study: {count: 3}}, {not: {pacs.study: {query: {patient_id: C}}}}]", PASSED),
        ("any: [{pacs.study: {count: 9}}, {pacs.study: {count: 3}}]", PASSED),
        ("any: [{pacs.study: {count: 9}}, {pacs.peer: {}}]", BROKEN),
        ("not: {pacs.peer: {}}", BROKEN),
    ],
)
def test_state_words(text: str, result: str) -> None:
    """Rows of a view are found, counted and compared; what cannot be looked at is broken."""
    assert look(text, FakeSnapshot({"pacs.studies": STUDIES})).result == result


def test_gone_wants_to_have_seen_it() -> None:
    """Something that was never there is not gone."""
    check = parse(read("pacs.study: {query: {patient_id: C}, gone: true}", "c.yaml"), nested=True)
    snapshot = FakeSnapshot({"pacs.studies": STUDIES})
    assert check.look(Sight(snapshot)).result == FAILED  # type: ignore[arg-type]
    seen = {check.key: [{"study_uid": "1.4"}]}
    assert check.look(Sight(snapshot, baseline=seen)).result == PASSED  # type: ignore[arg-type]


_FIND = "{dicom.operation: {query: {service: C-FIND}}}"
_MOVE = "{dicom.operation: {query: {service: C-MOVE}}}"
KEYS = {"PatientName": "SMI*", "StudyDate": ""}
EVENTS = [
    event(1, "dicom.operation", service="C-ECHO", status="0000", calling="CT1", actor="scene"),
    event(2, "dicom.association", result="rejected", calling="ROGUE", actor="prober"),
    event(
        3,
        "dicom.operation",
        service="C-FIND",
        status="0000",
        calling="ADMIN",
        uids=["1.1", "1.2"],
        keys=KEYS,
        at="08:05",
    ),
    event(4, "dicom.operation", service="C-MOVE", status="B000", calling="ADMIN", destination="THEATRE", at="08:15"),
]


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("dicom.operation: {query: {service: C-FIND, status: '0000'}}", PASSED),
        ("dicom.operation: {query: {service: C-ECHO}}", FAILED),
        ("dicom.association: {query: {calling: ROGUE}}", FAILED),
        ("dicom.operation: {query: {uids: {contains: '1.2'}}}", PASSED),
        ("dicom.operation: {query: {keys.PatientName: {like: 'smi*'}}}", PASSED),
        ("dicom.operation: {query: {keys.StudyDate: {not: null}}}", FAILED),
        ("dicom.operation: {query: {keys.PatientID: {not: null}}}", FAILED),
        ("dicom.operation: {query: {status: {like: 'b*'}}}", PASSED),
        ("never: {dicom.operation: {query: {service: C-STORE}}}", PASSED),
        ("never: {dicom.operation: {query: {service: C-MOVE}}}", FAILED),
        ("count: {of: {dicom.operation: {}}, exactly: 2}", PASSED),
        ("count: {of: {dicom.operation: {}}, max: 1}", FAILED),
        (f"before: {{first: {_FIND}, then: {_MOVE}}}", PASSED),
        (f"before: {{first: {_MOVE}, then: {_FIND}}}", FAILED),
        ("within: {minutes: 10, of: {dicom.operation: {query: {service: C-FIND}}}}", PASSED),
        ("within: {minutes: 10, of: {dicom.operation: {query: {service: C-MOVE}}}}", FAILED),
    ],
)  # fmt: skip
def test_wire_and_time_words(text: str, result: str) -> None:
    """Events count from the attempt's beginning; those of the scene and of probes do not."""
    finding = look(text, FakeSnapshot(happened=EVENTS), since=Since(at="2026-03-02T08:00:00"))
    assert finding.result == result


def test_evidence_names_the_events() -> None:
    """A finding says which events it rests on."""
    found = look("dicom.operation: {query: {service: C-FIND}}", FakeSnapshot(happened=EVENTS))
    assert found.evidence == ({"event": 3},)


CHANGES = [
    change(1, "ris_order", "ACC1", {"accession": "ACC1", "state": "booked"}, {"accession": "ACC1", "state": "arrived"}),
    change(2, "pacs_peer", "CT1", {"title": "CT1"}, {"title": "CTX"}),
    change(3, "pacs_peer", "CT1", {"title": "CTX"}, {"title": "CT1"}),
    change(4, "ris_order", "ACC2", {"accession": "ACC2"}, None, actor="colleague"),
    change(5, "ris_step", "9", {"id": 9, "accession": "ACC1"}, {"id": 9, "accession": "ACC1", "state": "x"}),
]


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("lab.unchanged: {except: [ris.orders/ACC1, ris.steps/ACC1]}", PASSED),
        ("lab.unchanged: {except: [ris.*]}", PASSED),
        ("lab.unchanged: {except: [ris.orders/ACC1]}", FAILED),
        ("lab.unchanged: {except: [ris.orders/ACC9, ris.steps]}", FAILED),
        ("lab.unchanged: {systems: [pacs]}", PASSED),
        ("lab.unchanged: {}", FAILED),
    ],
)
def test_collateral_damage_is_the_net_effect_of_the_trainee(text: str, result: str) -> None:
    """What was put back, and what a colleague did, is no damage."""
    assert look(text, FakeSnapshot(changed=CHANGES)).result == result


def test_probes_are_skipped_live_and_read_when_they_were_run() -> None:
    """A live mark never goes out on the wire."""
    text = "probe: {dicom.echo: {calling: ROGUE, expect: refused}}"
    check = parse(read(text, "c.yaml"), nested=True)
    assert check.look(Sight(FakeSnapshot())).result == SKIPPED  # type: ignore[arg-type]
    probes = {check.params.key: Finding(PASSED)}
    assert check.look(Sight(FakeSnapshot(), probes=probes)).result == PASSED  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("pacs.studdy: {}", "Did you mean pacs.study"),
        ("pacs.study: {quary: {}}", "Did you mean query"),
        ("pacs.study: {}\npacs.peer: {}", "one word"),
        ("never: {pacs.study: {}}", "Time and order"),
        ("pacs.study: {query: {a: {bigger: 3}}}", "Correct"),
        ("count: {of: {dicom.operation: {}}}", "Correct"),
        ("probe: {}", "Correct"),
        ("all: []", "Correct"),
        ("pacs.study: 7", "mapping"),
    ],
)
def test_a_check_that_cannot_be_understood_is_refused(text: str, says: str) -> None:
    """The error has the line and the remedy."""
    with pytest.raises(BadInput) as refused:
        parse(read(text, "c.yaml"), nested=True)
    assert refused.value.place.startswith("c.yaml:1") and says in refused.value.remedy
