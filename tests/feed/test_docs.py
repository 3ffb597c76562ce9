"""docs/feed.md says what the code's own tables say."""

import re
from pathlib import Path

from simlab import yaml_source
from simlab.feed import library
from simlab.feed.dialect import PROFILES, VERSIONS
from simlab.feed.file import FORMATS
from simlab.feed.line import FIRST_WAIT, LONGEST_WAIT, TRIES
from simlab.feed.numbers import Numbers
from simlab.feed.pathway import Cast, Step
from simlab.feed.starts import SHAPES
from simlab.lab.actions import ACTIONS

DOC = (Path(__file__).parents[2] / "docs" / "feed.md").read_text(encoding="utf-8")


def table(first):
    """The rows of the table whose heading begins with `first`."""
    lines = DOC[DOC.index(f"| {first} |") :].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def test_the_pathways_are_those_that_ship():
    """Names and titles."""
    assert table("Pathway") == [[name, library.find(name).pathway.title] for name in library.names()]


def test_every_step_has_its_row():
    """No more, no fewer."""
    assert sorted(row[0].strip("`") for row in table("Step")) == sorted(Step.model_fields)


def test_the_actions_named_are_actions():
    """Of the lab, and all that the feed performs are named."""
    named = set(re.findall(r"`((?:epr|ris|modality|hl7)\.[a-z_]+)`", DOC))
    assert named <= set(ACTIONS)
    source = (Path(library.__file__).parent / "in_lab.py").read_text(encoding="utf-8")
    performed = set(re.findall(r'"((?:epr|ris|modality|hl7)\.[a-z_]+)"', source)) - {"ris.orders", "ris.steps"}
    assert named == performed


def test_words_and_numbers_are_the_codes_own():
    """Versions, profiles, formats, shapes, tries, waits, and how many have an NHS number."""
    for word in (*VERSIONS, *PROFILES, *FORMATS, *SHAPES, *Cast.model_fields):
        assert word in DOC
    assert TRIES == 3
    assert (FIRST_WAIT, LONGEST_WAIT) == (0.5, 30.0)
    numbers = Numbers(1)
    assert "first 11,249 starts" in DOC
    assert numbers.nhs(1, 11_248, 0)
    assert not numbers.nhs(1, 11_249, 0)


def test_the_example_is_a_pathway():
    """As it stands."""
    example = next(text for text in re.findall(r"```yaml\n(.*?)```", DOC, re.DOTALL) if "persons:" in text)
    assert library.checked(yaml_source.parse(example, "docs/feed.md"), "docs/feed.md").number == 33
