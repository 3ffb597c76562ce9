"""A scene becomes a department: who knows whom, what lies where, and what is set up."""

import pytest

from simlab.errors import NotFound, SimlabError
from simlab.lab.lab import Lab
from simlab.training.scene import Blueprint, load_scene

SCENE = """
clock: 2026-03-02T07:40
use: [_lib/small-hospital]
vars: {her: {gen: patient, sex: F}}
patients:
- {id: her, person: "${her}", known_to: [EPR, PACS], differs: {PACS: {name: WRONG^NAME}}}
- {id: zeller, name: ZELLER^OTTO^^DR, birth_date: "19570505", sex: M, mrn: "4100068"}
- {id: old, name: ZELLER^OTTO, mrn: "4999999", known_to: [RIS], retired_into: {RIS: zeller}}
studies:
- {recipe: us-aorta, patient: her, accession: A1, study_uid: 2.25.77, in: [PACS, CLINIC], images: 1}
- {recipe: us-aorta, patient: her, accession: A2, study_uid: 2.25.78, in: [US1], labelled: {mrn: "1"}}
peers:
- {system: PACS, title: CT1, absent: true}
- {system: RIS, title: CT1, port: 4}
- {system: PACS, title: SAFE, port: 4, tls: true}
users:
- {name: maren, passcode: secret, full_name: Maren Ostrom}
- {name: kiosk}
settings:
  CT2: {pacs_port: 4}
engine:
  routes: [{name: ris-to-pacs, sources: [RIS], at: PACS_HL7, state: held}]
faults: [{id: shut, point: association, system: PACS, match: {calling: US1}, effect: {reject: [1, 1, 3]}}]
"""


def test_a_scene_lays_itself_over_the_one_it_uses(lab: Lab) -> None:
    """Same name wins, the rest adds up, and each system knows its own truth."""
    lab.stage(load_scene(SCENE, lab))
    with lab.snapshot() as look:
        names = {row["patient_id"]: row["name"] for row in look.view("ris.patients")}
        assert names["4100068"] == "ZELLER^OTTO^^DR" and len(names) == 7
        assert (
            next(row for row in look.view("ris.patients") if row["patient_id"] == "4999999")["merged_into"] == "4100068"
        )
        her = look.view("pacs.studies", study_uid="2.25.77")[0]
        assert (her["patient_name"], her["instances"]) == ("WRONG^NAME", 1)
        assert her["patient_id"] not in names
        assert len(look.view("viewer.holds", system="CLINIC")) == 1
        assert {row["patient_id"] for row in look.view("modality.queue", system="US1")} == {"1"}
        assert look.view("pacs.peers", title="CT1") == []
        assert look.view("pacs.peers", title="SAFE")[0]["tls"] is True
        assert [(row["name"], row["passcode"]) for row in look.view("pacs.users")] == [
            ("kiosk", False),
            ("maren", True),
        ]
        assert look.view("ris.peers", title="CT1")[0]["port"] == 4
        assert look.view("modality.config", system="CT2", key="pacs_port")[0]["value"] == 4
        routes = {row["name"]: row for row in look.view("engine.routes")}
        assert routes["ris-to-pacs"]["state"] == "held"
        assert routes["ris-to-pacs"]["port"] == lab.endpoint("PACS_HL7").port
        assert routes["epr-to-ris"]["state"] == "running"


def test_the_small_hospital_is_all_in_order(lab: Lab) -> None:
    """Known callers are served everywhere, an unknown one nowhere; a scanner sees its own list."""
    lab.stage(load_scene("small-hospital", lab))
    for calling in ("ADMIN", "CT1", "CT2", "US1", "THEATRE", "CLINIC"):
        assert lab.perform("dicom.echo", {"to": "PACS", "calling": calling}).ok
    for system in ("PACS", "RIS", "CT1", "CT2", "US1", "ADMIN", "THEATRE", "CLINIC"):
        refused = lab.perform("dicom.echo", {"to": system, "calling": "ROGUE"})
        assert not refused.ok and "1/1/3" in refused.summary, refused.summary
    for modality, accession in (("CT1", "RXX10000025"), ("US1", "RXX10000041")):
        rows = lab.perform("modality.worklist", {"modality": modality}).data["rows"]
        assert [row["accession"] for row in rows] == [accession]
        for to in ("PACS", "RIS"):
            assert lab.perform("modality.echo", {"modality": modality, "to": to}).ok


