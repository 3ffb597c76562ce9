"""A control door with canned answers, and the command line run against it."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from simlab.cli.main import main


@dataclass
class FakeLab:
    """Answers by method and path; `asked` holds every request with its query or body."""

    home: Path
    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def acted(self) -> list[tuple[str, dict[str, Any]]]:
        """The actions that were asked for, with their arguments."""
        return [(body["name"], body["args"]) for call, body in self.asked if call == "POST /act"]


def outcome(ok: bool = True, summary: str = "done", **data: Any) -> dict[str, Any]:
    """An action's outcome as the door gives it."""
    return {"ok": ok, "name": "x", "summary": summary, "data": data, "event": 1, "error": None}


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[FakeLab]:
    """A fake lab that has announced itself in its home."""
    fake = FakeLab(tmp_path)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            self._answer(f"GET {parts.path}", dict(parse_qsl(parts.query)))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self._answer(f"POST {self.path}", json.loads(body or b"{}"))

        def _answer(self, call: str, given: dict[str, Any]) -> None:
            assert self.headers["Authorization"] == "Bearer secret"
            fake.asked.append((call, given))
            answer = fake.answers.get(call, (404, {"error": {"what": f"no {call}", "place": "fake", "remedy": ""}}))
            if isinstance(answer, list):
                answer = answer.pop(0)
            status, body = answer if isinstance(answer, tuple) else (200, answer)
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    card = {"control": f"http://127.0.0.1:{server.server_port}", "token": "secret", "pid": 1}
    (tmp_path / "lab.json").write_text(json.dumps(card))
    yield fake
    server.shutdown()
    server.server_close()
    thread.join()


@dataclass(frozen=True)
class Ran:
    """What a command gave."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def simlab(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Ran]:
    """Runs the command in this process, with `tmp_path` as the lab's home."""
    monkeypatch.setenv("SIMLAB_HOME", str(tmp_path))

    def run(*arguments: str) -> Ran:
        code = main(list(arguments))
        said = capsys.readouterr()
        return Ran(code, said.out, said.err)

    return run
