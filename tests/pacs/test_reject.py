"""Rejection notes by their codes, deletion, and the second object of one UID."""

from __future__ import annotations

import subprocess

import pytest

from simlab import provenance
from simlab.department.pacs.reject import KEY_OBJECT_SELECTION
from simlab.dicom import client
from simlab.dicom.instance import Instance
from simlab.errors import BadInput
from tests.dicom.made import ROOT, made
from tests.pacs.conftest import House
from tests.pacs.repairing import A, B, image, people, same_pixels
from tests.tools import need

A_ALL = (f"{A}.1.1", f"{A}.1.2", f"{A}.2.1", f"{A}.2.2")


@pytest.fixture
def two(house: House) -> House:
    return people(house)


def images(house: House, study_uid: str) -> int:
    """How many instances a query says the study has; 0 when the study is not found."""
    keys = {"StudyInstanceUID": study_uid, "NumberOfStudyRelatedInstances": ""}
    rows = client.find(house.peer, "ADMIN", "study", "STUDY", keys).rows
    return int(rows[0]["NumberOfStudyRelatedInstances"]) if rows else 0


@pytest.mark.parametrize("code", ["113001", "113037", "113038", "113039"])
def test_what_is_rejected_is_neither_found_nor_sent(two: House, code: str) -> None:
    """One series is rejected: it and the note are hidden, the rest stays; undo shows it again."""
    digest = two.store.digest()
    done = two.pacs.repairs.reject(A, code, [f"{A}.2"])
    assert done["instances"] == 2
    assert images(two, A) == 2
    same_pixels(two, A, *A_ALL[:2])
    assert {row["code"] for row in two.view("rejections", study_uid=A)} == {code}
    two.pacs.repairs.undo(done["repair"])
    assert images(two, A) == 4
    assert two.store.digest() == digest


def test_a_wholly_rejected_study_is_not_found(two: House) -> None:
    """A study of which nothing may be shown is not found at any level; its neighbour is."""
    two.pacs.repairs.reject(A, "113037")
    assert (images(two, A), images(two, B)) == (0, 1)
    found = client.find(two.peer, "ADMIN", "patient", "PATIENT", {"PatientID": "A"})
    assert found.rows == ()


def test_rejected_for_quality_shows_where_the_pacs_is_set_to(two: House) -> None:
    """113001 is shown by configuration, and hidden again by it; 113037 is hidden either way."""
    two.pacs.repairs.reject(A, "113001", [f"{A}.2"])
    two.pacs.repairs.reject(A, "113037", [f"{A}.1"])
    two.pacs.configure(show_quality_rejected=True)
    assert images(two, A) == 3  # two images and the note about them
    two.pacs.configure(show_quality_rejected=False)
    assert images(two, A) == 0


def test_a_note_that_is_stored_rejects_too(two: House) -> None:
    """A modality's rejection note does over C-STORE what the console's does, to the same patient's images alone."""
    done = two.pacs.repairs.reject(A, "113038", [f"{A}.1"])
    note = two.pacs.load(done["note_uid"])
    two.pacs.repairs.undo(done["repair"])
    assert images(two, A) == 4
    assert client.store(two.peer, "CT1", [note])[0].stored
    assert images(two, A) == 2


def test_a_note_about_another_patients_images_rejects_none(two: House) -> None:
    """What a note says of images that are not its patient's is not believed."""
    done = two.pacs.repairs.reject(A, "113037")
    note = two.pacs.load(done["note_uid"])
    two.pacs.repairs.undo(done["repair"])
    alien = {"PatientID": "B", "StudyInstanceUID": f"{ROOT}.8", "SeriesInstanceUID": f"{ROOT}.8.1"}
    assert client.store(two.peer, "CT1", [note.with_identity(alien)])[0].stored
    assert images(two, A) == 4


def test_a_note_that_comes_first_rejects_its_images_when_they_come(two: House) -> None:
    """Images are rejected as they arrive, those of another patient and those it does not name are not."""
    late = [image(A, 3, number, "A") for number in (1, 2, 3)]
    assert all(reply.stored for reply in client.store(two.peer, "CT1", late))
    done = two.pacs.repairs.reject(A, "113001", instances=[f"{A}.3.1", f"{A}.3.2"])
    note = two.pacs.load(done["note_uid"])
    with two.store.write() as tx:
        tx.execute("DELETE FROM pacs_rejection")
        tx.execute("DELETE FROM pacs_instance WHERE sop_uid LIKE ? OR sop_uid=?", (f"{A}.3.%", done["note_uid"]))
    assert client.store(two.peer, "CT1", [note])[0].stored
    assert two.view("rejections") == []
    assert two.view("audit", study_uid=A, event="accessed")[-1]["summary"].startswith(
        "note rejects 0 instances, 2 more when they come"
    )
    stranger = image(A, 3, 1, "A").with_identity({"PatientID": "X", "StudyInstanceUID": f"{ROOT}.8"})
    stranger = stranger.with_identity({"SeriesInstanceUID": f"{ROOT}.8.1", "SOPInstanceUID": f"{A}.3.2"})
    assert all(reply.stored for reply in client.store(two.peer, "CT1", [late[0], stranger, late[2]]))
    assert {row["sop_uid"] for row in two.view("rejections")} == {f"{A}.3.1"}
    assert images(two, A) == 5
    assert images(two, f"{ROOT}.8") == 1