def test_news_travels_from_the_record_to_the_archive(lab: Lab) -> None:
    """EPR → engine → RIS → engine → PACS, as the usual topology has it."""
    lab.stage(load_scene("small-hospital", lab))
    outcome = lab.perform("epr.update", {"patient": "4100068", "facts": {"name": "ZELLER^OTTO WILHELM^^MR"}})
    assert outcome.ok, outcome
    lab.settle()
    with lab.snapshot() as look:
        for view in ("epr.patients", "ris.patients", "pacs.patients"):
            row = next(row for row in look.view(view) if row["patient_id"] == "4100068")
            assert row["name"] == "ZELLER^OTTO WILHELM^^MR", view


def test_an_order_travels_from_the_record_to_the_archive(lab: Lab) -> None:
    """The PACS is told of it with the accession number that the RIS gave, and sends the priors that a rule wants."""
    lab.stage(load_scene("small-hospital", lab))
    rule = {"rule": "priors", "kind": "prefetch", "on": "order", "destinations": ["CLINIC"]}
    assert lab.perform("pacs.add_rule", rule).ok
    assert lab.perform("epr.order", {"patient": "4100068", "exam": "CSKUH", "modality": "CT"}).ok
    lab.settle()
    with lab.snapshot() as look:
        made = look.view("ris.orders", patient_id="4100068")[-1]
        told = look.view("pacs.orders", accession=made["accession"])[0]
        assert (told["patient_id"], told["modality"], told["status"]) == ("4100068", "CT", "scheduled")
        assert [row["study_uid"] for row in look.view("pacs.transfers")] == ["2.25.31000068"]
        assert look.view("pacs.unmatched") == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("clock: 2026-03-02T07:40\npeers: [{system: PACS, title: X, at: MOON}]", "MOON"),
        ("patients: [{id: a, name: A, mrn: '1'}]\nstudies: [{recipe: us-aorta, patient: a, in: [MOON]}]", "MOON"),
        ("settings:\n  PACS: {nonsense: 1}", "nonsense"),
        ("engine:\n  routes: [{name: x, at: PACS_HL7, speed: 3}]", "speed"),
        ("faults:\n- {id: x, point: nowhere, system: PACS}", "point"),
        ("colleagues:\n- {who: A B, name: x}", "who"),
        ("patients: [{id: a, name: A, mrn: '1'}]\nstudies: [{recipe: no-such, patient: a}]", "no-such"),
        (
            "patients: [{id: a, name: A, mrn: '1'}]\nstudies: [{recipe: us-aorta, patient: a, labelled: {hat: x}}]",
            "hat",
        ),
    ],
)
def test_a_scene_that_cannot_be_staged_says_what_is_wrong(lab: Lab, text: str, says: str) -> None:
    """One clear error, and the department stays as it was."""
    before = lab.digest()
    with pytest.raises(SimlabError) as refused:
        lab.stage(load_scene(text, lab))
    assert says in str(refused.value)
    assert lab.digest() == before


def test_scenes_are_found_by_name_or_read_from_text() -> None:
    """The library's names, or the text of one's own; never a path, for clients send contents."""
    assert load_scene("use: [_lib/empty]\nclock: 2026-03-02T09:00\n", Blueprint()).name == "scene"
    assert load_scene("empty", Blueprint()).name == "empty"
    for wanted in ("big-hospital", "/etc/passwd", "../_lib/empty", "", "_lib/empty.yaml"):
        with pytest.raises(NotFound, match="small-hospital"):
            load_scene(wanted, Blueprint())
