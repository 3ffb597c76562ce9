"""An engine on free ports with one route."""

import contextlib

import pytest

from simlab import provenance
from simlab.department.engine import Engine, EngineStage, QueueItem, Route
from tests.hl7.peer import Ground


@pytest.fixture
def ground(tmp_path):
    made = Ground(tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def engine(ground):
    """Starts engines; each is closed after the test."""
    with contextlib.ExitStack() as stack:

        def start(*routes: Route, queue: list[QueueItem] | None = None) -> Engine:
            made = Engine(*ground.parts)
            with provenance.acting(provenance.SCENE):
                made.stage(EngineStage(routes=list(routes), queue=queue or []))
            made.open("127.0.0.1", 0)
            stack.callback(made.close)
            return made

        yield start
