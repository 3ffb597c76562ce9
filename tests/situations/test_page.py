"""The situations as a whole: each has its scene, its proof and its place on the page."""

from __future__ import annotations

import re
from pathlib import Path

from simlab.training import situation
from tests.situations.page import PAGE, page

_NUMBER = re.compile(r"situations/(h?\d\d[a-z]?)-")


def test_the_page_is_what_the_scenes_say() -> None:
    """docs/situations.md is up to date; `python -m tests.situations.page` writes it."""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_there_are_twenty_five_and_sixteen_each_with_its_proof() -> None:
    """Every scene has a test of its number; images go from 1 to 25, interfaces from h1 to h16."""
    numbers = [found[1] for found in map(_NUMBER.match, situation.names()) if found]
    assert len(numbers) == len(situation.names())
    assert {int(number[:2]) for number in numbers if number[0] != "h"} == set(range(1, 26))
    assert {int(number[1:3]) for number in numbers if number[0] == "h"} == set(range(1, 17))
    tests = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    assert sorted(re.findall(r"^def test_(h?\d\d[a-z]?)_", tests, re.MULTILINE)) == numbers
