"""What a scene has carried into the department: yesterday's worklist on a mobile, discs in the drive."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from simlab.dicom.uids import uid
from simlab.errors import BadInput, NotFound
from simlab.lab.home import Home
from simlab.lab.lab import Lab, running
from simlab.training.scene import load_scene
from tests.lab.test_workflow import do

MOBILE = """
use: [_lib/small-hospital]
settings: {US1: {quirks: [cached_list], filter_date: all}}
kept_lists:
- scanner: US1
  taken: yesterday 17:10
  rows:
  - {accession: RXX10000041, was: {patient_name: "DUNMOOR^PATRICK^^MR"}}
  - {accession: RXX09990001, patient: quill, exam: UAORT, start: "-1d 15:00"}
"""
DISC = """
use: [_lib/small-hospital]
studies:
- recipe: outside-cd
  patient: vance
  accession: KF-9
  labelled: {{mrn: KF-00471122, issuer: FELSENAU}}
  in: [felsenau]
discs:
- {{name: felsenau{how}}}
"""


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with running(Home(tmp_path_factory.mktemp("carried") / "home")) as lab:
        yield lab


def staged(lab: Lab, scene: str) -> Lab:
    lab.stage(load_scene(scene, lab))
    return lab


def look(lab: Lab, how: str) -> dict[str, Any]:
    """What `dicom.look_at_media` says of a disc with that wrong with it."""
    return do(staged(lab, DISC.format(how=how)), "dicom.look_at_media", disc="felsenau")


def test_a_mobile_shows_yesterday_s_list(opened: Lab) -> None:
    """An order as it was called then, and one that the RIS has no more; docking brings today's."""
    lab = staged(opened, MOBILE)
    rows = do(lab, "modality.worklist", modality="US1")["rows"]
    assert [(row["accession"], row["patient_name"], row["date"]) for row in rows] == [
        ("RXX09990001", "QUILL^TOBIAS^^MR", "20260301"), ("RXX10000041", "DUNMOOR^PATRICK^^MR", "20260302"),
    ]  # fmt: skip
    (kept, _) = lab.look("modality.kept_lists", system="US1")
    assert (kept["taken"], kept["station_ae"], kept["modality"]) == ("2026-03-01T17:10:00", "US1", "US")
    docked = do(lab, "modality.worklist", modality="US1", dock=True)["rows"]
    assert [(row["accession"], row["patient_name"]) for row in docked] == [("RXX10000041", "DUNMORE^PATRICK^^MR")]


def test_who_is_examined_by_the_kept_list_has_the_numbers_that_the_ris_gave(opened: Lab) -> None:
    """Study UID and step of the order are the RIS's, the name is yesterday's."""
    lab = staged(opened, MOBILE)
    done = do(lab, "modality.scan", modality="US1", accession="RXX10000041")
    assert done["study_uid"] == uid("ris", "RXX10000041")
    stored = lab.look("pacs.instances", study_uid=done["study_uid"])
    assert {lab.pacs.load(row["sop_uid"]).header().patient_name for row in stored} == {"DUNMOOR^PATRICK^^MR"}


def test_a_kept_list_of_nobody_is_refused(opened: Lab) -> None:
    """An unknown order without a patient, a column that worklists have not, a scanner that there is not."""
    with pytest.raises(BadInput, match="RXX1"):
        load_scene(MOBILE.replace("patient: quill, ", "").replace("RXX09990001", "RXX1"), opened)
    with pytest.raises(BadInput, match="weight"):
        load_scene(MOBILE.replace("patient_name", "weight"), opened)
    with pytest.raises(NotFound, match="US9"):
        load_scene(MOBILE.replace("scanner: US1", "scanner: US9"), opened)


def test_an_outside_cd_lies_in_the_drive(opened: Lab) -> None:
    """Ready to import, under the other hospital's number; the next scene takes it away, the same one brings it anew."""
    found = look(opened, "")
    (row,) = found["rows"]
    assert (row["patient_id"], found["damaged"], found["lies"], found["directory"]) == ("KF-00471122", {}, {}, True)
    done = do(opened, "dicom.import_media", disc="felsenau", identity={"patient_id": "4100050", "issuer": "RXX01"})
    assert done["images"] == row["images"] > 2
    (opened.home.media / "felsenau" / "DICOMDIR").unlink()
    opened.restage()
    assert do(opened, "dicom.look_at_media", disc="felsenau")["directory"]
    assert do(opened, "dicom.look_at_media")["discs"] == ["felsenau"]
    staged(opened, "use: [_lib/small-hospital]\n")
    assert do(opened, "dicom.look_at_media")["discs"] == []


@pytest.mark.parametrize(
    ("how", "wrong"),
    [(", missing: 2", {"damaged": 2}), (", damaged: 1", {"damaged": 1}), (", unlisted: 1", {"unlisted": 1}),
     (", swapped: true", {"lies": 2}), (", missing: 1, damaged: 1", {"damaged": 2})],
)  # fmt: skip
def test_a_broken_disc_is_said_to_be_broken(opened: Lab, how: str, wrong: dict[str, int]) -> None:
    """Each file by its name; the rest is read, and the outcome is no success where images lack or are others."""
    found = look(opened, how)
    assert {key: len(found[key]) for key in ("damaged", "unlisted", "lies") if found[key]} == wrong
    outcome = opened.perform("dicom.import_media", {"disc": "felsenau"})
    assert outcome.data["images"] == sum(row["images"] for row in found["rows"]) > 0
    assert outcome.ok is (set(wrong) == {"unlisted"})


def test_a_directory_that_tells_of_somebody_else_is_found_out(opened: Lab) -> None:
    """The label says Alba Sonnen; every file says who it is really of, and both stand in the outcome."""
    found = look(opened, ", told: {PatientName: SONNEN^ALBA, PatientID: KF-1}")
    assert len(found["lies"]) == found["rows"][0]["images"]
    outcome = opened.perform("dicom.import_media", {"disc": "felsenau"})
    assert not outcome.ok and "KF-00471122" in outcome.summary and "KF-1" in outcome.summary


def test_files_in_other_letters_are_found(opened: Lab) -> None:
    """Listed in capitals, written small: a viewer that minds would find nothing."""
    found = look(opened, ", letters: lower")
    assert (len(found["miscased"]), found["damaged"]) == (found["rows"][0]["images"], {})
    assert not (opened.home.media / "felsenau" / "DICOMDIR").exists() or list(
        opened.home.media.glob("felsenau/dicomdir")
    )


def test_a_disc_without_a_directory_is_read_file_by_file(opened: Lab) -> None:
    """And said to be one."""
    found = look(opened, ", directory: false")
    assert not found["directory"] and found["rows"][0]["images"] > 2


def test_a_disc_of_one_s_own_is_not_lost_to_a_scene(opened: Lab) -> None:
    """What the trainee has burnt under the name of a scene's disc is put aside."""
    staged(opened, "use: [_lib/small-hospital]\n")
    (opened.home.media / "felsenau").mkdir(parents=True, exist_ok=True)
    (opened.home.media / "felsenau" / "mine.txt").write_text("mine")
    look(opened, "")
    assert (opened.home.media / "felsenau-2" / "mine.txt").read_text() == "mine"


def test_a_disc_that_tells_what_no_element_is_is_refused(opened: Lab) -> None:
    """A misspelt keyword is named."""
    with pytest.raises(BadInput, match="PatientNam"):
        load_scene(DISC.format(how=", told: {PatientNam: X}"), opened)
