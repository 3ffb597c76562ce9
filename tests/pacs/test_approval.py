"""A second person's approval, the audit trail, the unmatched list, and where a study has gone."""

from __future__ import annotations

from datetime import datetime

import pytest

from simlab import provenance
from simlab.department.pacs import PacsStage
from simlab.department.pacs.stage import PacsAudit, PacsMerge
from simlab.dicom import client
from simlab.errors import BadInput, NotAllowed, NotFound
from tests.dicom.made import ROOT
from tests.pacs.conftest import House
from tests.pacs.repairing import A, B, image, people


@pytest.fixture
def two(house: House) -> House:
    return people(house)


@pytest.fixture
def asked(two: House) -> House:
    """A's study is reported, and the trainee has asked to move it."""
    with provenance.acting(provenance.TRAINEE):
        two.pacs.repairs.mark_reported(A)
        assert two.pacs.repairs.move_study(A, "B")["request"] == 1
    return two


def owner(house: House) -> str:
    return str(house.view("studies", study_uid=A)[0]["patient_id"])


def test_a_reported_study_waits_for_a_second_person(asked: House) -> None:
    """Nothing moves until somebody else approves; then it is done for whoever asked."""
    assert owner(asked) == "A"
    with provenance.acting(provenance.COLLEAGUE):
        done = asked.pacs.repairs.approve(1)
    assert owner(asked) == "B"
    (row,) = asked.view("repairs", method="move_study")
    assert (row["actor"], row["approved_by"], row["id"]) == ("trainee", "colleague", done["repair"])
    assert asked.view("requests")[0]["decided_by"] == "colleague"


def test_a_request_says_what_would_happen(asked: House) -> None:
    """In the words of a preview: nothing has gone anywhere yet."""
    (row,) = asked.view("requests")
    assert " go from A" in row["summary"] and "went" not in row["summary"]


def test_nobody_approves_their_own_request(asked: House) -> None:
    """The same person is refused, and the request waits on."""
    with provenance.acting(provenance.TRAINEE), pytest.raises(NotAllowed, match="same person"):
        asked.pacs.repairs.approve(1)
    assert (owner(asked), asked.view("requests")[0]["state"]) == ("A", "waiting")


def test_a_request_may_be_declined(asked: House) -> None:
    """A declined request does nothing, and is closed."""
    with provenance.acting(provenance.COLLEAGUE):
        asked.pacs.repairs.approve(study_uid=A, decline=True)
        assert (owner(asked), asked.view("requests")[0]["state"]) == ("A", "declined")
        with pytest.raises(BadInput, match="declined already"):
            asked.pacs.repairs.approve(1)
        with pytest.raises(NotFound):
            asked.pacs.repairs.approve(99)


def test_asking_twice_is_one_request(asked: House) -> None:
    """The same repair asked for again waits as the same request."""
    with provenance.acting(provenance.TRAINEE):
        assert asked.pacs.repairs.move_study(A, "B")["request"] == 1


def test_containing_harm_waits_for_nobody(asked: House) -> None:
    """A reported study is quarantined at once."""
    assert asked.pacs.repairs.quarantine(A)["quarantined"]


def test_a_withdrawn_report_needs_no_second_person(asked: House) -> None:
    """When its withdrawal is approved, and where the setting is off, repairs are done at once."""
    with provenance.acting(provenance.TRAINEE):
        assert asked.pacs.repairs.mark_reported(A, "W")["request"] == 2
    with provenance.acting(provenance.COLLEAGUE):
        asked.pacs.repairs.approve(2)
    assert "request" not in asked.pacs.repairs.move_study(A, "C")
    asked.pacs.repairs.mark_reported(A, "F")
    asked.pacs.configure(approve_reported=False)
    assert "request" not in asked.pacs.repairs.move_study(A, "B")


def test_approval_that_cannot_be_carried_out_changes_nothing(asked: House) -> None:
    """When the study is B's already by other means, approving fails and the request waits."""
    with provenance.acting(provenance.COLLEAGUE):
        asked.pacs.configure(approve_reported=False)
        asked.pacs.repairs.move_study(A, "B")
        with pytest.raises(BadInput, match="already"):
            asked.pacs.repairs.approve(1)
    assert asked.view("requests")[0]["state"] == "waiting"


