"""docs/engine.md against the code: the verbs, the settings, the examples, the faults, the commands."""

import re
from pathlib import Path

import pytest
import typer

from simlab import yaml_source
from simlab.cli.engine import app
from simlab.department.engine import VIEWS
from simlab.department.engine.policy import Policy
from simlab.department.engine.rulebook import VERBS, read_rules
from simlab.lab.actions import ACTIONS

PAGE = (Path(__file__).parents[2] / "docs" / "engine.md").read_text(encoding="utf-8")
FENCES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def test_every_verb_stands_in_the_table_with_its_own_words():
    """As many rows as verbs, in their order, each with the model's sentence."""
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", PAGE.split("## Rules")[1].split("```")[0] + PAGE, re.MULTILINE)
    told = {name: words for name, words in rows if name in VERBS}
    assert list(told.items()) == [(name, (kind.__doc__ or "").strip()) for name, kind in VERBS.items()]


def test_every_setting_stands_in_the_table_with_its_default():
    """The policy's fields, no more and no fewer."""
    rows = re.findall(r"^\| `(\w+)` \| (\S+) \|", PAGE.split("## Rules")[0], re.MULTILINE)
    shown = {name: yaml_source.parse(value, name) for name, value in rows}
    assert shown == {name: field.default for name, field in Policy.model_fields.items()}


def test_the_examples_are_rules():
    """The list of rules, those of the route, and those of the table of faults."""
    listed = yaml_source.parse(FENCES[1], "docs/engine.md")
    assert {rule.verb for rule in read_rules(listed, "x")} == set(VERBS)
    assert read_rules(yaml_source.parse(FENCES[0], "docs/engine.md")["engine"]["routes"][0]["rules"], "x")
    faults = re.findall(r"`(\{.*?\})`(?=[, |]| on)", PAGE.split("## Faults to teach with")[1])
    assert len(faults) >= 9
    for text in faults:
        read_rules([yaml_source.parse(text, "docs/engine.md")], text)


def test_views_and_actions_that_are_named_exist():
    """Every `engine.…` of the page, and every action and view of the engine is on it, but for its housekeeping."""
    full = re.sub(r"`\.(\w+)`", r"`engine.\1`", PAGE)
    named = set(re.findall(r"`engine\.(\w+)`", full))
    actions = {name.removeprefix("engine.") for name in ACTIONS if name.startswith("engine.")}
    assert named <= actions | set(VIEWS)
    assert set(VIEWS) <= named


@pytest.mark.parametrize("command", sorted(typer.main.get_command(app).commands))
def test_a_command_of_the_page_is_one(command):
    """Each sub-command is in the table, or is the plain name of an action that is."""
    named = set(re.findall(r"simlab engine ([\w-]+)|^\| `([\w-]+)", PAGE, re.MULTILINE))
    words = {word for pair in named for word in pair} | set(re.findall(r"`([\w-]+)(?: [\[A-Z`]|`)", PAGE))
    assert command in words or f"engine.{command.replace('-', '_')}" in ACTIONS
