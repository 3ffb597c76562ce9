"""Un-merge, split, reconcile, correct: where images go, under what, with the pixels that came; and back again."""

from __future__ import annotations

import pytest

from simlab.dicom import client
from simlab.errors import BadInput, NotFound
from tests.dicom.made import ROOT, made
from tests.pacs.conftest import House
from tests.pacs.repairing import A, B, former, image, people, same_pixels

A_ALL = (f"{A}.1.1", f"{A}.1.2", f"{A}.2.1", f"{A}.2.2")
LATER = f"{ROOT}.3"


@pytest.fixture
def two(house: House) -> House:
    return people(house)


def filed(house: House) -> dict[str, str]:
    return {row["study_uid"]: row["patient_id"] for row in house.view("studies")}


def test_unmerge_brings_home_what_the_merge_moved(two: House) -> None:
    """Every study that was A's goes home, byte for byte as it came; the digest is that of before the merge."""
    before, digest = two.pacs.load(A_ALL[0]).encoded, two.store.digest()
    two.pacs.repairs.merge_patients("A", "RXX01", "B", "RXX01")
    assert same_pixels(two, A, *A_ALL)[A_ALL[0]].PatientID == "B"
    done = two.pacs.repairs.unmerge_patients("A")
    assert done["summary"] == "4 instances of 2 series in 1 studies went home from B^RXX01 to A^RXX01"
    assert two.pacs.load(A_ALL[0]).encoded == before
    assert two.store.digest() == digest


def test_what_came_after_the_merge_stays_unless_named(two: House) -> None:
    """An un-merge moves no later arrival of its own accord, and takes one along that is named."""
    two.pacs.repairs.merge_patients("A", "RXX01", "B", "RXX01")
    for number, patient in ((3, "A"), (4, "A")):
        late = image(f"{ROOT}.{number}", 1, 1, patient)
        assert client.store(two.peer, "CT1", [late])[0].stored
    two.pacs.repairs.unmerge_patients("A", "RXX01", [f"{ROOT}.4"])
    assert filed(two) == {A: "A", B: "B", LATER: "B", f"{ROOT}.4": "A"}


def test_a_study_that_was_moved_on_is_left_there(two: House) -> None:
    """An un-merge does not take back what somebody has since moved elsewhere, and says so."""
    two.pacs.repairs.merge_patients("A", "RXX01", "B", "RXX01")
    two.pacs.repairs.move_study(A, "C")
    done = two.pacs.repairs.unmerge_patients("A")
    assert done["moved_on"] == [A]
    assert filed(two)[A] == "C"


def test_unmerge_forgets_a_survivor_made_by_the_merge(two: House) -> None:
    """A number that the archive knew from the merge alone is gone again."""
    digest = two.store.digest()
    two.pacs.repairs.merge_patients("A", "RXX01", "NEW", "RXX01")
    two.pacs.repairs.unmerge_patients("A")
    assert two.store.digest() == digest


def test_unmerge_of_an_unmerged_number(two: House) -> None:
    """There is nothing to take apart, and the error says so."""
    with pytest.raises(BadInput, match="not merged"):
        two.pacs.repairs.unmerge_patients("A")


def test_a_merge_by_message_is_on_record_too(two: House) -> None:
    """The record of a merge names its studies, however it was made; undoing it is an un-merge."""
    done = two.pacs.repairs.merge_patients("A", "RXX01", "B", "RXX01", waived=True)
    (row,) = two.view("repairs", method="merge_patients")
    assert (row["moved"], row["state"]) == ([A], "done")
    two.pacs.repairs.undo(done["repair"])
    assert filed(two)[A] == "A"
    assert two.view("repairs", method="merge_patients")[0]["state"] == "undone"


def test_moved_study_keeps_pixels_and_undo_restores_everything(two: House) -> None:
    """A moved study goes out under the other patient with the former one inside; undo gives the digest back."""
    digest = two.store.digest()
    done = two.pacs.repairs.move_study(A, "C")
    ds = same_pixels(two, A, *A_ALL)[A_ALL[0]]
    assert (ds.PatientID, str(ds.PatientName)) == ("C", "BROWN^ANN")
    assert former(ds).PatientID == "A"
    two.pacs.repairs.undo(done["repair"])
    assert two.store.digest() == digest


def test_split_series_to_another_patient(two: House) -> None:
    """A series of the wrong patient goes to a new study of the right one; the rest stays untouched."""
    digest = two.store.digest()
    done = two.pacs.repairs.split_study(A, [f"{A}.2"], patient_id="B")
    new = done["new_study_uid"]
    assert done["summary"] == (
        f"2 instances of 1 series went from A^RXX01 to B^RXX01, study {new}; 2 instances of 1 series stay"
    )
    ds = same_pixels(two, new, *A_ALL[2:])[A_ALL[2]]
    assert (ds.PatientID, ds.StudyInstanceUID, ds.SeriesInstanceUID) == ("B", new, f"{A}.2")
    assert (former(ds).StudyInstanceUID, former(ds).PatientID) == (A, "A")
    same_pixels(two, A, *A_ALL[:2])
    assert two.pacs.load(A_ALL[0]).encoded == image(A, 1, 1, "A").encoded
    two.pacs.repairs.undo(done["repair"])
    assert two.store.digest() == digest


