"""docs/mllp.md against the tables that it tells of."""

import re
from pathlib import Path

from simlab.hl7.partner import Turn, behaviour, behaviours
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


def test_the_example_of_a_behaviour_of_ones_own_is_one(tmp_path: Path) -> None:
    """What the page shows as a file does what the page says of it."""
    (example,) = re.findall(r"```yaml\n(.+?)```", TEXT, re.DOTALL)
    own = tmp_path / "own.yaml"
    own.write_text(example, encoding="utf-8")
    shown = behaviour(str(own))
    assert [shown.turn(n).code for n in range(4)] == ["AR", "AR", "AA", "AA"]
    assert [shown.turn(n).delay for n in range(4)] == [0, 0, 5, 5]
