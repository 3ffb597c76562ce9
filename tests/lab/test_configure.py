"""Settings of every system: whatever name somebody types, the answer is which there are."""

from pathlib import Path
from typing import Any

import pytest

from simlab.lab.home import Home
from simlab.lab.lab import running

SYSTEMS: dict[str, dict[str, Any]] = {
    "epr": {},
    "ris": {},
    "pacs": {},
    "neighbour": {},
    "viewer": {"viewer": "THEATRE"},
    "modality": {"modality": "CT1"},
}


@pytest.mark.parametrize("name", ["self", "colour"])
def test_a_setting_that_there_is_not_is_refused_by_name(tmp_path: Path, name: str) -> None:
    """Also one that is called like a word of the program's own."""
    with running(Home(tmp_path / "home")) as lab:
        for system, whose in SYSTEMS.items():
            outcome = lab.perform(f"{system}.configure", {**whose, name: "1"})
            assert not outcome.ok and outcome.error is not None, system
            assert name in outcome.summary and outcome.error["remedy"], system
