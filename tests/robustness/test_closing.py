"""Closing a lab whose clients are in the middle of something: quickly, and with nothing in its log but a line."""

import http.client
import json
import socket
import subprocess
import sys
import threading
import time

import pytest

from simlab.cli.door import Door
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


@pytest.mark.skipif(sys.platform == "win32", reason="limits of open files are POSIX's")
def test_few_files_are_made_more(tmp_path):
    """Started with room for 128 files, as some shells give, the lab holds hundreds of half-open connections."""
    limit = (
        "import os, resource, sys; hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]; "
        "resource.setrlimit(resource.RLIMIT_NOFILE, (128, hard)); "
        "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
    )
    command = [sys.executable, "-c", limit, "-m", "simlab", "up", "--home", str(tmp_path / "home"), "--ports", "auto"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as lab:
        assert lab.stdout is not None
        held = []
        try:
            places = json.loads(lab.stdout.readline())["endpoints"].values()
            for place in places:
                held += [socket.create_connection((place["host"], place["port"]), 5) for _ in range(20)]
            assert Door(tmp_path / "home").get("/status", seconds=10)["pid"] == lab.pid
        finally:
            for link in held:
                link.close()
            lab.terminate()
            lab.wait(15)
    assert "Traceback" not in (tmp_path / "home" / "log" / "lab.log").read_text(encoding="utf-8")
