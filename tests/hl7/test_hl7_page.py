"""docs/hl7.md says what the code does: its tables are those of the validator and of the profiles."""

import re
from pathlib import Path

import pytest

from simlab.cli.hl7 import app
from simlab.hl7 import profile
from simlab.hl7.findings import OF_FILES, RULES

PAGE = (Path(__file__).parents[2] / "docs" / "hl7.md").read_text(encoding="utf-8")


def _rows(heading: str) -> dict[str, list[str]]:
    section = PAGE.split(f"\n{heading}\n")[1].split("\n#")[0]
    cells = [
        [cell.strip() for cell in line.strip("|").split(" | ")]
        for line in section.splitlines()
        if line.startswith("| `")
    ]
    return {row[0].strip("` "): row[1:] for row in cells}


def test_the_rules_of_the_page_are_those_of_the_validator():
    """Each rule with its severity and what it finds, and none besides."""
    told = {**RULES, **OF_FILES}
    assert _rows("## The validator") == {rule: [severity, words] for rule, (severity, words) in told.items()}


@pytest.mark.parametrize("name", profile.names())
def test_the_profiles_of_the_page_are_those_that_are_shipped(name):
    """Each rule with its severity, what it says and its source."""
    rows = _rows(f"### {name}")
    assert {rule: (row[0], row[2], row[3]) for rule, row in rows.items()} == {
        one.rule: (one.severity, one.what, one.source) for one in profile.load(name).rules
    }


def test_the_commands_of_the_page_exist():
    """Every `simlab hl7 …` that the page names is a command."""
    named = set(re.findall(r"simlab hl7 (\w+)", PAGE))
    assert {"show", "validate", "diff", "get", "set", "convert"} <= named
    assert named <= {command.name for command in app.registered_commands}
