"""A lab with a tutor for the sample course, opened once a module."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from simlab.lab.home import Home
from simlab.lab.lab import Lab, running
from simlab.training.attempt import Tutor

COURSE = Path(__file__).parent / "course"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with running(Home(tmp_path_factory.mktemp("home") / "lab")) as opened:
        yield opened


@pytest.fixture
def tutor(lab: Lab) -> Iterator[Tutor]:
    guide = Tutor(lab, url="sqlite://", course=COURSE)
    yield guide
    guide.abandon()
    guide.close()
