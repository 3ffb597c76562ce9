"""A scene says what happened at the archive before it begins, and the repairs of exercises can be built on that."""

from simlab.lab.lab import Lab
from simlab.training.scene import load_scene

SCENE = """
clock: 2026-03-02T07:40
use: [_lib/empty]
patients:
- {id: right, name: OAKES^JUNE, birth_date: "19610101", sex: F, mrn: "4200010"}
- {id: wrong, name: OAKES^JANE, birth_date: "19610111", sex: F, mrn: "4200028"}
orders:
- {accession: RXX20000010, patient: right, exam: CSKUH, start: "-1d 09:30", state: performed}
studies:
- {recipe: us-aorta, patient: wrong, accession: A1, study_uid: 2.25.701, made: "-1d 10:00", images: 1}
- {recipe: us-aorta, patient: wrong, accession: A2, study_uid: 2.25.702, made: "-1d 18:00", images: 1}
- {recipe: us-aorta, patient: right, accession: A3, study_uid: 2.25.703, made: "-30d 10:00", images: 1, reported: F}
- {recipe: us-aorta, patient: right, accession: A9, study_uid: 2.25.704, made: "-1d 23:00", images: 1, unordered: true}
- {recipe: us-aorta, patient: right, accession: A4, study_uid: 2.25.705, made: "-1d 23:30", images: 1,
   labelled: {mrn: "4200028"}}
archive:
  merges: [{retire: wrong, survive: right, at: "-1d 16:20"}]
  audit: [{at: "-1d 03:12", user: k.moss, patient: right, summary: record opened}]
"""


def test_a_wrong_merge_can_be_taken_apart(lab: Lab) -> None:
    """The merge is on record with the one study it moved; un-merge leaves the later arrivals where they are."""
    lab.stage(load_scene(SCENE, lab))
    outcome = lab.perform("pacs.unmerge_patients", {"patient": "4200028"})
    assert outcome.ok, outcome
    with lab.snapshot() as look:
        owners = {row["study_uid"][-1]: row["patient_id"] for row in look.view("pacs.studies")}
        assert owners == {"1": "4200028", "2": "4200010", "3": "4200010", "4": "4200010", "5": "4200010"}
        assert look.view("pacs.audit", user="k.moss")[0]["patient_id"] == "4200010"


def test_the_unmatched_are_reconciled_and_the_reported_wait(lab: Lab) -> None:
    """What has no order is reconciled by its accession number alone; what has a report waits for a colleague."""
    lab.stage(load_scene(SCENE, lab))
    with lab.snapshot() as look:
        assert {row["study_uid"][-1]: row["reason"] for row in look.view("pacs.unmatched")} == {
            "4": "no order with this accession number"
        }
    assert lab.perform("pacs.reconcile", {"study": "2.25.704", "accession": "RXX20000010"}).ok
    right = {"level": "study", "uid": "2.25.703", "values": {"StudyDescription": "US Aorta"}}
    assert lab.perform("pacs.correct", right).data["waiting"]
    assert not lab.perform("pacs.approve", {"request": 1}).ok
    with lab.snapshot() as look:
        assert look.view("pacs.unmatched") == []


def test_staging_twice_gives_the_same_archive(lab: Lab) -> None:
    """A scene with a history is as repeatable as any."""
    lab.stage(load_scene(SCENE, lab))
    first = lab.digest()
    assert lab.perform("pacs.unmerge_patients", {"patient": "4200028"}).ok
    lab.stage(load_scene(SCENE, lab))
    assert lab.digest() == first
