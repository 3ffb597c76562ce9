"""docs/mllp.md against the tables that it tells of."""

import re
from pathlib import Path

from simlab.hl7.partner import Turn, behaviours
from simlab.hl7.policy import DoorPolicy

TEXT = (Path(__file__).parents[2] / "docs" / "mllp.md").read_text(encoding="utf-8")


def table(heading):
    """The rows under the table head that begins with `heading`: the first cell to the last."""
    body = TEXT.split(f"| {heading} |", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    return {cells[0].strip("`"): cells[-1] for cells in (re.findall(r"\| ([^|]*?) (?=\|)", row) for row in body)}


def test_every_setting_of_a_door_is_told():
    """Name and words of each, and no other."""
    assert table("Setting") == {name: field.description for name, field in DoorPolicy.model_fields.items()}


def test_every_behaviour_is_told():
    """Name and words of each, and no other; and every word of a turn."""
    assert table("Name") == {name: one.about for name, one in behaviours().items()}
    assert all(f"`{name}`" in TEXT for name in Turn.model_fields)
