"""Documents of a study: they name its images, say what the recipe says, and compression changes no pixel."""

from dataclasses import replace

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import UID

from simlab.department.modality import recipes, render
from simlab.department.modality.sampling import person
from simlab.dicom import presentation, presenting, transcode
from simlab.dicom.instance import Instance
from simlab.errors import BadInput

NAME = "ct-chest-nodule"


@pytest.fixture(scope="module")
def study() -> dict[str, Dataset]:
    """The study's data sets by modality, the last of each."""
    recipe = recipes.named(NAME)
    return {one.header().modality or "": one.dataset() for one in render(recipe, person(recipe), 1)} | {
        one.header().series_description or "": one.dataset() for one in render(recipe, person(recipe), 1)
    }


def nodes(ds: Dataset, meaning: str) -> list[Dataset]:
    """Content items of that concept, however deep."""
    found = []
    for item in ds.get("ContentSequence", []):
        if item.get("ConceptNameCodeSequence") and item.ConceptNameCodeSequence[0].CodeMeaning == meaning:
            found.append(item)
        found += nodes(item, meaning)
    return found


def shown(study: dict[str, Dataset]) -> str:
    """The image through the middle of the nodule."""
    recipe = recipes.named(NAME)
    return next(one.header().sop_instance_uid for one in render(recipe, person(recipe), 1)
                if (one.header().series_number, one.header().instance_number) == (2, 8))  # fmt: skip


def test_measurements_are_the_truth(study: dict[str, Dataset]) -> None:
    """TID 1500: diameter in mm, site with side, and the image it was measured in."""
    report = study["Nodule measurement"]
    measured = nodes(report, "Diameter")[0].MeasuredValueSequence[0]
    assert float(measured.NumericValue) == 24
    assert measured.MeasurementUnitsCodeSequence[0].CodeValue == "mm"
    assert nodes(report, "Laterality")[0].ConceptCodeSequence[0].CodeMeaning == "Right"
    evidence = report.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence[0]
    assert evidence.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == shown(study)


def test_key_image_and_presentation_state_name_the_image(study: dict[str, Dataset]) -> None:
    """Both refer to the slice through the nodule."""
    image = study["Key images"].ContentSequence[-1]
    references = [item.ReferencedSOPSequence[0].ReferencedSOPInstanceUID
                  for item in study["Key images"].ContentSequence if item.ValueType == "IMAGE"]  # fmt: skip
    assert image is not None
    assert references == [shown(study)]
    state = study["Nodule marked"]
    assert state.ReferencedSeriesSequence[0].ReferencedImageSequence[0].ReferencedSOPInstanceUID == shown(study)
    assert state.GraphicAnnotationSequence[0].GraphicObjectSequence[0].GraphicType == "CIRCLE"


def test_the_dose_report_adds_up(study: dict[str, Dataset]) -> None:
    """CTDIvol times length is the dose length product, as in the images and in the total."""
    report = study["Dose report"]

    def value(meaning: str) -> float:
        return float(nodes(report, meaning)[0].MeasuredValueSequence[0].NumericValue)

    assert value("DLP") == value("CT Dose Length Product Total") == 134.2
    assert value("Mean CTDIvol") * value("Scanning Length") / 10 == pytest.approx(value("DLP"))
    assert study["Chest axial 5 mm"].CTDIvol == value("Mean CTDIvol")


def test_documents_belong_to_person_and_study(study: dict[str, Dataset]) -> None:
    """Identity, moment and study of the images, a series of their own each."""
    image = study["Chest axial 5 mm"]
    documents = [study[name] for name in ("Nodule measurement", "Key images", "Nodule marked", "Dose report")]
    for document in documents:
        for keyword in ("PatientID", "PatientName", "StudyInstanceUID", "AccessionNumber", "StudyDate", "SeriesTime"):
            assert document[keyword].value == image[keyword].value
    assert len({document.SeriesInstanceUID for document in documents}) == len(documents)


def test_a_letter_is_a_pdf_of_its_own_length() -> None:
    """A reader finds the PDF whole, and the person in it."""
    recipe = recipes.named("ot-request")
    letter = render(recipe, person(recipe), 1)[-1].dataset()
    content = bytes(letter.EncapsulatedDocument)[: letter.EncapsulatedDocumentLength]
    assert content.startswith(b"%PDF-1.4")
    assert content.endswith(b"%%EOF\n")
    assert b"Sample^Ada" in content