def test_split_instances_get_a_series_of_their_own(two: House) -> None:
    """Part of a series goes under a new series UID; what stays keeps the old one."""
    digest = two.store.digest()
    done = two.pacs.repairs.split_study(A, instances=[A_ALL[1]])
    ds = same_pixels(two, done["new_study_uid"], A_ALL[1])[A_ALL[1]]
    assert ds.SeriesInstanceUID != f"{A}.1"
    assert former(ds).SeriesInstanceUID == f"{A}.1"
    same_pixels(two, A, A_ALL[0], *A_ALL[2:])
    two.pacs.repairs.undo(done["repair"])
    assert two.store.digest() == digest


def test_split_into_a_study_that_is_held(two: House) -> None:
    """Images may join a study that is held: they go out with its accession number and patient."""
    two.pacs.repairs.split_study(A, [f"{A}.1", f"{A}.2"], new_study_uid=B)
    ds = same_pixels(two, B, *A_ALL, f"{B}.1.1")[A_ALL[0]]
    assert (ds.PatientID, ds.AccessionNumber) == ("B", "ACC-B")
    assert filed(two) == {B: "B"}


def test_later_images_follow_the_series_that_was_split_off(two: House) -> None:
    """An image that comes late, with the old study UID, joins its series where that is now; a resend is no conflict."""
    new = two.pacs.repairs.split_study(A, [f"{A}.2"], patient_id="B")["new_study_uid"]
    again, late = image(A, 2, 1, "A"), image(A, 2, 3, "A")
    assert [reply.status for reply in client.store(two.peer, "CT1", [again, late])] == ["0000", "0000"]
    same_pixels(two, new, *A_ALL[2:], f"{A}.2.3")


def test_split_names_what_is_not_there(two: House) -> None:
    """A series of another study is refused by name."""
    with pytest.raises(NotFound, match=f"{B}.1"):
        two.pacs.repairs.split_study(A, [f"{B}.1"])


def test_undo_is_refused_before_a_later_repair_of_the_same(two: House) -> None:
    """What a later repair built on is undone after that one."""
    first = two.pacs.repairs.move_study(A, "C")
    second = two.pacs.repairs.move_study(A, "B")
    with pytest.raises(BadInput, match=f"Undo repair {second['repair']} first"):
        two.pacs.repairs.undo(first["repair"])
    two.pacs.repairs.undo(second["repair"])
    two.pacs.repairs.undo(first["repair"])
    assert filed(two)[A] == "A"


def test_undo_of_a_move_leaves_a_correction_alone(two: House) -> None:
    """Repairs of different things are undone independently."""
    move = two.pacs.repairs.move_study(A, "C")
    two.pacs.repairs.correct("study", A, {"StudyDescription": "CT Thorax"})
    two.pacs.repairs.undo(move["repair"])
    ds = same_pixels(two, A, *A_ALL)[A_ALL[0]]
    assert (ds.PatientID, ds.StudyDescription) == ("A", "CT Thorax")


def test_preview_of_every_repair_changes_nothing(two: House) -> None:
    """Each preview tells in numbers what would happen, and leaves rows, record and journal as they are."""
    digest, repairs = two.store.digest(), two.pacs.repairs
    two.pacs.repairs.note_order("ACC9", patient_id="B", issuer="RXX01")
    after_note = two.store.digest()
    assert after_note != digest
    events = len(two.events("console"))
    said = [
        repairs.merge_patients("A", "RXX01", "B", "RXX01", preview=True),
        repairs.move_study(A, "C", preview=True),
        repairs.split_study(A, [f"{A}.2"], preview=True),
        repairs.reconcile(A, "ACC9", {}, preview=True),
        repairs.reject(A, "113001", preview=True),
    ]
    assert all(one["preview"] and " instances of " in one["summary"] and " went" not in one["summary"] for one in said)
    assert two.store.digest() == after_note
    assert len(two.view("repairs")) == 1
    assert len(two.events("console")) == events


