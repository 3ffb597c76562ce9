"""What a trainer sees of a cohort."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from simlab.faculty.cohort import as_csv, standings
from simlab.training.records import Records


@pytest.fixture
def records(tmp_path: Path) -> Any:
    """Two people's attempts: one passed at the second try, one gave up."""
    kept = Records(tmp_path)
    for earned in (4, 10):
        attempt = kept.begin("Ada", "two-numbers", 1, "One person, two numbers", 1, tmp_path, {})
        kept.open_hint(attempt, "merge", 0, 0)
        kept.submit(attempt, {"earned": earned, "points": 10, "passed": earned == 10, "tasks": []})
    kept.abandon(kept.begin("=Ben", "two-numbers", 1, "One person, two numbers", 2, tmp_path, {}))
    yield kept
    kept.close()


def test_the_best_attempt_counts(records: Records) -> None:
    """Of two submitted attempts the better one's marks stand."""
    ada = next(row for row in standings(records.everyone()) if row.person == "Ada")
    assert (ada.attempts, ada.submitted, ada.earned, ada.points, ada.passed, ada.hints) == (2, 2, 10, 10, True, 2)


def test_who_submitted_nothing_has_no_marks(records: Records) -> None:
    """An attempt given up is counted, but earns nothing and passes nothing."""
    ben = next(row for row in standings(records.everyone()) if row.person == "=Ben")
    assert (ben.attempts, ben.submitted, ben.earned, ben.passed) == (1, 0, None, False)


def test_csv_holds_no_formula(records: Records) -> None:
    """A name that a spreadsheet would take for a formula is made harmless."""
    rows = list(csv.DictReader(io.StringIO(as_csv(standings(records.everyone())))))
    assert [row["person"] for row in rows] == ["'=Ben", "Ada"]
