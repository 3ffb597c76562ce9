"""A viewer with little room, in a whole lab: it fills up, refuses, is purged, and takes again."""

from __future__ import annotations

import pytest

from simlab.lab.lab import Lab
from tests.lab.test_workflow import do

ZELLER, AORTA = "2.25.31000068", "2.25.30900041"


def moved(lab: Lab, study: str, to: str = "THEATRE") -> dict[str, int | str]:
    """What came of a C-MOVE."""
    return lab.perform("dicom.move", {"destination": to, "keys": {"StudyInstanceUID": study}}).data


def test_a_full_viewer_answers_a700_and_the_archive_says_so(lab: Lab) -> None:
    """Six of twelve fit: B000 with six failed; with none at all a failure; nothing that is held is lost."""
    do(lab, "viewer.configure", viewer="THEATRE", quota_images=6)
    done = moved(lab, ZELLER)
    assert (done["status"], done["completed"], done["failed"]) == ("B000", 6, 6)
    assert moved(lab, AORTA)["status"] == "A702"
    (space,) = lab.look("viewer.space", system="THEATRE")
    assert (space["images"], space["studies"], space["quota"]) == (6, 1, 6)
    stores = [event.data for event in lab.journal.events(kinds=("dicom.operation",), system="THEATRE")]
    assert {data["status"] for data in stores if data["service"] == "C-STORE"} == {"0000", "A700"}


def test_what_a_full_viewer_holds_may_come_again(lab: Lab) -> None:
    """An instance in place of itself needs no room."""
    do(lab, "viewer.configure", viewer="THEATRE", quota_images=12)
    assert moved(lab, ZELLER)["status"] == moved(lab, ZELLER)["status"] == "0000"


def test_a_purged_viewer_takes_again(lab: Lab) -> None:
    """One study by name, or the oldest first; the archive is not touched."""
    do(lab, "viewer.configure", viewer="THEATRE", quota_images=13)
    moved(lab, ZELLER)
    assert moved(lab, AORTA)["failed"] == 1
    assert do(lab, "viewer.purge", viewer="THEATRE", keep=2)["studies"] == [ZELLER]
    assert moved(lab, AORTA)["status"] == "0000"
    assert do(lab, "viewer.purge", viewer="THEATRE", study=AORTA)["left"] == 0
    assert len(lab.look("pacs.studies")) == 4


def test_the_oldest_study_goes_by_itself_where_that_is_set(lab: Lab) -> None:
    """The newer one stays whole, and the log says what went; a study larger than the disk is refused."""
    do(lab, "viewer.configure", viewer="THEATRE", quota_images=12, purge_oldest=True)
    moved(lab, ZELLER)
    assert moved(lab, AORTA)["status"] == "0000"
    assert {row["study_uid"] for row in lab.look("viewer.holds", system="THEATRE")} == {AORTA}
    assert f"full: study {ZELLER} deleted" in [event.summary for event in lab.journal.events(system="THEATRE")]
    do(lab, "viewer.configure", viewer="THEATRE", quota_images=5)
    assert moved(lab, ZELLER)["failed"] == 7


def test_the_workstation_s_files_go_with_their_images(lab: Lab) -> None:
    """A full workstation refuses a C-GET; purged, its folder is empty too."""
    do(lab, "viewer.configure", viewer="ADMIN", quota_images=6)
    outcome = lab.perform("dicom.get", {"keys": {"StudyInstanceUID": ZELLER}})
    assert (outcome.data["completed"], outcome.data["failed"]) == (6, 6)
    assert len(list(lab.home.workstation.glob("*.dcm"))) == 6
    do(lab, "viewer.purge", viewer="ADMIN", keep=0)
    assert list(lab.home.workstation.glob("*.dcm")) == []
    assert lab.look("viewer.holds", system="ADMIN") == []


@pytest.mark.parametrize(
    ("name", "arguments", "why"),
    [("viewer.purge", {"viewer": "CT1"}, "no viewer CT1"),
     ("viewer.purge", {"viewer": "CLINIC", "study": "2.25.1"}, "holds no study"),
     ("viewer.purge", {"viewer": "CLINIC"}, "not said what may go"),
     ("viewer.purge", {"viewer": "CLINIC", "study": "2.25.1", "keep": 5}, "not both"),
     ("viewer.configure", {"viewer": "CLINIC", "quota_images": "many"}, "no number of images"),
     ("viewer.configure", {"viewer": "CLINIC", "purge_oldest": "perhaps"}, "neither on nor off"),
     ("viewer.configure", {"viewer": "CLINIC", "colour": "red"}, "no setting")],
)  # fmt: skip
def test_what_cannot_be_is_said(lab: Lab, name: str, arguments: dict[str, object], why: str) -> None:
    """Nothing is changed."""
    outcome = lab.perform(name, arguments)
    assert not outcome.ok and why in outcome.summary
    assert lab.look("viewer.settings", system="CLINIC") == []
