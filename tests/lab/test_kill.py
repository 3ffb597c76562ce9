"""A lab killed without warning: what it had acknowledged is there when it starts again."""

from pathlib import Path

import pytest

from tests.nightly.killing import kill_during_store, some_images


@pytest.mark.parametrize(("after", "small"), [(3, False), (11, False), (25, False), (7, True), (25, True)])
def test_no_acknowledged_instance_is_lost(tmp_path: Path, after: int, small: bool) -> None:
    """Killed while storescu sends: every instance it got a success for is found after the restart; the rest fits.

    So it is with pixels in files of their own and, for small ones, in the row of the instance.
    """
    kill_during_store(tmp_path / "home", some_images(tmp_path / "images", small=small), after)
