"""A lab in a process of its own that hostile clients talk to, and a look at whether it took harm."""

import http.client
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from simlab.cli.door import Door
from simlab.cli.session import background_lab


@dataclass(frozen=True)
class Target:
    """A running lab with its control door."""

    door: Door

    @property
    def control(self) -> tuple[str, int]:
        host, port = str(self.door.card["control"]).removeprefix("http://").split(":")
        return host, int(port)

    def raw(self, method: str, path: str, body: bytes | None = None) -> tuple[int, Any]:
        """One request with the token and any bytes for a body; its status and JSON."""
        connection = http.client.HTTPConnection(*self.control, timeout=30)
        try:
            headers = {"Authorization": f"Bearer {self.door.card['token']}"}
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def log(self) -> str:
        return (self.door.home / "log" / "lab.log").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """One lab for the tests of a file; none of them may leave a mark on it."""
    with background_lab(tmp_path_factory.mktemp("target") / "home") as door:
        yield Target(door)


@pytest.fixture(autouse=True)
def unharmed(request: pytest.FixtureRequest) -> Iterator[None]:
    """After each test that had the lab: the PACS still answers, and nothing was logged that is the lab's fault."""
    yield
    if "target" in request.fixturenames:
        target: Target = request.getfixturevalue("target")
        assert target.door.act("dicom.echo", {})["ok"]
        assert "Traceback" not in target.log()
