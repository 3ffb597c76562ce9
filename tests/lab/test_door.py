"""The control door: who is let in, what it answers, and how it refuses."""

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

import pytest

from simlab.cli.process import Process


def call(
    door: Process, method: str, path: str, body: Any = None, *, token: str | None = None, raw: bytes | None = None
) -> tuple[int, Any]:
    """One request as any HTTP client would make it."""
    place = urlsplit(door.door.url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port or 0, timeout=20)
    headers = {"Authorization": f"Bearer {door.door.token if token is None else token}"}
    connection.request(
        method, path, raw if raw is not None else json.dumps(body) if body is not None else None, headers
    )
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, json.loads(content) if content else None


def test_a_wrong_token_is_refused(running_process: Process) -> None:
    """Without the token of lab.json nothing is told."""
    status, body = call(running_process, "GET", "/status", token="wrong")
    assert status == 403
    assert "token" in body["error"]["what"]


def test_status_names_every_door(running_process: Process) -> None:
    """The status says where each system listens."""
    _, body = call(running_process, "GET", "/status")
    assert {"PACS", "RIS", "ADMIN", "THEATRE", "CLINIC", "CT1", "ADT"} <= set(body["endpoints"])


def test_every_action_is_described(running_process: Process) -> None:
    """Each action has a sentence and a JSON schema."""
    _, body = call(running_process, "GET", "/actions")
    assert all(action["doc"] and action["schema"]["type"] == "object" for action in body)


def test_an_action_is_performed_over_dicom(running_process: Process) -> None:
    """An echo through the door reaches the PACS and its journal."""
    _, body = call(running_process, "POST", "/act", {"name": "dicom.echo"})
    assert body["ok"]
    _, events = call(running_process, "GET", f"/events?after={body['event']}&system=PACS&kinds=dicom.operation")
    assert events["events"][0]["data"]["service"] == "C-ECHO"
    assert events["events"][0]["actor"] == "trainee"


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "said"),
    [
        ("POST", "/act", {"name": "dicom.teleport"}, 404, "no action dicom.teleport"),
        ("POST", "/act", {"name": "dicom.move", "args": {}}, 400, "destination"),
        ("POST", "/act", {"name": "pacs.set_peer", "args": {"title": "X", "port": 99999}}, 400, "port"),
        ("POST", "/act", {"argument": 1}, 400, "unknown argument argument"),
        ("POST", "/act", {}, 400, "argument name is missing"),
        ("GET", "/view/pacs.nothing", None, 404, "no view pacs.nothing"),
        ("GET", "/view/pacs.studies?colour=red", None, 400, "no filter colour"),
        ("GET", "/events?after=abc", None, 400, "must be a number"),
        ("GET", "/events/999999", None, 404, "no event"),
        ("GET", "/header?sop_uid=1.2.3", None, 404, "1.2.3"),
        ("POST", "/training/start", {"id": "no-such-exercise"}, 404, "no-such-exercise"),
        ("POST", "/stage", {"scene": "../../etc/passwd"}, 404, "no scene"),
        ("POST", "/stage", {"scene": "/tmp/scene.yaml"}, 404, "no scene"),
        ("POST", "/stage", {"scene": "clock: soon\npatients: 3\n"}, 400, "scene:"),
    ],
)
def test_what_cannot_be_done_is_said(
    running_process: Process, method: str, path: str, body: Any, status: int, said: str
) -> None:
    """Every refusal has its status and a sentence that names what is wrong."""
    found, answer = call(running_process, method, path, body)
    assert (found, said in answer["error"]["what"] + answer["error"]["place"]) == (status, True), answer


def test_a_body_that_is_no_json_is_refused(running_process: Process) -> None:
    """Rubbish in the body is a 400, not a 500."""
    status, body = call(running_process, "POST", "/act", raw=b"\xff\xfe{")
    assert status == 400
    assert "JSON" in body["error"]["what"]


def test_a_waiting_client_is_woken_by_an_event(running_process: Process) -> None:
    """A long poll returns as soon as something happened."""
    _, body = call(running_process, "POST", "/act", {"name": "dicom.echo"})
    _, events = call(running_process, "GET", f"/events?after={body['event'] - 1}&wait=30")
    assert events["events"]


def test_probes_do_not_show_in_the_logs(running_process: Process) -> None:
    """What the grader's probes did is left out of the events that clients see."""
    outcome = running_process.lab.perform("dicom.echo", {}, actor="prober")
    _, body = call(running_process, "GET", f"/events?after={outcome.event - 1}")
    assert body["events"] == []
