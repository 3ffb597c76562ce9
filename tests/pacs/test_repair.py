"""Merge, move, update and quarantine: what the archive shows and sends afterwards."""

from __future__ import annotations

import pytest

from simlab.department.pacs import PacsPatient, PacsStage
from simlab.department.pacs.repair import CannotMerge, PatientUnknown
from simlab.dicom import client
from simlab.errors import BadInput, NotFound
from tests.dicom.made import ROOT, made
from tests.pacs.conftest import House

STUDY = f"{ROOT}.1"


@pytest.fixture
def two(house: House) -> House:
    """A and B of authority RXX01, each with one image; C is known without any."""
    house.pacs.stage(
        PacsStage(
            instances=[
                made(f"{ROOT}.1.1.1", patient_id="A", issuer="RXX01"),
                made(
                    f"{ROOT}.2.1.1",
                    study_uid=f"{ROOT}.2",
                    series_uid=f"{ROOT}.2.1",
                    patient_id="B",
                    issuer="RXX01",
                    patient_name="SMITH^JOHN^PAUL",
                ),
            ],
            patients=[PacsPatient(patient_id="C", issuer="RXX01", name="JONES^ANN", sex="F")],
        )
    )
    return house


def test_unmoved_instance_is_byte_identical(two: House) -> None:
    """What nobody repaired goes out as it came, byte for byte."""
    assert two.pacs.load(f"{ROOT}.1.1.1").encoded == made(f"{ROOT}.1.1.1", patient_id="A", issuer="RXX01").encoded


def test_preview_changes_nothing(two: House) -> None:
    """A preview counts what would go, and leaves everything where it is."""
    before = two.store.digest()
    done = two.pacs.repairs.merge_patients("A", "RXX01", "B", "RXX01", preview=True)
    assert done["summary"] == "1 instances of 1 series in 1 studies go from A^RXX01 to B^RXX01"
    assert two.store.digest() == before
    assert two.events("console") == []


def test_merge_moves_studies_and_coerces(two: House) -> None:
    """After a merge the studies are the survivor's, and go out under it with the original kept inside."""
    two.pacs.repairs.merge_patients("A", "RXX01", "B", "RXX01")
    assert {row["patient_id"] for row in two.view("studies")} == {"B"}
    sent = two.pacs.load(f"{ROOT}.1.1.1")
    assert (sent.header().patient_id, sent.header().patient_name) == ("B", "SMITH^JOHN^PAUL")
    former = sent.dataset().OriginalAttributesSequence[0].ModifiedAttributesSequence[0]
    assert (former.PatientID, str(former.PatientName)) == ("A", "SMITH^JOHN")
    assert sent.pixels == made("2.25.1").pixels


def test_retired_number_is_remembered(two: House) -> None:
    """An instance that comes later under the retired number is filed under the survivor."""
    two.pacs.repairs.merge_patients("A", "RXX01", "B", "RXX01")
    late = made(f"{ROOT}.3.1.1", study_uid=f"{ROOT}.3", series_uid=f"{ROOT}.3.1", patient_id="A", issuer="RXX01")
    (reply,) = client.store(two.peer, "CT1", [late])
    assert reply.stored
    assert two.view("studies", study_uid=f"{ROOT}.3")[0]["patient_id"] == "B"
    assert two.pacs.load(f"{ROOT}.3.1.1").header().patient_id == "B"


def test_merge_twice_changes_nothing(two: House) -> None:
    """The same merge again is no error."""
    two.pacs.repairs.merge_patients("A", "RXX01", "B", "RXX01")
    assert "merged already" in two.pacs.repairs.merge_patients("A", "RXX01", "B", "RXX01")["summary"]


def test_other_authority_finds_nobody(two: House) -> None:
    """A number under an authority that does not match is refused with AE, naming those that know it."""
    with pytest.raises(PatientUnknown) as raised:
        two.pacs.repairs.merge_patients("A", "RXX02", "B", "RXX01")
    assert raised.value.ack_code == "AE"
    assert raised.value.elsewhere == ("RXX01",)


def test_unknown_number_is_known_nowhere(two: House) -> None:
    """An unknown number says that no authority knows it."""
    with pytest.raises(PatientUnknown) as raised:
        two.pacs.repairs.merge_patients("Z", "RXX01", "B", "RXX01")
    assert raised.value.elsewhere == ()


def test_merge_into_a_new_number(two: House) -> None:
    """A survivor the archive has not met yet takes over the demographics of the retired number."""
    two.pacs.repairs.merge_patients("A", "RXX01", "NEW", "RXX01")
    (row,) = two.view("patients", patient_id="NEW")
    assert (row["name"], row["studies"]) == ("SMITH^JOHN", 1)


def test_merge_into_a_retired_number_is_refused(two: House) -> None:
    """Merging into a number that is itself retired is refused, and names the one in force."""
    two.pacs.repairs.merge_patients("A", "RXX01", "B", "RXX01")
    with pytest.raises(CannotMerge, match="itself retired, into B"):
        two.pacs.repairs.merge_patients("C", "RXX01", "A", "RXX01")


def test_move_study(two: House) -> None:
    """A moved study is the other patient's and no other study is touched."""
    done = two.pacs.repairs.move_study(STUDY, "C", "RXX01")
    assert done["instances"] == 1
    assert two.view("studies", study_uid=STUDY)[0]["patient_name"] == "JONES^ANN"
    assert two.view("studies", study_uid=f"{ROOT}.2")[0]["patient_id"] == "B"


def test_move_to_nobody(two: House) -> None:
    """A study is not moved to a number the archive does not know."""
    with pytest.raises(NotFound):
        two.pacs.repairs.move_study(STUDY, "Z", "RXX01")


def test_update_patient(two: House) -> None:
    """A new surname shows in queries and on what is sent."""
    two.pacs.repairs.update_patient("A", "RXX01", {"name": "MILLER^JOHN"})
    found = client.find(two.peer, "ADMIN", "study", "STUDY", {"PatientName": "MILLER*", "StudyInstanceUID": ""})
    assert [row["StudyInstanceUID"] for row in found.rows] == [STUDY]
    assert two.pacs.load(f"{ROOT}.1.1.1").header().patient_name == "MILLER^JOHN"


def test_quarantine_hides_and_releases(two: House) -> None:
    """A study in quarantine is neither found nor sent; released, it is both again."""
    two.pacs.repairs.quarantine(STUDY, reason="wrong patient?")
    keys = {"StudyInstanceUID": STUDY}
    assert client.find(two.peer, "ADMIN", "study", "STUDY", keys).rows == ()
    assert client.move(two.peer, "ADMIN", "THEATRE", "study", "STUDY", keys).completed == 0
    two.pacs.repairs.quarantine(STUDY, release=True)
    assert len(client.find(two.peer, "ADMIN", "study", "STUDY", keys).rows) == 1


def test_unknown_setting_lists_the_known(house: House) -> None:
    """An unknown setting is refused with the list of those there are."""
    with pytest.raises(BadInput, match="check_calling"):
        house.pacs.configure(colour="blue")


def test_console_leaves_one_event_and_changes_with_actor(two: House) -> None:
    """A console action is one event, and the rows it changed are on record."""
    two.pacs.set_peer("NEW", "127.0.0.1", 104)
    (event,) = two.events("console")
    assert event.data["method"] == "set_peer"
    with two.store.read() as tx:
        changes = tx.execute("SELECT tbl, op, key FROM lab_change WHERE key='NEW'").fetchall()
    assert [tuple(row) for row in changes] == [("pacs_peer", "INSERT", "NEW")]
