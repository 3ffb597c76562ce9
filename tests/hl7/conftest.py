"""What tests of the wire stand on: a store, a journal, a clock and faults of their own."""

import pytest

from tests.hl7.peer import Ground


@pytest.fixture
def ground(tmp_path):
    made = Ground(tmp_path)
    yield made
    made.store.close()
