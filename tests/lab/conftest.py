"""A whole lab in a folder of the test's own, on free ports."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from simlab.cli.process import Process, process
from simlab.lab.home import Home
from simlab.lab.lab import Lab, running


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """The small hospital, open."""
    with running(Home(tmp_path / "home")) as opened:
        from_scene(opened)
        yield opened


def from_scene(lab: Lab, name: str = "small-hospital") -> None:
    """Stage a scene that ships."""
    from simlab.training.scene import load_scene

    lab.stage(load_scene(name, lab))


@pytest.fixture
def running_process(tmp_path: Path) -> Iterator[Process]:
    """A lab process inside this one, with its control door."""
    with process(tmp_path / "home", ports="auto") as opened:
        yield opened
