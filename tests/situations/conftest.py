"""One lab for all situations that a process tests: staging replaces the whole department."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from simlab.lab.home import Home
from simlab.lab.lab import Lab, running
from tests.situations.ward import Ward


@pytest.fixture(scope="session")
def situations_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with running(Home(tmp_path_factory.mktemp("situations") / "home")) as opened:
        yield opened


@pytest.fixture
def ward(situations_lab: Lab, tmp_path: Path) -> Ward:
    return Ward(situations_lab, tmp_path)
