"""Discs at the workstation of a whole lab: an outside CD comes in, a patient takes a study home."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from simlab.department.modality import recipes, sampling
from simlab.dicom import media
from simlab.lab.lab import Lab
from tests.lab.test_workflow import do
from tests.tools import need

ZELLER = "2.25.31000068"


@pytest.fixture
def outside(lab: Lab) -> str:
    """A CD of another hospital lies in the drive."""
    sampling.write(recipes.named("outside-cd"), lab.home.media / "felsenau", media=True)
    return "felsenau"


def test_an_outside_cd_is_read_as_it_is(lab: Lab, outside: str) -> None:
    """Foreign numbers, accession and private elements are in the workstation's copies, byte for byte."""
    done = do(lab, "dicom.import_media", disc=outside)
    (study,) = done["studies"]
    kept = {one.header().sop_instance_uid: one.encoded for one in lab.viewers["ADMIN"].instances(study)}
    assert kept == {
        one.header().sop_instance_uid: one.encoded for one in media.read(lab.home.media / outside).instances
    }
    (number,) = {row["patient_id"] for row in lab.look("viewer.holds", system="ADMIN", study_uid=study)}
    assert number == "KF-00471122"
    assert lab.look("pacs.studies", study_uid=study) == []


def test_an_outside_cd_is_imported_under_this_hospital_s_identity(lab: Lab, outside: str) -> None:
    """In the PACS it is ours, with what stood there in the Original Attributes."""
    identity = {"patient_id": "4100068", "issuer": "RXX01", "patient_name": "ZELLER^OTTO^^MR"}
    done = do(lab, "dicom.import_media", disc=outside, identity=identity, to="PACS")
    (study,) = lab.look("pacs.studies", study_uid=done["studies"][0])
    assert (study["patient_id"], study["instances"]) == ("4100068", done["images"])
    ds = lab.pacs.load(lab.look("pacs.instances", study_uid=study["study_uid"])[0]["sop_uid"]).dataset()
    former = ds.OriginalAttributesSequence[0].ModifiedAttributesSequence[0]
    assert (former.PatientID, former.IssuerOfPatientID) == ("KF-00471122", "FELSENAU")


def test_a_study_goes_out_on_a_disc_that_dcmtk_reads(lab: Lab) -> None:
    """The workstation's copies, listed in a DICOMDIR."""
    do(lab, "dicom.get", keys={"StudyInstanceUID": ZELLER})
    done = do(lab, "dicom.export_media", disc="zeller-1", studies=[ZELLER])
    directory = Path(done["folder"]) / "DICOMDIR"
    told = subprocess.run([need("dcmdump"), str(directory)], capture_output=True, text=True, check=True).stdout
    assert told.count("(0004,1500)") == done["images"] == len(lab.look("pacs.instances", study_uid=ZELLER))
    again = lab.perform("dicom.export_media", {"disc": "zeller-1", "studies": [ZELLER]})
    assert not again.ok and "something on that disc" in again.summary


@pytest.mark.parametrize(
    ("name", "arguments", "why"),
    [("dicom.import_media", {"disc": "../home"}, "no name of a disc"),
     ("dicom.import_media", {"disc": "none"}, "no such disc"),
     ("dicom.import_media", {"disc": "felsenau", "identity": {"weight": "1"}}, "no identity"),
     ("dicom.import_media", {"disc": "felsenau", "study": "2.25.1"}, "no study"),
     ("dicom.import_media", {"disc": "felsenau", "to": "ADT"}, "does not speak DICOM"),
     ("dicom.export_media", {"disc": "x", "studies": ["2.25.1"]}, "holds no study")],
)  # fmt: skip
def test_what_cannot_be_done_is_said(lab: Lab, outside: str, name: str, arguments: dict[str, object], why: str) -> None:
    """The reason and no half of it."""
    outcome = lab.perform(name, arguments)
    assert not outcome.ok and why in outcome.summary
    assert lab.look("viewer.holds", system="ADMIN") == []
    assert not (lab.home.media / "x").exists()


def test_a_study_is_copied_without_the_person(lab: Lab) -> None:
    """The copies lie beside the originals in the workstation, clean, and can be written on a disc."""
    do(lab, "dicom.get", keys={"StudyInstanceUID": ZELLER})
    done = do(lab, "dicom.deidentify", study=ZELLER, secret="course")
    assert (done["residue"], done["study_uid"] != ZELLER) == ([], True)
    assert done["copies"] + len(done["left_out"]) == len(lab.look("viewer.holds", system="ADMIN", study_uid=ZELLER))
    assert do(lab, "dicom.check_residue", study=done["study_uid"], of=ZELLER)["residue"] == []
    assert do(lab, "dicom.export_media", disc="teaching", studies=[done["study_uid"]])["images"] == done["copies"]
    events = [event.data for event in lab.journal.events(kinds=("action",)) if event.data["name"] == "dicom.deidentify"]
    assert events[-1]["args"]["secret"] == "..."


def test_a_study_that_still_has_the_person_is_told_apart(lab: Lab) -> None:
    """Checked against itself the original is full of leftovers, each with its element."""
    do(lab, "dicom.get", keys={"StudyInstanceUID": ZELLER})
    outcome = lab.perform("dicom.check_residue", {"study": ZELLER, "of": ZELLER})
    assert not outcome.ok
    assert {"path": "(0010,0010)", "what": "name"}.items() <= next(
        row for row in outcome.data["residue"] if row["path"] == "(0010,0010)"
    ).items()


def test_what_cannot_be_cleaned_at_all_is_no_copy(lab: Lab) -> None:
    """A study that the workstation has not."""
    outcome = lab.perform("dicom.deidentify", {"study": "2.25.1"})
    assert not outcome.ok and "holds no study" in outcome.summary
