"""De-identified copies, and the search for what is left in them."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset

from simlab.department.modality import StudyFacts, recipes, render
from simlab.department.modality.quirks import with_elements
from simlab.dicom import deidentify, residue, transcode
from simlab.dicom.instance import Instance
from simlab.errors import BadInput
from tests.tools import need

FACTS = StudyFacts(
    "4100068", "Núñez^María^^MRS", "20260301", "101500", issuer="RXX01", birth_date="19570505", sex="F",
    accession="RXX10000068", referring="LINDQVIST^K^^DR", institution="Fernhill General Hospital", study_id="P100",
    procedure_id="P10068", step_id="S10068", study_uid="2.25.31000068",
)  # fmt: skip


def left(made: list[Instance], of: list[Instance]) -> list[tuple[str, str]]:
    """What is left in the elements; words in the pixels are `test_lettering`'s."""
    person = residue.known(of)
    findings = [finding for one in made for finding in residue.left(one, person)]
    return [(finding.path, finding.what) for finding in findings if finding.what != residue.WORDS]


def grown(instance: Instance, **values: Any) -> Instance:
    """The image with further elements, in its own character set."""
    ds = Dataset()
    ds.SpecificCharacterSet = "ISO_IR 192"
    for keyword, value in values.items():
        setattr(ds, keyword, value)
    return with_elements(instance, ds)


@pytest.mark.parametrize("name", recipes.names())
def test_nothing_of_the_person_is_left_of_any_sample_study(name: str) -> None:
    """Header, private elements, structured reports, compressed images: clean but for words in pixels, or left out."""
    originals = render(name, FACTS, 1)
    made = deidentify.copies(originals, secret="s")
    lettered = [one for one in originals if one.pixels is not None and residue.may_be_lettered(one.dataset())]
    assert left(made.instances, originals) == [("(0028,0301)", "burned-in annotation not excluded")] * len(lettered)
    assert set(made.left_out.values()) <= {"a document cannot be cleaned"}
    assert len(made.instances) + len(made.left_out) == len(originals)


def test_a_scanned_paper_that_says_nothing_of_words_is_told_of() -> None:
    """A secondary capture without Burned In Annotation: nobody can know but who looks."""
    originals = render("ot-request", FACTS, 1)
    made = deidentify.copies(originals, secret="s").instances
    assert left(made, originals) == [("(0028,0301)", "burned-in annotation not excluded")]
    assert made[0].dataset().PatientIdentityRemoved == "NO"


def test_the_originals_are_full_of_the_person() -> None:
    """The checker finds name, number, place, date and UID where they are."""
    originals = render("ct-head", FACTS, 1)
    assert {what for _, what in left(originals, originals)} >= {"name", "number", "place", "date", "UID"}


def test_copies_of_one_person_belong_together() -> None:
    """One patient, one study, the series and the order of images as before; other UIDs, dates earlier, ages kept."""
    originals = render("ct-abdomen-phases", FACTS, 1)
    made = deidentify.copies(originals, secret="s").instances
    before, after = ([one.header() for one in some] for some in (originals, made))
    assert len({one.patient_id for one in after}) == len({one.study_uid for one in after}) == 1
    assert len({one.series_uid for one in after}) == len({one.series_uid for one in before})
    assert [one.instance_number for one in after] == [one.instance_number for one in before]
    assert not {one.sop_instance_uid for one in before} & {one.sop_instance_uid for one in after}
    assert after[0].study_date < before[0].study_date
    assert [one.pixels for one in made] == [one.pixels for one in originals]
    assert made[0].dataset().PatientIdentityRemoved == "YES"


def test_the_same_secret_gives_the_same_replacements() -> None:
    """And another one others."""
    originals = render("us-aorta", FACTS, 1)
    first, same, other = (deidentify.copies(originals, secret=secret).instances[0].header() for secret in "aab")
    assert first == same
    assert first.patient_id != other.patient_id


