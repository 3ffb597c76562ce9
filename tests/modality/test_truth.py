"""What a recipe says is to be found is in the pixels, as large as it says and at one place in the patient."""

import math
from typing import Any

import numpy as np
import pytest

from simlab.department.modality import recipes
from simlab.department.modality.attributes import KINDS
from simlab.department.modality.drawing import Picture, drawn
from simlab.department.modality.recipe import Recipe


def pixels(recipe: Recipe, series: int, number: int, frame: int = 0) -> np.ndarray:
    """The stored values of one image."""
    of = next(one for one in recipe.series if one.number == series)
    kind = KINDS[recipe.kind_of(of)]
    picture: Picture = next(one for one in drawn(recipe) if (one.series, one.number) == (series, number))
    size = of.size[0] * of.size[1]
    whole = np.frombuffer(picture.pixels, "u1" if kind.bits <= 8 else "<i2" if kind.signed else "<u2")
    return whole[frame * size : (frame + 1) * size].reshape(of.size[1], of.size[0]).astype(float)


def healthy(recipe: Recipe) -> Recipe:
    """The same examination with nothing to be found."""
    return recipe.model_copy(update={"findings": ()})


def changed(recipe: Recipe, series: int, number: int, least: float) -> np.ndarray:
    """Where the finding made at least `least` of a difference."""
    return np.abs(pixels(recipe, series, number) - pixels(healthy(recipe), series, number)) >= least


@pytest.mark.parametrize("name", [name for name in recipes.names() if recipes.named(name).findings])
def test_every_finding_changes_the_pictures(name: str) -> None:
    """Each of them by itself; what it does not concern stays as it is."""
    recipe = recipes.named(name)
    without = [picture.pixels for picture in drawn(healthy(recipe))]
    for finding in recipe.findings:
        alone = recipe.model_copy(update={"findings": (finding,)})
        differ = sum(a.pixels != b for a, b in zip(drawn(alone), without, strict=True))
        assert 0 < differ <= len(without)


@pytest.mark.parametrize("size", [19.5, 33, 47, 56])
@pytest.mark.parametrize("series", [1, 2])
def test_an_aneurysm_is_measured_inner_to_inner(size: float, series: int) -> None:
    """In both views of an ultrasound, to a pixel (0.22 mm) at each wall."""
    recipe = recipes.named(f"us-aorta@aneurysm={size}")
    image = pixels(recipe, series, 1)
    spacing = recipe.series[0].spacing_mm
    middle = 320 + (0.08 if series == 1 else 0.05) * 240
    aside = 16  # beside the callipers
    column = image[: int(240 + (0.34 if series == 1 else 0.52) * 240), round(middle) + aside] < 30
    runs = "".join("#" if dark else " " for dark in column).split()
    half = max(map(len, runs)) / 2
    chord = math.hypot(half, aside) if series == 1 else half
    assert 2 * chord * spacing == pytest.approx(size, abs=3 * spacing)


@pytest.mark.parametrize("size", [40, 58])
def test_an_aneurysm_has_that_lumen_in_ct(size: float) -> None:
    """The contrast in its largest slice covers the area of such a circle."""
    recipe = recipes.named(f"ct-aneurysm@aneurysm={size}")
    spacing = recipe.series[0].spacing_mm
    image = pixels(recipe, 2, 1 + round(0.78 * 23))
    bright = image[100:200, 168 - 50 : 168 + 50] > 190
    assert 2 * math.sqrt(bright.sum() / math.pi) * spacing == pytest.approx(size, rel=0.03)


@pytest.mark.parametrize(("size", "side"), [(8, "R"), (24, "R"), (30, "L")])
def test_a_nodule_has_its_diameter_and_side(size: float, side: str) -> None:
    """By the area it changes in the slice through its middle; the patient's right is on the left."""
    recipe = recipes.named(f"ct-chest-nodule@nodule={size}{side}")
    spot = changed(recipe, 2, 8, 300)
    assert 2 * math.sqrt(spot.sum() / math.pi) * 1.2 == pytest.approx(size, abs=1.6)
    assert (np.argwhere(spot)[:, 1].mean() < 160) == (side == "R")


def test_axial_and_coronal_slices_show_the_nodule_at_one_place() -> None:
    """Through Image Position and Orientation both give the same millimetres in the patient."""
    recipe = recipes.named("ct-chest-nodule")
    places = [centre(recipe, series) for series in (2, 3)]
    assert places[0] == pytest.approx(places[1], abs=8)


def centre(recipe: Recipe, number: int) -> list[float]:
    """The middle of what the finding changes, in the patient's coordinates."""
    series = next(one for one in recipe.series if one.number == number)
    total, weight = np.zeros(3), 0.0
    for picture in drawn(recipe):
        if picture.series != number:
            continue
        spots = np.argwhere(changed(recipe, number, picture.number, 300))
        if not len(spots):
            continue
        corner = np.array([float(part) for part in element(picture, 0x00200032)])
        turned = np.array([float(part) for part in element(picture, 0x00200037)])
        row, column = spots.mean(axis=0)
        place = corner + series.spacing_mm * (column * turned[:3] + row * turned[3:])
        total += place * len(spots)
        weight += len(spots)
    return list(total / weight)


def element(picture: Picture, tag: int) -> list[str]:
    """The values of one short element."""
    return picture.constant[tag][8:].decode().strip().split("\\")