@pytest.mark.parametrize("name", ["dx-hand-fracture", "outside-cd", "us-kidney"])
def test_lossless_compression_keeps_every_pixel(name: str) -> None:
    """JPEG 2000, JPEG-LS and RLE decode to what was drawn."""
    recipe = recipes.named(name)
    plain = recipe.model_copy(
        update={"series": tuple(one.model_copy(update={"syntax": "native"}) for one in recipe.series)}
    )
    packed, native = (render(each, person(recipe), 1)[0] for each in (recipe, plain))
    assert packed.transfer_syntax != native.transfer_syntax
    assert len(packed.pixels or b"") < len(native.pixels or b"")
    assert np.array_equal(decoded(packed), decoded(native))


def test_jpeg_says_that_it_lost() -> None:
    """Ratio and method are in the header of lossy pictures, and they are close to what was drawn."""
    recipe = recipes.named("us-carotid")
    image = render(recipe, person(recipe), 1)[0]
    assert (image.dataset().LossyImageCompression, image.dataset().LossyImageCompressionMethod) == ("01", "ISO_10918_1")
    assert float(image.dataset().LossyImageCompressionRatio) > 2


def decoded(instance: Instance) -> np.ndarray:
    """The first frame as an array."""
    ds = transcode.dataset_with_pixels(instance)
    return get_decoder(UID(instance.transfer_syntax)).as_array(ds, index=0, raw=False)[0]


def test_a_name_burned_in_is_that_persons() -> None:
    """Two people's pixels differ where the name stands, and nowhere else."""
    recipe = recipes.named("us-burned-in")
    one = render(recipe, person(recipe), 1)[0]
    other = render(recipe, replace(person(recipe), patient_name="Other^Bea"), 1)[0]
    differ = np.argwhere(decoded(one) != decoded(other))
    assert 0 < len(differ) < 600
    assert differ[:, 0].max() < 60
    assert one.dataset().BurnedInAnnotation == "YES"


def test_another_hospitals_study_is_that_hospitals() -> None:
    """Its own issuer, institution, maker, and private blocks with their creators."""
    recipe = recipes.named("outside-cd")
    ds = render(recipe, person(recipe), 1)[0].dataset()
    assert (ds.IssuerOfPatientID, ds.PatientID, ds.InstitutionName) == ("FELSENAU", "KF-00471122", "Klinikum Felsenau")
    assert ds.private_block(9, "FELSENAU CT 2.1")[1].value == "Rekonstruktion B30"
    assert ds.Manufacturer == "Nordlicht"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("image: 8,", "image: 80,", "no image 80 of series 2"),
        ("dose: {ctdivol: 6.1, length_mm: 220}", "seed: 2", "needs the dose"),
        ("area: [21, 71, 180, 230]", "area: [21, 71, 180, 400]", "has no area"),
        ("kind: nodule", "kind: fracture", "no phantom of this recipe shows a finding fracture"),
        ("size_mm: 24", "side: R", "either size_mm or percent"),
    ],
)
def test_a_recipe_that_cannot_be_true_is_refused(old: str, new: str, words: str) -> None:
    """Documents and findings are checked against what is drawn."""
    text = (recipes.course_folder("sample_studies") / f"{NAME}.yaml").read_text("utf-8")
    changed = text.replace(old, new, 1).replace("side: R, side: R", "side: R")
    with pytest.raises(BadInput) as caught:
        recipes.parse(changed, NAME, NAME)
    assert words in caught.value.what


@pytest.mark.parametrize(("name", "side", "left"), [("dx-hand-fracture", "R", 204), ("dx-hand-fracture@left", "L", 90)])
def test_a_presentation_state_shows_the_area_and_the_window_that_it_says(name: str, side: str, left: int) -> None:
    """Applied to its image: only that part, the mark about the fracture, the other view not concerned."""
    recipe = recipes.named(name)
    first, second, said = render(recipe, person(recipe), 1)
    state = presentation.read(said)
    shown = presenting.prepare(first, state)
    assert shown.values.shape == (186, 186)
    assert (shown.windows[0].centre, shown.windows[0].width) == (1800, 1500)
    assert said.dataset().Laterality == recipe.findings[0].side == side
    assert not state.concerns(second.header().sop_instance_uid)
    plain, broken = (decoded(render(one, person(one), 1)[0])[244:430, left : left + 186].astype(int)
                     for one in (recipe.model_copy(update={"findings": (), "documents": ()}), recipe))  # fmt: skip
    spots = np.argwhere(plain - broken > 100)
    ((column, row), _edge) = state.lines(first.header().sop_instance_uid, 1)[0].points
    assert abs(spots[:, 0].mean() - (row - 244)) < 6
    assert abs(spots[:, 1].mean() - (column - left)) < 6