def test_an_image_that_was_rejected_before_it_came_is_not_routed(two: House) -> None:
    """What must not be used is not sent on."""
    note = two.pacs.load(two.pacs.repairs.reject(B, "113037")["note_uid"])
    with two.store.write() as tx:
        for table in ("pacs_rejection", "pacs_instance", "pacs_series", "pacs_study"):
            tx.execute(f"DELETE FROM {table}")
    two.pacs.dispatch.add_rule({"name": "all", "destinations": ["THEATRE"], "match": {"modality": "CT"}})
    assert all(
        reply.stored for reply in client.store(two.peer, "CT1", [note, image(B, 1, 1, "B"), image(A, 1, 1, "A")])
    )
    assert [row["study_uid"] for row in two.view("transfers")] == [A]


def test_a_note_that_is_stored_is_held_to_the_retention_rules(two: House) -> None:
    """113039 is refused while a rule keeps the study, with an entry in the trail; when it has expired it is taken."""
    done = two.pacs.repairs.reject(A, "113039")
    note = two.pacs.load(done["note_uid"])
    two.pacs.repairs.undo(done["repair"])
    two.pacs.space.set_retention("ever", [])
    [reply] = client.store(two.peer, "CT1", [note])
    assert (reply.status, images(two, A)) == ("0124", 4)
    assert "the retention rule ever keeps the study for ever" in reply.comment
    entry = two.view("audit", study_uid=A, event="accessed")[-1]
    assert (entry["outcome"], entry["ae"]) == ("4", "CT1")
    assert entry["summary"].startswith("rejection note refused")
    two.pacs.space.set_retention("ever", remove=True)
    assert client.store(two.peer, "CT1", [note])[0].stored
    assert images(two, A) == 0
    entry = two.view("audit", study_uid=A, event="accessed")[-1]
    assert (entry["outcome"], entry["action"], entry["patient_id"]) == ("0", "U", "A")
    assert entry["summary"] == "note rejects 4 instances: Data Retention Policy Expired (113039)"


def test_a_late_image_that_a_rule_keeps_is_shown(two: House) -> None:
    """A note that comes before its images does not get round the rules either."""
    note = two.pacs.load(two.pacs.repairs.reject(B, "113039")["note_uid"])
    with two.store.write() as tx:
        for table in ("pacs_rejection", "pacs_instance", "pacs_series", "pacs_study"):
            tx.execute(f"DELETE FROM {table}")
    assert client.store(two.peer, "CT1", [note])[0].stored
    two.pacs.space.set_retention("ever", ["CT"])
    assert client.store(two.peer, "CT1", [image(B, 1, 1, "B")])[0].stored
    assert images(two, B) == 2
    assert two.view("audit", study_uid=B, event="accessed")[-1]["summary"].startswith(
        "an image that a note had rejected is shown"
    )


def test_an_ordinary_key_object_is_just_stored(two: House) -> None:
    """A key object selection with another title rejects nothing."""
    plain = made(f"{ROOT}.7.1.1", study_uid=f"{ROOT}.7", series_uid=f"{ROOT}.7.1", sop_class=KEY_OBJECT_SELECTION)
    assert client.store(two.peer, "CT1", [plain])[0].stored
    assert images(two, f"{ROOT}.7") == 1


def test_a_note_passes_dciodvfy(two: House) -> None:
    """The note is a key object selection document without errors."""
    verify = need("dciodvfy")
    done = two.pacs.repairs.reject(A, "113001")
    path = two.folder / "note.dcm"
    path.write_bytes(two.pacs.load(done["note_uid"]).part10())
    said = subprocess.run([verify, str(path)], capture_output=True, text=True, timeout=30, check=False)
    assert "Error" not in said.stdout + said.stderr


def test_an_image_that_comes_later_shows_in_a_rejected_study(two: House) -> None:
    """A rejection hides what it names; a repeated acquisition is seen."""
    two.pacs.repairs.reject(A, "113001")
    assert client.store(two.peer, "CT1", [image(A, 3, 1, "A")])[0].stored
    assert images(two, A) == 1


