"""A hospital's day in small: 500 patients, one per cent faults, three kills, and every message accounted for."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.nightly.day import day_stands

SEED = 20260302


@pytest.mark.slow
def test_a_day_of_500_patients_with_faults_and_kills_is_accounted_for(tmp_path: Path) -> None:
    """Nothing is lost, nothing is done twice, and EPR, RIS and PACS agree in the end (the nightly day has 10,000)."""
    sys.stdout.write(f"seed {SEED}: {day_stands(tmp_path, 500, SEED)}\n")
