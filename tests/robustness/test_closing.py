"""Closing a lab whose clients are in the middle of something: quickly, and with nothing in its log but a line."""

import http.client
import json
import socket
import threading
import time

from simlab.cli.process import process


def test_calls_under_way_are_no_failure(tmp_path):
    """A half body and an action that waits for a silent peer are cut off within 3 s, without a trace-back."""
    silent = socket.create_server(("127.0.0.1", 0))
    with process(tmp_path / "home", ports="auto", scene="empty") as running:
        host, port = running.door.url.removeprefix("http://").split(":")
        token = f"Bearer {running.door.token}"
        half = socket.create_connection((host, int(port)), 5)
        half.sendall(
            f"POST /act HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\nContent-Length: 99\r\n\r\n{{".encode()
        )
        asked = http.client.HTTPConnection(host, int(port), timeout=30)
        arguments = {"title": "SILENT", "host": "127.0.0.1", "port": silent.getsockname()[1]}
        asked.request("POST", "/act", json.dumps({"name": "dicom.echo", "args": arguments}), {"Authorization": token})
        silent.accept()
        began = time.monotonic()
    assert time.monotonic() - began < 3
    half.close()
    asked.close()
    silent.close()
    log = (tmp_path / "home" / "log" / "lab.log").read_text(encoding="utf-8")
    assert "Traceback" not in log
    assert threading.active_count() < 50