@pytest.mark.parametrize(
    ("quarantined", "rejected", "reason", "says"),
    [(False, True, "x", "not in quarantine"), (True, False, "x", "no rejection note"), (True, True, "", "no reason")],
)
def test_what_may_not_be_deleted(two: House, quarantined: bool, rejected: bool, reason: str, says: str) -> None:
    """Deletion wants quarantine, a rejection note for every instance, and a reason."""
    if rejected:
        two.pacs.repairs.reject(A, "113037")
    if quarantined:
        two.pacs.repairs.quarantine(A)
    with pytest.raises(BadInput, match=says):
        two.pacs.repairs.delete_study(A, reason)


def test_delete_waits_for_a_second_person(two: House) -> None:
    """Once a colleague approves, the study is gone, and the trail keeps that it was."""
    two.pacs.repairs.reject(A, "113039")
    two.pacs.repairs.quarantine(A)
    with provenance.acting(provenance.TRAINEE):
        done = two.pacs.repairs.delete_study(A, "retention expired")
    assert done["waiting"]
    assert two.view("studies", study_uid=A)
    with provenance.acting(provenance.COLLEAGUE):
        two.pacs.repairs.approve(study_uid=A)
    assert two.view("studies", study_uid=A) == []
    assert two.view("rejections") == []
    assert [row["event"] for row in two.view("audit", event="deleted")] == ["deleted"]


def test_second_object_of_a_uid_is_refused_and_kept(two: House) -> None:
    """Neither is overwritten: the held one stays, the other is evidence, once, beside it."""
    second = made(A_ALL[0], study_uid=f"{ROOT}.6", series_uid=f"{ROOT}.6.1", patient_id="X", issuer="RXX01", shade=9)
    for _ in range(2):
        assert client.store(two.peer, "CT1", [second])[0].status == "C111"
    (row,) = two.view("duplicates")
    assert (row["patient_id"], row["held_patient_id"], row["source"], row["state"]) == ("X", "A", "CT1", "waiting")
    assert row["pixels"] != row["held_pixels"]
    same_pixels(two, A, *A_ALL)


def test_a_duplicate_is_admitted_under_uids_of_its_own(two: House) -> None:
    """The second object becomes an instance of its own patient; undo takes it out again."""
    second = made(A_ALL[0], study_uid=A, series_uid=f"{A}.1", patient_id="X", issuer="RXX01", shade=9)
    client.store(two.peer, "CT1", [second])
    digest = two.store.digest()
    done = two.pacs.repairs.settle_duplicate(1, admit=True)
    new = two.pacs.load(done["admitted_as"])
    assert (new.header().patient_id, new.pixels) == ("X", second.pixels)
    assert new.header().study_uid != A
    same_pixels(two, A, *A_ALL)
    two.pacs.repairs.undo(done["repair"])
    assert two.store.digest() == digest
    assert two.pacs.repairs.settle_duplicate(1)["summary"].endswith("was discarded")


def test_a_damaged_note_rejects_nothing(two: House) -> None:
    """A note whose sequences are none is stored as what it is, and nothing breaks."""
    odd = made(f"{ROOT}.7.1.1", study_uid=f"{ROOT}.7", series_uid=f"{ROOT}.7.1", sop_class=KEY_OBJECT_SELECTION)
    title = b"\x40\x00\x43\xa0LO\x06\x00113037"
    end = odd.head.index(b"\xe0\x7f\x10\x00")
    broken = Instance(odd.transfer_syntax, odd.head[:end] + title + odd.head[end:], odd.pixels)
    assert client.store(two.peer, "CT1", [broken])[0].stored
    assert two.view("rejections") == []


def test_the_same_image_under_another_patient_is_no_resend(two: House) -> None:
    """One SOP instance UID of two patients is refused even when the pixels are the same; a true resend is not."""
    other = image(A, 1, 1, "A").with_identity({"PatientID": "X"})
    assert client.store(two.peer, "CT1", [other, image(A, 1, 1, "A")])[0].status == "C111"
    assert two.view("duplicates")[0]["what"] == "SOP instance UID held already with another patient, A"
    assert len(two.view("duplicates")) == 1


def test_what_was_sent_out_after_a_repair_may_come_back(two: House) -> None:
    """An image that returns under the identity it was sent out with is the one that is held."""
    two.pacs.repairs.move_study(A, "C")
    assert client.store(two.peer, "CT1", [two.pacs.load(A_ALL[0])])[0].status == "0000"
    assert two.view("duplicates") == []
