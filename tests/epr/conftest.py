"""One lab for a file of tests, each of which draws persons of its own."""

import pytest

from simlab.lab.home import Home
from simlab.lab.lab import running
from tests.epr.hospital import Hospital


@pytest.fixture(scope="module")
def hospital(tmp_path_factory):
    with running(Home(tmp_path_factory.mktemp("hospital") / "home")) as lab:
        yield Hospital(lab)
