"""Images of another hospital under an identity of this one: all facts are of one person, or nothing is imported."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from simlab.department.modality import recipes, sampling
from simlab.dicom import media
from simlab.dicom.instance import Instance
from simlab.lab.actions.action import Outcome
from simlab.lab.home import Home
from simlab.lab.lab import Lab, running
from tests.lab.conftest import from_scene
from tests.lab.test_workflow import do

FACTS = ("patient_id", "issuer", "patient_name", "birth_date", "sex", "accession")
ORDER = "RXX10000033"


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with running(Home(tmp_path_factory.mktemp("reconciling") / "home")) as lab:
        yield lab


@pytest.fixture
def lab(opened: Lab) -> Lab:
    """The small hospital with an outside CD in the drive, of KF-00471122, a woman born in 1957."""
    from_scene(opened)
    disc = opened.home.media / "felsenau"
    if not disc.exists():
        sampling.write(recipes.named("outside-cd"), disc, media=True)
    return opened


def known(lab: Lab, number: str = "4100033") -> dict[str, Any]:
    """Who the RIS says that is."""
    (row,) = lab.look("ris.patients", patient_id=number)
    return {"patient_id": number, "issuer": row["issuer"], "patient_name": row["name"],
            "birth_date": row["birth_date"], "sex": row["sex"]}  # fmt: skip


def facts(lab: Lab, study: str) -> list[dict[str, str]]:
    """What the workstation's images of a study say of their patient, each combination once."""
    found = []
    for one in lab.viewers["ADMIN"].instances(study):
        header = one.header()
        said = {key: getattr(header, key) for key in FACTS}
        if said not in found:
            found.append(said)
    return found


def tried(lab: Lab, disc: str = "felsenau", study: str = "", **identity: str) -> Outcome:
    return lab.perform("dicom.import_media", {"disc": disc, "study": study, "identity": identity})


@pytest.mark.parametrize(
    ("identity", "accession"),
    [({"patient_id": "4100033"}, ""), ({"patient_id": "4100033", "issuer": "RXX01"}, ""), ({"accession": ORDER}, ORDER),
     ({"patient_id": "4100033", "issuer": "RXX01", "patient_name": "YEO^HUI MIN", "accession": ORDER}, ORDER)],
)  # fmt: skip
def test_images_become_one_known_person_s(lab: Lab, identity: dict[str, str], accession: str) -> None:
    """Number or order is enough; birth date, sex and issuer come along, and no foreign accession stays."""
    done = tried(lab, **identity)
    assert done.ok, done.summary
    assert facts(lab, done.data["studies"][0]) == [{**known(lab), "accession": accession}]


def test_what_stood_there_is_kept_in_the_original_attributes(lab: Lab) -> None:
    """Birth date and accession as on the disc."""
    before = media.read(lab.home.media / "felsenau").instances[0].header()
    study = tried(lab, accession=ORDER).data["studies"][0]
    ds = lab.viewers["ADMIN"].instances(study)[0].dataset()
    former = ds.OriginalAttributesSequence[0].ModifiedAttributesSequence[0]
    assert (former.PatientID, former.PatientBirthDate) == (before.patient_id, before.birth_date)
    assert (former.AccessionNumber, former.IssuerOfPatientID) == (before.accession, "FELSENAU")


def test_who_differs_is_told_of(lab: Lab) -> None:
    """Born in another year: somebody has to look whether it is the same person."""
    before = media.read(lab.home.media / "felsenau").instances[0].header()
    told = tried(lab, patient_id="4100033").summary
    assert "same person" in told and before.birth_date in told and known(lab)["birth_date"] in told


def test_nothing_else_of_the_other_person_stays(lab: Lab) -> None:
    """Age, address and former names; what other hospitals' numbers there are is no contradiction."""
    images = media.read(lab.home.media / "felsenau").instances
    burnt = []
    for one in images:
        ds = one.dataset()
        ds.PatientAge, ds.PatientAddress, ds.PatientBirthName = "068Y", "1 Talweg", "GRAU^ANNA"
        rewritten = Instance.from_dataset(ds, one.transfer_syntax)
        tail = one.head[len(one.before_pixels) :]
        burnt.append(Instance(one.transfer_syntax, rewritten.head + tail, one.pixels))
    media.write(lab.home.media / "talkative", burnt)
    study = tried(lab, "talkative", patient_id="4100033").data["studies"][0]
    for one in lab.viewers["ADMIN"].instances(study):
        ds = one.dataset()
        assert [str(ds[name].value or "") for name in ("PatientAge", "PatientAddress", "PatientBirthName")] == [""] * 3


def test_somebody_who_is_not_known_needs_every_fact(lab: Lab) -> None:
    """Empty is a fact too; this hospital's own authority is the issuer unless another is said."""
    refused = tried(lab, patient_id="4999999", patient_name="SONNEN^ALBA")
    assert not refused.ok and refused.error and "birth date, sex" in refused.error["remedy"]
    given = {"patient_id": "4999999", "patient_name": "SONNEN^ALBA", "birth_date": "", "sex": "F"}
    done = tried(lab, **given)
    assert done.ok, done.summary
    assert facts(lab, done.data["studies"][0]) == [{**given, "issuer": "RXX01", "accession": ""}]


