"""Recipes: what ships can be read, and a mistake is named with its line."""

import numpy as np
import pytest

from simlab.config import course_folder
from simlab.department.modality import recipes
from simlab.department.modality.drawing import drawn
from simlab.department.modality.phantoms import PHANTOMS
from simlab.department.modality.sampling import person, sample
from simlab.errors import BadInput, NotFound

GOOD = (course_folder("sample_studies") / "ct-head.yaml").read_text("utf-8")


@pytest.mark.parametrize("name", recipes.names())
def test_every_recipe_that_ships_can_be_read(name: str) -> None:
    """Each file of sample_studies is a recipe of its own name."""
    assert recipes.named(name).name == name


def test_the_recipes_of_the_first_course_are_there() -> None:
    """The exercises count on these."""
    wanted = {"ct-chest", "ct-head", "ct-abdomen", "dx-chest", "dx-hip", "dx-knee", "us-aorta", "mr-knee"}
    assert wanted <= set(recipes.names())


def test_every_phantom_is_used() -> None:
    """No phantom is drawn for nobody."""
    used = {series.phantom for name in recipes.names() for series in recipes.named(name).series}
    assert used == set(PHANTOMS)


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("body_part: HEAD", "body_prat: HEAD", 3, "body_prat"),
        ("phantom: head-axial", "phantom: heart", 12, "there is no phantom heart"),
        ("modality: CT", "modality: XX", 2, "there is no modality XX"),
        ("images: 12", "images: 0", 14, "greater than or equal to 1"),
        ("SliceThickness: 5", "SliceThikness: 5", 20, "SliceThikness is not the keyword"),
        ("title: CT head", "title: [CT", 2, "not YAML"),
        ("title: CT head", "title: &a CT head\nx: *a", 0, "no YAML aliases"),
    ],
)
def test_a_mistake_is_named_with_file_and_line(old: str, new: str, line: int, words: str) -> None:
    """An author reads which line to mend."""
    with pytest.raises(BadInput) as caught:
        recipes.parse(GOOD.replace(old, new), "ct-head", "ct-head.yaml")
    assert words in caught.value.what
    assert caught.value.place == ("ct-head.yaml" + (f":{line}" if line else ""))


def test_an_unknown_recipe_lists_those_there_are() -> None:
    """The remedy is the list, and a path is no name."""
    for name in ("ct-toe", "../pyproject", ""):
        with pytest.raises(NotFound, match="ct-chest"):
            recipes.named(name)


@pytest.mark.parametrize(
    ("modality", "code", "words", "name", "side"),
    [
        ("CT", "CSKUH", "", "ct-head", None),
        ("CT", "UNHEARDOF", "CT of the abdomen", "ct-abdomen", None),
        ("DX", "XKNEL", "", "dx-knee", "L"),
        ("DX", "", "XR left hip", "dx-hip", "L"),
        ("US", "", "", "us-aorta", None),
    ],
)
def test_an_exam_finds_its_recipe(modality: str, code: str, words: str, name: str, side: str | None) -> None:
    """By code first, then by the words of the description, then by modality."""
    found = recipes.suiting(modality, code, words)
    assert found.name == name
    assert side is None or found.laterality == side


def test_a_finding_is_had_on_request() -> None:
    """A recipe's name may ask for one, with its size and side."""
    asked = recipes.named("ct-chest@nodule=12.5L")
    assert [(one.kind, one.size_mm, one.side) for one in asked.findings] == [("nodule", 12.5, "L")]
    assert asked.digest != recipes.named("ct-chest").digest
    assert recipes.named("us-carotid@stenosis=55%").findings[0].percent == 55


@pytest.mark.parametrize("name", ["ct-chest@fracture=9", "ct-chest@nodule", "ct-chest@nodule=0", "ct-chest@nodule=9,"])
def test_a_finding_that_cannot_be_shown_is_refused(name: str) -> None:
    """Nothing is promised that no phantom draws."""
    with pytest.raises(BadInput):
        recipes.named(name)


