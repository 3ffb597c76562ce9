"""The page about running the archive speaks of what there is."""

from pathlib import Path

import pytest

from simlab.department.pacs.peers import SERVICES
from simlab.department.pacs.places import AVAILABILITY
from simlab.department.pacs.routing import MATCHABLE
from simlab.department.pacs.settings import RANGES

PAGE = Path(__file__).parents[2] / "docs" / "archive.md"


@pytest.mark.parametrize("word", [*SERVICES, *AVAILABILITY, *MATCHABLE])
def test_the_page_names_every_right_place_and_attribute(word: str) -> None:
    """Rights of peers, availabilities, and what a rule may look at."""
    assert f"`{word}`" in PAGE.read_text("utf-8") or f"| {word} |" in PAGE.read_text("utf-8")


NUMBERS = [
    "retry_seconds",
    "retry_seconds_most",
    "transfer_attempts",
    "quota_kb",
    "high_water",
    "low_water",
    "archive_after_minutes",
    "recall_seconds",
    "retention_days",
]


@pytest.mark.parametrize("name", NUMBERS)
def test_the_page_names_every_number_that_can_be_set(name: str) -> None:
    """And each of them is a setting with a range."""
    assert name in RANGES and f"`{name}`" in PAGE.read_text("utf-8")
