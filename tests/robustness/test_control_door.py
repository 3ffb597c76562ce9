"""Hostile requests at the control door: a JSON error with a place for each, no failure, no slot lost."""

import json
import socket
import threading
import time

import pytest

from simlab.lab import http_connection

BODIES = (
    b"{",
    b"[]",
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"name":' + b"[" * 100_000,
    b'{"name":"x","args":' + b'{"a":' * 50_000 + b"1" + b"}" * 50_000 + b"}",
    b'{"name":' + b"9" * 10_000 + b"}",
    b'{"name":"\\ud800"}',
    b'{"name":"dicom.find","args":{"keys":{"PatientName":"\\udfff"}}}',
    b'{"name":["a"]}',
    b'{"name":{"a":1}}',
    b'{"name":"dicom.echo","args":"x"}',
    b'{"name":"dicom.echo","args":[["to","PACS"]]}',
    b'{"name":"dicom.echo","args":5}',
    b'{"name":"dicom.echo","self":5}',
)
PATHS = (
    "/events?after=inf",
    "/events?after=nan",
    "/events?after=1e400",
    "/events?after=x",
    "/events/abc",
    "/events/99999999999999999999999",
    "/view/nosuch",
    "/view/pacs.studies?self=1",
    "/view/pacs.studies?name=1",
    "/view/pacs.studies?tx=1",
    "/header?sop_uid=..%2F..%2Fetc",
    "/preview?sop_uid=%00&width=1e99",
    "/training/debrief?attempt=..%2F..",
    "/nosuch",
    "/act",
    "/" + "a" * 10_000,
)


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body[:24].decode("latin-1"))
def test_a_body_that_is_none_is_refused(target, body):
    """Whatever the body: status 400, with what is wrong and where."""
    status, answer = target.raw("POST", "/act", body)
    assert status in (400, 404)
    assert answer["error"]["what"] and answer["error"]["place"]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path[:40])
def test_a_path_that_is_none_is_refused(target, path):
    """Whatever the path or its query: an error in JSON, with status 400, 404 or 405."""
    status, answer = target.raw("GET", path)
    assert status in (400, 404, 405)
    assert set(answer["error"]) == {"what", "place", "remedy"}


@pytest.mark.parametrize("query", ["limit=-1", "limit=0", "limit=1e300", "after=1e30", "after=-5", "wait=-1"])
def test_numbers_out_of_range_are_drawn_into_it(target, query):
    """Limits and positions beyond what there is give what there is."""
    status, answer = target.raw("GET", f"/events?{query}")
    assert status == 200
    assert isinstance(answer["events"], list)


def test_a_client_that_leaves_in_the_middle_is_no_failure(target):
    """Half a body, then a reset: nothing in the log."""
    token = target.door.card["token"]
    head = f"POST /act HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Length: 99\r\n"
    for _ in range(5):
        with socket.create_connection(target.control, 5) as link:
            link.sendall(f"{head}\r\n{{".encode())


def test_those_who_listen_keep_nobody_from_acting(target):
    """Sixty clients that wait for events leave room for the one that acts."""
    last = int(target.door.get("/status")["last_event"])
    waiting = [
        threading.Thread(target=lambda: target.raw("GET", f"/events?after={last + 10_000}&wait=4"), daemon=True)
        for _ in range(60)
    ]
    for thread in waiting:
        thread.start()
    began = time.monotonic()
    assert target.door.act("dicom.echo", {})["ok"]
    assert time.monotonic() - began < 3
    for thread in waiting:
        thread.join(20)


def test_half_open_connections_are_bounded(target):
    """More connections than the door holds: the surplus is closed at once, and a client is still served."""
    surplus = 20
    held = [socket.create_connection(target.control, 5) for _ in range(http_connection.MAX_CONNECTIONS + surplus)]
    try:
        until = time.monotonic() + 8
        closed = 0
        while closed < surplus and time.monotonic() < until:
            closed = sum(_closed(link) for link in held)
        assert closed >= surplus
    finally:
        for link in held:
            link.close()


def _closed(link: socket.socket) -> bool:
    link.settimeout(0.002)
    try:
        return link.recv(1) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


def test_a_scene_given_as_text_is_not_repeated_in_the_status(target):
    """The status names where a scene came from; its text may be long."""
    scene = target.door.get("/status")["scene"]
    try:
        target.door.post("/stage", scene="clock: 2026-03-02T07:40\n")
        assert target.door.get("/status")["scene"] == "from a file"
    finally:
        target.door.post("/stage", scene=scene)


@pytest.mark.parametrize(
    "text",
    [
        "clock: 9999-12-31T23:59:59\nspeed: 1e9\n",
        "clock: 2026-03-02T07:40+02:00\n",
        "speed: 100000000\n",
        "speed: -1\n",
        "inbox: [{id: a, sender: b, text: c, at: +99999999999999h}]\n",
        "a: &a [1]\nb: *a\n",
        "!!python/object/apply:os.system ['id']\n",
        "- 1\n",
        "nosuch: 1\n",
        "x\n" * 600_000,
    ],
    ids=lambda text: text[:30],
)
def test_a_scene_that_cannot_be_is_refused(target, text):
    """A hostile scene: status 400 with file and line, and the department stays as it was."""
    before = target.door.view("pacs.studies")
    status, answer = target.raw("POST", "/stage", json.dumps({"scene": text}).encode())
    assert status == 400
    assert answer["error"]["place"].startswith("scene")
    assert target.door.view("pacs.studies") == before
