"""The list of sample studies: what a scanner can be asked for, and what there is to find."""

from __future__ import annotations

import sqlite3

from simlab.department.modality import recipes
from simlab.lab.views import VIEWS


def test_every_recipe_is_listed_with_what_there_is_to_find() -> None:
    """By name, with the truth that audits are marked against."""
    rows = VIEWS["lab.recipes"](sqlite3.connect(":memory:"))
    assert [row["name"] for row in rows] == list(recipes.names())
    aneurysm = next(row for row in rows if row["name"] == "ct-aneurysm")
    assert aneurysm["images"] == 24 and "aneurysm" in aneurysm["finds"] and "mm" in aneurysm["finds"]
    assert aneurysm["truth"] == recipes.named("ct-aneurysm").truth()


def test_recipes_of_one_modality() -> None:
    """The filter leaves those."""
    rows = VIEWS["lab.recipes"](sqlite3.connect(":memory:"), modality="MG")
    assert rows and {row["modality"] for row in rows} == {"MG"}