@pytest.mark.parametrize(
    ("identity", "why"),
    [({"patient_id": "4100033", "birth_date": "19570214"}, "born"),
     ({"patient_id": "4100033", "sex": "M"}, "is YEO"),
     ({"patient_id": "4100033", "patient_name": "ZELLER^OTTO"}, "is YEO"),
     ({"patient_id": "4100041", "accession": ORDER}, "is of 4100033"),
     ({"accession": ORDER, "issuer": "FELSENAU"}, "RXX01"),
     ({"accession": "RXX99999999"}, "no order"),
     ({"patient_id": "4100033", "issuer": "NOBODY"}, "nobody here"),
     ({"patient_name": "YEO^HUI MIN^^MS"}, "nobody is named"),
     ({"patient_id": "4999999", "patient_name": "A^B", "birth_date": "14.2.1957", "sex": "F"}, "no date"),
     ({"patient_id": "4999999", "patient_name": "A^B", "birth_date": "", "sex": "female"}, "no sex"),
     ({"patient_id": "1\\2"}, "no patient id")],
)  # fmt: skip
def test_facts_of_two_people_are_refused(lab: Lab, identity: dict[str, str], why: str) -> None:
    """Why is said, and the workstation has nothing of it."""
    refused = tried(lab, **identity)
    assert not refused.ok and why in refused.summary
    assert lab.look("viewer.holds", system="ADMIN") == []


def test_a_number_that_was_merged_is_refused(lab: Lab) -> None:
    """The survivor's number is the one to import under."""
    do(lab, "epr.merge", survive="4100033", retire="4100041")
    lab.settle()
    refused = tried(lab, patient_id="4100041")
    assert not refused.ok and "merged into 4100033" in refused.summary


def test_a_disc_of_two_people_becomes_no_one_s(lab: Lab) -> None:
    """One study at a time does; as it is the whole disc can be read."""
    images = media.read(lab.home.media / "felsenau").instances
    other = {"PatientID": "KF-2", "StudyInstanceUID": "2.25.2", "SOPInstanceUID": "2.25.22"}
    media.write(lab.home.media / "two", [*images, images[0].with_identity(other)])
    refused = tried(lab, "two", patient_id="4100033")
    assert not refused.ok and "2 patients" in refused.summary and "KF-2: 2.25.2" in refused.summary
    assert tried(lab, "two", study="2.25.2", patient_id="4100033").data["images"] == 1
    assert tried(lab, "two").data["images"] == len(images) + 1


def test_a_full_workstation_is_no_success(lab: Lab) -> None:
    """What did not fit is counted, and not sent on."""
    do(lab, "viewer.configure", viewer="ADMIN", quota_images=3)
    done = lab.perform("dicom.import_media", {"disc": "felsenau", "to": "PACS"})
    assert not done.ok and "full" in done.summary and done.data["images"] == 3
    (study,) = lab.look("pacs.studies", study_uid=done.data["studies"][0])
    assert study["instances"] == 3


def test_a_disc_on_which_nothing_can_be_read_says_so(lab: Lab) -> None:
    """Every file that the directory lists is missing."""
    disc = lab.home.media / "empty"
    sampling.write(recipes.named("outside-cd"), disc, media=True)
    for path in disc.rglob("*"):
        if path.is_file() and path.name != media.DIRECTORY:
            path.unlink()
    refused = tried(lab, "empty")
    assert not refused.ok and "can be read" in refused.summary and "missing" in refused.summary


def test_a_cut_off_image_is_named_on_a_disc_without_a_directory_too(lab: Lab) -> None:
    """Nobody lists it, and it is one image fewer; a text beside it is none."""
    disc = lab.home.media / "bare"
    sampling.write(recipes.named("outside-cd"), disc, media=True)
    (disc / "DATA").mkdir(exist_ok=True)
    (disc / media.DIRECTORY).rename(disc / "DATA" / media.DIRECTORY)  # in a folder below it is no disc's
    (disc / "README.TXT").write_text("Klinikum Felsenau")
    first = min(path for path in disc.rglob("*") if path.is_file() and path.name[:3] not in ("REA", "DIC"))
    whole = len(media.read(disc).instances)
    first.write_bytes(first.read_bytes()[:400])
    done = tried(lab, "bare")
    assert (done.ok, done.data["images"]) == (False, whole - 1)
    assert list(done.data["damaged"]) == [first.relative_to(disc).as_posix()]


def test_an_unfinished_copy_is_no_disc(lab: Lab) -> None:
    """What lies aside in the drive is not listed."""
    (lab.home.media / ".new-abc").mkdir(exist_ok=True)
    assert ".new-abc" not in do(lab, "dicom.look_at_media")["discs"]
