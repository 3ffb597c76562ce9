"""A lab killed without warning: what it had acknowledged is there when it starts again."""

from pathlib import Path

import pytest

from tests.nightly.killing import kill_during_store, some_images


@pytest.mark.parametrize("after", [3, 11, 25])
def test_no_acknowledged_instance_is_lost(tmp_path: Path, after: int) -> None:
    """Killed while storescu sends: every instance it got a success for is found after the restart; the rest fits."""
    kill_during_store(tmp_path / "home", some_images(tmp_path / "images"), after)