def test_words_hidden_in_texts_and_sequences_are_taken_out() -> None:
    """A name in a description, a number in a comment deep inside; the rest of the text stays."""
    item = Dataset()
    item.ScheduledProcedureStepDescription = "Repeat for 4100068"
    hidden = grown(render("us-aorta", FACTS, 1)[0], StudyDescription="Aorta NUNEZ born 05.05.1957",
                   RequestAttributesSequence=[item])  # fmt: skip
    made = deidentify.copies([hidden], secret="s").instances
    assert left(made, [hidden]) == []
    ds = made[0].dataset()
    assert ds.StudyDescription == "Aorta X born X"
    assert ds.RequestAttributesSequence[0].ScheduledProcedureStepDescription == "Repeat for X"


def test_private_elements_go_and_are_found_when_they_stay() -> None:
    """An outside CD: with `keep_private` every one of them is a leftover."""
    originals = render("outside-cd", FACTS, 1)
    assert left(deidentify.copies(originals, secret="s").instances, originals) == []
    kept = deidentify.copies(originals, secret="s", keep_private=True).instances
    assert {what for _, what in left(kept, originals)} == {"private element"}


def test_a_name_in_bytes_nobody_knows_is_found() -> None:
    """An element of VR UN that a half-hearted copy leaves in."""
    original = render("us-aorta", FACTS, 1)[0]
    made = deidentify.copies([original], secret="s").instances[0]
    ds = Dataset()
    block = ds.private_block(0x0011, "SCANNER", create=True)
    block.add_new(1, "UN", b"pat=NUNEZ;id=4100068;")
    found = left([with_elements(made, ds)], [replace_name(original)])
    assert ("(0011,1001)", "number") in found and ("(0011,1001)", "name") in found


def replace_name(instance: Instance) -> Instance:
    """The same image whose name has no accents, as an old device writes it."""
    return grown(instance, PatientName="NUNEZ^MARIA")


def test_part_of_another_word_is_no_leftover() -> None:
    """A patient named Hip does not make every whip one; a number inside a longer one is another number."""
    original = grown(render("us-aorta", FACTS, 1)[0], PatientName="HIP^ANN")
    made = deidentify.copies([original], secret="s").instances[0]
    other = grown(made, SeriesDescription="Whiplash 94100068", StudyDescription="Annular")
    assert left([other], [original]) == []


def test_original_attributes_are_not_carried_along() -> None:
    """A coerced image tells its former identity; the copy does not."""
    coerced = render("us-aorta", FACTS, 1)[0].with_identity({"PatientID": "4999999"})
    (made,) = deidentify.copies([coerced], secret="s").instances
    assert "OriginalAttributesSequence" not in made.dataset()


def test_burned_in_words_are_told_of_until_they_are_wiped() -> None:
    """An image that says YES is no clean copy; wiped it is, and the picture outside the box is untouched."""
    originals = render("us-burned-in", FACTS, 1)
    unclean = deidentify.copies(originals, secret="s").instances
    assert ("(0028,0301)", "burned-in annotation not excluded") in left(unclean, originals)
    assert unclean[0].dataset().PatientIdentityRemoved == "NO"
    made = deidentify.copies(originals, secret="s", blank=[(0, 0, 640, 60)], words_seen=True).instances
    assert left(made, originals) == []
    before, after = (np.frombuffer(transcode.convert(some[0], "1.2.840.10008.1.2.1").pixels or b"", "u1")
                     for some in (originals, made))  # fmt: skip
    ds = made[0].dataset()
    shape = (480, 640, int(ds.SamplesPerPixel))
    assert before[: 60 * shape[1] * shape[2]].max() > 200
    black = after.reshape(shape)[:60]
    assert black.min(axis=(0, 1)).tolist() == black.max(axis=(0, 1)).tolist()
    assert np.array_equal(before.reshape(shape)[60:], after.reshape(shape)[60:])