def test_reconcile_with_an_order_the_pacs_was_told_of(two: House) -> None:
    """Patient, accession and procedure of the order; the study keeps its UID and the order remembers it."""
    digest_of = two.store.digest
    two.pacs.repairs.note_order("ACC77", patient_id="C", issuer="RXX01", description="CT Knee Rt", study_uid="2.25.9")
    digest = digest_of()
    assert A in {row["study_uid"] for row in two.view("unmatched")}
    done = two.pacs.repairs.reconcile(A, "ACC77", {})
    ds = same_pixels(two, A, *A_ALL)[A_ALL[0]]
    assert (ds.PatientID, ds.AccessionNumber, ds.StudyDescription) == ("C", "ACC77", "CT Knee Rt")
    assert A not in {row["study_uid"] for row in two.view("unmatched")}
    assert two.view("orders", accession="ACC77")[0]["performed_study"] == A
    found = client.find(two.peer, "ADMIN", "study", "STUDY", {"AccessionNumber": "ACC77", "StudyInstanceUID": ""})
    assert [row["StudyInstanceUID"] for row in found.rows] == [A]
    two.pacs.repairs.undo(done["repair"])
    assert digest_of() == digest


def test_reconcile_may_take_the_orders_study_uid(two: House) -> None:
    """On request the images go out under the Study Instance UID that the order gave, and come back on undo."""
    digest = two.store.digest()
    facts = {"patient_id": "B", "issuer": "RXX01", "study_uid": "2.25.99"}
    done = two.pacs.repairs.reconcile(A, "ACC77", facts, adopt_uid=True)
    ds = same_pixels(two, "2.25.99", *A_ALL)[A_ALL[0]]
    assert (ds.PatientID, ds.AccessionNumber, former(ds).StudyInstanceUID) == ("B", "ACC77", A)
    two.pacs.repairs.undo(done["repair"])
    assert two.store.digest() == digest


def test_reconcile_with_an_unknown_order_asks_for_its_facts(two: House) -> None:
    """The PACS asks no other system: what it was not told, the administrator says."""
    with pytest.raises(BadInput, match="told of no order"):
        two.pacs.repairs.reconcile(A, "ACC0", {})
    facts = {"patient_id": "D", "issuer": "RXX01", "patient_name": "NEW^DORA", "birth_date": "19800101", "sex": "F"}
    two.pacs.repairs.reconcile(A, "ACC0", facts)
    assert two.view("patients", patient_id="D")[0]["name"] == "NEW^DORA"


def test_correct_side_and_description(two: House) -> None:
    """A corrected side goes out in the attribute where the image carries its side, and shows in queries."""
    sided = made(
        f"{LATER}.1.1", study_uid=LATER, series_uid=f"{LATER}.1", patient_id="A", issuer="RXX01", ImageLaterality="L"
    )
    client.store(two.peer, "CT1", [sided])
    digest = two.store.digest()
    done = two.pacs.repairs.correct("series", f"{LATER}.1", {"Laterality": "R", "BodyPartExamined": "knee"})
    assert done["summary"] == "Laterality L became R, BodyPartExamined nothing became KNEE in 1 instances"
    ds = same_pixels(two, LATER, f"{LATER}.1.1")[f"{LATER}.1.1"]
    assert (ds.ImageLaterality, "Laterality" in ds, ds.BodyPartExamined) == ("R", False, "KNEE")
    assert former(ds).ImageLaterality == "L"
    two.pacs.repairs.undo(done["repair"])
    assert two.store.digest() == digest
    assert two.pacs.load(f"{LATER}.1.1").encoded == sided.encoded


@pytest.mark.parametrize(
    ("level", "values", "says"),
    [
        ("study", {"StudyInstanceUID": "2.25.1"}, "These are"),
        ("study", {"StudyDate": "20261301"}, "YYYYMMDD"),
        ("study", {"StudyDescription": "a\\b"}, "backslash"),
        ("study", {"AccessionNumber": "12345678901234567"}, "16 characters"),
        ("study", {}, "for instance"),
        ("series", {"Laterality": "RIGHT"}, "one of L, R"),
        ("patient", {"PatientSex": "X"}, "one of F, M"),
        ("image", {"Rows": "5"}, "patient, study or series"),
    ],
)
def test_what_may_not_be_corrected_says_what_may(two: House, level: str, values: dict[str, str], says: str) -> None:
    """A correction that would make an object worse is refused with what may stand there."""
    uid = {"study": A, "series": f"{A}.1"}.get(level, "A")
    digest = two.store.digest()
    with pytest.raises(BadInput) as refused:
        two.pacs.repairs.correct(level, uid, values)
    assert says in str(refused.value)
    assert two.store.digest() == digest


def test_correct_a_patients_name(two: House) -> None:
    """A person's corrected name is on every study of theirs, and undo takes it back."""
    digest = two.store.digest()
    done = two.pacs.repairs.correct("patient", "A", {"PatientName": "SMYTH^JOHN"}, issuer="RXX01")
    assert str(same_pixels(two, A, *A_ALL)[A_ALL[0]].PatientName) == "SMYTH^JOHN"
    two.pacs.repairs.undo(done["repair"])
    assert two.store.digest() == digest
