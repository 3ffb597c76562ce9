"""The nightly fuzzing in short, with a seed that stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.nightly.fuzz import conversations_stand, data_sets_stand
from tests.pacs.conftest import open_house

pytestmark = pytest.mark.filterwarnings("ignore")
"""pydicom warns of what we have damaged."""


def test_damaged_conversations(tmp_path: Path) -> None:
    """200 damaged conversations of DCMTK's clients leave no trace-back, no hanging and no association behind."""
    with open_house(tmp_path) as house:
        conversations_stand(house, house.folder, 200, seed=20260302)


def test_damaged_data_sets() -> None:
    """1,000 damaged data sets are read, or refused with a reason."""
    data_sets_stand(1000, seed=20260302)
