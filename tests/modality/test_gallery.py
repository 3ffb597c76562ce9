"""The gallery: a picture of every recipe, as it is drawn now."""

import pytest

from simlab.department.modality import recipes
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


def test_a_changed_recipe_makes_the_page_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the test above compares does depend on the recipes and on the sources."""
    before = gallery.page(["ct-head"])
    monkeypatch.setattr(gallery, "drawn_by", lambda: "other")
    assert gallery.page(["ct-head"]) != before
    assert recipes.named("ct-head@bleed=9R").digest != recipes.named("ct-head").digest