def test_only_what_is_offered_is_chosen_unasked() -> None:
    """A patient gets no defect and no wrong marker because of an unknown code."""
    made = {recipes.suiting(modality, "", words).name for modality in ("CT", "DX", "US", "MG")
            for words in ("", "chest", "knee", "head", "abdomen", "breast")}  # fmt: skip
    assert all(recipes.named(name).offered for name in made)
    assert not any(recipes.named(name).defect for name in made)


def test_exam_codes_lead_to_one_recipe() -> None:
    """Of what is offered no two recipes claim a code."""
    codes = [code for recipe in map(recipes.named, recipes.names()) if recipe.offered
             for code in (recipe.exam.code, *recipe.exam.codes, *(recipe.exam.left or ())[:1])]  # fmt: skip
    assert sorted(codes) == sorted(set(codes))


@pytest.mark.parametrize(
    "name", [name for name in recipes.names() if recipes.named(name).modality in ("CT", "MR", "PT")]
)
def test_the_series_of_an_examination_lie_over_one_another(name: str) -> None:
    """In the coordinates of the patient each stack has the middle of every other one within it."""
    boxes: dict[str, list[np.ndarray]] = {}
    for instance in sample(recipes.named(name)):
        ds = instance.dataset()
        if "ImagePositionPatient" in ds:
            corner, turned = np.array(ds.ImagePositionPatient, float), np.array(ds.ImageOrientationPatient, float)
            across, down = ds.Columns * float(ds.PixelSpacing[1]), ds.Rows * float(ds.PixelSpacing[0])
            boxes.setdefault(ds.SeriesInstanceUID, []).extend(
                (corner, corner + across * turned[:3] + down * turned[3:])
            )
    corners = [(np.min(places, axis=0), np.max(places, axis=0)) for places in boxes.values()]
    for low, high in corners:
        for other in corners:
            middle = (other[0] + other[1]) / 2
            assert (low <= middle + 15).all() and (middle - 15 <= high).all()


def test_the_left_limb_is_the_right_one_mirrored() -> None:
    """Front and cross sections side for side; a sagittal stack begins at the other end; the header says which way."""
    right = recipes.named("mr-knee")
    both = [{(one.series, one.number): one for one in drawn(recipe)} for recipe in (right, right.on_side("L"))]
    for series, number in ((3, 4), (4, 4)):
        one, other = (np.frombuffer(made[series, number].pixels, "<u2").reshape(256, 256) for made in both)
        assert np.array_equal(one[:, ::-1], other)
    first = coarse(both[1][2, 1].pixels)
    unlike = [np.abs(coarse(both[0][2, number].pixels) - first).max() for number in (1, 12)]
    assert unlike[1] < unlike[0] / 3


def coarse(pixels: bytes) -> np.ndarray:
    """An image in blocks of 8 by 8, so that noise does not count."""
    blocks: np.ndarray = np.frombuffer(pixels, "<u2").reshape(32, 8, 32, 8).mean(axis=(1, 3))
    return blocks


@pytest.mark.parametrize(("side", "view", "oriented"), [("R", "RL", ["P", "F"]), ("L", "LL", ["A", "F"])])
def test_a_lateral_view_says_which_way_the_limb_looks(side: str, view: str, oriented: list[str]) -> None:
    """The knee cap of the right knee is at the left of the picture, that of the left knee at its right."""
    recipe = recipes.named("dx-knee") if side == "R" else recipes.named("dx-knee@left")
    images = {one.header().series_number: one.dataset() for one in sample(recipe)}
    assert [images[number].ImageLaterality for number in (1, 2)] == [side, side]
    assert (images[2].ViewPosition, list(images[2].PatientOrientation)) == (view, oriented)
    assert list(images[1].PatientOrientation) == ["L", "F"]


def test_the_other_side_is_had_on_request_where_there_is_one() -> None:
    """Of limbs alone."""
    assert recipes.named("dx-hand@left").exam.code == "XHANL"
    with pytest.raises(BadInput, match="no other side"):
        recipes.named("ct-chest@left")


def test_every_sample_is_an_examination_of_its_own() -> None:
    """Stored side by side they are not one study: each recipe's accession number, of which its UIDs derive, differs."""
    accessions = [person(recipes.named(name)).accession for name in recipes.names()]
    assert len(set(accessions)) == len(accessions)
