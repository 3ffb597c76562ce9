"""The gallery: a picture of every recipe, as it is drawn now."""

import pytest

from simlab.department.modality import recipes
from simlab.department.modality.contact_sheet import chosen, sheet, telling
from simlab.department.modality.sampling import sample
from tests import gallery

PAGE = (gallery.DOCS / "gallery.md").read_text("utf-8")


@pytest.mark.parametrize("name", recipes.names())
def test_every_recipe_has_its_picture(name: str) -> None:
    """Small enough for the repository, and shown on the page under the recipe's present digest."""
    path = gallery.DOCS / "gallery" / f"{name}.png"
    assert path.read_bytes()[:4] == b"\x89PNG"
    assert path.stat().st_size <= gallery.MOST_BYTES
    assert f"(gallery/{name}.png)" in PAGE
    assert f"<!-- {name} {recipes.named(name).digest[:16]} -->" in PAGE, "run: python -m tests.gallery"


def test_the_page_is_the_one_that_is_made_now() -> None:
    """Titles, truth, warnings, and the sources that draw; also nothing of recipes that are gone."""
    assert gallery.page(recipes.names()) == PAGE, "run: python -m tests.gallery"
    assert {path.stem for path in (gallery.DOCS / "gallery").glob("*.png")} == set(recipes.names())


@pytest.mark.parametrize(("name", "least"), [("ct-abdomen-phases", 4), ("pt-trunk", 1), ("ct-chest-nodule", 2)])
def test_the_pictures_that_stand_for_a_study_show_what_is_to_be_found(name: str, least: int) -> None:
    """Among four of many slices is the one that the finding is in."""
    recipe = recipes.named(name)
    healthy = recipe.model_copy(update={"findings": (), "documents": ()})
    keys = telling(recipe)
    found, without = (chosen(sample(one), keys) for one in (recipe, healthy))
    assert len(found) <= 4
    assert sum(a.pixels != b.pixels for (a, _), (b, _) in zip(found, without, strict=True)) >= least


def test_few_pictures_side_by_side_are_larger_in_a_terminal() -> None:
    """Two and two under one another are as wide as two."""
    instances = sample(recipes.named("ct-head"))
    row, square = sheet(instances, 40), sheet(instances, 40, (), 2)
    assert (row.height, square.height) == (40, 84)
    assert row.width == 2 * square.width + 4


def test_a_changed_recipe_makes_the_page_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the test above compares does depend on the recipes and on the sources."""
    before = gallery.page(["ct-head"])
    monkeypatch.setattr(gallery, "drawn_by", lambda: "other")
    assert gallery.page(["ct-head"]) != before
    assert recipes.named("ct-head@bleed=9R").digest != recipes.named("ct-head").digest