def test_a_bleed_is_as_deep_as_it_says() -> None:
    """Across, at its thickest slice."""
    recipe = recipes.named("ct-head-bleed")
    widths = []
    for number in range(1, 13):
        spots = np.argwhere(changed(recipe, 2, number, 10))
        if len(spots):
            widths.append(np.ptp(spots[:, 1]) * 0.9)
    assert max(widths) == pytest.approx(18, abs=2)


def test_a_mass_is_on_one_side_only() -> None:
    """The left breast's, in both its views."""
    recipe = recipes.named("mg-mass")
    sides: dict[Any, bool] = {}
    for series in recipe.series:
        sides[series.description] = bool(changed(recipe, series.number, 1, 100).any())
    assert sides == {"R CC": False, "L CC": True, "R MLO": False, "L MLO": True}


def test_a_narrowing_takes_its_share() -> None:
    """Colour of blood is missing where the carotid is narrow, the more the narrower."""
    lost = []
    for percent in (40, 80):
        one, none = recipes.named(f"us-carotid@stenosis={percent}%"), healthy(recipes.named("us-carotid"))
        native = [made.model_copy(update={"series": (made.series[0].model_copy(update={"syntax": "native"}),)})
                  for made in (one, none)]  # fmt: skip
        red = [np.frombuffer(drawn(made)[0].pixels, "u1").reshape(10, 480, 640, 3).astype(int) for made in native]
        coloured = [(image[..., 0] - image[..., 2] > 60).sum() for image in red]
        lost.append(1 - coloured[0] / coloured[1])
    assert 0 < lost[0] < lost[1]


def test_less_dose_makes_more_noise() -> None:
    """By the root of the dose: what differs between two slices in the air beside the patient."""
    found = []
    for name in ("ct-chest", "ct-chest-lowdose"):
        one, next_one = (pixels(recipes.named(name), 2, number)[:60, :30] for number in (6, 7))
        found.append((one - next_one).std())
    assert found[1] / found[0] == pytest.approx(math.sqrt(6.1 / 0.8), rel=0.1)


def native(recipe: Recipe) -> Recipe:
    """The same examination, its pixels not compressed."""
    return recipe.model_copy(
        update={"series": tuple(one.model_copy(update={"syntax": "native"}) for one in recipe.series)}
    )


@pytest.mark.parametrize(("name", "size"), [("dx-hand-fracture", 13), ("dx-hand-fracture", 10),
                                            ("dx-hip-fracture", 34), ("dx-hip-fracture", 26)])  # fmt: skip
@pytest.mark.parametrize("series", [1, 2])
def test_a_fracture_is_as_long_as_it_says(name: str, size: float, series: int) -> None:
    """From end to end of what it darkens."""
    recipe = native(recipes.named(f"{name}@fracture={size}R"))
    whole, broken = pixels(healthy(recipe), series, 1), pixels(recipe, series, 1)
    spots = np.argwhere(whole - broken > 100)
    length = math.hypot(*np.ptp(spots, axis=0)) * recipe.series[series - 1].spacing_mm
    assert length == pytest.approx(size, rel=0.13)


def test_both_views_of_the_chest_show_the_nodule_at_one_height() -> None:
    """Of one size, before the spine in the lateral view."""
    recipe = recipes.named("dx-chest-nodule")
    spots = [np.argwhere(changed(recipe, series, 1, 40)) for series in (1, 2)]
    assert spots[0][:, 0].mean() == pytest.approx(spots[1][:, 0].mean(), abs=1)
    for spot in spots:
        assert 2 * math.sqrt(len(spot) / math.pi) * 0.9 == pytest.approx(26, abs=2)


@pytest.mark.parametrize("percent", [40, 80])
def test_a_coronary_artery_keeps_the_rest_of_its_width(percent: int) -> None:
    """The fewest dark pixels across the descending branch, beside those of the same line without the finding."""
    recipe = recipes.named(f"xa-coronary@stenosis={percent}%")
    rest = []
    for row in range(224, 252):
        narrow, wide = ((pixels(one, 1, 1, 10)[row, 240:290] < 330).sum() for one in (recipe, healthy(recipe)))
        rest.append(narrow / wide)
    assert 1 - min(rest) == pytest.approx(percent / 100, abs=0.13)


def test_the_wrong_marker_is_in_the_pixels_alone() -> None:
    """The header says right and the knee is the right one, as in the recipe without the defect."""
    wrong, right = recipes.named("dx-knee-wrong-marker"), recipes.named("dx-knee")
    differ = np.argwhere(pixels(wrong, 1, 1) != pixels(right, 1, 1))
    assert len(differ)
    assert (differ[:, 0] < 30).all()
    assert (differ[:, 1] < 30).all()
    assert drawn(wrong)[0].constant[0x00200062] == drawn(right)[0].constant[0x00200062]


def test_the_vessels_of_a_lung_go_on_from_slice_to_slice() -> None:
    """A thin slice is far more like its neighbour than like one 37 mm away, within the lungs."""
    recipe = recipes.named("ct-chest-thin")
    one, following, far = (pixels(recipe, 2, number)[200:320, 90:200] > -500 for number in (60, 61, 90))
    shared = [(one & other).sum() / (one | other).sum() for other in (following, far)]
    assert shared[0] > 0.5 > shared[1]
