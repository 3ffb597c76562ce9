"""What every test starts from: no home of the person who runs them, no terminal of theirs, repeatable examples."""

import os

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("simlab", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("simlab")

_OURS = ("SIMLAB_HOME", "SIMLAB_RECORDS", "SIMLAB_DEBUG", "NO_COLOR", "COLUMNS", "LINES", "TCP_NODELAY")


@pytest.fixture(autouse=True)
def neutral_environment(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that names no home gets an empty one, never the real one."""
    for name in _OURS:
        if name in os.environ:
            monkeypatch.delenv(name)
    monkeypatch.setenv("SIMLAB_HOME", str(tmp_path_factory.getbasetemp() / "no-lab-here"))