@pytest.mark.parametrize("name", ["us-aorta", "us-heart", "dx-chest", "ct-head", "us-carotid", "xa-coronary"])
def test_wiping_works_whatever_the_pixels_are(name: str) -> None:
    """Grey, colour, inverted, signed, compressed, many frames: the corner is of one value, the last row is not."""
    originals = render(name, FACTS, 1)
    made = deidentify.copies(originals, secret="s", blank=[(0, 0, 16, 16)]).instances
    ds = made[0].dataset()
    frames, samples = int(ds.get("NumberOfFrames") or 1), int(ds.SamplesPerPixel)
    kind = "u1" if ds.BitsAllocated == 8 else "<u2"
    size = frames * ds.Rows * ds.Columns * samples
    image = np.frombuffer(bytes(made[0].pixels or b""), kind, size).reshape(frames, ds.Rows, ds.Columns, samples)
    corner = image[:, :16, :16]
    assert (corner == corner[0, 0, 0]).all()
    assert len(np.unique(image)) > 8


@pytest.mark.parametrize(
    "region", [(0, 0, 0, 0), (9999, 0, 10, 10), (0, 480, 10, 10), (-20, 0, 20, 10), (0, 0, 10, -5)]
)
def test_a_region_that_lies_in_no_image_is_refused(region: tuple[int, int, int, int]) -> None:
    """Somebody believes that the name is wiped: it is said that nothing would be, and how large the images are."""
    with pytest.raises(BadInput, match="lies in no image") as refused:
        deidentify.copies(render("us-burned-in", FACTS, 1), secret="s", blank=[(0, 0, 640, 60), region])
    assert "640 x 480" in str(refused.value.remedy)


def test_a_region_that_reaches_over_the_edge_is_wiped_as_far_as_there_are_pixels() -> None:
    """It may begin before the first pixel and end behind the last."""
    made = deidentify.copies(render("us-burned-in", FACTS, 1), secret="s", blank=[(-5, 470, 9999, 9999)])
    assert made.instances and not made.left_out


def test_beside_the_calibrated_regions_everything_is_wiped() -> None:
    """What an ultrasound machine writes round the picture goes; inside the regions nothing changes."""
    region = Dataset()
    region.RegionLocationMinX0, region.RegionLocationMinY0 = 100, 80
    region.RegionLocationMaxX1, region.RegionLocationMaxY1 = 299, 239
    original = grown(render("us-burned-in", FACTS, 1)[0], SequenceOfUltrasoundRegions=[region])
    (made,) = deidentify.copies([original], secret="s", outside_regions=True).instances
    ds = made.dataset()
    shape = (480, 640, int(ds.SamplesPerPixel))
    before, after = (np.frombuffer(bytes(one.pixels or b""), "u1").reshape(shape).copy() for one in (original, made))
    assert np.array_equal(before[80:240, 100:300], after[80:240, 100:300])
    after[80:240, 100:300] = after[0, 0]
    assert (after == after[0, 0]).all()


def test_copies_pass_the_checker_of_another_maker(tmp_path: Path) -> None:
    """dciodvfy finds no error that the original has not."""
    originals = render("ct-head", FACTS, 1)[:1]
    (made,) = deidentify.copies(originals, secret="s").instances
    path = tmp_path / "one.dcm"
    path.write_bytes(made.part10())
    told = subprocess.run([need("dciodvfy"), str(path)], capture_output=True, text=True, check=False).stderr
    assert [line for line in told.splitlines() if line.startswith("Error")] == []


def test_an_image_with_a_bad_date_is_left_out_not_passed_on() -> None:
    """What cannot be understood is not sent; the others are."""
    good, odd = render("us-aorta", FACTS, 1)[:2]
    ds = Dataset()
    ds.add_new(0x00080022, "DA", "3rd of March")
    made = deidentify.copies([good, with_elements(odd, ds)], secret="s")
    assert [replace(one.header(), sop_instance_uid="").modality for one in made.instances] == ["US"]
    assert list(made.left_out) == [odd.header().sop_instance_uid]