def test_a_repair_leaves_an_audit_entry_found_by_either_patient(two: House) -> None:
    """The trail is searched by patient, study, user, event and time, and is shaped as PS3.15 A.5 has it."""
    two.pacs.repairs.move_study(A, "B")
    for filters in ({"patient_id": "A"}, {"patient_id": "B"}, {"study_uid": A}, {"user": "system"}, {"ae": "CONSOLE"}):
        assert len(two.view("audit", event="accessed", **filters)) == 1, filters
    (row,) = two.view("audit")
    assert row["message"]["EventIdentification"]["EventID"]["csd-code"] == "110103"
    ids = [one["ParticipantObjectID"] for one in row["message"]["ParticipantObjectIdentification"]]
    assert ids == ["B", "A", A]
    assert two.view("audit", until="2000") == []
    assert len(two.view("audit", since="2000")) == 1


def test_queries_retrievals_and_arrivals_are_audited(two: House) -> None:
    """One entry a query, a retrieval, and a study on an association; each with its AE title."""
    client.find(two.peer, "ADMIN", "study", "STUDY", {"PatientID": "A", "StudyInstanceUID": ""})
    client.move(two.peer, "ADMIN", "THEATRE", "study", "STUDY", {"StudyInstanceUID": A})
    client.store(two.peer, "CT1", [image(f"{ROOT}.5", 1, number, "A") for number in (1, 2, 3)])
    rows = [(row["event"], row["ae"], row["patient_id"], row["outcome"]) for row in two.view("audit")]
    assert rows == [
        ("query", "ADMIN", "A", "0"),
        ("transferred", "ADMIN", "A", "0"),
        ("begin transfer", "CT1", "A", "0"),
    ]


def test_where_a_study_has_gone(two: House) -> None:
    """Every copy sent on is listed, under the study's old UID and its new one."""
    client.move(two.peer, "ADMIN", "THEATRE", "study", "STUDY", {"StudyInstanceUID": A})
    new = two.pacs.repairs.split_study(A, [f"{A}.2"])["new_study_uid"]
    assert [(row["destination"], row["instances"]) for row in two.view("sent", study_uid=new)] == [("THEATRE", 2)]
    assert sum(row["instances"] for row in two.view("sent", study_uid=A)) == 4
    assert two.view("sent", patient_id="B") == []


def test_unmatched_says_why(two: House) -> None:
    """No accession, no such order, an order of somebody else, a cancelled one: each is a reason of its own."""
    client.store(two.peer, "CT1", [image(f"{ROOT}.5", 1, 1, "A", AccessionNumber="")])
    two.pacs.repairs.note_order("ACC-A", patient_id="B", issuer="RXX01")
    reasons = {row["study_uid"]: row["reason"] for row in two.view("unmatched")}
    assert reasons == {
        A: "the order is for B",
        B: "no order with this accession number",
        f"{ROOT}.5": "no accession number",
    }
    two.pacs.repairs.note_order("ACC-B", patient_id="B")
    assert two.view("unmatched", study_uid=B) == []


def test_one_study_uid_under_two_patients_is_an_exception(two: House) -> None:
    """Images that say another patient than their study stand on the unmatched list until somebody settles it."""
    client.store(two.peer, "CT1", [image(A, 3, 1, "B")])
    assert two.view("unmatched", study_uid=A)[0]["reason"] == "images of another patient among it"
    two.pacs.repairs.split_study(A, [f"{A}.3"], patient_id="B")
    assert two.view("unmatched", study_uid=A)[0]["reason"] == "no order with this accession number"


def test_a_scene_may_begin_after_a_wrong_merge(house: House) -> None:
    """A staged merge is on record, with what was made before it; what was made later came later."""
    before = image(A, 1, 1, "A", StudyDate="20260301", StudyTime="090000")
    after = image(f"{ROOT}.4", 1, 1, "A", StudyDate="20260301", StudyTime="170000")
    house.pacs.stage(
        PacsStage(
            instances=[after, before, image(B, 1, 1, "B")],
            merges=[PacsMerge(retire="A", survive="B", issuer="RXX01", at=datetime(2026, 3, 1, 16, 20))],
            audit=[PacsAudit(at=datetime(2026, 3, 1, 3), user="k.moss", patient_id="A", summary="opened")],
            reported={A: "F"},
        )
    )
    (row,) = house.view("repairs")
    assert (row["moved"], row["at"]) == ([A], "2026-03-01T16:20:00")
    house.pacs.configure(approve_reported=False)
    house.pacs.repairs.unmerge_patients("A")
    assert {row["study_uid"]: row["patient_id"] for row in house.view("studies")} == {A: "A", B: "B", f"{ROOT}.4": "B"}
    assert house.view("audit", user="k.moss")[0]["patient_id"] == "A"
